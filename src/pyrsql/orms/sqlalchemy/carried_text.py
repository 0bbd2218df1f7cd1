"""The text of a value in a cursor: a letter that says which storage class the value is of, then the value.

The letters are `i` for an integer, `d` for a decimal, `f` for a float, `s` for a text, also that of a time, and `b` for
the bytes of a binary column.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind

_LARGEST_INTEGER = 2**64
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_FLOAT = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:e[+-]?[0-9]{1,3})?|-?inf|nan")
_DECIMAL = re.compile(r"-?[0-9]{1,4000}(?:\.[0-9]{1,4000})?(?:E[+-]?[0-9]{1,4})?|NaN|-?Infinity")
_BEYOND_PYTHON = re.compile(
    r"-?infinity|[0-9]{4,7}-[0-9T: .+-]{5,40} BC|[1-9][0-9]{4,6}-[0-9T: .+-]{5,40}|24:00:00[0-9:+-]{0,9}"
)
"""Dates and times of PostgreSQL's that Python has none for."""
_HEX = re.compile("(?:[0-9a-f]{2})*")


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
        case _:
            return f"s{value}"


def carried_bytes(value: bytes) -> str:
    """The carried text of the bytes that MySQL gives for a text; bytes that are no text fit no key of text."""
    try:
        return f"s{value.decode()}"
    except UnicodeDecodeError:
        return f"b{value.hex()}"


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
    read = STORAGE.get(storage)
    if read is None or read(body) is None:
        return False
    if not stored_as_is:
        return True
    match kind:
        case kinds.Integer():
            return storage in "if" or (storage == "d" and whole(_decimal(body)) == _decimal(body))
        case kinds.Boolean() | kinds.Decimal() | kinds.Float():
            return storage in "idf"
        case kinds.Enumeration():
            # A sort carries the place of a member, a key that completes an order its text.
            return storage in "is"
        case kinds.Date() | kinds.DateTime():
            return storage == "s" and _is_moment(datetime_of, body)
        case kinds.Time():
            return storage == "i" or (storage == "s" and _is_moment(time_of, body))
        case kinds.Duration():
            return storage in "is"
        case kinds.Uuid():
            return storage == "s" and uuid_of(body) is not None
        case kinds.Binary():
            return storage == "b"
        case kinds.Text() | kinds.Array():
            return storage == "s"
        case kinds.Json():
            # A text in a document may be none to Unicode.
            return storage in "sb"
        case kinds.Opaque():
            return True


def _integer(body: str) -> int | None:
    value = int(body) if _INTEGER.fullmatch(body) else None
    return value if value is not None and -_LARGEST_INTEGER < value < _LARGEST_INTEGER else None


def _float(body: str) -> float | None:
    return float(body) if _FLOAT.fullmatch(body) else None


def _bytes(body: str) -> bytes | None:
    return bytes.fromhex(body) if _HEX.fullmatch(body) else None


def _decimal(body: str) -> Decimal | None:
    return Decimal(body) if _DECIMAL.fullmatch(body) else None


STORAGE: dict[str, Callable[[str], int | float | Decimal | str | bytes | None]] = {
    "i": _integer,
    "f": _float,
    "d": _decimal,
    "s": str,
    "b": _bytes,
}
"""The letters, and the functions that read the rest; None for a text that is no value of the class."""


def datetime_of(body: str) -> dt.datetime | None:
    """The time that a text says; None where it says none that every database knows."""
    try:
        found = dt.datetime.fromisoformat(body)
        # No database knows an offset that leads out of the calendar.
        return found if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def time_of(body: str) -> dt.time | None:
    """The time of day that a text says, or None."""
    try:
        return dt.time.fromisoformat(body)
    except ValueError:
        return None


def _is_moment(read: Callable[[str], object], body: str) -> bool:
    return read(body) is not None or _BEYOND_PYTHON.fullmatch(body) is not None


def uuid_of(body: str) -> uuid.UUID | None:
    """The UUID that a text says, or None."""
    try:
        return uuid.UUID(body)
    except ValueError:
        return None


def is_long(value: int) -> bool:
    """Whether an integer has 64 bits at most."""
    return -(2**63) <= value < 2**63


def whole(value: Any) -> int | None:
    """A number without its fraction, where it then has 64 bits at most."""
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        return None
    return int(value) if is_long(int(value)) else None
