"""Durations: ISO 8601 without months and years, or a clock."""

from __future__ import annotations

import datetime as dt
import re

from pyrsql.validation.convert.refusal import BLANKS, Refusal, hint, hints

_ISO_DURATION = re.compile(
    r"([+-]?)P(?=[0-9T])(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,6})0*)?S)?)?"
)
_CLOCK_DURATION = re.compile(r"([+-]?)([0-9]{1,12}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6})0*)?")

_LONGEST_DURATION = dt.timedelta(days=719_162)
"""From the year 1 to 1970: databases without an interval type store a duration as that long before or after 1970."""

_A_DURATION = (
    "a duration, such as P1DT2H30M or 26:30:00, of at most "
    f"{_LONGEST_DURATION.days} days; a month or a year has no fixed length"
)
_DURATION_HINTS = hints(
    BLANKS,
    (r"[+-]?P[^T]*[YM].*", "Write weeks or days: months and years have no fixed length."),
    (r"[+-]?[0-9]+(?:\.[0-9]+)?", "Write the unit: 'PT90S' is 90 seconds."),
    (r"[0-9]+:[0-9]{2}", "Write the seconds too: 'hh:mm:ss'."),
    (r"[+-]?P.*\.[0-9]{7,}S", "Write at most six digits after the second."),
    (r"[+-]?P.*[0-9]{10}.*", "Write a shorter duration."),
    (r"(?i:[+-]?p.*)", "Write capitals, whole numbers, and 'T' before hours, minutes and seconds."),
)


def to_duration(text: str) -> dt.timedelta | Refusal:
    """ISO 8601 with weeks, days, hours, minutes and seconds, or a clock; both with a sign and six fraction digits."""
    if match := _ISO_DURATION.fullmatch(text):
        sign, weeks, days, hours, minutes, seconds, fraction = match.groups()
    elif match := _CLOCK_DURATION.fullmatch(text):
        sign, hours, minutes, seconds, fraction = match.groups()
        weeks = days = None
    else:
        return Refusal(_A_DURATION, hint(_DURATION_HINTS, text))
    try:
        value = dt.timedelta(
            weeks=int(weeks or 0),
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "").ljust(6, "0")),
        )
    except OverflowError:
        return Refusal(_A_DURATION)
    if value > _LONGEST_DURATION:
        return Refusal(_A_DURATION)
    return -value if sign == "-" else value
