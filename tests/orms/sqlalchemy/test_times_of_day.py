"""A time of day with an offset is the time in UTC, whatever the offset that PostgreSQL keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import ForeignKey, Time, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from property_tests.walks import walked, whole
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from tests.orms.sqlalchemy.store import Store, ids, stocked


class Base(DeclarativeBase):
    pass


class Train(Base):
    __tablename__ = "trains_with_offsets"

    id: Mapped[int] = mapped_column(primary_key=True)
    leaves: Mapped[dt.time | None] = mapped_column(Time(timezone=True))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("trains_with_offsets.id"))
    trains: Mapped[list[Train]] = relationship()


class Stop(Base):
    """One time of day is two keys, although Python takes them for equal."""

    __tablename__ = "stops_with_offsets"

    at: Mapped[dt.time] = mapped_column(Time(timezone=True), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


def clock(hour: int, offset: int) -> dt.time:
    return dt.time(hour, tzinfo=dt.timezone(dt.timedelta(hours=offset)))


TIMES = [clock(10, 2), clock(8, 0), clock(9, 0), clock(23, -5), None, clock(1, 14)]
"""In UTC: 8, 8, 9, 4, none, 11."""


@pytest.fixture(scope="module")
def trains(store: Store) -> Iterator[Store]:
    if store.name != "postgres":
        pytest.skip("no other database keeps an offset")
    rows: list[object] = [Train(id=number, leaves=time, line_id=1) for number, time in enumerate(TIMES, 1)]
    for number, at in enumerate([clock(10, 2), clock(7, 0), clock(8, 0), clock(6, 0)]):
        rows.append(Stop(at=at, part=number // 2, number=number))
    with stocked(store, Base.metadata, rows):
        yield store


FILTERS = {
    "leaves==10:00+02:00": [1, 2],
    "leaves==08:00": [1, 2],
    "leaves==01:00+14:00": [6],
    "leaves!=08:00Z": [3, 4, 6],
    "leaves=in=(10:00:00+02:00,23:00-05:00)": [1, 2, 4],
    "leaves=out=(08:00Z,04:00Z)": [3, 6],
    "leaves=bt=(08:00Z,09:00Z)": [1, 2, 3],
    "leaves=nb=(08:00Z,09:00Z)": [4, 6],
    "leaves>08:00Z": [3, 6],
    "leaves<=10:00+02:00": [1, 2, 4],
    "leaves=na=": [5],
    "@coalesce[leaves]==10:00+02:00": [1, 2],
}
CALLS = QueryOptions(procedure_whitelist=["coalesce"])


@pytest.mark.parametrize("filter", FILTERS)
def test_rows(trains: Store, filter: str) -> None:
    assert ids(trains, Train, filter, options=CALLS) == FILTERS[filter]


def test_some_related_time(trains: Store) -> None:
    assert ids(trains, Train, "trains.leaves==12:00+04:00") == [1]


@pytest.mark.parametrize(("sort", "expected"), [("leaves", [4, 1, 2, 3, 6, 5]), ("-leaves", [5, 6, 3, 2, 1, 4])])
def test_sorts(trains: Store, sort: str, expected: list[int]) -> None:
    def check(session: Session) -> None:
        for size, backward in ((1, False), (2, True), (4, False)):
            walk = walked(schema(Train), select(Train.id), session.execute, sort=sort, size=size, backward=backward)
            assert walk == expected

    assert ids(trains, Train, sort=sort) == expected
    trains.run(check)


@pytest.mark.parametrize("sort", ["at", "-at", "number"])
def test_two_keys_that_are_one_time_of_day(trains: Store, sort: str) -> None:
    def check(session: Session) -> None:
        expected = list(session.scalars(whole(schema(Stop), select(Stop.number), None, sort)))
        assert sorted(expected) == [0, 1, 2, 3]
        for size, backward in ((1, False), (2, True)):
            walk = walked(schema(Stop), select(Stop.number), session.execute, sort=sort, size=size, backward=backward)
            assert walk == expected

    trains.run(check)
