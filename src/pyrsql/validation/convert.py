"""The text of an argument -> a Python value of the field's kind, or a Refusal that says what the kind can hold.

Every value here can be bound exactly on every supported database, or is refused before any SQL exists: nothing is
stripped, clipped, rounded or turned into NULL. Each conversion takes linear time and never raises.
"""

from __future__ import annotations

import datetime as dt
import decimal
import difflib
import json
import math
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar, assert_never, cast

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import DEFAULT_JSON_OPTIONS, Converter, JSONOptions

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A text that a kind cannot hold.

    Args:
        expected: what the kind can hold, to be read after "expected".
        hint: what would help, where that is known.
    """

    expected: str
    hint: str | None = None


def convert(kind: Kind, text: str) -> object | Refusal:
    """The value that a text means for a kind, or a Refusal.

    >>> convert(kinds.Integer(), "42")
    42
    >>> convert(kinds.Integer(), "1_000")
    Refusal(expected='a whole number from -2147483648 to 2147483647', hint='Leave out the underscores.')
    """
    return converter(kind)(text)


def converter(kind: Kind) -> Callable[[str], object]:
    """The conversion of one kind, chosen once: a function from text to a value or a Refusal."""
    match kind:
        case kinds.Enumeration():
            # Not cached: members of two enums with the same strings are equal, and would be mistaken for each other.
            return partial(_member, dict(reversed(kind.members)), _one_of(kind))
        case kinds.Array(item):
            return converter(item)
        case _:
            return _converter(kind)


def with_converter(
    convert: Converter, expected: str = "a value that the converter of this field takes"
) -> Callable[[str], object]:
    """A developer's converter with its refusals as values.

    Args:
        convert: the converter. ValueError and TypeError refuse the text, as does None, which no value can be. Any other
            exception is a bug of the converter and passes through.
        expected: what a refusal says of the text that would do.
    """

    def converted(text: str) -> object:
        if _UNBINDABLE.search(text):
            return _text(text)
        try:
            value = convert(text)
        # `Decimal("x")` raises an ArithmeticError of its own, and Decimal is an obvious converter.
        except (ValueError, TypeError, decimal.InvalidOperation):
            return Refusal(expected)
        return Refusal(expected) if value is None else value

    return converted


@lru_cache(maxsize=1024)
def _converter(
    kind: kinds.Boolean
    | kinds.Integer
    | kinds.Decimal
    | kinds.Float
    | kinds.Text
    | kinds.Date
    | kinds.Time
    | kinds.DateTime
    | kinds.Duration
    | kinds.Uuid
    | kinds.Binary
    | kinds.Json
    | kinds.Opaque,
) -> Callable[[str], object]:
    match kind:
        case kinds.Boolean():
            return _boolean
        case kinds.Integer(minimum, maximum):
            return _integer_from(minimum, maximum)
        case kinds.Decimal(precision, scale):
            return _decimal_of(precision, scale)
        case kinds.Float():
            return _float
        case kinds.Text():
            return _text
        case kinds.Date():
            return _date
        case kinds.Time(aware):
            return partial(_time, aware)
        case kinds.DateTime(aware):
            return partial(_datetime, aware)
        case kinds.Duration():
            return _duration
        case kinds.Uuid(as_text):
            return _uuid_text if as_text else _uuid
        case kinds.Binary():
            return partial(_refused, Refusal("no value: binary data has no text form", _NULL_CHECKS))
        case kinds.Json():
            return _json_with_defaults
        case kinds.Opaque(name):
            return partial(_refused, Refusal(f"no value: {name} has no text form here", _NULL_CHECKS))
        case _:
            assert_never(kind)


_NULL_CHECKS = "Only '=na=' and '=nn=' apply."


def _refused(refusal: Refusal, text: str) -> Refusal:
    return refusal


# --- hints -----------------------------------------------------------------------------------------------------------

_Hints = tuple[tuple[re.Pattern[str], str], ...]
"""What a mistaken text looks like, and what to say then; the first that fits counts."""


def _hint(hints: _Hints, text: str) -> str | None:
    return next((hint for pattern, hint in hints if pattern.fullmatch(text)), None)


def _hints(*pairs: tuple[str, str]) -> _Hints:
    return tuple((re.compile(pattern, re.DOTALL), hint) for pattern, hint in pairs)


_BLANKS = (r" .*|.* ", "Leave out the blanks.")

_NUMBER_HINTS = _hints(
    (r" [0-9].*", "Leave out the '+': in a URL it means a blank."),
    _BLANKS,
    (r"[+-]?[0-9]+,[0-9]+", "Write a point, not a comma."),
    (r"[+-]?[0-9]+_[0-9_.]*", "Leave out the underscores."),
    (r"[+-]?0[xXoObB].*", "Write decimal digits."),
    (r"(?i:[+-]?(?:nan|inf|infinity))", "Only finite numbers can be compared."),
)


# Any digit but 0 to 9.
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


def _number_hint(text: str) -> str | None:
    if _OTHER_DIGIT.search(text):
        return "Write the digits 0 to 9."
    return _hint(_NUMBER_HINTS, text)


# --- text and booleans -----------------------------------------------------------------------------------------------

# What PostgreSQL stores in no text, and what no driver can encode.
_UNBINDABLE = re.compile("[\0\ud800-\udfff]")


def _text(text: str) -> str | Refusal:
    if _UNBINDABLE.search(text):
        return Refusal("text without NUL and lone surrogates")
    return text


_YES_NO = {
    **dict.fromkeys(("yes", "y", "1", "on", "t"), "Write 'true'."),
    **dict.fromkeys(("no", "n", "0", "off", "f"), "Write 'false'."),
}


def _boolean(text: str) -> bool | Refusal:
    # No character outside ASCII has a lower case among the letters of these words.
    lower = text.lower()
    if lower == "true":
        return True
    if lower == "false":
        return False
    return Refusal("true or false", _YES_NO.get(lower))


# --- numbers ---------------------------------------------------------------------------------------------------------

_INTEGER = re.compile(r"([+-]?)([0-9]+)")
_NUMBER = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?")

_LONGEST_EXPONENT = 6
"""Digits of an exponent that are worth reading: no kind holds a number with a longer one."""


def _integer_hint(text: str) -> str | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _number_hint(text)
    return "Leave out the fraction." if match[5] is None else "Write all digits, without an exponent."


def _integer_from(minimum: int, maximum: int) -> Callable[[str], object]:
    expected = f"a whole number from {minimum} to {maximum}"
    digits = max(len(str(abs(minimum))), len(str(abs(maximum))))

    def integer(text: str) -> int | Refusal:
        match = _INTEGER.fullmatch(text)
        if match is None:
            return Refusal(expected, _integer_hint(text))
        # The length is judged first: `int` of a giant takes quadratic time, or is refused by Python itself.
        significant = match[2].lstrip("0")
        if len(significant) > digits:
            return Refusal(expected)
        value = int(f"{match[1]}{significant or 0}")
        return value if minimum <= value <= maximum else Refusal(expected)

    return integer


def _plain_decimal(text: str, digits: int, fraction_digits: int) -> decimal.Decimal | None:
    """The exact value of a number, without exponent and without zeros that mean nothing.

    Args:
        text: what `_NUMBER` takes.
        digits: the most digits it may need, zeros beside the point included.
        fraction_digits: the most digits it may need after the point.

    Returns: None when it needs more.
    """
    match = _NUMBER.fullmatch(text)
    assert match is not None
    sign, whole, fraction, exponent_sign, exponent_digits = (group or "" for group in match.groups())
    significant = (whole + fraction).lstrip("0")
    coefficient = significant.rstrip("0")
    if not coefficient:
        return decimal.Decimal(0)
    exponent_digits = exponent_digits.lstrip("0")
    if len(exponent_digits) > _LONGEST_EXPONENT:
        return None
    exponent = int(f"{exponent_sign}{exponent_digits or 0}") - len(fraction) + len(significant) - len(coefficient)
    if max(len(coefficient) + exponent, len(coefficient), -exponent) > digits or -exponent > fraction_digits:
        return None
    # Zeros are written out: PyMySQL sends a Decimal as a literal, and MariaDB reads one with an exponent as a float.
    return decimal.Decimal(f"{sign}{coefficient}{'0' * exponent}e{min(exponent, 0)}")


_MOST_DIGITS = 65
_MOST_FRACTION_DIGITS = 30
"""What MySQL and MariaDB take in an exact literal; PostgreSQL takes far more."""

_FLOAT_DIGITS = 15
"""Decimal digits that a 64-bit float keeps: SQLite compares its decimals as floats."""


def _decimal_of(precision: int | None, scale: int | None) -> Callable[[str], object]:
    """Conversion to decimals that compare exactly with a column of this precision and scale.

    A value may have more fraction digits than the column, `price>1.005` means something where prices have two; it may
    have as many digits as the column, or as a float keeps, so that also SQLite tells it from its neighbours. A number
    too large for the column is refused, as it is for integers.
    """
    whole_digits = _MOST_DIGITS if precision is None else max(precision - (scale or 0), 0)
    digits = _MOST_DIGITS if precision is None else max(precision, _FLOAT_DIGITS)
    fraction_digits = max(scale or 0, _MOST_FRACTION_DIGITS)
    expected = (
        f"a decimal number of at most {digits} digits, {fraction_digits} of them after the point"
        if precision is None
        else f"a decimal number of at most {whole_digits} digits before the point and {digits} in all"
    )
    largest = decimal.Decimal(f"1e{whole_digits}")

    def number(text: str) -> decimal.Decimal | Refusal:
        if not _NUMBER.fullmatch(text):
            return Refusal(expected, _number_hint(text))
        value = _plain_decimal(text, digits, fraction_digits)
        if value is None or value >= largest or value <= -largest:
            return Refusal(expected)
        return value

    return number


def _float(text: str) -> float | Refusal:
    expected = "a finite number that 64 bits can hold"
    match = _NUMBER.fullmatch(text)
    if match is None:
        return Refusal(expected, _number_hint(text))
    value = float(text)
    if math.isinf(value):
        return Refusal(expected)
    if value == 0 and (match[2] + (match[3] or "")).strip("0"):
        return Refusal(expected, "This number is too close to 0.")
    return value


# --- dates and times -------------------------------------------------------------------------------------------------

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
# No zone is further from UTC than 14 hours; PostgreSQL reads offsets of less than 16.
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])"
_DATE = re.compile(_DAY)
_DATETIME = re.compile(f"{_DAY}[T ]{_CLOCK}{_OFFSET}?")
_TIME = re.compile(f"{_CLOCK}{_OFFSET}?")

_A_DATE = "a date, YYYY-MM-DD"
_A_DATETIME = "a date and time, YYYY-MM-DDThh:mm:ss with or without an offset"
_A_TIME = "a time, hh:mm:ss with or without an offset"
_NO_SUCH_DAY = "No calendar has this date."

_DATE_HINTS = _hints(
    _BLANKS,
    (r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}(?:[ T].*)?", "Write year, month and day in this order: '2024-12-31'."),
    (r"[0-9]{8}(?:T.*)?|[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}(?:[ T].*)?", "Write '-' between year, month and day."),
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", "Write month and day with two digits each."),
    (r"[0-9]{4}(?:-[0-9]{2})?", "Write year, month and day: '2024-12-31'."),
    (r"[0-9]+(?:\.[0-9]+)?", "Write a date, not a number of seconds."),
)
_CLOCK_HINTS = _hints(
    (f".*{_CLOCK} [0-9]{{2}}:[0-9]{{2}}", "Write '%2B' for the '+' of an offset: in a URL '+' means a blank."),
    (r".*:[0-9]{2}\.[0-9]{7,}(?:Z|[+-].*)?", "Write at most six digits after the second."),
    (f".*{_CLOCK}[+-][0-9]{{2}}(?:[0-9]{{2}})?", "Write the offset as '+02:00'."),
    (f"(?:{_DAY}[tT ])?{_CLOCK}[zZ]?", "Write 'T' and 'Z' in capitals."),
    (r"[^:]*:.*[aApP]\.?[mM]\.?", "Write the hours from 00 to 23."),
)
_DATETIME_HINTS = (*_CLOCK_HINTS, *_DATE_HINTS)
_TIME_HINTS = (*_CLOCK_HINTS, *_hints(_BLANKS))


def _iso(parse: Callable[[str], ValueT], text: str, expected: str) -> ValueT | Refusal:
    """What a text of the right shape means. What can be wrong with it is its day."""
    try:
        return parse(text)
    except ValueError:
        return Refusal(expected, _NO_SUCH_DAY)


def _date(text: str) -> dt.date | Refusal:
    if _DATE.fullmatch(text):
        return _iso(dt.date.fromisoformat, text, _A_DATE)
    if _DATETIME.fullmatch(text):
        return Refusal(_A_DATE, "Leave out the time.")
    return Refusal(_A_DATE, _hint(_DATE_HINTS, text))


def _datetime(aware: bool, text: str) -> dt.datetime | Refusal:
    if not _DATETIME.fullmatch(text) and not _DATE.fullmatch(text):
        return Refusal(_A_DATETIME, _hint(_DATETIME_HINTS, text))
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


def _time(aware: bool, text: str) -> dt.time | Refusal:
    if not _TIME.fullmatch(text):
        return Refusal(_A_TIME, _hint(_TIME_HINTS, text))
    written = dt.time.fromisoformat(text)
    if written.tzinfo is None:
        return written.replace(tzinfo=dt.UTC) if aware else written
    # A time of day in UTC is the same on any day, and stays one when it passes midnight.
    value = dt.datetime.combine(_SOME_DAY, written).astimezone(dt.UTC).timetz()
    return value if aware else value.replace(tzinfo=None)


_SOME_DAY = dt.date(2000, 1, 2)

_ISO_DURATION = re.compile(
    r"([+-]?)P(?=[0-9T])(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,6}))?S)?)?"
)
_CLOCK_DURATION = re.compile(r"([+-]?)([0-9]{1,12}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6}))?")

_LONGEST_DURATION = dt.timedelta(days=719_162)
"""From the year 1 to 1970: databases without an interval type store a duration as that long before or after 1970."""

_A_DURATION = (
    "a duration, such as P1DT2H30M or 26:30:00, of at most "
    f"{_LONGEST_DURATION.days} days; a month or a year has no fixed length"
)
_DURATION_HINTS = _hints(
    _BLANKS,
    (r"[+-]?P[^T]*[YM].*", "Write weeks or days: months and years have no fixed length."),
    (r"[+-]?[0-9]+(?:\.[0-9]+)?", "Write the unit: 'PT90S' is 90 seconds."),
    (r"[0-9]+:[0-9]{2}", "Write the seconds too: 'hh:mm:ss'."),
    (r"[+-]?P.*\.[0-9]{7,}S", "Write at most six digits after the second."),
    (r"[+-]?P.*[0-9]{10}.*", "Write a shorter duration."),
    (r"(?i:[+-]?p.*)", "Write capitals, whole numbers, and 'T' before hours, minutes and seconds."),
)


def _duration(text: str) -> dt.timedelta | Refusal:
    """ISO 8601 with weeks, days, hours, minutes and seconds, or a clock; both with a sign and six fraction digits."""
    if match := _ISO_DURATION.fullmatch(text):
        sign, weeks, days, hours, minutes, seconds, fraction = match.groups()
    elif match := _CLOCK_DURATION.fullmatch(text):
        sign, hours, minutes, seconds, fraction = match.groups()
        weeks = days = None
    else:
        return Refusal(_A_DURATION, _hint(_DURATION_HINTS, text))
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


# --- UUIDs and enumerations ------------------------------------------------------------------------------------------

_UUID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_HINTS = _hints(
    _BLANKS,
    (r"(?i:urn:uuid:.*)", "Leave out 'urn:uuid:'."),
    (r"\{.*\}", "Leave out the braces."),
)


def _uuid(text: str) -> uuid.UUID | Refusal:
    if not _UUID.fullmatch(text):
        return Refusal("a UUID, 32 hexadecimal digits with or without hyphens", _hint(_UUID_HINTS, text))
    return uuid.UUID(text)


def _uuid_text(text: str) -> str | Refusal:
    value = _uuid(text)
    return value if isinstance(value, Refusal) else str(value)


_OFFERED_MEMBERS = 10
_CANDIDATES = 200
_LONGEST_MISSPELLING = 64


class _Choices(NamedTuple):
    """What a refused member is told: the expected ones, and those among which the nearest is looked for."""

    expected: str
    names: tuple[str, ...]


def _one_of(kind: kinds.Enumeration) -> _Choices:
    # A member with a name and a value is offered by its name.
    names = tuple({id(value): name for name, value in reversed(kind.members)}.values())[::-1]
    listed = ", ".join(names[:_OFFERED_MEMBERS])
    more = len(names) - _OFFERED_MEMBERS
    return _Choices(f"one of {listed}" + (f" and {more} more" if more > 0 else ""), names[:_CANDIDATES])


def _member(members: dict[str, object], choices: _Choices, text: str) -> object:
    if text in members:
        return members[text]
    return Refusal(choices.expected, _nearest(choices.names, text))


def _nearest(names: tuple[str, ...], text: str) -> str | None:
    if len(text) > _LONGEST_MISSPELLING:
        return None
    by_lower = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(text.lower(), by_lower, n=1)
    return f"Did you mean {by_lower[near[0]]!r}?" if near else None


# --- JSON ------------------------------------------------------------------------------------------------------------

_JSON_DEPTH = 64
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_JSON_CLOSERS = {"[": "]", "{": "}", '"': '"'}
_JSON_INTEGER = _integer_from(-(2**63), 2**63 - 1)

_AN_INTEGER_IN_JSON = Refusal(f"a whole number from {-(2**63)} to {2**63 - 1}, or text in quotes")
_A_NUMBER_IN_JSON = Refusal("a number that a 64-bit float writes back with the same digits, or text in quotes")
_AS_TEXT = 'For the same as text, write it in double quotes: "…".'


class _RefusedJson(Exception):
    """What the hooks of the JSON parser raise, to be caught by `_document` alone."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def json_value(text: str, options: JSONOptions) -> object | Refusal:
    """What is compared with a JSON document or a value in one.

    Numbers, `true`, `false`, quoted strings, arrays and objects as JSON writes them, everything else is text: `1` is a
    number, `"1"` and `007` and `[draft` are text. `null` is refused: nothing equals it, `=na=` finds it.

    A number is one that all databases hold: 64 bits as a whole number, else one that a 64-bit float keeps. Whole
    numbers become int, others Decimal.

    Args:
        text: the argument.
        options: with `use_datetime`, dates and times become such; those with an offset become UTC.
    """
    if _UNBINDABLE.search(text):
        return _text(text)
    if text in _JSON_WORDS:
        return _JSON_WORDS[text]
    if _JSON_NUMBER.fullmatch(text):
        return _json_number(text)
    if text and _JSON_CLOSERS.get(text[0]) == text[-1]:
        return _document(text)
    if options.use_datetime:
        value = temporal(text)
        return value if value is not None else text
    return text


