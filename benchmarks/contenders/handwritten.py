"""SQLAlchemy as a person would write it, in a function per query; and routes with typed parameters around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Query, Response
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from benchmarks.applications import UserOut, async_session, sync_session
from benchmarks.contract import Job
from benchmarks.model import Company, User
from benchmarks.workloads import SIZE, SORT, Case, Workload, comparisons_of, handwritten


def statement(workload: Workload) -> Job:
    """Makes the statement of each case."""
    functions = [_compiled(handwritten(workload, place)) for place in range(len(workload.shapes))]
    if len(functions) == 1:
        return Job(lambda case: case.values, functions[0])
    return Job(lambda case: (functions[case.shape], case.values), lambda item: item[0](item[1]))


def _compiled(source: str) -> Callable[[Any], Select[Any]]:
    namespace: dict[str, Any] = {"User": User, "Company": Company, "select": select, "and_": and_, "or_": or_}
    exec(source, namespace)
    build: Callable[[Any], Select[Any]] = namespace["build"]
    return build


# --- routes ---


def application(workload: Workload) -> FastAPI:
    """Routes that take each comparison as a typed parameter."""
    app = FastAPI()

    @app.get("/request-async")
    async def request_async(
        name: str | None = None,
        min_age: int | None = None,
        not_city: str | None = None,
        max_score: int | None = None,
        sort: str | None = None,
        page: Annotated[int, Query(ge=0)] = 0,
        size: Annotated[int | None, Query(ge=1, le=100)] = None,
    ) -> Response:
        users(name, min_age, not_city, max_score, sort, page, size)
        return Response(status_code=204)

    @app.get("/request-sync")
    def request_sync(
        name: str | None = None,
        min_age: int | None = None,
        not_city: str | None = None,
        max_score: int | None = None,
        sort: str | None = None,
        page: Annotated[int, Query(ge=0)] = 0,
        size: Annotated[int | None, Query(ge=1, le=100)] = None,
    ) -> Response:
        users(name, min_age, not_city, max_score, sort, page, size)
        return Response(status_code=204)

    @app.get("/rows-async", response_model=list[UserOut])
    async def rows_async(
        session: Annotated[AsyncSession, Depends(async_session)],
        name: str | None = None,
        min_age: int | None = None,
        not_city: str | None = None,
        max_score: int | None = None,
        sort: str | None = None,
        page: Annotated[int, Query(ge=0)] = 0,
        size: Annotated[int | None, Query(ge=1, le=100)] = None,
    ) -> Any:
        return (await session.scalars(users(name, min_age, not_city, max_score, sort, page, size))).all()

    @app.get("/rows-sync", response_model=list[UserOut])
    def rows_sync(
        session: Annotated[Session, Depends(sync_session)],
        name: str | None = None,
        min_age: int | None = None,
        not_city: str | None = None,
        max_score: int | None = None,
        sort: str | None = None,
        page: Annotated[int, Query(ge=0)] = 0,
        size: Annotated[int | None, Query(ge=1, le=100)] = None,
    ) -> Any:
        return session.scalars(users(name, min_age, not_city, max_score, sort, page, size)).all()

    return app


_SORTS = {SORT: (User.age.desc(), User.name)}


def users(
    name: str | None,
    min_age: int | None,
    not_city: str | None,
    max_score: int | None,
    sort: str | None,
    page: int,
    size: int | None,
) -> Select[Any]:
    """What the parameters ask for."""
    found = select(User)
    if name is not None:
        found = found.where(User.name == name)
    if min_age is not None:
        found = found.where(User.age >= min_age)
    if not_city is not None:
        found = found.where(User.city != not_city)
    if max_score is not None:
        found = found.where(User.score <= max_score)
    if sort is not None:
        found = found.order_by(*_SORTS[sort])
    if size is not None:
        found = found.limit(size).offset(page * size)
    return found


_PARAMETERS = {"name": "name", "age": "min_age", "city": "not_city", "score": "max_score"}


def query(workload: Workload, case: Case) -> str:
    """The query of a URL for a case."""
    parameters: dict[str, object] = {
        _PARAMETERS[test.field]: value
        for test, value in zip(comparisons_of(workload.shapes[case.shape]), case.values, strict=True)
    }
    if workload.paged:
        parameters |= {"sort": SORT, "page": 0, "size": SIZE}
    return urlencode(parameters)
