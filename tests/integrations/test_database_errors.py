"""Requests that the database does not finish."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from pyrsql.adapters.fastapi import install_openapi, install_problem_details
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, Page, database_error_handler
from pyrsql.integrations.fastapi.database_errors import Fault, fault_of
from pyrsql.integrations.fastapi.sessions import in_session
from tests.asgi import get
from tests.databases import Database
from tests.sample_models import Base, User, rows


class UserOut(BaseModel):
    id: int
    name: str | None


def app_of(get_session: Any) -> FastAPI:
    app = FastAPI()
    database_error_handler(app)
    users = FastAPISQLAlchemyIntegration().resource(User, item=UserOut)

    @app.get("/users")
    async def list_users(
        page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))],
    ) -> Page[UserOut]:
        return page

    return app


def failing(error: Exception) -> FastAPI:
    app = FastAPI()
    database_error_handler(app)

    @app.get("/users")
    async def users() -> None:
        raise error

    return app


class Driver(Exception):
    """An error of a driver, with what it says beside its text."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments)
        self.__dict__.update(more)


def wrapped(original: Exception, *, invalidated: bool = False) -> DBAPIError:
    return OperationalError("SELECT secret", {"a": 1}, original, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (wrapped(Driver("x", sqlstate="57014")), "statement-timeout"),
        (wrapped(Driver("x", sqlstate=None, pgcode="57014")), "statement-timeout"),
        (wrapped(Driver(1969, "x")), "statement-timeout"),
        (wrapped(Driver(3024, "x")), "statement-timeout"),
        (wrapped(Driver("x", errno=1317)), "statement-timeout"),
        (wrapped(Driver("interrupted", sqlite_errorcode=9)), "statement-timeout"),
        (wrapped(Driver("x", sqlstate="25P04")), "statement-timeout"),
        (wrapped(Driver("x", sqlstate="53400")), "statement-timeout"),
        (wrapped(Driver(1104, "x")), "statement-timeout"),
        (wrapped(Driver("x", sqlstate="40P01")), "database-busy"),
        (wrapped(Driver("x", sqlstate="40001")), "database-busy"),
        (wrapped(Driver(1213, "x")), "database-busy"),
        (wrapped(Driver(1205, "x")), "database-busy"),
        (wrapped(Driver("locked", sqlite_errorcode=5 | 2 << 8)), "database-busy"),
        (wrapped(Driver("x", sqlstate="08006")), "database-unavailable"),
        (wrapped(Driver("x", sqlstate="57P01")), "database-unavailable"),
        (wrapped(Driver(2006, "x")), "database-unavailable"),
        (OperationalError(None, None, Driver("connection failed")), "database-unavailable"),
        (DBAPIError(None, None, Driver("x", sqlstate="28P01")), "database-unavailable"),
        (OperationalError(None, None, Driver(1049, "x")), "database-unavailable"),
        (OperationalError(None, None, Driver("open", sqlite_errorcode=14)), "database-unavailable"),
        (wrapped(Driver(2013, "x")), "database-unavailable"),
        (wrapped(Driver("closed"), invalidated=True), "database-unavailable"),
        (PoolTimeout("no connection"), "database-unavailable"),
        (wrapped(Driver("x", sqlstate="42P01")), None),
        (wrapped(Driver("x", sqlstate="23505")), None),
        (wrapped(Driver(1146, "x")), None),
        # A statement that names another database.
        (wrapped(Driver("x", sqlstate="3D000")), None),
        (wrapped(Driver(1049, "x")), None),
        (wrapped(Driver("open", sqlite_errorcode=14)), None),
        # A COMMIT.
        (IntegrityError(None, None, Driver("x", sqlstate="23505")), None),
        (OperationalError(None, None, Driver("x", sqlstate="23514")), None),
        (wrapped(Driver("no such table", sqlite_errorcode=1)), None),
        (wrapped(Driver()), None),
        (IntegrityError("INSERT", {}, Driver(1062, "x")), None),
        (IntegrityError(None, None, Driver("COMMIT")), None),
        (OperationalError(None, None, Driver("full", sqlite_errorcode=13)), None),
        (ConnectionRefusedError("another service"), None),
        (TimeoutError("another service"), None),
        (ValueError(57014), None),
    ],
)
def test_what_an_error_means(error: Exception, fault: Fault | None) -> None:
    assert fault_of(error) == fault
    app = failing(error)
    if fault is None:
        with pytest.raises(type(error)):
            get(app, "/users")
        return
    response = get(app, "/users")
    assert response.status_code == 503
    detail = response.json()["detail"]
    assert (detail["type"], detail["code"]) == ("urn:pyrsql:problem:query-backend-error", fault)
    assert ("retry-after" in response.headers) is (fault != "statement-timeout")
    for hidden in ("SELECT", "secret", "interrupted", "closed", "locked", "failed"):
        assert hidden not in response.text
    install_problem_details(app)
    response = get(app, "/users")
    assert (response.headers["content-type"], response.json()) == (
        "application/problem+json",
        {**detail, "status": 503},
    )


