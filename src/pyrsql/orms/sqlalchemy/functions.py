"""Calls of functions, the well-known ones so that every database computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Float,
    Integer,
    Numeric,
    String,
    case,
    cast,
    extract,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import Function, FunctionElement
from sqlalchemy.types import DateTime, Time, TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.orms.sqlalchemy.bound_numbers import ExactNumber, FloatValue
from pyrsql.orms.sqlalchemy.character_sets import is_wide
from pyrsql.orms.sqlalchemy.elements import Construct
from pyrsql.orms.sqlalchemy.text import CountedText, ExactText, FoldedText, UpperText, WideText, plain_text
from pyrsql.validation.functions import OF_ONE_KIND

Clause = ColumnElement[Any]


class Magnitude(Construct, FunctionElement[Any]):
    """A number without its sign, also where the type of the number has no room for it."""

    def __init__(self, number: Clause, type_: TypeEngine[Any]) -> None:
        super().__init__(number)
        self.type = type_


class WholeBelow(Construct, FunctionElement[Any]):
    """The largest whole number that is not larger than a number."""


class WholeAbove(Construct, FunctionElement[Any]):
    """The smallest whole number that is not smaller than a number."""


class WholeNear(Construct, FunctionElement[Any]):
    """The whole number next to a number, away from zero where two are."""


class AsFloat(Construct, FunctionElement[float]):
    """A number as a float of 64 bits. Databases disagree on whether they make one of it before they compare it."""

    type: TypeEngine[Any] = Double()


class TrimmedText(Construct, FunctionElement[str]):
    """A text without blanks (U+0020) at either end."""

    type: TypeEngine[Any] = String()


class LeftTrimmedText(TrimmedText):
    """A text without blanks at its beginning."""


class RightTrimmedText(TrimmedText):
    """A text without blanks at its end."""


class InUtc(Construct, FunctionElement[Any]):
    """A point in time as a date and time of day in UTC."""

    type: TypeEngine[Any] = DateTime()


class TimeInUtc(Construct, FunctionElement[Any]):
    """A time of day in UTC. PostgreSQL keeps its offset, by which it tells apart two that are the same time."""

    type: TypeEngine[Any] = Time(timezone=True)


class CalendarDate(Construct, FunctionElement[Any]):
    """A date, or the date of a point in time: its year, month and day are computed."""

    type: TypeEngine[Any] = DateTime()


_OF_TEXT: dict[str, type[FunctionElement[str]]] = {
    "lower": FoldedText,
    "upper": UpperText,
    "trim": TrimmedText,
    "ltrim": LeftTrimmedText,
    "rtrim": RightTrimmedText,
}
_WHOLE: dict[str, type[FunctionElement[Any]]] = {"floor": WholeBelow, "ceil": WholeAbove, "round": WholeNear}


def called(name: str, arguments: Sequence[Clause], kind: Kind, type_: TypeEngine[Any]) -> Clause:
    """The SQL expression of a call.

    Args:
        name: the function as the core names it.
        arguments: its arguments, validated.
        kind: the kind of its result.
        type_: the type of its result.
    """
    arguments = _widened([_undecorated(argument) for argument in arguments])
    if isinstance(kind, kinds.Float):
        type_ = _float_of(arguments) or type_
    if isinstance(type_, Integer) and (name == "abs" or any(isinstance(each.type, ExactNumber) for each in arguments)):
        # The magnitude of the smallest integer has one bit more, so PostgreSQL makes a decimal of it.
        type_ = ExactNumber()
    match name, arguments:
        case _, [text] if name in _OF_TEXT:
            return _OF_TEXT[name](text)
        case "length", [text]:
            # LENGTH counts bytes on MariaDB, characters elsewhere.
            return func.char_length(CountedText(text), type_=type_)
        case (("coalesce" | "concat"), [BindParameter() as only]):
            # In an ORDER BY a bare constant would be the place of a column.
            return func.coalesce(only, only, type_=type_)
        case "concat", [first, *others]:
            # An operator: SQLite's function is younger than many an SQLite, and not all functions take NULL alike.
            return reduce(lambda left, right: left.concat(right), others, first)
        case "replace", [text, old, new]:
            replaced = Function[Any](name, CountedText(text), old, new, type_=type_)
            if isinstance(new, BindParameter) and new.value is not None:
                return replaced
            # SQLite and MariaDB put NULL in place of the empty text without a look at it.
            return case((new.is_not(None), replaced))
        case "substring", [text, *numbers]:
            return func.substr(CountedText(text), *(cast(number, Integer) for number in numbers), type_=type_)
        case "coalesce", [only]:
            # SQLite's function takes two arguments or more.
            return only
        case _ if name in OF_ONE_KIND:
            return _either(name, arguments, kind, type_)
        case "abs", [number]:
            return Magnitude(number, type_)
        case _, [number] if name in _WHOLE:
            # An integer as a decimal: PostgreSQL would make a float of it, and an ORDER BY of MariaDB a place of a
            # bare constant.
            whole = cast(number, Numeric(20, 0)) if isinstance(kind, kinds.Integer) else _WHOLE[name](number)
            return type_coerce(whole, type_)
        case "year" | "month" | "day", [date]:
            return cast(extract(name, CalendarDate(InUtc(date) if _is_aware(date.type) else date)), type_)
        case _:
            # Not by an attribute of `func`: it has no names with underscores at both ends.
            return Function[Any](name, *arguments, type_=type_)


def _undecorated(argument: Clause) -> Clause:
    """An argument as the database has it: no function sees the values of a decorator, nor a collation."""
    plain = type_coerce(argument, String()) if isinstance(argument.type, TypeDecorator) else argument
    return plain_text(plain) if isinstance(argument.type, String) else plain


def _widened(arguments: Sequence[Clause]) -> Sequence[Clause]:
    """Arguments that MySQL and MariaDB can put together, where a value has a letter that a column may lack."""
    values = [argument.value for argument in arguments if isinstance(argument, BindParameter)]
    return [
        WideText(argument)
        if isinstance(argument.type, String) and not isinstance(argument, BindParameter) and is_wide(argument, *values)
        else argument
        for argument in arguments
    ]


def _float_of(arguments: Sequence[Clause]) -> Float[Any] | None:
    """The type of the only column among arguments, or of all columns, which may have floats of 32 bits: a value is
    bound as one of them.
    """
    given = [argument.type for argument in arguments if not isinstance(argument, BindParameter)]
    first = next(iter(given), None)
    is_one = all(type(each) is type(first) and repr(each) == repr(first) for each in given)
    return first if is_one and isinstance(first, Float) else None


def _as_float(argument: Clause, type_: TypeEngine[Any]) -> Clause:
    """An argument among floats of a type."""
    if isinstance(argument, BindParameter):
        return literal(None if argument.value is None else argument.value, FloatValue(type_))
    return argument if isinstance(argument.type, Float) else AsFloat(argument)


def _is_aware(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_, DateTime) and type_.timezone


def _either(name: str, arguments: Sequence[Clause], kind: Kind, type_: TypeEngine[Any]) -> Clause:
    """One of the arguments, or NULL."""
    if isinstance(kind, kinds.Float):
        arguments = [_as_float(each, type_) for each in arguments]
    elif isinstance(kind, kinds.Text) and name == "nullif":
        arguments = [ExactText(each) for each in arguments]
    return Function[Any](name, *arguments, type_=_type_of_either(arguments, kind, type_))


def _type_of_either(arguments: Sequence[Clause], kind: Kind, type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of values that are all of one kind: a date is bound as its column binds it."""
    if not isinstance(kind, kinds.Date | kinds.Time | kinds.DateTime):
        return type_
    return next((argument.type for argument in arguments if not isinstance(argument, BindParameter)), type_)
