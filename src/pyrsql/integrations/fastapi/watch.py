"""A watcher of the statements of a list, for the playground of a developer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from fastapi import Request
from sqlalchemy.orm import Session

WATCHER = "pyrsql.watcher"
"""The key of a watcher in the scope of a request. Clients cannot write there: only code of the service can."""

ResultT = TypeVar("ResultT")


def watched(request: Request, work: Callable[[Session], ResultT]) -> Callable[[Session], ResultT]:
    """Work that runs the statements of a list, under the eyes of the watcher of the request where it has one.

    Args:
        request: the request for the list.
        work: takes the session in which it runs the statements.
    """
    watcher = request.scope.get(WATCHER)
    return work if watcher is None else cast("Any", partial(watcher, work))