def test_an_interrupted_query_of_sqlite(tmp_path: Any) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/app.db", connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.commit()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = app_of(get_session)
    assert get(app, "/users").status_code == 200

    def stop(connection: sqlite3.Connection, *more: object) -> None:
        connection.set_progress_handler(lambda: 1, 1)

    engine.dispose()
    event.listen(engine, "connect", stop)
    assert get(app, "/users").json()["detail"]["code"] == "statement-timeout"
    engine.dispose()


STOPS = {
    "postgres": ("SET statement_timeout = 50", "SELECT pg_sleep(5)"),
    "mariadb": ("SET max_statement_time = 0.05", "SELECT COUNT(*) FROM seq_1_to_1000000000 AS a WHERE seq % 7 = 5"),
}
ENDS = {
    "postgres": "SELECT pg_terminate_backend(pg_backend_pid())",
    "mariadb": "KILL CONNECTION_ID()",
}


@pytest.mark.parametrize(
    ("server", "kind"),
    [("postgres", "sync"), ("postgres", "async"), ("postgres", "asyncpg"), ("mariadb", "sync"), ("mariadb", "async")],
)
def test_servers_that_stop_a_query_or_a_connection(request: pytest.FixtureRequest, server: str, kind: str) -> None:
    database: Database = request.getfixturevalue(f"{server}_database")
    faults = [_answer(database, kind, statements) for statements in (STOPS[server], (ENDS[server],))]
    assert faults == ["statement-timeout", "database-unavailable"]


@pytest.mark.parametrize("server", ["postgres", "mariadb"])
def test_a_deadlock(request: pytest.FixtureRequest, server: str) -> None:
    """Two requests wait for each other's row: the server ends one of them."""
    database: Database = request.getfixturevalue(f"{server}_database")
    engine = database.engine()
    both_hold_a_row = Barrier(2)
    app = FastAPI()
    database_error_handler(app)

    @app.get("/moved")
    def move(first: int, second: int) -> str:
        with Session(engine) as session:
            update = text("UPDATE deadlock_rows SET number = number + 1 WHERE id = :id")
            session.execute(update, {"id": first})
            both_hold_a_row.wait(10)
            session.execute(update, {"id": second})
            session.commit()
        return "moved"

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE deadlock_rows (id INTEGER PRIMARY KEY, number INTEGER)"))
        connection.execute(text("INSERT INTO deadlock_rows VALUES (1, 0), (2, 0)"))
    try:
        with ThreadPoolExecutor() as threads:
            asked = [threads.submit(get, app, f"/moved?first={one}&second={3 - one}") for one in (1, 2)]
            fine, ended = sorted((each.result() for each in asked), key=lambda answer: answer.status_code)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE deadlock_rows"))
        engine.dispose()
    assert (fine.status_code, ended.status_code) == (200, 503)
    assert ended.json()["detail"]["code"] == "database-busy"
    assert "deadlock" not in ended.text.lower()


def _answer(database: Database, kind: str, statements: tuple[str, ...]) -> str:
    app = FastAPI()
    database_error_handler(app)

    async def async_session() -> AsyncIterator[AsyncSession]:
        url = database.async_url.set(drivername="postgresql+asyncpg") if kind == "asyncpg" else database.async_url
        engine = create_async_engine(url)
        try:
            async with AsyncSession(engine) as session:
                yield session
        finally:
            await engine.dispose()

    def sync_session() -> Iterator[Session]:
        engine = database.engine()
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()

    @app.get("/async")
    async def run_async(session: Annotated[AsyncSession, Depends(async_session)]) -> None:
        for statement in statements:
            await session.execute(text(statement))

    @app.get("/sync")
    def run_sync(session: Annotated[Session, Depends(sync_session)]) -> None:
        for statement in statements:
            session.execute(text(statement))

    response = get(app, "/sync" if kind == "sync" else "/async")
    assert response.status_code == 503
    code: str = response.json()["detail"]["code"]
    return code


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "aiomysql"])
@pytest.mark.parametrize("path", ["/users", "/users/count", "/users/1"])
def test_a_database_that_is_not_there(driver: str, path: str) -> None:
    server = "mysql" if driver == "aiomysql" else "postgresql"

    async def get_session() -> AsyncIterator[AsyncSession]:
        engine = create_async_engine(f"{server}+{driver}://nobody@127.0.0.1:1/nothing")
        async with AsyncSession(engine) as session:
            yield session

    app = FastAPI()
    database_error_handler(app)
    app.include_router(FastAPISQLAlchemyIntegration().resource(User, item=UserOut).router(get_session), prefix="/users")
    response = get(app, path)
    assert (response.status_code, response.json()["detail"]["code"]) == (503, "database-unavailable")


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "aiomysql", "sqlite"])
@pytest.mark.parametrize("wrong", [{"database": "no_such_database"}, {"username": "nobody_here"}])
async def test_a_database_that_does_not_take_the_service(
    request: pytest.FixtureRequest, driver: str, wrong: dict[str, Any], tmp_path: Any
) -> None:
    """Whatever the driver tells of the reason, the answer is that of a server that is not there."""
    if driver == "sqlite":
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db")
    else:
        server = "mariadb" if driver == "aiomysql" else "postgres"
        database: Database = request.getfixturevalue(f"{server}_database")
        url = database.async_url.set(drivername=f"{'mysql' if driver == 'aiomysql' else 'postgresql'}+{driver}")
        engine = create_async_engine(url.set(**wrong))
    with pytest.raises(Exception) as raised:  # noqa: PT011  # SQLAlchemy 2.0 does not wrap what asyncpg raises
        async with AsyncSession(engine) as session:
            await session.execute(text("SELECT 1"))
    await engine.dispose()
    assert fault_of(raised.value) == "database-unavailable"


