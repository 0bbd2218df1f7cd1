"""`python -m benchmarks.keyset`: pages by cursor beside those of other packages, in one run: the rows, then the time.

Each contender is a FastAPI service in an interpreter of its own. It walks a table by its own pages, then answers
requests for the first page and for pages far away, in turn. A contender that loses rows or repeats some is marked; its
time is shown all the same, since a wrong walk is often the faster one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import FastAPI
from sqlalchemy import Engine, Select, create_engine, insert, select, text
from sqlalchemy.orm import Session

from benchmarks.applications import receive, request_scope
from benchmarks.keyset_services import ORDERS, SERVICES, Base, Event

ROOT = Path(__file__).parent.parent
DIRECTORY = ROOT / ".bench"
DOCUMENT = ROOT / "benchmarks" / "keyset.md"
SIZE = 25
WALK = 100
"""Rows on a page of a walk: the most that fastapi-pagination takes."""

FAR = (0.6, 0.9)
"""The part of the list that the pages far away begin in."""

PLACES = 12
"""Pages far away: most begin within a group of ties, some at the end of one, and of `score` some among NULL."""

ROUNDS = 25

WHOLE: dict[str, Callable[[], tuple[Any, ...]]] = {
    **ORDERS,
    "score": lambda: (Event.score.is_(None), Event.score, Event.id),
    "-score": lambda: (Event.score.is_(None).desc(), Event.score.desc(), Event.id.desc()),
}
"""A sort -> the same on every database: MariaDB has no NULLS LAST, and refuses the contenders that send it."""


def rows(count: int) -> Iterator[dict[str, Any]]:
    """The rows of the table; a fifth of the scores is NULL."""
    for number in range(count):
        score = None if number % 5 == 0 else number * 31 % 9_000
        yield {"id": number, "day": number * 7_919 % 200, "place": number // 200 * 7 % 50, "score": score}


def fill(engine: Engine, count: int) -> None:
    """The table with its rows and statistics."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(insert(Event), list(rows(count)))
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # PostgreSQL's VACUUM says which pages of the table an index can speak for.
        analyze = {"mysql": "ANALYZE TABLE bench_events", "postgresql": "VACUUM ANALYZE bench_events"}
        connection.execute(text(analyze.get(engine.dialect.name, "ANALYZE"))).close()


class Page(NamedTuple):
    """A page of a service."""

    ids: list[int]
    next: str | None


class Times(NamedTuple):
    """Milliseconds of a request, the median: of the first page, of pages far away, and of the slowest of these."""

    first: float
    far: float
    slowest: float


async def _request(app: FastAPI, sort: str, cursor: str | None, size: int) -> bytes:
    """The body of an answer, through the whole application."""
    body = bytearray()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise ValueError(f"the answer has status {message['status']}")
        body.extend(message.get("body", b""))

    query = {"sort": sort, "size": size, **({} if cursor is None else {"cursor": cursor})}
    await app(request_scope("events", urlencode(query)), receive, send)
    return bytes(body)


async def _page(app: FastAPI, sort: str, cursor: str | None) -> Page:
    answer = json.loads(await _request(app, sort, cursor, WALK))
    return Page([item["id"] for item in answer["items"]], answer.get("next", answer.get("next_page")))


async def contend(name: str, url: str) -> dict[str, dict[str, Any]]:
    """What one contender gives: for each sort whether its rows are right, and the times."""
    engine = create_engine(url)
    app, found = SERVICES[name](engine), dict[str, dict[str, Any]]()
    for sort, order in WHOLE.items():
        found[sort] = await _of_sort(engine, app, sort, select(Event.id).order_by(*order()))
    engine.dispose()
    return found


async def _of_sort(engine: Engine, app: FastAPI, sort: str, unpaged: Select[Any]) -> dict[str, Any]:
    with Session(engine) as session:
        expected = list(session.scalars(unpaged))
    seen, cursors = list[int](), list[str]()
    try:
        while not cursors or len(cursors) * WALK < 2 * len(expected):
            page = await _page(app, sort, cursors[-1] if cursors else None)
            seen += page.ids
            if page.next is None:
                break
            cursors.append(page.next)
        first, last = (int(part * len(cursors)) for part in FAR)
        # By chance, the same for all: at equal steps they would all end groups of ties, whose sizes are round.
        far = random.Random(PLACES).sample(cursors[first:last], PLACES)
        times = await _times(app, sort, far)
    except Exception as error:
        return {"error": f"{type(error).__name__}"}
    return {"rows": len(set(seen)), "of": len(expected), "same": seen == expected, **times._asdict()}


