"""The conversion of each kind.

Every value can be bound exactly on every supported database, or is refused before any SQL exists: nothing is stripped,
clipped, rounded or turned into NULL. Each conversion takes linear time and never raises.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from functools import partial

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import Converter
from pyrsql.validation.convert.durations import to_duration
from pyrsql.validation.convert.enumerations import choices_of, to_member
from pyrsql.validation.convert.json import to_json
from pyrsql.validation.convert.numbers import to_decimal, to_float, to_integer
from pyrsql.validation.convert.refusal import Refusal
from pyrsql.validation.convert.text import to_boolean, to_text
from pyrsql.validation.convert.times import to_date, to_datetime, to_time
from pyrsql.validation.convert.uuids import to_uuid, to_uuid_text
from pyrsql.validation.text import UNBINDABLE


def convert(kind: Kind, text: str) -> object | Refusal:
    """The value that a text means for a kind, or a Refusal.

    >>> convert(kinds.Integer(), "42")
    42
    >>> convert(kinds.Integer(), "1_000")
    Refusal(expected='a whole number', hint='Leave out the underscores.', replacement='1000')
    """
    return converter(kind)(text)


def converter(kind: Kind) -> Callable[[str], object]:
    """The conversion of one kind, chosen once: a function from text to a value or a Refusal."""
    match kind:
        case kinds.Enumeration():
            return partial(to_member, dict(reversed(kind.members)), choices_of(kind))
        case kinds.Array(item):
            return converter(item)
        case kinds.Opaque(name, equal_to=equal_to):
            if equal_to is not None:
                return converter(equal_to)
            return partial(_refused, Refusal(f"no value: {name} has no text form here", _NULL_CHECKS))
        case kinds.Integer(minimum, maximum):
            return to_integer(minimum, maximum)
        case kinds.Decimal(precision, scale):
            return to_decimal(precision, scale)
        case kinds.Time(aware):
            return partial(to_time, aware)
        case kinds.DateTime(aware):
            return partial(to_datetime, aware)
        case kinds.Uuid(as_text):
            return to_uuid_text if as_text else to_uuid
        case (
            kinds.Boolean()
            | kinds.Float()
            | kinds.Text()
            | kinds.Date()
            | kinds.Duration()
            | kinds.Binary()
            | kinds.Json()
        ):
            return _PLAIN[type(kind)]


def with_converter(
    convert: Converter, expected: str = "a value that the converter of this field takes"
) -> Callable[[str], object]:
    """A developer's converter that returns a Refusal instead of raising.

    Args:
        convert: the converter. ValueError and TypeError refuse the text, as does None, which no value can be. Any other
            exception is a bug of the converter and passes through.
        expected: the text of the refusal that says which values are right.
    """

    def converted(text: str) -> object:
        if UNBINDABLE.search(text):
            return to_text(text)
        try:
            value = convert(text)
        # `Decimal("x")` raises an ArithmeticError of its own, and Decimal is an obvious converter.
        except (ValueError, TypeError, decimal.InvalidOperation):
            return Refusal(expected)
        return Refusal(expected) if value is None else value

    return converted


_NULL_CHECKS = "Only '=na=' and '=nn=' apply."


def _refused(refusal: Refusal, text: str) -> Refusal:
    return refusal


_PLAIN: dict[type[Kind], Callable[[str], object]] = {
    kinds.Boolean: to_boolean,
    kinds.Float: to_float,
    kinds.Text: to_text,
    kinds.Date: to_date,
    kinds.Duration: to_duration,
    kinds.Binary: partial(_refused, Refusal("no value: binary data has no text form", _NULL_CHECKS)),
    kinds.Json: to_json,
}
"""The conversions of kinds without arguments."""
