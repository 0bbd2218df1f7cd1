"""Rows in the order of sort keys."""

from __future__ import annotations

import datetime as dt
import decimal
import operator
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import FieldOptions, JSONSortScalarType
from pyrsql.orms.memory.functions import FUNCTIONS, Functions
from pyrsql.orms.memory.json import below, elements, scalar
from pyrsql.orms.memory.operands import value_of
from pyrsql.orms.memory.predicates import CustomPredicate, Evaluation
from pyrsql.orms.memory.rows import OrderedRows, Row, Scope, related_scopes, rows_of
from pyrsql.orms.memory.values import exact_number, orderable, plain
from pyrsql.validation.predicates import CountOperand, FieldOperand, OrderKey, ValueOperand
from pyrsql.validation.text import fold


def in_order(target: object, keys: tuple[OrderKey, ...]) -> list[Row]:
    """The rows of a target in its own order, or by the keys where it has none."""
    rows = rows_of(target)
    if not isinstance(target, OrderedRows):
        for key in reversed(keys):
            rows = sorted_rows(rows, key, None, FUNCTIONS)
    return rows


def sorted_rows(rows: list[Row], key: OrderKey, options: FieldOptions | None, functions: Functions) -> list[Row]:
    """The rows by one key; those that are equal under it stay as they are."""
    valued = [(sort_value(row, key, options, functions), row) for row in rows]
    nulls = [row for value, row in valued if value is None]
    others = sorted(
        ((value, row) for value, row in valued if value is not None),
        key=operator.itemgetter(0),
        reverse=key.descending,
    )
    ordered = [row for _, row in others]
    nulls_first = key.descending if key.nulls_first is None else key.nulls_first
    return nulls + ordered if nulls_first else ordered + nulls


def sort_value(row: Row, key: OrderKey, options: FieldOptions | None, functions: Functions) -> Any:
    """The sort key of a row: over a to-many path the smallest value, or the largest when descending."""
    root: Scope = {(): row}
    candidates = [
        value
        for scope in (related_scopes(root, key.collection) if key.collection else [root])
        for value in _sort_values(_value(key.operand, scope, functions), key, options)
    ]
    if not candidates:
        return None
    return max(candidates) if key.descending else min(candidates)


def _value(operand: ValueOperand, scope: Scope, functions: Functions) -> Any:
    if not isinstance(operand, CountOperand):
        return value_of(operand, scope, functions)
    custom = cast("Mapping[str, CustomPredicate]", operand.custom)
    return Evaluation(operand.options, custom, functions).value(operand, scope)


def _sort_values(value: object, key: OrderKey, options: FieldOptions | None) -> Iterator[Any]:
    """A value in the form in which it is sorted; none for NULL, and for a document all that the path leads to."""
    operand = key.operand
    match operand.kind:
        case kinds.Json() if isinstance(operand, FieldOperand):
            by_type = options.json_options.sort_field_types.get(operand.path) if options else None
            found = [inner for outer in below(value, operand.keys) for inner in (outer, *elements(outer))]
            for inner in found:
                candidate = _json_scalar(inner, key) if by_type is None else _typed_scalar(inner, by_type, key)
                if candidate is not None:
                    yield candidate
        case kind:
            found = orderable(value, kind)
            if found is not None:
                yield _placed(found, kind, key)


def _placed(value: Any, kind: Kind | None, key: OrderKey) -> Any:
    """A value of a kind in the form in which it is sorted."""
    if isinstance(kind, kinds.Enumeration):
        # By the order in which the members are declared.
        return next(place for place, (_, member) in enumerate(kind.members) if member == value)
    return fold(value) if isinstance(kind, kinds.Text) and key.ignore_case else value


def _json_scalar(value: object, key: OrderKey) -> tuple[int, Any] | None:
    """A JSON scalar among those of all types: texts, then numbers, then false and true, as PostgreSQL has them."""
    match value:
        case bool():
            return 2, value
        case int() | float() | decimal.Decimal():
            number = exact_number(value)
            return None if number is None else (1, number)
        case str():
            return 0, fold(value) if key.ignore_case else plain(value)
        case _:
            return None


_SORT_LIKE: Mapping[JSONSortScalarType, object] = {
    JSONSortScalarType.TEXT: "",
    JSONSortScalarType.INTEGER: 0,
    JSONSortScalarType.FLOAT: 0,
    JSONSortScalarType.NUMERIC: 0,
    JSONSortScalarType.BOOLEAN: False,
    JSONSortScalarType.DATE: dt.date.min,
    JSONSortScalarType.TIME: dt.time.min,
    JSONSortScalarType.DATETIME: dt.datetime.min,
    JSONSortScalarType.DATETIME_TZ: dt.datetime.min,
}


def _typed_scalar(value: object, by_type: JSONSortScalarType, key: OrderKey) -> Any:
    """A JSON scalar of the type to sort by; other values are NULL to it."""
    found = scalar(value, _SORT_LIKE[by_type])
    return fold(found) if key.ignore_case and isinstance(found, str) else found
