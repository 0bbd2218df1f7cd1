"""The page of documentation on async flows: each of its examples as it stands there, and the sync twin of each."""

import inspect
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import indent
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.asgi import client_of
from tests.sample_models import Base, User, rows

PAGE_ASYNC_SESSION = """\
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

engine = create_async_engine(
    "sqlite+aiosqlite:///./app.db",
)
SessionFactory = async_sessionmaker(
    engine,
    expire_on_commit=False,
)

async def get_async_session():
    async with SessionFactory() as session:
        yield session
"""

PAGE_ASYNC_ROUTE = """\
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration

app = FastAPI()
integration = FastAPISQLAlchemyIntegration()

@app.get("/users")
async def list_users(
    stmt: Annotated[Any, Depends(integration.select_dependency(User))],
    session: Annotated[AsyncSession, Depends(get_async_session)],
):
    result = await session.scalars(stmt)
    return result.all()
"""

PAGE_COUNT_AND_PAGINATION = """\
@app.get("/users/count")
async def count_users(
    stmt: Annotated[Any, Depends(integration.count_select_dependency(User))],
    session: Annotated[AsyncSession, Depends(get_async_session)],
):
    return {"count": await session.scalar(stmt)}

@app.get("/users/paginated")
async def paginated_users(
    bundle: Annotated[
        Any,
        Depends(integration.paginated_select_dependency(User)),
    ],
    session: Annotated[AsyncSession, Depends(get_async_session)],
):
    items = (await session.scalars(bundle.statement)).all()
    total = await session.scalar(bundle.count_statement)
    return {"items": items, "total": total}
"""

PAGE_WITHOUT_FASTAPI = """\
from sqlalchemy import select

import pyrsql

query = pyrsql.parse("name==demo")
stmt = query.apply(select(User), User, orm=sqlalchemy_orm)

async with SessionFactory() as session:
    result = await session.scalars(stmt)
    users = result.all()
"""

SYNC_SESSION = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(
    "sqlite:///./app.db",
)
SessionFactory = sessionmaker(
    engine,
    expire_on_commit=False,
)

def get_session():
    with SessionFactory() as session:
        yield session
"""

SYNC_ROUTE = """\
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration

app = FastAPI()
integration = FastAPISQLAlchemyIntegration()

@app.get("/users")
def list_users(
    stmt: Annotated[Any, Depends(integration.select_dependency(User))],
    session: Annotated[Session, Depends(get_session)],
):
    result = session.scalars(stmt)
    return result.all()
"""

SYNC_COUNT_AND_PAGINATION = """\
@app.get("/users/count")
def count_users(
    stmt: Annotated[Any, Depends(integration.count_select_dependency(User))],
    session: Annotated[Session, Depends(get_session)],
):
    return {"count": session.scalar(stmt)}

@app.get("/users/paginated")
def paginated_users(
    bundle: Annotated[
        Any,
        Depends(integration.paginated_select_dependency(User)),
    ],
    session: Annotated[Session, Depends(get_session)],
):
    items = session.scalars(bundle.statement).all()
    total = session.scalar(bundle.count_statement)
    return {"items": items, "total": total}
"""

SYNC_WITHOUT_FASTAPI = """\
from sqlalchemy import select

import pyrsql

query = pyrsql.parse("name==demo")
stmt = query.apply(select(User), User, orm=sqlalchemy_orm)

with SessionFactory() as session:
    result = session.scalars(stmt)
    users = result.all()
"""

# The page names three levels; the first, the adapter alone, has no example on it.
ADAPTER_ROUTE = """\
from typing import Annotated

from fastapi import Depends, FastAPI

from pyrsql.adapters.fastapi import RequestCriteria, criteria_dependency

app = FastAPI()

@app.get("/criteria")
{definition} read_criteria(criteria: Annotated[RequestCriteria, Depends(criteria_dependency())]):
    return {{"filter": criteria.query.text, "sort": criteria.sort.text, "is_empty": criteria.is_empty}}
