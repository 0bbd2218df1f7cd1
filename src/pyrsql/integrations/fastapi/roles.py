"""Resources by role: a role may use what its own resource offers, and nothing else exists for it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import Depends, HTTPException
from sqlalchemy import Select
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.body import Reader
from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.dependency import RequestCriteria
from pyrsql.adapters.fastapi.parameters import ParameterValues
from pyrsql.adapters.fastapi.signature import documented as document_of
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.cursor_page import CursorPage
from pyrsql.integrations.fastapi.endpoint import SQLAlchemyPaginatedSelect
from pyrsql.integrations.fastapi.page import Page
from pyrsql.integrations.fastapi.resource import Applier, FastAPISQLAlchemyResource
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.integrations.fastapi.totals import Total

ResultT = TypeVar("ResultT")

_ROLE = "role"


def by_role(
    role: Callable[..., Any], resources: Mapping[Any, FastAPISQLAlchemyResource], *, documented: Any
) -> RoleResources:
    """Resources of which each request gets that of its role.

        posts = by_role(current_role, {"admin": admin_posts, "member": member_posts}, documented="member")

        @app.get("/posts")
        async def list_posts(
            page: Annotated[Page[PostOut], Depends(posts.page_dependency(PostOut, get_session))],
        ) -> Page[PostOut]:
            return page

    A request with a role that has no resource is answered with 403. FastAPI runs the statement factories of all roles
    in each request; where one must not run for another role, write one factory that takes the role.

    Args:
        role: a FastAPI dependency that gives the role of a request.
        resources: role -> its resource.
        documented: the role whose fields OpenAPI shows.

    Raises:
        ConfigurationError: the documented role has no resource.
    """
    return RoleResources(role, resources, documented=documented)


class RoleResources:
    """The dependencies of several resources, picked by the role of a request; `by_role` makes one."""

    def __init__(
        self, role: Callable[..., Any], resources: Mapping[Any, FastAPISQLAlchemyResource], *, documented: Any
    ) -> None:
        if documented not in resources:
            raise ConfigurationError(f"by_role: the documented role {documented!r} has no resource")
        self._role = role
        self._resources: dict[Any, FastAPISQLAlchemyResource] = dict(resources)
        self._documented = documented
        self._criteria = self.dependency(lambda _, resource: resource.criteria_dependency())
        self._select = self.dependency(lambda _, resource: resource.select_dependency())
        self._count = self.dependency(lambda _, resource: resource.count_select_dependency())
        self._paginated = self.dependency(lambda _, resource: resource.paginated_select_dependency())
        self._applier = self.dependency(lambda _, resource: resource.applier_dependency())

    @property
    def role(self) -> Callable[..., Any]:
        """The FastAPI dependency that gives the role of a request."""
        return self._role

    @property
    def documented(self) -> FastAPISQLAlchemyResource:
        """The resource of the role whose fields OpenAPI shows."""
        return self._resources[self._documented]

    def dependency(self, make: Callable[[Any, FastAPISQLAlchemyResource], Reader[ResultT]]) -> RoleDependency[ResultT]:
        """The dependency that is made of the resource of each role.

        Args:
            make: role, its resource -> a dependency of the resource.
        """
        made = {role: make(role, resource) for role, resource in self._resources.items()}
        return RoleDependency(self._role, made, documented=self._documented)

    def criteria_dependency(self) -> RoleDependency[RequestCriteria]:
        """Gives `RequestCriteria`: filter, sort and page of a request, not yet validated against the model."""
        return self._criteria

    def select_dependency(self) -> RoleDependency[Select[Any]]:
        """Gives the select of the rows of a request."""
        return self._select

    def count_select_dependency(self) -> RoleDependency[Select[Any]]:
        """Gives the select of the number of rows that the filter of a request leaves, page aside."""
        return self._count

    def paginated_select_dependency(self) -> RoleDependency[SQLAlchemyPaginatedSelect]:
        """Gives both: the select of a page, and the select of the number of rows on all pages."""
        return self._paginated

    def applier_dependency(self) -> RoleDependency[Applier]:
        """Gives a function from a select to a select."""
        return self._applier

    def page_dependency(
        self, item: Any, session: SessionDependency, *, total: Total = True, total_limit: int | None = None
    ) -> RoleDependency[Page[Any]]:
        """Gives a `Page` of the items of a role, and sets the `Link` header.

        Args:
            item: the response model of a row; or role -> its response model.
            session: the dependency that gives the session, sync or async.
            total: count the rows of all pages; `"estimated"` takes the estimate of PostgreSQL or MariaDB.
            total_limit: stop counting there.

        Raises:
            ConfigurationError: a role has no item; an item that is no Pydantic model; an impossible limit.
        """
        items = self._items(item)
        return self.dependency(
            lambda role, resource: resource.page_dependency(items[role], session, total=total, total_limit=total_limit)
        )

    def cursor_page_dependency(
        self, item: Any, session: SessionDependency, *, total: Total = False, total_limit: int | None = None
    ) -> RoleDependency[CursorPage[Any]]:
        """Gives a `CursorPage` of the items of a role, and sets the `Link` header.

        Args:
            item: the response model of a row; or role -> its response model.
            session: the dependency that gives the session, sync or async.
            total: count the rows of all pages; `"estimated"` takes the estimate of PostgreSQL or MariaDB.
            total_limit: stop counting there.

        Raises:
            ConfigurationError: a role has no item; an item that is no Pydantic model; an impossible limit; a cursor
                that would show a value which the clients of a role may not see.
        """
        items = self._items(item)
        return self.dependency(
            lambda role, resource: resource.cursor_page_dependency(
                items[role], session, total=total, total_limit=total_limit
            )
        )

    def _items(self, item: Any) -> Mapping[Any, Any]:
        items: Mapping[Any, Any] = item if _is_mapping(item) else dict.fromkeys(self._resources, item)
        for role in self._resources:
            if role not in items:
                raise ConfigurationError(f"by_role: the role {role!r} has no item")
        return items


class RoleDependency(Generic[ResultT]):
    """The dependency of the role of a request, of those that several resources give.

    Args:
        role: the FastAPI dependency that gives the role.
        dependencies: role -> its dependency.
        documented: the role whose parameters OpenAPI shows.

    Raises (when called):
        HTTPException: 403 for a role that has no dependency.
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(
        self, role: Callable[..., Any], dependencies: Mapping[Any, Reader[ResultT]], *, documented: Any
    ) -> None:
        self._dependencies = dependencies
        self.documented: Reader[ResultT] = dependencies[documented]
        self.config: FastAPICriteriaConfig = self.documented.config
        parameters = dict(self.documented.__signature__.parameters)
        self._slots = {name: _slots(parameters, dependency) for name, dependency in dependencies.items()}
        of_role = inspect.Parameter(_ROLE, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Any, Depends(role)])
        self.__signature__: inspect.Signature = inspect.Signature([of_role, *parameters.values()])

    async def __call__(self, *, role: Any, connection: HTTPConnection, **given: Any) -> ResultT:
        """Read the query of a request as its role may."""
        call: Callable[..., Awaitable[ResultT]] = cast("Any", self.of(role))
        return await call(connection=connection, **self._given_to(role, given))

    async def read(self, values: ParameterValues, *, role: Any, **given: Any) -> ResultT:
        """Read the values of the parameters, wherever the request has them, as its role may."""
        return await self.of(role).read(values, **self._given_to(role, given))

    def of(self, role: Any) -> Reader[ResultT]:
        """The dependency of a role.

        Raises:
            HTTPException: 403 for a role that has no dependency.
        """
        if role not in self._dependencies:
            raise HTTPException(403, "This role may not use this list.")
        return self._dependencies[role]

    def _given_to(self, role: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        return {name: given[slot] for name, slot in self._slots[role].items()}


def _is_mapping(item: object) -> bool:
    return isinstance(item, Mapping)


def _slots(parameters: dict[str, inspect.Parameter], dependency: Reader[Any]) -> dict[str, str]:
    """Where a dependency finds what FastAPI gives it: its own parameter -> that of all roles together.

    Args:
        parameters: the parameters of all roles; those that are missing are added.
        dependency: the dependency of one role.
    """
    slots: dict[str, str] = {}
    for name, parameter in dependency.__signature__.parameters.items():
        if document_of(parameter) is not None or parameter.annotation is HTTPConnection:
            continue
        slot = next((key for key, known in parameters.items() if known.annotation == parameter.annotation), None)
        if slot is None:
            slot = name if name not in parameters else f"{name}_{len(parameters)}"
            parameters[slot] = parameter.replace(name=slot)
        slots[name] = slot
    return slots
