"""Completes an OpenAPI document, and answers as RFC 9457 describes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from pyrsql.adapters.fastapi.fields import listing
from pyrsql.adapters.fastapi.responses import DESCRIPTIONS, CriteriaError, CriteriaErrorResponse, ProblemDetails
from pyrsql.adapters.fastapi.signature import EXTENSION
from pyrsql.errors import ConfigurationError

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class DocumentedHandler:
    """An exception handler whose answer stands in the OpenAPI document of its application.

    Args:
        answer: makes the answer.
        status: its status.
        description: when it is given.
        model: its body.
        problem_model: its body as `application/problem+json`.
    """

    answer: Callable[[Request, Exception], Awaitable[Response]]
    status: int
    description: str
    model: type[BaseModel]
    problem_model: type[BaseModel]

    async def __call__(self, request: Request, error: Exception) -> Response:
        """Answer a request that has failed."""
        return await self.answer(request, error)


def install_openapi(app: FastAPI) -> None:
    """Complete the OpenAPI document of an application, once for all its routes and routers.

    Every operation with a filter gets the answers 400 and 422, and its fields stand in the description of the
    filter and the sort. Answers that a route declares itself, also for `4XX` or `default`, stay beside those of pyrsql.
    A route with parameters of its own keeps FastAPI's answer 422 too. With `database_error_handler(app)` these
    operations have the answer 503, unless a route declares one itself.

    Args:
        app: the application. Its routes may be added before or after.

    Raises:
        ConfigurationError: it is no application.
    """
    if not hasattr(app, "openapi"):
        raise ConfigurationError(f"install_openapi completes the document of an application, and {app!r} has none")
    if not isinstance(app.openapi, _CompleteDocument):
        app.openapi = _CompleteDocument(app, app.openapi)  # type: ignore[method-assign]  # FastAPI documents it


@dataclass(frozen=True, slots=True)
class _CompleteDocument:
    """Stands in for `app.openapi`, which is how FastAPI wants its document to be extended."""

    app: FastAPI
    generate: Callable[[], dict[str, Any]]

    def __call__(self) -> dict[str, Any]:
        # FastAPI keeps the document that it generates; it stays as it is.
        document = deepcopy(self.generate())
        handlers = self.app.exception_handlers
        documented = dict.fromkeys(one for one in handlers.values() if isinstance(one, DocumentedHandler))
        _complete(document, documented, problem_details=CriteriaError in handlers)
        return document


def _complete(document: dict[str, Any], handlers: Iterable[DocumentedHandler], *, problem_details: bool) -> None:
    components: dict[str, Any] = document.get("components", {}).get("schemas", {})
    operations = [operation for operation in _operations(document) if any(_parameters(operation, components))]
    if not operations:
        return
    components = document.setdefault("components", {}).setdefault("schemas", {})
    model = ProblemDetails if problem_details else CriteriaErrorResponse
    media_type = PROBLEM_JSON if problem_details else "application/json"
    content = {media_type: {"schema": {"$ref": _reference(_add_schema(components, model))}}}
    ours = CriteriaErrorResponse.__name__
    by_hand = _of_json(ours) if components.get(ours) == _schemas(CriteriaErrorResponse)[ours] else None
    for operation in operations:
        _describe_parameters(operation, components)
        _add_responses(operation, content, by_hand)
    for handler in handlers:
        shown = _reference(_add_schema(components, handler.problem_model if problem_details else handler.model))
        response = {media_type: {"schema": {"$ref": shown}}}
        for operation in operations:
            responses = operation["responses"]
            if str(handler.status) not in responses:
                _add_response(responses, handler.status, handler.description, response)


def _add_schema(components: dict[str, Any], model: type[BaseModel]) -> str:
    """Add the schema of a model, and give its name. Where the application has another one of that name, both stay."""
    schemas = _schemas(model)
    names = {
        name: name if components.get(name, schema) == schema else f"pyrsql__{name}" for name, schema in schemas.items()
    }
    for name, schema in schemas.items():
        components[names[name]] = _renamed(schema, {_reference(old): _reference(new) for old, new in names.items()})
    return names[model.__name__]


def _schemas(model: type[BaseModel]) -> dict[str, Any]:
    """The schemas of a model and of its parts, by name."""
    own = model.model_json_schema(mode="serialization", ref_template=_reference("{model}"))
    return {**own.pop("$defs", {}), model.__name__: own}


def _renamed(schema: object, references: dict[str, str]) -> Any:
    match schema:
        case dict():
            items = cast("dict[str, Any]", schema).items()
            return {
                key: references.get(value, value) if key == "$ref" else _renamed(value, references)
                for key, value in items
            }
        case list():
            return [_renamed(value, references) for value in cast("Sequence[object]", schema)]
        case _:
            return schema


def _reference(name: str) -> str:
    return f"#/components/schemas/{name}"


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        yield from (operation for operation in path.values() if isinstance(operation, dict))


_Extended = tuple[dict[str, Any], dict[str, Any]]


def _parameters(operation: dict[str, Any], components: dict[str, Any]) -> Iterator[_Extended]:
    """Each parameter of pyrsql in the query or body of an operation, with its extension."""
    for parameter in operation.get("parameters", ()):
        if EXTENSION in parameter.get("schema", {}):
            yield parameter, parameter["schema"][EXTENSION]
    whole = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    # FastAPI makes one body of several, with a component of its own.
    whole = components.get(whole.get("$ref", "").removeprefix(_reference("")), whole)
    for body in (whole, *whole.get("properties", {}).values()):
        if body.get(EXTENSION, {}).get("role") == "body":
            yield from ((found, found[EXTENSION]) for found in body["properties"].values())


def _describe_parameters(operation: dict[str, Any], components: dict[str, Any]) -> None:
    for parameter, extension in _parameters(operation, components):
        fields = listing(extension)
        # An application that generates its document itself may have left the description out.
        written = parameter.get("description", "")
        if fields and fields not in written:
            parameter["description"] = f"{written}\n\n{fields}".lstrip()


def _add_responses(operation: dict[str, Any], content: dict[str, Any], by_hand: dict[str, Any] | None) -> None:
    """Add the answers 400 and 422, in place of those that a route has of pyrsql's own models, and of FastAPI's 422.

    Args:
        operation: of the route.
        content: of the answers.
        by_hand: the content that `error_responses` gives a route; None where no route has it.
    """
    responses: dict[str, Any] = operation.setdefault("responses", {})
    for status, description in DESCRIPTIONS.items():
        declared = responses.get(str(status), {})
        if declared == _OF_FASTAPI:
            # It has no description to keep.
            responses[str(status)] = {"content": declared["content"] if _has_other_input(operation) else {}}
        elif by_hand and declared.get("content") == by_hand:
            declared["content"] = {}
        _add_response(responses, status, description, content)


def _add_response(responses: dict[str, Any], status: int, description: str, content: dict[str, Any]) -> None:
    """Add an answer of pyrsql's own, beside what the route declares for the status: by its number, for all of its
    hundred, or for all that it does not name.
    """
    of_hundred = responses.get(f"{status // 100}XX", responses.get("default", {}))
    declared: dict[str, Any] = responses.get(str(status), of_hundred)
    # A reference has nothing beside it.
    if "$ref" not in declared:
        both = _either(content, declared.get("content", {}))
        responses[str(status)] = {"description": description, **declared, "content": both}


def _either(content: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The bodies of two contents, one or the other where both have a media type."""
    both = {
        media_type: {**other[media_type], "schema": _any_of(content[media_type], other[media_type])}
        for media_type in content.keys() & other.keys()
    }
    return {**content, **other, **both}