_JSON_WORDS: dict[str, object] = {
    "true": True,
    "false": False,
    "null": Refusal("a value: nothing equals null", f"'=na=' finds null. {_AS_TEXT}"),
}


def _json_with_defaults(text: str) -> object:
    return json_value(text, DEFAULT_JSON_OPTIONS)


def temporal(text: str) -> dt.date | dt.datetime | dt.time | Refusal | None:
    """The date, time, or both that a text in a JSON document means; None for other text.

    What has an offset is aware and in UTC, what has none is naive. A day that no calendar has is a Refusal.
    """
    if _DATE.fullmatch(text):
        value: dt.date | dt.datetime | dt.time | Refusal = _date(text)
    elif match := _AWARE_OR_NOT.fullmatch(text):
        aware = match[2] is not None
        value = _datetime(aware, text) if match[1] else _time(aware, text)
    else:
        return None
    return Refusal(value.expected, f"{value.hint} {_AS_TEXT}") if isinstance(value, Refusal) else value


_AWARE_OR_NOT = re.compile(f"({_DAY}[T ])?{_CLOCK}({_OFFSET})?")


def _json_number(text: str) -> object:
    """An int or a Decimal that every database holds as it is; they keep other numbers than small integers as floats."""
    if "." not in text and "e" not in text and "E" not in text:
        value = _JSON_INTEGER(text)
        return _AN_INTEGER_IN_JSON if isinstance(value, Refusal) else value
    kept = _float(text)
    if isinstance(kept, Refusal):
        return _A_NUMBER_IN_JSON
    exact = _plain_decimal(text, 400, 400)
    return exact if exact == decimal.Decimal(repr(kept)) else _A_NUMBER_IN_JSON


