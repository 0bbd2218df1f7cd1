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

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TypeVar, cast

from returns.result import Failure, Result, Success

from pyrsql.cursor import CURSOR_LENGTH, CursorFormat, CursorRequest, Sealer
from pyrsql.errors import ConfigurationError
from pyrsql.language.nodes import Node
from pyrsql.language.parse import is_blank, parse, parse_sort
from pyrsql.models.schema import Schema
from pyrsql.page import PageRequest
from pyrsql.problems import Problem, Problems, problems_of
from pyrsql.recent import Memory, Recent, remembered
from pyrsql.validation.keyset import CursorSelect, Cut, cursor_select, open_cursor, total_order, unreadable_cursor
from pyrsql.validation.plan import Criteria, Filter, Order, PaginatedSelect, Statement
from pyrsql.validation.validate import validate_filter, validate_sort

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

_NOTHING = Success(None)
"""What a text that is not there asks for."""

_PLAIN = CursorFormat()
"""Cursors without signature and encryption."""


def validate(schema: Schema) -> Callable[[Node | None], Result[Filter, Problems]]:
    """Prove a tree against what a schema offers: names, rights, types, values.

    Problems: UnknownField, ForbiddenFunction, WrongCall, WrongValue, UnsupportedOperator, LimitExceeded; all that there
    are.
    """
    return partial(validate_filter, schema)


def order(schema: Schema) -> Callable[[str | None], Result[Order | None, Problems]]:
    """Read and prove a sort. A missing or blank text is no sort: None.

    Problems: SyntaxProblem, LimitExceeded, UnknownField, ForbiddenFunction, WrongCall, UnsupportedSort.
    """
    orders = _orders(schema)

    def ordered(text: str | None) -> Result[Order | None, Problems]:
        if text is None or is_blank(text):
            return _NOTHING
        known = orders.get(text)
        if not isinstance(known, bool):
            return known
        proven = parse_sort(text, schema.sort_options).bind(lambda keys: validate_sort(schema, keys))
        if known and isinstance(proven, Success):
            orders.keep(text, proven)
        return proven

    return ordered


def apply_filter(target: TargetT) -> Callable[[Filter], Result[Statement[TargetT], Problems]]:
    """Narrow a target to the rows that pass a filter. Never fails: what could was proven before.

    Args:
        target: a `Select` over the schema's model, with restrictions of its own if need be: they stay.
    """

    def filtered(proven: Filter) -> Result[Statement[TargetT], Problems]:
        memory = proven.memory
        if memory is None or not proven.schema.orm.lasting:
            return _filtered(target, proven)
        return remembered(memory, "statement", target, partial(_filtered, target, proven))

    return filtered


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
        if sort is None:
            return Success(statement)
        proven = Success(sort) if isinstance(sort, Order) else order(statement.schema)(sort)
        return proven.map(partial(_ordered, statement))

    return sorted_