"""

FLOWS = {
    "async": (PAGE_ASYNC_SESSION, PAGE_ASYNC_ROUTE, PAGE_COUNT_AND_PAGINATION),
    "sync": (SYNC_SESSION, SYNC_ROUTE, SYNC_COUNT_AND_PAGINATION),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the database of the page, `./app.db`, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    engine = create_engine("sqlite:///./app.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.commit()
    engine.dispose()
    return tmp_path


def run(*blocks: str) -> dict[str, Any]:
    """Run blocks of the page in one namespace, with the model and the backend that the page takes for granted."""
    namespace: dict[str, Any] = {"User": User, "sqlalchemy_orm": SQLAlchemyORM()}
    for block in blocks:
        exec(compile(block, "async-flows", "exec", dont_inherit=True), namespace)
    return namespace


async def dispose(namespace: dict[str, Any]) -> None:
    disposed = namespace["engine"].dispose()
    if inspect.isawaitable(disposed):
        await disposed


@pytest_asyncio.fixture(params=list(FLOWS))
async def client(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service that the page builds, and of its sync twin."""
    namespace = run(*FLOWS[request.param])
    async with client_of(namespace["app"]) as client:
        yield client
    await dispose(namespace)


# --- the adapter, on async def and def routes ---


@pytest.mark.parametrize("definition", ["async def", "def"])
async def test_the_adapter_reads_criteria(definition: str) -> None:
    async with client_of(run(ADAPTER_ROUTE.format(definition=definition))["app"]) as client:
        read = await client.get("/criteria", params={"filter": "name==demo", "sort": "-name"})
        assert read.json() == {"filter": "name==demo", "sort": "-name", "is_empty": False}
        empty = await client.get("/criteria")
        assert empty.json() == {"filter": None, "sort": None, "is_empty": True}
        refused = await client.get("/criteria", params={"filter": "name=", "page": "-1", "size": "5"})
        assert refused.status_code == 400
        assert [error["parameter"] for error in refused.json()["detail"]["errors"]] == ["filter", "page"]


# --- the pipeline, with sessions ---


async def test_a_query_runs_in_an_async_session(folder: Path) -> None:
    # `async with` needs a function around it; the block itself stays as it is.
    block = f"async def direct():\n{indent(PAGE_WITHOUT_FASTAPI, '    ')}    return users\n"
    namespace = run(PAGE_ASYNC_SESSION, block)
    users = await namespace["direct"]()
    assert [user.id for user in users] == [1]
    await dispose(namespace)


async def test_a_query_runs_in_a_session(folder: Path) -> None:
    namespace = run(SYNC_SESSION, SYNC_WITHOUT_FASTAPI)
    assert [user.id for user in namespace["users"]] == [1]
    await dispose(namespace)


# --- end to end ---


async def test_users_are_listed(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/users")).json()) == 12
    parameters = {"filter": "age=in=(17,30)", "sort": "-age;name", "page": "0", "size": "3"}
    users = (await client.get("/users", params=parameters)).json()
    assert [(user["age"], user["name"]) for user in users] == [(30, "Demo"), (30, "demo"), (17, "a_b")]


async def test_users_are_counted(client: httpx.AsyncClient) -> None:
    assert (await client.get("/users/count")).json() == {"count": 12}
    parameters = {"filter": "age=in=(17,30)", "sort": "name", "page": "1", "size": "3"}
    assert (await client.get("/users/count", params=parameters)).json() == {"count": 4}


async def test_users_are_paginated(client: httpx.AsyncClient) -> None:
    parameters = {"filter": "age=in=(17,30)", "sort": "id", "page": "1", "size": "3"}
    page = (await client.get("/users/paginated", params=parameters)).json()
    assert [user["id"] for user in page["items"]] == [8]
    assert page["total"] == 4


@pytest.mark.parametrize("path", ["/users", "/users/count", "/users/paginated"])
async def test_what_cannot_be_read_is_a_structured_400(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path, params={"filter": "name=", "page": "-1", "size": "5"})
    assert response.status_code == 400
    detail = response.json()["detail"]
    assert detail["type"] == "urn:pyrsql:problem:query-parse-error"
    assert [error["parameter"] for error in detail["errors"]] == ["filter", "page"]


@pytest.mark.parametrize("path", ["/users", "/users/count", "/users/paginated"])
async def test_what_cannot_be_had_is_a_structured_422(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path, params={"filter": "nme==demo", "sort": "roles"})
    assert response.status_code == 422
    detail = response.json()["detail"]
    assert detail["type"] == "urn:pyrsql:problem:query-semantic-error"
    assert [error["parameter"] for error in detail["errors"]] == ["filter", "sort"]
