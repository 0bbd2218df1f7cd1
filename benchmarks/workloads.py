"""What is asked: each workload as RSQL, as the SQLAlchemy that a person would write, and as rows that must come back.

A workload is one or more shapes. A shape is a tree with holes for values; its text, its hand-written function and its
rows all come from that one tree, so they cannot mean different things.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, cycle

from benchmarks.data import CITIES, ROWS, row

Value = int | str
Make = Callable[[random.Random, int], Value]
"""A value for a hole: a random one that rows have, or one made of the number, which no other case is given."""


@dataclass(frozen=True)
class Test:
    """`field sign value`; the sign `*` is a text that begins with the value."""

    field: str
    sign: str
    make: Make
    quote: str = ""


@dataclass(frozen=True)
class Group:
    """Parts joined by `;` or `,`."""

    joint: str
    parts: tuple[Test | Group, ...]


Shape = Test | Group


@dataclass(frozen=True)
class Case:
    """One request: a shape with its values."""

    shape: int
    text: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Workload:
    """What is asked, again and again with other values.

    Args:
        name: how tables call it.
        shapes: one, or several that take turns.
        comparisons: how many a case holds; 0 where that varies.
        nested: its groups stand inside each other.
        paged: with `SORT` and the first `SIZE` rows.
        joined: it names fields of the user's company.
    """

    name: str
    shapes: tuple[Shape, ...]
    comparisons: int = 0
    nested: bool = False
    paged: bool = False
    joined: bool = False


SORT = "age,desc;name,asc"
SIZE = 25


# --- values ---


def _numbered_name(choose: random.Random, number: int) -> Value:
    return f"user{number}"


def _name(choose: random.Random, number: int) -> Value:
    return f"user{choose.randint(1, ROWS)}"


def _no_name(choose: random.Random, number: int) -> Value:
    return f"nobody{number}"


def _city(choose: random.Random, number: int) -> Value:
    return choose.choice(CITIES)


def _no_city(choose: random.Random, number: int) -> Value:
    return f"atlantis{number}"


def _age(choose: random.Random, number: int) -> Value:
    return choose.randint(18, 77)


def _young(choose: random.Random, number: int) -> Value:
    return choose.randint(20, 30)


def _any_age(choose: random.Random, number: int) -> Value:
    return -number


def _score(choose: random.Random, number: int) -> Value:
    return choose.randint(0, 999)


def _any_score(choose: random.Random, number: int) -> Value:
    return 1_000 + number


def _email(choose: random.Random, number: int) -> Value:
    return f"user {choose.randint(1, ROWS)}, (office)"


def _no_email(choose: random.Random, number: int) -> Value:
    return f'it\'s "{number}"; \\ or so'


def _no_company(choose: random.Random, number: int) -> Value:
    return f"nowhere{number}"


def _prefix(choose: random.Random, number: int) -> Value:
    return f"user{choose.randint(1, 99)}"


ONE = Test("name", "==", _name)
EVERYONE = (
    Test("age", ">=", _any_age),
    Test("city", "!=", _no_city),
    Test("score", "<=", _any_score),
    Test("name", "!=", _no_name),
)
"""Comparisons that no row fails."""


# --- shapes ---


def _flat(comparisons: int) -> Shape:
    """One user, found by name, whom no other comparison leaves out."""
    return Group(";", (ONE, *(EVERYONE[place % len(EVERYONE)] for place in range(comparisons - 1))))


def _nested(depth: int) -> Shape:
    """So many groups inside each other."""
    inner: Shape = Group(";", (Test("name", "!=", _no_name), Test("age", ">=", _any_age)))
    for level in range(depth - 1):
        joint, test = ((",", Test("score", ">", _any_score)), (";", Test("city", "!=", _no_city)))[level % 2]
        inner = Group(joint, (test, inner))
    return Group(";", (ONE, inner))


TYPICAL = Group(";", (ONE, *EVERYONE[:2], Test("company.name", "!=", _no_company)))
"""Three fields and a path to one related row."""

QUOTED = Group(
    ";",
    (
        Test("email", "==", _email, "'"),
        Test("email", "!=", _no_email, '"'),
        Test("city", "!=", _no_city, "'"),
        Test("name", "!=", _no_email, "'"),
    ),
)

_VARIED = (
    Test("name", "==", _name),
    Test("name", "!=", _name),
    Test("name", "*", _prefix),
    Test("city", "==", _city),
    Test("city", "!=", _city),
    Test("age", "==", _age),
    Test("age", ">", _age),
    Test("age", "<=", _age),
    Test("score", "<", _score),
    Test("score", ">=", _score),
    Test("email", "==", _email, "'"),
)


def _random_shape(choose: random.Random, joint: str, depth: int) -> Shape:
    if depth == 0 or choose.random() < 0.4:
        return choose.choice(_VARIED)
    other = "," if joint == ";" else ";"
    return Group(joint, tuple(_random_shape(choose, other, depth - 1) for _ in range(choose.randint(2, 4))))


def _varied(shapes: int) -> tuple[Shape, ...]:
    """Different shapes of four comparisons or more, narrowed to a few rows."""
    choose = random.Random(5)
    found: dict[Shape, None] = {}
    while len(found) < shapes:
        narrow = (Test("city", "==", _city), Test("age", "<", _young), Test("score", "<=", _any_score))
        found[Group(";", (*narrow, _random_shape(choose, ",", 3)))] = None
    return tuple(found)


WORKLOADS = (
    Workload("1 comparison", (Test("name", "==", _numbered_name),), 1),
    Workload("4 comparisons", (_flat(4),), 4),
    Workload("typical", (TYPICAL,), 4, joined=True),
    Workload("20 comparisons", (_flat(20),), 20),
    Workload("40 comparisons", (_flat(40),), 40),
    Workload("400 comparisons", (_flat(400),), 400),
    Workload("quoted text", (QUOTED,), 4),
    Workload("8 nested groups", (_nested(8),), 10, nested=True),
    Workload("16 nested groups", (_nested(16),), 18, nested=True),
    Workload("sort with page", (_flat(4),), 4, paged=True),
    Workload("varied", _varied(200)),
)

REQUESTS = (
    Workload("1 comparison", (Test("name", "==", _numbered_name),), 1),
    Workload("4 comparisons", (_flat(4),), 4),
    Workload(
        "25 of 1,000 rows",
        (Group(";", EVERYONE[:3]),),
        3,
        paged=True,
    ),
)
"""Workloads of whole requests: what a route with typed parameters of its own can take too."""


# --- cases ---

CHECKED = 20
"""Cases whose rows are compared before a workload is timed; of several shapes, one each."""

_STRIDE = 100_000
"""More values than the cases of one seed hold, so that no two seeds give the same case."""


def cases(workload: Workload, seed: int, number: int, *, same: bool = False) -> list[Case]:
    """Cases of a workload.

    Args:
        workload: what is asked.
        seed: the same one gives every contender the same cases, in the same order.
        number: how many.
        same: one case of each shape, again and again.
    """
    made = _cases(workload, seed, 0 if same else seed * _STRIDE)
    if same:
        once = [next(made) for _ in workload.shapes]
        return [once[place % len(once)] for place in range(number)]
    return [next(made) for _ in range(number)]


def _cases(workload: Workload, seed: int, start: int) -> Iterator[Case]:
    choose = random.Random(seed)
    numbers = count(start)
    for place in cycle(range(len(workload.shapes))):
        values: list[Value] = []
        text = _text(workload.shapes[place], choose, numbers, values)
        yield Case(place, text, tuple(values))


def _text(shape: Shape, choose: random.Random, numbers: Iterator[int], values: list[Value]) -> str:
    if isinstance(shape, Group):
        parts = [_text(part, choose, numbers, values) for part in shape.parts]
        return shape.joint.join(
            f"({part})" if isinstance(inner, Group) else part for part, inner in zip(parts, shape.parts, strict=True)
        )
    value = shape.make(choose, next(numbers))
    values.append(value)
    written = str(value)
    if shape.quote:
        written = written.replace("\\", "\\\\").replace(shape.quote, "\\" + shape.quote)
        written = f"{shape.quote}{written}{shape.quote}"
    return f"{shape.field}=={written}*" if shape.sign == "*" else f"{shape.field}{shape.sign}{written}"


def comparisons_of(shape: Shape) -> Iterator[Test]:
    """The comparisons of a shape, in the order of their values."""
    if isinstance(shape, Test):
        yield shape
    else:
        for part in shape.parts:
            yield from comparisons_of(part)


# --- the same, written by hand ---


def handwritten(workload: Workload, place: int = 0) -> str:
    """The function a person would write for a shape: from its values to a `Select`."""
    shape = workload.shapes[place]
    numbers = count()
    if isinstance(shape, Group) and shape.joint == ";":
        conditions = ", ".join(_condition(part, numbers) for part in shape.parts)
    else:
        conditions = _condition(shape, numbers)
    paged = f".order_by(User.age.desc(), User.name).limit({SIZE}).offset(0)" if workload.paged else ""
    joined = ".outerjoin(User.company)" if workload.joined else ""
    return f"def build(values):\n    return select(User){joined}.where({conditions}){paged}\n"


def _condition(shape: Shape, numbers: Iterator[int]) -> str:
    if isinstance(shape, Group):
        join = "and_" if shape.joint == ";" else "or_"
        return f"{join}({', '.join(_condition(part, numbers) for part in shape.parts)})"
    value = f"values[{next(numbers)}]"
    field = "Company.name" if shape.field == "company.name" else f"User.{shape.field}"
    if shape.sign == "*":
        return f"{field}.startswith({value}, autoescape=True)"
    return f"{field} {shape.sign} {value}"


# --- the rows that must come back ---

_SIGNS: dict[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "*": lambda value, prefix: str(value).startswith(str(prefix)),
}


@cache
def _rows() -> tuple[dict[str, Value], ...]:
    rows = (row(number) for number in range(1, ROWS + 1))
    return tuple({**user, "company.name": f"company{user['company_id']}"} for user in rows)


def expected(workload: Workload, case: Case) -> list[int]:
    """The ids of the rows that a case asks for, in order; in the order of ids where it asks for none."""
    shape = workload.shapes[case.shape]
    found = [user for user in _rows() if _holds(shape, user, iter(case.values))]
    if workload.paged:
        found.sort(key=lambda user: (-int(user["age"]), str(user["name"])))
        found = found[:SIZE]
    return [int(user["id"]) for user in found]


def _holds(shape: Shape, user: dict[str, Value], values: Iterator[Value]) -> bool:
    if isinstance(shape, Test):
        return _SIGNS[shape.sign](user[shape.field], next(values))
    parts = [_holds(part, user, values) for part in shape.parts]
    return all(parts) if shape.joint == ";" else any(parts)