def test_an_answer_where_the_server_refuses_asyncpg(postgres_database: Database) -> None:
    app = FastAPI()
    database_error_handler(app)
    url = postgres_database.async_url.set(drivername="postgresql+asyncpg", username="nobody_here")

    @app.get("/users")
    async def users() -> None:
        async with AsyncSession(create_async_engine(url)) as session:
            await session.execute(text("SELECT 1"))

    response = get(app, "/users")
    assert (response.status_code, response.json()["detail"]["code"]) == (503, "database-unavailable")


def test_an_error_of_asyncpg_that_no_driver_of_sqlalchemy_has_raised() -> None:
    """The application uses asyncpg itself, and answers for itself."""
    asyncpg = pytest.importorskip("asyncpg")
    app = FastAPI()
    database_error_handler(app)

    @app.get("/users")
    async def users() -> None:
        raise asyncpg.InvalidPasswordError("no")

    with pytest.raises(asyncpg.InvalidPasswordError):
        get(app, "/users")


@pytest.mark.parametrize("off_loop", [False, True])
async def test_a_timeout_of_the_driver(postgres_database: Database, off_loop: bool) -> None:
    """The error has its traceback, which tells that the driver has raised it, also where a thread does the work."""
    url = postgres_database.async_url.set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, connect_args={"command_timeout": 0.05})
    with pytest.raises(TimeoutError) as raised:
        async with AsyncSession(engine) as session:
            await in_session(session, lambda inner: inner.execute(text("SELECT pg_sleep(5)")), off_loop=off_loop)
    await engine.dispose()
    assert fault_of(raised.value) == "statement-timeout"


def test_an_application_keeps_its_own_handler_of_os_errors() -> None:
    app = FastAPI()

    @app.exception_handler(OSError)
    async def own(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"own": True}, 500)

    database_error_handler(app)

    @app.get("/users")
    async def users() -> None:
        raise ConnectionRefusedError

    assert get(app, "/users").json() == {"own": True}


async def test_a_web_socket_takes_no_answer() -> None:
    app = FastAPI()
    database_error_handler(app)

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        raise wrapped(Driver("x", sqlstate="57014"))

    async def receive() -> Any: ...
    async def send(message: Any) -> None: ...

    scope = {"type": "websocket", "path": "/live", "headers": [], "query_string": b"", "scheme": "ws"}
    with pytest.raises(OperationalError):
        await app(scope, receive, send)


@pytest.mark.parametrize("problem_details", [True, False])
@pytest.mark.parametrize("handled", [True, False])
def test_the_answer_stands_in_the_document(handled: bool, problem_details: bool) -> None:
    app = FastAPI()
    install_openapi(app)
    users = FastAPISQLAlchemyIntegration().resource(User, item=UserOut)
    app.include_router(users.router(lambda: None), prefix="/users")

    @app.get("/own", responses={503: {"description": "Closed for the night."}})
    async def own(statement: Annotated[Any, Depends(users.select_dependency())]) -> None: ...

    if handled:
        database_error_handler(app)
    if problem_details:
        install_problem_details(app)
    document = get(app, "/openapi.json").json()
    # Those without a filter may have it, too, but are not ours to describe.
    answers = {path: document["paths"][path]["get"]["responses"].get("503") for path in ("/users", "/users/count")}
    if not handled:
        assert answers == {"/users": None, "/users/count": None}
        assert "DatabaseError" not in str(document)
        return
    media_type, model = (
        ("application/problem+json", "DatabaseProblemDetails")
        if problem_details
        else ("application/json", "DatabaseErrorResponse")
    )
    for answer in answers.values():
        assert answer["description"] == "The database did not finish the request."
        assert answer["content"] == {media_type: {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    assert model in document["components"]["schemas"]
    assert document["paths"]["/own"]["get"]["responses"]["503"]["description"] == "Closed for the night."
