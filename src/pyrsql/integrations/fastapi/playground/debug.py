"""The statements of a list for its developer: SQL, parameters, plans, and fields without an index.

The list itself is asked, by a request inside the process that has the query, headers and cookies of the client. So
every dependency and every right of the list counts, and a client that gets no rows from it gets no statement either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from fastapi import HTTPException, Request
from sqlalchemy import Connection, event, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pyrsql.integrations.fastapi.index_report import report_of
from pyrsql.integrations.fastapi.playground.lists import ListingDependency
from pyrsql.integrations.fastapi.watch import WATCHER
from pyrsql.orms.sqlalchemy.explain import plan_of_sent

ResultT = TypeVar("ResultT")

MOST_STATEMENTS = 20
LONGEST_VALUE = 200
"""The most characters of a parameter that are shown."""

_OF_ROUTING = frozenset({"app", "router", "route", "endpoint", "path_params"})
"""The keys of a scope that belong to the route of a request."""


class _Sent(NamedTuple):
    """A select as the driver got it."""

    sql: str
    parameters: Any


async def statements_of(request: Request, path: str, dependency: ListingDependency) -> dict[str, Any]:
    """Ask a list for a page, and show the statements that it ran.

    Args:
        request: the request for the statements; its query is that of the list.
        path: the path of the list in the application.
        dependency: reads the requests of the list.

    Raises:
        HTTPException: the list refused the request, with its status.
    """
    seen: list[dict[str, Any]] = []
    dialects: list[str] = []
    watcher = partial(_watch, dependency.endpoint.model, seen, dialects)
    status = await _ask(request, path, watcher)
    if status >= 300:
        raise HTTPException(status)
    missing = report_of(dependency.endpoint.schema, dialects[0]) if dialects else ()
    return {
        "statements": seen,
        "indexes": [f"{one.field} ({one.use}): {one.line}" for one in missing],
    }


async def _ask(request: Request, path: str, watcher: Callable[..., Any]) -> int:
    """The status of the answer of the application to a GET of a path."""
    root = request.scope.get("root_path", "")
    scope = {name: value for name, value in request.scope.items() if not _is_of_routing(name)}
    scope["state"] = dict(scope.get("state", {}))
    full = f"{root}{path}"
    scope |= {"method": "GET", "path": full, "raw_path": quote(full).encode(), WATCHER: watcher}
    statuses: list[int] = []
    received = False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal received
        if received:
            await asyncio.Event().wait()  # the client stays until it has its answer
        received = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await request.app(scope, receive, send)
    except Exception:
        # The application has logged it, and answered.
        if not statuses:
            raise
    return statuses[0]


def _is_of_routing(name: str) -> bool:
    return name in _OF_ROUTING or name.startswith("fastapi")


def _watch(
    model: type,
    seen: list[dict[str, Any]],
    dialects: list[str],
    work: Callable[..., ResultT],
    session: Session,
) -> ResultT:
    """Do work in a session, and keep its selects with their plans."""
    connection = session.connection(bind_arguments={"mapper": inspect(model)})
    with _recorded(connection) as sent:
        result = work(session)
    dialects.append(connection.dialect.name)
    seen += ({"sql": one.sql, "parameters": _shown(one.parameters), "plan": _plan(connection, one)} for one in sent)
    return result


@contextmanager
def _recorded(connection: Connection) -> Generator[list[_Sent]]:
    """The selects that a connection sends."""
    sent: list[_Sent] = []

    def record(_: Any, __: Any, sql: str, parameters: Any, ___: Any, many: bool) -> None:
        if not many and sql.lstrip().upper().startswith(("SELECT", "WITH")) and len(sent) < MOST_STATEMENTS:
            sent.append(_Sent(sql, parameters))

    event.listen(connection, "before_cursor_execute", record)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", record)


def _plan(connection: Connection, sent: _Sent) -> list[str]:
    try:
        return plan_of_sent(connection, *sent)
    except SQLAlchemyError:
        return ["The database gave no plan."]


def _shown(parameters: Mapping[str, object] | Sequence[object] | None) -> list[str]:
    named = parameters if isinstance(parameters, Mapping) else dict(enumerate(parameters or (), 1))
    return [f"{name} = {_short(repr(value))}" for name, value in named.items()]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
