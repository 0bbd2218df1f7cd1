"""Resources by role: a role may use what its own resource offers, and nothing else exists for it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import StreamingResponse
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
from pyrsql.integrations.fastapi.role_base import RoleBase, of_role
from pyrsql.integrations.fastapi.router import ROW_BASE, RowDependency, router_of, row_dependency
from pyrsql.integrations.fastapi.sessions import SessionDependency
from pyrsql.integrations.fastapi.statement_source import BASE
from pyrsql.integrations.fastapi.stream import LARGEST_STREAM, STREAM_CHUNK, StreamFormat
from pyrsql.integrations.fastapi.totals import Total

ResultT = TypeVar("ResultT")

_ROLE = "role"
_FORBIDDEN = "This role may not use this list."


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

    A request with a role that has no resource is answered with 403. Only the statement factory of the role runs in a
    request. A factory that all roles share is a FastAPI dependency as any other. A dependency that both a factory of
    one role and the route have runs twice, and OpenAPI does not show the parameters of the factory.

    Args:
        role: a FastAPI dependency that gives the role of a request.
        resources: role -> its resource.
        documented: the role whose fields OpenAPI shows.

    Raises:
        ConfigurationError: a role that is no function, or a value that is no resource; the documented role has no
            resource; a factory of one role that reads the body.
    """
    return RoleResources(role, resources, documented=documented)


