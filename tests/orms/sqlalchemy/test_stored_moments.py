"""SQLite keeps dates and times as texts, in a form that the writer chooses: a moment is the same in each of them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Index,
    TypeDecorator,
    case,
    func,
    insert,
    literal_column,
    type_coerce,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeEngine

from pyrsql.models import kinds
from pyrsql.orms.sqlalchemy.column_types import described
from tests.databases import Database
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked
from tests.orms.sqlalchemy.test_plans import Planned

SQLITE: Any = sqlite
"""Its types have no annotations."""


class Base(DeclarativeBase):
    pass


class Stamp(TypeDecorator[dt.datetime]):
    """A developer's type."""

    impl = DateTime
    cache_ok = True


class Event(Base):
    """A moment in one of its forms, or several values of which one is chosen."""

    __tablename__ = "moment_event"
    __table_args__ = (Index("moment_event_at", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime | None]
    aware: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    stamp: Mapped[dt.datetime | None] = mapped_column(Stamp)
    day: Mapped[dt.date | None]
    made: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    @hybrid_property
    def since(self) -> Any:
        return func.coalesce(self.at, self.day)

    @hybrid_property
    def chosen(self) -> Any:
        day: Any = self.day
        return case((day.is_(None), self.at), else_=type_coerce(day, DateTime))


AT = {
    1: "2020-01-01",
    2: "2020-01-01 00:00:00",
    3: "2020-01-01 00:00:00.000000",
    4: "2020-01-01 12:00:00",
    5: "2020-01-01 12:00:00.500",
    6: "2020-01-01 12:00:00.500000",
    7: "2020-01-01 12:00:00.500001",
    8: None,
}


@pytest.fixture(scope="module")
def forms(sqlite_database: Database) -> Iterator[Session]:
    engine = sqlite_database.engine()
    with Session(engine) as session:
        Base.metadata.create_all(session.connection())
        for id, at in AT.items():
            value: ColumnElement[Any] = literal_column("NULL" if at is None else f"'{at}'")
            row = {"id": id, "at": value, "aware": value, "stamp": value}
            session.execute(insert(Event).inline().values(row))
        session.execute(insert(Event).values(id=9, day=dt.date(2020, 1, 1)))
        yield session
    engine.dispose()


def found(session: Session, filter: str) -> list[int]:
    return sorted(event.id for event in session.scalars(paged(Event, filter).statement))


MIDNIGHT, NOON, LATER = "2020-01-01T00:00:00", "2020-01-01T12:00:00", "2020-01-01T12:00:00.5"


@pytest.mark.parametrize("name", ["at", "aware", "stamp"])
@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (f"=={MIDNIGHT}", [1, 2, 3]),
        (f"=={NOON}", [4]),
        (f"=={LATER}", [5, 6]),
        (f"!={MIDNIGHT}", [4, 5, 6, 7]),
        (f"!={LATER}", [1, 2, 3, 4, 7]),
        (f">={MIDNIGHT}", [1, 2, 3, 4, 5, 6, 7]),
        (f">{MIDNIGHT}", [4, 5, 6, 7]),
        (f"<{MIDNIGHT}", []),
        (f"<={MIDNIGHT}", [1, 2, 3]),
        (f"<{LATER}", [1, 2, 3, 4]),
        (f"<={LATER}", [1, 2, 3, 4, 5, 6]),
        (f">={LATER}", [5, 6, 7]),
        (f">{LATER}", [7]),
        (f"=in=({MIDNIGHT},{LATER})", [1, 2, 3, 5, 6]),
        (f"=out=({MIDNIGHT},{LATER})", [4, 7]),
        (f"=bt=({MIDNIGHT},{NOON})", [1, 2, 3, 4]),
        (f"=bt=({LATER},{LATER})", [5, 6]),
        (f"=nb=({MIDNIGHT},{NOON})", [5, 6, 7]),
    ],
)
def test_a_moment_is_found_in_every_form(forms: Session, name: str, test: str, expected: list[int]) -> None:
    assert found(forms, name + test) == expected


@pytest.mark.parametrize("name", ["since", "chosen"])
def test_a_date_among_moments_is_its_midnight(forms: Session, name: str) -> None:
    assert found(forms, f"{name}=={MIDNIGHT}") == [1, 2, 3, 9]
    assert found(forms, f"{name}>{MIDNIGHT}") == [4, 5, 6, 7]
    assert found(forms, f"{name}<{MIDNIGHT}") == []
    assert found(forms, f"{name}=in=({MIDNIGHT},{NOON})") == [1, 2, 3, 4, 9]


@pytest.mark.parametrize(
    "test", [f"=={NOON}", f">={NOON}", f"<{NOON}", f"=in=({NOON},{LATER})", f"=bt=({MIDNIGHT},{NOON})"]
)
def test_an_index_serves_all_forms(forms: Session, test: str) -> None:
    engine = forms.connection().engine
    plan = Planned("sqlite", engine).plan(paged(Event, "at" + test).statement)
    assert "moment_event_at" in str(plan)
    assert "SCAN" not in str(plan)


