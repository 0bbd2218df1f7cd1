"""What the FastAPI applications of all contenders share: sessions, the shape of an answer, how to send a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, Select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from benchmarks.contract import Cannot, Job
from benchmarks.model import Base, database, entities
from benchmarks.workloads import SIZE, SORT, Case, Workload


class UserOut(BaseModel):
    """A user, as answers hold it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    age: int
    city: str
    email: str
    score: int


# --- databases and sessions ---


@cache
def loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process."""
    made = asyncio.new_event_loop()
    made.run_until_complete(_fill_async())
    return made


@cache
def _sync_engine() -> Engine:
    return database()


@cache
def _async_engine() -> AsyncEngine:
    return create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)


async def _fill_async() -> None:
    async with _async_engine().begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(_async_engine()) as session:
        session.add_all(entities())
        await session.commit()


def sync_session() -> Iterator[Session]:
    """A session, as FastAPI's documentation writes it."""
    with Session(_sync_engine()) as session:
        yield session


async def async_session() -> AsyncIterator[AsyncSession]:
    """The same for async routes."""
    async with AsyncSession(_async_engine(), expire_on_commit=False) as session:
        yield session


# --- applications whose dependency gives the statement ---


def statement_application(statement: Any) -> FastAPI:
    """The four routes around a dependency that gives a `Select`."""
    app = FastAPI()

    @app.get("/request-async")
    async def request_async(found: Select[Any] = Depends(statement)) -> Response:
        return Response(status_code=204)

    @app.get("/request-sync")
    def request_sync(found: Select[Any] = Depends(statement)) -> Response:
        return Response(status_code=204)

    @app.get("/rows-async", response_model=list[UserOut])
    async def rows_async(
        session: Annotated[AsyncSession, Depends(async_session)], found: Select[Any] = Depends(statement)
    ) -> Any:
        return (await session.scalars(found)).all()

    @app.get("/rows-sync", response_model=list[UserOut])
    def rows_sync(session: Annotated[Session, Depends(sync_session)], found: Select[Any] = Depends(statement)) -> Any:
        return session.scalars(found).all()

    return app


def rsql_query(workload: Workload, case: Case) -> str:
    """The query of a URL for a case, in RSQL."""
    paged = {"sort": SORT, "page": 0, "size": SIZE} if workload.paged else {}
    return urlencode({"filter": case.text, **paged})


# --- requests ---


def request_job(route: str, workload: Workload, contender: Any) -> Job:
    """Send a request to a route, through the whole application."""
    app = contender.application(workload)

    async def call(item: Any) -> None:
        await app(item, receive, _sent)

    def item(case: Case) -> dict[str, Any]:
        return request_scope(route, contender.query(workload, case))

    return Job(item, call, awaited=True)


def request_ids(workload: Workload, contender: Any, cases: list[Case]) -> list[list[int]]:
    """The ids in the answers of both routes with rows, which must agree."""
    app = contender.application(workload)
    found: list[list[int]] = []
    for case in cases:
        answers = [_ids(app, route, contender.query(workload, case)) for route in ("rows-async", "rows-sync")]
        if answers[0] != answers[1]:
            raise Cannot("the async and the sync route give different rows")
        found.append(answers[0])
    return found


def _ids(app: FastAPI, route: str, query: str) -> list[int]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    loop().run_until_complete(app(request_scope(route, query), receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] != 200:
        raise Cannot(f"answers {sent[0]['status']} {body.decode()}")
    return [user["id"] for user in json.loads(body)]


def request_scope(route: str, query: str) -> dict[str, Any]:
    """A GET request, as a server hands it to an application."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/{route}",
        "raw_path": f"/{route}".encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"accept", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


async def receive() -> dict[str, Any]:
    """The empty body of a request."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def _sent(message: dict[str, Any]) -> None:
    if message["type"] == "http.response.start" and message["status"] >= 300:
        raise ValueError(f"the answer has status {message['status']}")
