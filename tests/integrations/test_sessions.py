"""Work in a session: a long request in an async session holds the event loop for no longer than a short one."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, scoped_session, sessionmaker
from starlette.responses import StreamingResponse

from pyrsql import ALL_FIELDS, ConfigurationError
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, Page, by_role
from pyrsql.integrations.fastapi.sessions import in_session
from tests.asgi import client_of
from tests.integrations.sessions import filled
from tests.sample_models import Base, User, rows

users = FastAPISQLAlchemyIntegration().resource(User, filterable_fields=ALL_FIELDS)
asked: ContextVar[str] = ContextVar("asked", default="nothing")


class UserOut(BaseModel):
    id: int
    name: str | None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return filled(tmp_path, Base.metadata, rows())


def app_of(file: Path, seen: set[tuple[bool, str]]) -> FastAPI:
    """An application over an async session, which notes whether its statements run on the event loop."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:

            @event.listens_for(session.sync_session, "do_orm_execute")
            def note(_: ORMExecuteState) -> None:
                seen.add((threading.current_thread() is threading.main_thread(), asked.get()))

            yield session
        await engine.dispose()

    async def remembered() -> None:
        asked.set("a question")

    app = FastAPI(dependencies=[Depends(remembered)])

    @app.get("/page")
    async def page(
        page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))],
    ) -> Page[UserOut]:
        return page

    @app.get("/feed")
    async def feed(
        page: Annotated[CursorPage[UserOut], Depends(users.cursor_page_dependency(UserOut, get_session))],
    ) -> CursorPage[UserOut]:
        return page

    @app.get("/stream", response_class=StreamingResponse)
    async def stream(
        rows: Annotated[StreamingResponse, Depends(users.stream_dependency(UserOut, get_session))],
    ) -> StreamingResponse:
        return rows

    app.include_router(users.router(get_session, item=UserOut), prefix="/users")
    return app


LONG = ",".join(["id>0"] * 200)
PATHS = ["/page", "/feed", "/users", "/users/count", "/stream"]


@pytest.mark.parametrize(
    ("asked_for", "on_the_loop"),
    [({"filter": "id>0"}, True), ({"filter": LONG}, False)],
)
@pytest.mark.parametrize("path", PATHS)
async def test_long_requests_run_in_a_thread(
    file: Path, path: str, asked_for: dict[str, str], on_the_loop: bool
) -> None:
    seen: set[tuple[bool, str]] = set()
    async with client_of(app_of(file, seen)) as client:
        plain = await client.get(path)
        seen.clear()
        answer = await client.get(path, params=asked_for)
    assert answer.status_code == 200
    # The number of rows of a stream is unknown: it is read in a thread.
    assert {place for place, _ in seen} == {on_the_loop} if path != "/stream" else False in {place for place, _ in seen}
    assert {variable for _, variable in seen} == {"a question"}
    if path != "/feed":
        assert answer.text == plain.text


class CompanyOut(BaseModel):
    name: str


class NestedOut(UserOut):
    age: int | None
    company: CompanyOut | None


class RoleOut(BaseModel):
    code: str


class ListOut(UserOut):
    roles: list[RoleOut]


@pytest.mark.parametrize(
    ("item", "path", "on_the_loop"),
    [
        (UserOut, "?size=500", True),
        (NestedOut, "?size=490", True),
        (NestedOut, "?size=500", False),
        (NestedOut, "/1", True),
        # A list of related rows has any number of them.
        (ListOut, "?size=1", False),
        (ListOut, "/1", False),
    ],
)
@pytest.mark.parametrize("by_roles", [True, False])
async def test_the_values_of_rows_are_work(
    file: Path, item: type[BaseModel], path: str, on_the_loop: bool, by_roles: bool
) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    threads: set[threading.Thread] = set()

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            event.listen(session.sync_session, "do_orm_execute", lambda _: threads.add(threading.current_thread()))
            yield session

    app = FastAPI()
    own: Any = FastAPISQLAlchemyIntegration().resource(User, item=item, max_page_size=1_000)
    listed = by_role(lambda: "any", {"any": own}, documented="any") if by_roles else own
    app.include_router(listed.router(get_session), prefix="/users")
    async with client_of(app) as client:
        answer = await client.get(f"/users{path}")
    await engine.dispose()
    assert answer.status_code == 200
    assert (threading.main_thread() in threads) is on_the_loop
    assert len(threads) == 1


