"""Answers for requests that the database does not finish: stopped queries, deadlocks, lost connections."""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from traceback import walk_tb
from typing import Literal, NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pyrsql.adapters.fastapi.openapi import PROBLEM_JSON, DocumentedHandler
from pyrsql.adapters.fastapi.responses import CriteriaError
from pyrsql.orms.sqlalchemy.driver_errors import error_number, sqlstate

_logger = logging.getLogger("pyrsql")

Fault = Literal["statement-timeout", "database-busy", "database-unavailable"]


class _Wording(NamedTuple):
    title: str
    detail: str
    retry: bool


ProblemType = Literal["urn:pyrsql:problem:query-backend-error"]

_TYPE: ProblemType = "urn:pyrsql:problem:query-backend-error"


class DatabaseErrorDetail(BaseModel):
    """Why the database did not finish a request."""

    type: ProblemType = Field(description="The kind of the failure.")
    title: str = Field(description="The failure in short, for people.")
    code: Fault = Field(description="The failure, as a name that never changes.")
    detail: str = Field(description="The failure in words, for people.")


class DatabaseErrorResponse(BaseModel):
    """The body of an answer with status 503."""

    detail: DatabaseErrorDetail


class DatabaseProblemDetails(DatabaseErrorDetail):
    """The same as `application/problem+json` (RFC 9457)."""

    status: int = Field(description="The status of the answer.", examples=[503])


_WORDINGS: dict[Fault, _Wording] = {
    "statement-timeout": _Wording(
        "The query was stopped",
        "The query takes more time or memory than this service allows. Narrow the filter, or use fewer related fields.",
        retry=False,
    ),
    "database-busy": _Wording(
        "The database is busy", "Another request holds the same rows. Send the request again.", retry=True
    ),
    "database-unavailable": _Wording(
        "The database cannot be reached",
        "The database cannot be reached now. Send the request again later.",
        retry=True,
    ),
}

_SQLSTATES: dict[str, Fault] = {
    "25P04": "statement-timeout",
    "53400": "statement-timeout",
    "57014": "statement-timeout",
    "40001": "database-busy",
    "40P01": "database-busy",
    "55P03": "database-busy",
    "53300": "database-unavailable",
    "57P01": "database-unavailable",
    "57P02": "database-unavailable",
    "57P03": "database-unavailable",
    "57P05": "database-unavailable",
}
"""SQLSTATE of PostgreSQL -> its meaning; class 08 is a lost connection too."""

_MYSQL_NUMBERS: dict[int, Fault] = {
    1104: "statement-timeout",
    1317: "statement-timeout",
    1969: "statement-timeout",
    3024: "statement-timeout",
    1205: "database-busy",
    1213: "database-busy",
    1020: "database-busy",
    3572: "database-busy",
    1040: "database-unavailable",
    1053: "database-unavailable",
    1203: "database-unavailable",
    1226: "database-unavailable",
    1927: "database-unavailable",
    2002: "database-unavailable",
    2003: "database-unavailable",
    2006: "database-unavailable",
    2013: "database-unavailable",
    2055: "database-unavailable",
    4031: "database-unavailable",
}
"""Error numbers of MySQL and MariaDB, and of their clients."""

_SQLITE_CODES: dict[int, Fault] = {
    5: "database-busy",
    6: "database-busy",
    9: "statement-timeout",
}
"""Primary result codes of SQLite: BUSY, LOCKED, INTERRUPT."""

_WHEN_CONNECTING: frozenset[str | int] = frozenset({"28000", "28P01", "3D000", 1044, 1045, 1049, 1129, 1130, 1698})
"""Codes of a login or a database that the server does not take. A statement that has them is the service's mistake."""

_CANNOT_OPEN = 14
"""The primary result code of SQLite for a file that it cannot open."""

_DRIVERS = ("sqlalchemy.dialects.", "sqlalchemy.connectors.")
"""The modules of SQLAlchemy that call drivers."""


