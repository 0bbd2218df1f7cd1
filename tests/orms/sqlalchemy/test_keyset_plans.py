"""A page by cursor costs what its rows cost: a page far away reads no more than the second one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, Index, Select, String, insert, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from property_tests.walks import sought
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.models.backend import Position
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.carried_text import carried
from tests.databases import sqlite_steps

ROWS = 10_000
SIZE = 25


class Own(DeclarativeBase):
    """One table with the indexes that its sorts need."""


class Event(Own):
    __tablename__ = "keyset_events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int]
    place: Mapped[int]
    kind: Mapped[int]
    half: Mapped[int]
    score: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(10))
    tag: Mapped[str] = mapped_column(String(10))
    __table_args__ = (
        Index("keyset_by_day", "day", "id"),
        Index("keyset_by_day_and_place", "day", "place", "id"),
        Index("keyset_by_score", "score", "id"),
        Index("keyset_by_name", "name", "id"),
        Index("keyset_by_kind", "kind", "id"),
        Index("keyset_by_kind_and_half", "kind", "half", "id"),
    )


EVENTS = schema(Event)


def row_of(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "day": number * 7_919 % 200,
        "place": number * 104_729 % 50,
        "kind": number % 2,
        "half": 2 * number // ROWS,
        "score": None if number % 5 == 0 else number * 31 % 9_000,
        "name": f"n{number * 37 % ROWS // 3:05}",
        "tag": "b" if number in (1, 2, 3, 4) else ("a", "A", "a ")[number % 3],
    }


@pytest.fixture(scope="module")
def events(engine: Engine) -> Iterator[Engine]:
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Event), [row_of(number) for number in range(ROWS)])
        session.commit()
        analyze = {"mysql": "ANALYZE TABLE keyset_events", "mariadb": "ANALYZE TABLE keyset_events"}
        session.execute(text(analyze.get(engine.dialect.name, "ANALYZE")))
        session.commit()
    yield engine
    Own.metadata.drop_all(engine)


def in_order(sort: str) -> list[dict[str, Any]]:
    """All rows, sorted by Python. In no sort here do directions differ."""
    keys = [key.lstrip("-") for key in (*sort.split(";"), "id")]
    return sorted(
        map(row_of, range(ROWS)),
        key=lambda row: [(row[key] is None, row[key] or 0) for key in keys],
        reverse=sort.startswith("-"),
    )


def position(sort: str, place: int) -> str:
    """The cursor behind the row at a place of the list, made without walking there."""
    named = [key.lstrip("-") for key in sort.split(";")]
    keys = named if named == ["id"] else [*named, "id"]
    rows = in_order(sort)
    page = sought(EVENTS, select(Event), None, sort, CursorRequest.first(SIZE))
    values = tuple((carried(rows[place][key]),) for key in keys)
    written = CursorFormat().write(Payload(Position(False, values), page.seek.digests))
    assert written is not None
    return written


def rows_read(session: Session, statement: Select[Any]) -> int:
    """The rows that a database reads for a statement; for SQLite its steps, in tens."""
    name = session.get_bind().dialect.name
    if name == "sqlite":
        return sqlite_steps(session, statement)
    if name == "postgresql":
        compiled = statement.compile(session.connection())
        processed = compiled.construct_params()
        for key, process in compiled._bind_processors.items():
            processed[key] = process(processed[key])  # type: ignore[operator]  # SQLAlchemy types it for tuples, too
        explained = f"EXPLAIN (ANALYZE, BUFFERS OFF, FORMAT JSON) {compiled}"
        found = session.connection().exec_driver_sql(explained, processed).scalar_one()
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        return _read(plan)
    session.execute(text("FLUSH STATUS"))
    session.execute(statement).all()
    status = session.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'")).all()
    return sum(int(value) for _, value in status)


def page_cost(session: Session, sort: str, place: int) -> int:
    """The rows that a database reads for the page behind a place of the list."""
    page = sought(EVENTS, select(Event), None, sort, CursorRequest.at(position(sort, place), SIZE))
    total = 0

    def run(statement: Select[Any]) -> Any:
        nonlocal total
        total += rows_read(session, statement)
        return session.execute(statement)

    page.collect(run)
    return total


def _read(plan: dict[str, Any]) -> int:
    """The rows that the scans of a plan have read, those that a condition removed included."""
    below = sum(_read(inner) for inner in plan.get("Plans", []))
    if below:
        return below
    return int((plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"])


@pytest.mark.parametrize(
    "sort",
    [
        "id",
        "-id",
        "day",
        "-day",
        "day;place",
        "-day;-place",
        "kind",
        "-kind",
        "kind;half",
        "-kind;-half",
        "score",
        "-score",
    ],
)
def test_a_page_far_away_reads_no_more_than_the_second(events: Engine, sort: str) -> None:
    with Session(events) as session:
        # The last rows of `score` are NULL: inside that block MariaDB reads it from its start.
        far = ROWS * 7 // 10 if sort == "score" else ROWS * 9 // 10
        near = SIZE if sort != "-score" else ROWS // 4
        if "kind" in sort:
            # Half of the rows tie, or a quarter: these are their first and their last.
            near, far = ROWS // 2, ROWS - 2 * SIZE
        assert page_cost(session, sort, far) <= 1.2 * page_cost(session, sort, near) + 2


@pytest.mark.parametrize("sort", ["kind", "-kind", "kind;half", "-kind;-half", "kind;-half", "kind;half;-day"])
@pytest.mark.parametrize("before", [1, 2, 12])
def test_a_page_at_the_end_of_many_ties_reads_no_more_than_the_second(events: Engine, sort: str, before: int) -> None:
    with Session(events) as session:
        near = page_cost(session, sort, SIZE)
        for end in (ROWS // 4, ROWS // 2, ROWS * 3 // 4):
            assert page_cost(session, sort, end - before) <= 1.2 * near + 6


@pytest.mark.parametrize("sort", ["day", "-day", "day;place", "-day;-place"])
def test_a_page_at_the_end_of_ties_takes_a_statement_for_each_key_at_most(events: Engine, sort: str) -> None:
    with Session(events) as session:
        for place in range(5_000, 5_100, 7):
            page = sought(EVENTS, select(Event), None, sort, CursorRequest.at(position(sort, place), SIZE))
            taken = list[Select[Any]]()

            def run(statement: Select[Any], taken: list[Select[Any]] = taken) -> Any:
                taken.append(statement)
                return session.execute(statement)

            assert len(page.collect(run).items) == SIZE
            assert len(taken) <= (1 + len(sort.split(";")) if events.dialect.name == "sqlite" else 1)


@pytest.mark.parametrize("sort", ["score", "-score", "name", "-name"])
def test_a_page_behind_few_ties_takes_one_statement(events: Engine, sort: str) -> None:
    ids = [row["id"] for row in in_order(sort)]
    with Session(events) as session:
        page = sought(EVENTS, select(Event), None, sort, CursorRequest.at(position(sort, 3_000), SIZE))
        cut = page.collect(session.execute)
        for cursor, reached in ((cut.next, 3_001 + SIZE), (cut.prev, 3_001 - SIZE)):
            taken = list[Select[Any]]()

            def run(statement: Select[Any], taken: list[Select[Any]] = taken) -> Any:
                taken.append(statement)
                return session.execute(statement)

            found = sought(EVENTS, select(Event), None, sort, CursorRequest.at(cursor, SIZE)).collect(run)
            assert [row.id for row in found.items] == ids[reached : reached + SIZE]
            # Behind a page that is reached backward one more looks whether a row follows.
            assert len(taken) == (1 if cursor == cut.next else 2)
            # A row takes SQLite about twenty steps.
            assert rows_read(session, taken[0]) <= 3 * SIZE


@pytest.mark.parametrize(
    ("sort", "place", "few"),
    [
        ("id", 50, (False, False)),
        ("kind", 2_000, (False, False)),
        ("kind", 4_977, (True, False)),
        ("kind", 4_996, (False, True)),
        ("name", 2_000, (True, True)),
    ],
)
def test_a_cursor_says_whether_a_fifth_of_a_page_has_its_ties(
    events: Engine, sort: str, place: int, few: tuple[bool, bool]
) -> None:
    with Session(events) as session:
        page = sought(EVENTS, select(Event), None, sort, CursorRequest.at(position(sort, place), SIZE))
        cut = page.collect(session.execute)
    assert (_few_ties(cut.next), _few_ties(cut.prev)) == few


def test_texts_that_a_collation_may_take_for_equal_are_ties(events: Engine) -> None:
    with Session(events) as session:
        page = sought(EVENTS, select(Event).where(Event.tag != "b"), None, "tag", CursorRequest.first(5))
        assert not _few_ties(page.collect(session.execute).next)
        page = sought(EVENTS, select(Event), None, "-tag", CursorRequest.first(5))
        assert _few_ties(page.collect(session.execute).next)


def _few_ties(cursor: str | None) -> bool:
    found = CursorFormat().read(cursor or "")
    assert isinstance(found, Payload)
    return found.position.few_ties


def test_a_first_page_of_a_nullable_key_reads_a_page(events: Engine) -> None:
    with Session(events) as session:
        page = sought(EVENTS, select(Event), None, "score", CursorRequest.first(SIZE))
        first, _ = page.statements
        assert rows_read(session, first) < 20 * SIZE