def test_a_row_of_the_database_s_clock_is_found_by_the_value_it_shows(any_database: Store) -> None:
    with stocked(any_database, Base.metadata, [Event(id=1)]) as store:
        shown = store.run(lambda session: session.get_one(Event, 1).made).isoformat()
        for test in (f"=={shown}", f">={shown}", f"<={shown}", f"=in=({shown},{MIDNIGHT})", f"=bt=({shown},{shown})"):
            assert ids(store, Event, "made" + test) == [1]
        for test in (f"!={shown}", f"<{shown}", f">{shown}", f"=out=({shown})", f"=nb=({shown},{shown})"):
            assert ids(store, Event, "made" + test) == []


# --- times of day ----------------------------------------------------------------------------------------------------


class Shift(Base):
    __tablename__ = "moment_shift"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    clock: Mapped[dt.time | None]
    made: Mapped[dt.time] = mapped_column(server_default=func.current_time())


CLOCK = {1: "04:05:06", 2: "04:05:06.000000", 3: "04:05:06.500", 4: "04:05:06.500000", 5: "23:00:00", 6: None}


@pytest.fixture(scope="module")
def shifts(sqlite_database: Database) -> Iterator[Session]:
    engine = sqlite_database.engine()
    with Session(engine) as session:
        Base.metadata.create_all(session.connection())
        for id, clock in CLOCK.items():
            value: ColumnElement[Any] = literal_column("NULL" if clock is None else f"'{clock}'")
            session.execute(insert(Shift).inline().values({"id": id, "clock": value}))
        yield session
    engine.dispose()


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("==04:05:06", [1, 2]),
        ("!=04:05:06", [3, 4, 5]),
        (">=04:05:06.5", [3, 4, 5]),
        (">04:05:06", [3, 4, 5]),
        ("<04:05:06.5", [1, 2]),
        ("<=04:05:06.5", [1, 2, 3, 4]),
        ("=in=(04:05:06.5,23:00:00)", [3, 4, 5]),
        ("=out=(04:05:06,23:00:00)", [3, 4]),
        ("=bt=(04:05:06,04:05:06)", [1, 2]),
    ],
)
def test_a_time_of_day_is_found_in_every_form(shifts: Session, test: str, expected: list[int]) -> None:
    assert sorted(shift.id for shift in shifts.scalars(paged(Shift, "clock" + test).statement)) == expected


def test_a_row_of_the_database_s_time_of_day_is_found_by_the_value_it_shows(any_database: Store) -> None:
    with stocked(any_database, Base.metadata, [Shift(id=1)]) as store:
        shown = store.run(lambda session: session.get_one(Shift, 1).made).isoformat()
        for test in (f"=={shown}", f">={shown}", f"<={shown}", f"=in=({shown})"):
            assert ids(store, Shift, "made" + test) == [1]
        assert ids(store, Shift, f"made!={shown}") == []


# --- formats of the developer's own ----------------------------------------------------------------------------------

_DAY_FIRST = SQLITE.DATE(
    storage_format="%(day)02d.%(month)02d.%(year)04d", regexp=r"(?P<day>\d+).(?P<month>\d+).(?P<year>\d+)"
)
_COMPACT = SQLITE.DATE(storage_format="%(year)04d%(month)02d%(day)02d", regexp=r"(\d{4})(\d{2})(\d{2})")


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (_DAY_FIRST, kinds.Opaque("DATE", object, kinds.Date())),
        (Date().with_variant(_DAY_FIRST, "sqlite"), kinds.Opaque("Date", object, kinds.Date())),
        (_COMPACT, kinds.Date()),
        (SQLITE.DATE(), kinds.Date()),
        (SQLITE.TIME(), kinds.Time()),
        (SQLITE.DATETIME(), kinds.DateTime()),
        (SQLITE.DATETIME(truncate_microseconds=True), kinds.DateTime()),
    ],
)
def test_texts_in_another_order_have_no_ranges(type_: TypeEngine[Any], kind: kinds.Kind) -> None:
    assert described(type_).kind == kind


@pytest.mark.parametrize(
    ("type_", "taken", "refused"),
    [
        (
            SQLITE.DATETIME(truncate_microseconds=True),
            dt.datetime(2020, 1, 1, 1, 1, 1),
            dt.datetime(2020, 1, 1, 1, 1, 1, 5),
        ),
        (SQLITE.TIME(truncate_microseconds=True), dt.time(1, 1, 1), dt.time(1, 1, 1, 5)),
    ],
)
def test_a_value_that_the_format_cuts_is_refused(type_: TypeEngine[Any], taken: object, refused: object) -> None:
    accepts = described(type_).accepts
    assert accepts is not None
    assert accepts(taken)
    assert not accepts(refused)


@pytest.mark.parametrize("type_", [DateTime(), SQLITE.DATETIME(), SQLITE.TIME(), SQLITE.DATE()])
def test_the_usual_format_takes_every_value(type_: TypeEngine[Any]) -> None:
    assert described(type_).accepts is None