class RoleResources:
    """The dependencies of several resources, picked by the role of a request; `by_role` makes one."""

    def __init__(
        self, role: Callable[..., Any], resources: Mapping[Any, FastAPISQLAlchemyResource], *, documented: Any
    ) -> None:
        _refuse_others(role, resources)
        if documented not in resources:
            raise ConfigurationError(f"by_role: the documented role {documented!r} has no resource")
        self._role = role
        self._resources: dict[Any, FastAPISQLAlchemyResource] = dict(resources)
        self._documented = documented
        self._base = _base_of(role, self._resources)
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
    def resources(self) -> Mapping[Any, FastAPISQLAlchemyResource]:
        """Role -> its resource."""
        return MappingProxyType(self._resources)

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
        return RoleDependency(self._role, made, documented=self._documented, base=self._base)

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

    def stream_dependency(
        self,
        item: Any,
        session: SessionDependency,
        *,
        format: StreamFormat = "ndjson",
        max_rows: int | None = LARGEST_STREAM,
        chunk_size: int = STREAM_CHUNK,
    ) -> RoleDependency[StreamingResponse]:
        """Gives a `StreamingResponse` of all rows that a filter leaves, as the role of a request may see them.

        Args:
            item: the response model of a row; or role -> its response model.
            session: the dependency that gives the session, sync or async.
            format: how rows are written.
            max_rows: the most rows; None lifts the limit.
            chunk_size: rows that are read at a time.

        Raises:
            ConfigurationError: a role has no item; else as `stream_dependency` of a resource.
        """
        items = self._items(item)
        return self.dependency(
            lambda role, resource: resource.stream_dependency(
                items[role], session, format=format, max_rows=max_rows, chunk_size=chunk_size
            )
        )

    def router(
        self, session: SessionDependency, *, item: Any = None, total: Total = True, total_limit: int | None = None
    ) -> APIRouter:
        """A ready router: the list, `/count`, and one row by its key, each as the role of a request may see it.

            app.include_router(posts.router(get_session), prefix="/posts")

        OpenAPI shows the item of the documented role.

        Args:
            session: the dependency that gives the session, sync or async.
            item: the response model of a row, or role -> response model; without it those of the resources.
            total: count the rows of all pages of the list.
            total_limit: stop counting there.

        Raises:
            ConfigurationError: a role has no item, the resources are of several models, or the total is impossible.
        """
        given = {role: resource.item for role, resource in self._resources.items()} if item is None else item
        items = self._items(given)
        for role, one in items.items():
            if one is None:
                raise ConfigurationError(f"by_role: the role {role!r} has no item")
        if len({resource.endpoint.model for resource in self._resources.values()}) > 1:
            raise ConfigurationError("by_role: a router is about one model, and the resources are about several")
        rows = {role: row_dependency(one.endpoint, items[role], session) for role, one in self._resources.items()}
        shown = rows[self._documented]
        return router_of(
            items[self._documented],
            session,
            page=self.page_dependency(items, session, total=total, total_limit=total_limit),
            count=self._count,
            rows=shown,
            row=None if shown is None else RoleRow(self._role, rows, shown, self._base),
            by_role=True,
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
        base: gives the statement of the role, where roles have factories of their own.

    Raises (when called):
        HTTPException: 403 for a role that has no dependency.
        CriteriaError: everything that is wrong with the request, answered with status 400 or 422.
    """

    def __init__(
        self,
        role: Callable[..., Any],
        dependencies: Mapping[Any, Reader[ResultT]],
        *,
        documented: Any,
        base: RoleBase | None = None,
    ) -> None:
        self._dependencies = dependencies
        self.documented: Reader[ResultT] = dependencies[documented]
        self.config: FastAPICriteriaConfig = self.documented.config
        signatures = {name: _with_base(dependency.__signature__, base) for name, dependency in dependencies.items()}
        parameters = dict(signatures[documented].parameters)
        self._slots = {name: _slots(parameters, signature) for name, signature in signatures.items()}
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
        if (dependency := of_role(self._dependencies, role)) is None:
            raise HTTPException(403, _FORBIDDEN)
        return dependency

    def _given_to(self, role: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        return {name: given[slot] for name, slot in self._slots[role].items()}


class RoleRow:
    """Reads one row as the role of a request may see it.

    Args:
        role: the FastAPI dependency that gives the role.
        rows: role -> what reads its row.
        documented: one of them, whose parameters OpenAPI shows.
        base: gives the statement of the role, where roles have factories of their own.

    Raises (when called):
        HTTPException: 403 for a role that may not use the list, 404 where it may see no row with this key.
    """

    def __init__(
        self,
        role: Callable[..., Any],
        rows: Mapping[Any, RowDependency | None],
        documented: RowDependency,
        base: RoleBase | None,
    ) -> None:
        self._rows = rows
        self._takes_base = {name: ROW_BASE in _parameters(row) for name, row in rows.items()}
        of_role = inspect.Parameter(_ROLE, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Any, Depends(role)])
        parameters = dict(_parameters(documented))
        if base is not None:
            parameters[ROW_BASE] = _base_parameter(ROW_BASE, base)
        self.__signature__: inspect.Signature = inspect.Signature([of_role, *parameters.values()])

    async def __call__(self, *, role: Any, **given: Any) -> Any:
        """Read the row."""
        if (row := of_role(self._rows, role)) is None:
            raise HTTPException(403, _FORBIDDEN)
        if not self._takes_base[role]:
            given.pop(ROW_BASE, None)
        return await row(**given)


def _refuse_others(role: object, resources: object) -> None:
    """Raise ConfigurationError for a role that is no dependency, and for values that are no resources."""
    if not callable(role):
        raise ConfigurationError(f"by_role: {role!r} is no dependency: give the function that gives the role")
    if not isinstance(resources, Mapping):
        raise ConfigurationError(f"by_role takes a mapping, role -> resource, not {resources!r}")
    for name, resource in cast("Mapping[object, object]", resources).items():
        if not isinstance(resource, FastAPISQLAlchemyResource):
            raise ConfigurationError(f"by_role: {resource!r} of the role {name!r} is no resource")


def _parameters(row: RowDependency | None) -> Mapping[str, inspect.Parameter]:
    return {} if row is None else row.__signature__.parameters


def _base_of(role: Callable[..., Any], resources: Mapping[Any, FastAPISQLAlchemyResource]) -> RoleBase | None:
    """The dependency that gives the statement of the role; None where all roles have the same factory."""
    bases = {name: resource.endpoint.base for name, resource in resources.items()}
    factories = {name: base.factory for name, base in bases.items() if base.per_request}
    shared = len(factories) in (0, len(resources)) and all(one is other for one, other in pairwise(factories.values()))
    return None if shared else RoleBase(role, factories)


def _with_base(signature: inspect.Signature, base: RoleBase | None) -> inspect.Signature:
    """A signature that takes the statement of the role, where it takes one."""
    if base is None:
        return signature
    taken = [
        _base_parameter(name, base) if name == BASE else parameter for name, parameter in signature.parameters.items()
    ]
    return signature.replace(parameters=taken)


def _base_parameter(name: str, base: RoleBase) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Any, Depends(base)])


def _is_mapping(item: object) -> bool:
    return isinstance(item, Mapping)


def _slots(parameters: dict[str, inspect.Parameter], signature: inspect.Signature) -> dict[str, str]:
    """Where a dependency finds what FastAPI gives it: its own parameter -> that of all roles together.

    Args:
        parameters: the parameters of all roles; those that are missing are added.
        signature: what the dependency of one role takes.
    """
    slots: dict[str, str] = {}
    for name, parameter in signature.parameters.items():
        if document_of(parameter) is not None or parameter.annotation is HTTPConnection:
            continue
        slot = next((key for key, known in parameters.items() if known.annotation == parameter.annotation), None)
        if slot is None:
            slot = name if name not in parameters else f"{name}_{len(parameters)}"
            parameters[slot] = parameter.replace(name=slot)
        slots[name] = slot
    return slots
