"""What one model offers to the endpoints that list it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Select

from pyrsql.adapters.fastapi.dependency import CriteriaDependency, RequestCriteria
from pyrsql.adapters.fastapi.signature import Documents
from pyrsql.integrations.fastapi.dependency import EndpointDependency
from pyrsql.integrations.fastapi.endpoint import Endpoint, SQLAlchemyPaginatedSelect, counted, paginated, selected
from pyrsql.integrations.fastapi.page import PageDependency, SessionDependency
from pyrsql.validation.plan import Criteria

ItemT = TypeVar("ItemT")

Applier = Callable[[Select[Any]], Select[Any]]
"""A select -> the same, filtered, sorted and paged."""


class FastAPISQLAlchemyResource:
    """The dependencies of one model; `FastAPISQLAlchemyIntegration.resource` makes one.

    Args:
        endpoint: how requests are read and judged, and what they narrow.
        documents: what OpenAPI says of filter and sort.
    """

    def __init__(self, endpoint: Endpoint, documents: Documents) -> None:
        self.endpoint = endpoint
        self._documents = documents
        # The same dependency each time: FastAPI runs it once in a request, and tests can override it.
        self._criteria = CriteriaDependency(endpoint.config, documents)
        self._select = EndpointDependency(endpoint, self._selected, documents)
        self._count = EndpointDependency(endpoint, self._counted, documents)
        self._paginated = EndpointDependency(endpoint, self._paginated_select, documents)
        self._applier = EndpointDependency(endpoint, _applier, documents)

    def base_select(self) -> Select[Any]:
        """The statement that every request narrows."""
        return self.endpoint.base()

    def apply(self, statement: Select[Any], criteria: RequestCriteria) -> Select[Any]:
        """Filter, sort and page a statement of your own.

        Raises:
            CriteriaError: the criteria ask for what the model does not offer; FastAPI answers it with
                status 422.
        """
        return selected(statement, self.endpoint.prove(criteria))

    def select(self, criteria: RequestCriteria) -> Select[Any]:
        """The rows that the criteria ask for. Raises CriteriaError, as `apply` does."""
        return self.apply(self.base_select(), criteria)

    def count_select(self, criteria: RequestCriteria) -> Select[Any]:
        """The number of rows that the filter leaves, page aside. Raises CriteriaError, as `apply` does."""
        return self._counted(self.endpoint.prove(criteria))

    def paginated_select(self, criteria: RequestCriteria) -> SQLAlchemyPaginatedSelect:
        """Both, made together. Raises CriteriaError, as `apply` does."""
        return self._paginated_select(self.endpoint.prove(criteria))

    def criteria_dependency(self) -> CriteriaDependency:
        """Gives `RequestCriteria`: what a request asks for, not yet judged against the model."""
        return self._criteria

    def select_dependency(self) -> EndpointDependency[Select[Any]]:
        """Gives the select of the rows that a request asks for."""
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
        total: bool = True,
        total_limit: int | None = None,
    ) -> PageDependency[ItemT]:
        """Gives a `Page` of what clients see, and sets the `Link` header.

            @app.get("/users")
            async def list_users(
                page: Annotated[Page[UserOut], Depends(users.page_dependency(UserOut, get_session))],
            ) -> Page[UserOut]:
                return page

        What an item reads of related rows an async session cannot load later: load it by options of the base
        statement (`selectinload`, `joinedload`).

        Args:
            item: what clients see of a row, a Pydantic model; it reads the attributes of the row.
            session: the dependency that gives the session, sync or async.
            total: count the rows of all pages.
            total_limit: stop counting there, so that a large table costs no more than that.

        Raises:
            ConfigurationError: a limit of a total that is not counted, or below 1.
        """
        return PageDependency(self.endpoint, self._documents, item, session, total=total, total_limit=total_limit)

    def _selected(self, criteria: Criteria) -> Select[Any]:
        return selected(self.base_select(), criteria)

    def _counted(self, criteria: Criteria) -> Select[Any]:
        return counted(self.base_select(), criteria)

    def _paginated_select(self, criteria: Criteria) -> SQLAlchemyPaginatedSelect:
        return paginated(self.base_select(), criteria)


def _applier(criteria: Criteria) -> Applier:
    def apply(statement: Select[Any]) -> Select[Any]:
        return selected(statement, criteria)

    return apply