def _document(text: str) -> object:
    """A quoted string, an array or an object; the text itself where it is not quite JSON."""
    if _deeper_than(_JSON_DEPTH, text):
        return Refusal(f"a JSON value with at most {_JSON_DEPTH} levels", _AS_TEXT)
    try:
        value: object = json.loads(
            text,
            parse_int=_hooked_number,
            parse_float=_hooked_number,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except _RefusedJson as refused:
        return refused.refusal
    except ValueError:
        return text
    if "\\u" in text and any(map(_UNBINDABLE.search, _texts(value))):
        return _text("\0")
    return value


def _deeper_than(limit: int, text: str) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth, quoted, escaped = 0, False, False
    for character in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > limit:
                return True
        elif character in "]}":
            depth -= 1
    return False


def _hooked_number(text: str) -> object:
    value = _json_number(text)
    if isinstance(value, Refusal):
        raise _RefusedJson(value)
    return value


def _no_constant(name: str) -> object:
    raise _RefusedJson(Refusal("a JSON value without NaN and Infinity", _AS_TEXT))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedJson(Refusal("a JSON object that has each key once", _AS_TEXT))
    return found


def _texts(value: object) -> Iterator[str]:
    """All texts in a document, keys included."""
    match value:
        case str():
            yield value
        case list():
            for item in cast("list[object]", value):
                yield from _texts(item)
        case dict():
            for key, item in cast("dict[str, object]", value).items():
                yield key
                yield from _texts(item)
        case _:
            pass
