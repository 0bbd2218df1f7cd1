"""Completes an OpenAPI document, and answers as RFC 9457 describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from pyrsql.adapters.fastapi.fields import listing
from pyrsql.adapters.fastapi.responses import DESCRIPTIONS, CriteriaError, CriteriaErrorResponse, ProblemDetails
from pyrsql.adapters.fastapi.signature import EXTENSION

PROBLEM_JSON = "application/problem+json"
_REFERENCE = "#/components/schemas/"


def install_openapi(app: FastAPI) -> None:
    """Complete the OpenAPI document of an application, once for all its routes and routers.

    Every operation with a filter gets the answers 400 and 422, and its fields stand in the description of the
    filter and the sort. A route that has parameters of its own keeps FastAPI's answer 422 beside ours.

    Args:
        app: the application. Its routes may be added before or after.
    """
    if not isinstance(app.openapi, _CompleteDocument):
        app.openapi = _CompleteDocument(app, app.openapi)  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class _CompleteDocument:
    """Stands in for `app.openapi`, which is how FastAPI wants its document to be extended."""

    app: FastAPI
    generate: Callable[[], dict[str, Any]]

    def __call__(self) -> dict[str, Any]:
        # FastAPI keeps the document that it generates; it stays as it is.
        document = deepcopy(self.generate())
        _complete(document, problem_details=CriteriaError in self.app.exception_handlers)
        return document


def _complete(document: dict[str, Any], *, problem_details: bool) -> None:
    operations = [operation for operation in _operations(document) if any(_parameters(operation))]
    if not operations:
        return
    model = ProblemDetails if problem_details else CriteriaErrorResponse
    media_type = PROBLEM_JSON if problem_details else "application/json"
    schema = model.model_json_schema(mode="serialization", ref_template=f"{_REFERENCE}{{model}}")
    components: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    components.update(schema.pop("$defs"))
    components[model.__name__] = schema
    content = {media_type: {"schema": {"$ref": f"{_REFERENCE}{model.__name__}"}}}
    for operation in operations:
        _describe_parameters(operation)
        _add_responses(operation, content)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        yield from (operation for operation in path.values() if isinstance(operation, dict))


def _parameters(operation: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What is described, and its extension, for each of our parameters of an operation, in its query or body."""
    for parameter in operation.get("parameters", ()):
        if EXTENSION in parameter.get("schema", {}):
            yield parameter, parameter["schema"][EXTENSION]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if EXTENSION in body:
        yield from ((found, found[EXTENSION]) for found in body["properties"].values())


def _describe_parameters(operation: dict[str, Any]) -> None:
    for parameter, extension in _parameters(operation):
        fields = listing(extension)
        if fields and fields not in parameter["description"]:
            parameter["description"] += f"\n\n{fields}"


def _add_responses(operation: dict[str, Any], content: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation.setdefault("responses", {})
    of_fastapi = responses.get("422", {}).get("content", {})
    keeps_422 = _has_other_input(operation) and _is_of_fastapi(of_fastapi)
    for status, description in DESCRIPTIONS.items():
        both = _either(content, of_fastapi) if status == 422 and keeps_422 else content
        responses[str(status)] = {"description": description, "content": both}


def _either(content: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The bodies of two contents, one or the other where both have a media type."""
    both = {
        media_type: {"schema": {"anyOf": [content[media_type]["schema"], other[media_type]["schema"]]}}
        for media_type in content.keys() & other.keys()
    }
    return {**content, **other, **both}


def _has_other_input(operation: dict[str, Any]) -> bool:
    """Whether FastAPI validates something in this operation: it never refuses a value of our four
    parameters.
    """
    return "requestBody" in operation or any(
        EXTENSION not in parameter.get("schema", {}) for parameter in operation.get("parameters", ())
    )


def _is_of_fastapi(content: dict[str, Any]) -> bool:
    body = content.get("application/json", {}).get("schema", {})
    return bool(body.get("$ref") == f"{_REFERENCE}HTTPValidationError")


def install_problem_details(app: FastAPI) -> None:
    """Make an application answer requests that cannot be served with `application/problem+json`, and document
    it.

    Args:
        app: the application; mounted applications have handlers of their own.
    """
    app.add_exception_handler(CriteriaError, _answer)
    install_openapi(app)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CriteriaError)
    body = ProblemDetails(status=error.status_code, **error.body.model_dump())
    return JSONResponse(body.model_dump(), error.status_code, media_type=PROBLEM_JSON)