@pytest.mark.parametrize("off_loop", [False, True])
class TestEitherPlace:
    """What holds for work on the loop holds for work in a thread."""

    async def run(self, file: Path, off_loop: bool, work: Callable[[Session], Any]) -> Any:
        engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
        try:
            async with AsyncSession(engine) as session:
                return await in_session(session, work, off_loop=off_loop)
        finally:
            await engine.dispose()

    async def test_rows(self, file: Path, off_loop: bool) -> None:
        def names(session: Session) -> list[str | None]:
            return [user.name for user in session.scalars(select(User).order_by(User.id))]

        assert await self.run(file, off_loop, names) == [user.name for user in rows() if isinstance(user, User)]

    async def test_work_without_statements(self, file: Path, off_loop: bool) -> None:
        assert await self.run(file, off_loop, lambda _: 7) == 7

    async def test_errors_of_the_work(self, file: Path, off_loop: bool) -> None:
        def fail(session: Session) -> None:
            session.scalars(select(User)).all()
            raise LookupError("before and after")

        with pytest.raises(LookupError, match="before and after"):
            await self.run(file, off_loop, fail)

    async def test_errors_of_the_database(self, file: Path, off_loop: bool) -> None:
        def fail_and_go_on(session: Session) -> int:
            with pytest.raises(DBAPIError):
                session.execute(text("nonsense"))
            return len(session.scalars(select(User)).all())

        assert await self.run(file, off_loop, fail_and_go_on) > 1
        with pytest.raises(DBAPIError):
            await self.run(file, off_loop, lambda session: session.execute(text("nonsense")))

    async def test_a_request_that_is_cancelled(self, file: Path, off_loop: bool) -> None:
        seen: list[type[BaseException]] = []

        def wait(session: Session) -> None:
            endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
            try:
                session.execute(text(f"{endless} SELECT count(*) FROM n"))
            except BaseException as error:
                seen.append(type(error))
                raise

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.run(file, off_loop, wait), 0.05)
        assert seen == [asyncio.CancelledError]


async def test_a_registry_gives_the_session_of_the_request(file: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    asynchronous = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)
    plain = create_engine(f"sqlite:///{file}")
    synchronous = scoped_session(sessionmaker(plain))
    try:
        registries: list[tuple[Any, Session]] = [
            (asynchronous, asynchronous().sync_session),
            (synchronous, synchronous()),
        ]
        for registry, own in registries:
            for off_loop in (False, True):
                assert await in_session(registry, lambda session: session, off_loop=off_loop) is own
    finally:
        await asynchronous.remove()
        synchronous.remove()
        plain.dispose()
        await engine.dispose()


engine_of_nothing = create_engine("sqlite://")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (engine_of_nothing, "is no dependency of FastAPI: give a function that yields a Session"),
        (Session(engine_of_nothing), "is no dependency of FastAPI"),
        (None, "is no dependency of FastAPI"),
        (Depends(lambda: None), "give the function that stands in Depends"),
        (sessionmaker(engine_of_nothing), r"takes \*\*local_kw.*FastAPI would read from the query"),
        (scoped_session(sessionmaker(engine_of_nothing)), r"takes \*\*kw"),
        (async_sessionmaker(), r"takes \*\*local_kw"),
        (lambda *args: None, r"takes \*args"),
    ],
)
def test_what_gives_no_session_is_refused_when_the_dependency_is_made(given: Any, message: str) -> None:
    for make in (users.page_dependency, users.cursor_page_dependency, users.stream_dependency):
        with pytest.raises(ConfigurationError, match=message):
            make(UserOut, given)
    with pytest.raises(ConfigurationError, match=message):
        users.router(given, item=UserOut)
    with pytest.raises(ConfigurationError, match=message):
        by_role(lambda: "any", {"any": users}, documented="any").page_dependency(UserOut, given)


@pytest.mark.parametrize("given", [sessionmaker(engine_of_nothing).begin, lambda: engine_of_nothing, lambda: None])
async def test_a_request_whose_session_is_none_names_the_dependency(given: Any) -> None:
    app = FastAPI()

    @app.get("/users")
    async def page(found: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, given))]) -> None: ...

    async with client_of(app) as client:
        with pytest.raises(ConfigurationError, match="as the session of a request: give a function that yields"):
            await client.get("/users")
