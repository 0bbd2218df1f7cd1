"""The backend over Python objects: dataclasses, Pydantic models, mappings, and loaded instances of mapped classes.

It is also what the other backends are tested against, so it says plainly what each predicate means: a test is true,
false or, where it meets NULL, unknown (None), and a row passes when the whole predicate is true.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import decimal
import math
import operator
import re
import threading
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, assert_never, cast, get_args, get_origin

from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.backend import Lowered
from pyrsql.models.kinds import Kind
from pyrsql.models.model import Field, Model, Relation
from pyrsql.models.rights import ALL_RIGHTS, FieldRights
from pyrsql.options import FieldOptions, JoinHint, JSONSortScalarType, QueryOptions, SortOptions
from pyrsql.validation.convert import temporal
from pyrsql.validation.functions import function
from pyrsql.validation.predicates import (
    Between,
    CallOperand,
    Compare,
    Complement,
    Conjunction,
    ConstantOperand,
    Custom,
    Disjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Operand,
    OrderKey,
    Pattern,
    Predicate,
    RelationOperand,
    SqlPattern,
    Test,
    ValueOperand,
)

TargetT = TypeVar("TargetT")

Truth = bool | None
"""True, False, or None for unknown."""

Row = Any
"""A row of the target, or the end of a path from it: any object or mapping; None where a to-one link is missing."""

Steps = tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class CustomPredicatePayload:
    """What the function of a custom operator is given.

    Args:
        expression: the value that the selector names; for a path that ends on a relation, the related row, or all of
            them in a list.
        values: the converted arguments.
        field_path: the selector as the client wrote it.
        options: the options of the query.
    """

    expression: Any
    values: tuple[Any, ...]
    field_path: str
    options: QueryOptions


CustomPredicate = Callable[[CustomPredicatePayload], Truth]


Functions = Mapping[str, Callable[..., object]]
"""Name -> a function of the database, as Python has it."""


class MemoryORM:
    """Applies filters, sorts and pages to iterables of objects. Holds configuration only; share one freely.

    A result is a list. Rows that are equal under a sort are in the order of the model's identity, and where the model
    has none, in the order in which they came.

    Args:
        custom_predicates: name of a custom operator -> function from a `CustomPredicatePayload` to True, False or None.
        functions: name of a function that the options let clients call -> the same in Python. The well-known ones are
            there. None among the arguments makes None; it is not asked.
    """

    lasting = False

    def __init__(
        self,
        custom_predicates: Mapping[str, CustomPredicate] | None = None,
        functions: Mapping[str, Callable[..., object]] | None = None,
    ) -> None:
        self.custom_predicates = dict(custom_predicates or {})
        self.functions: Functions = {**FUNCTIONS, **(functions or {})}
        self._models: dict[type, Model] = {}
        self._lock = threading.Lock()

    def model(self, entity: type) -> Model:
        """Describe a class by its type hints; remembered, so that its relations are the same ones each time.

        A hint that names another such class is a relation to one, a collection of them a relation to many, any other
        collection an array. `Annotated` may name another kind, `Annotated[dict[str, object], kinds.Json()]`, and
        rights, `Annotated[str, field_rights(sort=False)]`.

        Raises:
            ConfigurationError: hints that cannot be read, or none at all.
        """
        with self._lock:
            known = self._models.get(entity)
            if known is None:
                known = self._models[entity] = _describe(entity, self.model)
            return known

    def filter(
        self, target: TargetT, model: Model, predicate: Predicate | None, options: QueryOptions
    ) -> Lowered[TargetT]:
        """The rows that the predicate is true for.

        Raises:
            ConfigurationError: a custom operator has no function, or a function that clients may call is not there.
        """
        missing = options.custom_predicates.keys() - self.custom_predicates.keys()
        if missing:
            raise ConfigurationError(f"no function for the custom operator {min(missing)!r}: give it to MemoryORM")
        self._check_functions(options)
        rows = _rows(target)
        if predicate is not None:
            judge = _Judge(options, self.custom_predicates, self.functions)
            operands = [test.operand for test in _tests(predicate)]
            rows = [row for row in rows if _is_joined(row, operands, options) and judge.truth(predicate, row) is True]
        if options.distinct:
            rows = list({id(row): row for row in rows}.values())
        result = cast("TargetT", _like(target, rows))
        return Lowered(result, result)

    def sort(
        self,
        lowered: Lowered[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        completing: tuple[OrderKey, ...],
        options: SortOptions,
    ) -> Lowered[TargetT]:
        """The rows by the keys, then as an earlier sort has left them, then by the keys that complete the order.

        Raises:
            ConfigurationError: a function that clients may call is not there.
        """
        self._check_functions(options)
        operands = [key.operand for key in keys]
        rows = [row for row in _in_order(lowered.target, completing) if _is_joined(row, operands, options)]
        for key in reversed(keys):
            rows = _sorted(rows, key, options, self.functions)
        # Rows that an INNER link of the sort has dropped do not count.
        result = cast("TargetT", OrderedRows(rows))
        return Lowered(result, result)

    def _check_functions(self, options: FieldOptions) -> None:
        for name in (*options.function_signatures, *options.procedure_whitelist):
            allowed = function(options, name) is not None
            if allowed and name not in self.functions and name.lower() not in self.functions:
                raise ConfigurationError(f"no function {name!r}: give it to MemoryORM")

    def page(
        self, lowered: Lowered[TargetT], model: Model, completing: tuple[OrderKey, ...], offset: int, limit: int
    ) -> TargetT:
        """`limit` rows after the first `offset`, in their own order, or by the keys that complete it."""
        return cast("TargetT", OrderedRows(_in_order(lowered.target, completing)[offset : offset + limit]))

    def count(self, lowered: Lowered[TargetT], model: Model) -> int:
        """The number of rows, without the page."""
        return len(_rows(lowered.unsorted))


# --- rows ------------------------------------------------------------------------------------------------------------


class OrderedRows(list[Row]):
    """Rows in an order that was asked for, as a select is that has an ORDER BY."""


def _rows(target: object) -> list[Row]:
    return list(cast("Iterable[Row]", target))


def _like(target: object, rows: list[Row]) -> list[Row]:
    return OrderedRows(rows) if isinstance(target, OrderedRows) else rows


def _in_order(target: object, keys: tuple[OrderKey, ...]) -> list[Row]:
    """The rows of a target in its own order, or by the keys where it has none."""
    rows = _rows(target)
    if not isinstance(target, OrderedRows):
        for key in reversed(keys):
            rows = _sorted(rows, key, None, FUNCTIONS)
    return rows


def _attribute(row: Row, name: str) -> Any:
    """The value of a member of a row; NULL where there is no row, or where a mapping leaves the member out.

    Args:
        row: an object or mapping, or None.
        name: the member's name; for a part of an embedded group both names with a dot between.
    """
    value: Any = row
    for part in name.split("."):
        if value is None:
            return None
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else getattr(value, part)
    return value


def _related(row: Row, step: Relation) -> list[Row]:
    """The rows that a relation leads to from a row: any number, or one at most."""
    found = _attribute(row, step.name)
    if found is None:
        return []
    if not step.many:
        return [found]
    items: Iterable[Row] = cast("Any", found).values() if isinstance(found, Mapping) else found
    return [item for item in items if item is not None]


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where the paths of an operand begin: at a row, or beyond the to-many relation that was stepped through.

    Args:
        root: the row that is judged.
        functions: what calls call.
        steps: a path up to its last to-many relation; empty where no relation is to-many.
        end: one of the rows at its end.
    """

    root: Row
    functions: Functions
    steps: Steps = ()
    end: Row = None

    def reach(self, relations: Steps) -> Row:
        """The row at the end of a path; None where a link is missing."""
        inside = bool(self.steps) and relations[: len(self.steps)] == self.steps
        row, rest = (self.end, relations[len(self.steps) :]) if inside else (self.root, relations)
        for step in rest:
            row = _attribute(row, step.name)
        return row