async def _times(app: FastAPI, sort: str, far: list[str]) -> Times:
    """Each page far away right behind the first page: what else the machine does falls on both."""
    firsts, others = list[float](), [list[float]() for _ in far]
    for _ in range(ROUNDS):
        for cursor, taken in zip(far, others, strict=True):
            firsts.append(await _milliseconds(app, sort, None))
            taken.append(await _milliseconds(app, sort, cursor))
    median = statistics.median
    return Times(median(firsts), median([one for taken in others for one in taken]), max(map(median, others)))


async def _milliseconds(app: FastAPI, sort: str, cursor: str | None) -> float:
    began = time.perf_counter()
    await _request(app, sort, cursor, SIZE)
    return (time.perf_counter() - began) * 1_000


def _interpreter() -> str:
    """An environment with this checkout and the other packages."""
    from benchmarks.environments import install

    requirements = ("--editable", f"{ROOT}[sqlalchemy,fastapi]", "sqlalchemy>=2.1", "sqlakeyset", "fastapi-pagination")
    return install(DIRECTORY / "keyset", *requirements, "psycopg[binary]", "pymysql")


def main() -> None:
    """Fill a table in each database, let each contender walk it, and print the rows and the times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyset", description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument(
        "--url", nargs="+", default=[f"sqlite:///{DIRECTORY / 'keyset.db'}"], help="of databases that may be filled"
    )
    parser.add_argument("--write", action="store_true", help="write benchmarks/keyset.md")
    parser.add_argument("--contender", choices=tuple(SERVICES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        print(json.dumps(asyncio.run(contend(arguments.contender, arguments.url[0]))))
        return
    tables = ["\n".join(_table(_interpreter(), url, arguments.rows)) for url in arguments.url]
    print("\n\n".join(tables))
    if arguments.write:
        DOCUMENT.write_text("\n\n".join([_HEAD, *tables]) + "\n", encoding="utf-8")


def _table(python: str, url: str, count: int) -> list[str]:
    """What all contenders give on one database."""
    engine = create_engine(url)
    fill(engine, count)
    lines = [
        f"## {engine.dialect.name}, {count:,} rows",
        "",
        "| sort | contender | rows | first page | far page | slowest far page | far ÷ first |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in SERVICES:
        command = [python, "-W", "ignore", "-m", "benchmarks.keyset", "--contender", name, "--url", url]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        lines += [_line(sort, name, one) for sort, one in json.loads(ran.stdout.splitlines()[-1]).items()]
    Base.metadata.drop_all(engine)
    engine.dispose()
    return lines


_HEAD = f"""# Pages by cursor, beside other packages

Written by `python -m benchmarks.keyset --write`; `make bench` prints it. Each figure is the median of whole requests to
a FastAPI application, without the network, in ms: a page of {SIZE} rows. Far pages begin at {PLACES} places between
{FAR[0]:.0%} and {FAR[1]:.0%} of the list, within groups of ties, at their ends, and of `score` also among NULL; each
request for one follows a request for the first page. The slowest is the place with the largest median.
✗ marks a walk that is not the unpaged list.

The index for `day;-place` is on `(day, place, id)`, which no database reads in that order; every other sort has an
index that serves it. A fifth of `score` is NULL."""


def _line(sort: str, name: str, one: dict[str, Any]) -> str:
    if "error" in one:
        return f"| `{sort}` | {name} | ✗ {one['error']} | | | | |"
    counted = f"{one['rows']:,}" if one["same"] else f"✗ {one['rows']:,} of {one['of']:,}"
    times = f"{one['first']:.2f} | {one['far']:.2f} | {one['slowest']:.2f} | {one['far'] / one['first']:.2f}"
    return f"| `{sort}` | {name} | {counted} | {times} |"


if __name__ == "__main__":
    main()
