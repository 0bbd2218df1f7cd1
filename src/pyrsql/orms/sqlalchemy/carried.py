"""The value of a sort key as a cursor carries it: a text that, bound again, equals what the database ordered by.

SQLite and MySQL give and take what they store: a REAL for a decimal, the text of a date. Elsewhere a value travels as
the Python value of its type. A text begins with a letter that says which storage class it is of: `i` an integer, `d` a
decimal, `f` a float, `s` a text, also that of a time, `b` the bytes of a binary column.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import types
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.orms.sqlalchemy.dialects.families import family_of

_LARGEST_INTEGER = 2**64
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_FLOAT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:e[+-]?[0-9]{1,3})?|-?inf|nan")
_DECIMAL = re.compile(r"-?[0-9]{1,4000}(?:\.[0-9]{1,4000})?(?:E[+-]?[0-9]{1,4})?|NaN|-?Infinity")
_HEX = re.compile("(?:[0-9a-f]{2})*")
_LARGEST_FLOAT = 1.7976931348623157e308


def carried(value: object) -> str | None:
    """The text in a cursor of a value that a driver gave."""
    match value:
        case None:
            return None
        case int():
            return f"i{int(value)}"
        case float():
            return f"f{value!r}"
        case Decimal():
            return f"d{value}"
        case dt.datetime():
            return f"s{value.isoformat(' ')}"
        case dt.date() | dt.time():
            return f"s{value.isoformat()}"
        case dt.timedelta():
            return f"i{value // dt.timedelta(microseconds=1)}"
        case bytes():
            return f"s{value.decode('utf-8')}"
        case _:
            return f"s{value}"


def fits(kind: Kind, stored_as_is: bool, text: str | None) -> bool:
    """Whether a text that a client sent can be a carried value of a kind.

    Args:
        kind: of the key, or of a part of it.
        stored_as_is: no type of the developer's decides how a value is stored.
        text: the carried value.
    """
    if text is None:
        return True
    storage, body = text[:1], text[1:]
    read = _STORAGE.get(storage)
    if read is None or read(body) is None:
        return False
    if not stored_as_is:
        return True
    match kind:
        case kinds.Boolean() | kinds.Integer() | kinds.Decimal() | kinds.Float():
            return storage in "idf"
        case kinds.Enumeration():
            # A sort carries the place of a member, a key that completes an order its text.
            return storage in "is"
        case kinds.Date() | kinds.DateTime():
            return storage == "s" and _datetime(body) is not None
        case kinds.Time():
            return storage == "i" or (storage == "s" and _time(body) is not None)
        case kinds.Duration():
            return storage == "i" or (storage == "s" and _datetime(body) is not None)
        case kinds.Uuid():
            return storage == "s" and _uuid(body) is not None
        case kinds.Binary():
            return storage == "b"
        case kinds.Text() | kinds.Json() | kinds.Array() | kinds.Opaque():
            return storage == "s"


def _integer(body: str) -> int | None:
    value = int(body) if _INTEGER.fullmatch(body) else None
    return value if value is not None and -_LARGEST_INTEGER < value < _LARGEST_INTEGER else None


def _float(body: str) -> float | None:
    return float(body) if _FLOAT.fullmatch(body) else None


def _bytes(body: str) -> bytes | None:
    return bytes.fromhex(body) if _HEX.fullmatch(body) else None


def _decimal(body: str) -> Decimal | None:
    return Decimal(body) if _DECIMAL.fullmatch(body) else None


_STORAGE: dict[str, Callable[[str], int | float | Decimal | str | bytes | None]] = {
    "i": _integer,
    "f": _float,
    "d": _decimal,
    "s": str,
    "b": _bytes,
}


def _datetime(body: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(body)
        # No database knows an offset that leads out of the calendar.
        return found if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _time(body: str) -> dt.time | None:
    try:
        return dt.time.fromisoformat(body)
    except ValueError:
        return None


def _uuid(body: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(body)
    except ValueError:
        return None


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
        if family_of(dialect) in ("sqlite", "mysql"):
            return types.NullType()
        return _plain(stored_type(self.carries, dialect))

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Its text in a cursor."""
        if isinstance(value, bytes) and isinstance(stored_type(self.carries, dialect), _BINARY):
            return f"b{value.hex()}"
        return carried(value)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """The value that was carried, or NULL for a text that no row of this database can have given."""
        if value is None:
            return None
        found = _STORAGE[value[0]](value[1:])
        match family_of(dialect):
            case "sqlite":
                return _for_sqlite(found)
            case "mysql":
                return _for_mysql(stored_type(self.carries, dialect), found)
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
    while isinstance(found, TypeDecorator):
        found = found.impl_instance.dialect_impl(dialect)
    return found.data_type if isinstance(found, postgresql.DOMAIN) else found


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type like another, without what would round, cut or change a value on its way."""
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
    return float(value) if isinstance(value, Decimal) or (isinstance(value, int) and not _is_long(value)) else value


def _for_mysql(type_: TypeEngine[Any], value: Any) -> Any:
    """A value that MySQL can compare with a column: it has neither NaN nor infinities, and refuses malformed times."""
    match type_, value:
        case types.DateTime(), _:
            return _without_offset(_datetime(value)) if isinstance(value, str) else None
        case types.Date(), _:
            return _date_of(value)
        case types.Time(), int():
            return dt.timedelta(microseconds=value) if abs(value) < 10**15 else None
        case types.Time(), _:
            return _time(value) if isinstance(value, str) else None
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
            return _whole(value)
        case types.Double():
            return _as_float(value)
        case types.Numeric():
            return Decimal(value) if isinstance(value, int | float | Decimal) else None
        case types.Interval():
            return dt.timedelta(microseconds=value) if isinstance(value, int) and abs(value) < 10**19 else None
        case types.Uuid():
            return _uuid(value) if isinstance(value, str) else None
        case types.DateTime(timezone=aware):
            found = _datetime(value) if isinstance(value, str) else None
            return _with_offset(found) if aware else _without_offset(found)
        case types.Date():
            return _date_of(value)
        case types.Time(timezone=aware):
            time = _time(value) if isinstance(value, str) else None
            return time if time is None or aware == (time.tzinfo is not None) else time.replace(tzinfo=_ZONES[aware])
        case types.Enum(enums=members):
            return value if value in members else None
        case types.String():
            # PostgreSQL stores no NUL: no row has a text with one, nor lies between it and what stands before.
            return str(value).partition("\0")[0]
        case types.LargeBinary():
            return value if isinstance(value, bytes) else None
        case _:
            return None if isinstance(value, bytes) else value


_ZONES: dict[bool, dt.tzinfo | None] = {True: dt.UTC, False: None}


def _is_long(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _whole(value: Any) -> int | None:
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        return None
    return int(value) if _is_long(int(value)) else None


def _as_float(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | Decimal) else None
    except OverflowError:
        return None


def _date_of(value: Any) -> dt.date | None:
    found = _datetime(value) if isinstance(value, str) else None
    return None if found is None else found.date()


def _without_offset(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.replace(tzinfo=None)


def _with_offset(value: dt.datetime | None) -> dt.datetime | None:
    return value if value is None or value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
