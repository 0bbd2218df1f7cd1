"""Whole requests: filter, sort and page together as `Criteria`, with the caches of `caches`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from returns.result import Failure, Result, Success

from pyrsql import caches
from pyrsql.cursor import CursorFormat, CursorRequest
from pyrsql.models.schema import Schema
from pyrsql.page import PageRequest
from pyrsql.problems import Problem, Problems, problems_of
from pyrsql.validation.keyset import CursorSelect, cursor_select, open_cursor, total_order, unreadable_cursor
from pyrsql.validation.plan import Criteria, Filter, Order, PaginatedSelect, Statement, filtered, ordered

TargetT = TypeVar("TargetT")

_PLAIN = CursorFormat()
"""Cursors without signature and encryption."""


def validate_request(
    schema: Schema,
    *,
    filter: str | None = None,
    sort: str | None = None,
    page: Result[PageRequest | CursorRequest | None, Problems] = Success(None),
    default_order: Order | None = None,
    cursors: CursorFormat = _PLAIN,
    max_problems: int | None = None,
) -> Result[Criteria, Problems]:
    """Read a whole request, and report everything that is wrong with it.

    Args:
        schema: the fields and rights of the endpoint. Filter and sort are read under its options.
        filter: the filter's text, or None.
        sort: the sort's text, or None.
        page: the page as read so far: `Success(PageRequest.of(0, 25))`, `page_request(number, size)`,
            `Success(CursorRequest.at(cursor, 25))`, or no page.
        default_order: the order of a request without a sort.
        cursors: how cursors are written and read.
        max_problems: stop reading the filter where it has so many problems; None looks for all.

    Returns:
        The filter, order and page of the request.

    Problems: those of `parse` or `validate`, of `order`, and of the page, in this order.

    Raises:
        ConfigurationError: a page by cursor of a model that has no unique key.
    """
    found_filter = caches.validated_filter(schema, filter, max_problems)
    found_order = caches.validated_order(schema, sort)
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
    if isinstance(filter, Success) and isinstance(order, Success) and isinstance(page, Success):
        narrowing, sorted_by, requested = filter.unwrap(), order.unwrap() or default_order, page.unwrap()
        if not isinstance(requested, CursorRequest):
            return Success(Criteria(narrowing, sorted_by, requested))
        chosen = total_order(narrowing.schema, sorted_by)
        opened = open_cursor(requested, narrowing, chosen, cursors)
        return opened.map(lambda seek: Criteria(narrowing, chosen, seek=seek))
    wrong_cursor = page.map(partial(_wrong_cursor, cursors)).value_or(())
    problems = problems_of([*problems_in(filter), *problems_in(order), *problems_in(page), *wrong_cursor])
    assert problems is not None
    return Failure(problems)


def apply_criteria(
    target: TargetT,
) -> Callable[[Criteria], Result[PaginatedSelect[TargetT] | CursorSelect[TargetT], Problems]]:
    """Filter, sort and page a target by the criteria that `validate_request` gives. Never fails.

    Returns:
        A `CursorSelect` where the request asks for a page by cursor, else a `PaginatedSelect`.
    """

    def applied(criteria: Criteria) -> Result[PaginatedSelect[TargetT] | CursorSelect[TargetT], Problems]:
        statement = statement_of(target, criteria)
        if criteria.seek is not None and criteria.order is not None:
            return Success(cursor_select(statement, criteria.order, criteria.seek))
        return Success(PaginatedSelect(statement.page(criteria.page), statement))

    return applied


def statement_of(target: TargetT, criteria: Criteria) -> Statement[TargetT]:
    """A target, filtered and sorted by the criteria that `validate_request` gives."""
    return ordered(filtered(target, criteria.filter, caches.lowered_filter), criteria.order)


def _wrong_cursor(cursors: CursorFormat, requested: PageRequest | CursorRequest | None) -> tuple[Problem, ...]:
    return unreadable_cursor(requested, cursors) if isinstance(requested, CursorRequest) else ()


def problems_in(result: Result[object, Problems]) -> tuple[Problem, ...]:
    """The problems of a part of a request; none where it is valid."""
    return () if isinstance(result, Success) else result.failure()
