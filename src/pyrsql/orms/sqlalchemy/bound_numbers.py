"""Types of numbers that are bound, in the form in which a database stores them."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import BigInteger, Double, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.orms.sqlalchemy.carried_text import is_long
from pyrsql.orms.sqlalchemy.column_types import form_on
from pyrsql.orms.sqlalchemy.dialects.families import family_of


class ExactNumber(Numeric[Any]):
    """A decimal number that is bound as an integer where it is one.

    SQLite has no decimals, and would compare a long integer with the float next to it.
    """

    def bind_processor(self, dialect: Dialect) -> Any:
        """The number in the form that SQLite stores it in. Other databases have decimals."""
        return _in_storage_class if family_of(dialect) == "sqlite" else cast("Any", super()).bind_processor(dialect)


def _in_storage_class(value: Decimal | int | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == int(value) and is_long(int(value)) else float(value)


class UnsignedInteger(TypeDecorator[int]):
    """A whole number that may have 64 bits without a sign, as only MySQL and MariaDB store it."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = BigInteger
    cache_ok: bool | None = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | float | None:
        """A float where the number is larger than all integers of SQLite."""
        is_too_long = value is not None and family_of(dialect) == "sqlite" and not is_long(value)
        return float(value) if value is not None and is_too_long else value


class FloatValue(TypeDecorator[float]):
    """Binds a float as the column stores it: with 32 bits where it has no more, so that `0.1` finds the row with `0.1`.

    Args:
        column_type: the type of the column.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Double
    cache_ok: bool | None = True

    def __init__(self, column_type: TypeEngine[Any]) -> None:
        super().__init__()
        self.column_type = column_type

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  # the base names the parameter
        """The next float of 32 bits where the column has no more. A decimal number becomes a float in any case."""
        column_type = dialect.type_compiler_instance.process(form_on(dialect, self.column_type))
        single = _SINGLE.get(family_of(dialect))
        return _as_single if single is not None and single.fullmatch(column_type) else _as_float


_UP_TO_24 = r"FLOAT\((?:[0-9]|1[0-9]|2[0-4])\)"
_SINGLE: dict[str | None, re.Pattern[str]] = {
    "postgresql": re.compile(rf"REAL|{_UP_TO_24}"),
    "mysql": re.compile(rf"(?:FLOAT|{_UP_TO_24}|FLOAT\([0-9]+, *[0-9]+\))(?: UNSIGNED| ZEROFILL)*"),
}
"""The names of types of 32 bits, by family."""


def _as_float(value: float | Decimal | None) -> float | None:
    return float(value) if isinstance(value, Decimal) else value


def _as_single(value: float | Decimal | None) -> float | None:
    try:
        return None if value is None else struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        # No row holds it, and every row is on one side of it.
        return _as_float(value)
