"""The value of a sort key as a cursor carries it: a text that, bound again, equals the value in the database.

SQLite and MySQL give and take stored values: a REAL for a decimal, the text of a date. Elsewhere a value travels as
the Python value of its type; on PostgreSQL, where drivers change times, intervals and all that is neither text nor a
number, as the text that the database writes and reads.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, FromClause, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models.backend import SortedInPart
from pyrsql.orms.sqlalchemy.carried_text import (
    STORAGE,
    carried,
    carried_bytes,
    datetime_of,
    is_long,
    time_of,
    uuid_of,
    whole,
)
from pyrsql.orms.sqlalchemy.dialects.families import POSTGRESQL, family_of
from pyrsql.orms.sqlalchemy.elements import Construct, Enclosed
from pyrsql.orms.sqlalchemy.json.values import JsonText
from pyrsql.orms.sqlalchemy.leading_text import is_sorted_whole

_LARGEST_FLOAT = 1.7976931348623157e308


class SelectedKey(Enclosed):
    """A key that is selected for a cursor, in a form that every driver gives whole: all 64 bits of a float, and as text
    what is written.

    It does not say which tables it reads, all of which the statement has: SQLAlchemy would look among them for what a
    `join(Company)` of the base statement joins from.
    """

    @property
    def _from_objects(self) -> list[FromClause]:
        return []


class BoundKey(Construct, FunctionElement[Any]):
    """A value of a position, in the form that is compared with a key."""


class CarriedValue(TypeDecorator[str]):
    """The type of a key that is selected for a cursor, and of a position that is bound.

    Args:
        carries: the type of the key.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = types.NullType
    cache_ok: bool | None = True

    def __init__(self, carries: TypeEngine[Any]) -> None:
        super().__init__()
        self.carries = carries

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A value that is stored, read and bound without any code of a developer's."""
        match family_of(dialect):
            case "sqlite" | "mysql":
                return types.NullType()
            case "postgresql" if (written := written_type(self.carries, dialect)) is not None:
                return types.NullType() if isinstance(written, types.NullType) else types.Text()
            case "postgresql" | None:
                return _plain(stored_type(self.carries, dialect))

    def bind_expression(self, bindparam: BindParameter[Any]) -> ColumnElement[Any]:
        """The value as the database compares it."""
        return BoundKey(bindparam)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Its text in a cursor."""
        if value is not None and has_collation_mark(self.carries, dialect):
            mark, value = value[:1], value[1:]
            if mark in (HAS_LEVELS, HAS_LEVELS.encode()):
                return SortedInPart(f"s{value}")
        if isinstance(value, str) and family_of(dialect) == "mysql" and not is_sorted_whole(value):
            return SortedInPart(f"s{value}")
        if not isinstance(value, bytes):
            return carried(value)
        stored = stored_type(self.carries, dialect)
        if isinstance(stored, mysql.BIT):
            # It is compared as the number that its bytes are.
            return f"i{int.from_bytes(value)}"
        of_text = isinstance(self.carries, JsonText) or (
            isinstance(stored, types.String) and family_of(dialect) == "mysql"
        )
        return carried_bytes(value) if of_text else f"b{value.hex()}"

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """The value that was carried, or NULL for a text that no row of this database can have given."""
        if value is None:
            return None
        found = STORAGE[value[0]](value[1:])
        match family_of(dialect):
            case "sqlite":
                return _for_sqlite(found)
            case "mysql":
                return _for_mysql(stored_type(self.carries, dialect), found)
            case "postgresql" if written_type(self.carries, dialect) is not None:
                return found.partition("\0")[0] if isinstance(found, str) else None
            case "postgresql" | None:
                return _converted(_plain(stored_type(self.carries, dialect)), found)

    def literal_processor(self, dialect: Dialect) -> Any:
        """Writes a value into a statement, for people who read it."""

        def write(value: str | None) -> str:
            bound = self.process_bind_param(value, dialect)
            if isinstance(bound, bytes):
                return f"x'{bound.hex()}'"
            plain = isinstance(bound, int | float | Decimal)
            return "NULL" if bound is None else str(bound) if plain else "'" + str(bound).replace("'", "''") + "'"

        return write


def stored_type(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """The type that a database stores a column as, under all decorators and variants."""
    found: TypeEngine[Any] = type_.dialect_impl(dialect)
    while isinstance(found, TypeDecorator | postgresql.DOMAIN):
        inner = found.data_type if isinstance(found, postgresql.DOMAIN) else found.impl_instance
        found = inner.dialect_impl(dialect)
    if isinstance(found, types.UserDefinedType) and family_of(dialect) == "mysql":
        # Their drivers give values of some types in a form that equals none: the type is the one of this name.
        return _KNOWN_ON_MYSQL.get(_name_of(found, dialect), types.NullType)()
    return found


def _name_of(type_: TypeEngine[Any], dialect: Dialect) -> str:
    """The name that a database knows a type by, in lower case and without arguments; empty where it is not known."""
    if isinstance(type_, types.NullType):
        return ""
    name = re.match(r"\w*", dialect.type_compiler_instance.process(type_))
    return name[0].lower() if name else ""


_KNOWN_ON_MYSQL: dict[str, type[TypeEngine[Any]]] = {
    "bit": mysql.BIT,
    "char": mysql.CHAR,
    "date": mysql.DATE,
    "datetime": mysql.DATETIME,
    "double": mysql.DOUBLE,
    "float": mysql.FLOAT,
    "text": mysql.TEXT,
    "time": mysql.TIME,
    "timestamp": mysql.TIMESTAMP,
    "varchar": mysql.VARCHAR,
}


def has_unknown_places(type_: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether MySQL or MariaDB orders values by the places of members that only a developer's own type knows."""
    return isinstance(type_, types.UserDefinedType) and _name_of(type_, dialect) in ("enum", "set")


