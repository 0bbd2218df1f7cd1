"""A store for each driver of each database."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from tests.databases import Database
from tests.orms.sqlalchemy.store import AsyncStore, Store, SyncStore

DRIVERS = {
    "sqlite": ("pysqlite", "aiosqlite"),
    "postgres": ("psycopg", "asyncpg"),
    "mariadb": ("pymysql", "aiomysql"),
}
ASYNCHRONOUS = {"aiosqlite": "sqlite", "asyncpg": "postgresql", "aiomysql": "mysql"}


@pytest.fixture(
    scope="session",
    params=[(name, driver) for name, drivers in DRIVERS.items() for driver in drivers],
    ids=lambda param: param[1],
)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each driver in turn, synchronous and asynchronous."""
    yield from opened(request)


@pytest.fixture(
    scope="session", params=[(name, drivers[0]) for name, drivers in DRIVERS.items()], ids=lambda param: param[0]
)
def any_database(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each database in turn, by one driver: for tests in which the driver makes no difference."""
    yield from opened(request)


def opened(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The store of a database and a driver."""
    name, driver = request.param
    found: Database = request.getfixturevalue(f"{name}_database")
    if driver not in ASYNCHRONOUS:
        engine = found.engine()
        yield SyncStore(name, engine)
        engine.dispose()
        return
    # A loop of its own, so that tests of both ways are plain functions.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        url = found.async_url.set(drivername=f"{ASYNCHRONOUS[driver]}+{driver}")
        async_engine = create_async_engine(url)
        yield AsyncStore(name, async_engine, runner)
        runner.run(async_engine.dispose())
