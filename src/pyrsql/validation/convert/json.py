"""Values that are compared with a JSON document, or with a value in one."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import re
from collections.abc import Iterator
from typing import cast

from pyrsql.options import DEFAULT_JSON_OPTIONS, JSONOptions
from pyrsql.validation.convert.numbers import plain_decimal, to_float, to_integer
from pyrsql.validation.convert.refusal import Refusal
from pyrsql.validation.convert.text import to_text
from pyrsql.validation.convert.times import DATE, DAY, MINUTES, OFFSET, to_date, to_datetime, to_time
from pyrsql.validation.text import UNBINDABLE

_JSON_DEPTH = 64
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_JSON_CLOSERS = {"[": "]", "{": "}", '"': '"'}
_JSON_INTEGER = to_integer(-(2**63), 2**63 - 1)

_AN_INTEGER_IN_JSON = Refusal(f"a whole number from {-(2**63)} to {2**63 - 1}, or text in quotes")
_A_NUMBER_IN_JSON = Refusal("a number that a 64-bit float writes back with the same digits, or text in quotes")
_AS_TEXT = 'For the same as text, write it in double quotes: "…".'


class _RefusedJson(Exception):
    """The exception of the JSON parser's hooks, caught by `_document` alone."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def json_value(text: str, options: JSONOptions) -> object | Refusal:
    """The value that is compared with a JSON document or a value in one.

    Numbers, `true`, `false`, quoted strings, arrays and objects as JSON writes them, everything else is text: `1` is a
    number, `"1"` and `007` and `[draft` are text. `null` is refused: nothing equals it, `=na=` finds it.

    A number is one that all databases hold: 64 bits as a whole number, else one that a 64-bit float keeps. Whole
    numbers become int, others Decimal.

    Args:
        text: the argument.
        options: with `use_datetime`, dates and times become such; those with an offset become UTC.
    """
    if UNBINDABLE.search(text):
        return to_text(text)
    if text in _JSON_WORDS:
        return _JSON_WORDS[text]
    if _JSON_NUMBER.fullmatch(text):
        return _json_number(text)
    if text and _JSON_CLOSERS.get(text[0]) == text[-1]:
        return _document(text)
    if options.use_datetime:
        value = _temporal(text, _WRITTEN)
        return value if value is not None else text
    return text


_JSON_WORDS: dict[str, object] = {
    "true": True,
    "false": False,
    "null": Refusal("a value: nothing equals null", f"'=na=' finds null. {_AS_TEXT}"),
}


def to_json(text: str) -> object:
    """`json_value` with the default options."""
    return json_value(text, DEFAULT_JSON_OPTIONS)


def temporal(text: str) -> dt.date | dt.datetime | dt.time | Refusal | None:
    """The date, time, or both that a text in a JSON document means; None for other text.

    A time with an offset is aware and in UTC, one without is naive. A day that no calendar has is a Refusal. A client
    may write an offset shorter and zeros after six digits of a second; databases do not find such texts in documents.
    """
    return _temporal(text, _STORED)


def _temporal(text: str, times: re.Pattern[str]) -> dt.date | dt.datetime | dt.time | Refusal | None:
    if DATE.fullmatch(text):
        value: dt.date | dt.datetime | dt.time | Refusal = to_date(text)
    elif match := times.fullmatch(text):
        aware = match[2] is not None
        value = to_datetime(aware, text) if match[1] else to_time(aware, text)
    else:
        return None
    return Refusal(value.expected, f"{value.hint} {_AS_TEXT}") if isinstance(value, Refusal) else value


# More digits of a second are refused as those of a time.
_WRITTEN = re.compile(rf"({DAY}[T ])?{MINUTES}(?::[0-5][0-9](?:\.[0-9]+)?)?({OFFSET})?")
_STORED = re.compile(rf"({DAY}[T ])?{MINUTES}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?(Z|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])?")


def _json_number(text: str) -> object:
    """An int or a Decimal that every database holds as it is; they keep other numbers than small integers as floats."""
    if "." not in text and "e" not in text and "E" not in text:
        value = _JSON_INTEGER(text)
        return _AN_INTEGER_IN_JSON if isinstance(value, Refusal) else value
    kept = to_float(text)
    if isinstance(kept, Refusal):
        return _A_NUMBER_IN_JSON
    exact = plain_decimal(text, 400, 400)
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
    if "\\u" in text and any(map(UNBINDABLE.search, _texts(value))):
        return to_text("\0")
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