def database_error_handler(app: FastAPI) -> None:
    """Answer requests that the database does not finish with a 503 problem instead of a 500.

    - A statement timeout (SQLSTATE 57014, error 1969 or 3024, SQLite's interrupt), or another limit of the database on
      the work of a query: `statement-timeout`.
    - A deadlock or a lock that is not granted in time: `database-busy`.
    - A lost or refused connection, or no free one in the pool: `database-unavailable`. This includes a wrong password
      or name of the database: psycopg tells neither from a server that is not there.

    Every other error of the database stays an error of the service. The answer holds nothing of what the driver says;
    the error is logged as a warning of the logger `pyrsql`. `install_openapi` adds it to the document.

    SQLAlchemy does not wrap what asyncpg raises when it cannot connect: an `OSError`, and with SQLAlchemy 2.0 an
    `asyncpg.PostgresError`. Those that come from a driver are answered too, unless the application has a handler for
    them. Web sockets get no answer.

    Args:
        app: the application; mounted applications have handlers of their own.
    """
    handler = DocumentedHandler(
        _answer, 503, "The database did not finish the request.", DatabaseErrorResponse, DatabaseProblemDetails
    )
    app.add_exception_handler(DBAPIError, handler)
    app.add_exception_handler(PoolTimeout, handler)
    for unwrapped in (OSError, *_errors_of_asyncpg()):
        app.exception_handlers.setdefault(unwrapped, handler)


def _errors_of_asyncpg() -> tuple[type[Exception], ...]:
    """The errors that a server of PostgreSQL sends, where asyncpg is installed."""
    return (import_module("asyncpg").PostgresError,) if find_spec("asyncpg") else ()


async def _answer(request: Request, error: Exception) -> JSONResponse:
    fault = fault_of(error)
    # Starlette hands over the errors of a web socket, too, which takes no response.
    if fault is None or request.scope["type"] != "http":
        raise error
    _logger.warning("%s: %s %s", fault, request.method, request.url.path, exc_info=error)
    wording = _WORDINGS[fault]
    body = {"type": _TYPE, "title": wording.title, "code": fault, "detail": wording.detail}
    headers = {"retry-after": "1"} if wording.retry else None
    if CriteriaError in request.app.exception_handlers:
        return JSONResponse({**body, "status": 503}, 503, headers, media_type=PROBLEM_JSON)
    return JSONResponse({"detail": body}, 503, headers)


def fault_of(error: Exception) -> Fault | None:
    """The answer to an error of SQLAlchemy or of a driver; None where the service is at fault."""
    if isinstance(error, PoolTimeout):
        return "database-unavailable"
    if not isinstance(error, DBAPIError):
        return _of_driver(error)
    original = error.orig
    state, number = sqlstate(original), error_number(original)
    sqlite_code = getattr(original, "sqlite_errorcode", None)
    found: Fault | None = None
    # Only the client library of PostgreSQL gives no code, where it cannot connect.
    refused = isinstance(error, OperationalError)
    if isinstance(sqlite_code, int):
        found = _SQLITE_CODES.get(sqlite_code & 0xFF)
        refused = sqlite_code & 0xFF == _CANNOT_OPEN
    elif number is not None:
        found = _MYSQL_NUMBERS.get(number)
        refused = number in _WHEN_CONNECTING
    elif state is not None:
        found = _of_sqlstate(state)
        refused = state in _WHEN_CONNECTING
    is_lost = error.connection_invalidated or (refused and error.statement is None)
    return "database-unavailable" if found is None and is_lost else found


def _of_sqlstate(state: str) -> Fault | None:
    return "database-unavailable" if state.startswith("08") else _SQLSTATES.get(state)


def _of_driver(error: Exception) -> Fault | None:
    """The answer to an error that SQLAlchemy does not wrap; None where no driver has raised it."""
    passed = [(str(frame.f_globals.get("__name__")), frame.f_code.co_name) for frame, _ in walk_tb(error.__traceback__)]
    if not any(module.startswith(_DRIVERS) for module, _ in passed):
        return None
    state = sqlstate(error)
    if state is not None:
        return "database-unavailable" if state in _WHEN_CONNECTING else _of_sqlstate(state)
    if not isinstance(error, OSError):
        return None
    executes = any(function == "do_execute" for _, function in passed)
    return "statement-timeout" if executes and isinstance(error, TimeoutError) else "database-unavailable"
