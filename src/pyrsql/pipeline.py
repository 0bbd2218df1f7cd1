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

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeVar

from returns.result import Failure, Result, Success

from pyrsql.errors import ConfigurationError
from pyrsql.language.nodes import Node
from pyrsql.language.parse import is_blank, parse, parse_sort
from pyrsql.models.schema import Schema
from pyrsql.page import PageRequest
from pyrsql.problems import Problem, Problems, problems_of
from pyrsql.recent import Recent, remembered
from pyrsql.validation.plan import Criteria, Filter, Order, PaginatedSelect, Statement
from pyrsql.validation.validate import validate_filter, validate_sort

__all__ = [
    "apply_criteria",
    "apply_filter",
    "apply_sort",
    "judge",
    "order",
    "paginate",
    "parse",
    "validate",
    "validate_request",
]

TargetT = TypeVar("TargetT")

_NOTHING = Success(None)
"""What a text that is not there asks for."""


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


def validate_request(
    schema: Schema,
    *,
    filter: str | None = None,
    sort: str | None = None,
    page: Result[PageRequest | None, Problems] = _NOTHING,
) -> Result[Criteria, Problems]:
    """Read a whole request, and report everything that is wrong with it.

    Args:
        schema: what the endpoint offers.
        filter: the filter's text, or None.
        sort: the sort's text, or None.
        page: the page as read so far: `Success(PageRequest.of(0, 25))`, `page_request(number, size)`, or no page.

    Returns:
        What the request asks for, proven.

    Problems: those of `parse` or `validate`, of `order`, and of the page, in this order.
    """
    proven_filter = parse(filter, schema.query_options).bind(validate(schema))
    proven_order = order(schema)(sort)
    if isinstance(proven_filter, Success) and isinstance(proven_order, Success) and isinstance(page, Success):
        return Success(Criteria(proven_filter.unwrap(), proven_order.unwrap(), page.unwrap()))
    problems = problems_of([*_problems(proven_filter), *_problems(proven_order), *_problems(page)])
    assert problems is not None
    return Failure(problems)


judge = validate_request
"""The name of `validate_request` before 1.0."""


def apply_criteria(target: TargetT) -> Callable[[Criteria], Result[PaginatedSelect[TargetT], Problems]]:
    """Filter, sort and page a target by what `validate_request` has proven. Never fails."""

    def applied(criteria: Criteria) -> Result[PaginatedSelect[TargetT], Problems]:
        return apply_filter(target)(criteria.filter).bind(apply_sort(criteria.order)).bind(paginate(criteria.page))

    return applied


# --- what the stages do, when nothing is kept of it ---


def _filtered(target: TargetT, proven: Filter) -> Result[Statement[TargetT], Problems]:
    schema = proven.schema
    lowered = schema.orm.filter(target, schema.model, proven.predicate, schema.query_options)
    # A statement is kept with the filter that it is made of.
    return Success(Statement(schema, lowered, memory={} if proven.memory is not None and schema.orm.lasting else None))


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
    return Statement(schema, lowered, proven, {} if statement.memory is not None and proven.settled else None)


def _problems(result: Result[object, Problems]) -> tuple[Problem, ...]:
    return () if isinstance(result, Success) else result.failure()


# --- what is kept: of texts here, of filters and statements in their own memory ---


@lru_cache(maxsize=256)
def _orders(schema: Schema) -> Recent[str, Result[Order, Problems]]:
    return Recent(schema.sort_options.cached_texts)
