"""fastapi-filter: a class of filters with one attribute for each comparison."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Query, Response
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from benchmarks.applications import UserOut, async_session, sync_session
from benchmarks.model import User
from benchmarks.workloads import SIZE, Case, Workload, comparisons_of

# Only the environment of the benchmarks has it.
_FilterDepends: Any = import_module("fastapi_filter").FilterDepends
_Filter: Any = import_module("fastapi_filter.contrib.sqlalchemy").Filter


class UserFilter(_Filter):  # type: ignore[misc]  # the package has no types
    """The comparisons of the workloads."""

    name: str | None = None
    name__neq: str | None = None
    age__gte: int | None = None
    city__neq: str | None = None
    score__lte: int | None = None
    order_by: list[str] | None = None

    class Constants(_Filter.Constants):  # type: ignore[misc]  # the package has no types
        """What the filter is about."""

        model = User


CHOSEN = _FilterDepends(UserFilter)
Page = Annotated[int, Query(ge=0)]
Size = Annotated[int | None, Query(ge=1, le=100)]


def _users(chosen: Any, page: int, size: int | None) -> Select[Any]:
    found: Select[Any] = chosen.sort(chosen.filter(select(User)))
    return found if size is None else found.limit(size).offset(page * size)


def application(workload: Workload) -> FastAPI:
    """The four routes."""
    app = FastAPI()

    @app.get("/request-async")
    async def request_async(chosen: Any = CHOSEN, page: Page = 0, size: Size = None) -> Response:
        _users(chosen, page, size)
        return Response(status_code=204)

    @app.get("/request-sync")
    def request_sync(chosen: Any = CHOSEN, page: Page = 0, size: Size = None) -> Response:
        _users(chosen, page, size)
        return Response(status_code=204)

    @app.get("/rows-async", response_model=list[UserOut])
    async def rows_async(
        session: Annotated[AsyncSession, Depends(async_session)],
        chosen: Any = CHOSEN,
        page: Page = 0,
        size: Size = None,
    ) -> Any:
        return (await session.scalars(_users(chosen, page, size))).all()

    @app.get("/rows-sync", response_model=list[UserOut])
    def rows_sync(
        session: Annotated[Session, Depends(sync_session)],
        chosen: Any = CHOSEN,
        page: Page = 0,
        size: Size = None,
    ) -> Any:
        return session.scalars(_users(chosen, page, size)).all()

    return app


_SUFFIXES = {"==": "", "!=": "__neq", ">=": "__gte", "<=": "__lte"}


def query(workload: Workload, case: Case) -> str:
    """The query of a URL for a case."""
    parameters: dict[str, object] = {
        test.field + _SUFFIXES[test.sign]: value
        for test, value in zip(comparisons_of(workload.shapes[case.shape]), case.values, strict=True)
    }
    if workload.paged:
        parameters |= {"order_by": "-age,name", "page": 0, "size": SIZE}
    return urlencode(parameters)
