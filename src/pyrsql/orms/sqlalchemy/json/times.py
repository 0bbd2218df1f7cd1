"""Texts in JSON documents as points in time, the same on every database.

A text counts as a date, as a date with a time, or as a time of day when it is written as ISO 8601 writes them:
`2024-12-31`, `2024-12-31T10:20`, `10:20:30.123456Z`, with a blank or a T between date and time. What has no offset is
in UTC. A time of day counts with no offset other than that of UTC: which day another would lead to is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import product
from typing import Any

from sqlalchemy import BigInteger, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.orms.sqlalchemy.json.values import JsonValue

Temporal = dt.date | dt.time
"""A `datetime` is a `date` too."""

_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)


class Instant(FunctionElement[int]):
    """The microseconds from 1970 to the date, or date and time, that a text says; NULL for other texts."""

    inherit_cache = True
    type = BigInteger()


class TimeOfDay(FunctionElement[int]):
    """The microseconds from midnight to the time of day that a text says; NULL for other texts."""

    inherit_cache = True
    type = BigInteger()


def moment(text: ColumnElement[Any], value: Temporal) -> tuple[ColumnElement[int], BindParameter[int]]:
    """A text of a document and a value of the client's, as what is to be compared.

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
        case _:
            moment = dt.datetime.combine(value, dt.time())
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


# --- the shape of texts ----------------------------------------------------------------------------------------------

# Without backslashes, which databases read differently in a literal.
_DATE = "(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-5]):[0-5][0-9])?"
_INSTANT = f"^{_DATE}([T ]{_CLOCK}{_OFFSET})?$"
_TIME = f"^{_CLOCK}(Z|[+]00:00)?$"

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
        return f'(@ like_regex "{_TIME}" && ({_any_of(_TIMES, sign, name, _CLOCKS[-1])}))'
    naive = _any_of(_NAIVE, sign, name, _DATES[1] + _CLOCKS[-1])
    # Times with an offset are compared with times with an offset: else the time zone of the session would count.
    aware = _any_of(_AWARE, sign, f"{name}_utc", f"{_DATES[1]}{_CLOCKS[-1]}TZH:TZM")
    return f'(@ like_regex "{_INSTANT}" && ({naive} || {aware}))'


def path_variables(name: str, values: Sequence[Temporal]) -> dict[str, JsonValue]:
    """The variables that `path_condition` speaks of."""
    moments = [in_utc(value) for value in values]
    if isinstance(values[0], dt.time):
        return {name: [moment.time().isoformat("microseconds") for moment in moments]}
    naive: list[JsonValue] = [moment.isoformat(timespec="microseconds") for moment in moments]
    return {name: naive, f"{name}_utc": [f"{text}+00:00" for text in naive]}


def _any_of(templates: tuple[str, ...], sign: str, name: str, template: str) -> str:
    """A text that a template does not fit, or that says a day no calendar has, makes its comparison unknown."""
    value = f'${name}[*].datetime("{template}")'
    return " || ".join(f'@.datetime("{own}") {sign} {value}' for own in templates)


# --- SQL -------------------------------------------------------------------------------------------------------------


def _text(element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any]) -> str:
    (operand,) = element.clauses
    return compiler.process(operand.self_group(), literal_binds=options.get("literal_binds", False))


def _parts_sqlite(text: str) -> str:
    """A subquery of the parts of a text: day, mark, clock, second, digits of the fraction, and zone."""
    day = f"SELECT CASE WHEN length({text}) = 10 THEN {text} || 'T00:00' ELSE {text} END AS whole"
    clock = (
        "SELECT substr(whole, 1, 10) AS day, substr(whole, 11, 1) AS mark, substr(whole, 12, 5) AS clock,"
        f" substr(whole, 17) AS rest FROM ({day})"
    )
    second = (
        "SELECT day, mark, clock, rest GLOB ':[0-5][0-9]*' AS exact,"
        " CASE WHEN rest GLOB ':[0-5][0-9]*' THEN substr(rest, 2, 2) ELSE '00' END AS second,"
        " CASE WHEN rest GLOB ':[0-5][0-9]*' THEN substr(rest, 4) ELSE rest END AS rest"
        f" FROM ({clock})"
    )
    zone = (
        "SELECT day, mark, clock, second, rest,"
        " CASE WHEN exact AND rest GLOB '.[0-9]*' THEN ltrim(substr(rest, 2), '0123456789') ELSE rest END AS zone"
        f" FROM ({second})"
    )
    return (
        "SELECT day, mark, clock, second, zone,"
        f" substr(rest, 2, length(rest) - length(zone) - 1) AS digits FROM ({zone})"
    )


