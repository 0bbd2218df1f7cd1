"""EXPLAIN names the index of a column of every type, where `index_report` says that it serves."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    DateTime,
    Double,
    Enum,
    Index,
    Interval,
    Numeric,
    String,
    Text,
    TypeDecorator,
    Uuid,
    insert,
    text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql.integrations.fastapi.index_report import report_of
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from tests.databases import Database
from tests.orms.sqlalchemy.store import paged
from tests.orms.sqlalchemy.test_plans import Planned

ROWS = 4_000


class Mood(enum.Enum):
    SAD = 1
    GLAD = 2


class Code(TypeDecorator[str]):
    """A text of the developer's own."""

    impl = String
    cache_ok = True


class Base(DeclarativeBase):
    pass


class Typed(Base):
    __tablename__ = "plan_typed"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    moment: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)
    clock: Mapped[dt.time] = mapped_column(index=True)
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2), index=True)
    ratio: Mapped[float] = mapped_column(Double, index=True)
    big: Mapped[int] = mapped_column(BigInteger, index=True)
    span: Mapped[dt.timedelta] = mapped_column(Interval, index=True)
    key: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    mood: Mapped[Mood] = mapped_column(Enum(Mood), index=True)
    flag: Mapped[bool] = mapped_column(Boolean, index=True)
    code: Mapped[str] = mapped_column(Code(40), index=True)
    fixed: Mapped[str] = mapped_column(CHAR(12), index=True)
    varied: Mapped[str] = mapped_column(String(40).with_variant(mysql.VARCHAR(40), "mysql", "mariadb"), index=True)
    title: Mapped[str] = mapped_column(String(300), index=True)
    body: Mapped[str] = mapped_column(Text().with_variant(String(40), "sqlite", "postgresql"))


def row_of(number: int) -> dict[str, Any]:
    place = number * 1_597 % ROWS
    moment = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=place)
    return {
        "id": number,
        "day": dt.date(1990, 1, 1) + dt.timedelta(days=place),
        "moment": moment,
        "clock": (dt.datetime(2020, 1, 1) + dt.timedelta(seconds=place)).time(),
        "price": Decimal(place) / 100,
        "ratio": place / 7,
        "big": place * 10**10,
        "span": dt.timedelta(seconds=place),
        "key": uuid.UUID(int=place, version=4),
        # The first member in the order of the texts, so that the statistics of every database tell it from the other.
        "mood": Mood.GLAD if place == 42 else Mood.SAD,
        "flag": place == 42,
    } | dict.fromkeys(("code", "fixed", "varied", "title", "body"), f"n{place:05}")


WANTED: dict[str, tuple[str, ...]] = {
    "day": ("==1995-01-01", ">2000-12-01", "=bt=(1995-01-01,1995-01-05)", "=in=(1995-01-01,1996-01-01)"),
    "moment": (
        "==2020-01-02T00:00:00Z",
        ">2020-01-03T18:30:00Z",
        "=in=(2020-01-02T00:00:00Z,2020-01-01T03:00:00%2B02:00)",
    ),
    "clock": ("==00:10:00", ">01:06:30", "=bt=(00:10:00,00:10:20)"),
    "price": ("==12.34", ">39.9", "=bt=(12.1,12.2)", "=in=(1.5,2.5)"),
    "ratio": ("==3", ">571", "=bt=(1,2)"),
    "big": ("==420000000000", ">39900000000000", "=bt=(1,90000000000)"),
    "span": ("==PT42S", ">PT3990S"),
    "key": (f"=={uuid.UUID(int=42, version=4)}", f"=in=({uuid.UUID(int=42, version=4)},{uuid.UUID(int=7, version=4)})"),
    "mood": ("==GLAD",),
    "code": ("==n00042", "=in=(n00042,n00043)", ">n03990"),
    "fixed": ("==n00042", "=in=(n00042,n00043)", ">n03990"),
    "varied": ("==n00042", "=in=(n00042,n00043)", ">n03990"),
    "title": ("==n00042", ">n03990"),
}


