"""The types of expressions that SQLAlchemy leaves open, as in a hybrid that returns `func.lower(cls.name)`, or narrows:
`cls.done / func.nullif(cls.total, 0)` of integers has a fraction.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import BinaryExpression, Case, ColumnElement, Integer, Label, Numeric, String, type_coerce
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
_ARITHMETIC = frozenset((operators.add, operators.sub, operators.mul, operators.truediv, operators.mod))


def type_of(value: ColumnElement[Any]) -> TypeEngine[Any]:
    """The type of an expression; that of a function by its name where SQLAlchemy leaves it open."""
    if isinstance(value, ColumnClause) or not isinstance(value.type, NullType | Integer):
        return value.type
    if isinstance(value, Label | Grouping):
        return type_of(cast("ColumnElement[Any]", value.element))
    if isinstance(value.type, Integer):
        return Numeric() if _may_have_fraction(value) else value.type
    if not isinstance(value, FunctionElement):
        return value.type
    name = str(getattr(value, "name", "")).lower()
    if name in _TEXTS:
        return String()
    if name in _NUMBERS:
        return Integer()
    arguments = [*value.clauses]
    return type_of(arguments[0]) if name in _AS_ARGUMENT and arguments else value.type


def _may_have_fraction(value: ColumnElement[Any]) -> bool:
    """Whether a value that SQLAlchemy takes for a whole number is a quotient, or made of a value of another type."""
    parts: list[ColumnElement[Any]]
    match value:
        case BinaryExpression(operator=operators.truediv):
            return True
        case BinaryExpression() if value.operator in _ARITHMETIC:
            parts = [value.left, value.right]
        case ReturnTypeFromArgs():
            parts = [*value.clauses]
        case Case():
            parts = [*(result for _, result in value.whens), *([] if value.else_ is None else [value.else_])]
        case ScalarSelect():
            parts = [*cast("Any", value.element).selected_columns]
        case _:
            return False
    return any(isinstance(type_of(part), NullType | Numeric) for part in parts)


def typed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression with the type that it has."""
    type_ = type_of(value)
    return value if type_ is value.type else type_coerce(value, type_)