_IS_INSTANT_SQLITE = (
    "day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' AND day > '0001' AND date(day, '+0 days') = day"
    " AND mark IN ('T', ' ') AND clock GLOB '[0-2][0-9]:[0-5][0-9]' AND clock < '24' AND length(digits) <= 6"
    " AND (zone IN ('', 'Z') OR zone GLOB '[+-][01][0-9]:[0-5][0-9]' AND substr(zone, 2) < '16')"
)
_INSTANT_SQLITE = (
    "strftime('%s', day || ' ' || clock || ':' || second) * 1000000 + CAST(substr(digits || '000000', 1, 6) AS INTEGER)"
    " - (substr(zone, 1, 1) || '1') * (substr(zone, 2, 2) * 60 + substr(zone, 5, 2)) * 60000000"
)


@compiles(Instant)
def _instant(element: Instant, compiler: SQLCompiler, **options: Any) -> str:
    text = _text(element, compiler, options)
    return f"(SELECT CASE WHEN {_IS_INSTANT_SQLITE} THEN {_INSTANT_SQLITE} END FROM ({_parts_sqlite(text)}))"


@compiles(TimeOfDay)
def _time_of_day(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    parts = _parts_sqlite(f"('1970-01-01T' || {_text(element, compiler, options)})")
    utc = "zone IN ('', 'Z', '+00:00')"
    return f"(SELECT CASE WHEN {_IS_INSTANT_SQLITE} AND {utc} THEN {_INSTANT_SQLITE} END FROM ({parts}))"


@compiles(Instant, "postgresql")
def _instant_postgresql(element: Instant, compiler: SQLCompiler, **options: Any) -> str:
    text = _text(element, compiler, options)
    month = f"CAST(left({text}, 7) || '-01' AS DATE)"
    # The days of a month are looked at first, since a cast of a day that it does not have is an error.
    return (
        f"CASE WHEN {text} ~ '{_INSTANT}' THEN CASE WHEN substr({text}, 9, 2) <="
        f" to_char({month} + INTERVAL '1 month -1 day', 'DD') THEN"
        f" CAST(EXTRACT(EPOCH FROM CAST(CASE WHEN {text} ~ '[+-][0-9]+:[0-9]+$' THEN {text}"
        f" ELSE rtrim({text}, 'Z') || CASE WHEN length({text}) = 10 THEN ' 00:00' ELSE '' END || '+00:00' END"
        " AS TIMESTAMP WITH TIME ZONE)) * 1000000 AS BIGINT) END END"
    )


@compiles(TimeOfDay, "postgresql")
def _time_of_day_postgresql(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    text = _text(element, compiler, options)
    time = f"CAST(substring({text} FROM '^[0-9:.]*') AS TIME WITHOUT TIME ZONE)"
    return f"CASE WHEN {text} ~ '{_TIME}' THEN CAST(EXTRACT(EPOCH FROM {time}) * 1000000 AS BIGINT) END"


def _shape_mysql(shape: str) -> str:
    """A shape in which case counts, and whose end is not before a line break."""
    return f"(?-i){shape[:-1]}(?![[:space:]])$"


def _microseconds_mysql(text: str) -> str:
    """The microseconds to a text of the right shape, whose time starts at the twelfth character."""
    second = f"COALESCE(NULLIF(REGEXP_SUBSTR({text}, '(?<=^.{{16}}:)[0-9][0-9]'), ''), '00')"
    digits = f"COALESCE(REGEXP_SUBSTR({text}, '(?<=[.])[0-9]+'), '')"
    zone = f"COALESCE(NULLIF(REGEXP_SUBSTR({text}, '[+-][0-9]+:[0-9]+$'), ''), '+00:00')"
    clock = f"COALESCE(NULLIF(SUBSTR({text}, 12, 5), ''), '00:00')"
    seconds = f"TIMESTAMPDIFF(SECOND, '1970-01-01', CONCAT(LEFT({text}, 10), ' ', {clock}, ':', {second}))"
    minutes = f"(SUBSTR({zone}, 2, 2) * 60 + SUBSTR({zone}, 5, 2))"
    # Numbers in texts are floats there, exact up to 2 to the power of 53 only.
    return (
        f"({seconds} * 1000000 + CAST(RPAD({digits}, 6, '0') AS SIGNED)"
        f" - IF(LEFT({zone}, 1) = '-', -60000000, 60000000) * CAST({minutes} AS SIGNED))"
    )


@compiles(Instant, "mysql", "mariadb")
def _instant_mysql(element: Instant, compiler: SQLCompiler, **options: Any) -> str:
    text = _text(element, compiler, options)
    # Besides the shape: the day is one that the month has, found without a cast that would warn of others.
    month = f"CONCAT(LEFT({text}, 7), '-01')"
    has_day = f"SUBSTR({text}, 9, 2) <= DAY(LAST_DAY({month}))"
    moment = f"CASE WHEN {has_day} THEN {_microseconds_mysql(text)} END"
    return f"CASE WHEN {text} REGEXP '{_shape_mysql(_INSTANT)}' THEN {moment} END"


@compiles(TimeOfDay, "mysql", "mariadb")
def _time_of_day_mysql(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    text = _text(element, compiler, options)
    moment = _microseconds_mysql(f"CONCAT('1970-01-01T', {text})")
    return f"CASE WHEN {text} REGEXP '{_shape_mysql(_TIME)}' THEN {moment} END"
