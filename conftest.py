"""What tests, property tests and documents share: the databases and the effort of the property tests."""

import gc
import os
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
import pytest_asyncio
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from tests import databases
from tests.databases import Database

hypothesis.settings.register_profile("quick", max_examples=50, deadline=None)
hypothesis.settings.register_profile("deep", max_examples=5_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="module")
def light_heap() -> Iterator[None]:
    """For tests that take the time: the collector passes over what earlier tests have left, which can take seconds."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def sqlite_database() -> Database:
    """SQLite in memory: every engine of it is an empty database."""
    return databases.SQLITE


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[Database]:
    """An empty database on PostgreSQL."""
    with databases.postgres() as database:
        yield database


@pytest.fixture(scope="session")
def mariadb_database() -> Iterator[Database]:
    """An empty database on MariaDB."""
    with databases.mariadb() as database:
        yield database


@pytest.fixture(scope="session", params=["sqlite", "postgres", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the databases in turn."""
    found = request.getfixturevalue(f"{request.param}_database")
    assert isinstance(found, Database)
    return found


@pytest.fixture(scope="session")
def engine(database: Database) -> Iterator[Engine]:
    """An engine of `database`. It lives as long as the database: a test drops the tables that it creates."""
    engine = database.engine()
    yield engine
    engine.dispose()


@pytest_asyncio.fixture(scope="session")
async def async_engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An asynchronous engine of `database`, with the life of `engine`."""
    engine = database.async_engine()
    yield engine
    await engine.dispose()
