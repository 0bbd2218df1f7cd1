"""Subqueries that a developer wrote, in statements that pyrsql makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause, Select, SelectBase
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause

from pyrsql.orms.sqlalchemy.select_parts import is_correlated_by_itself, tables_of


def has_subquery(value: ColumnElement[Any]) -> bool:
    """Whether an expression holds a subquery."""
    return not isinstance(value, ColumnClause) and any(isinstance(part, SelectBase) for part in visitors.iterate(value))


def about_own_tables(
    value: ColumnElement[Any], rows: Iterable[FromClause], before: FromClause | None = None
) -> ColumnElement[Any]:
    """An expression whose subqueries are about their own tables, and about the rows that the expression is of.

    SQLAlchemy would leave out of them all tables of the statement around, those of its joins as well; and where that
    stands in another statement, it would repeat the tables of the outer one.

    Args:
        value: the expression.
        rows: what it is about: an entity, or the end of a relation and what is between.
        before: the rows that the relation leads on from.
    """
    if not has_subquery(value):
        return value
    beginning = [] if before is None else tables_of(before)
    tables = [*beginning, *(table for each in rows for table in tables_of(each))]

    def correlated(element: Any, **_: Any) -> Any:
        if isinstance(element, Select) and is_correlated_by_itself(subquery := cast("Select[Any]", element)):
            froms = subquery.get_final_froms()
            if len(froms) == 1:
                # A subquery of one table keeps it: it is about all of its rows.
                return subquery
            # So does one of this table and of a row before it, which SQLAlchemy binds where it loads the relation.
            return subquery.correlate(*(beginning if beginning and set(tables).issuperset(froms) else tables))
        return cast("object", element) if isinstance(element, FromClause) else None

    made: ColumnElement[Any] = visitors.replacement_traverse(value, {}, correlated)
    return made
