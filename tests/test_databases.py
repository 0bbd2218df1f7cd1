"""The test databases answer, and one that cannot be had skips or fails its tests as the environment asks."""

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests import databases
from tests.databases import Database

NOTHING_LISTENS = "127.0.0.1:1"


def test_an_engine_answers(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


async def test_an_async_engine_answers(async_engine: AsyncEngine) -> None:
    async with async_engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_an_async_engine_serves_a_second_test(async_engine: AsyncEngine) -> None:
    async with async_engine.connect() as connection:
        assert await connection.scalar(text("SELECT 2")) == 2


def test_text_of_any_plane_is_kept(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT :text"), {"text": "Zoë 🙂"}) == "Zoë 🙂"


@pytest.mark.parametrize("name", ["postgres_database", "mariadb_database"])
def test_a_run_has_a_database_of_its_own(name: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(name)
    assert (database.sync_url.database or "").startswith("pyrsql_")


def test_a_missing_database_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYRSQL_REQUIRE_DATABASES", raising=False)
    monkeypatch.setenv("PYRSQL_MARIADB_URL", f"mysql://root@{NOTHING_LISTENS}/test")
    with pytest.raises(pytest.skip.Exception, match="does not answer"), databases.mariadb():
        pass


def test_a_missing_database_fails_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRSQL_REQUIRE_DATABASES", "1")
    monkeypatch.setenv("PYRSQL_MARIADB_URL", f"mysql://root@{NOTHING_LISTENS}/test")
    with pytest.raises(pytest.fail.Exception, match="PYRSQL_REQUIRE_DATABASES is set"), databases.mariadb():
        pass


def test_the_reason_holds_no_password() -> None:
    reason = databases.unreachable(make_url(f"mysql+pymysql://root:secret@{NOTHING_LISTENS}/test"))
    assert reason is not None
    assert "secret" not in reason


def test_a_postgres_is_started_where_none_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRSQL_POSTGRES_URL", f"postgresql://postgres@{NOTHING_LISTENS}/postgres")
    with databases.postgres() as database:
        engine = database.engine()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()
