"""SQLAlchemy's column types -> kinds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models import kinds

_INTEGER_BITS: tuple[tuple[type[types.Integer], int], ...] = (
    (mysql.TINYINT, 8),
    (mysql.MEDIUMINT, 24),
    (types.SmallInteger, 16),
    (types.BigInteger, 64),
    (types.Integer, 32),
)


def kind_of_column(type_: TypeEngine[Any]) -> kinds.Kind:
    """The kind of a column's values.

    Args:
        type_: the type of a column or an expression. A `TypeDecorator` counts by the Python type it declares, and by
            the type it decorates where both are the same.
    """
    match type_:
        case types.Interval() | postgresql.INTERVAL():
            return kinds.Duration()
        case TypeDecorator():
            return _decorated(type_)
        case types.Boolean():
            return kinds.Boolean()
        case types.Enum():
            return _enumeration(type_)
        case types.Integer():
            return _integer(type_)
        case types.Float():
            return kinds.Float()
        case types.Numeric():
            return kinds.Decimal(type_.precision, type_.scale)
        case types.Uuid():
            return kinds.Uuid(as_text=not type_.as_uuid)
        case types.String():
            return kinds.Text()
        case types.DateTime():
            return kinds.DateTime(aware=type_.timezone)
        case types.Date():
            return kinds.Date()
        case types.Time():
            return kinds.Time(aware=type_.timezone)
        case types.JSON():
            return kinds.Json()
        case types.ARRAY():
            return kinds.Array(kind_of_column(type_.item_type))
        case types.LargeBinary() | types.BINARY() | types.VARBINARY():
            return kinds.Binary()
        case _:
            return kinds.Opaque(type(type_).__name__, python_type_of(type_) or object)


def python_type_of(type_: TypeEngine[Any]) -> type | None:
    """The Python type of a column's values, or None where the type does not say."""
    try:
        found = type_.python_type
    except NotImplementedError:
        return None
    # What a decorator answers that says nothing, since SQLAlchemy 2.1.
    return None if found is object else found


def as_stored(type_: TypeEngine[Any], value: Any, dialect: Dialect) -> Any:
    """What a decorated type makes of a value before it is bound; any other type, and a decorator that only reads, takes
    it as it is. May raise what the decorator raises.
    """
    if not isinstance(type_, TypeDecorator):
        return value
    writes = getattr(type(type_), "process_bind_param") is not TypeDecorator[Any].process_bind_param  # noqa: B009
    return type_.process_bind_param(value, dialect) if writes else value


def _integer(type_: types.Integer) -> kinds.Integer:
    bits = next(bits for known, bits in _INTEGER_BITS if isinstance(type_, known))
    if getattr(type_, "unsigned", False):
        return kinds.Integer(0, 2**bits - 1)
    return kinds.Integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _enumeration(type_: types.Enum) -> kinds.Enumeration:
    if type_.enum_class is not None:
        return kinds.Enumeration.of(type_.enum_class)
    return kinds.Enumeration(tuple((name, name) for name in type_.enums))


def _decorated(type_: TypeDecorator[Any]) -> kinds.Kind:
    inner = type_.impl_instance
    declared = python_type_of(type_)
    if declared is None or declared is python_type_of(inner):
        return kind_of_column(inner)
    kind = kinds.kind_of(declared)
    if isinstance(kind, kinds.Text) and not isinstance(inner, types.String):
        # LIKE and the order of texts mean nothing there; a converter says which operators do.
        return kinds.Opaque(type(type_).__name__, declared)
    return kind


def is_declared(column: Column[Any]) -> bool:
    """Whether a text column says which character set or collation MySQL and MariaDB keep it in."""
    return any(declared_text(column, _MYSQL))


def declared_text(column: Column[Any], dialect: Dialect) -> tuple[str | None, str | None]:
    """The character set and the collation that a text column, or its table, declares."""
    type_ = column.type.dialect_impl(dialect)
    options = getattr(column.table, "kwargs", {})

    def of_table(*names: str) -> str | None:
        given = [options.get(f"{name}_{option}") for name in ("mariadb", "mysql") for option in names]
        return next((str(value) for value in given if value), None)

    charset = getattr(type_, "charset", None) or of_table("charset", "default_charset", "character_set")
    return charset, getattr(type_, "collation", None) or of_table("collate", "default_collate")


_MYSQL = mysql.dialect()
