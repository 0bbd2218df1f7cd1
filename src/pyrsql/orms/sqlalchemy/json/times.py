"""Texts in JSON documents as points in time, the same on every database.

A text counts as a date, as a date with a time, or as a time of day when it is written as ISO 8601 writes them:
`2024-12-31`, `2024-12-31T10:20`, `10:20:30.123456Z`, with a blank or a T between date and time. A time without an
offset is in UTC. A time of day counts with no offset other than that of UTC: the day that another would lead to is not
known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import product
from typing import Any

from sqlalchemy import BigInteger, ColumnElement
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.elements import Construct
from pyrsql.orms.sqlalchemy.json.values import JsonValue

Temporal = dt.date | dt.time
"""A `datetime` is a `date` too."""

_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)


class Instant(Construct, FunctionElement[int]):
    """The microseconds from 1970 to the date, or date and time, that a text says; NULL for other texts."""

    type: TypeEngine[Any] = BigInteger()


class TimeOfDay(Construct, FunctionElement[int]):
    """The microseconds from midnight to the time of day that a text says; NULL for other texts."""

    type: TypeEngine[Any] = BigInteger()


def moment(text: ColumnElement[Any], value: Temporal) -> tuple[ColumnElement[int], BindParameter[int]]:
    """A text of a document and a value of the client's, in the form in which they are compared.

    Args:
        text: the text.
        value: the value. It says which texts can be compared: those with a date, or times of day.
    """
    element = TimeOfDay(text) if isinstance(value, dt.time) else Instant(text)
    return element, BindParameter(None, microseconds(value), BigInteger(), unique=True)


def microseconds(value: Temporal) -> int:
    """The number that an `Instant` or a `TimeOfDay` is for the same text.

    >>> microseconds(dt.time(0, 1)), microseconds(dt.date(1970, 1, 2))
    (60000000, 86400000000)
    """
    return (in_utc(value) - _EPOCH) // _MICROSECOND


def in_utc(value: Temporal) -> dt.datetime:
    """A value as a date and time in UTC; a time of day is one on the first day of 1970."""
    match value:
        case dt.time():
            moment = dt.datetime.combine(_EPOCH, value)
        case dt.datetime():
            moment = value
        case dt.date():
            moment = dt.datetime.combine(value, dt.time())
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


# --- the shape of texts ----------------------------------------------------------------------------------------------

# Without backslashes, which databases read differently in a literal.
_DATE = "(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])?"
INSTANT = f"^{_DATE}([T ]{_CLOCK}{_OFFSET})?$"
TIME_OF_DAY = f"^{_CLOCK}(Z|[+]00:00)?$"

# --- jsonpath --------------------------------------------------------------------------------------------------------

_CLOCKS = ("HH24:MI", "HH24:MI:SS", "HH24:MI:SS.US")
_DATES = ("YYYY-MM-DD ", r"YYYY-MM-DD\"T\"")
_NAIVE = (
    "YYYY-MM-DD",
    *(day + clock + zone for day, clock, zone in product(_DATES, _CLOCKS, ("", r"\"Z\""))),
)
_AWARE = tuple(f"{day}{clock}TZH:TZM" for day, clock in product(_DATES, _CLOCKS))
_TIMES = tuple(clock + zone for clock, zone in product(_CLOCKS, ("", r"\"Z\"", r"\"+00:00\"")))


def path_condition(sign: str, value: Temporal, name: str) -> str:
    """The condition of a jsonpath that a text is a moment that compares with one of several.

    Args:
        sign: the comparison.
        value: one of the values. It says whether they are times of day.
        name: the variable that holds them, as `path_variables` makes it.
    """
    if isinstance(value, dt.time):
        return f'(@ like_regex "{TIME_OF_DAY}" && ({_any_of(_TIMES, sign, name, _CLOCKS[-1])}))'
    naive = _any_of(_NAIVE, sign, name, _DATES[1] + _CLOCKS[-1])
    # Times with an offset are compared with times with an offset: else the time zone of the session would count.
    aware = _any_of(_AWARE, sign, f"{name}_utc", f"{_DATES[1]}{_CLOCKS[-1]}TZH:TZM")
    return f'(@ like_regex "{INSTANT}" && ({naive} || {aware}))'


def path_variables(name: str, values: Sequence[Temporal]) -> dict[str, JsonValue]:
    """The variables of `path_condition`."""
    moments = [in_utc(value) for value in values]
    if isinstance(values[0], dt.time):
        return {name: [moment.time().isoformat("microseconds") for moment in moments]}
    naive: list[JsonValue] = [moment.isoformat(timespec="microseconds") for moment in moments]
    return {name: naive, f"{name}_utc": [f"{text}+00:00" for text in naive]}


def _any_of(templates: tuple[str, ...], sign: str, name: str, template: str) -> str:
    """A text that a template does not fit, or that says a day no calendar has, makes its comparison unknown."""
    value = f'${name}[*].datetime("{template}")'
    return " || ".join(f'@.datetime("{own}") {sign} {value}' for own in templates)
