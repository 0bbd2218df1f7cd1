"""The same parameters in a JSON body, for filters that are longer than a URL may be."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Generic, Protocol, TypeGuard, TypeVar, cast

from fastapi import Body
from fastapi.exceptions import RequestValidationError
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.parameters import ParameterValues, not_a_text
from pyrsql.adapters.fastapi.signature import EXTENSION, DocumentedParameter, LazySchema, documented
from pyrsql.adapters.fastapi.unknown import unknown_parameters
from pyrsql.errors import ConfigurationError
from pyrsql.problems import Problem, Source

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, which JSON can write and no database and no answer can hold."""

ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)


class Reader(Protocol[ResultT_co]):
    """A dependency of this library that reads filter, sort and page."""

    __signature__: inspect.Signature

    @property
    def config(self) -> FastAPICriteriaConfig:
        """The names, formats and bounds of the parameters."""
        ...

    @property
    def read(self) -> Callable[..., Awaitable[ResultT_co]]:
        """Read the values of the parameters, wherever the request has them."""
        ...


def in_body(dependency: Reader[ResultT]) -> BodyDependency[ResultT]:
    """The same dependency, but it reads its parameters from a JSON object.

        @app.post("/users/search")
        async def search_users(
            statement: Annotated[Select[Any], Depends(in_body(integration.select_dependency(User)))],
        ) -> list[UserOut]: ...

    A request sends `{"filter": "name==demo*", "sort": "-age", "page": 0, "size": 20}`; a list stands for a repeated
    parameter. The values are validated as in a query; a body that is no JSON object is a 422 of FastAPI's own kind.

    Args:
        dependency: any dependency of this library that reads filter, sort and page.

    Raises:
        ConfigurationError: it is none.
    """
    if not all(hasattr(dependency, name) for name in ("read", "config", "__signature__")):
        raise ConfigurationError(f"in_body takes a dependency such as resource.select_dependency(), not {dependency!r}")
    return BodyDependency(dependency)


class BodyDependency(Generic[ResultT]):
    """A dependency that reads its parameters from a JSON object; `in_body` makes one."""

    def __init__(self, dependency: Reader[ResultT]) -> None:
        self._dependency = dependency
        given = dependency.__signature__.parameters
        self._ours: dict[Source, DocumentedParameter] = {
            cast("Source", name): document
            for name, parameter in given.items()
            if (document := documented(parameter)) is not None
        }
        body = inspect.Parameter(
            "body",
            inspect.Parameter.KEYWORD_ONLY,
            # FastAPI would repeat a body that is no object in its answer, which fails for a lone surrogate.
            annotation=Annotated[Any, LazySchema(self._schema), Body()],
        )
        # A dependency that reads the body takes no connection.
        others = [
            parameter
            for name, parameter in given.items()
            if name not in self._ours and parameter.annotation is not HTTPConnection
        ]
        self._defaults = {name: given[name].default for name in self._ours}
        self.__signature__: inspect.Signature = inspect.Signature([*others, body])

    async def __call__(self, *, body: Any, **others: Any) -> ResultT:
        """Read the body as the dependency would read a query."""
        if not _is_object(body):
            fault = {"type": "dict_type", "loc": ("body",), "msg": "Input should be a JSON object", "input": None}
            raise RequestValidationError([fault])
        given: dict[Source, list[str]] = {}
        problems: list[Problem] = []
        for name, document in self._ours.items():
            values = _values(body.get(document.alias))
            surrogates = [found for value in values for found in _SURROGATE.findall(value)]
            if surrogates:
                problems.append(not_a_text(name, f"\\u{ord(surrogates[0]):04x}"))
            elif values:
                given[name] = values
        own = {document.alias for document in self._ours.values()}
        refused, undeclared = unknown_parameters(self._dependency.config, body.items(), own)
        return await self._dependency.read(ParameterValues(given, (*problems, *refused), undeclared), **others)

    def _schema(self) -> dict[str, Any]:
        properties = {
            document.alias: _property(document, self._defaults[name]) for name, document in self._ours.items()
        }
        return {"type": "object", "properties": properties, EXTENSION: {"role": "body"}}


def _values(value: Any) -> list[str]:
    """A value as a query would give it, repeated as often as there are items in a list; not at all where it is null.

    A value that is not text becomes its JSON text, and is validated as that text.
    """
    items = value if _is_list(value) else [value]
    return [_query_text(item) for item in items if item is not None]


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _query_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _property(document: DocumentedParameter, default: int | None) -> dict[str, Any]:
    examples = [example["value"] for example in document.examples.values() if "value" in example]
    return {
        **document.schema(),
        "description": document.description,
        **({} if default is None else {"default": default}),
        **({"examples": examples} if examples else {}),
    }
