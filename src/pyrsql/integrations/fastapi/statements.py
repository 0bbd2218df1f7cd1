"""Proven criteria -> SQLAlchemy statements. Only ever narrows the statement it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, func, select

from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort
from pyrsql.validation.plan import Criteria, Statement


@dataclass(frozen=True, slots=True)
class SQLAlchemyPaginatedSelect:
    """One page of a result, and what counts all of it.

    Args:
        statement: selects the rows of the page, in a total order.
        count_statement: selects the number of rows on all pages.
        page_request: the page; None where the request asks for all rows.
    """

    statement: Select[Any]
    count_statement: Select[Any]
    page_request: PageRequest | None = None


def selected(base: Select[Any], criteria: Criteria) -> Select[Any]:
    """The rows that the criteria ask for: filtered, sorted, one page of them."""
    return _ordered(base, criteria).page(criteria.page)


def counted(base: Select[Any], criteria: Criteria) -> Select[Any]:
    """The number of rows that the filter leaves."""
    return cast("Select[Any]", _filtered(base, criteria).count())


def counted_up_to(base: Select[Any], criteria: Criteria, limit: int) -> Select[Any]:
    """The number of rows that the filter leaves, or `limit` where there are more: the database stops there."""
    narrowed = _filtered(base, criteria).select
    return select(func.count()).select_from(narrowed.order_by(None).limit(limit).subquery())


def paginated(base: Select[Any], criteria: Criteria) -> SQLAlchemyPaginatedSelect:
    """Both, from one filtered statement."""
    statement = _ordered(base, criteria)
    return SQLAlchemyPaginatedSelect(statement.page(criteria.page), statement.count(), criteria.page)


# Nothing proven can fail to apply.


def _filtered(base: Select[Any], criteria: Criteria) -> Statement[Select[Any]]:
    return apply_filter(base)(criteria.filter).unwrap()


def _ordered(base: Select[Any], criteria: Criteria) -> Statement[Select[Any]]:
    return apply_sort(criteria.order)(_filtered(base, criteria)).unwrap()
