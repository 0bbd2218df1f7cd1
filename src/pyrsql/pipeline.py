"""A request, stage by stage: text -> Node -> Filter -> Statement -> PaginatedSelect.

Every stage returns a `Result` of the next type or `Problems`. Configuration comes first and data last, so stages are
built once and chained with `bind`:

    users = schema(User)                                   # once
    (
        parse("name==demo*;age>18")                        # Result[Node | None, Problems]
        .bind(validate(users))                             # Result[Filter, Problems]
        .bind(apply_filter(select(User)))                  # Result[Statement, Problems]
        .bind(apply_sort("-created;name,asc,ic"))          # Result[Statement, Problems]
        .bind(paginate(PageRequest.of(0, 25)))             # Result[PaginatedSelect, Problems]
    )

A chain stops at the first stage that fails. `validate_request` reads filter, sort and page side by side instead, and
reports what is wrong with all three at once.
"""

# `bind` of returns emulates higher kinds, which pyright knows in part; the type of its result is known.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from returns.result import Result, Success

from pyrsql.criteria import apply_criteria, judge, validate_request
from pyrsql.cursor import CURSOR_LENGTH, CursorFormat, CursorRequest, Sealer
from pyrsql.language import parse as language
from pyrsql.language.nodes import Node
from pyrsql.models.schema import Schema
from pyrsql.options import DEFAULT_QUERY_OPTIONS, QueryOptions
from pyrsql.page import PageRequest
from pyrsql.problems import Problems
from pyrsql.validation.keyset import CursorSelect, Cut, cursor_select, open_cursor, total_order
from pyrsql.validation.plan import Filter, Order, PaginatedSelect, Statement, filtered, ordered
from pyrsql.validation.validate import read_sort, validate_filter

__all__ = [
    "CursorFormat",
    "CursorSelect",
    "Cut",
    "apply_criteria",
    "apply_filter",
    "apply_sort",
    "judge",
    "order",
    "paginate",
    "parse",
    "seek",
    "validate",
    "validate_request",
]

TargetT = TypeVar("TargetT")


def parse(text: str | None, options: QueryOptions | Schema = DEFAULT_QUERY_OPTIONS) -> Result[Node | None, Problems]:
    """Read a filter. A missing or blank text is no filter: None.

    Args:
        text: the filter as the client wrote it, after URL decoding.
        options: the operators and limits that count, or the schema whose options they are.

    Problems: SyntaxProblem, UnknownOperator, WrongArity, LimitExceeded.
    """
    return language.parse(text, options.query_options if isinstance(options, Schema) else options)


def validate(schema: Schema) -> Callable[[Node | None], Result[Filter, Problems]]:
    """Validate a tree against a schema: names, rights, types, values.

    Problems: UnknownField, ForbiddenFunction, WrongCall, WrongValue, UnsupportedOperator, LimitExceeded; all of them.
    """
    return partial(validate_filter, schema)


def order(schema: Schema) -> Callable[[str | None], Result[Order | None, Problems]]:
    """Read and validate a sort. A missing or blank text is no sort: None.

    Problems: SyntaxProblem, LimitExceeded, UnknownField, ForbiddenFunction, WrongCall, UnsupportedSort.
    """
    return partial(read_sort, schema)


def apply_filter(target: TargetT) -> Callable[[Filter], Result[Statement[TargetT], Problems]]:
    """Narrow a target to the rows that pass a filter. Never fails: `validate` has checked everything.

    Args:
        target: a `Select` over the schema's model, whose own conditions stay.
    """
    return lambda filter: Success(filtered(target, filter))


def apply_sort(
    sort: str | Order | None,
) -> Callable[[Statement[TargetT]], Result[Statement[TargetT], Problems]]:
    """Sort a statement.

    Args:
        sort: a sort as the client wrote it, or one that `order` has validated for the statement's schema.

    Problems: those of `order`, when a text is given.

    Raises:
        ConfigurationError: an order that was validated for another schema.
    """

    def sorted_(statement: Statement[TargetT]) -> Result[Statement[TargetT], Problems]:
        found = Success(sort) if isinstance(sort, Order) else order(statement.schema)(sort)
        return found.map(partial(ordered, statement))

    return sorted_


def paginate(
    page: PageRequest | None,
) -> Callable[[Statement[TargetT]], Result[PaginatedSelect[TargetT], Problems]]:
    """Take one page of a statement, and a second statement that counts all of its rows. Never fails.

    Args:
        page: the page; None takes every row.
    """
    return lambda statement: Success(PaginatedSelect(statement.page(page), statement))


def seek(
    request: CursorRequest,
    *,
    secrets: Sequence[str | bytes] = (),
    sealer: Sealer | None = None,
    cursor_length: int | None = CURSOR_LENGTH,
) -> Callable[[Statement[TargetT]], Result[CursorSelect[TargetT], Problems]]:
    """Take one page of a statement by its position, in the order of its sort completed to a total one.

    Args:
        request: the page: `CursorRequest.first(25)`, or `.at(cursor, 25)` with a cursor of a page before.
        secrets: sign cursors with the first, and take those that any of them has signed.
        sealer: encrypts cursors, so that they show no values.
        cursor_length: the most characters of a cursor; None lifts the limit.

    Problems: CursorProblem, LimitExceeded.

    Raises:
        ConfigurationError: the model has no unique key, or the base statement an order, a cut or groups of its own.
    """
    cursors = CursorFormat(secrets, sealer, cursor_length)

    def sought(statement: Statement[TargetT]) -> Result[CursorSelect[TargetT], Problems]:
        chosen = total_order(statement.schema, statement.order)
        return open_cursor(request, statement.filter, chosen, cursors).map(partial(cursor_select, statement, chosen))

    return sought
