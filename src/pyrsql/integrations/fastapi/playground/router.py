"""The playground as a router: one page, its style sheet and script, and what they ask the service."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response, routing
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from pyrsql.adapters.fastapi.config import Examples
from pyrsql.adapters.fastapi.signature import documented
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.page import PageDependency
from pyrsql.integrations.fastapi.playground.assist import Answer, assist
from pyrsql.integrations.fastapi.playground.complete import offered_fields
from pyrsql.integrations.fastapi.resource import FastAPISQLAlchemyResource
from pyrsql.models.schema import Schema

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Sent with the page and its files: nothing comes from another host, and nothing stands in the page itself."""

_PACKAGE = "pyrsql.integrations.fastapi.playground"
_FILES = {
    "": ("page.html", "text/html"),
    "playground.css": ("playground.css", "text/css"),
    "playground.js": ("playground.js", "text/javascript"),
}


def playground(*resources: FastAPISQLAlchemyResource, title: str = "Playground") -> APIRouter:
    """A page on which a person writes filters and sorts and sees the rows of your own endpoints.

        app.include_router(playground(users, flights), prefix="/playground")

    The page sends what a client would send, with the `Authorization` header that its user gives it. It knows no more
    than OpenAPI says: the fields, operators and examples of the resources.

    Args:
        resources: those whose list endpoints are shown, in this order.
        title: the head of the page.

    Raises:
        ConfigurationError: no resource, or something else, such as the resources of several roles.
    """
    if not resources:
        raise ConfigurationError("a playground shows at least one resource")
    for resource in resources:
        if not isinstance(resource, FastAPISQLAlchemyResource):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                f"a playground shows resources, not {type(resource).__name__}: the fields of by_role depend on the role"
            )
    router = APIRouter(include_in_schema=False)
    for path, (name, media_type) in _FILES.items():
        router.add_api_route(f"/{path}", _file(name, media_type), methods=["GET"])
    named = dict(_named(resources))

    @router.get("/resources")
    def list_resources(request: Request) -> Answer:
        found = (_described(request, name, resource) for name, resource in named.items())
        return {"title": title, "resources": [one for one in found if one is not None]}

    for name, resource in named.items():
        _add_help(router, name, resource)
    return router


def _file(name: str, media_type: str) -> Any:
    content = files(_PACKAGE).joinpath(name).read_bytes()

    def send() -> Response:
        return Response(content, media_type=media_type, headers=SECURITY_HEADERS)

    return send


def _named(resources: tuple[FastAPISQLAlchemyResource, ...]) -> Iterator[tuple[str, FastAPISQLAlchemyResource]]:
    """Each resource by the name of its model, numbered where two have the same."""
    seen: dict[str, int] = {}
    for resource in resources:
        name = resource.endpoint.model.__name__.lower()
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), resource


def _add_help(router: APIRouter, name: str, resource: FastAPISQLAlchemyResource) -> None:
    @router.get(f"/{name}/fields")
    def list_fields(request: Request) -> Answer:
        schema = _schema(request, resource)
        return {
            "filter": [field["name"] for field in offered_fields(schema, "filter") if "==" in field["operators"]],
            "sort": [field["name"] for field in offered_fields(schema, "sort")],
        }

    @router.get(f"/{name}/assist")
    def help_with_texts(
        request: Request,
        filter: Annotated[str, Query()] = "",
        sort: Annotated[str, Query()] = "",
        part: Annotated[str, Query()] = "",
        at: Annotated[int, Query(ge=0)] = 0,
    ) -> Answer:
        return assist(_schema(request, resource), filter, sort, part, at)


def _schema(request: Request, resource: FastAPISQLAlchemyResource) -> Schema:
    """The schema of the list of a resource: its response model may close what the resource itself leaves open.

    A resource that no route lists has no help: its fields may be for some clients only.
    """
    found = _listing(request, resource)
    if found is None:
        raise HTTPException(404)
    return found[1].endpoint.schema


def _described(request: Request, name: str, resource: FastAPISQLAlchemyResource) -> Answer | None:
    """A resource and the route that lists it; None where the service has no route for it."""
    found = _listing(request, resource)
    if found is None:
        return None
    path, dependency = found
    url = request.scope.get("root_path", "") + path
    return {"name": name, "title": path.strip("/"), "url": url, **_parameters(dependency)}


def _listing(request: Request, resource: FastAPISQLAlchemyResource) -> tuple[str, PageDependency[Any]] | None:
    """The path of the route that lists a resource, and its dependency."""
    for path, route in _routes(request.app.routes):
        if "GET" in (route.methods or ()) and "{" not in path:
            dependency = next(_page_dependencies(route.dependant, resource), None)
            if dependency is not None:
                return path, dependency
    return None


def _routes(routes: Any) -> Iterator[tuple[str, APIRoute]]:
    """The operations of an application with their paths, those of included routers too."""
    # FastAPI keeps included routers as they are; older versions copy their routes.
    contexts: Any = getattr(routing, "iter_route_contexts", None)
    for found in routes if contexts is None else contexts(routes):
        route = found if contexts is None else found.original_route
        if isinstance(route, APIRoute):
            yield found.path, route


def _page_dependencies(dependant: Dependant, resource: FastAPISQLAlchemyResource) -> Iterator[PageDependency[Any]]:
    for inner in dependant.dependencies:
        call: Any = inner.call
        if type(call) is PageDependency and call.endpoint.base is resource.endpoint.base:
            yield call
        yield from _page_dependencies(inner, resource)


def _parameters(dependency: PageDependency[Any]) -> Answer:
    config = dependency.endpoint.config
    return {
        "paging": "page",
        "estimated": dependency.totals.total == "estimated",
        "parameters": {
            "filter": config.filter_parameter,
            "sort": config.sort_parameter,
            "page": config.page_parameter,
            "size": config.size_parameter,
        },
        "size": config.default_page_size,
        "examples": [example for part in ("filter", "sort") for example in _examples(dependency, part)],
    }


def _examples(dependency: PageDependency[Any], part: str) -> Iterator[Answer]:
    parameter = documented(dependency.__signature__.parameters[part])
    examples: Examples = {} if parameter is None else parameter.examples
    for name, example in examples.items():
        if not name.startswith(("filter_by_", "sort_by_", "default_sort")):
            yield {"title": example.get("summary", name), part: example["value"]}
