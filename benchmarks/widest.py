"""`python -m benchmarks.widest URL`: the database time of the widest requests that the default limits accept.

Random filters and sorts of the example service's data grow until the limits refuse every further part. Each is timed as
a page by offset, as pages by cursor from both ends, and as a count.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any, NamedTuple, cast

from returns.pipeline import is_successful
from sqlalchemy import Connection, Engine, Select, String, create_engine, insert, inspect, select, text

from examples.flights.load import SOURCES, fill, read
from examples.flights.models import Airline, Airport, Base, Flight, Plane
from pyrsql import CursorRequest, PageRequest, QueryOptions, SortOptions
from pyrsql.models.model import Field, Member, Relation
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import apply_filter, apply_sort, paginate, parse, seek, validate

SECONDS = 1.0
"""The most that a statement may take."""

_SIZE = 50
_FAR = 100
"""The page far away."""

_IN_VAIN = 30
"""Parts in a row that the limits refuse: then a request is wide enough."""

_FUNCTIONS = {"lower", "upper", "length", "abs", "concat", "coalesce"}
_QUERY = QueryOptions(quantifiers=True, procedure_whitelist=_FUNCTIONS)
_SORT = SortOptions(quantifiers=True, procedure_whitelist=_FUNCTIONS)
MODELS: tuple[type[Base], ...] = (Flight, Flight, Airport, Plane, Airline)
SCHEMAS: dict[type, Schema] = {model: schema(model, _QUERY, _SORT) for model in MODELS}

Values = dict[str, list[str]]


class Request(NamedTuple):
    """A filter and a sort of the rows of a model."""

    model: type[Base]
    filter: str
    sort: str


class Place(NamedTuple):
    """The end of a path."""

    steps: tuple[Relation, ...]
    field: Field | None

    @property
    def text(self) -> str:
        names = [step.name for step in self.steps]
        return ".".join(names if self.field is None else [*names, self.field.name])


# --- requests ---


def requests(seed: int, start: int = 0) -> Iterator[Request]:
    """Random requests, the same for each seed."""
    values = stored_values()
    for number in count(start):
        chance = random.Random(f"{seed}-{number}")
        yield Widest(chance, chance.choice(MODELS), values).request()


def stored_values() -> dict[str, Values]:
    """Model -> field -> how a client writes some of its values."""
    chance = random.Random(1)
    found: dict[str, Values] = {}
    for name, model, values in SOURCES:
        lines = read(name)
        rows = [values(row) for row in chance.sample(lines, min(len(lines), 200))]
        written = found.setdefault(model.__name__, {})
        for key in rows[0]:
            written[key] = [_written(row[key]) for row in rows if row[key] is not None]
    found["Flight"]["id"] = ["1", "13000", "27004", "0"]
    return found


def _written(value: object) -> str:
    shown = value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
    return shown.replace("'", "").replace('"', "")


class Widest:
    """A request that grows as long as the limits accept it.

    Args:
        chance: chooses.
        model: whose rows it lists.
        values: those that are stored.
    """

    def __init__(self, chance: random.Random, model: type[Base], values: dict[str, Values]) -> None:
        self.chance = chance
        self.model = model
        self.schema = SCHEMAS[model]
        self.values = values
        self.many = chance.choice((0.5, 0.8, 1.0))
        self.nested = chance.choice((0.0, 0.3, 0.7))
        self.rare = chance.choice((0.0, 0.5, 1.0))
        self.distant = chance.choice((1, 2, 4))
        self.own = chance.choice((0.05, 0.3))
        self.passing = chance.choice((0.0, 0.5, 0.9))

    def request(self) -> Request:
        joined: Callable[[list[str]], str] = self.chance.choice(
            (",".join, ";".join, self._groups(",", ";"), self._groups(";", ","))
        )
        filter = self._grown(joined, lambda: self.part(self.schema.model, ('"', "'")), self.accepts, 40)
        keys = self.chance.choice((0, 2, 10))
        sort = self._grown(";".join, self.key, lambda sort: self.accepts(filter, sort), keys)
        return Request(self.model, filter, sort)

    def accepts(self, filter: str, sort: str | None = None) -> bool:
        """Whether the limits and everything else accept a request."""
        return is_successful(
            parse(filter, self.schema)
            .bind(validate(self.schema))
            .bind(apply_filter(select(self.model)))
            .bind(apply_sort(sort))
        )

    def _grown(
        self, join: Callable[[list[str]], str], more: Callable[[], str], accepts: Callable[[str], bool], most: int
    ) -> str:
        parts, vain = list[str](), 0
        while vain < _IN_VAIN and len(parts) < most:
            wider = [*parts, more()]
            if accepts(join(wider)):
                parts, vain = wider, 0
            else:
                vain += 1
        return join(parts)

    def _groups(self, inner: str, outer: str) -> Callable[[list[str]], str]:
        size = self.chance.choice((2, 4))

        def join(parts: list[str]) -> str:
            groups = [parts[start : start + size] for start in range(0, len(parts), size)]
            return outer.join(f"({inner.join(group)})" for group in groups)

        return join

    def part(self, root: Any, quotes: Sequence[str]) -> str:
        """A comparison, or a quantifier or a count with a filter of its own where quotes are left."""
        place = self.place(root)
        if place.steps and self.chance.random() < self.nested:
            return self._of_rows(place, quotes)
        if place.field is None:
            return place.text + self.chance.choice(("=na=", "=nn="))
        return self._compared(place.text, place.field, place.steps[-1].target().name if place.steps else root.name)

    def _of_rows(self, place: Place, quotes: Sequence[str]) -> str:
        path = place._replace(field=None).text
        number = self.chance.choice(("0", "1", "3", "100", "100000"))
        inner = self._inner(place.steps[-1].target(), quotes)
        if self.chance.random() < 0.4:
            sign = self.chance.choice((">", "<", "==", "!="))
            if inner is None or self.chance.random() < 0.3:
                return f"@count[{path}]{sign}{number}"
            quote, nested = inner
            return f"{quote}@count[{path}|#{nested}]{quote}{sign}{number}"
        if inner is None:
            return f"{path}{self.chance.choice(('=any=', '=none='))}"
        quote, nested = inner
        return f"{path}{self.chance.choice(('=any=', '=none=', '=all='))}{quote}{nested}{quote}"

    def _inner(self, root: Any, quotes: Sequence[str]) -> tuple[str, str] | None:
        if not quotes:
            return None
        parts = [self.part(root, quotes[1:]) for _ in range(self.chance.choice((1, 2, 3)))]
        return quotes[0], self.chance.choice((",", ";")).join(parts)

    def place(self, root: Any) -> Place:
        """A random path, more often than not over a relation to many rows."""
        steps = list[Relation]()
        members: Mapping[str, Member] = root.members
        far = 0 if self.chance.random() < self.own else self.chance.randint(1, self.distant)
        for _ in range(far):
            relations = [member for member in members.values() if isinstance(member, Relation)]
            many = [relation for relation in relations if relation.many]
            if not relations:
                break
            steps.append(self.chance.choice(many if many and self.chance.random() < self.many else relations))
            members = steps[-1].target().members
        fields = [member for member in members.values() if isinstance(member, Field)]
        bare = bool(steps) and self.chance.random() < 0.1
        return Place(tuple(steps), None if bare else self.chance.choice(fields))

    def _compared(self, selector: str, field: Field, owner: str) -> str:
        stored = self.values[owner][field.name]
        value = self.chance.choice(stored)
        is_text = not any(letter in "0123456789-.:T" for letter in value[:1]) or field.kind.__class__.__name__ == "Text"
        if is_text and self.chance.random() < 0.3:
            value = self._pattern(value)
            return f"{selector}=={value}"
        if is_text and self.chance.random() < 0.1:
            call = self.chance.choice(("@lower", "@upper", "@length"))
            return f"{call}[{selector}]{'>3' if call == '@length' else f'!={_quoted(value)}'}"
        if self.chance.random() < self.rare and is_text:
            return f"{selector}=={_quoted('no such ' + value[:5])}"
        match self.chance.randrange(2, 5) if self.chance.random() < self.passing else self.chance.randrange(8):
            case 0 | 1:
                return f"{selector}=={_quoted(value)}"
            case 2:
                return f"{selector}!={_quoted(value)}"
            case 3:
                return f"{selector}{self.chance.choice(('=na=', '=nn='))}"
            case 4:
                return f"{selector}=out=({','.join(_quoted(self.chance.choice(stored)) for _ in range(3))})"
            case 5:
                return f"{selector}=in=({','.join(_quoted(self.chance.choice(stored)) for _ in range(20))})"
            case _:
                return f"{selector}{self.chance.choice(('<', '>', '<=', '>='))}{_quoted(value)}"

    def _pattern(self, value: str) -> str:
        piece = value[1:4] if self.chance.random() < 0.5 else "qx"
        return self.chance.choice((_quoted(f"*{piece}*"), _quoted(f"{value[:2]}*"), _quoted(f"^*{piece}*")))

    def key(self) -> str:
        """A key of a sort."""
        place = self.place(self.schema.model)
        if place.field is None:
            selector = f"@count[{place.text}]"
        elif self.chance.random() < 0.1:
            selector = f"@lower[{place.text}]"
        else:
            selector = place.text
        ending = self.chance.choice(("", ",nullsfirst", ",ic"))
        return f"{self.chance.choice(('', '-'))}{selector}{ending}"


def _quoted(value: str) -> str:
    """A value as it stands between quotes of any kind: a blank or a comma in it is left to a wildcard."""
    return "".join(letter if letter.isalnum() or letter in "*^-.:_" else "*" for letter in value)


# --- times ---


def statements(request: Request) -> dict[str, Select[Any]]:
    """The statements of a request: pages, and the count."""
    described = SCHEMAS[request.model]
    found = (
        parse(request.filter or None, described)
        .bind(validate(described))
        .bind(apply_filter(select(request.model)))
        .bind(apply_sort(request.sort or None))
    )
    first, far = (found.bind(paginate(PageRequest(number, _SIZE))).unwrap() for number in (0, _FAR))
    by_cursor = (found.bind(seek(cut)).unwrap() for cut in (CursorRequest.first(_SIZE), CursorRequest.last(_SIZE)))
    begin, end = (page.statement for page in by_cursor)
    counted = cast("Select[Any]", first.count_statement)
    return {"page": first.statement, "far": far.statement, "begin": begin, "end": end, "count": counted}


def seconds(connection: Connection, statement: Select[Any]) -> float:
    """How long the database takes for a statement."""
    started = time.perf_counter()
    connection.execute(statement).all()
    return time.perf_counter() - started


def timed(connection: Connection, request: Request) -> Iterator[tuple[str, float]]:
    """The statements of a request, each with its time: the shorter of two where that is long."""
    for name, statement in statements(request).items():
        taken = seconds(connection, statement)
        yield name, min(taken, seconds(connection, statement)) if taken > SECONDS / 2 else taken


def prepare(engine: Engine) -> None:
    """The rows, unless the database has them."""
    if inspect(engine).has_table("flights"):
        return
    if engine.dialect.name == "mysql":
        for column in (column for table in Base.metadata.tables.values() for column in table.columns):
            if isinstance(column.type, String):
                column.type.length = 64
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            for name, model, values in SOURCES:
                connection.execute(insert(model), [values(row) for row in read(name)])
                connection.execute(text(f"ANALYZE TABLE {name}")).close()
        return
    fill(engine)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.widest", description=__doc__)
    parser.add_argument("url", help="the database, such as sqlite:///flights.db")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the number of the first request")
    parser.add_argument("--count", type=int, default=300, help="how many requests")
    parser.add_argument("--show", action="store_true", help="print the requests as well")
    arguments = parser.parse_args()
    engine = create_engine(arguments.url)
    prepare(engine)
    times: list[tuple[float, int, str]] = []
    with engine.connect() as connection:
        wanted = islice(requests(arguments.seed, arguments.start), arguments.count)
        for number, request in enumerate(wanted, arguments.start):
            if arguments.show:
                print(number, *request)
            times += [(taken, number, name) for name, taken in timed(connection, request)]
    times.sort(reverse=True)
    for taken, number, name in times[:10]:
        print(f"{taken:.3f} s: request {number}, {name}")
    worst, median = times[0][0], times[len(times) // 2][0]
    print(f"{len(times)} statements: the worst takes {worst:.2f} s, half of them up to {median:.3f} s")
    return int(worst > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