@pytest.fixture(scope="module")
def typed(database: Database) -> Iterator[Planned]:
    engine = database.engine()
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
        connection.execute(insert(Typed), [row_of(number) for number in range(1, ROWS + 1)])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text("ANALYZE TABLE plan_typed" if database.name == "mariadb" else "ANALYZE plan_typed")
        ).close()
    yield Planned(database.name, engine)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
    engine.dispose()


@pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("field", WANTED)
def test_the_index_of_a_column_serves_it(typed: Planned, field: str) -> None:
    for wanted in WANTED[field]:
        filter = f"{field}{wanted}".replace("%2B", "+")
        plan = typed.plan(paged(Typed, filter, options=QueryOptions()).statement)
        assert f"ix_plan_typed_{field}" in plan, (filter, plan)
        assert " ALL " not in plan, (filter, plan)


def test_the_report_says_which_sorts_an_index_serves(typed: Planned) -> None:
    report = report_of(schema(Typed), typed.engine.dialect.name)
    unserved = {missing.field for missing in report if missing.use == "sort"}
    expected = {"mood", "body"} | ({"key", "title"} if typed.name == "mariadb" else set())
    assert unserved == expected
    for field in [*WANTED, "flag"]:
        for sort in (field, f"-{field}"):
            plan = typed.plan(paged(Typed, None, sort, PageRequest(0, 10), options=QueryOptions()).statement)
            assert (f"ix_plan_typed_{field}" in plan) is (field not in unserved), (sort, plan)


class Named(Base):
    __tablename__ = "plan_named"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40).with_variant(String(40, collation="NOCASE"), "sqlite"), index=True)


NAMES = [
    "Zoe",
    "zoe",
    "ZOE",
    "[a]",
    "@a",
    "Az",
    "aZ",
    "éa",
    "Éa",
    "`a",
    "{a",
    "a",
    "",
    "ſa",
    "Ka",
    "\u212aa",
    "\U0010ffffa",
]


def test_a_prefix_of_a_column_that_ignores_case_on_sqlite(sqlite_database: Database) -> None:
    engine = sqlite_database.engine()
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Named(name=name) for name in NAMES])
        session.commit()
        for beginning in {name[:length] for name in NAMES for length in (1, 2, 3)} - {""}:
            for filter, expected in ((f"name=='{beginning}*'", True), (f"name!='{beginning}*'", False)):
                statement = paged(Named, filter, options=QueryOptions()).statement
                found = {named.name for named in session.scalars(statement)}
                assert found == {name for name in NAMES if name.startswith(beginning) is expected}, filter
    plan = Planned("sqlite", engine).plan(paged(Named, "name==Zo*", options=QueryOptions()).statement)
    assert "INDEX ix_plan_named_name (name>? AND name<?)" in plan
    Base.metadata.drop_all(engine)
    engine.dispose()


def test_a_prefix_of_a_text_that_is_filled_with_blanks(postgres_database: Database) -> None:
    class Filled(DeclarativeBase):
        pass

    class Part(Filled):
        __tablename__ = "plan_parts"
        __table_args__ = (Index("plan_part_code", "code", postgresql_ops={"code": "bpchar_pattern_ops"}),)

        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str] = mapped_column(CHAR(8))

    engine = postgres_database.engine()
    Filled.metadata.create_all(engine)
    try:
        codes = ["ab", "ab c", "ab%c", "abc", "Abc", "b", "", *(f"n{number:05}" for number in range(ROWS))]
        with Session(engine) as session:
            session.add_all([Part(code=code) for code in codes])
            session.execute(text("ANALYZE plan_parts"))
            session.commit()
            for beginning in ("a", "ab", "ab ", "ab  ", "ab%", "abc", "n0004"):
                for filter, is_wanted in ((f"code=='{beginning}*'", True), (f"code!='{beginning}*'", False)):
                    found = session.scalars(paged(Part, filter, options=QueryOptions()).statement)
                    expected = sorted(code for code in codes if code.startswith(beginning) is is_wanted)
                    assert sorted(part.code.rstrip() for part in found) == expected, filter
        plan = Planned("postgres", engine).plan(paged(Part, "code==n0004*", options=QueryOptions()).statement)
        assert "plan_part_code" in plan, plan
    finally:
        Filled.metadata.drop_all(engine)
        engine.dispose()
