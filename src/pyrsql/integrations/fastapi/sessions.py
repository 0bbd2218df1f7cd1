"""Work in a session of either kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    # It needs greenlet, which a service with synchronous sessions may not have.
    from sqlalchemy.ext.asyncio import AsyncSession
    from typing_extensions import TypeIs

SessionDependency = Callable[..., Any]
"""A FastAPI dependency that gives a `Session` or an `AsyncSession`."""

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


async def in_session(
    session: Session | AsyncSession,
    work: Callable[Concatenate[Session, ArgumentsT], ResultT],
    *arguments: ArgumentsT.args,
    **more: ArgumentsT.kwargs,
) -> ResultT:
    """Do work that runs statements in a session.

    Args:
        session: a session, or an async one.
        work: takes the session, or the synchronous session inside the async one.
        arguments: what else it takes.
        more: what else it takes by name.
    """
    if _is_async(session):
        return await session.run_sync(work, *arguments, **more)
    # A synchronous driver waits for the database, which the event loop must not.
    return await run_in_threadpool(work, session, *arguments, **more)


def _is_async(session: Session | AsyncSession) -> TypeIs[AsyncSession]:
    return hasattr(session, "run_sync")
