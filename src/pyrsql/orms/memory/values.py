"""Values in the one form in which they are compared."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import numbers
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.validation.convert.times import aware_moment, time_in_utc


def comparable(value: Any, kind: Kind | None) -> Any:
    """A value in the one form in which values of its kind are compared; NULL where it is of quite another type.

    Rows hold what their programmers put there: times with and without an offset, floats where decimals are declared,
    members of a `StrEnum` where text is, the values of an enum where its members are. A text where a number or a date
    is declared is none of them.
    """
    match kind:
        case kinds.DateTime():
            return aware_moment(value) if isinstance(value, dt.date) else None
        case kinds.Date():
            return value.date() if isinstance(value, dt.datetime) else _of(dt.date, value)
        case kinds.Time():
            return time_in_utc(value) if isinstance(value, dt.time) else None
        case kinds.Integer() | kinds.Decimal() | kinds.Float():
            return _number(plain(value), kind)
        case kinds.Text():
            return value if value is None else str(plain(value))
        case kinds.Boolean():
            return bool(value) if isinstance(value, int) else _equal(_quiet(value), (True, False))
        case kinds.Duration():
            return _of(dt.timedelta, value)
        case kinds.Uuid(as_text):
            return _of(str if as_text else uuid.UUID, value)
        case kinds.Enumeration(members):
            return _member(value, [member for _, member in members])
        case kinds.Array():
            return None if isinstance(value, str | bytes) else _of(Iterable, value)
        case kinds.Binary() | kinds.Json() | kinds.Opaque() | None:
            return value


def _of(kind: type, value: object) -> Any:
    return value if isinstance(value, kind) else None


def _number(value: object, kind: kinds.Integer | kinds.Decimal | kinds.Float) -> Any:
    """A number, as its kind has it."""
    if not isinstance(value, int | float | decimal.Decimal):
        return None
    number = _quiet(value)
    if isinstance(kind, kinds.Float):
        return _as_float(number) if isinstance(number, decimal.Decimal | int) else number
    return decimal.Decimal(repr(number)) if isinstance(kind, kinds.Decimal) and isinstance(number, float) else number


def _member(value: object, members: Sequence[object]) -> Any:
    """The member of an enumeration that a value is, or that it is the value of: `use_enum_values` of Pydantic."""
    value = _quiet(value)
    if value is None or value in members:
        return value
    return next((member for member in members if isinstance(member, enum.Enum) and member.value == value), None)


def _equal(value: object, others: Iterable[object]) -> Any:
    return next((other for other in others if other == value), None)


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
        return math.inf if number > 0 else -math.inf


def _quiet(number: Any) -> Any:
    """A number that raises nothing when it is compared: a signaling NaN is a NaN."""
    return decimal.Decimal("NaN") if isinstance(number, decimal.Decimal) and number.is_snan() else number


def orderable(value: Any, kind: Kind | None) -> Any:
    """A value in the form in which it is compared and sorted with others of its kind.

    NaN equals itself and is larger than every number, as on PostgreSQL; other databases store none.
    """
    value = comparable(value, kind)
    if value is not None and isinstance(kind, kinds.Integer | kinds.Decimal | kinds.Float):
        return (True, 0) if value != value else (False, int(value) if isinstance(value, bool) else value)
    return value


def exact_number(value: object) -> decimal.Decimal | None:
    """A JSON number with the value of its digits; None for other values, NaN and infinity among them."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        return None
    number = decimal.Decimal(repr(value)) if isinstance(value, float) else decimal.Decimal(value)
    return number if number.is_finite() else None
