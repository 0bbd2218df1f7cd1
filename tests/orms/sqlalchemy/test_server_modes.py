"""Settings of a server that change how it reads SQL: an answer is the same under each of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import JSON, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.orms.sqlalchemy.store import Store, paged, stocked

MODES = {
    "mariadb": (
        "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
        "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,ONLY_FULL_GROUP_BY'",
        "SET SESSION sql_mode = 'HIGH_NOT_PRECEDENCE'",
        "SET SESSION sql_mode = 'REAL_AS_FLOAT,TIME_ROUND_FRACTIONAL,NO_UNSIGNED_SUBTRACTION'",
        "SET SESSION sql_mode = ''",
    ),
    "postgres": (
        "SET standard_conforming_strings = off",
        "SET DateStyle = 'SQL, DMY'",
        "SET TimeZone = 'America/St_Johns'",
        "SET transform_null_equals = on",
    ),
}
RESET = {"mariadb": "SET SESSION sql_mode = DEFAULT", "postgres": "RESET ALL"}


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "mode_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[dt.datetime | None]
    doc: Mapped[Any] = mapped_column(JSON)


def rows() -> list[Entry]:
    return [
        Entry(
            id=1, name="a\\b", at=dt.datetime(2026, 2, 3, 4, 5, 6), doc={"a": [9007199254740993, {"x": 1}], "t": "é\\n"}
        ),
        Entry(id=2, name='say "%"', at=dt.datetime(2026, 3, 2), doc={"a": [9007199254740992, {"x": 1}], "t": "nul\0"}),
        Entry(id=3, name="it's_", at=None, doc={"a": None, "t": "2026-02-03T04:05:06Z"}),
        Entry(id=4, name=None, at=dt.datetime(2025, 12, 31), doc=[]),
    ]


FILTERS = {
    r"name=='a\\b'": [1],
    r"name=like='\\'": [1],
    "name=like='%'": [2],
    "name==*_": [3],
    "name==^SAY*": [2],
    "name=notlike=a": [3],
    "at==2026-02-03T04:05:06": [1],
    "at>2026-02-28": [2],
    "doc.a=='[9007199254740992,{\"x\":1}]'": [2],
    "doc.a!='[9007199254740992,{\"x\":1}]'": [1, 3, 4],
    "doc.a==9007199254740993": [1],
    "doc.a.x==1": [1, 2],
    "doc.a=na=": [3, 4],
    r"doc.t=='é\\n'": [1],
    "doc.t==nul*": [2],
    "doc.t>2026-01-01T00:00:00Z;doc.t<2027-01-01T00:00:00Z": [3],
    "doc=='[]'": [4],
    "(name=nn=,id==99);id!=1": [2, 3],
}


@pytest.fixture(scope="module")
def entries(store: Store) -> Iterator[Store]:
    if store.name not in MODES:
        pytest.skip("SQLite has no such settings")
    with stocked(store, Base.metadata, rows()):
        yield store


@pytest.mark.parametrize("place", range(5))
def test_answers_are_the_same_in_every_mode(entries: Store, place: int) -> None:
    modes = MODES[entries.name]
    if place >= len(modes):
        pytest.skip("no other mode")

    def ask(session: Session) -> dict[str, list[int]]:
        session.execute(text(modes[place]))
        try:
            return {
                filter: [row.id for row in session.scalars(paged(Entry, filter, "id").statement)] for filter in FILTERS
            }
        finally:
            session.execute(text(RESET[entries.name]))

    assert entries.run(ask) == FILTERS
