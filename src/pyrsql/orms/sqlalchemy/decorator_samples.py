"""The code of a decorated type, found out with samples: which values it takes, and how it stores them.

A decorator that does not say what its values are, or stores them in another form, is known by its code alone. The
samples are those of PostgreSQL, which is the strictest.
"""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import itertools
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.orms.sqlalchemy.dialects.families import POSTGRESQL

_SAMPLES: dict[type, tuple[object, ...]] = {
    kinds.Text: ("a", "1"),
    kinds.Integer: (1,),
    kinds.Decimal: (decimal.Decimal(1),),
    kinds.Float: (1.0,),
    kinds.Boolean: (True,),
    kinds.Date: (dt.date(2000, 1, 1),),
    kinds.DateTime: (dt.datetime(2000, 1, 1), dt.datetime(2000, 1, 1, tzinfo=dt.UTC)),
    kinds.Time: (dt.time(1), dt.time(1, tzinfo=dt.UTC)),
    kinds.Duration: (dt.timedelta(1),),
}

_ASCENDING: dict[type, tuple[Any, ...]] = {
    kinds.Integer: (1, 2, 3, 10, 64, 100, 1000),
    kinds.Decimal: tuple(map(decimal.Decimal, (1, 2, 3, 10, 64, 100, 1000))),
    kinds.Float: (1.0, 2.0, 3.0, 10.0, 64.0, 100.0, 1000.0),
    kinds.Date: (dt.date(2000, 1, 1), dt.date(2000, 1, 2), dt.date(2000, 2, 1), dt.date(2001, 1, 1)),
    kinds.Duration: (dt.timedelta(1), dt.timedelta(2), dt.timedelta(10), dt.timedelta(100)),
}

_EQUAL: dict[type, tuple[object, ...]] = {
    kinds.Decimal: tuple(map(decimal.Decimal, ("1.10", "1.1", "1.100"))),
    kinds.DateTime: (dt.datetime(2000, 5, 17, 9), dt.datetime(2000, 5, 17, 9, tzinfo=dt.UTC)),
}
"""Values that are equal, and written in several ways: a moment in UTC with its offset, or without."""

_DAY = dt.datetime(2000, 5, 17, 9)
_HIDDEN_KEYS = (
    *("password", "passwd", "secret", "token", "access_token", "refresh_token", "api_key", "apikey", "apiKey"),
    *("ssn", "iban", "card", "card_number", "cvv", "cvc", "pin", "email", "phone"),
)
"""Keys of values that a decorator over documents may mask or leave out. It is found out by these alone."""

_NEIGHBOURS: dict[type, tuple[tuple[object, ...], ...]] = {
    kinds.Text: (
        ("4012888888881881", "5012888888881881", "4012887888881881", "4012888888881882"),
        ("ann.lee@example.org", "abn.lee@example.org", "ann.lea@example.org", "ann.lee@example.com"),
    ),
    kinds.Integer: ((12345, 12346),),
    kinds.Decimal: ((decimal.Decimal(12345), decimal.Decimal(12346)),),
    kinds.Float: ((12345.0, 12346.0),),
    kinds.Date: ((dt.date(2000, 5, 17), dt.date(2000, 5, 18), dt.date(2000, 6, 17), dt.date(2001, 5, 17)),),
    kinds.DateTime: (
        (_DAY, _DAY + dt.timedelta(hours=1), _DAY + dt.timedelta(days=1)),
        (_DAY.replace(tzinfo=dt.UTC), _DAY.replace(hour=10, tzinfo=dt.UTC), _DAY.replace(day=18, tzinfo=dt.UTC)),
    ),
    kinds.Duration: ((dt.timedelta(hours=100), dt.timedelta(hours=101)),),
}
"""Values that differ in one place. Two of them are read as one where that place is hidden."""

_READ = (list, tuple, set, frozenset, dict, bool)
"""Classes of values that a decorator over text may read."""


