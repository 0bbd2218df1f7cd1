"""The example service over a database that is loaded once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from examples.flights.app import app
from examples.flights.load import database_path, prepare_database


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The loaded database, where the service finds it."""
    path = tmp_path_factory.mktemp("flights") / "flights.db"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FLIGHTS_DATABASE", str(path))
        prepare_database(database_path())
        yield path


@pytest_asyncio.fixture(scope="session")
async def client(database: Path) -> AsyncIterator[AsyncClient]:
    """A client of the service."""
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://flights") as client,
    ):
        yield client