def paginate(
    page: PageRequest | None,
) -> Callable[[Statement[TargetT]], Result[PaginatedSelect[TargetT], Problems]]:
    """Take one page of a statement, and a second statement that counts all of its rows. Never fails.

    Args:
        page: the page; None takes every row.
    """

    def paginated(statement: Statement[TargetT]) -> Result[PaginatedSelect[TargetT], Problems]:
        return Success(PaginatedSelect(statement.page(page), statement))

    return paginated


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
    page: Result[PageRequest | CursorRequest | None, Problems] = _NOTHING,
    default_order: Order | None = None,
    cursors: CursorFormat = _PLAIN,
) -> Result[Criteria, Problems]:
    """Read a whole request, and report everything that is wrong with it.

    Args:
        schema: what the endpoint offers.
        filter: the filter's text, or None.
        sort: the sort's text, or None.
        page: the page as read so far: `Success(PageRequest.of(0, 25))`, `page_request(number, size)`,
            `Success(CursorRequest.at(cursor, 25))`, or no page.
        default_order: the order of a request without a sort.
        cursors: how cursors are written and read.

    Returns:
        What the request asks for, proven.

    Problems: those of `parse` or `validate`, of `order`, and of the page, in this order.

    Raises:
        ConfigurationError: a page by cursor of a model that has no unique key.
    """
    proven_filter = parse(filter, schema.query_options).bind(validate(schema))
    proven_order = order(schema)(sort)
    requested = page.unwrap() if isinstance(page, Success) else None
    cursor = requested if isinstance(requested, CursorRequest) else None
    if isinstance(proven_filter, Success) and isinstance(proven_order, Success) and isinstance(page, Success):
        criteria = Criteria(proven_filter.unwrap(), proven_order.unwrap() or default_order)
        if cursor is None:
            return Success(criteria._replace(page=cast("PageRequest | None", requested)))
        chosen = total_order(schema, criteria.order)
        opened = open_cursor(cursor, criteria.filter, chosen, cursors)
        return opened.map(lambda found: criteria._replace(order=chosen, seek=found))
    wrong_cursor = () if cursor is None else unreadable_cursor(cursor, cursors)
    problems = problems_of([*_problems(proven_filter), *_problems(proven_order), *_problems(page), *wrong_cursor])
    assert problems is not None
    return Failure(problems)


judge = validate_request
"""The name of `validate_request` before 1.0."""


def apply_criteria(
    target: TargetT,
) -> Callable[[Criteria], Result[PaginatedSelect[TargetT] | CursorSelect[TargetT], Problems]]:
    """Filter, sort and page a target by what `validate_request` has proven. Never fails.

    Returns:
        A `CursorSelect` where the request asks for a page by cursor, else a `PaginatedSelect`.
    """

    def applied(criteria: Criteria) -> Result[PaginatedSelect[TargetT] | CursorSelect[TargetT], Problems]:
        chosen, position = criteria.order, criteria.seek
        if position is not None and chosen is not None:
            narrowed = apply_filter(target)(criteria.filter).bind(apply_sort(chosen))
            return narrowed.map(lambda statement: cursor_select(statement, chosen, position))
        return apply_filter(target)(criteria.filter).bind(apply_sort(criteria.order)).bind(paginate(criteria.page))

    return applied


# --- what the stages do, when nothing is kept of it ---


def _filtered(target: TargetT, proven: Filter) -> Result[Statement[TargetT], Problems]:
    schema = proven.schema
    lowered = schema.orm.filter(target, schema.model, proven.predicate, schema.query_options)
    # A statement is kept with the filter that it is made of.
    memory: Memory | None = {} if proven.memory is not None and schema.orm.lasting else None
    return Success(Statement(schema, lowered, proven, memory=memory))


def _ordered(statement: Statement[TargetT], proven: Order | None) -> Statement[TargetT]:
    if proven is None:
        return statement
    if proven.schema is not statement.schema:
        raise ConfigurationError("this order was proven for another schema: what it allows may be forbidden here")
    memory = statement.memory if proven.settled else None
    return remembered(memory, "sort", proven, partial(_sorted, statement, proven))


def _sorted(statement: Statement[TargetT], proven: Order) -> Statement[TargetT]:
    schema = statement.schema
    lowered = schema.orm.sort(statement.lowered, schema.model, proven.keys, proven.completing, schema.sort_options)
    memory: Memory | None = {} if statement.memory is not None and proven.settled else None
    return Statement(schema, lowered, statement.filter, proven, memory)


def _problems(result: Result[object, Problems]) -> tuple[Problem, ...]:
    return () if isinstance(result, Success) else result.failure()


# --- what is kept: of texts here, of filters and statements in their own memory ---


@lru_cache(maxsize=256)
def _orders(schema: Schema) -> Recent[str, Result[Order, Problems]]:
    return Recent(schema.sort_options.cached_texts)
