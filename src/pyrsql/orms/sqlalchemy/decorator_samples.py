"""The code of a decorated type, found out with samples: which values it takes, and how it stores them.

A decorator that does not say what its values are, or stores them in another form, is known by its code alone.
"""

from __future__ import annotations

import datetime as dt
import decimal
from contextlib import suppress
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models import kinds

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

_CONTAINERS = (list, tuple, set, frozenset, dict)


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


def takes(type_: TypeDecorator[Any], kind: type[kinds.Kind], dialect: Dialect) -> bool:
    """Whether the code of a decorator is made for values of the kind that it decorates. It may refuse some of them, but
    must take their Python type.
    """
    for sample in _SAMPLES.get(kind, ()):
        try:
            as_stored(type_, sample, dialect)
        except (TypeError, AttributeError, LookupError):
            continue
        except Exception:
            return True
        return True
    return kind not in _SAMPLES


def is_repeatable(type_: TypeDecorator[Any], kind: type[kinds.Kind], dialect: Dialect) -> bool:
    """Whether a value of a kind is stored in the same form each time. An encryption with a random part has many forms
    of it, which equal none of each other.
    """
    for sample in _SAMPLES.get(kind, ()):
        with suppress(Exception):
            return bool(as_stored(type_, sample, dialect) == as_stored(type_, sample, dialect))
    return True


def keeps_letters(type_: TypeDecorator[Any], dialect: Dialect) -> bool:
    """Whether a text is stored letter by letter, as by a decorator that folds case. Only then can parts of it be found,
    and its order be that of the texts. A decorator that refuses the samples is believed to keep them.
    """
    with suppress(Exception):
        first, second, both = (as_stored(type_, sample, dialect) for sample in ("ab1", "Ba2", "ab1Ba2"))
        return all(isinstance(text, str) for text in (first, second, both)) and both == first + second
    return True


def container_given(type_: TypeDecorator[Any], dialect: Dialect) -> type | None:
    """The class of the lists, sets or mappings that a decorator reads from a text; None where it reads anything else.

    It may take a text all the same, and store each of its letters apart.
    """
    read = type_.process_result_value
    with suppress(Exception):
        given = read(as_stored(type_, "1", dialect), dialect)
        return next((known for known in _CONTAINERS if isinstance(given, known)), None)
    return None
