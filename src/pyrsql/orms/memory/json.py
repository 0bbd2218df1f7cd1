"""Tests of JSON documents, and of the values in them."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from typing import Any, assert_never, cast

from pyrsql.orms.memory.text import matches
from pyrsql.orms.memory.truth import Truth
from pyrsql.orms.memory.values import exact_number, plain
from pyrsql.validation.convert import temporal
from pyrsql.validation.convert.times import aware_moment, time_in_utc
from pyrsql.validation.predicates import (
    COMPARE,
    Between,
    Compare,
    Match,
    Member,
    Null,
    Sign,
)
from pyrsql.validation.text import fold


def json_test(test: Compare | Match | Member | Between | Null, document: object, keys: tuple[str, ...]) -> Truth:
    """A test of a document, or of the values that a path below it leads to.

    The test is true when some value there passes it, and the negated one is true when none does: also where the path
    leads nowhere. An array stands for itself and for its elements; a whole document that is one, for its scalars only.
    A document that is missing is NULL; Python has no other form for a document that is JSON's null.
    """
    if isinstance(test, Null):
        # An array counts as one value here, an empty one too.
        return any(value is not None for value in below(document, keys)) == test.negated
    if document is None:
        return None
    found = [inner for value in below(document, keys) for inner in (value, *elements(value))]
    if not keys:
        # An array or object is compared with the whole document alone.
        found = [document, *(value for value in found[1:] if not isinstance(value, (*_ARRAYS, dict)))]
    match test:
        case Compare(sign="==" | "!=" as sign, value=wanted, ignore_case=ignore_case):
            same = _same_text if ignore_case else _same
            return any(same(value, wanted) for value in found) == (sign == "==")
        case Compare(sign=sign, value=wanted):
            return any(_in_range(value, ((sign, wanted),)) for value in found)
        case Match(pattern=pattern, negated=negated, ignore_case=ignore_case):
            return any(isinstance(value, str) and matches(pattern, value, ignore_case) for value in found) != negated
        case Member(values=values, negated=negated):
            return any(_same(value, wanted) for value in found for wanted in values) != negated
        case Between(low=low, high=high, negated=negated):
            return any(_in_range(value, ((">=", low), ("<=", high))) for value in found) != negated
        case _:
            assert_never(test)


def below(document: object, keys: tuple[str, ...]) -> list[object]:
    """The values that a path leads to. A key is looked up in each object of an array."""
    found = [document]
    for key in keys:
        objects = [item for value in found for item in (elements(value) or [value])]
        found = [cast("dict[str, object]", item)[key] for item in objects if isinstance(item, dict) and key in item]
    return found


def elements(value: object) -> list[object]:
    """The elements of an array, which Python writes of a tuple, too; of another value none."""
    return list(cast("list[object]", value)) if isinstance(value, _ARRAYS) else []


_ARRAYS = (list, tuple)


def _same(value: object, wanted: object) -> bool:
    """Whether two JSON values are equal: of one type, numbers by value, arrays and objects by their contents."""
    if isinstance(wanted, list):
        if not isinstance(value, _ARRAYS):
            return False
        items, others = elements(cast("object", value)), cast("list[object]", wanted)
        return len(items) == len(others) and all(map(_same, items, others))
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            return False
        mine, theirs = cast("dict[str, object]", value), cast("dict[str, object]", wanted)
        return mine.keys() == theirs.keys() and all(_same(mine[key], theirs[key]) for key in theirs)
    if wanted is None:
        return value is None
    one, other = scalar(value, wanted), scalar(wanted, wanted)
    return one is not None and bool(one == other)


def _same_text(value: object, wanted: object) -> bool:
    return isinstance(value, str) and fold(value) == fold(str(wanted))


def _in_range(value: object, bounds: tuple[tuple[Sign, object], ...]) -> bool:
    """Whether a JSON value of the bounds' own type lies within them."""
    for sign, bound in bounds:
        one, other = scalar(value, bound), scalar(bound, bound)
        if one is None or not COMPARE[sign](one, other):
            return False
    return True


# Which day another offset would lead a time of day to is not known.
_TIME_IN_UTC = re.compile(r"[0-9:.]*(?:Z|\+00:00)?")


def scalar(value: object, like: object) -> Any:
    """A JSON scalar in the form in which it is compared with one like `like`; None where it is of another type."""
    match like:
        case bool():
            return value if isinstance(value, bool) else None
        case int() | float() | decimal.Decimal():
            return exact_number(value)
        case str():
            return plain(value) if isinstance(value, str) else None
        case dt.date():
            value = temporal(value) if isinstance(value, str) else value
            return aware_moment(value) if isinstance(value, dt.date) else None
        case dt.time():
            value = temporal(value) if isinstance(value, str) and _TIME_IN_UTC.fullmatch(value) else value
            return time_in_utc(value) if isinstance(value, dt.time) else None
        case _:
            # Only a converter of the developer's makes other values; JSON would hold their text.
            return str(value) if isinstance(value, str | type(like)) else None
