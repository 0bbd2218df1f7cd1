"""The kinds of values that a field can hold: a closed family.

A kind decides how text becomes a value (`convert`) and which operators a field takes (`validate`). A backend names the
kind of every field when it reflects a model; nothing else of the backend's type system reaches the core.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass, field
from typing import assert_never

from pyrsql import operators as ops


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Integer:
    """Whole numbers from `minimum` to `maximum`, both included: what the column can hold."""

    minimum: int = -(2**31)
    maximum: int = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Decimal:
    """Exact decimal numbers. `precision` counts all digits, `scale` those after the point; None is unbounded."""

    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Float:
    """Binary floating-point numbers, 64 bits wide. NaN is not a value a client may send."""


@dataclass(frozen=True, slots=True)
class Text:
    """Character strings."""


@dataclass(frozen=True, slots=True)
class Date:
    """Calendar dates."""


@dataclass(frozen=True, slots=True)
class Time:
    """Times of day. An `aware` column stores an offset from UTC."""

    aware: bool = False


@dataclass(frozen=True, slots=True)
class DateTime:
    """Points in time. An `aware` column stores an offset from UTC."""

    aware: bool = False


@dataclass(frozen=True, slots=True)
class Duration:
    """Lengths of time."""


@dataclass(frozen=True, slots=True)
class Uuid:
    """UUIDs. `as_text` marks a column whose Python values are strings."""

    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of a fixed set of members.

    `members` maps what a client may write to the Python value that is bound: the names of an `enum.Enum` first, then
    its values, or the plain strings of a column that has no Python enum.
    """

    members: tuple[tuple[str, object], ...]

    @classmethod
    def of(cls, enumeration: type[enum.Enum]) -> Enumeration:
        """Describe a Python enum: every member by name, then by the text of its value."""
        by_name: dict[str, object] = dict(enumeration.__members__)
        by_value = {str(member.value): member for member in enumeration if str(member.value) not in by_name}
        return cls(tuple((by_name | by_value).items()))


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes. They have no text form a client could send, so only null checks apply."""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON document. A path may lead into it."""


@dataclass(frozen=True, slots=True)
class Array:
    """A list of `item` values inside one column. A comparison is true when some element makes it true."""

    item: Kind


@dataclass(frozen=True, slots=True)
class Opaque:
    """A type that the library does not know, called `name`.

    Without a converter only null checks apply, unless `equal_to` says which values it can be equal to. Then it also has
    an order to sort by: that of the database.
    """

    name: str
    python_type: type = field(default=object)
    equal_to: Kind | None = None


Kind = (
    Boolean
    | Integer
    | Decimal
    | Float
    | Text
    | Date
    | Time
    | DateTime
    | Duration
    | Uuid
    | Enumeration
    | Binary
    | Json
    | Array
    | Opaque
)
"""Every kind there is. A `match` over it ends in `assert_never`."""


NULL_CHECKS = frozenset({ops.IS_NULL.name, ops.IS_NOT_NULL.name})
EQUALITY = NULL_CHECKS | {ops.EQUAL.name, ops.NOT_EQUAL.name, ops.IN.name, ops.NOT_IN.name}
ORDERED = EQUALITY | {
    ops.GREATER.name,
    ops.GREATER_OR_EQUAL.name,
    ops.LESS.name,
    ops.LESS_OR_EQUAL.name,
    ops.BETWEEN.name,
    ops.NOT_BETWEEN.name,
}
ON_TEXT = frozenset(
    {
        ops.LIKE.name,
        ops.NOT_LIKE.name,
        ops.EQUAL_IGNORE_CASE.name,
        ops.LIKE_IGNORE_CASE.name,
        ops.NOT_LIKE_IGNORE_CASE.name,
    }
)
"""The operators that compare letters."""


def operators_of(kind: Kind) -> frozenset[str]:
    """The names of the operators that a field of a kind takes. A value below a document takes those of text."""
    match kind:
        case Text():
            return ORDERED | ON_TEXT
        case Integer() | Decimal() | Float() | Date() | Time() | DateTime() | Duration():
            return ORDERED
        case Boolean() | Enumeration() | Uuid():
            return EQUALITY
        case Json():
            return EQUALITY | ON_TEXT
        case Binary():
            return NULL_CHECKS
        case Opaque(equal_to=equal_to):
            return NULL_CHECKS if equal_to is None else EQUALITY
        case Array(item):
            # A document inside an array has no comparison of its own on PostgreSQL.
            return NULL_CHECKS if isinstance(item, Json | Array) else operators_of(item)
        case _:
            assert_never(kind)


def kind_of(python_type: type[object]) -> Kind:
    """The kind of a plain Python type, where nothing better is known about the values; Opaque for any other type."""
    if issubclass(python_type, enum.Enum):
        return Enumeration.of(python_type)
    kind = next((kind for known, kind in _BY_PYTHON_TYPE if issubclass(python_type, known)), None)
    return Opaque(python_type.__name__, python_type) if kind is None else kind


_BY_PYTHON_TYPE: tuple[tuple[type, Kind], ...] = (
    # bool before int and datetime before date: each is a subclass of the other.
    (bool, Boolean()),
    (int, Integer(-(2**63), 2**63 - 1)),
    (float, Float()),
    (decimal.Decimal, Decimal()),
    (str, Text()),
    (datetime.datetime, DateTime()),
    (datetime.date, Date()),
    (datetime.time, Time()),
    (datetime.timedelta, Duration()),
    (uuid.UUID, Uuid()),
    (bytes, Binary()),
)
