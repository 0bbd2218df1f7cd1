"""The parameters that a dependency declares to FastAPI: enough for OpenAPI, nothing for FastAPI to refuse."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import Examples, FastAPICriteriaConfig, SortParameterFormat

EXTENSION = "x-pyrsql"
"""The OpenAPI extension in which a parameter's schema says what may stand in it."""

FILTER_DESCRIPTION = (
    "Keeps the rows that an RSQL filter is true for. A comparison is `field operator value`, such as "
    "`name==demo*` or `age=in=(30,40)`; `;` is *and*, `,` is *or*, parentheses group, and a value with blanks "
    "or reserved characters stands in quotes."
)
SORT_DESCRIPTION = "Sorts the rows: `name`, `name,desc` or `-name`; `company.name,asc,ic,nullsfirst`."


@dataclass(frozen=True, slots=True)
class ParameterDocs:
    """The documentation of one endpoint's filter and sort in OpenAPI.

    Args:
        filter_description: the description of the filter, for people.
        sort_description: the description of the sort.
        filter_examples: examples of it.
        sort_examples: examples of it.
        filter_extension: gives the value of `x-pyrsql` at the filter. It is called when the document is
            made, not before: by then all models are there.
        sort_extension: the same at the sort.
    """

    filter_description: str = FILTER_DESCRIPTION
    sort_description: str = SORT_DESCRIPTION
    filter_examples: Examples = field(default_factory=dict[str, Mapping[str, Any]])
    sort_examples: Examples = field(default_factory=dict[str, Mapping[str, Any]])
    filter_extension: Callable[[], dict[str, Any]] = dict
    sort_extension: Callable[[], dict[str, Any]] = dict


NO_DOCS = ParameterDocs()
"""The documentation that fits any endpoint."""


Paging = Literal["page", "cursor", "none"]
"""How a list is paged: by number, by cursor, or not at all."""


def signature(config: FastAPICriteriaConfig, documents: ParameterDocs, paging: Paging = "page") -> inspect.Signature:
    """The signature of a dependency that takes filter, sort and a page under the names of the configuration.

    FastAPI sees texts, which it accepts in every request; OpenAPI sees the real types. The values are
    read from the request itself: FastAPI would drop all but the last value of a repeated parameter.
    """
    repeated = config.sort_parameter_format is SortParameterFormat.REPEATED
    longest = config.query_options.parse_limits.query_length

    def filter_schema() -> dict[str, Any]:
        limits = {} if longest is None else {"maxLength": longest}
        return {"type": "string", **limits, EXTENSION: {"role": "filter", **documents.filter_extension()}}

    def sort_schema() -> dict[str, Any]:
        kind = {"type": "array", "items": {"type": "string"}} if repeated else {"type": "string"}
        return {**kind, EXTENSION: {"role": "sort", **documents.sort_extension()}}

    summary, blank, fields = documents.sort_description.partition("\n\n")
    separator = "Repeat it for more keys." if repeated else "`;` separates keys."
    sort_description = f"{summary} {separator}{blank}{fields}"
    return inspect.Signature(
        [
            keyword_only("connection", HTTPConnection),
            _parameter(
                "filter",
                config.filter_parameter,
                documents.filter_description,
                {**documents.filter_examples, **(config.filter_openapi_examples or {})},
                filter_schema,
            ),
            _parameter(
                "sort",
                config.sort_parameter,
                sort_description,
                {**documents.sort_examples, **(config.sort_openapi_examples or {})},
                sort_schema,
            ),
            *_paging_parameters(config, paging),
        ]
    )


def keyword_only(name: str, annotation: Any) -> inspect.Parameter:
    """A parameter that is given by its name, as FastAPI gives all of them."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _paging_parameters(config: FastAPICriteriaConfig, paging: Paging) -> Iterator[inspect.Parameter]:
    if paging == "none":
        return
    if paging == "page":
        yield _parameter(
            "page",
            config.page_parameter,
            f"Number of the page, from {config.first_page}.",
            config.page_openapi_examples,
            lambda: _page_schema(config),
            None if config.default_page_size is None else config.first_page,
        )
    else:
        yield _parameter(
            "cursor",
            config.cursor_parameter,
            "Where the page begins: `next` or `prev` of a page before, with the same filter and sort. Without it the"
            " first page.",
            None,
            lambda: _cursor_schema(config),
        )
    yield _parameter(
        "size",
        config.size_parameter,
        "Rows on a page.",
        config.size_openapi_examples,
        lambda: _size_schema(config),
        config.default_page_size,
    )


@dataclass(frozen=True)
class LazySchema:
    """Stands in for the JSON schema that pydantic would make; pydantic calls it when the document is made."""

    schema: Callable[[], dict[str, Any]]

    def __get_pydantic_json_schema__(self, core_schema: object, handler: object) -> dict[str, Any]:
        return self.schema()


@dataclass(frozen=True)
class DocumentedParameter(LazySchema):
    """The documentation of one of the four parameters in OpenAPI."""

    alias: str
    description: str
    examples: Examples


def documented(parameter: inspect.Parameter) -> DocumentedParameter | None:
    """The documentation of a parameter in OpenAPI, when it is one of the four."""
    metadata: tuple[object, ...] = getattr(parameter.annotation, "__metadata__", ())
    return next((found for found in metadata if isinstance(found, DocumentedParameter)), None)


def _parameter(
    name: str,
    alias: str,
    description: str,
    examples: Examples | None,
    schema: Callable[[], dict[str, Any]],
    default: int | None = None,
) -> inspect.Parameter:
    shown: Any = {key: dict(example) for key, example in examples.items()} if examples else None
    document = DocumentedParameter(schema, alias, description, examples or {})
    query = Query(alias=alias, description=description, openapi_examples=shown)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        # FastAPI 0.115 validates a default as a value; so does 0.121.
        annotation=Annotated[str if default is None else str | int, document, query],
    )


def _page_schema(config: FastAPICriteriaConfig) -> dict[str, Any]:
    bounds = {"minimum": config.first_page, "maximum": config.largest_page}
    return {"type": "integer", "format": "int64", **bounds, EXTENSION: {"role": "page"}}


def _cursor_schema(config: FastAPICriteriaConfig) -> dict[str, Any]:
    bounds = {} if config.cursor_length is None else {"maxLength": config.cursor_length}
    return {"type": "string", **bounds, EXTENSION: {"role": "cursor"}}


def _size_schema(config: FastAPICriteriaConfig) -> dict[str, Any]:
    bounds = {"minimum": 1, "maximum": config.largest_size}
    return {"type": "integer", "format": "int64", **bounds, EXTENSION: {"role": "size"}}
