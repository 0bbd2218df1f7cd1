"""The order of values below a JSON document, the same on every database.

Without a declared type texts come first, by code point, then numbers, then false and true, as PostgreSQL orders them;
nulls, arrays and objects count as NULL. With a declared type values of other types count as NULL. An array counts by
its smallest element in an ascending order and by its largest in a descending one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal_column, or_, select
from sqlalchemy.sql.selectable import TableValuedAlias

from pyrsql.options import JSONSortScalarType
from pyrsql.orms.sqlalchemy.json.times import Instant, TimeOfDay
from pyrsql.orms.sqlalchemy.json.values import is_kind, leads_nowhere, number, values_at
from pyrsql.orms.sqlalchemy.text import FoldedText, OrderedText
from pyrsql.validation.predicates import OrderKey

_MOMENTS = {
    JSONSortScalarType.DATE: Instant,
    JSONSortScalarType.TIME: TimeOfDay,
    JSONSortScalarType.DATETIME: Instant,
    JSONSortScalarType.DATETIME_TZ: Instant,
}

Terms = list[ColumnElement[Any]]
"""What is sorted by, one after the other."""


def json_order(
    document: ColumnElement[Any], keys: tuple[str, ...], key: OrderKey, by_type: JSONSortScalarType | None
) -> Terms:
    """What orders a document by a value in it; nothing where no document has such a value.

    Args:
        document: the column.
        keys: the path to the value.
        key: direction, and whether case counts.
        by_type: the type of the values, where it is declared.
    """
    if leads_nowhere(keys):
        return []
    rows = values_at(document, keys, elements=True)
    terms = _terms_of_any(rows, key.ignore_case) if by_type is None else _terms_of(rows, by_type, key.ignore_case)
    return extreme(select(*terms).select_from(rows), terms, key.descending)


def extreme(rows: Select[Any], terms: Terms, descending: bool) -> Terms:
    """The terms of the row that is first, those without a value left out, each by a subquery."""
    if not terms:
        return []
    directed = [term.desc() if descending else term.asc() for term in terms]
    first = rows.where(terms[0].is_not(None)).order_by(*directed).limit(1)
    return [first.with_only_columns(term).scalar_subquery() for term in terms]


def _terms_of_any(rows: TableValuedAlias, ignore_case: bool) -> Terms:
    kinds = ("string", "number", "boolean")
    places: Terms = [literal_column(str(place)) for place, _ in enumerate(kinds)]
    rank = case(*((is_kind(rows, kind), place) for kind, place in zip(kinds, places, strict=True)))
    # The words false and true have the order of what they say.
    words = case((or_(is_kind(rows, "string"), is_kind(rows, "boolean")), rows.c.scalar))
    return [rank, *number(rows).clauses, _text(words, ignore_case)]


def _terms_of(rows: TableValuedAlias, by_type: JSONSortScalarType, ignore_case: bool) -> Terms:
    scalar = rows.c.scalar
    match by_type:
        case JSONSortScalarType.INTEGER | JSONSortScalarType.FLOAT | JSONSortScalarType.NUMERIC:
            return list(number(rows).clauses)
        case JSONSortScalarType.BOOLEAN:
            return [case((is_kind(rows, "boolean"), scalar))]
        case JSONSortScalarType.TEXT:
            return [_text(case((is_kind(rows, "string"), scalar)), ignore_case)]
        case _:
            return [case((is_kind(rows, "string"), _MOMENTS[by_type](scalar)))]


def _text(value: ColumnElement[Any], ignore_case: bool) -> ColumnElement[Any]:
    return OrderedText(FoldedText(value) if ignore_case else value)