def _scopes(row: Row, operand: Operand, functions: Functions) -> list[_Scope] | None:
    """A scope for each row at the end of the operand's to-many path; None where no relation is to-many."""
    # The paths of a call have one to-many beginning at most, and it is the longest.
    steps = max(map(_up_to_many, _paths(operand)), key=len, default=())
    return [_Scope(row, functions, steps, end) for end in _ends([row], steps)] if steps else None


def _up_to_many(path: Steps) -> Steps:
    """A path up to and including its last to-many relation."""
    return path[: max((place for place, step in enumerate(path, 1) if step.many), default=0)]


def _ends(rows: list[Row], steps: Steps) -> list[Row]:
    for step in steps:
        rows = [end for row in rows for end in _related(row, step)]
    return rows


def _tests(predicate: Predicate) -> Iterator[Test]:
    match predicate:
        case Conjunction(parts) | Disjunction(parts):
            for part in parts:
                yield from _tests(part)
        case Complement(test):
            yield test
        case _:
            yield predicate


def _paths(operand: Operand | ConstantOperand) -> Iterator[Steps]:
    """The paths that lead to the values of an operand, or to what a relation is asked of."""
    match operand:
        case FieldOperand(relations=relations):
            yield relations
        case RelationOperand(relations=relations):
            yield relations[:-1]
        case CallOperand(arguments=arguments):
            for argument in arguments:
                yield from _paths(argument)
        case ConstantOperand():
            pass


