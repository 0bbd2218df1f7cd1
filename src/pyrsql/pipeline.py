"""The way of a request, stage by stage: text -> Node -> Filter -> Statement -> PaginatedSelect.

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

# `bind` of returns is typed by an emulation of higher kinds, which pyright knows in part; what it returns is known.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from returns.result import Failure, Result, Success

from pyrsql import caches
from pyrsql.cursor import CURSOR_LENGTH, CursorFormat, CursorRequest, Sealer
from pyrsql.errors import ConfigurationError
from pyrsql.language import parse as language
from pyrsql.language.nodes import Node
from pyrsql.models.backend import LoweredFilter
from pyrsql.models.schema import Schema
from pyrsql.options import DEFAULT_QUERY_OPTIONS, QueryOptions
from pyrsql.page import PageRequest
from pyrsql.problems import Problem, Problems, problems_of
from pyrsql.validation.keyset import CursorSelect, Cut, cursor_select, open_cursor, total_order, unreadable_cursor
from pyrsql.validation.plan import Criteria, Filter, Order, PaginatedSelect, Statement
from pyrsql.validation.predicates import RelationPath
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

Lower = Callable[[Filter, Mapping[RelationPath, object]], LoweredFilter | None]


def parse(text: str | None, options: QueryOptions | Schema = DEFAULT_QUERY_OPTIONS) -> Result[Node | None, Problems]:
    """Read a filter. A missing or blank text is no filter: None.

    Args:
        text: the filter as the client wrote it, after URL decoding.
        options: the operators and limits that count, or the schema whose options they are.

    Problems: SyntaxProblem, UnknownOperator, WrongArity, LimitExceeded.
    """
    return language.parse(text, options.query_options if isinstance(options, Schema) else options)


_PLAIN = CursorFormat()
"""Cursors without signature and encryption."""


def validate(schema: Schema) -> Callable[[Node | None], Result[Filter, Problems]]:
    """Prove a tree against what a schema offers: names, rights, types, values.

    Problems: UnknownField, ForbiddenFunction, WrongCall, WrongValue, UnsupportedOperator, LimitExceeded; all of them.
    """
    return partial(validate_filter, schema)


def order(schema: Schema) -> Callable[[str | None], Result[Order | None, Problems]]:
    """Read and prove a sort. A missing or blank text is no sort: None.

    Problems: SyntaxProblem, LimitExceeded, UnknownField, ForbiddenFunction, WrongCall, UnsupportedSort.
    """
    return partial(read_sort, schema)


def apply_filter(target: TargetT) -> Callable[[Filter], Result[Statement[TargetT], Problems]]:
    """Narrow a target to the rows that pass a filter. Never fails: everything was proven before.

    Args:
        target: a `Select` over the schema's model, whose own conditions stay.
    """
    return lambda proven: Success(_filtered(target, proven, Filter.lower))


def apply_sort(
    sort: str | Order | None,
) -> Callable[[Statement[TargetT]], Result[Statement[TargetT], Problems]]:
    """Sort a statement.

    Args:
        sort: a sort as the client wrote it, or one that `order` has proven for the statement's schema.

    Problems: those of `order`, when a text is given.

    Raises:
        ConfigurationError: an order that was proven for another schema.
    """

    def sorted_(statement: Statement[TargetT]) -> Result[Statement[TargetT], Problems]:
        proven = Success(sort) if isinstance(sort, Order) else order(statement.schema)(sort)
        return proven.map(partial(_sorted, statement))

    return sorted_


def paginate(
    page: PageRequest | None,
) -> Callable[[Statement[TargetT]], Result[PaginatedSelect[TargetT], Problems]]:
    """Take one page of a statement, and a second statement that counts all of its rows. Never fails.

    Args:
        page: the page; None takes every row.
    """
    return lambda statement: Success(PaginatedSelect(statement.page(page), statement))


# --- whole requests, with the caches ---


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


def validate_request(
    schema: Schema,
    *,
    filter: str | None = None,
    sort: str | None = None,
    page: Result[PageRequest | CursorRequest | None, Problems] = Success(None),
    default_order: Order | None = None,
    cursors: CursorFormat = _PLAIN,
) -> Result[Criteria, Problems]:
    """Read a whole request, and report everything that is wrong with it.

    Args:
        schema: what the endpoint offers. Filter and sort are read under its options.
        filter: the filter's text, or None.
        sort: the sort's text, or None.
        page: the page as read so far: `Success(PageRequest.of(0, 25))`, `page_request(number, size)`,
            `Success(CursorRequest.at(cursor, 25))`, or no page.
        default_order: the order of a request without a sort.
        cursors: how cursors are written and read.

    Returns:
        The filter, order and page of the request, proven.

    Problems: those of `parse` or `validate`, of `order`, and of the page, in this order.

    Raises:
        ConfigurationError: a page by cursor of a model that has no unique key.
    """
    found_filter, found_order = caches.proven_filter(schema, filter), caches.proven_order(schema, sort)
    return criteria_of(found_filter, found_order, page, default_order, cursors)


judge = validate_request
"""The name of `validate_request` before 1.0."""


def criteria_of(
    filter: Result[Filter, Problems],
    order: Result[Order | None, Problems],
    page: Result[PageRequest | CursorRequest | None, Problems],
    default_order: Order | None = None,
    cursors: CursorFormat = _PLAIN,
) -> Result[Criteria, Problems]:
    """The three parts of a request together, or the problems of all of them."""
    requested = page.unwrap() if isinstance(page, Success) else None
    if isinstance(filter, Success) and isinstance(order, Success) and isinstance(page, Success):
        proven, sorted_by = filter.unwrap(), order.unwrap() or default_order
        if not isinstance(requested, CursorRequest):
            return Success(Criteria(proven, sorted_by, requested))
        chosen = total_order(proven.schema, sorted_by)
        opened = open_cursor(requested, proven, chosen, cursors)
        return opened.map(lambda seek: Criteria(proven, chosen, seek=seek))
    wrong_cursor = unreadable_cursor(requested, cursors) if isinstance(requested, CursorRequest) else ()
    problems = problems_of([*_problems(filter), *_problems(order), *_problems(page), *wrong_cursor])
    assert problems is not None
    return Failure(problems)


def apply_criteria(
    target: TargetT,
) -> Callable[[Criteria], Result[PaginatedSelect[TargetT] | CursorSelect[TargetT], Problems]]:
    """Filter, sort and page a target by what `validate_request` has proven. Never fails.

    Returns:
        A `CursorSelect` where the request asks for a page by cursor, else a `PaginatedSelect`.
    """

    def applied(criteria: Criteria) -> Result[PaginatedSelect[TargetT] | CursorSelect[TargetT], Problems]:
        statement = statement_of(target, criteria)
        if criteria.seek is not None and criteria.order is not None:
            return Success(cursor_select(statement, criteria.order, criteria.seek))
        return paginate(criteria.page)(statement)

    return applied


def statement_of(target: TargetT, criteria: Criteria) -> Statement[TargetT]:
    """A target, filtered and sorted by what `validate_request` has proven."""
    return _sorted(_filtered(target, criteria.filter, caches.lowered_filter), criteria.order)


def _filtered(target: TargetT, proven: Filter, lower: Lower) -> Statement[TargetT]:
    schema = proven.schema
    begun = schema.orm.begin(target, schema.model, schema.query_options)
    lowered = schema.orm.filter(begun, schema.model, lower(proven, begun.scope), schema.query_options)
    return Statement(schema, lowered, proven)


def _sorted(statement: Statement[TargetT], proven: Order | None) -> Statement[TargetT]:
    if proven is None:
        return statement
    schema = statement.schema
    if proven.schema is not schema:
        raise ConfigurationError("this order was proven for another schema: what it allows may be forbidden here")
    lowered = schema.orm.sort(statement.lowered, schema.model, proven.keys, proven.completing, schema.sort_options)
    return Statement(schema, lowered, statement.filter, proven)


def _problems(result: Result[object, Problems]) -> tuple[Problem, ...]:
    return () if isinstance(result, Success) else result.failure()
