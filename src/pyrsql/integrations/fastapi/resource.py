"""One model, with the dependencies of the endpoints that list it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Select

from pyrsql.adapters.fastapi.dependency import CriteriaDependency, RequestCriteria
from pyrsql.adapters.fastapi.signature import ParameterDocs
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.cursor_page import CursorPage, CursorPageDependency
from pyrsql.integrations.fastapi.dependency import EndpointDependency
from pyrsql.integrations.fastapi.endpoint import Endpoint, SQLAlchemyPaginatedSelect, counted, paginated, selected
from pyrsql.integrations.fastapi.item_rows import ItemRows
from pyrsql.integrations.fastapi.page import Page, PageDependency
from pyrsql.integrations.fastapi.router import router_of, row_dependency
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.integrations.fastapi.stream import LARGEST_STREAM, STREAM_CHUNK, StreamDependency, StreamFormat
from pyrsql.integrations.fastapi.totals import Total
from pyrsql.validation.plan import Criteria

ItemT = TypeVar("ItemT")

Applier = Callable[[Select[Any]], Select[Any]]
"""A select -> the same, filtered, sorted and paged."""


class FastAPISQLAlchemyResource:
    """The dependencies of one model; `FastAPISQLAlchemyIntegration.resource` makes one.

    Args:
        endpoint: validates the requests, and has the statement that they narrow.
        describe: an endpoint -> the documentation of its filter and sort in OpenAPI.
        is_closed: the resource says which fields are offered, by an item or by lists; else the item of a page does.
        item: the response model of a row, for `router`.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        describe: Callable[[Endpoint], ParameterDocs],
        *,
        is_closed: bool = False,
        item: Any = None,
    ) -> None:
        documents = describe(endpoint)
        self.endpoint = endpoint
        self._describe = describe
        self._documents = documents
        self._is_closed = is_closed
        self.item = item
        # The same dependency each time: FastAPI runs it once in a request, and tests can override it.
        self._criteria = CriteriaDependency(endpoint.config, documents)
        self._select = EndpointDependency(endpoint, self._selected, documents)
        self._count = EndpointDependency(endpoint, self._counted, documents, counts=True)
        self._paginated = EndpointDependency(endpoint, self._paginated_select, documents)
        self._applier = EndpointDependency(endpoint, _applier, documents, takes_base=False)

    def base_select(self, base: Select[Any] | None = None) -> Select[Any]:
        """The statement that every request narrows.

        Args:
            base: the statement of a request, where the resource has a `statement_factory` with parameters.

        Raises:
            ConfigurationError: each request has a statement of its own, and none is given.
        """
        return self.endpoint.statement(base)

    def apply(self, statement: Select[Any], criteria: RequestCriteria) -> Select[Any]:
        """Filter, sort and page a statement of your own.

        Raises:
            CriteriaError: the criteria use something that the model does not offer; FastAPI answers it with
                status 422.
        """
        return selected(statement, self.endpoint.validated(criteria))

    def select(self, criteria: RequestCriteria, *, base: Select[Any] | None = None) -> Select[Any]:
        """The rows of the criteria. Raises as `apply` and `base_select` do."""
        return self.apply(self.base_select(base), criteria)

    def count_select(self, criteria: RequestCriteria, *, base: Select[Any] | None = None) -> Select[Any]:
        """The number of rows that the filter leaves, page aside. Raises as `apply` and `base_select` do."""
        return self._counted(self.endpoint.validated(criteria), base)

    def paginated_select(
        self, criteria: RequestCriteria, *, base: Select[Any] | None = None
    ) -> SQLAlchemyPaginatedSelect:
        """Both, made together. Raises as `apply` and `base_select` do."""
        return self._paginated_select(self.endpoint.validated(criteria), base)

    def criteria_dependency(self) -> CriteriaDependency:
        """Gives `RequestCriteria`: filter, sort and page of a request, not yet validated against the model."""
        return self._criteria

    def select_dependency(self) -> EndpointDependency[Select[Any]]:
        """Gives the select of the rows of a request."""
        return self._select

    def count_select_dependency(self) -> EndpointDependency[Select[Any]]:
        """Gives the select of the number of rows that the filter of a request leaves, page aside."""
        return self._count

    def paginated_select_dependency(self) -> EndpointDependency[SQLAlchemyPaginatedSelect]:
        """Gives both: the select of a page, and the select of the number of rows on all pages."""
        return self._paginated

    def applier_dependency(self) -> EndpointDependency[Applier]:
        """Gives a function from a select to a select, for base statements that depend on the request."""
        return self._applier

    def page_dependency(
        self,
        item: type[ItemT],
        session: SessionDependency,
        *,
        total: Total = True,
        total_limit: int | None = None,
    ) -> PageDependency[ItemT]:
        """Gives a `Page` of items, and sets the `Link` header.

            @app.get("/users")
            async def list_users(
                page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))],
            ) -> Page[UserOut]:
                return page

        The item says which fields clients may use, where the resource has neither an item nor a list of fields. The
        related rows that it reads are loaded with the page, unless the base statement says how. A request without a
        size gets 50 rows and one may ask for 500, where the configuration has no bounds.

        Args:
            item: the response model of a row, a Pydantic model that reads the attributes of the row.
            session: the dependency that gives the session, sync or async.
            total: count the rows of all pages; `"estimated"` takes the estimate of PostgreSQL or MariaDB.
            total_limit: stop counting there, so that a large table costs no more than that.

        Raises:
            ConfigurationError: a limit of a total that is not counted, or below 1; an item that is no Pydantic model.
        """
        endpoint, documents = self.of_pages(item)
        return PageDependency(endpoint, documents, item, session, total=total, total_limit=total_limit)

    def cursor_page_dependency(
        self,
        item: type[ItemT],
        session: SessionDependency,
        *,
        total: Total = False,
        total_limit: int | None = None,
    ) -> CursorPageDependency[ItemT]:
        """Gives a `CursorPage` of items, and sets the `Link` header: a page that begins behind a row, as
        deep in the list as one likes.

            @app.get("/feed")
            async def feed(
                page: Annotated[CursorPage[UserOut], Depends(users.cursor_page_dependency(UserOut, get_session))],
            ) -> CursorPage[UserOut]:
                return page

        The item says which fields clients may use, what is loaded, and the page sizes, as in `page_dependency`.

        Args:
            item: the response model of a row, a Pydantic model that reads the attributes of the row.
            session: the dependency that gives the session, sync or async.
            total: count the rows of all pages; `"estimated"` takes the estimate of PostgreSQL or MariaDB.
            total_limit: stop counting there, so that a large table costs no more than that.

        Raises:
            ConfigurationError: a limit of a total that is not counted, or below 1; an item that is no Pydantic model; a
                model without a unique key; a cursor that would show a value which clients may not see.
        """
        endpoint, documents = self.of_pages(item)
        return CursorPageDependency(endpoint, documents, item, session, total=total, total_limit=total_limit)

    def stream_dependency(
        self,
        item: type[BaseModel],
        session: SessionDependency,
        *,
        format: StreamFormat = "ndjson",
        max_rows: int | None = LARGEST_STREAM,
        chunk_size: int = STREAM_CHUNK,
    ) -> StreamDependency:
        """Gives a `StreamingResponse` of all rows that a filter leaves, read in chunks by cursor.

            @app.get("/users/export", response_class=StreamingResponse)
            async def export(
                rows: Annotated[StreamingResponse, Depends(users.stream_dependency(UserOut, get_session))],
            ) -> StreamingResponse:
                return rows

        Memory is bounded by a chunk, and the stream ends when the client goes away. Fields and loading follow the item,
        as in `page_dependency`.

        Args:
            item: the response model of a row, a Pydantic model that reads the attributes of the row.
            session: the dependency that gives the session, sync or async.
            format: `"ndjson"`, a JSON object on each line; or `"csv"`, with a line of names first, nested values as
                JSON, and an apostrophe before text that a spreadsheet would run as a formula.
            max_rows: the most rows. A filter that leaves more is refused with a 400; None lifts the limit.
            chunk_size: rows that are read at a time.

        Raises:
            ConfigurationError: a number below 1, another format, an item that is no Pydantic model, a model without a
                unique key.
        """
        endpoint, documents = self.of_pages(item)
        return StreamDependency(
            endpoint, documents, item, session, format=format, max_rows=max_rows, chunk_size=chunk_size
        )

    def router(
        self, session: SessionDependency, *, item: Any = None, total: Total = True, total_limit: int | None = None
    ) -> APIRouter:
        """A ready router: the list, `/count`, and one row by its key, where the model has a key and does not hide it.

            app.include_router(posts.router(get_session), prefix="/posts")

        A composite key stands in the path part by part, in the order of the primary key. A row that the base statement
        does not let a request see is a 404, like one that does not exist. `/count` is always the count: a filter finds
        the row whose key is the text `count`.

        Args:
            session: the dependency that gives the session, sync or async.
            item: the response model of a row; without it the item of the resource.
            total: count the rows of all pages of the list; `"estimated"` takes the estimate of the database.
            total_limit: stop counting there.

        Raises:
            ConfigurationError: there is no item, or the total is impossible.
        """
        chosen = self.item if item is None else item
        if chosen is None:
            raise ConfigurationError(f"the router of {self.endpoint.model.__name__} needs an item: resource(…, item=…)")
        page = self.page_dependency(chosen, session, total=total, total_limit=total_limit)
        rows = row_dependency(self.endpoint, chosen, session)
        return router_of(chosen, session, page=page, count=self._count, rows=rows)

    def of_pages(self, item: Any) -> tuple[Endpoint, ParameterDocs]:
        """The endpoint of the dependencies that give pages, and its documentation in OpenAPI.

        Args:
            item: the response model of a row. It says which fields are offered, unless the resource does.

        Raises:
            ConfigurationError: an item that is a page of items, or that no row can fill.
        """
        refuse_page(item)
        endpoint = replace(self.endpoint, config=self.endpoint.config.with_page_sizes())
        if self._is_closed:
            # The models are all there: a mistake in the item shows when the application starts.
            ItemRows(endpoint, item).check()
            return endpoint, self._documents
        endpoint = replace(endpoint, item=item, warns=False)
        return endpoint, self._describe(endpoint)

    def _selected(self, criteria: Criteria, base: Select[Any] | None) -> Select[Any]:
        return selected(self.base_select(base), criteria)

    def _counted(self, criteria: Criteria, base: Select[Any] | None) -> Select[Any]:
        return counted(self.base_select(base), criteria)

    def _paginated_select(self, criteria: Criteria, base: Select[Any] | None) -> SQLAlchemyPaginatedSelect:
        return paginated(self.base_select(base), criteria)


def refuse_page(item: Any) -> None:
    """Raise ConfigurationError for the answer of a list where the item of a row is meant."""
    if isinstance(item, type) and issubclass(item, Page | CursorPage):
        arguments = item.__pydantic_generic_metadata__["args"]
        one = arguments[0].__name__ if arguments and isinstance(arguments[0], type) else "the model of a row"
        raise ConfigurationError(f"the item {item.__name__} is a page of items: give {one}")


def _applier(criteria: Criteria, _: object) -> Applier:
    def apply(statement: Select[Any]) -> Select[Any]:
        return selected(statement, criteria)

    return apply
