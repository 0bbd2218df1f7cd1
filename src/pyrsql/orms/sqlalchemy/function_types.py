"""The types of database functions that SQLAlchemy gives none, as in a hybrid that returns `func.lower(cls.name)`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, Label, String, type_coerce
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

_TEXTS = frozenset(
    (
        *("lower", "upper", "initcap", "trim", "ltrim", "rtrim", "btrim", "lpad", "rpad", "repeat", "reverse"),
        *("replace", "translate", "substr", "substring", "left", "right", "concat_ws"),
    )
)
_NUMBERS = frozenset(("length", "octet_length", "character_length", "bit_length", "ascii", "instr", "strpos", "locate"))
_AS_ARGUMENT = frozenset(["abs", "nullif", "ifnull", "greatest", "least"])


def type_of(value: ColumnElement[Any]) -> TypeEngine[Any]:
    """The type of an expression; that of a function by its name where SQLAlchemy leaves it open."""
    if not isinstance(value.type, NullType):
        return value.type
    if isinstance(value, Label):
        return type_of(value.element)
    if not isinstance(value, FunctionElement):
        return value.type
    name = str(getattr(value, "name", "")).lower()
    if name in _TEXTS:
        return String()
    if name in _NUMBERS:
        return Integer()
    arguments = [*value.clauses]
    return type_of(arguments[0]) if name in _AS_ARGUMENT and arguments else value.type


def typed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression with the type that it has."""
    type_ = type_of(value) if isinstance(value.type, NullType) else value.type
    return value if type_ is value.type else type_coerce(value, type_)
