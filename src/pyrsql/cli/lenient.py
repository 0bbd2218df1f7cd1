"""Types that give a value as it is stored where it is no value of the type.

SQLite keeps anything in any column, PostgreSQL has dates that Python lacks, and MariaDB has times of more than a day.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Container
from copy import copy
from decimal import Decimal
from importlib import import_module
from typing import Any, cast

from sqlalchemy import types
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeEngine


def _lenient(strict: Any, values: Container[Any] | None = None) -> Any:
    """A type that reads what a type reads, and anything else as it is stored.

    Args:
        strict: the type.
        values: the stored values that it may read; None for all that it can.
    """

    class Lenient(strict):  # type: ignore[misc]  # its base is known at run time only
        def adapt(self, cls: Any, **_: Any) -> Any:
            # A driver would put a type of its own in the place of this one.
            return copy(self)

        def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any] | None:
            process: Callable[[Any], Any] | None = strict.result_processor(self, dialect, coltype)
            if process is None:
                return None

            def read(value: Any) -> Any:
                if values is not None and value not in values:
                    return value
                try:
                    return process(value)
                except (TypeError, ValueError, ArithmeticError):
                    return value

            return read

    return Lenient


LENIENT: dict[type[TypeEngine[Any]], Any] = {
    types.DateTime: _lenient(sqlite.DATETIME),
    types.Date: _lenient(sqlite.DATE),
    types.Time: _lenient(sqlite.TIME),
    types.Boolean: _lenient(types.BOOLEAN, (None, 0, 1)),
    types.JSON: _lenient(sqlite.JSON),
}
_NUMERIC = _lenient(types.NUMERIC)


def lenient(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a column of SQLite, so that every row of it can be read."""
    made: Any = next((made() for strict, made in LENIENT.items() if isinstance(type_, strict)), type_)
    if isinstance(type_, types.Numeric) and not isinstance(type_, types.Float):
        made = _NUMERIC(type_.precision, type_.scale)
    found: TypeEngine[Any] = made
    return found


class _LongTime(mysql.TIME):
    """A time of MariaDB, which goes from -838:59:59 to 838:59:59; SQLAlchemy would take it modulo a day."""

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        process: Any = mysql.TIME.result_processor(self, dialect, coltype)

        def read(value: Any) -> Any:
            is_long = isinstance(value, dt.timedelta) and not dt.timedelta(0) <= value < dt.timedelta(days=1)
            return _hours(value) if is_long else process(value)

        return read


def _hours(length: dt.timedelta) -> str:
    seconds, micros = divmod(abs(length) // dt.timedelta(microseconds=1), 1_000_000)
    fraction = f".{micros:06}" if micros else ""
    sign = "-" if length < dt.timedelta(0) else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def lenient_of_mysql(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a column of MariaDB or MySQL, so that each value is read as the database writes it."""
    match type_:
        case mysql.TIME():
            return _LongTime(fsp=type_.fsp)
        case mysql.SET():
            return types.String(type_.length, type_.collation)
        case _:
            return type_


def for_json(value: object) -> object:
    """A value as JSON can hold it: bytes, dates and numbers that are not finite become texts, at any depth."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case float():
            return str(Decimal(value))
        case dict():
            return {str(key): for_json(inner) for key, inner in cast("dict[object, object]", value).items()}
        case list():
            return [for_json(inner) for inner in cast("list[object]", value)]
        case bytes():
            return value.hex()
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


_TIMES = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")
"""The types of PostgreSQL whose values Python may lack."""


def read_far_dates(connection: Any) -> None:
    """Let a connection of psycopg give dates that Python lacks as text: infinity, years before 1 and after 9999."""
    refusal: Any = import_module("psycopg").DataError
    readers: Any = import_module("psycopg.types.datetime")
    for type_ in _TIMES:
        connection.adapters.register_loader(type_, _far(getattr(readers, f"{type_.capitalize()}Loader"), refusal))


def _far(strict: Any, refusal: type[Exception]) -> Any:
    class Far(strict):  # type: ignore[misc]  # its base is known at run time only
        def load(self, data: Any) -> Any:
            try:
                return strict.load(self, data)
            except refusal:
                return bytes(data).decode()

    return Far