def _any_of(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = one["schema"]
    others: dict[str, Any] = other.get("schema", {})
    if others in ({}, schema):
        return schema
    further: list[Any] = others.get("anyOf", [others])
    return {"anyOf": [schema, *(each for each in further if each != schema)]}


def _has_other_input(operation: dict[str, Any]) -> bool:
    """Whether FastAPI validates something in this operation: it never refuses a value of pyrsql's
    own parameters.
    """
    return "requestBody" in operation or any(
        EXTENSION not in parameter.get("schema", {}) for parameter in operation.get("parameters", ())
    )


def _of_json(model: str) -> dict[str, Any]:
    """The content of an answer with the body of a model."""
    return {"application/json": {"schema": {"$ref": _reference(model)}}}


_OF_FASTAPI = {"description": "Validation Error", "content": _of_json("HTTPValidationError")}
"""The answer 422 that FastAPI adds to a route which declares none."""


def install_problem_details(app: FastAPI) -> None:
    """Make an application answer requests that cannot be served with `application/problem+json`, and document
    it.

    Args:
        app: the application; mounted applications have handlers of their own.

    Raises:
        ConfigurationError: it is no application.
    """
    install_openapi(app)
    app.add_exception_handler(CriteriaError, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CriteriaError)
    body = ProblemDetails(status=error.status_code, **error.body.model_dump())
    return JSONResponse(body.model_dump(), error.status_code, media_type=PROBLEM_JSON)
