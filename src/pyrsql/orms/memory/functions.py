"""The functions that clients may call, as Python has them."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Callable, Mapping
from typing import Any

from pyrsql.models import kinds
from pyrsql.orms.memory.values import orderable
from pyrsql.validation.text import fold, upper

Functions = Mapping[str, Callable[..., object]]
"""Name -> a function of the database, as Python has it."""


def call(function: Callable[..., object], arguments: list[Any]) -> Any:
    """The result of a function; NULL where an argument is NULL, unless the function takes NULL."""
    if function not in _OF_NULL and any(argument is None for argument in arguments):
        return None
    return function(*arguments)


def _concat(*texts: str) -> str:
    return "".join(texts)


def _replace(text: str, old: str, new: str) -> str:
    # Databases find an empty text nowhere, Python finds it everywhere.
    return text.replace(old, new) if old else text


def _substring(text: str, start: int, length: int | None = None) -> str:
    return text[start - 1 :] if length is None else text[start - 1 : start - 1 + length]


_Number = int | float | decimal.Decimal


def _abs(number: _Number) -> _Number:
    # `abs` rounds a Decimal to the precision of the context.
    return number.copy_abs() if isinstance(number, decimal.Decimal) else abs(number)


def _floor(number: _Number) -> _Number:
    return math.floor(number) if _is_finite(number) else number


def _ceil(number: _Number) -> _Number:
    return math.ceil(number) if _is_finite(number) else number


def _is_finite(number: _Number) -> bool:
    # `math.isfinite` makes a float of it: a large int raises there, and a large Decimal is infinite.
    return (
        number.is_finite() if isinstance(number, decimal.Decimal) else isinstance(number, int) or math.isfinite(number)
    )


def _round(number: _Number) -> _Number:
    return decimal.Decimal(number).to_integral_value(decimal.ROUND_HALF_UP)


def _coalesce(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _nullif(value: object, other: object) -> object:
    if isinstance(value, _Number) and isinstance(other, _Number):
        return None if orderable(value, _EXACT) == orderable(other, _EXACT) else value
    return None if value == other else value


_EXACT = kinds.Decimal()


def _in_utc(value: dt.date) -> tuple[int, int, int]:
    """Year, month and day in UTC, where the year may be 0 or 10000. The calendar repeats after 400 years."""
    if not isinstance(value, dt.datetime):
        return value.year, value.month, value.day
    shift = 400 if value.year < 5000 else -400
    moved = value.replace(year=value.year + shift).astimezone(dt.UTC)
    return moved.year - shift, moved.month, moved.day


_OF_TEXT: Mapping[str, Callable[[str], object]] = {
    "upper": upper,
    "lower": fold,
    "trim": lambda text: text.strip(" "),
    "ltrim": lambda text: text.lstrip(" "),
    "rtrim": lambda text: text.rstrip(" "),
    "length": len,
}

_OF_DATES: Mapping[str, Callable[[dt.date], object]] = {
    "year": lambda date: _in_utc(date)[0],
    "month": lambda date: _in_utc(date)[1],
    "day": lambda date: _in_utc(date)[2],
}

FUNCTIONS: Mapping[str, Callable[..., object]] = {
    **_OF_TEXT,
    **_OF_DATES,
    "concat": _concat,
    "replace": _replace,
    "substring": _substring,
    "abs": _abs,
    "floor": _floor,
    "ceil": _ceil,
    "round": _round,
    "coalesce": _coalesce,
    "nullif": _nullif,
}
"""The functions that a call may name: those that mean the same on every database."""

_OF_NULL = (_coalesce, _nullif)
"""The functions that take NULL; the others return NULL for it."""
