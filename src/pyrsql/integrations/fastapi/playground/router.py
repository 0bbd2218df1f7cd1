"""The playground as a router: one page, its style sheet and script, and their requests to the service."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from pyrsql.adapters.fastapi.config import Examples
from pyrsql.adapters.fastapi.signature import documented
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.cursor_page import CursorPageDependency
from pyrsql.integrations.fastapi.links import root_of
from pyrsql.integrations.fastapi.page import PageDependency
from pyrsql.integrations.fastapi.playground.assist import Answer, assist
from pyrsql.integrations.fastapi.playground.complete import offered_fields
from pyrsql.integrations.fastapi.playground.debug import statements_of
from pyrsql.integrations.fastapi.playground.lists import Listing, ListingDependency, Shown, candidates, listings
from pyrsql.integrations.fastapi.roles import RoleResources

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


def playground(*resources: Shown, title: str = "Playground", debug: bool = False) -> APIRouter:
    """A page on which a person writes filters and sorts and sees the rows of your own endpoints.

        app.include_router(playground(users, flights), prefix="/playground")

    The page sends what a client would send, with the `Authorization` header that its user gives it. It knows no more
    than OpenAPI says: the fields, operators and examples of the resources. Of resources by role it shows those of the
    client's role.

    Args:
        resources: those whose list endpoints are shown, in this order; `by_role(…)` counts as one.
        title: the head of the page.
        debug: show the SQL of each request with its parameters, the plan of the database, and the fields without an
            index. For development: SQL names columns and values that no client should see.

    Raises:
        ConfigurationError: no resource, or something else.
    """
    if not resources:
        raise ConfigurationError("a playground shows at least one resource")
    for resource in resources:
        if not isinstance(resource, Shown):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
            raise ConfigurationError(f"a playground shows resources, not {type(resource).__name__}")
    if not isinstance(debug, bool):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
        raise ConfigurationError(f"debug={debug!r}: it is True or False; the session is that of the list")
    router = APIRouter(include_in_schema=False)
    for path, (name, media_type) in _FILES.items():
        router.add_api_route(f"/{path}", _file(name, media_type), methods=["GET"])
    named = dict(_named(resources))

    @router.get("/resources")
    def list_resources(request: Request) -> Answer:
        routes = candidates(request.app)
        found = [
            _described(request, name, listing) for name, shown in named.items() for listing in listings(routes, shown)
        ]
        return {"title": title, "resources": found, **({"debug": True} if debug else {})}

    for name, shown in named.items():
        _add_help(router, name, shown)
        if debug:
            _add_debug(router, name, shown)
    return router


def _file(name: str, media_type: str) -> Any:
    content = files(_PACKAGE).joinpath(name).read_bytes()

    def send() -> Response:
        return Response(content, media_type=media_type, headers=SECURITY_HEADERS)

    return send


def _named(resources: tuple[Shown, ...]) -> Iterator[tuple[str, Shown]]:
    """Each resource by the name of its model, numbered where two have the same."""
    seen: dict[str, int] = {}
    for shown in resources:
        resource = shown.documented if isinstance(shown, RoleResources) else shown
        name = resource.endpoint.model.__name__.lower()
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), shown


def _add_help(router: APIRouter, name: str, shown: Shown) -> None:
    asking = Depends(_role_of(shown))

    @router.get(f"/resources/{name}/fields")
    def list_fields(request: Request, list: Annotated[str, Query()] = "", role: Any = asking) -> Answer:
        dependency = _listing(request, shown, list).of(role)
        schema = dependency.endpoint.schema
        return {
            "filter": [field["name"] for field in offered_fields(schema, "filter") if "==" in field["operators"]],
            "sort": [field["name"] for field in offered_fields(schema, "sort")],
            "examples": [example for part in ("filter", "sort") for example in _examples(dependency, part)],
        }

    @router.get(f"/resources/{name}/assist")
    def help_with_texts(
        request: Request,
        list: Annotated[str, Query()] = "",
        filter: Annotated[str, Query()] = "",
        sort: Annotated[str, Query()] = "",
        part: Annotated[str, Query()] = "",
        at: Annotated[int, Query(ge=0)] = 0,
        role: Any = asking,
    ) -> Answer:
        return assist(_listing(request, shown, list).of(role).endpoint.schema, filter, sort, part, at)


def _add_debug(router: APIRouter, name: str, shown: Shown) -> None:
    asking = Depends(_role_of(shown))

    # The query is that of the list, so the list stands in the path.
    @router.get(f"/resources/{name}/debug{{path:path}}")
    async def show_statements(request: Request, path: str, role: Any = asking) -> Answer:
        listing = _listing(request, shown, path)
        return await statements_of(request, listing.path, listing.of(role))


def _role_of(shown: Shown) -> Any:
    """The dependency that gives the role of a request, where there is one."""

    async def nobody() -> None:
        return None

    return shown.role if isinstance(shown, RoleResources) else nobody


def _listing(request: Request, shown: Shown, path: str) -> Listing:
    """A list of a resource, by its path; the first one without it.

    Raises:
        HTTPException: 404 without one. A resource that no route lists has no help: its fields may be for some
            clients only.
    """
    found = next((one for one in listings(candidates(request.app), shown) if path in ("", one.path)), None)
    if found is None:
        raise HTTPException(404)
    return found


def _described(request: Request, name: str, listing: Listing) -> Answer:
    config = listing.documented.endpoint.config
    cursor = isinstance(listing.documented, CursorPageDependency)
    return {
        "name": name,
        "list": listing.path,
        "title": listing.path.strip("/") or name,
        "url": quote(root_of(request) + listing.path),
        "paging": "cursor" if cursor else "page",
        "estimated": isinstance(listing.documented, PageDependency | CursorPageDependency)
        and listing.documented.totals.total == "estimated",
        "parameters": {
            "filter": config.filter_parameter,
            "sort": config.sort_parameter,
            "page": config.cursor_parameter if cursor else config.page_parameter,
            "size": config.size_parameter,
        },
        "size": config.default_page_size,
    }


def _examples(dependency: ListingDependency, part: str) -> Iterator[Answer]:
    parameter = documented(dependency.__signature__.parameters[part])
    examples: Examples = {} if parameter is None else parameter.examples
    for name, example in examples.items():
        if not name.startswith(("filter_by_", "sort_by_", "default_sort")):
            yield {"title": example.get("summary", name), part: example["value"]}
