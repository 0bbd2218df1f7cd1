"""The types of expressions that SQLAlchemy leaves open, as in a hybrid that returns `func.lower(cls.name)`, or narrows:
`cls.done / func.nullif(cls.total, 0)` of integers has a fraction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    BinaryExpression,
    BindParameter,
    Boolean,
    Case,
    Cast,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Enum,
    Extract,
    Float,
    Integer,
    Interval,
    Label,
    Numeric,
    String,
    Time,
    TypeCoerce,
    Uuid,
    type_coerce,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnClause, ExpressionClauseList, Grouping
from sqlalchemy.sql.functions import FunctionElement, ReturnTypeFromArgs
from sqlalchemy.sql.selectable import ScalarSelect
from sqlalchemy.types import NullType, TypeEngine

from pyrsql.orms.sqlalchemy.column_types import form_on
from pyrsql.orms.sqlalchemy.dialects.families import POSTGRESQL

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
    parts where SQLAlchemy takes the first. NullType where only Python takes it for the values of another type.
    """
    if isinstance(value, ColumnClause):
        return value.type
    if isinstance(value, Label | Grouping):
        return type_of(cast("ColumnElement[Any]", value.element))
    if isinstance(value, TypeCoerce):
        return _taken_for(value)
    parts = {part: type_of(part) for part in _parts(value)}
    found = _by_name(value) if isinstance(value.type, NullType) and isinstance(value, FunctionElement) else value.type
    match found:
        case Integer() | Float() if any(isinstance(type_, Float) for type_ in parts.values()):
            return _float_of(value, parts)
        case Float() if not isinstance(value, Cast):
            return _computed(found)
        case Integer():
            # A database computes with 64 bits where a value needs them, as in a sum.
            return Numeric() if _may_have_fraction(value, parts.values()) else BigInteger()
        case Numeric() if _may_have_more_digits(value, found, parts.values()):
            return Numeric() if found.asdecimal else Numeric(asdecimal=False)
        case Date():
            return next((type_ for type_ in parts.values() if isinstance(type_, DateTime)), found)
        case _:
            return found


def _by_name(value: FunctionElement[Any]) -> TypeEngine[Any]:
    name = _name_of(value)
    if name in _TEXTS:
        return String()
    if name in _NUMBERS:
        return BigInteger()
    arguments = [*value.clauses]
    return type_of(arguments[0]) if name in _AS_ARGUMENT and arguments else value.type


def _name_of(value: FunctionElement[Any]) -> str:
    return str(getattr(value, "name", "")).lower()


def _float_of(value: ColumnElement[Any], parts: dict[ColumnElement[Any], TypeEngine[Any]]) -> TypeEngine[Any]:
    """The type of a float among which some may have 32 bits: one of 64, unless all have the same. PostgreSQL computes
    with 64 where other numbers are among them, and drivers bind a float with 64.
    """
    wide: TypeEngine[Any] = Double()
    floats = [
        wide if isinstance(part, BindParameter) else type_ for part, type_ in parts.items() if isinstance(type_, Float)
    ]
    is_computed = isinstance(value, BinaryExpression | ExpressionClauseList)
    if any(repr(each) != repr(floats[0]) for each in floats) or (is_computed and len(floats) < len(parts)):
        return wide
    is_sum = isinstance(value, FunctionElement) and _name_of(value) == "sum"
    return _computed(floats[0]) if is_computed or is_sum else floats[0]


def _computed(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a float that is computed: MySQL and MariaDB do so with 64 bits."""
    return type_.with_variant(Double(), "mysql", "mariadb")


def _may_have_more_digits(value: ColumnElement[Any], found: Numeric[Any], parts: Iterable[TypeEngine[Any]]) -> bool:
    """Whether a decimal is computed, or one of several with other digits: a product has more of them than its parts."""
    is_sum = isinstance(value, FunctionElement) and _name_of(value) == "sum"
    if is_sum or isinstance(value, BinaryExpression | ExpressionClauseList):
        return True
    return any(repr(part) != repr(found) for part in parts)


def _may_have_fraction(value: ColumnElement[Any], parts: Iterable[TypeEngine[Any]]) -> bool:
    """Whether a value that SQLAlchemy takes for a whole number is a quotient, or made of a value of another type."""
    match value:
        case BinaryExpression(operator=operators.truediv):
            return True
        case Extract(field=field):
            return field.lower() in _FRACTIONS
        case _:
            return any(isinstance(type_, NullType | Numeric | Float) for type_ in parts)


def _parts(value: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The values that a value is one of, or is computed of."""
    match value:
        case BinaryExpression() if value.operator in _ARITHMETIC:
            return [value.left, value.right]
        case ExpressionClauseList() if value.operator in _ARITHMETIC:
            # A sum or product of more than two.
            return [*value.clauses]
        case ReturnTypeFromArgs():
            return [*value.clauses]
        case FunctionElement() if _name_of(value) in _AS_ARGUMENT:
            return [*value.clauses]
        case Case():
            return [*(result for _, result in value.whens), *([] if value.else_ is None else [value.else_])]
        case ScalarSelect():
            return [*cast("Any", value.element).selected_columns]
        case _:
            return []


def _taken_for(value: TypeCoerce[Any]) -> TypeEngine[Any]:
    """The type of values that Python takes for those of a type: `type_coerce` writes no SQL. NullType where a database
    has values of another class, which it would compare with others or not at all.
    """
    stored = type_of(value.clause)
    if isinstance(stored, Float) and isinstance(value.type, Float):
        return stored
    of_python, of_database = _storage(value.type), _storage(stored)
    is_same = of_python is of_database or NullType in (of_python, of_database)
    if not (is_same or (of_python, of_database) in _WIDER):
        return NullType()
    if (of_python, of_database) == (Enum, String):
        # Else PostgreSQL would compare the text with a member of its own enum.
        as_text = cast("Enum", value.type.copy())
        as_text.native_enum = False
        return as_text
    return _computed(value.type) if isinstance(value.type, Float) else value.type


_STORAGE: tuple[type[TypeEngine[Any]], ...] = (
    Boolean,
    Integer,
    Float,
    Numeric,
    DateTime,
    Date,
    Time,
    Interval,
    Uuid,
    Enum,
    String,
    JSON,
    ARRAY,
)
_WIDER: tuple[tuple[type, type], ...] = (
    (Numeric, Integer),
    (Numeric, Float),
    (Float, Integer),
    (Float, Numeric),
    (DateTime, Date),
    (Enum, String),
    (Boolean, Integer),
)
"""Types for which databases can compare the values of another type."""


def _storage(type_: TypeEngine[Any]) -> type[TypeEngine[Any]]:
    """The class of the values that PostgreSQL has for a type; most databases have fewer classes."""
    form = form_on(POSTGRESQL, type_)
    if (isinstance(form, Uuid) and not form.native_uuid) or (isinstance(form, Enum) and not form.native_enum):
        return String
    found: type[TypeEngine[Any]] = type(form)  # pyright: ignore[reportUnknownVariableType]  # of any type argument
    return next((known for known in _STORAGE if issubclass(found, known)), found)


def typed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression with the type that it has."""
    type_ = type_of(value)
    if isinstance(value, TypeCoerce) and isinstance(type_, Boolean) and isinstance(type_of(value.clause), Integer):
        # Most databases would not compare the number with a boolean, or take it for one.
        return value.clause != 0
    return value if type_ is value.type else type_coerce(value, type_)
