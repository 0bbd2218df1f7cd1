"""A page of a list: the answer, and the dependency that gives it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.orm import Session

from pyrsql.adapters.fastapi.signature import ParameterDocs
from pyrsql.integrations.fastapi.endpoint import Endpoint, selected
from pyrsql.integrations.fastapi.links import link_header
from pyrsql.integrations.fastapi.lists import ListDependency, ListRequest
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.integrations.fastapi.totals import Total, Totals
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


class PageDependency(ListDependency[Page[ItemT]], Generic[ItemT]):
    """Validates a request, runs its statements in a session, and gives a `Page` of items.

    Args:
        endpoint: validates the request, and has the statement that it narrows.
        documents: the documentation of the parameters in OpenAPI.
        item: the response model of a row, a Pydantic model that reads the attributes of the row.
        session: the dependency that gives the session, sync or async.
        total: count the rows of all pages, or take an estimate of the database.
        total_limit: stop counting there.

    Raises:
        ConfigurationError: an impossible total; an item that is no Pydantic model.

    Raises (when called):
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        documents: ParameterDocs,
        item: type[ItemT],
        session: SessionDependency,
        *,
        total: Total = True,
        total_limit: int | None = None,
    ) -> None:
        super().__init__(endpoint, documents, item, session, "page")
        self.totals: Totals = Totals(total, total_limit)
        # The very type of the response model: FastAPI validates no instance of it again.
        self._page = cast("type[Page[ItemT]]", Page.__class_getitem__(item))

    async def _answer(self, asked: ListRequest) -> Page[ItemT]:
        made, has_next = await asked.run(self._run)
        # A link is a GET of its own: it says nothing about parameters in a body.
        if asked.criteria.page is not None and asked.request.method in ("GET", "HEAD"):
            links = link_header(
                asked.request,
                self.config,
                page=made.page,
                size=made.size,
                pages=made.pages,
                has_next=has_next,
            )
            if links is not None:
                asked.response.headers.append("link", links)
        return made

    def _run(self, criteria: Criteria, base: Select[Any], session: Session) -> tuple[Page[ItemT], bool]:
        """The page, and whether there is a next one."""
        page = criteria.page
        assert page is not None
        # One row more tells whether there is a next page.
        statement = selected(self.rows.loaded(base), criteria).limit(min(page.limit + 1, LARGEST_OFFSET))
        found = list(session.scalars(statement).unique())
        shown = found[: page.limit]
        has_next = len(found) > len(shown)
        least = page.offset + len(found)
        known = None if has_next or (not shown and least) else least
        total, is_exact = self.totals.number(session, base, criteria, known=known, least=least if shown else 0)
        content = {
            "items": shown,
            "total": total,
            "total_is_exact": is_exact,
            "page": page.page_number + self.config.first_page,
            "size": page.limit,
            "pages": -(-total // page.limit) if is_exact and total is not None else None,
        }
        # Made here, where a session can still load what an item reads.
        return self._page.model_validate(content, from_attributes=True), has_next