def _is_joined(row: Row, operands: Iterable[Operand], options: FieldOptions) -> bool:
    """Whether a row has every link that must be there: those of the to-one paths that a hint joins as INNER."""
    if not options.join_hints:
        return True
    return all(_has_links(row, path, options) for operand in operands for path in _paths(operand))


def _has_links(row: Row, path: Steps, options: FieldOptions) -> bool:
    """Whether a row has the INNER links of a path, up to its first to-many relation."""
    for step in path:
        if step.many:
            return True
        row = _attribute(row, step.name)
        if row is None and options.join_hints.get(f"{step.owner}.{step.name}") is JoinHint.INNER:
            return False
    return True


# --- predicates ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judge:
    """What every part of a predicate is judged with."""

    options: QueryOptions
    custom: Mapping[str, CustomPredicate]
    functions: Functions

    def truth(self, predicate: Predicate, row: Row) -> Truth:
        """Whether a predicate is true for a row."""
        match predicate:
            case Conjunction(parts):
                return _all(self.truth(part, row) for part in parts)
            case Disjunction(parts):
                return _not(_all(_not(self.truth(part, row)) for part in parts))
            case Complement(test):
                return self._test(test, row) is not True
            case _:
                return self._test(predicate, row)

    def _test(self, test: Test, row: Row) -> Truth:
        """A test of a path over a to-many relation is true when some row at its end passes, else it is false."""
        scopes = _scopes(row, test.operand, self.functions)
        if scopes is None:
            return self._at(test, _Scope(row, self.functions))
        return any(self._at(test, scope) is True for scope in scopes if self._is_linked(test.operand, scope))

    def _is_linked(self, operand: Operand, scope: _Scope) -> bool:
        """Whether a row beyond a to-many relation has the links from there on that a hint joins as INNER."""
        length = len(scope.steps)
        return not self.options.join_hints or all(
            _has_links(scope.end, path[length:], self.options)
            for path in _paths(operand)
            if path[:length] == scope.steps
        )

    def _at(self, test: Test, scope: _Scope) -> Truth:
        operand = test.operand
        if isinstance(operand, RelationOperand):
            *before, last = operand.relations
            related = _related(scope.reach(tuple(before)), last)
            if isinstance(test, Custom):
                return self._custom(test, related if last.many else next(iter(related), None))
            return bool(related) == cast("Null", test).negated
        if isinstance(test, Custom):
            return self._custom(test, _custom_value(operand, scope))
        value = _value(operand, scope)
        match operand.kind:
            case kinds.Json():
                return _json_test(test, value, operand.keys if isinstance(operand, FieldOperand) else ())
            case kinds.Array(item) if not isinstance(test, Null):
                return any(_value_test(test, element, item) is True for element in value or ())
            case kind:
                return _value_test(test, value, kind)

    def _custom(self, test: Custom, value: object) -> Truth:
        payload = CustomPredicatePayload(value, test.values, test.operand.path, self.options)
        return self.custom[test.operator.name](payload)


