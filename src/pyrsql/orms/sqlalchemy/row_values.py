"""Expressions that are one value of one row, which operators compare: a condition and an order take no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, ColumnElement, Label, Over, Tuple
from sqlalchemy.sql.elements import WithinGroup
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.orms.sqlalchemy.textual import elements_of

_AGGREGATES = re.compile(
    r"count|sum|avg|min|max|total|every|mode|stddev.*|var.*|covar.*|corr|regr_.*|bool_.*|bit_.*|percentile_.*"
    r"|group_concat|listagg|aggregate_strings|.*_agg|.*_agg_strict|json_group_.*|json_.*arrayagg|json_objectagg"
)
"""Names of functions that make one row of many."""

_OPERATORS = frozenset(
    (
        *("operate", "reverse_operate", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
        *("between", "in_", "not_in", "is_", "is_not", "like", "ilike", "not_like", "not_ilike", "desc", "asc"),
    )
)
"""Methods by which a comparator gives the operators of an attribute a meaning."""


def is_aggregate(element: ClauseElement) -> bool:
    """Whether an element makes one value of many rows."""
    name = str(getattr(element, "name", "")).lower()
    return isinstance(element, WithinGroup) or (
        isinstance(element, FunctionElement) and bool(_AGGREGATES.fullmatch(name))
    )


def is_row_value(value: ColumnElement[Any]) -> bool:
    """Whether an expression is one value of one row: no tuple, no aggregate or window function outside a subquery."""
    inner = value.element if isinstance(value, Label) else value
    return not isinstance(inner, Tuple) and not any(
        isinstance(element, Over) or is_aggregate(element) for element in elements_of([value])
    )


def has_own_operators(attribute: object) -> bool:
    """Whether the developer's own code gives the operators of an attribute a meaning, as a `@name.comparator` does. Its
    SQL expression alone does not say it then.
    """
    compared = getattr(attribute, "comparator", attribute)
    # A hybrid may also return a comparator, which SQLAlchemy's own then holds.
    return any(map(_overrides_operators, (compared, getattr(compared, "expression", None))))


def _overrides_operators(compared: object) -> bool:
    return any(not _OPERATORS.isdisjoint(vars(base)) for base in _own_classes(type(compared)))


def _own_classes(of: type) -> Iterator[type]:
    return (base for base in of.__mro__ if base is not object and not base.__module__.startswith("sqlalchemy."))


def takes_parameters(value: ColumnElement[Any]) -> bool:
    """Whether the operators of an expression take parameters. The comparator of a developer's type may want values."""
    other = BindParameter[Any](None, None, value.type)
    try:
        if not any(_own_classes(type(value.comparator))):
            return True
        made: list[object] = [
            value == other,
            value != other,
            value.in_([other]),
            value.is_(None),
            value.is_not(None),
            value.desc(),
        ]
    except Exception:
        return False
    return all(isinstance(each, ColumnElement) for each in made)
