"""Work in a session of either kind."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fastapi import Depends, params
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from pyrsql.errors import ConfigurationError

if TYPE_CHECKING:
    # It needs greenlet, which a service with synchronous sessions may not have.
    from sqlalchemy.ext.asyncio import AsyncSession
    from typing_extensions import TypeIs

SessionDependency = Callable[..., Any]
"""A FastAPI dependency that gives a `Session` or an `AsyncSession`."""

ResultT = TypeVar("ResultT")

_INSTEAD = "give a function that yields a Session or an AsyncSession"
_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def depends_on(session: SessionDependency) -> params.Depends:
    """`Depends(session)`, for the signature of a dependency.

    Raises:
        ConfigurationError: it is no function, or has `*args` or `**kwargs`, as a `sessionmaker` has, which
            FastAPI would read from the query.
    """
    if isinstance(session, params.Depends):
        raise ConfigurationError(f"session={session!r}: give the function that stands in Depends(…)")
    if not callable(session):
        raise ConfigurationError(f"session={session!r} is no dependency of FastAPI: {_INSTEAD}")
    if isinstance(session, type) and not hasattr(session, "scalars"):
        raise ConfigurationError(f"session={session!r} makes no session: {_INSTEAD}")
    if isinstance(session, FunctionType) and session.__globals__.get("__name__") == "contextlib":
        raise ConfigurationError(f"session={session!r} gives a context manager: leave @contextmanager out")
    for parameter in inspect.signature(session).parameters.values():
        if parameter.kind in _REST:
            raise ConfigurationError(
                f"session={session!r} takes {parameter}, which FastAPI would read from the query: {_INSTEAD}"
            )
    return cast("params.Depends", Depends(session))


async def in_session(
    session: Session | AsyncSession, work: Callable[[Session], ResultT], *, off_loop: bool = False
) -> ResultT:
    """Do work that runs statements in a session.

    Args:
        session: a session, an async one, or a registry of them (`scoped_session`).
        work: takes the session, or the synchronous session inside the async one.
        off_loop: the work takes the processor long: in an async session, too, it is done in a thread.

    Raises:
        ConfigurationError: the session is none.
    """
    # A registry gives each thread a session of its own: it is asked here, and not in the thread of the work.
    registry: Callable[[], Session | AsyncSession] | None = getattr(session, "registry", None)
    session = session if registry is None else registry()
    # A connection has scalars, too, but it reads no objects.
    if not hasattr(session, "scalars") or hasattr(session, "exec_driver_sql"):
        raise ConfigurationError(f"the dependency gave {session!r} as the session of a request: {_INSTEAD}")
    if not _is_async(session):
        # A synchronous driver waits for the database, which the event loop must not.
        return await run_in_threadpool(work, session)
    return await (_run_in_thread(session, work) if off_loop else session.run_sync(work))


async def _run_in_thread(session: AsyncSession, work: Callable[[Session], ResultT]) -> ResultT:
    """`session.run_sync(work)` in a thread of its own: the event loop only waits for the database.

    It is `sqlalchemy.util.greenlet_spawn`, with each switch in the thread. Compilation of statements, loading of rows
    and validation of items leave the loop to other requests.
    """
    from greenlet import getcurrent  # type: ignore[import-untyped]  # it has no stubs

    # SQLAlchemy waits in greenlets of one class only.
    kind, inner = await session.run_sync(lambda inner: (type(getcurrent()), inner))
    loop, variables = asyncio.get_running_loop(), copy_context()
    # Drivers ask for the loop when they end a connection.
    with ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(loop,)) as thread:

        def begin() -> tuple[Any, Any]:
            context = kind(partial(work, inner), getcurrent())
            context.gr_context = variables
            return context, context.switch()

        context, result = _raised(await loop.run_in_executor(thread, _outcome, begin))
        while not context.dead:
            try:
                value = await result
            except BaseException as error:
                # Drivers make tasks when they end a connection: the loop stands still for them.
                result = thread.submit(context.throw, error).result()
            else:
                result = _raised(await loop.run_in_executor(thread, _outcome, context.switch, value))
    made: ResultT = result
    return made


def _outcome(step: Callable[..., Any], *arguments: Any) -> tuple[Any, BaseException | None]:
    """The result of a step, or its error: asyncio puts a new one in the place of a `TimeoutError` from a thread."""
    try:
        return step(*arguments), None
    except BaseException as error:
        return None, error


def _raised(outcome: tuple[Any, BaseException | None]) -> Any:
    result, error = outcome
    if error is not None:
        raise error
    return result


def _is_async(session: Session | AsyncSession) -> TypeIs[AsyncSession]:
    return hasattr(session, "run_sync")
