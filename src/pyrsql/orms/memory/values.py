"""Values in the one form in which they are compared."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import numbers
from typing import Any

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.validation.convert.times import aware_moment, time_in_utc


def comparable(value: Any, kind: Kind | None) -> Any:
    """A value in the one form in which values of its kind are compared.

    Rows hold what their programmers put there: times with and without an offset, floats where decimals are declared,
    members of a `StrEnum` where text is.
    """
    if isinstance(kind, kinds.Text | kinds.Integer | kinds.Decimal | kinds.Float):
        value = plain(value)
    match kind:
        case kinds.DateTime():
            return aware_moment(value) if isinstance(value, dt.date) else value
        case kinds.Date():
            return value.date() if isinstance(value, dt.datetime) else value
        case kinds.Time():
            return time_in_utc(value) if isinstance(value, dt.time) else value
        case kinds.Decimal():
            return _quiet(decimal.Decimal(repr(value)) if isinstance(value, float) else value)
        case kinds.Float():
            return _as_float(_quiet(value)) if isinstance(value, decimal.Decimal | int) else value
        case kinds.Integer():
            return _quiet(value)
        case kinds.Text():
            return value if value is None else str(value)
        case kinds.Boolean() | kinds.Duration() | kinds.Uuid() | kinds.Enumeration():
            return value
        case kinds.Binary() | kinds.Json() | kinds.Array() | kinds.Opaque() | None:
            return value


_PLAIN = frozenset([type(None), bool, int, float, str])


def plain(value: Any) -> Any:
    """A value of a class below Python's own text and numbers, or of another class of numbers, as Python's own.

    The text of a class below may be another one, as that of a member of `class Level(str, Enum)`, and of a `float64`.
    """
    if type(value) in _PLAIN or isinstance(value, decimal.Decimal):
        return value
    match value:
        case str():
            return str.__str__(value)
        case int():
            return int.__int__(value)
        case float():
            return float.__float__(value)
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return float(value)
        case _:
            return value


def _as_float(number: decimal.Decimal | int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _quiet(number: Any) -> Any:
    """A number that raises nothing when it is compared: a signaling NaN is a NaN."""
    return decimal.Decimal("NaN") if isinstance(number, decimal.Decimal) and number.is_snan() else number


def orderable(value: Any, kind: Kind | None) -> Any:
    """A value in the form in which it is compared and sorted with others of its kind.

    NaN equals itself and is larger than every number, as on PostgreSQL; other databases store none.
    """
    value = comparable(value, kind)
    if isinstance(kind, kinds.Integer | kinds.Decimal | kinds.Float):
        return (True, 0) if value != value else (False, int(value) if isinstance(value, bool) else value)
    return bool(value) if isinstance(kind, kinds.Boolean) and isinstance(value, int) else value


def exact_number(value: object) -> decimal.Decimal | None:
    """A JSON number with the value of its digits; None for other values, NaN and infinity among them."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        return None
    number = decimal.Decimal(repr(value)) if isinstance(value, float) else decimal.Decimal(value)
    return number if number.is_finite() else None
