"""Rows that hold what few databases store: NaN, dates that leave the calendar in UTC, letters with two capitals."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from itertools import product
from typing import Annotated, Any, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import pyrsql
from property_tests.walks import walked
from pyrsql.models import kinds
from pyrsql.models.schema import schema_for
from pyrsql.options import QueryOptions, SortOptions
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.validation.text import upper

NAN, INFINITY = float("nan"), float("inf")
FUNCTIONS = ("abs", "floor", "ceil", "round", "nullif", "coalesce", "year", "month", "day", "upper")


@dataclass
class Reading:
    id: int
    price: Decimal | None = None
    ratio: float | None = None
    seen: Annotated[dt.datetime | None, kinds.DateTime(aware=True)] = None
    payload: Annotated[Any, kinds.Json()] = None
    name: str | None = None


NUMBERS: list[Any] = [Decimal(2), Decimal("NaN"), Decimal("sNaN"), NAN, Decimal("Infinity"), None, Decimal(-1)]


def ids(filter: str, rows: list[Reading]) -> list[int]:
    options = QueryOptions(procedure_whitelist=FUNCTIONS)
    return [row.id for row in pyrsql.apply(rows, Reading, filter, orm=MemoryORM(), options=options)]


def sorted_ids(sort: str, rows: list[Reading]) -> list[int]:
    options = SortOptions(procedure_whitelist=FUNCTIONS)
    return [row.id for row in pyrsql.Sort.parse(sort, options=options).apply(rows, Reading, orm=MemoryORM())]


@pytest.mark.parametrize("field", ["price", "ratio"])
@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        # As on PostgreSQL, NaN equals itself and is larger than every number.
        (">1", [1, 2, 3, 4, 5]),
        ("<=2", [1, 7]),
        ("==2", [1]),
        ("!=2", [2, 3, 4, 5, 7]),
        ("=in=(2,-1)", [1, 7]),
        ("=out=(2,-1)", [2, 3, 4, 5]),
        ("=bt=(-1,100)", [1, 7]),
        ("=nb=(-1,100)", [2, 3, 4, 5]),
        ("=na=", [6]),
    ],
)
def test_rows_with_nan(field: str, comparison: str, expected: list[int]) -> None:
    rows = [Reading(place, **{field: value}) for place, value in enumerate(NUMBERS, 1)]
    assert ids(field + comparison, rows) == expected


@pytest.mark.parametrize("field", ["price", "ratio", "'@abs[price]'", "'@floor[price]'", "'@round[price]'"])
def test_the_order_of_nan(field: str) -> None:
    name = "ratio" if field == "ratio" else "price"
    numbers = [*NUMBERS[:-1], Decimal(1)]
    rows = [Reading(place, **{name: value}) for place, value in enumerate(numbers, 1)]
    assert sorted_ids(field, rows) == [7, 1, 5, 2, 3, 4, 6]
    assert sorted_ids(field.replace("'@", "-'@") if "@" in field else f"-{field}", rows) == [6, 2, 3, 4, 5, 1, 7]


class Grade(str, Enum):  # noqa: UP042  # its text is 'Grade.A'
    A = "a"
    B = "b"


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("name==b", [1, 2]),
        ("name==b*", [1, 2]),
        ("name==^B", [1, 2]),
        ("name=in=(b,c)", [1, 2]),
        ("name>a", [1, 2]),
        ("@upper[name]==B", [1, 2]),
        ("name==5", [3]),
        ("name<6", [3]),
        ("price==2.5", [1, 2]),
        ("price>2", [1, 2]),
        ("ratio==2.5", [1, 2]),
        ("@ceil[price]==3", [1, 2]),
        ("payload.a==2.5", [1, 2]),
        ("payload.a>3", [4]),
    ],
)
def test_values_of_classes_below_those_of_python(filter: str, expected: list[int]) -> None:
    class Float64(float):
        def __repr__(self) -> str:
            return f"float64({float(self)})"

    odd: Any = Float64(2.5)
    number: Any = 5
    rows = [
        Reading(1, price=odd, ratio=odd, payload={"a": odd}, name=Grade.B),
        Reading(2, price=Decimal("2.5"), ratio=2.5, payload={"a": 2.5}, name="b"),
        Reading(3, name=number),
        Reading(4, payload={"a": Float64(4)}, name=Grade.A),
    ]
    assert ids(filter, rows) == expected


def test_nan_is_no_number_of_json() -> None:
    values = [1, NAN, Decimal("NaN"), Decimal("sNaN"), INFINITY, -INFINITY, [NAN, 2], "NaN", 3]
    rows = [Reading(place, payload={"a": value}) for place, value in enumerate(values, 1)]
    assert ids("payload.a>0", rows) == [1, 7, 9]
    assert ids("payload.a==1", rows) == [1]
    assert ids("payload.a!=1", rows) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert ids("payload.a=in=(1,2)", rows) == [1, 7]
    assert ids("payload.a=bt=(2,3)", rows) == [7, 9]
    assert ids("payload=='{\"a\":1}'", rows) == [1]
    assert sorted_ids("payload.a", rows)[:4] == [8, 1, 7, 9]
    assert sorted_ids("-payload.a", rows)[-4:] == [9, 7, 1, 8]


def moment(value: dt.datetime, hours: int) -> dt.datetime:
    return value.replace(tzinfo=dt.timezone(dt.timedelta(hours=hours)))


def test_moments_that_leave_the_calendar_in_utc() -> None:
    rows = [
        Reading(1, seen=moment(dt.datetime(1, 1, 1), 14)),
        Reading(2, seen=moment(dt.datetime(9999, 12, 31, 23, 59), -12)),
        Reading(3, seen=moment(dt.datetime(2024, 2, 29, 23), -2)),
    ]
    assert ids("seen<0001-01-01", rows) == [1]
    assert ids("seen>9999-12-31T23:59:59.999999", rows) == [2]
    assert sorted_ids("-seen", rows) == [2, 3, 1]
    assert [ids(f"'@year[seen]'=={year}", rows) for year in (0, 10000, 2024)] == [[1], [2], [3]]
    assert [ids(f"'@{part}[seen]'=={value}", rows) for part, value in (("month", 12), ("day", 31))] == [[1], [1]]
    assert [ids(f"'@{part}[seen]'==1", rows) for part in ("month", "day")] == [[2], [2, 3]]
    assert sorted_ids("'@year[seen]'", rows) == [1, 3, 2]


LETTERS = [chr(code) for code in range(0x1F80, 0x2000) if len(chr(code).upper()) > 1 == len(chr(code).title())]


class Base(DeclarativeBase):
    pass


class Letter(Base):
    __tablename__ = "odd_letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10))


def test_letters_whose_capital_is_called_title_case(engine: Engine) -> None:
    changed = [letter for letter in LETTERS if upper(letter) != letter]
    assert len(changed) == 27
    options = QueryOptions(procedure_whitelist=["upper"])
    orm = SQLAlchemyORM()
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all([Letter(id=place, name=letter) for place, letter in enumerate(changed, 1)])
            session.flush()
            for place, letter in enumerate(changed, 1):
                text = f"'@upper[name]'=={upper(letter)}"
                found = session.scalars(pyrsql.apply(select(Letter.id), Letter, text, orm=orm, options=options)).all()
                assert list(found) == [place] == ids(text, [Reading(place, name=letter)])
    finally:
        Base.metadata.drop_all(engine)


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Sample(TypedDict, total=False):
    id: int
    whole: int
    ratio: float
    price: Decimal
    flag: bool
    day: dt.date
    seen: dt.datetime
    at: dt.time
    lasted: dt.timedelta
    ref: uuid.UUID
    level: Level
    tags: list[str]


SAMPLES: dict[str, tuple[Any, str]] = {
    "whole": (7, "7"),
    "ratio": (1.5, "1.5"),
    "price": (Decimal("1.5"), "1.5"),
    "flag": (True, "true"),
    "day": (dt.date(2020, 1, 1), "2020-01-01"),
    "seen": (dt.datetime(2020, 1, 1), "2020-01-01T00:00:00"),
    "at": (dt.time(1, 2), "01:02:00"),
    "lasted": (dt.timedelta(1), "P1D"),
    "ref": (uuid.UUID(int=1), str(uuid.UUID(int=1))),
    "level": (Level.HIGH, "HIGH"),
    "tags": (["x"], "x"),
}
OTHERS: list[Any] = ["text", b"x", object(), 1 + 2j, {1}.__len__, Exception("x")]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_value_of_quite_another_type_is_null(name: str) -> None:
    right, text = SAMPLES[name]
    orm = MemoryORM(identity={Sample: ["id"]})
    rows = [{"id": 0, name: right}, *({"id": place, name: other} for place, other in enumerate(OTHERS, 1))]
    nulls = list(range(1, len(rows)))

    def found(filter: str) -> list[int]:
        return [row["id"] for row in pyrsql.apply(rows, Sample, filter, orm=orm)]

    assert found(f"{name}=={text}") == found(f"{name}=in=({text})") == [0]
    assert found(f"{name}!={text}") == found(f"{name}=out=({text})") == []
    assert found(f"{name}=na=") == nulls
    if name not in ("tags", "flag", "ref", "level"):
        assert found(f"{name}>={text}") == found(f"{name}=bt=({text},{text})") == [0]
        assert found(f"{name}<{text}") == found(f"{name}=nb=({text},{text})") == []
    if name != "tags":
        described = schema_for(Sample, orm=orm)
        for sort, backward in product([name, f"-{name},nullslast"], [False, True]):
            walk = walked(described, rows[::-1], list, sort=sort, size=2, backward=backward)
            assert [row["id"] for row in walk] == [0, *(nulls[::-1] if sort.startswith("-") else nulls)]


def test_a_number_beyond_a_float_is_infinite() -> None:
    huge: Any = 10**400
    rows = [Reading(1, ratio=huge), Reading(2, ratio=-huge), Reading(3, ratio=1.0)]
    assert ids("ratio>1", rows) == [1]
    assert sorted_ids("ratio", rows) == [2, 3, 1]


def test_the_value_of_an_enum_is_its_member() -> None:
    rows: list[Any] = [{"id": 1, "level": 2}, {"id": 2, "level": Level.LOW}, {"id": 3, "level": None}]
    orm = MemoryORM()
    assert [row["id"] for row in pyrsql.apply(rows, Sample, "level==HIGH", orm=orm)] == [1]
    assert [row["id"] for row in pyrsql.apply(rows, Sample, "level!=HIGH", orm=orm)] == [2]
    assert [row["id"] for row in pyrsql.Sort.parse("level").apply(rows, Sample, orm=orm)] == [2, 1, 3]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Paint(BaseModel):
    model_config = ConfigDict(use_enum_values=True)

    id: int
    color: Color | None


def test_enums_of_pydantic_rows_that_hold_values() -> None:
    rows = [Paint(id=1, color=Color.RED), Paint(id=2, color=Color.BLUE), Paint(id=3, color=None)]

    def found(filter: str) -> list[int]:
        return [row.id for row in pyrsql.apply(rows, Paint, filter, orm=MemoryORM())]

    assert found("color==RED") == found("color==red") == found("color=out=(blue)") == [1]
    assert found("color!=RED") == [2]
    assert found("color=na=") == [3]
    assert [row.id for row in pyrsql.Sort.parse("-color").apply(rows, Paint, orm=MemoryORM())] == [3, 2, 1]
