"""Which database functions a client may call, and with what: no call that passes can fail in a database."""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import FieldOptions, FunctionSignature
from pyrsql.validation.convert import Refusal, converter
from pyrsql.validation.predicates import CallOperand, ConstantOperand, FieldOperand, Operand
from pyrsql.validation.text import UNBINDABLE

Argument = FieldOperand | ConstantOperand | CallOperand
Arguments = Sequence[Argument]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a client may call.

    Args:
        name: what the backend calls it.
        takes: its arguments in words, to be read after "takes".
        result: the kind of its result, or None where it does not take these arguments.
        wants: the kind of the argument at a place; None where it is that of the other arguments.
        copies: how often SQL names an argument, on the database that needs most.
        parser_cost: the groups in parentheses that a call is worth to the parser of SQLite, which has room for 100.
    """

    name: str
    takes: str
    result: Callable[[Arguments], Kind | None]
    wants: Callable[[int], Kind | None] = lambda place: None
    copies: int = 1
    parser_cost: int = 10


LARGEST = 100
"""How many copies of a field a result may hold, or the SQL may name: nested calls multiply both."""

DEEPEST = 100
"""Levels that groups, and the calls in them, have at most together: no option lifts it.

SQLite's parser has room for few more, and SQLAlchemy's compiler meets RecursionError at about 140.
"""

NESTED_FILTER = 18
"""How many of these levels a nested filter is worth: SQLite's parser has room for seven subqueries in each other, for
five where each holds groups."""

_COPIES_OF_UNKNOWN_TEXT = 50
"""The length of a text that `replace` puts in, where only the database knows it."""

_MOST_CHARACTERS = 2**31 - 1
_WHOLE = kinds.Integer(-(2**63), 2**63 - 1)
_exact = converter(kinds.Decimal())
_SMALL = kinds.Integer()

_Number = kinds.Integer | kinds.Decimal | kinds.Float
_Comparable = kinds.Text | kinds.Boolean | kinds.Date | kinds.Time | kinds.DateTime


def function(options: FieldOptions, name: str) -> Function | None:
    """The function that a client calls by a name: None where it may not.

    A function may not be called where it is not listed, where it is blacklisted, and where an expression matches it but
    no signature describes it.
    """
    if not _NAME.fullmatch(name):
        return None
    if not _listed(name, options.procedure_whitelist) or _listed(name, options.procedure_blacklist):
        return None
    declared = options.function_signatures.get(name)
    if declared is not None:
        return _declared(name, declared)
    known = WELL_KNOWN.get(name.lower())
    return _declared(name, _UNDECLARED) if known is None and name in options.procedure_whitelist else known


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_UNDECLARED = FunctionSignature((str,), str)
_PLAIN = Function("", "", lambda arguments: None)


def _listed(name: str, expressions: Collection[str]) -> bool:
    return any(re.fullmatch(expression, name) for expression in expressions)


def call(function: Function, path: str, arguments: Arguments) -> CallOperand | str:
    """A call that no database refuses, or in words what the function takes instead.

    Args:
        function: what is called.
        path: the selector that the call stands in, as the client wrote it.
        arguments: what the client gives it.
    """
    given = [_typed(function, place, argument, arguments) for place, argument in enumerate(arguments)]
    fault = next(filter(None, map(_fault, given)), None)
    if fault is not None:
        return fault
    kind = function.result(given)
    if kind is None:
        return function.takes
    found = CallOperand(path, function.name, tuple(given), kind)
    if _copies(found) > LARGEST or parser_cost(found) > DEEPEST:
        return "less: calls inside each other multiply the work of the database"
    return found


def parser_cost(operand: Operand | ConstantOperand) -> int:
    """How many groups in parentheses an operand is worth: none but for a call."""
    if not isinstance(operand, CallOperand):
        return 0
    known = WELL_KNOWN.get(operand.function, _PLAIN)
    return known.parser_cost + max(map(parser_cost, operand.arguments), default=0)


def _typed(function: Function, place: int, argument: Argument, arguments: Arguments) -> Argument:
    """An argument whose kind is known: databases refuse some calls with a NULL of no type.

    A number or boolean is its text where the function takes text.
    """
    if not isinstance(argument, ConstantOperand):
        return argument
    wanted = function.wants(place)
    if argument.value is None:
        others = (other for other in arguments if not isinstance(other, ConstantOperand) or other.value is not None)
        return replace(argument, kind=wanted or next((other.kind for other in others), kinds.Text()))
    if isinstance(wanted, kinds.Text) and argument.text:
        return ConstantOperand(argument.text, wanted)
    return argument


def constant(value: str | int | float | bool | None, text: str = "") -> ConstantOperand:
    """A constant with the smallest kind that holds it; `call` finds out whether there is one.

    Args:
        value: its value.
        text: how a number or boolean was written.
    """
    if value is None:
        return ConstantOperand(value, kinds.Text())
    if isinstance(value, int) and not isinstance(value, bool):
        return ConstantOperand(value, _SMALL if _SMALL.minimum <= value <= _SMALL.maximum else _WHOLE, text)
    if isinstance(value, float):
        # A float would have lost digits.
        return ConstantOperand(decimal.Decimal(text or str(value)), kinds.Decimal(), text)
    return ConstantOperand(value, kinds.kind_of(type(value)), text)


def _fault(argument: Argument) -> str | None:
    """The expected argument, where no function can take the given one."""
    match argument:
        case ConstantOperand(value=str(text)) if UNBINDABLE.search(text):
            return "text without NUL and lone surrogates"
        case ConstantOperand(value=decimal.Decimal() as number) if isinstance(_exact(f"{number:f}"), Refusal):
            return "decimal numbers of at most 65 digits, 30 of them after the point"
        case ConstantOperand(value=int(number)) if not _WHOLE.minimum <= number <= _WHOLE.maximum:
            return f"whole numbers from {_WHOLE.minimum} to {_WHOLE.maximum}"
        case FieldOperand(field=field) if field.rights.operators is not None:
            return "fields that take every operator"
        case FieldOperand(keys=keys, field=field, kind=kind) if keys or (
            field.accepts is not None and not isinstance(kind, kinds.Text)
        ):
            return "plain values of the database"
        case FieldOperand() | ConstantOperand() | CallOperand():
            return None


def _copies(operand: Argument) -> int:
    """How many copies of a field an operand is worth, in the text of its result or in the SQL."""
    if not isinstance(operand, CallOperand):
        return 1
    if operand.function == "replace" and len(operand.arguments) == 3:
        text, found, put = operand.arguments
        return _copies(text) * _growth(found, put)
    return sum(map(_copies, operand.arguments)) * WELL_KNOWN.get(operand.function, _PLAIN).copies


def _growth(found: Argument, put: Argument) -> int:
    """How much longer a text may get when one text in it is replaced by another."""
    if not isinstance(put, ConstantOperand):
        return _COPIES_OF_UNKNOWN_TEXT * _copies(put)
    length = len(found.value) if isinstance(found, ConstantOperand) and isinstance(found.value, str) else 1
    return max(1, math.ceil(len(str(put.value)) / max(length, 1)))


# --- functions of the developer's own --------------------------------------------------------------------------------


def _declared(name: str, signature: FunctionSignature) -> Function:
    words = [_WORDS.get(type_, type_.__name__) for type_ in signature.arguments]
    takes = ", ".join(words) + (", …" if signature.variadic else "") if words else "no arguments"
    return Function(name, takes, partial(_declared_result, signature), partial(_declared_kind, signature))


_WORDS: dict[type, str] = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _declared_kind(signature: FunctionSignature, place: int) -> Kind:
    return (
        kinds.kind_of(signature.arguments[min(place, len(signature.arguments) - 1)]) if signature.arguments else _SMALL
    )


def _declared_result(signature: FunctionSignature, arguments: Arguments) -> Kind | None:
    least, most = len(signature.arguments) - signature.optional, len(signature.arguments)
    if not least <= len(arguments) or (len(arguments) > most and not signature.variadic):
        return None
    takes = (_is_taken(_declared_kind(signature, place), each.kind) for place, each in enumerate(arguments))
    return kinds.kind_of(signature.returns) if all(takes) else None


def _is_taken(declared: Kind, given: Kind) -> bool:
    """Whether every database converts the argument by itself: PostgreSQL makes no decimal of a float."""
    if isinstance(declared, kinds.Integer):
        return isinstance(given, kinds.Integer)
    if isinstance(declared, kinds.Decimal):
        return isinstance(given, kinds.Integer | kinds.Decimal)
    if isinstance(declared, kinds.Float):
        return isinstance(given, _Number)
    return declared == given


# --- functions that mean the same on every database ------------------------------------------------------------------


def _arity(
    least: int, most: int | None, result: Callable[[Arguments], Kind | None]
) -> Callable[[Arguments], Kind | None]:
    def checked(arguments: Arguments) -> Kind | None:
        enough = least <= len(arguments) and (most is None or len(arguments) <= most)
        return result(arguments) if enough else None

    return checked


def _text_of_texts(arguments: Arguments) -> Kind | None:
    return kinds.Text() if all(isinstance(each.kind, kinds.Text) for each in arguments) else None


def _whole_of_text(arguments: Arguments) -> Kind | None:
    return _WHOLE if _text_of_texts(arguments) else None


def _whole_of_date(arguments: Arguments) -> Kind | None:
    return _WHOLE if isinstance(arguments[0].kind, kinds.Date | kinds.DateTime) else None


def _part(arguments: Arguments) -> Kind | None:
    """Where to begin and how many characters are constants: databases disagree on a place before the first one."""
    text, *numbers = arguments
    for least, number in zip((1, 0), numbers, strict=False):
        if not isinstance(number, ConstantOperand) or not isinstance(number.kind, kinds.Integer):
            return None
        if not isinstance(number.value, int) or not least <= number.value <= _MOST_CHARACTERS:
            return None
    return _text_of_texts([text])


def _common(arguments: Arguments) -> Kind | None:
    """The one kind of all arguments. Numbers have one: the widest of theirs."""
    given = {each.kind for each in arguments}
    whole = [kind for kind in given if isinstance(kind, kinds.Integer)]
    if len(whole) == len(given):
        return kinds.Integer(_WHOLE.minimum, max(_WHOLE.maximum, *(kind.maximum for kind in whole)))
    if all(isinstance(kind, _Number) for kind in given):
        return kinds.Float() if kinds.Float() in given else kinds.Decimal()
    (first, *others) = given
    return first if not others and isinstance(first, _Comparable) else None


def _number(arguments: Arguments) -> Kind | None:
    return _common(arguments) if isinstance(arguments[0].kind, _Number) else None


def _exact_number(arguments: Arguments) -> Kind | None:
    """Databases round the half of a float each in its own way."""
    return None if isinstance(arguments[0].kind, kinds.Float) else _number(arguments)


def _a_text(place: int) -> Kind:
    return kinds.Text()


def _text_first(place: int) -> Kind | None:
    return kinds.Text() if place == 0 else _SMALL


OF_ONE_KIND = frozenset(("coalesce", "nullif"))
"""The functions that compare their arguments, or give one of them: among floats, every number is one."""

WELL_KNOWN = {
    function.name: function
    for function in (
        Function("upper", "a text", _arity(1, 1, _text_of_texts), _a_text, parser_cost=36),
        Function("lower", "a text", _arity(1, 1, _text_of_texts), _a_text, parser_cost=36),
        Function("trim", "a text", _arity(1, 1, _text_of_texts), _a_text),
        Function("ltrim", "a text", _arity(1, 1, _text_of_texts), _a_text),
        Function("rtrim", "a text", _arity(1, 1, _text_of_texts), _a_text),
        Function("length", "a text", _arity(1, 1, _whole_of_text), _a_text),
        Function("concat", "texts", _arity(1, None, _text_of_texts), _a_text),
        Function(
            "replace",
            "a text, the text to find in it, and the text to put there",
            _arity(3, 3, _text_of_texts),
            _a_text,
        ),
        Function(
            "substring",
            "a text, a constant from 1 and optionally a constant length",
            _arity(2, 3, _part),
            _text_first,
        ),
        Function("abs", "a number", _arity(1, 1, _number), copies=3),
        Function("floor", "a number", _arity(1, 1, _number), copies=5),
        Function("ceil", "a number", _arity(1, 1, _number), copies=5),
        Function("round", "a whole or decimal number", _arity(1, 1, _exact_number)),
        Function("coalesce", "values of one kind", _arity(1, None, _common)),
        Function("nullif", "two values of one kind", _arity(2, 2, _common)),
        Function("year", "a date", _arity(1, 1, _whole_of_date), copies=2),
        Function("month", "a date", _arity(1, 1, _whole_of_date), copies=2),
        Function("day", "a date", _arity(1, 1, _whole_of_date), copies=2),
    )
}
"""Functions that mean the same on every supported database. They still have to be listed to be called.

NULL makes NULL of each but `coalesce`. `trim` takes away U+0020. `substring` counts characters from 1. `round` gives a
whole number and takes halves away from 0. `nullif` is NULL where both are equal, else the first.
"""
