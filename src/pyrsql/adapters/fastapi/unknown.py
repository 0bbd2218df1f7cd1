"""Parameters that no part of a route declares: pieces of a filter with an unescaped `&`, and names from other services.

An endpoint that ignores these pieces would answer the rest of the filter, with more rows than the client wants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.problems import Source, UnknownParameter

LONGEST_NAME = 40
"""Characters of an unknown name that an answer repeats."""

MOST_NAMES = 20
"""Names that are not suspicious in themselves, of which an endpoint may find out whether they are fields."""

_IN_FILTERS = frozenset("<>!;()")
"""Characters of a filter that hardly any parameter has in its name."""

_NAMES: dict[Source, tuple[str, ...]] = {
    "filter": ("filters", "where", "q", "query", "search", "rsql", "fiql"),
    "sort": ("order", "orderby", "ordering", "sortby"),
    "page": ("offset", "skip", "pagenumber"),
    "size": ("limit", "top", "take", "pagesize", "perpage"),
    "cursor": ("after", "before", "startingafter", "endingbefore", "pagetoken"),
}
_ELSEWHERE: dict[str, Source] = {name: source for source, names in _NAMES.items() for name in names}
"""Names that other services give to a parameter of pyrsql, without case and the signs between their words."""

_BETWEEN_WORDS = str.maketrans("", "", "_-$")

_DIRECTIONS = ("asc", "desc", "ascending", "descending")

_ROWS = ("offset", "skip")
"""Names for a number of rows, where a page has a number of its own."""

_ESCAPE = "A filter ends at the first '&': write ';' for AND, and '%26' for the character '&' in a value."


def unknown_parameters(
    config: FastAPICriteriaConfig, items: Iterable[tuple[str, object]], declared: Collection[str]
) -> tuple[list[UnknownParameter], tuple[str, ...]]:
    """The parameters of a request that nothing declares.

    Args:
        config: says which of them are refused, and gives the names and operators of pyrsql's own parameters.
        items: each name and value of the request that is not one of pyrsql's parameters.
        declared: the names that the route declares.

    Returns:
        The problems of those that are refused, and the names of the first others.
    """
    refused: list[UnknownParameter] = []
    others: list[str] = []
    for name, value in items if config.unknown_parameters != "ignore" else ():
        if name in declared:
            continue
        source, hint = _suspicion(config, name, value, declared)
        if hint is None and config.unknown_parameters != "refuse":
            if len(others) < MOST_NAMES:
                others.append(name)
            continue
        refused.append(unknown_parameter(source, name, hint))
        if len(refused) == config.max_problems:
            break
    return refused, tuple(others)


def unknown_parameter(source: Source, name: str, hint: str | None) -> UnknownParameter:
    """The problem of a parameter that nothing declares."""
    return UnknownParameter(source=source, parameter=_shown(name), hint=hint)


def _suspicion(
    config: FastAPICriteriaConfig, name: str, value: object, declared: Collection[str]
) -> tuple[Source, str | None]:
    """The part of the request that a parameter was meant for, and a hint; no hint where it looks like any other."""
    if not _IN_FILTERS.isdisjoint(name) or _completes_operator(config, value):
        return "filter", _ESCAPE
    if isinstance(value, str) and value.lower() in _DIRECTIONS and (own := _own(config, "sort")) in declared:
        return "sort", f"Write the direction in '{own}', as in {own}=-name or {own}=name,desc."
    # `page[size]`, `filter[name]` and `sort[]`: names of other services may have brackets, too.
    outer, *inner = name.rstrip("]").split("[")
    meant = _meant(config, outer)
    if meant is None:
        return "filter", None
    if inner and (further := _meant(config, inner[0])) is not None:
        outer, meant = inner[0], further
    own = _own(config, meant)
    if own not in declared:
        return meant, "This list does not take it."
    if inner and meant == "filter" and inner[0]:
        return meant, f"Write the comparison as the value of '{own}', as in {own}=name==demo."
    if outer.lower().lstrip("$") in _ROWS:
        return meant, f"Write the number of the page in '{own}'; '{_own(config, 'size')}' is the number of its rows."
    return meant, f"Did you mean '{own}'?"


def _own(config: FastAPICriteriaConfig, source: Source) -> str:
    """The name of a parameter of pyrsql's own."""
    return next(own for own, one in config.sources.items() if one == source)


def _meant(config: FastAPICriteriaConfig, name: str) -> Source | None:
    """The part of a request that a name stands for here, in other case or with other signs, or in other services."""
    words = name.lower().translate(_BETWEEN_WORDS)
    for own, source in config.sources.items():
        if words and words == own.lower().translate(_BETWEEN_WORDS):
            return source
    return _ELSEWHERE.get(words)


def _completes_operator(config: FastAPICriteriaConfig, value: object) -> bool:
    """Whether name, `=` and value are a comparison: `b==2` and `b=gt=2` have the values `=2` and `gt=2`."""
    if not isinstance(value, str) or "=" not in value[:LONGEST_NAME]:
        return False
    return any(
        spelling.startswith("=") and value.startswith(spelling[1:])
        for operator in config.query_options.operators
        for spelling in operator.spellings
    )


def _shown(name: str) -> str:
    """A name as an answer repeats it: short, and of characters that JSON can hold."""
    short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return short.encode("utf-8", "replace").decode("utf-8")


def declared_parameters(connection: HTTPConnection) -> frozenset[str]:
    """The names of query parameters that the route of a request declares, with all that it depends on."""
    scope = connection.scope
    # FastAPI keeps what `include_router` adds to a route beside the route.
    routes = (scope.get("route"), scope.get("fastapi", {}).get("effective_route_context"))
    return frozenset(name for route in routes for name in _of_dependant(getattr(route, "dependant", None)))


def _of_dependant(dependant: Any) -> Iterator[str]:
    if dependant is None:
        return
    for field in dependant.query_params:
        yield from _of_field(field)
    scheme = getattr(dependant.call, "model", None)
    if getattr(getattr(scheme, "in_", None), "value", None) == "query":
        yield getattr(scheme, "name", "")
    # A dependency that solves others when it is called.
    for below in (*dependant.dependencies, *getattr(dependant.call, "dependants", ())):
        yield from _of_dependant(below)


def _of_field(field: Any) -> Iterator[str]:
    """The names of one parameter, or of the fields of a model that stands for several."""
    yield field.alias
    annotation = field.field_info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            yield name
            for alias in (info.alias, info.validation_alias):
                if isinstance(alias, str):
                    yield alias
