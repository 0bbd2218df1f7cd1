"""The order of values below a JSON document, the same on every database.

Without a declared type texts come first, by code point, then numbers, then false and true, as PostgreSQL orders them;
nulls, arrays and objects count as NULL. With a declared type values of other types count as NULL. An array counts by
its smallest element in an ascending order and by its largest in a descending one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Select, case, func, literal_column, select, type_coerce
from sqlalchemy.sql.selectable import TableValuedAlias

from pyrsql.options import JSONSortScalarType
from pyrsql.orms.sqlalchemy.json.times import Instant, TimeOfDay
from pyrsql.orms.sqlalchemy.json.values import JsonText, is_kind, leads_nowhere, number, values_at
from pyrsql.orms.sqlalchemy.leading_text import leading_text
from pyrsql.orms.sqlalchemy.text import FoldedText, OrderedText
from pyrsql.validation.predicates import OrderKey

_MOMENTS = {
    JSONSortScalarType.DATE: Instant,
    JSONSortScalarType.TIME: TimeOfDay,
    JSONSortScalarType.DATETIME: Instant,
    JSONSortScalarType.DATETIME_TZ: Instant,
}

Terms = list[ColumnElement[Any]]
"""Values to sort by, one after the other."""

_RANKS = ("string", "number", "boolean")
"""The kinds that have an order, the smallest first."""


def json_order(
    document: ColumnElement[Any],
    keys: tuple[str, ...],
    key: OrderKey,
    by_type: JSONSortScalarType | None,
    related: Select[Any] | None = None,
) -> Terms:
    """The terms that order a row by a value in a document; none where no document has a value there.

    The smallest or largest value is found by aggregates. ORDER BY with LIMIT in a subquery over JSON_TABLE ends a
    MariaDB server when the statement is interrupted.

    Args:
        document: the column.
        keys: the path to the value.
        key: direction, and whether case counts.
        by_type: the type of the values, where it is declared.
        related: selects the related rows whose documents count, over a to-many path.
    """
    if leads_nowhere(keys):
        return []
    rows = values_at(document, keys, elements=True)
    values = _values_of_any(rows, key.ignore_case) if by_type is None else _values_of(rows, by_type, key.ignore_case)
    extreme = func.max if key.descending else func.min
    found = select().select_from(rows)
    if related is not None:
        values = [found.with_only_columns(extreme(value)).scalar_subquery() for value in values]
        found = related
    extremes: Terms = [extreme(value) for value in values]
    terms = _of_first_rank(extremes) if by_type is None else extremes
    return [found.with_only_columns(term).scalar_subquery() for term in terms]


def _of_first_rank(extremes: Terms) -> Terms:
    """The terms of values of any kind: only those of the kind that comes first count."""
    rank, near, whole, text, word = extremes
    of_text, of_number, of_word = (rank == literal_column(str(place)) for place, _ in enumerate(_RANKS))
    words = OrderedText(case((of_text, text), (of_word, word)))
    return [rank, case((of_number, near)), case((of_number, whole)), words]


def _values_of_any(rows: TableValuedAlias, ignore_case: bool) -> Terms:
    """The rank of each row's kind, its number as two terms, its text, and its boolean, NULL where it is another."""
    whens: list[Any] = [
        (is_kind(rows, kind), literal_column(str(place), Integer())) for place, kind in enumerate(_RANKS)
    ]
    rank: ColumnElement[Any] = case(*whens)
    return [rank, *_numbers(rows), _row_text(rows, ignore_case), _word(rows)]


def _values_of(rows: TableValuedAlias, by_type: JSONSortScalarType, ignore_case: bool) -> Terms:
    match by_type:
        case JSONSortScalarType.INTEGER | JSONSortScalarType.FLOAT | JSONSortScalarType.NUMERIC:
            return _numbers(rows)
        case JSONSortScalarType.BOOLEAN:
            return [_word(rows)]
        case JSONSortScalarType.TEXT:
            return [_row_text(rows, ignore_case)]
        case (
            JSONSortScalarType.DATE
            | JSONSortScalarType.TIME
            | JSONSortScalarType.DATETIME
            | JSONSortScalarType.DATETIME_TZ
        ):
            return [case((is_kind(rows, "string"), _MOMENTS[by_type](rows.c.scalar)))]


def _numbers(rows: TableValuedAlias) -> Terms:
    # With a type: a driver that asks the server for the type of a parameter refuses a cursor's value of another one.
    return [type_coerce(term, Numeric()) for term in number(rows).clauses]


def _word(rows: TableValuedAlias) -> ColumnElement[Any]:
    # The words false and true have the order of their values.
    return type_coerce(OrderedText(case((is_kind(rows, "boolean"), rows.c.scalar))), JsonText())


def _row_text(rows: TableValuedAlias, ignore_case: bool) -> ColumnElement[Any]:
    text = case((is_kind(rows, "string"), rows.c.scalar))
    return type_coerce(leading_text(OrderedText(FoldedText(text) if ignore_case else text)), JsonText())