HAS_LEVELS, HAS_ONE_LEVEL = "1", "0"
"""The mark before a text of MySQL or MariaDB: whether its collation compares accents or case after all letters."""

_SORTED_BY_LEVELS = 20
"""Characters of a column that they sort whole under such levels; from 27 on they sort by the letters alone."""


def has_collation_mark(type_: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether a key of MySQL or MariaDB has a mark for its collation: a text that is long enough to need it."""
    if family_of(dialect) != "mysql" or isinstance(type_, JsonText):
        return False
    stored = stored_type(type_, dialect)
    return isinstance(stored, types.String) and (stored.length is None or stored.length > _SORTED_BY_LEVELS)


def names_object(type_: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether PostgreSQL reads the text of a value as the name of a table, a type or a function."""
    return _name_of(stored_type(type_, dialect), dialect).startswith("reg")


def written_type(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any] | None:
    """The type that a column of PostgreSQL is read as, where its values travel as text; None where they do not."""
    stored = stored_type(type_, dialect)
    match _plain(stored):
        case types.DateTime() | types.Date() | types.Time() | types.Interval() as plain:
            return plain
        case types.NullType():
            return stored
        case _:
            return None


def is_float(type_: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether a column of a type is stored as a binary float, of any size."""
    return isinstance(_plain(stored_type(type_, dialect)), types.Double)


def is_written(type_: TypeEngine[Any]) -> bool:
    """Whether PostgreSQL reads the text of a bound position as a value of a type."""
    return isinstance(type_, CarriedValue) and written_type(type_.carries, POSTGRESQL) is not None


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type like another, that does not round, cut or change a value on its way."""
    match type_:
        case types.Boolean():
            return types.Boolean()
        case types.Integer():
            return types.BigInteger()
        case types.Float():
            return types.Double()
        case types.Numeric() if type_.__visit_name__ == "float":
            # On SQLAlchemy 2.0 the float of a driver is no `Float`.
            return types.Double()
        case types.Numeric():
            return types.Numeric()
        case types.Interval() | postgresql.INTERVAL():
            return types.Interval()
        case types.Uuid():
            return types.Uuid() if type_.native_uuid else types.CHAR(32)
        case types.DateTime():
            return types.DateTime(type_.timezone)
        case types.Date():
            return types.Date()
        case types.Time():
            return types.Time(type_.timezone)
        case types.CHAR() | postgresql.CITEXT():
            # Blanks at the end, and case, do not count where values of these types are compared.
            return type_
        case postgresql.ENUM():
            schema = cast("Any", type_).schema
            return postgresql.ENUM(*type_.enums, name=type_.name, schema=schema, create_type=False)
        case types.String():
            return types.String()
        case _ if isinstance(type_, _BINARY):
            return types.LargeBinary()
        case _:
            return types.NullType()


_BINARY = (types.LargeBinary, types.BINARY, types.VARBINARY)


def _for_sqlite(value: Any) -> Any:
    """The form in which SQLite stores it. It has no decimals, and no integers beyond 64 bits."""
    return float(value) if isinstance(value, Decimal) or (isinstance(value, int) and not is_long(value)) else value


def _for_mysql(type_: TypeEngine[Any], value: Any) -> Any:
    """A value that MySQL can compare with a column: it has neither NaN nor infinities, and refuses malformed times."""
    match type_, value:
        case types.DateTime(), _:
            return _without_offset(datetime_of(value)) if isinstance(value, str) else None
        case types.Date(), _:
            return _date_of(value)
        case types.Time(), int():
            return dt.timedelta(microseconds=value) if abs(value) < 10**15 else None
        case types.Time(), _:
            return time_of(value) if isinstance(value, str) else None
        case _, float():
            return None if math.isnan(value) else max(-_LARGEST_FLOAT, min(value, _LARGEST_FLOAT))
        case _, Decimal():
            return value if value.is_finite() else None
        case _:
            return value


def _converted(type_: TypeEngine[Any], value: Any) -> Any:
    """A value in the driver's form for a type; None where the type cannot have this value."""
    match type_:
        case types.Boolean():
            return bool(value) if isinstance(value, int) else None
        case types.Integer():
            return whole(value)
        case types.Double():
            return _as_float(value)
        case types.Numeric():
            return Decimal(value) if isinstance(value, int | float | Decimal) else None
        case types.Interval():
            return dt.timedelta(microseconds=value) if isinstance(value, int) and abs(value) < 10**19 else None
        case types.Uuid():
            return uuid_of(value) if isinstance(value, str) else None
        case types.DateTime(timezone=aware):
            found = datetime_of(value) if isinstance(value, str) else None
            return _with_offset(found) if aware else _without_offset(found)
        case types.Date():
            return _date_of(value)
        case types.Time(timezone=aware):
            time = time_of(value) if isinstance(value, str) else None
            return time if time is None or aware == (time.tzinfo is not None) else time.replace(tzinfo=_ZONES[aware])
        case types.Enum(enums=members):
            return value if value in members else None
        case types.String():
            # PostgreSQL stores no NUL: no row has a text with one, nor lies between it and the text before the NUL.
            return str(value).partition("\0")[0]
        case types.LargeBinary():
            return value if isinstance(value, bytes) else None
        case _:
            return value if isinstance(value, str) else None


_ZONES: dict[bool, dt.tzinfo | None] = {True: dt.UTC, False: None}


def _as_float(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | Decimal) else None
    except OverflowError:
        return None


def _date_of(value: Any) -> dt.date | None:
    found = datetime_of(value) if isinstance(value, str) else None
    return None if found is None else found.date()


def _without_offset(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.replace(tzinfo=None)


def _with_offset(value: dt.datetime | None) -> dt.datetime | None:
    return value if value is None or value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
