"""The types of expressions that SQLAlchemy leaves open, as in a hybrid that returns `func.lower(cls.name)`, or narrows:
`cls.done / func.nullif(cls.total, 0)` of integers has a fraction.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    BinaryExpression,
    Case,
    ColumnElement,
    Date,
    DateTime,
    Extract,
    Float,
    Integer,
    Label,
    Numeric,
    String,
    type_coerce,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnClause, Grouping
from sqlalchemy.sql.functions import FunctionElement, ReturnTypeFromArgs
from sqlalchemy.sql.selectable import ScalarSelect
from sqlalchemy.types import NullType, TypeEngine

_TEXTS = frozenset(
    (
        *("lower", "upper", "initcap", "trim", "ltrim", "rtrim", "btrim", "lpad", "rpad", "repeat", "reverse"),
        *("replace", "translate", "substr", "substring", "left", "right", "concat_ws"),
    )
)
_NUMBERS = frozenset(("length", "octet_length", "character_length", "bit_length", "ascii", "instr", "strpos", "locate"))
_AS_ARGUMENT = frozenset(["abs", "nullif", "ifnull", "greatest", "least"])
_FRACTIONS = frozenset(("second", "seconds", "epoch", "millisecond", "milliseconds", "msec"))
_ARITHMETIC = frozenset((operators.add, operators.sub, operators.mul, operators.truediv, operators.mod))


def type_of(value: ColumnElement[Any]) -> TypeEngine[Any]:
    """The type of an expression: that of a function by its name where SQLAlchemy leaves it open, and the widest of its
    parts where SQLAlchemy takes the first.
    """
    if isinstance(value, ColumnClause):
        return value.type
    if isinstance(value, Label | Grouping):
        return type_of(cast("ColumnElement[Any]", value.element))
    match value.type:
        case Integer():
            # A database computes with 64 bits where a value needs them, as in a sum.
            return Numeric() if _may_have_fraction(value) else BigInteger()
        case Date():
            return next((type_ for part in _parts(value) if isinstance(type_ := type_of(part), DateTime)), value.type)
        case NullType() if isinstance(value, FunctionElement):
            return _by_name(value)
        case _:
            return value.type


def _by_name(value: FunctionElement[Any]) -> TypeEngine[Any]:
    name = str(getattr(value, "name", "")).lower()
    if name in _TEXTS:
        return String()
    if name in _NUMBERS:
        return BigInteger()
    arguments = [*value.clauses]
    return type_of(arguments[0]) if name in _AS_ARGUMENT and arguments else value.type


def _may_have_fraction(value: ColumnElement[Any]) -> bool:
    """Whether a value that SQLAlchemy takes for a whole number is a quotient, or made of a value of another type."""
    match value:
        case BinaryExpression(operator=operators.truediv):
            return True
        case Extract(field=field):
            return field.lower() in _FRACTIONS
        case _:
            return any(isinstance(type_of(part), NullType | Numeric | Float) for part in _parts(value))


def _parts(value: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The values that a value is one of, or is computed of."""
    match value:
        case BinaryExpression() if value.operator in _ARITHMETIC:
            return [value.left, value.right]
        case ReturnTypeFromArgs():
            return [*value.clauses]
        case Case():
            return [*(result for _, result in value.whens), *([] if value.else_ is None else [value.else_])]
        case ScalarSelect():
            return [*cast("Any", value.element).selected_columns]
        case _:
            return []


def typed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression with the type that it has."""
    type_ = type_of(value)
    return value if type_ is value.type else type_coerce(value, type_)
