"""Dates, times of day, and both."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from pyrsql.validation.convert.refusal import BLANKS, Hints, Refusal, hint, hints

ValueT = TypeVar("ValueT")


DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
MINUTES = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
# Beyond six digits of a second only zeros: databases would round others, or cut them off.
_CLOCK = rf"{MINUTES}(?::[0-5][0-9](?:\.[0-9]{{1,6}}0*)?)?"
# No zone is further from UTC than 14 hours; PostgreSQL reads offsets of less than 16.
OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)"
DATE = re.compile(DAY)
_DATETIME = re.compile(f"{DAY}[T ]{_CLOCK}{OFFSET}?")
_TIME = re.compile(f"{_CLOCK}{OFFSET}?")

_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0*)?)?")
_LOOSE_DAY = re.compile(r"^([0-9]{4})([-./]?)((?<=[-./])[0-9]{1,2}|[0-9]{2})\2((?<=[-./])[0-9]{1,2}|[0-9]{2})(?![0-9])")
_LOOSE_HOUR = re.compile(r"^(|.*[tT ])([0-9]):")

_A_DATE = "a date, YYYY-MM-DD"
_A_DATETIME = "a date and time, YYYY-MM-DDThh:mm:ss with or without an offset"
_A_TIME = "a time, hh:mm:ss with or without an offset"
_NO_SUCH_DAY = "No calendar has this date."

_DATE_HINTS = hints(
    BLANKS,
    (r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}(?:[ T].*)?", "Write year, month and day in this order: '2024-12-31'."),
    (r"[0-9]{8}(?:T.*)?|[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}(?:[ T].*)?", "Write '-' between year, month and day."),
    (r"[0-9]{4}-(?:[0-9]-[0-9]{1,2}|[0-9]{2}-[0-9])(?:[ T].*)?", "Write month and day with two digits each."),
    (r"[0-9]{4}(?:-[0-9]{2})?", "Write year, month and day: '2024-12-31'."),
    (r"[0-9]+(?:\.[0-9]+)?", "Write a date, not a number of seconds."),
    (r"(?i:(?:now|today|yesterday|tomorrow|current_(?:date|timestamp))\b.*)", "Write the date: nothing is computed."),
)
_CLOCK_HINTS = hints(
    (f".*{_CLOCK} [0-9]{{2}}(?::?[0-9]{{2}})?", "Write '%2B' for the '+' of an offset: in a URL '+' means a blank."),
    (r".*:[0-9]{2}\.[0-9]{7,}(?:Z|[+-].*)?", "Write at most six digits after the second."),
    (f"(?=.*[tz])(?:{DAY}[tT ])?{_CLOCK}[zZ]?", "Write 'T' and 'Z' in capitals."),
    (f"(?:{DAY}[tT ])?(?:2[4-9]|[3-9][0-9]):.*", "Write the hours from 00 to 23."),
    (r"(?=[^:0-9]*[0-9]).*[aApP]\.?[mM]\.?", "Write the hours from 00 to 23."),
    (r"(?:.*[tT ])?[0-9]:.*", "Write the hours with two digits."),
)
_DATETIME_HINTS = (
    *hints(
        (f"{_CLOCK}|[0-9]:[0-9:.]*", "Write the date too: '2024-12-31T10:00'."),
        (f"{DAY}[tT ][0-9]{{1,2}}(?:Z|[+-].*)?", "Write hours and minutes: '2024-12-31T10:00'."),
    ),
    *_CLOCK_HINTS,
    *_DATE_HINTS,
)
_TIME_HINTS = (*_CLOCK_HINTS, *hints(BLANKS, (r"[0-9]{1,2}", "Write hours and minutes: '10:00'.")))


def _iso(parse: Callable[[str], ValueT], text: str, expected: str) -> ValueT | Refusal:
    """The value of a text that has the right shape. Only its day can still be wrong."""
    try:
        return parse(text)
    except ValueError:
        return Refusal(expected, _NO_SUCH_DAY)


def _refusal(expected: str, known: Hints, text: str, convert: Callable[[str], object]) -> Refusal:
    """The refusal of a text, with the date or time that it means, where the order of its parts is clear."""
    meant = _LOOSE_HOUR.sub(r"\g<1>0\2:", _LOOSE_DAY.sub(_iso_day, text))
    right = meant != text and not isinstance(convert(meant), Refusal)
    return Refusal(expected, hint(known, text), meant if right else None)


def _iso_day(found: re.Match[str]) -> str:
    year, month, day = found.group(1, 3, 4)
    return f"{year}-{month:>02}-{day:>02}"


def to_date(text: str) -> dt.date | Refusal:
    """A date as `YYYY-MM-DD`."""
    if DATE.fullmatch(text):
        return _iso(dt.date.fromisoformat, text, _A_DATE)
    if _DATETIME.fullmatch(text):
        return Refusal(_A_DATE, "Leave out the time.", text[:10] if _MIDNIGHT.fullmatch(text[10:]) else None)
    return _refusal(_A_DATE, _DATE_HINTS, text, to_date)


def to_datetime(aware: bool, text: str) -> dt.datetime | Refusal:
    """A date and time, or a date as its midnight: in UTC with an offset when `aware`, else in UTC without one."""
    if not _DATETIME.fullmatch(text) and not DATE.fullmatch(text):
        return _refusal(_A_DATETIME, _DATETIME_HINTS, text, partial(to_datetime, aware))
    written = _iso(dt.datetime.fromisoformat, text, _A_DATETIME)
    if isinstance(written, Refusal):
        return written
    if written.tzinfo is None:
        return written.replace(tzinfo=dt.UTC) if aware else written
    try:
        value = written.astimezone(dt.UTC)
    except OverflowError:
        return Refusal(_A_DATETIME, "In UTC this is before the year 1 or after 9999.")
    return value if aware else value.replace(tzinfo=None)


def to_time(aware: bool, text: str) -> dt.time | Refusal:
    """A time of day: in UTC with an offset when `aware`, else in UTC without one."""
    if not _TIME.fullmatch(text):
        return _refusal(_A_TIME, _TIME_HINTS, text, partial(to_time, aware))
    written = dt.time.fromisoformat(text)
    if written.tzinfo is None:
        return written.replace(tzinfo=dt.UTC) if aware else written
    value = time_in_utc(written)
    return value if aware else value.replace(tzinfo=None)


_SOME_DAY = dt.date(2000, 1, 2)


def aware_moment(value: dt.date) -> dt.datetime:
    """A date or time with an offset: a bare date is midnight, and a time without an offset is in UTC."""
    moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return moment.replace(tzinfo=dt.UTC) if moment.utcoffset() is None else moment


def time_in_utc(value: dt.time) -> dt.time:
    """A time of day in UTC. Without an offset it already is."""
    if value.utcoffset() is None:
        return value.replace(tzinfo=dt.UTC)
    # It is the same on any day, and stays a time of day when it passes midnight.
    return dt.datetime.combine(_SOME_DAY, value).astimezone(dt.UTC).timetz()
