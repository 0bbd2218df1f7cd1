"""Problems -> the answer: its status, its body, and the exception that FastAPI turns into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, assert_never

from fastapi import HTTPException
from pydantic import BaseModel, Field

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.errors import PyrsqlError
from pyrsql.messages import describe, locate
from pyrsql.problems import (
    CursorProblem,
    ForbiddenFunction,
    LimitExceeded,
    MissingSize,
    PageProblem,
    Problem,
    Problems,
    RepeatedParameter,
    Source,
    SyntaxProblem,
    UnknownField,
    UnknownOperator,
    UnknownParameter,
    UnsupportedOperator,
    UnsupportedSort,
    WrongArity,
    WrongCall,
    WrongValue,
)

Status = Literal[400, 422]

ProblemType = Literal[
    "urn:pyrsql:problem:query-parse-error",
    "urn:pyrsql:problem:query-semantic-error",
    "urn:pyrsql:problem:sort-parse-error",
    "urn:pyrsql:problem:sort-semantic-error",
    "urn:pyrsql:problem:page-validation-error",
    "urn:pyrsql:problem:page-configuration-error",
]

TITLES: dict[ProblemType, str] = {
    "urn:pyrsql:problem:query-parse-error": "Invalid filter",
    "urn:pyrsql:problem:query-semantic-error": "Unsupported filter",
    "urn:pyrsql:problem:sort-parse-error": "Invalid sort",
    "urn:pyrsql:problem:sort-semantic-error": "Unsupported sort",
    "urn:pyrsql:problem:page-validation-error": "Invalid page or size",
    "urn:pyrsql:problem:page-configuration-error": "Page number without a size",
}


def status_of(problem: Problem) -> Status:
    """400 for invalid parameters, 422 for valid ones that the endpoint does not support."""
    match problem:
        case SyntaxProblem() | UnknownOperator() | WrongArity() | LimitExceeded():
            return 400
        case PageProblem() | MissingSize() | RepeatedParameter() | UnknownParameter() | CursorProblem():
            return 400
        case (
            UnknownField()
            | ForbiddenFunction()
            | WrongCall()
            | WrongValue()
            | UnsupportedOperator()
            | UnsupportedSort()
        ):
            return 422
        case _:
            assert_never(problem)


def type_of(problem: Problem) -> ProblemType:
    """The kind of the mistake, as a URI that never changes."""
    readable = status_of(problem) == 422
    match problem.source:
        case "filter":
            return "urn:pyrsql:problem:query-semantic-error" if readable else "urn:pyrsql:problem:query-parse-error"
        case "sort":
            return "urn:pyrsql:problem:sort-semantic-error" if readable else "urn:pyrsql:problem:sort-parse-error"
        case "page" | "size" | "cursor":
            if isinstance(problem, MissingSize):
                return "urn:pyrsql:problem:page-configuration-error"
            return "urn:pyrsql:problem:page-validation-error"


class ErrorLocation(BaseModel):
    """A place in the text of a parameter."""

    index: int = Field(description="Characters before it.", examples=[4])
    line: int = Field(description="Its line, from 1.", examples=[1])
    column: int = Field(description="Its column, from 1.", examples=[5])
    length: int = Field(description="How many characters it spans; 0 at the end of the text.", examples=[1])


class CriteriaErrorItem(BaseModel):
    """One thing that is wrong with a request."""

    code: str = Field(description="The kind of problem, as a name that never changes.", examples=["unknown-field"])
    detail: str = Field(description="The problem in words, for people.")
    field: str | None = Field(description="The selector it is about, where it is about one.", examples=["nme"])
    hint: str | None = Field(
        description="A correction or advice, where one is known.", examples=["Did you mean 'name'?"]
    )
    replacement: str | None = Field(
        description="The text to put in place of the span at `location`, where the hint is a correction.",
        examples=["name"],
    )
    parameter: str = Field(description="The parameter it was found in.", examples=["filter"])
    location: ErrorLocation | None = Field(description="Where it was found, where it has one place.")


class CriteriaErrorDetail(BaseModel):
    """Why a request cannot be served: the problem that decides the status, and all problems."""

    type: ProblemType = Field(description="The kind of the mistake.")
    title: str = Field(description="The same for people.")
    parameter: str = Field(description="The parameter with the deciding problem.", examples=["filter"])
    detail: str = Field(description="The deciding problem, for people.")
    errors: list[CriteriaErrorItem] = Field(description="Everything that is wrong with the request.")


class CriteriaErrorResponse(BaseModel):
    """The body of an answer with status 400 or 422."""

    detail: CriteriaErrorDetail


class ProblemDetails(CriteriaErrorDetail):
    """The same as `application/problem+json` (RFC 9457)."""

    status: int = Field(description="The status of the answer.", examples=[400, 422])


DESCRIPTIONS = {
    400: "The filter, sort or page is invalid.",
    422: "The filter or sort is valid RSQL but uses a field, operator or value this endpoint does not support.",
}

error_responses: dict[int | str, dict[str, Any]] = {
    status: {"model": CriteriaErrorResponse, "description": description} for status, description in DESCRIPTIONS.items()
}
"""Statuses 400 and 422 with their body: `@app.get("/users", responses=error_responses)`."""


Texts = Mapping[Source, str | None]


class CriteriaError(HTTPException, PyrsqlError):
    """A request that cannot be served. Plain FastAPI answers `{"detail": {…}}` with status 400 or 422.

    Args:
        problems: everything that is wrong with the request.
        status: the status of the answer.
        body: what the answer says.
    """

    def __init__(self, problems: Problems, status: Status, body: CriteriaErrorDetail) -> None:
        HTTPException.__init__(self, status, body.model_dump())
        self.problems = problems
        self.body = body
        self._status: Status = status

    def __reduce__(self) -> tuple[type[CriteriaError], tuple[Any, ...]]:
        return type(self), (self.problems, self._status, self.body)


def criteria_error(problems: Problems, texts: Texts, config: FastAPICriteriaConfig) -> CriteriaError:
    """The answer to a request: 400 if any problem is a 400, else 422. It holds as many problems as the configuration
    allows, the one that decides the status among them.

    Args:
        problems: everything that is wrong with the request.
        texts: the filter and the sort of the request, to find lines and columns in.
        config: gives the names of the parameters.
    """
    deciding = next((problem for problem in problems if status_of(problem) == 400), problems[0])
    shown = problems[: config.max_problems]
    if deciding not in shown:
        shown = (*shown[:-1], deciding)
    body = CriteriaErrorDetail(
        type=type_of(deciding),
        title=TITLES[type_of(deciding)],
        parameter=_parameter(deciding, config),
        detail=describe(deciding),
        errors=[_item(problem, texts, config) for problem in shown],
    )
    return CriteriaError(problems, status_of(deciding), body)


def _item(problem: Problem, texts: Texts, config: FastAPICriteriaConfig) -> CriteriaErrorItem:
    return CriteriaErrorItem(
        code=problem.code,
        detail=describe(problem),
        field=problem.field,
        hint=problem.hint,
        replacement=problem.replacement,
        parameter=_parameter(problem, config),
        location=_location(problem, texts),
    )


def _location(problem: Problem, texts: Texts) -> ErrorLocation | None:
    text, span = texts.get(problem.source), problem.span
    if span is None or text is None:
        return None
    found = locate(text, span)
    return ErrorLocation(index=found.index, line=found.line, column=found.column, length=span.end - span.start)


def _parameter(problem: Problem, config: FastAPICriteriaConfig) -> str:
    if isinstance(problem, UnknownParameter):
        return problem.parameter
    match problem.source:
        case "filter":
            return config.filter_parameter
        case "sort":
            return config.sort_parameter
        case "page":
            return config.page_parameter
        case "size":
            return config.size_parameter
        case "cursor":
            return config.cursor_parameter
