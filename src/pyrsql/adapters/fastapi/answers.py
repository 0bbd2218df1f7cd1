"""Problems -> the exception that FastAPI turns into an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import HTTPException

from pyrsql.adapters.fastapi.bodies import CriteriaErrorDetail, CriteriaErrorItem, ErrorLocation
from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.reading import MissingSize, RepeatedParameter
from pyrsql.adapters.fastapi.status import TITLES, Status, status_of, type_of
from pyrsql.errors import PyrsqlError
from pyrsql.messages import describe, locate
from pyrsql.problems import Problem, Problems, Source

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
    """The answer to a request: 400 if any problem is a 400, else 422.

    Args:
        problems: everything that is wrong with the request.
        texts: what the request gave for filter and sort, to find lines and columns in.
        config: gives the names of the parameters.
    """
    deciding = next((problem for problem in problems if status_of(problem) == 400), problems[0])
    body = CriteriaErrorDetail(
        type=type_of(deciding),
        title=TITLES[type_of(deciding)],
        parameter=_parameter(deciding.source, config),
        detail=_wording(deciding),
        errors=[_item(problem, texts, config) for problem in problems],
    )
    return CriteriaError(problems, status_of(deciding), body)


def _wording(problem: Problem) -> str:
    match problem:
        case RepeatedParameter():
            return f"The {problem.source} is given {problem.actual} times."
        case MissingSize():
            return "A page number needs a page size: there is no default."
        case _:
            return describe(problem)


def _item(problem: Problem, texts: Texts, config: FastAPICriteriaConfig) -> CriteriaErrorItem:
    return CriteriaErrorItem(
        code=problem.code,
        detail=_wording(problem),
        field=problem.field,
        hint=problem.hint,
        parameter=_parameter(problem.source, config),
        location=_location(problem, texts),
    )


def _location(problem: Problem, texts: Texts) -> ErrorLocation | None:
    text = texts.get(problem.source)
    if problem.span is None or text is None:
        return None
    found = locate(text, problem.span)
    return ErrorLocation(index=found.index, line=found.line, column=found.column)


def _parameter(source: Source, config: FastAPICriteriaConfig) -> str:
    match source:
        case "filter":
            return config.filter_parameter
        case "sort":
            return config.sort_parameter
        case "page":
            return config.page_parameter
        case "size":
            return config.size_parameter
