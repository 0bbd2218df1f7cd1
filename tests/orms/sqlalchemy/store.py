"""One way to ask a database, whatever its driver: filters, sorts and pages as text, rows as a list."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, cast

from returns.result import Result
from sqlalchemy import Connection, Engine, MetaData, Select, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

from pyrsql.options import QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, paginate, parse, validate
from pyrsql.problems import Problems
from pyrsql.validation.plan import PaginatedSelect

T = TypeVar("T")

SAME_ORDER = QueryOptions(text_order="code_point")
"""Databases are compared with each other: each has an order of text of its own."""


class Store(Protocol):
    """A database by one of its drivers."""

    name: str

    def run(self, work: Callable[[Session], T]) -> T:
        """Do something in a session, and commit it."""
        ...


class SyncStore:
    """A store with a synchronous driver."""

    def __init__(self, name: str, engine: Engine) -> None:
        self.name = name
        self.engine = engine

    def run(self, work: Callable[[Session], T]) -> T:
        with self.engine.begin() as connection:
            return _in_session(connection, work)


class AsyncStore:
    """A store with an asynchronous driver, on a loop of its own."""

    def __init__(self, name: str, engine: AsyncEngine, runner: asyncio.Runner) -> None:
        self.name = name
        self.engine = engine
        self.runner = runner

    def run(self, work: Callable[[Session], T]) -> T:
        async def awaited() -> T:
            async with self.engine.begin() as connection:
                return await connection.run_sync(_in_session, work)

        return self.runner.run(awaited())


def _in_session(connection: Connection, work: Callable[[Session], T]) -> T:
    if connection.dialect.name == "postgresql":
        # It compiles large queries to machine code, for half a minute where they then run for milliseconds.
        connection.exec_driver_sql("SET jit = off")
        connection.exec_driver_sql("SET statement_timeout = 20000")
    with Session(connection) as session:
        result = work(session)
        session.flush()
        return result


@contextmanager
def stocked(store: Store, metadata: MetaData, objects: Iterable[object] = ()) -> Iterator[Store]:
    """A store with tables and rows in it, for as long as a test needs them."""

    def fill(session: Session) -> None:
        metadata.create_all(session.connection())
        session.add_all(objects)

    try:
        store.run(fill)
        yield store
    finally:
        store.run(lambda session: metadata.drop_all(session.connection()))


def paged(
    model: type,
    filter: str | None = None,
    sort: str | None = None,
    page: PageRequest | None = None,
    *,
    base: Select[Any] | None = None,
    options: QueryOptions = SAME_ORDER,
    sort_options: SortOptions | None = None,
) -> PaginatedSelect[Select[Any]]:
    """The statement and the count statement of a request."""
    described = schema(model, options, sort_options)
    return (
        parse(filter, options)
        .bind(validate(described))
        .bind(apply_filter(select(model) if base is None else base))
        .bind(apply_sort(sort))
        .bind(paginate(page))
        .unwrap()
    )


def problems(model: type, filter: str | None = None, sort: str | None = None, **settings: Any) -> Problems:
    """What is wrong with a request."""
    options = settings.get("options", SAME_ORDER)
    described = schema(model, **settings)
    applied: Result[Any, Problems] = (
        parse(filter, options).bind(validate(described)).bind(apply_filter(select(model))).bind(apply_sort(sort))
    )
    return applied.failure()


def ids(store: Store, model: type, filter: str | None = None, sort: str | None = None, **settings: Any) -> list[Any]:
    """The keys of the rows that a request gives, counted as well: sorted by key where the request has no sort."""
    found = paged(model, filter, sort, **settings)

    def ask(session: Session) -> tuple[list[Any], int]:
        rows = session.scalars(found.statement).unique().all()
        return [session.identity_key(instance=row)[1] for row in rows], session.scalar(
            cast("Select[Any]", found.count_statement)
        ) or 0

    keys, count = store.run(ask)
    if settings.get("page") is None:
        assert count == len(keys)
    plain = [key[0] if len(key) == 1 else tuple(key) for key in keys]
    return plain if sort else sorted(plain)
