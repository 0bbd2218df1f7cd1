"""`python -m benchmarks.keyset`: pages by cursor beside those of other packages, in one run: the rows, then the time.

Each contender walks a table by its own pages, in an interpreter of its own. A contender that loses rows or repeats some
is marked; its time is shown all the same, since a wrong walk is often the faster one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, Index, Select, create_engine, insert, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ROOT = Path(__file__).parent.parent
DIRECTORY = ROOT / ".bench"
CONTENDERS = ("pyrsql", "sqlakeyset", "fastapi-pagination")
DOCUMENT = ROOT / "benchmarks" / "keyset.md"
SIZE = 25
WALK = 100
"""Rows on a page of a walk: the most that fastapi-pagination takes."""


class Base(DeclarativeBase):
    """One table with the indexes of its sorts."""


class Event(Base):
    """A row with ties, NULL and text."""

    __tablename__ = "bench_events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int]
    place: Mapped[int]
    score: Mapped[int | None]
    __table_args__ = (
        Index("bench_by_day", "day", "id"),
        Index("bench_by_place", "day", "place", "id"),
        Index("bench_by_score", "score", "id"),
    )


ORDERS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "id": lambda: (Event.id,),
    "day": lambda: (Event.day, Event.id),
    "-day;-place": lambda: (Event.day.desc(), Event.place.desc(), Event.id.desc()),
    "day;-place": lambda: (Event.day, Event.place.desc(), Event.id.desc()),
    "score": lambda: (Event.score.asc().nulls_last(), Event.id),
    "-score": lambda: (Event.score.desc().nulls_first(), Event.id.desc()),
}
"""A sort -> the same for contenders that take the ORDER BY of their user."""

WHOLE: dict[str, Callable[[], tuple[Any, ...]]] = {
    **ORDERS,
    "score": lambda: (Event.score.is_(None), Event.score, Event.id),
    "-score": lambda: (Event.score.is_(None).desc(), Event.score.desc(), Event.id.desc()),
}
"""A sort -> the same on every database: MariaDB has no NULLS LAST, and refuses the contenders that send it."""


class Page(NamedTuple):
    """One page of a contender."""

    ids: list[int]
    next: Any


Read = Callable[[Session, str, Any, int], Page]
"""Reads a page: called with a session, a sort, the cursor of the page before it, and a size."""


def _pyrsql() -> Read:
    from pyrsql import CursorRequest
    from pyrsql.orms.sqlalchemy import schema
    from pyrsql.pipeline import apply_filter, apply_sort, parse, seek, validate

    events = schema(Event)

    def read(session: Session, sort: str, cursor: Any, size: int) -> Page:
        statement = parse(None).bind(validate(events)).bind(apply_filter(select(Event))).bind(apply_sort(sort))
        cut = statement.bind(seek(CursorRequest.at(cursor, size))).unwrap().collect(session.execute)
        return Page([event.id for event in cut.items], cut.next)

    return read


def _sqlakeyset() -> Read:
    from sqlakeyset import select_page  # type: ignore[import-not-found]  # installed in an environment of its own

    def read(session: Session, sort: str, cursor: Any, size: int) -> Page:
        page = select_page(session, select(Event).order_by(*ORDERS[sort]()), per_page=size, page=cursor)
        return Page([row[0].id for row in page], page.paging.bookmark_next if page.paging.has_next else None)

    return read


def _fastapi_pagination() -> Read:
    from fastapi_pagination import set_page  # type: ignore[import-not-found]  # installed in an environment of its own
    from fastapi_pagination.cursor import CursorPage, CursorParams  # type: ignore[import-not-found]  # installed in an environment of its own
    from fastapi_pagination.ext.sqlalchemy import paginate  # type: ignore[import-not-found]  # installed in an environment of its own

    def read(session: Session, sort: str, cursor: Any, size: int) -> Page:
        with set_page(CursorPage[Any]):
            page = paginate(
                session, select(Event).order_by(*ORDERS[sort]()), params=CursorParams(cursor=cursor, size=size)
            )
        return Page([event.id for event in page.items], page.next_page)

    return read


_READERS: dict[str, Callable[[], Read]] = dict(
    zip(CONTENDERS, (_pyrsql, _sqlakeyset, _fastapi_pagination), strict=True)
)


def rows(count: int) -> Iterator[dict[str, Any]]:
    """The rows of the table; a fifth of the scores is NULL."""
    for number in range(count):
        score = None if number % 5 == 0 else number * 31 % 9_000
        yield {"id": number, "day": number * 7_919 % 200, "place": number * 104_729 % 50, "score": score}


def fill(engine: Engine, count: int) -> None:
    """The table with its rows and statistics."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Event), list(rows(count)))
        session.execute(text("ANALYZE TABLE bench_events" if engine.dialect.name == "mysql" else "ANALYZE"))
        session.commit()


