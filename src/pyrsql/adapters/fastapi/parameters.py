"""The parameters of a request -> texts and a page.

FastAPI's own validation takes no part, so pyrsql answers every mistake of a client.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Literal, NamedTuple, cast
from urllib.parse import quote, unquote_to_bytes

from returns.result import Failure, Result, Success
from starlette.requests import HTTPConnection

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig, SortParameterFormat
from pyrsql.adapters.fastapi.unknown import declared_parameters, unknown_parameters
from pyrsql.cursor import CursorRequest
from pyrsql.language.parse import is_blank
from pyrsql.page import LARGEST_OFFSET, PageRequest
from pyrsql.problems import (
    MissingSize,
    PageProblem,
    Problem,
    Problems,
    RepeatedParameter,
    Source,
    Span,
    SyntaxProblem,
    problems_of,
)


class ParameterValues(NamedTuple):
    """The values that a request gives to each parameter.

    Args:
        values: each parameter of pyrsql that the request names -> its values.
        problems: parameters that the endpoint does not have, and values that are no text.
        undeclared: the first names that no part of the route declares, and that no problem is about.
    """

    values: Mapping[Source, list[str]]
    problems: tuple[Problem, ...] = ()
    undeclared: tuple[str, ...] = ()

    @property
    def texts(self) -> Iterator[str]:
        """All values."""
        return chain.from_iterable(self.values.values())


_LONGEST_NUMBER = len(str(LARGEST_OFFSET))


class RawParameters(NamedTuple):
    """The parameters of a request, before any of them is read as RSQL.

    Args:
        filter: the filter's text.
        sort: the sort's text; the values of a repeated sort are joined by `;`.
        page: the page, or its problems.
        problems: those of the parameters as such.
    """

    filter: str | None
    sort: str | None
    page: Result[PageRequest | None, Problems]
    problems: tuple[Problem, ...] = ()


OF_PAGES: tuple[Source, ...] = ("filter", "sort", "page", "size")
"""The parameters of a list that is paged by number."""

OF_CURSORS: tuple[Source, ...] = (*OF_PAGES, "cursor")
"""The parameters of a list that is paged by cursor, and the page number, which it refuses in words of its own."""

OF_STREAMS: tuple[Source, ...] = ("filter", "sort")
"""The parameters of a list that is not paged."""


def query_values(
    config: FastAPICriteriaConfig, connection: HTTPConnection, takes: Collection[Source] = OF_PAGES
) -> ParameterValues:
    """The values that the query of a request gives to each parameter.

    Args:
        config: gives their names, and says which others are refused.
        connection: the request.
        takes: the parameters that the endpoint has.

    Problems: SyntaxProblem for a value that is not UTF-8, UnknownParameter.
    """
    given: dict[Source, list[str]] = {}
    problems: list[Problem] = []
    others: list[tuple[str, str]] = []
    undeclared: tuple[str, ...] = ()
    for name, value in _items(connection):
        parameter = config.sources.get(name)
        if parameter is None or parameter not in takes:
            others.append((name, value))
        elif isinstance(value, _Undecodable):
            problems.append(not_a_text(parameter, value))
        else:
            given.setdefault(parameter, []).append(value)
    if others and config.unknown_parameters != "ignore":
        # A list by cursor takes the number of a page only to refuse it in words of its own.
        taken = set(takes) - {"page"} if "cursor" in takes else set(takes)
        own = (name for name, source in config.sources.items() if source in taken)
        refused, undeclared = unknown_parameters(config, others, declared_parameters(connection).union(own))
        problems += refused
    return ParameterValues(given, tuple(problems), undeclared)


class _Undecodable(str):
    """A value whose bytes are no UTF-8, as the query has it."""

    __slots__ = ()


def _items(connection: HTTPConnection) -> list[tuple[str, str]]:
    """Each name and value of the query. Starlette puts U+FFFD in the place of bytes that are no UTF-8."""
    query: bytes = connection.scope["query_string"]
    items = connection.query_params.multi_items()
    if query.isascii() and not any("\ufffd" in value or "\ufffd" in name for name, value in items):
        return items
    pieces = (piece.replace(b"+", b" ").partition(b"=") for piece in query.split(b"&") if piece)
    return [(_decoded(name), _decoded(value)) for name, _, value in pieces]


def _decoded(piece: bytes) -> str:
    try:
        return unquote_to_bytes(piece).decode()
    except UnicodeDecodeError as error:
        return _Undecodable(quote(error.object[error.start : error.end]))


def not_a_text(source: Source, found: str) -> SyntaxProblem:
    """The problem of a value that holds no text.

    Args:
        source: the parameter.
        found: the part that is no text.
    """
    return SyntaxProblem(source=source, span=Span(0, 0), expected=("text in UTF-8",), found=found)


def read_request(config: FastAPICriteriaConfig, given: ParameterValues) -> RawParameters:
    """Read the four parameters of a request."""
    values = given.values
    filter, sort = values.get("filter"), values.get("sort")
    repeated: tuple[Problem, ...] = given.problems
    if filter is not None and len(filter) > 1:
        repeated = (
            *repeated,
            RepeatedParameter(source="filter", given=len(filter)),
        )
        filter = None
    if sort is not None and config.sort_parameter_format is SortParameterFormat.REPEATED:
        sort = [";".join(key for key in sort if not is_blank(key))]
    elif sort is not None and len(sort) > 1:
        repeated = (*repeated, RepeatedParameter(source="sort", given=len(sort)))
        sort = None
    page = read_page(config, _written(values.get("page")), _written(values.get("size")))
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


def read_cursor_page(config: FastAPICriteriaConfig, given: ParameterValues) -> Result[CursorRequest, Problems]:
    """Read cursor and page size of a request to a list that is paged by cursor.

    Args:
        config: a configuration with a default page size, as `with_page_sizes` makes it.
        given: the values of the parameters.

    Problems: PageProblem and RepeatedParameter, for the cursor, the size, or a page number.
    """
    cursor, size, page = (_written(given.values.get(source)) for source in ("cursor", "size", "page"))
    default = config.default_page_size
    assert default is not None
    rows = default if size is None else _whole_number("size", size, 1, config.largest_size)
    found: list[Problem] = []
    if page is not None:
        hint = f"Leave it out, and give the '{config.cursor_parameter}' of a page before."
        expected = "no page number, as this list is paged by cursor"
        found.append(PageProblem(source="page", value=page[0], expected=expected, hint=hint))
    if cursor is not None and len(cursor) > 1:
        found.append(RepeatedParameter(source="cursor", given=len(cursor)))
    if not isinstance(rows, int):
        found.append(rows)
    problems = problems_of(found)
    if problems is not None:
        return Failure(problems)
    return Success(CursorRequest.at(cursor[0] if cursor else None, cast("int", rows)))


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
    # The last page is named only to a client whose page lies beyond it.
    too_large = digits and text.strip("0") != ""
    bounded = too_large or (source == "size" and maximum < LARGEST_OFFSET)
    unbounded = "a positive whole number" if minimum else "0 or a positive whole number"
    expected = f"a whole number from {minimum} to {maximum}" if bounded else unbounded
    return PageProblem(source=source, value=text, expected=expected)
