"""Rows that hold what few databases store: NaN, dates that leave the calendar in UTC, letters with two capitals."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from sqlalchemy import Engine, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import pyrsql
from pyrsql.models import kinds
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
