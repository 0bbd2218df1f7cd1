"""The lists of a service that show a resource: the routes that use its dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, routing
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from pyrsql.integrations.fastapi.cursor_page import CursorPageDependency
from pyrsql.integrations.fastapi.dependency import EndpointDependency
from pyrsql.integrations.fastapi.endpoint import Endpoint
from pyrsql.integrations.fastapi.page import PageDependency
from pyrsql.integrations.fastapi.resource import FastAPISQLAlchemyResource
from pyrsql.integrations.fastapi.roles import RoleDependency, RoleResources

Shown = FastAPISQLAlchemyResource | RoleResources
"""A resource, or the resources of several roles, of which each request sees its own."""

ListingDependency = PageDependency[Any] | CursorPageDependency[Any] | EndpointDependency[Any]
"""The dependency of a list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of a service.

    Args:
        path: of its route.
        dependency: reads its requests, by role where the resource is one of several roles.
    """

    path: str
    dependency: ListingDependency | RoleDependency[Any]

    @property
    def documented(self) -> ListingDependency:
        """The dependency that OpenAPI shows."""
        found: ListingDependency = _documented(self.dependency)
        return found

    def of(self, role: Any) -> ListingDependency:
        """The dependency of a role.

        Raises:
            HTTPException: 403 for a role that may not use the list.
        """
        if not isinstance(self.dependency, RoleDependency):
            return self.dependency
        found: Any = self.dependency.of(role)
        return cast("ListingDependency", found)


Candidates = list[tuple[str, list[Any]]]
"""The routes of a service that may be lists: each path, and the dependencies of its route that give rows."""


_GIVE_ROWS = (PageDependency, CursorPageDependency, EndpointDependency, RoleDependency)


def candidates(app: FastAPI) -> Candidates:
    """The GET routes without parameters in the path."""
    found: Candidates = [
        (path, [call for call in _dependencies(route.dependant) if isinstance(call, _GIVE_ROWS)])
        for path, route in _routes(app.routes)
        if "GET" in (route.methods or ()) and "{" not in path
    ]
    return [(path, dependencies) for path, dependencies in found if dependencies]


def listings(routes: Candidates, shown: Shown) -> Iterator[Listing]:
    """The lists of a resource among the routes of a service."""
    for path, dependencies in routes:
        found = next((one for one in dependencies if _lists(one, shown)), None)
        if found is not None:
            yield Listing(path, found)


def _routes(routes: Any) -> Iterator[tuple[str, APIRoute]]:
    """The operations of an application with their paths, those of included routers too."""
    # FastAPI keeps included routers as they are; older versions copy their routes.
    contexts: Any = getattr(routing, "iter_route_contexts", None)
    for found in routes if contexts is None else contexts(routes):
        route = found if contexts is None else found.original_route
        if isinstance(route, APIRoute):
            yield found.path, route


def _dependencies(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _dependencies(inner)


def _documented(dependency: Any) -> Any:
    return cast("Any", dependency).documented if isinstance(dependency, RoleDependency) else dependency


def _lists(call: Any, shown: Shown) -> bool:
    """Whether a dependency gives the rows of a resource."""
    if isinstance(shown, RoleResources) is not isinstance(call, RoleDependency):
        return False
    resource = shown.documented if isinstance(shown, RoleResources) else shown
    dependency = _documented(call)
    if isinstance(dependency, PageDependency | CursorPageDependency):
        endpoint: Endpoint = dependency.endpoint
        return endpoint.base is resource.endpoint.base
    return dependency in (resource.select_dependency(), resource.paginated_select_dependency())