def _all(truths: Iterable[Truth]) -> Truth:
    """AND: false as soon as one is false, else unknown as soon as one is unknown."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def _value_test(test: Compare | Match | Member | Between | Null, value: object, kind: Kind) -> Truth:
    """A test of one value."""
    if isinstance(test, Null):
        return (value is None) != test.negated
    if value is None:
        return None
    mine = _comparable(value, kind)
    match test:
        case Compare(sign=sign, value=wanted, ignore_case=True):
            return _COMPARE[sign](fold(str(mine)), fold(str(wanted)))
        case Compare(sign=sign, value=wanted):
            return _COMPARE[sign](mine, _comparable(wanted, kind))
        case Match(pattern=pattern, negated=negated, ignore_case=ignore_case):
            return matches(pattern, str(mine), ignore_case) != negated
        case Member(values=values, negated=negated):
            return any(mine == _comparable(wanted, kind) for wanted in values) != negated
        case Between(low=low, high=high, negated=negated):
            return bool(_comparable(low, kind) <= mine <= _comparable(high, kind)) != negated
        case _:
            assert_never(test)


def _comparable(value: Any, kind: Kind | None) -> Any:
    """A value in the one form in which values of its kind are compared.

    Rows hold what their programmers put there: times with and without an offset, floats where decimals are declared.
    """
    match kind:
        case kinds.DateTime():
            return _moment(value) if isinstance(value, dt.date) else value
        case kinds.Date():
            return value.date() if isinstance(value, dt.datetime) else value
        case kinds.Time():
            return _time_of_day(value) if isinstance(value, dt.time) else value
        case kinds.Decimal():
            return decimal.Decimal(repr(value)) if isinstance(value, float) else value
        case kinds.Float():
            return float(value) if isinstance(value, decimal.Decimal) else value
        case _:
            return value


def _moment(value: dt.date) -> dt.datetime:
    """A date or time with an offset: a bare date is midnight, and what has no offset is UTC."""
    moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return moment.replace(tzinfo=dt.UTC) if moment.utcoffset() is None else moment


def _time_of_day(value: dt.time) -> dt.time:
    """A time of day in UTC; what has no offset is UTC already."""
    if value.utcoffset() is None:
        return value.replace(tzinfo=dt.UTC)
    return dt.datetime.combine(dt.date(2000, 1, 2), value).astimezone(dt.UTC).timetz()


# --- text ------------------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """Text without its letter case: each character by itself in the lower-case form of one character that it has.

    >>> fold("GRÖẞE ΣΑΣ İ")
    'größe σασ i'
    """
    # Of all characters only İ has a longer one: an i, with its dot as a character of its own.
    return text.lower() if text.isascii() else "".join(character.lower()[0] for character in text)


def matches(pattern: Pattern | SqlPattern, text: str, ignore_case: bool = False) -> bool:
    """Whether the whole of a text follows a pattern.

    >>> matches(Pattern(("a", "b", "")), "a-b-c")
    True
    >>> matches(SqlPattern("5__!%", "!"), "500%")
    True
    """
    if ignore_case:
        text = fold(text)
    if isinstance(pattern, SqlPattern):
        return _sql_expression(pattern, ignore_case).fullmatch(text) is not None
    first, *inner = [fold(piece) if ignore_case else piece for piece in pattern.pieces]
    if not inner:
        return text == first
    last = inner.pop()
    if not text.startswith(first):
        return False
    # The first place where a piece fits leaves the most room for those that follow.
    place = len(first)
    for piece in inner:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return len(text) - len(last) >= place and text.endswith(last)


@lru_cache(maxsize=256)
def _sql_expression(pattern: SqlPattern, ignore_case: bool) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression that never tries a second place for the text between two `%`."""
    pieces = [""]
    characters = iter(pattern.text)
    for character in characters:
        if character == "%" != pattern.escape:
            pieces.append("")
        elif character == "_" != pattern.escape:
            pieces[-1] += "."
        else:
            plain = next(characters) if character == pattern.escape else character
            pieces[-1] += re.escape(fold(plain) if ignore_case else plain)
    first, *inner = pieces
    if not inner:
        return re.compile(first, re.DOTALL)
    *middle, last = inner
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last, re.DOTALL)


