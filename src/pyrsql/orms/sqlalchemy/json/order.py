"""The order of values below a JSON document, the same on every database.

Without a declared type texts come first, by code point, then numbers, then false and true, as PostgreSQL orders them;
nulls, arrays and objects count as NULL. With a declared type values of other types count as NULL. An array counts by
its smallest element in an ascending order and by its largest in a descending one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Select, case, func, literal_column, select, type_coerce

from pyrsql.options import JSONSortScalarType
from pyrsql.orms.sqlalchemy.json.lookup import Lookup, lookup
from pyrsql.orms.sqlalchemy.json.times import Instant, TimeOfDay
from pyrsql.orms.sqlalchemy.json.values import JsonText, Value, is_kind, leads_nowhere, number, value_of, values_at
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
    rows, at = values_at(document, keys, elements=True), lookup(document, keys)
    extreme = func.max if key.descending else func.min
    found: Terms = [extreme(value) for value in _values(value_of(rows), key, by_type)]
    one = [] if at is None else _values(at.value, key, by_type)
    if related is not None:
        extremes: Terms = [extreme(value) for value in _looked_up(at, one, _of_each(select().select_from(rows), found))]
        return _of_each(related, extremes if by_type is not None else _of_first_rank(extremes))
    if by_type is None:
        found, one = _of_first_rank(found), _of_only_rank(one)
    return _looked_up(at, one, _of_each(select().select_from(rows), found))


def _of_each(rows: Select[Any], terms: Terms) -> Terms:
    """Each term as a subquery over rows."""
    return [rows.with_only_columns(term).scalar_subquery() for term in terms]


def _looked_up(at: Lookup | None, one: Terms, any: Terms) -> Terms:
    """Terms of the value at a path where it is the only one, and of all values elsewhere."""
    return any if at is None else [at.or_any(*terms) for terms in zip(one, any, strict=True)]


def _of_first_rank(extremes: Terms) -> Terms:
    """The terms of values of any kind: only those of the kind that comes first count."""
    rank, near, whole, text, word = extremes
    of_text, of_number, of_word = (rank == literal_column(str(place)) for place, _ in enumerate(_RANKS))
    words = OrderedText(case((of_text, text), (of_word, word)))
    return [rank, case((of_number, near)), case((of_number, whole)), words]


def _of_only_rank(values: Terms) -> Terms:
    """The same of one value, which has one kind."""
    if not values:
        return []
    rank, near, whole, text, word = values
    return [rank, near, whole, OrderedText(func.coalesce(text, word))]


def _values(value: Value, key: OrderKey, by_type: JSONSortScalarType | None) -> Terms:
    return _values_of_any(value, key.ignore_case) if by_type is None else _values_of(value, by_type, key.ignore_case)


def _values_of_any(value: Value, ignore_case: bool) -> Terms:
    """The rank of a value's kind, its number as two terms, its text, and its boolean, NULL where it is another."""
    whens: list[Any] = [
        (is_kind(value, kind), literal_column(str(place), Integer())) for place, kind in enumerate(_RANKS)
    ]
    rank: ColumnElement[Any] = case(*whens)
    return [rank, *_numbers(value), _text(value, ignore_case), _word(value)]


def _values_of(value: Value, by_type: JSONSortScalarType, ignore_case: bool) -> Terms:
    match by_type:
        case JSONSortScalarType.INTEGER | JSONSortScalarType.FLOAT | JSONSortScalarType.NUMERIC:
            return _numbers(value)
        case JSONSortScalarType.BOOLEAN:
            return [_word(value)]
        case JSONSortScalarType.TEXT:
            return [_text(value, ignore_case)]
        case (
            JSONSortScalarType.DATE
            | JSONSortScalarType.TIME
            | JSONSortScalarType.DATETIME
            | JSONSortScalarType.DATETIME_TZ
        ):
            return [case((is_kind(value, "string"), _MOMENTS[by_type](value.scalar)))]


def _numbers(value: Value) -> Terms:
    # With a type: a driver that asks the server for the type of a parameter refuses a cursor's value of another one.
    return [type_coerce(term, Numeric()) for term in number(value).clauses]


def _word(value: Value) -> ColumnElement[Any]:
    # The words false and true have the order of their values.
    return type_coerce(OrderedText(case((is_kind(value, "boolean"), value.scalar))), JsonText())


def _text(value: Value, ignore_case: bool) -> ColumnElement[Any]:
    text = case((is_kind(value, "string"), value.scalar))
    return type_coerce(leading_text(OrderedText(FoldedText(text) if ignore_case else text)), JsonText())
