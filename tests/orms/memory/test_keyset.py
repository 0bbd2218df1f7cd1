"""Pages by cursor over Python objects: the meaning that databases are tested against."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import uuid
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

import pytest

from property_tests.walks import sought, walked, whole
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from tests.sample_models import User, rows


@dataclass
class Thing:
    key: int
    name: str | None = None
    price: decimal.Decimal | None = None
    ratio: float | None = None
    flag: bool | None = None
    day: dt.date | None = None
    moment: dt.datetime | None = None
    doc: Annotated[Any, kinds.Json()] = None
    number: int | None = None


class Level(enum.Enum):
    LOW = 1
    HIGH = 0


@dataclass
class Event:
    key: int
    level: Level
    at: dt.time
    lasted: dt.timedelta
    ref: uuid.UUID


EVENTS = [
    Event(place, list(Level)[place % 2], dt.time(place, 1), dt.timedelta(hours=-place % 3), uuid.UUID(int=9 - place))
    for place in (3, 1, 5, 2, 4)
]


THINGS = [
    Thing(5, "b", decimal.Decimal("1.10"), 0.1, True, dt.date(2024, 1, 1), dt.datetime(2024, 1, 1), {"a": 1}),
    Thing(
        2, "a", decimal.Decimal("1.1"), float("nan"), False, None, dt.datetime(2024, 1, 1, tzinfo=dt.UTC), {"a": "x"}
    ),
    Thing(9, None, None, float("inf"), None, dt.date(1, 1, 1), None, {}),
    Thing(1, "B", decimal.Decimal("NaN"), float("nan"), True, None, None, {"a": True}),
    Thing(7, "a", decimal.Decimal(-3), -0.0, None, dt.date(9999, 12, 31), None, None),
    Thing(4),
]
DESCRIBED = schema_for(Thing, orm=MemoryORM(identity={Thing: ["key"]}))
SORTS = ["key", "name", "-name,ic", "price", "-ratio", "flag;-day", "moment", "doc.a", "-doc.a,nullslast", "day;name"]


def everything(statement: Any) -> Any:
    return statement


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 2, 5, 6, 7])
def test_a_walk_is_the_sorted_list(sort: str, size: int) -> None:
    expected = list(whole(DESCRIBED, THINGS, None, sort))
    for backward in (False, True):
        assert walked(DESCRIBED, THINGS, everything, sort=sort, size=size, backward=backward) == expected


@pytest.mark.parametrize("sort", ["level", "-level;at", "at", "-lasted", "ref", "-ref"])
def test_a_walk_by_each_kind_of_value(sort: str) -> None:
    described = schema_for(Event, orm=MemoryORM(identity={Event: ["key"]}))
    expected = list(whole(described, EVENTS, None, sort))
    for backward in (False, True):
        assert walked(described, EVENTS, everything, sort=sort, size=2, backward=backward) == expected


@dataclass
class Chunk:
    digest: bytes
    size: int


@pytest.mark.parametrize("backward", [False, True])
def test_a_walk_is_completed_by_bytes(backward: bool) -> None:
    described = schema_for(Chunk, orm=MemoryORM(identity={Chunk: ["digest"]}))
    chunks = [Chunk(b"\xff", 1), Chunk(b"", 0), Chunk(b"a\0", 1), Chunk(b"a", 0)]
    found = walked(described, chunks, everything, sort="size", size=1, backward=backward)
    assert [chunk.digest for chunk in found] == [b"", b"a", b"a\0", b"\xff"]


class Grade(str, enum.Enum):  # noqa: UP042  # its text is 'Grade.A'
    A = "a"
    B = "b"


class Number(int, enum.Enum):
    TWO = 2


class Float64(float):
    """Like a number of numpy."""

    def __repr__(self) -> str:
        return f"float64({float(self)})"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", ["b", "\ud800", "a\0", "\udfff"]),
        ("doc.a", [{"a": "\ud800"}, {"a": "x"}, {"a": "\udbff"}]),
        ("price", [True, decimal.Decimal(2), False, 10**400]),
        ("ratio", [True, 0.5, False]),
        ("flag", [1, False, True, 0]),
        # Classes below Python's own, whose text is another one, and other classes of numbers.
        ("name", [Grade.B, "ab", Grade.A, 5]),
        ("doc.a", [{"a": Grade.B}, {"a": "ab"}, {"a": Grade.A}]),
        ("doc.a", [{"a": Float64(2.5)}, {"a": 2}, {"a": Number.TWO}]),
        ("price", [Float64(2.5), decimal.Decimal("0.5"), fractions.Fraction(1, 3), Number.TWO]),
        ("ratio", [Float64(2.5), 0.5, fractions.Fraction(1, 3), Number.TWO]),
        ("number", [Number.TWO, 1, decimal.Decimal("sNaN"), 10**5000, -(10**5000), decimal.Decimal(3)]),
        (
            "moment",
            [
                dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-12))),
                dt.datetime.max,
                dt.datetime.min,
                dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14))),
            ],
        ),
    ],
)
def test_a_walk_passes_values_that_few_databases_store(field: str, values: list[Any]) -> None:
    things = [Thing(place, **{field.partition(".")[0]: value}) for place, value in enumerate(values)]
    expected = list(whole(DESCRIBED, things, None, field))
    for backward in (False, True):
        assert walked(DESCRIBED, things, everything, sort=field, size=1, backward=backward) == expected


def test_a_mapped_class_has_its_primary_key() -> None:
    described = schema_for(User, orm=MemoryORM())
    people = [row for row in rows() if isinstance(row, User)]
    assert [user.id for user in walked(described, people, everything, sort="-age", size=5)] == [
        *(12, 3, 9, 4, 2, 1, 6, 5, 8, 7, 10, 11),
    ]


def test_a_class_without_identity_has_no_cursors() -> None:
    with pytest.raises(ConfigurationError, match="Thing has no unique key"):
        sought(schema_for(Thing, orm=MemoryORM()), THINGS, None, "name", CursorRequest.first(2))
    with pytest.raises(ConfigurationError, match="names a field"):
        schema_for(Thing, orm=MemoryORM(identity={Thing: ["id"]}))


FORGED = ["i5", "b1", "j0i5", "j1fnan", "j2b1", "j7i1", "j", "j0", "j0j0i1", "j" * 5_000, "s", "sx", "f1e5", "d1", "dx"]
FORGED += ["m2024-01-01T00:00:00", "m2024-01-01T00:00:00+00:00", "y2024-01-01", "t12:00", "l5", "u5", "x", ""]
FORGED += [f"{rank}{number}" for rank in ("", "j0", "j1") for number in ("dNaN", "dsNaN", "d-NaN", "fnan", "dInfinity")]


@pytest.mark.parametrize("sort", SORTS)
def test_no_value_that_a_client_can_send_raises(sort: str) -> None:
    cursors = CursorFormat()
    made = sought(DESCRIBED, THINGS, None, sort, CursorRequest.first(2)).collect(everything).next
    assert made is not None
    payload = cursors.read(made)
    assert isinstance(payload, Payload)
    values = payload.position.values
    assert values is not None
    for place, value in product(range(len(values)), FORGED):
        forged = (*values[:place], (value,), *values[place + 1 :])
        text = cursors.write(payload._replace(position=payload.position._replace(values=forged)))
        try:
            page = sought(DESCRIBED, THINGS, None, sort, CursorRequest.at(text, 2))
        except Exception as refused:  # UnwrapFailedError, which holds the problems
            problems = refused.halted_container.failure()  # type: ignore[attr-defined]  # returns types its error without it
            assert [problem.code for problem in problems] == ["cursor-error"], value
            continue
        page.collect(everything)