# --- values and functions --------------------------------------------------------------------------------------------


def _value(operand: ValueOperand | ConstantOperand, scope: _Scope) -> Any:
    """The value of an operand; of a path below a JSON column, the whole document."""
    match operand:
        case FieldOperand(relations=relations, field=member):
            return _attribute(scope.reach(relations), member.name)
        case ConstantOperand(value):
            return value
        case CallOperand(function=name, arguments=arguments):
            given = [_comparable(_value(argument, scope), argument.kind) for argument in arguments]
            return _call(scope.functions.get(name) or scope.functions[name.lower()], given)
        case _:
            assert_never(operand)


def _custom_value(operand: ValueOperand, scope: _Scope) -> object:
    """What a custom operator is given: the value itself, below a JSON column the one found there, or all in a list."""
    value = _value(operand, scope)
    if not isinstance(operand, FieldOperand) or not operand.keys:
        return value
    found = _below(value, operand.keys)
    return found if len(found) > 1 else next(iter(found), None)


def _call(function: Callable[..., object], arguments: list[Any]) -> Any:
    if function not in _OF_NULL and any(argument is None for argument in arguments):
        return None
    return function(*arguments)


def _upper(text: str) -> str:
    return "".join(upper if len(upper := character.upper()) == 1 else character for character in text)


def _concat(*texts: str) -> str:
    return "".join(texts)


def _replace(text: str, old: str, new: str) -> str:
    # Databases find an empty text nowhere, Python finds it everywhere.
    return text.replace(old, new) if old else text


def _substring(text: str, start: int, length: int | None = None) -> str:
    return text[start - 1 :] if length is None else text[start - 1 : start - 1 + length]


_Number = int | float | decimal.Decimal


def _abs(number: _Number) -> _Number:
    # `abs` rounds a Decimal to the precision of the context.
    return number.copy_abs() if isinstance(number, decimal.Decimal) else abs(number)


def _floor(number: _Number) -> _Number:
    return math.floor(number) if math.isfinite(number) else number


def _ceil(number: _Number) -> _Number:
    return math.ceil(number) if math.isfinite(number) else number


def _round(number: _Number) -> _Number:
    return decimal.Decimal(number).to_integral_value(decimal.ROUND_HALF_UP)


