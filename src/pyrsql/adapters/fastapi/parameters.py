"""The parameters of a request -> texts and a page.

Nothing of FastAPI's own validation takes part, so every mistake of a client gets an answer of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from returns.result import Failure, Result, Success
from starlette.datastructures import QueryParams

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig, SortParameterFormat
from pyrsql.language.parse import is_blank
from pyrsql.page import LARGEST_OFFSET, PageRequest
from pyrsql.problems import MissingSize, PageProblem, Problem, Problems, RepeatedParameter, Source, problems_of

ParameterValues = Mapping[Source, list[str]]
"""Every value that a request gives each of the four parameters that it names."""

_LONGEST_NUMBER = len(str(LARGEST_OFFSET))


class RawParameters(NamedTuple):
    """What a request says, before anything of it is read as RSQL.

    Args:
        filter: the filter's text.
        sort: the sort's text; the values of a repeated sort are joined by `;`.
        page: the page, or what is wrong with it.
        problems: what is wrong with the parameters as such.
    """

    filter: str | None
    sort: str | None
    page: Result[PageRequest | None, Problems]
    problems: tuple[Problem, ...] = ()


def query_values(config: FastAPICriteriaConfig, query: QueryParams) -> ParameterValues:
    """What the query of a request gives the four parameters."""
    given: dict[Source, list[str]] = {}
    sources = config.sources
    for name, value in query.multi_items():
        parameter = sources.get(name)
        if parameter is not None:
            given.setdefault(parameter, []).append(value)
    return given


def read_request(config: FastAPICriteriaConfig, given: ParameterValues) -> RawParameters:
    """Read the four parameters of a request."""
    filter, sort = given.get("filter"), given.get("sort")
    repeated: tuple[Problem, ...] = ()
    if filter is not None and len(filter) > 1:
        repeated = (RepeatedParameter(source="filter", given=len(filter)),)
        filter = None
    if sort is not None and config.sort_parameter_format is SortParameterFormat.REPEATED:
        sort = [";".join(key for key in sort if not is_blank(key))]
    elif sort is not None and len(sort) > 1:
        repeated = (*repeated, RepeatedParameter(source="sort", given=len(sort)))
        sort = None
    page = read_page(config, _written(given.get("page")), _written(given.get("size")))
    return RawParameters(filter[0] if filter else None, sort[0] if sort else None, page, repeated)


def _written(values: list[str] | None) -> list[str] | None:
    """The values of a parameter; a blank one is none, as a blank filter is."""
    return None if values is not None and len(values) == 1 and is_blank(values[0]) else values


def read_page(
    config: FastAPICriteriaConfig, page: list[str] | None, size: list[str] | None
) -> Result[PageRequest | None, Problems]:
    """Read page number and size. None is a request for all rows.

    Problems: PageProblem, RepeatedParameter and MissingSize, for the number, the size, or both.
    """
    if page is None and size is None:
        return config.default_page
    first = config.first_page
    number = first if page is None else _whole_number("page", page, first, config.largest_page)
    rows = config.default_page_size if size is None else _whole_number("size", size, 1, config.largest_size)
    if isinstance(number, int) and isinstance(rows, int):
        offset = (number - first) * rows
        if offset <= LARGEST_OFFSET - rows:
            return Success(PageRequest(offset, rows))
    problems = problems_of(_page_problems(number, rows, first))
    assert problems is not None
    return Failure(problems)


def _page_problems(number: int | Problem, rows: int | Problem | None, first: int) -> Iterator[Problem]:
    if not isinstance(number, int):
        yield number
    if rows is None:
        yield MissingSize()
    elif not isinstance(rows, int):
        yield rows
    if isinstance(number, int) and isinstance(rows, int):
        last = LARGEST_OFFSET // rows - 1 + first
        yield PageProblem(source="page", value=str(number), expected=f"a whole number from {first} to {last}")


def _whole_number(source: Literal["page", "size"], values: list[str], minimum: int, maximum: int) -> int | Problem:
    """The one value as a number. Digits are ASCII; the length is checked before the text is converted."""
    if len(values) > 1:
        return RepeatedParameter(source=source, given=len(values))
    text = values[0]
    digits = text.isascii() and text.isdigit()
    if digits and len(text) <= _LONGEST_NUMBER and minimum <= int(text) <= maximum:
        return int(text)
    # How far out a page may be is of interest only to whom it stops.
    too_large = digits and text.strip("0") != ""
    bounded = too_large or (source == "size" and maximum < LARGEST_OFFSET)
    bounds = f"from {minimum} to {maximum}" if bounded else f"from {minimum}"
    return PageProblem(source=source, value=text, expected=f"a whole number {bounds}")
