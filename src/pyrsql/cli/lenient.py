"""Types that give a value as it is stored where it is no value of the type: SQLite keeps anything in any column."""

from __future__ import annotations

from collections.abc import Callable, Container
from copy import copy
from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects import sqlite
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


_LENIENT = {
    types.DateTime: _lenient(sqlite.DATETIME),
    types.Date: _lenient(sqlite.DATE),
    types.Time: _lenient(sqlite.TIME),
    types.Boolean: _lenient(types.BOOLEAN, (None, 0, 1)),
    types.JSON: _lenient(sqlite.JSON),
}
_NUMERIC = _lenient(types.NUMERIC)


def lenient(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a column of SQLite, so that every row of it can be read."""
    made: Any = next((made() for strict, made in _LENIENT.items() if isinstance(type_, strict)), type_)
    if isinstance(type_, types.Numeric) and not isinstance(type_, types.Float):
        made = _NUMERIC(type_.precision, type_.scale)
    found: TypeEngine[Any] = made
    return found