def _coalesce(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _nullif(value: object, other: object) -> object:
    if isinstance(value, _Number) and isinstance(other, _Number):
        return None if _number(value) == _number(other) else value
    return None if value == other else value


def _in_utc(value: dt.date) -> dt.date:
    return value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value


_OF_TEXT: Mapping[str, Callable[[str], object]] = {
    "upper": _upper,
    "lower": fold,
    "trim": lambda text: text.strip(" "),
    "ltrim": lambda text: text.lstrip(" "),
    "rtrim": lambda text: text.rstrip(" "),
    "length": len,
}

_OF_DATES: Mapping[str, Callable[[dt.date], object]] = {
    "year": lambda date: _in_utc(date).year,
    "month": lambda date: _in_utc(date).month,
    "day": lambda date: _in_utc(date).day,
}

FUNCTIONS: Mapping[str, Callable[..., object]] = {
    **_OF_TEXT,
    **_OF_DATES,
    "concat": _concat,
    "replace": _replace,
    "substring": _substring,
    "abs": _abs,
    "floor": _floor,
    "ceil": _ceil,
    "round": _round,
    "coalesce": _coalesce,
    "nullif": _nullif,
}
"""The functions that a call may name: those that mean the same on every database."""

_OF_NULL = (_coalesce, _nullif)
"""The functions that take NULL; of the others NULL makes NULL."""


# --- JSON ------------------------------------------------------------------------------------------------------------


def _json_test(test: Compare | Match | Member | Between | Null, document: object, keys: tuple[str, ...]) -> Truth:
    """A test of a document or of what a path below it leads to.

    The test is true when some value there passes it, and the negated one is true when none does: also where the path
    leads nowhere. An array at the end of a path stands for itself and for its elements. A document that is missing is
    NULL; Python has no other form for a document that is JSON's null.
    """
    if isinstance(test, Null):
        # An array counts as one value here, an empty one too.
        return any(value is not None for value in _below(document, keys)) == test.negated
    if document is None:
        return None
    found = _below(document, keys)
    if keys:
        found = [inner for value in found for inner in (value, *_elements(value))]
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


def _below(document: object, keys: tuple[str, ...]) -> list[object]:
    """The values that a path leads to. A key asked of an array is asked of each object in it."""
    found = [document]
    for key in keys:
        objects = [item for value in found for item in (_elements(value) or [value])]
        found = [cast("dict[str, object]", item)[key] for item in objects if isinstance(item, dict) and key in item]
    return found


def _elements(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _same(value: object, wanted: object) -> bool:
    """Whether two JSON values are equal: of one type, numbers by value, arrays and objects by what is in them."""
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return False
        items, others = cast("list[object]", value), cast("list[object]", wanted)
        return len(items) == len(others) and all(map(_same, items, others))
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            return False
        mine, theirs = cast("dict[str, object]", value), cast("dict[str, object]", wanted)
        return mine.keys() == theirs.keys() and all(_same(mine[key], theirs[key]) for key in theirs)
    if wanted is None:
        return value is None
    one, other = _scalar(value, wanted), _scalar(wanted, wanted)
    return one is not None and bool(one == other)


def _same_text(value: object, wanted: object) -> bool:
    return isinstance(value, str) and fold(value) == fold(str(wanted))


def _in_range(value: object, bounds: tuple[tuple[str, object], ...]) -> bool:
    """Whether a JSON value of the bounds' own type lies within them."""
    for sign, bound in bounds:
        one, other = _scalar(value, bound), _scalar(bound, bound)
        if one is None or not _COMPARE[sign](one, other):
            return False
    return True


# Which day another offset would lead a time of day to is not known.
_TIME_IN_UTC = re.compile(r"[0-9:.]*(?:Z|\+00:00)?")


def _scalar(value: object, like: object) -> Any:
    """A JSON scalar in the form in which it is compared with one like `like`; None where it is of another type."""
    match like:
        case bool():
            return value if isinstance(value, bool) else None
        case int() | float() | decimal.Decimal():
            return _number(value)
        case str():
            return value if isinstance(value, str) else None
        case dt.date():
            value = temporal(value) if isinstance(value, str) else value
            return _moment(value) if isinstance(value, dt.date) else None
        case dt.time():
            value = temporal(value) if isinstance(value, str) and _TIME_IN_UTC.fullmatch(value) else value
            return _time_of_day(value) if isinstance(value, dt.time) else None
        case _:
            # Only a converter of the developer's makes other values; JSON would hold their text.
            return str(value) if isinstance(value, str | type(like)) else None


def _number(value: object) -> decimal.Decimal | None:
    """A JSON number with the value of its digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        return None
    return decimal.Decimal(repr(value)) if isinstance(value, float) else decimal.Decimal(value)


# --- order -----------------------------------------------------------------------------------------------------------


def _sorted(rows: list[Row], key: OrderKey, options: FieldOptions | None, functions: Functions) -> list[Row]:
    """The rows by one key; those that are equal under it stay as they are."""
    valued = [(_sort_value(row, key, options, functions), row) for row in rows]
    nulls = [row for value, row in valued if value is None]
    others = sorted(
        ((value, row) for value, row in valued if value is not None),
        key=operator.itemgetter(0),
        reverse=key.descending,
    )
    ordered = [row for _, row in others]
    return nulls + ordered if key.nulls_first else ordered + nulls


def _sort_value(row: Row, key: OrderKey, options: FieldOptions | None, functions: Functions) -> Any:
    """What a row is sorted by: over a to-many path the smallest value, or the largest when descending."""
    scopes = _scopes(row, key.operand, functions)
    candidates = [
        value
        for scope in ([_Scope(row, functions)] if scopes is None else scopes)
        for value in _sort_values(_value(key.operand, scope), key, options)
    ]
    if not candidates:
        return None
    return max(candidates) if key.descending else min(candidates)


def _sort_values(value: object, key: OrderKey, options: FieldOptions | None) -> Iterator[Any]:
    """A value in the form in which it is sorted; none for NULL, and for a document all that the path leads to."""
    operand = key.operand
    match operand.kind:
        case kinds.Json() if isinstance(operand, FieldOperand):
            by_type = options.json_options.sort_field_types.get(operand.path) if options else None
            found = [inner for outer in _below(value, operand.keys) for inner in (outer, *_elements(outer))]
            for inner in found:
                scalar = _json_scalar(inner, key) if by_type is None else _typed_scalar(inner, by_type, key)
                if scalar is not None:
                    yield scalar
        case _ if value is None:
            return
        case kinds.Text():
            yield fold(str(value)) if key.ignore_case else value
        case kinds.Enumeration(members):
            # By the order in which the members are declared.
            yield next((place for place, (_, member) in enumerate(members) if member == value), len(members))
        case kind:
            yield _comparable(value, kind)


def _json_scalar(value: object, key: OrderKey) -> tuple[int, Any] | None:
    """A JSON scalar among those of all types: texts, then numbers, then false and true, as PostgreSQL has them."""
    match value:
        case bool():
            return 2, value
        case int() | float() | decimal.Decimal():
            return 1, _number(value)
        case str():
            return 0, fold(value) if key.ignore_case else value
        case _:
            return None


_SORT_LIKE: Mapping[JSONSortScalarType, object] = {
    JSONSortScalarType.TEXT: "",
    JSONSortScalarType.INTEGER: 0,
    JSONSortScalarType.FLOAT: 0,
    JSONSortScalarType.NUMERIC: 0,
    JSONSortScalarType.BOOLEAN: False,
    JSONSortScalarType.DATE: dt.date.min,
    JSONSortScalarType.TIME: dt.time.min,
    JSONSortScalarType.DATETIME: dt.datetime.min,
    JSONSortScalarType.DATETIME_TZ: dt.datetime.min,
}


def _typed_scalar(value: object, by_type: JSONSortScalarType, key: OrderKey) -> Any:
    """A JSON scalar of the type to sort by; other values are NULL to it."""
    scalar = _scalar(value, _SORT_LIKE[by_type])
    return fold(scalar) if key.ignore_case and isinstance(scalar, str) else scalar


# --- models ----------------------------------------------------------------------------------------------------------


def _describe(entity: type, model_of: Callable[[type], Model]) -> Model:
    members = {name: _member(entity, name, hint, model_of) for name, hint in _hints(entity).items()}
    if not members:
        raise ConfigurationError(f"{entity!r} has no type hints that name fields")
    return Model(entity.__name__, entity, members)


def _hints(entity: type) -> dict[str, object]:
    """The fields of a class with their hints, in the order in which they are declared."""
    try:
        hints = typing.get_type_hints(entity, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"the type hints of {entity!r} cannot be read: {error}") from error
    if _is_pydantic(entity):
        return {name: hints[name] for name in cast("Any", entity).model_fields}
    if dataclasses.is_dataclass(entity):
        return {part.name: hints[part.name] for part in dataclasses.fields(entity)}
    return {
        name: hint
        for name, hint in hints.items()
        if not name.startswith("_") and get_origin(hint) is not ClassVar and hint is not ClassVar
    }


def _is_model(hint: object) -> typing.TypeGuard[type]:
    """Whether a hint names a class with fields of its own."""
    return isinstance(hint, type) and any(is_one(hint) for is_one in _MODELS)


def _is_pydantic(entity: type) -> bool:
    return isinstance(getattr(entity, "model_fields", None), Mapping)


def _is_mapped(entity: type) -> bool:
    return hasattr(entity, "__mapper__")


_MODELS: tuple[Callable[[type], bool], ...] = (
    dataclasses.is_dataclass,
    typing.is_typeddict,
    _is_pydantic,
    _is_mapped,
)


@dataclass(slots=True)
class _Hint:
    """What a type hint says once everything is taken off it that does not name the type."""

    inner: Any
    nullable: bool = False
    kind: Kind | None = None
    rights: FieldRights = ALL_RIGHTS


_WRAPPERS = {"Mapped", "DynamicMapped", "WriteOnlyMapped", "Required", "NotRequired", "ReadOnly", "Final"}
"""Generic types that say something about the member and nothing about its values."""

_COLLECTIONS = (list, set, frozenset, collections.abc.Collection, collections.abc.Sequence, collections.abc.Set)


def _read(hint: Any) -> _Hint:
    read = _Hint(hint)
    while True:
        origin, arguments = get_origin(read.inner), get_args(read.inner)
        if origin is Annotated:
            read.inner, *notes = arguments
            for note in notes:
                if isinstance(note, Kind):
                    read.kind = note
                elif isinstance(note, FieldRights):
                    read.rights = note
        elif getattr(origin, "__name__", getattr(origin, "_name", None)) in _WRAPPERS:
            (read.inner,) = arguments
        elif origin in (Union, types.UnionType):
            rest = [argument for argument in arguments if argument is not types.NoneType]
            read.nullable = read.nullable or len(rest) < len(arguments)
            if len(rest) != 1:
                return read
            (read.inner,) = rest
        elif isinstance(read.inner, typing.NewType):
            read.inner = read.inner.__supertype__
        else:
            return read


def _member(entity: type, name: str, hint: object, model_of: Callable[[type], Model]) -> Field | Relation:
    def relation(target: type, *, many: bool) -> Relation:
        return Relation(name, entity.__name__, many, lambda: model_of(target), read.rights)

    read = _read(hint)
    if read.kind is not None:
        return _field(name, read, read.kind)
    item = _item(read.inner)
    if item is None:
        if _is_model(read.inner):
            return relation(read.inner, many=False)
        return _field(name, read, _kind(read.inner))
    element = _read(item)
    if element.kind is None and _is_model(element.inner):
        return relation(element.inner, many=True)
    return _field(name, read, kinds.Array(element.kind or _kind(element.inner)))


def _item(hint: Any) -> object:
    """The type of the items of a collection; None for a hint that is none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in _COLLECTIONS and len(arguments) == 1:
        return arguments[0]
    return arguments[0] if origin is tuple and arguments[1:] == (...,) else None


def _field(name: str, read: _Hint, kind: Kind) -> Field:
    python_type = read.inner if isinstance(read.inner, type) else None
    return Field(name, kind, nullable=read.nullable, rights=read.rights, python_type=python_type)


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is Literal:
        return kinds.Enumeration(tuple((str(value), value) for value in get_args(hint)))
    if isinstance(hint, type):
        return kinds.kind_of(hint)
    return kinds.Opaque(str(hint))