def as_stored(type_: TypeEngine[Any], value: Any, dialect: Dialect) -> Any:
    """The value that a decorated type, and each type that it decorates, binds for a value; any other type, and
    a decorator that only reads, takes it as it is. May raise any exception of the decorator.
    """
    while isinstance(type_, TypeDecorator):
        decorator: TypeDecorator[Any] = type_
        if type(decorator).process_bind_param is not TypeDecorator[Any].process_bind_param:
            value = decorator.process_bind_param(value, dialect)
        type_ = decorator.impl_instance
    return value


def as_read(type_: TypeEngine[Any], stored: Any, dialect: Dialect) -> Any:
    """The value that a decorated type, and each type that it decorates, reads. May raise any exception of theirs."""
    decorators = [each for each in _with_decorated(type_) if isinstance(each, TypeDecorator)]
    for decorator in reversed(decorators):
        if type(decorator).process_result_value is not TypeDecorator[Any].process_result_value:
            stored = decorator.process_result_value(stored, dialect)
    return stored


def hides(type_: TypeDecorator[Any], kind: type[kinds.Kind]) -> bool:
    """Whether different stored values are read as one: all but four digits are stars, or a salary is rounded. Or a text
    is read as its hash.

    A filter on the stored value would reveal the rest letter by letter, and a sort and a cursor would, too.
    """
    if kind is kinds.Text and all(_is_read_as_another(type_, sample) for sample, *_ in _NEIGHBOURS[kind]):
        return True
    return any(_are_read_as_one(type_, samples) for samples in _NEIGHBOURS.get(kind, ()))


def hides_keys(type_: TypeDecorator[Any]) -> bool:
    """Whether a decorator over documents masks the value of a key, or leaves a key out, and not just any key that the
    class it reads does not have.
    """

    def read(document: dict[str, str]) -> object:
        return _read_form(type_, _stored_form(type_, document))

    with suppress(Exception):
        empty, keeps_any_key = read({}), read({"": "1"}) != read({"": "2"})
        for key in _HIDDEN_KEYS:
            found = read({key: "4012888888881881"})
            if found == read({key: "5012887888881882"}) and (found != empty or keeps_any_key):
                return True
    return False


def _are_read_as_one(type_: TypeDecorator[Any], samples: tuple[object, ...]) -> bool:
    with suppress(Exception):
        first, *others = [_stored_form(type_, sample) for sample in samples]
        read = _read_form(type_, first)
        apart = [other for other in others if other != first]
        return read is not None and any(_read_form(type_, other) == read for other in apart)
    return False


def _is_read_as_another(type_: TypeDecorator[Any], sample: object) -> bool:
    """Whether a text is read as a hash is: without it and without what is stored. A link and a title hold it."""
    with suppress(Exception):
        stored = as_stored(type_, sample, POSTGRESQL)
        read = as_read(type_, stored, POSTGRESQL)
        return isinstance(read, str) and not any(str(text).lower() in read.lower() for text in (sample, stored))
    return False


def _stored_form(type_: TypeDecorator[Any], sample: object) -> Any:
    """A sample as it is stored; one that the decorator does not take as it is, which is how others may have stored it.
    A document is a copy: the code that reads it may change it.
    """
    with suppress(Exception):
        return copy.deepcopy(as_stored(type_, copy.deepcopy(sample), POSTGRESQL))
    return copy.deepcopy(sample)


def _read_form(type_: TypeDecorator[Any], stored: Any) -> object:
    """The value that is read, as people see it: `**********` for each `SecretStr`."""
    read = as_read(type_, copy.deepcopy(stored), POSTGRESQL)
    return None if read is None else str(read)


def takes(type_: TypeDecorator[Any], kind: type[kinds.Kind]) -> bool:
    """Whether the code of a decorator is made for values of the kind that it decorates. It may refuse some of them, but
    must take their Python type.
    """
    for sample in _SAMPLES.get(kind, ()):
        try:
            as_stored(type_, sample, POSTGRESQL)
        except (TypeError, AttributeError, LookupError):
            continue
        except Exception:
            return True
        return True
    return kind not in _SAMPLES


def takes_some_value(process: Callable[[object], object]) -> bool:
    """Whether the code that makes the values of a driver takes any sample at all."""
    others: tuple[object, ...] = uuid.UUID(int=1), str(uuid.UUID(int=1)), [], {}
    for sample in itertools.chain(others, *_SAMPLES.values()):
        with suppress(Exception):
            process(sample)
            return True
    return False


