"""`on_request`: each request is reported once, without values; a hook that fails breaks nothing."""

import logging
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import Select, create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from pyrsql import ConfigurationError
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, RequestCriteria, RequestReport, in_body
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, Page
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.asgi import client_of, get, request
from tests.sample_models import Base, User, rows

SECRET = "hunter2"
LONG = "name==" + "x" * 600


class UserOut(BaseModel):
    id: int
    name: str | None
    age: int | None


@pytest.fixture
def reports() -> list[RequestReport]:
    return []


@pytest.fixture
def app(reports: list[RequestReport]) -> Iterator[FastAPI]:
    """An application with one route for each kind of dependency."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.commit()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(on_request=reports.append))
    users = integration.resource(User, item=UserOut, default_sort="-age")
    app = FastAPI()

    @app.get("/select")
    def select_users(found: Annotated[Select[Any], Depends(users.select_dependency())]) -> None: ...

    @app.get("/page")
    def page(found: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))]) -> None: ...

    @app.get("/cursor")
    def cursor(
        found: Annotated[CursorPage[UserOut], Depends(users.cursor_page_dependency(UserOut, get_session))],
    ) -> None: ...

    @app.get("/stream")
    def stream(found: Annotated[Any, Depends(users.stream_dependency(UserOut, get_session))]) -> None: ...

    @app.post("/body")
    def body(found: Annotated[Select[Any], Depends(in_body(users.select_dependency()))]) -> None: ...

    @app.get("/criteria")
    def criteria(found: Annotated[RequestCriteria, Depends(users.criteria_dependency())]) -> None:
        users.select(found)

    @app.get("/own")
    def own(found: Annotated[RequestCriteria, Depends(users.criteria_dependency())]) -> None:
        found.apply(users.base_select(), User, orm=SQLAlchemyORM())

    yield app
    engine.dispose()


ROUTES = ["/select", "/page", "/cursor", "/stream", "/criteria", "/own"]


@pytest.mark.parametrize("route", ROUTES)
def test_an_accepted_request_is_reported_once(app: FastAPI, reports: list[RequestReport], route: str) -> None:
    answer = get(app, route, params={"filter": f"name=={SECRET};age>18", "sort": "name"})
    assert answer.status_code == 200, answer.text
    (report,) = reports
    assert (report.model, report.filter, report.problems) == ("User", "name==?;age=gt=?", ())
    assert report.comparisons == (("name", "equal"), ("age", "greater"))
    assert report.sort[0] == "name"
    assert 0 < report.seconds < 60
    assert SECRET not in repr(report)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("filter", "code"),
    [(f"{SECRET}==1", "unknown-field"), (f"age=={SECRET}", "wrong-value"), (f"name={SECRET}", "syntax-error")],
)
def test_a_refused_request_is_reported_by_its_codes(
    app: FastAPI, reports: list[RequestReport], route: str, filter: str, code: str
) -> None:
    assert get(app, route, params={"filter": filter, "sort": f"{SECRET}"}).status_code in (400, 422)
    (report,) = reports
    assert code in report.problems
    assert (report.filter, report.comparisons, report.sort) == (None, (), ())
    assert SECRET not in repr(report)


def test_the_model_of_a_request_that_cannot_be_read_is_unknown_to_criteria(
    app: FastAPI, reports: list[RequestReport]
) -> None:
    get(app, "/criteria", params={"filter": "name="})
    get(app, "/select", params={"filter": "name="})
    assert [report.model for report in reports] == [None, "User"]


def test_page_and_default_sort(app: FastAPI, reports: list[RequestReport]) -> None:
    get(app, "/page", params={"page": "2", "size": "5"})
    get(app, "/cursor", params={"size": "5"})
    get(app, "/select")
    get(app, "/page", params={"page": "-1", "size": "x"})
    assert [(report.offset, report.size) for report in reports] == [(10, 5), (None, 5), (None, None), (None, None)]
    assert [report.sort[:1] for report in reports] == [("-age",), ("-age",), ("-age",), ()]
    assert reports[-1].problems == ("page-error", "page-error")


def test_a_body_is_reported_as_a_query(app: FastAPI, reports: list[RequestReport]) -> None:
    request(app, "POST", "/body", json={"filter": f"name=={SECRET}"})
    assert [report.filter for report in reports] == ["name==?"]


@pytest.mark.parametrize("text", ["name==x", LONG], ids=["short", "long"])
async def test_the_hook_sees_the_context_of_its_request(text: str) -> None:
    """A long filter is validated in a thread: the hook finds the request's span there all the same."""
    span: ContextVar[str] = ContextVar("span", default="none")
    seen: list[str] = []
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    config = FastAPICriteriaConfig(on_request=lambda report: seen.append(f"{span.get()} {report.filter}"))
    users = FastAPISQLAlchemyIntegration(criteria_config=config).resource(User, item=UserOut)

    async def get_session() -> Any:
        async with AsyncSession(engine) as session:
            yield session

    async def begin_span() -> None:
        span.set("request")

    app = FastAPI(dependencies=[Depends(begin_span)])

    @app.get("/users")
    async def list_users(
        page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))],
    ) -> Page[UserOut]:
        return page

    async with client_of(app) as client:
        assert (await client.get("/users", params={"filter": text})).status_code == 200
    assert seen == ["request name==?"]
    await engine.dispose()


def test_a_hook_that_fails_is_logged_and_breaks_no_request(caplog: pytest.LogCaptureFixture) -> None:
    def fail(report: RequestReport) -> None:
        raise RuntimeError("the collector is down")

    config = FastAPICriteriaConfig(on_request=fail)
    found = FastAPISQLAlchemyIntegration(criteria_config=config).select_dependency(User)
    app = FastAPI()

    @app.get("/users")
    def list_users(statement: Annotated[Select[Any], Depends(found)]) -> str:
        return "fine"

    with caplog.at_level(logging.ERROR, "pyrsql"):
        assert get(app, "/users", params={"filter": "age>18"}).json() == "fine"
        assert get(app, "/users", params={"filter": "nothing==1"}).status_code == 422
    assert [record.message for record in caplog.records] == ["on_request failed; the request goes on"] * 2
    assert "the collector is down" in caplog.text


async def on_request_async(report: RequestReport) -> None: ...


class Awaited:
    async def __call__(self, report: RequestReport) -> None: ...


@pytest.mark.parametrize("hook", [on_request_async, Awaited(), "print"])
def test_a_hook_is_a_plain_function(hook: Any) -> None:
    with pytest.raises(ConfigurationError, match="on_request is called and not awaited"):
        FastAPICriteriaConfig(on_request=hook)
