"""Problem -> HTTP: the status, and the type of RFC 9457."""

from __future__ import annotations

from typing import Literal, assert_never

from pyrsql.adapters.fastapi.reading import MissingSize
from pyrsql.problems import (
    ForbiddenFunction,
    LimitExceeded,
    PageProblem,
    Problem,
    SyntaxProblem,
    UnknownField,
    UnknownOperator,
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
    "urn:pyrsql:problem:query-parse-error": "The filter cannot be read",
    "urn:pyrsql:problem:query-semantic-error": "The filter asks for what cannot be had",
    "urn:pyrsql:problem:sort-parse-error": "The sort cannot be read",
    "urn:pyrsql:problem:sort-semantic-error": "The sort asks for what cannot be had",
    "urn:pyrsql:problem:page-validation-error": "There is no such page",
    "urn:pyrsql:problem:page-configuration-error": "The page needs a size",
}


def status_of(problem: Problem) -> Status:
    """400 for what cannot be read, 422 for what can be read but not be had."""
    match problem:
        case SyntaxProblem() | UnknownOperator() | WrongArity() | LimitExceeded() | PageProblem():
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
    """What kind of mistake it is, as a URI that never changes."""
    readable = status_of(problem) == 422
    match problem.source:
        case "filter":
            return "urn:pyrsql:problem:query-semantic-error" if readable else "urn:pyrsql:problem:query-parse-error"
        case "sort":
            return "urn:pyrsql:problem:sort-semantic-error" if readable else "urn:pyrsql:problem:sort-parse-error"
        case "page" | "size":
            if isinstance(problem, MissingSize):
                return "urn:pyrsql:problem:page-configuration-error"
            return "urn:pyrsql:problem:page-validation-error"