def contend(name: str, url: str, *, far: float = 0.75) -> dict[str, dict[str, Any]]:
    """What one contender gives: for each sort whether its rows are right, and the milliseconds of two pages."""
    engine, read, found = create_engine(url), _READERS[name](), dict[str, dict[str, Any]]()
    with Session(engine) as session:
        for sort, order in WHOLE.items():
            found[sort] = _of_sort(session, read, sort, select(Event.id).order_by(*order()), far)
            session.rollback()
    engine.dispose()
    return found


def _of_sort(session: Session, read: Read, sort: str, unpaged: Select[Any], far: float) -> dict[str, Any]:
    expected = list(session.scalars(unpaged))
    seen, cursor, place = list[int](), None, None
    try:
        while True:
            page = read(session, sort, cursor, WALK)
            session.expunge_all()
            seen += page.ids
            if place is None and len(seen) >= far * len(expected):
                place = page.next
            cursor = page.next
            if cursor is None:
                break
        first, distant = _milliseconds(session, read, sort, None, place)
    except Exception as error:
        session.rollback()
        return {"error": f"{type(error).__name__}"}
    return {"rows": len(set(seen)), "of": len(expected), "same": seen == expected, "first": first, "far": distant}


def _milliseconds(session: Session, read: Read, sort: str, *cursors: Any) -> list[float]:
    """The best time of each page, taken in turn: what else the machine does falls on all of them."""
    taken = [float("inf")] * len(cursors)
    for _ in range(30):
        for place, cursor in enumerate(cursors):
            began = time.perf_counter()
            read(session, sort, cursor, SIZE)
            taken[place] = min(taken[place], (time.perf_counter() - began) * 1_000)
            session.expunge_all()
    return taken


def _interpreter() -> str:
    """An environment with this checkout and the other packages."""
    from benchmarks.environments import install

    requirements = ("--editable", f"{ROOT}[sqlalchemy,fastapi]", "sqlalchemy>=2.1", "sqlakeyset", "fastapi-pagination")
    return install(DIRECTORY / "keyset", *requirements, "psycopg[binary]", "pymysql")


def main() -> None:
    """Fill a table, let each contender walk it, and print the rows and the times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyset", description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument(
        "--url", default=f"sqlite:///{DIRECTORY / 'keyset.db'}", help="of a database that may be filled"
    )
    parser.add_argument("--write", action="store_true", help="write benchmarks/keyset.md")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        print(json.dumps(contend(arguments.contender, arguments.url)))
        return
    python = _interpreter()
    engine = create_engine(arguments.url)
    fill(engine, arguments.rows)
    lines = [
        f"{arguments.rows:,} rows on {engine.dialect.name}; a page of {SIZE} rows, the best of 30, in ms. {_NOTE}",
        "",
        "| sort | contender | rows | first page | page at 75 % | far ÷ first |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in CONTENDERS:
        command = [python, "-W", "ignore", "-m", "benchmarks.keyset", "--contender", name, "--url", arguments.url]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        lines += [_line(sort, name, one) for sort, one in json.loads(ran.stdout.splitlines()[-1]).items()]
    print("\n".join(lines))
    if arguments.write:
        DOCUMENT.write_text("\n".join([_HEAD, *lines, ""]), encoding="utf-8")
    Base.metadata.drop_all(engine)
    engine.dispose()


_NOTE = "✗ marks a walk that is not the unpaged list."
_HEAD = """# Pages by cursor, beside other packages

Written by `python -m benchmarks.keyset --write`; `make bench` prints it. The index for `day;-place` is on
`(day, place, id)`, which no database reads in that order; every other sort has an index that serves it.
A fifth of `score` is NULL.
"""


def _line(sort: str, name: str, one: dict[str, Any]) -> str:
    if "error" in one:
        return f"| `{sort}` | {name} | ✗ {one['error']} | | | |"
    counted = f"{one['rows']:,}" if one["same"] else f"✗ {one['rows']:,} of {one['of']:,}"
    ratio = one["far"] / one["first"]
    return f"| `{sort}` | {name} | {counted} | {one['first']:.2f} | {one['far']:.2f} | {ratio:.2f} |"


if __name__ == "__main__":
    main()
