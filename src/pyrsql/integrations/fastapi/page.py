"""A page of a list: the answer, and the dependency that gives it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, cast

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.dependency import run_off_loop_if_long
from pyrsql.adapters.fastapi.parameters import ParameterValues, query_values
from pyrsql.adapters.fastapi.signature import Documents, signature
from pyrsql.integrations.fastapi.base import BaseStatement
from pyrsql.integrations.fastapi.endpoint import Endpoint, selected
from pyrsql.integrations.fastapi.items import check_item, reads
from pyrsql.integrations.fastapi.links import link_header
from pyrsql.integrations.fastapi.totals import Total, Totals
from pyrsql.integrations.fastapi.watch import watched
from pyrsql.orms.sqlalchemy.loading import loading, reading
from pyrsql.page import LARGEST_OFFSET
from pyrsql.validation.plan import Criteria

ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page: `Page[UserOut]`."""

    items: list[ItemT] = Field(description="The rows of this page.")
    total: int | None = Field(
        description="Rows on all pages; where it is not exact, a lower bound or an estimate. Missing where not counted."
    )
    total_is_exact: bool = Field(description="`total` is the number of rows, neither a lower bound nor an estimate.")
    page: int = Field(description="Number of this page.")
    size: int = Field(description="Rows on a full page.")
    pages: int | None = Field(description="Number of pages; missing where the total is not exact.")


if TYPE_CHECKING:
    # It needs greenlet, which a service with sessions of the other kind may not have.
    from sqlalchemy.ext.asyncio import AsyncSession
    from typing_extensions import TypeIs


SessionDependency = Callable[..., Any]
"""A FastAPI dependency that gives a `Session` or an `AsyncSession`."""


class PageDependency(Generic[ItemT]):
    """Reads and judges a request, runs its statements in a session, and gives a `Page` of what clients see.

    Args:
        endpoint: how the request is validated, and what it narrows.
        documents: what OpenAPI says of the parameters.
        item: what clients see of a row, a Pydantic model; it reads the attributes of the row.
        session: the dependency that gives the session, sync or async.
        total: count the rows of all pages, or take an estimate of the database.
        total_limit: stop counting there.

    Raises:
        ConfigurationError: a total that is none; an item that is no Pydantic model.

    Raises (when called):
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        documents: Documents,
        item: type[ItemT],
        session: SessionDependency,
        *,
        total: Total = True,
        total_limit: int | None = None,
    ) -> None:
        self.totals = Totals(total, total_limit)
        check_item(item)
        self.endpoint = endpoint
        self.config: FastAPICriteriaConfig = endpoint.config
        # The very type of the response model: FastAPI validates no instance of it again.
        self._page = cast("type[Page[ItemT]]", Page.__class_getitem__(item))
        self._item = item
        self.__signature__: inspect.Signature = with_session(
            signature(endpoint.config, documents), session, endpoint.base
        )

    @cached_property
    def _loaded(self) -> Callable[[Select[Any]], Select[Any]]:
        """Adds to a select what loads all that an item reads. Made when all models are there."""
        model = self.endpoint.schema.model
        return loading(model, reading(model, (read.path for read in reads(model, self._item))))

    async def __call__(
        self,
        *,
        connection: HTTPConnection,
        request: Request,
        response: Response,
        session: Session | AsyncSession,
        base: Select[Any] | None = None,
        **_: object,
    ) -> Page[ItemT]:
        """Read the query of a request, and run what it asks for."""
        given = query_values(self.endpoint.config, connection)
        return await self.read(given, request=request, response=response, session=session, base=base)

    async def read(
        self,
        given: ParameterValues,
        *,
        request: Request,
        response: Response,
        session: Session | AsyncSession,
        base: Select[Any] | None = None,
    ) -> Page[ItemT]:
        """Read what a request gives the four parameters, wherever it does, and run what it asks for."""
        criteria = await run_off_loop_if_long(self.endpoint.read, given)
        run = watched(request, self._run)
        if is_async(session):
            made, has_next = await session.run_sync(run, criteria, base)
        else:
            # A synchronous driver waits for the database, which the event loop must not.
            made, has_next = await run_in_threadpool(run, session, criteria, base)
        # A link is a GET of its own: it says nothing about parameters in a body.
        if criteria.page is not None and request.method in ("GET", "HEAD"):
            links = link_header(
                request,
                self.endpoint.config,
                page=made.page,
                size=made.size,
                pages=made.pages,
                has_next=has_next,
            )
            if links is not None:
                response.headers["link"] = links
        return made

    def _run(self, session: Session, criteria: Criteria, given: Select[Any] | None) -> tuple[Page[ItemT], bool]:
        """The page, and whether there is a next one."""
        page, first = criteria.page, self.endpoint.config.first_page
        base = self.endpoint.base.statement(given)
        statement = selected(self._loaded(base), criteria)
        if page is not None:
            # One row more tells whether there is a next page.
            statement = statement.limit(min(page.limit + 1, LARGEST_OFFSET))
        found = list(session.scalars(statement).unique())
        shown = found if page is None else found[: page.limit]
        has_next = len(found) > len(shown)
        least = (0 if page is None else page.offset) + len(found)
        known = None if has_next or (not shown and least) else least
        total, is_exact = self.totals.number(session, base, criteria, known=known, least=least if shown else 0)
        size = len(shown) if page is None else page.limit
        content = {
            "items": shown,
            "total": total,
            "total_is_exact": is_exact,
            "page": first if page is None else page.page_number + first,
            "size": size,
            "pages": _pages(total, size) if is_exact and total is not None else None,
        }
        # Made here, where a session can still load what an item reads.
        return self._page.model_validate(content, from_attributes=True), has_next


def is_async(session: Session | AsyncSession) -> TypeIs[AsyncSession]:
    """Whether a session has to be awaited."""
    return hasattr(session, "run_sync")


def _pages(total: int, size: int) -> int:
    return -(-total // size) if size else 0


def with_session(of_criteria: inspect.Signature, session: SessionDependency, base: BaseStatement) -> inspect.Signature:
    """The signature of a dependency that also takes what it answers with: a session, request and response."""

    def keyword(name: str, annotation: Any) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)

    return of_criteria.replace(
        parameters=[
            *of_criteria.parameters.values(),
            keyword("request", Request),
            keyword("response", Response),
            keyword("session", Annotated[Any, Depends(session)]),
            *base.parameters,
        ]
    )