def is_repeatable(type_: TypeDecorator[Any], kind: type[kinds.Kind]) -> bool:
    """Whether a value of a kind is stored in the same form each time. An encryption with a random part has many forms
    of it, which equal none of each other.
    """
    for sample in _SAMPLES.get(kind, ()):
        with suppress(Exception):
            return bool(as_stored(type_, sample, POSTGRESQL) == as_stored(type_, sample, POSTGRESQL))
    return True


def keeps_letters(type_: TypeDecorator[Any]) -> bool:
    """Whether a text is stored letter by letter, as by a decorator that folds case. Only then can parts of it be found,
    and its order be that of the texts. A decorator that refuses the samples is believed to keep them.
    """
    with suppress(Exception):
        first, second, both = (as_stored(type_, sample, POSTGRESQL) for sample in ("ab1", "Ba2", "ab1Ba2"))
        return all(isinstance(text, str) for text in (first, second, both)) and both == first + second
    return True


def keeps_order(type_: TypeDecorator[Any], kind: type[kinds.Kind]) -> bool:
    """Whether values of a kind are stored in their own order, as negated or scrambled numbers are not. A decorator that
    refuses the samples is believed to keep it.
    """
    with suppress(Exception):
        stored = [as_stored(type_, sample, POSTGRESQL) for sample in _ASCENDING.get(kind, ())]
        return stored == sorted(stored)
    return True


def stores_alike(type_: TypeDecorator[Any], kind: type[kinds.Kind]) -> bool:
    """Whether equal values of a kind are stored as one text: `1.10` and `1.1` are one number, and may be two texts. A
    decorator that refuses the samples is believed to do so.
    """
    with suppress(Exception):
        stored = [as_stored(type_, sample, POSTGRESQL) for sample in _EQUAL.get(kind, ())]
        return all(text == stored[0] for text in stored)
    return True


def keeps_value(type_: TypeDecorator[Any], value: object) -> bool:
    """Whether a number, a date or a time is read as it was stored: not cut to cents or to seconds. A decorator that
    reads another class is believed to keep it.
    """
    if isinstance(type_.impl_instance, TypeDecorator) or not isinstance(value, _MEASURES) or isinstance(value, bool):
        return True
    with suppress(Exception):
        read: Any = type_.process_result_value(as_stored(type_, value, POSTGRESQL), POSTGRESQL)
        if type(read) is type(value):
            return bool(read == value) or (_has_offset(read) != _has_offset(value) and _second(read) == _second(value))
    return True


_MEASURES = (int, float, decimal.Decimal, dt.date, dt.time, dt.timedelta)


def _has_offset(value: Any) -> bool:
    return getattr(value, "tzinfo", None) is not None


def _second(value: Any) -> tuple[int, int]:
    """The second of a minute, which is the same in every offset of whole minutes."""
    return value.second, value.microsecond


def class_read(type_: TypeDecorator[Any]) -> type | None:
    """The class of the lists, sets, mappings or truth values that a decorator reads from a text; None where it reads
    anything else.

    It may take any text all the same: store each of its letters apart, or store `true` for it.
    """
    read = type_.process_result_value
    with suppress(Exception):
        given = read(as_stored(type_, "1", POSTGRESQL), POSTGRESQL)
        return next((known for known in _READ if isinstance(given, known)), None)
    return None


def has_own_sql(type_: TypeEngine[Any]) -> tuple[bool, bool]:
    """Whether a type wraps SQL of its own around a value that is bound, and around a column that is selected."""
    methods = ("bind_expression", "column_expression")
    written = [_is_written(each, name) for each in _with_decorated(type_) for name in methods]
    return any(written[::2]), any(written[1::2])


def _with_decorated(type_: TypeEngine[Any]) -> list[TypeEngine[Any]]:
    found = [type_]
    while isinstance(last := found[-1], TypeDecorator):
        found.append(last.impl_instance)
    return found


def _is_written(type_: TypeEngine[Any], name: str) -> bool:
    """Whether a developer has written a method of a type."""
    return not getattr(type(type_), name).__module__.startswith("sqlalchemy.")
