"""Proven criteria -> SQLAlchemy statements. Only ever narrows the statement it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, func, select

from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort
from pyrsql.plan import Criteria, Statement


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
    return _page(_ordered(base, criteria), criteria)


def counted(base: Select[Any], criteria: Criteria) -> Select[Any]:
    """The number of rows that the filter leaves."""
    return _count(apply_filter(base)(criteria.filter).unwrap())


def counted_up_to(base: Select[Any], criteria: Criteria, limit: int) -> Select[Any]:
    """The number of rows that the filter leaves, or `limit` where there are more: the database stops there."""
    narrowed = apply_filter(base)(criteria.filter).unwrap().select
    return select(func.count()).select_from(narrowed.order_by(None).limit(limit).subquery())


def paginated(base: Select[Any], criteria: Criteria) -> SQLAlchemyPaginatedSelect:
    """Both, from one filtered statement."""
    statement = _ordered(base, criteria)
    return SQLAlchemyPaginatedSelect(_page(statement, criteria), _count(statement), criteria.page)


def _ordered(base: Select[Any], criteria: Criteria) -> Statement[Select[Any]]:
    # Nothing proven can fail to apply.
    filtered = apply_filter(base)(criteria.filter).unwrap()
    return apply_sort(criteria.order)(filtered).unwrap()


def _page(statement: Statement[Select[Any]], criteria: Criteria) -> Select[Any]:
    page, schema = criteria.page, statement.schema
    if page is None:
        return statement.select
    return schema.orm.page(statement.lowered, schema.model, page.offset, page.limit)


def _count(statement: Statement[Select[Any]]) -> Select[Any]:
    return cast("Select[Any]", statement.schema.orm.count(statement.lowered, statement.schema.model))
