"""Tests of JSON documents and of values below them.

A path below a document leads to any number of values, since arrays are stepped through; an array at its end stands for
itself and for its elements. A test is true when some of these values passes it. A value of another type passes no test:
1 is not "1", true is not 1. A negated test is true for every other document, also where the path leads nowhere.

A document that is NULL, or JSON's null, which Python does not tell apart, makes every test but that for null unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_never, cast

from sqlalchemy import ColumnElement, and_, false, literal_column, not_, or_, select

from pyrsql.options import DEFAULT_JSON_OPTIONS, JSONOptions, QueryOptions
from pyrsql.orms.sqlalchemy.elements import OnPostgreSQL
from pyrsql.orms.sqlalchemy.json.jsonpath import path_exists, path_holds, path_is_set
from pyrsql.orms.sqlalchemy.json.lookup import lookup
from pyrsql.orms.sqlalchemy.json.times import Temporal, moment, path_condition, path_variables
from pyrsql.orms.sqlalchemy.json.values import (
    Document,
    IsPresent,
    JsonValue,
    Value,
    bound_number,
    is_kind,
    json_text,
    leads_nowhere,
    number,
    same_structure,
    value_of,
    values_at,
)
from pyrsql.orms.sqlalchemy.text import ExactText, OrderedText, text_match
from pyrsql.orms.sqlalchemy.truth import is_true
from pyrsql.validation.predicates import (
    COMPARE,
    Between,
    Compare,
    FieldOperand,
    Match,
    Member,
    Null,
    Pattern,
    Sign,
    SqlPattern,
)

_Scalar = bool | int | Decimal | str | Temporal

_Bound = tuple[Sign, object]
"""One side of a range: a sign and the value that stands right of it."""


_ONE: ColumnElement[int] = literal_column("1")


def json_test(
    test: Compare | Match | Member | Between | Null, document: ColumnElement[Any], options: QueryOptions
) -> ColumnElement[bool]:
    """The condition of a test of a document, or of the values at a path below it.

    Args:
        test: the test. Its operand has the keys of the path, none for the whole document.
        document: the column.
        options: `json_options` counts.
    """
    keys = cast("FieldOperand", test.operand).keys
    if leads_nowhere(keys):
        positive: ColumnElement[bool] = false()
    else:
        positive = _positive(test, _Place(document, keys, options.json_options))
    if isinstance(test, Null):
        return positive if test.negated else not_(positive)
    negated = test.sign == "!=" if isinstance(test, Compare) else test.negated
    return and_(IsPresent(Document(document)), not_(positive)) if negated else positive


@dataclass(frozen=True, slots=True)
class _Place:
    """The end of a path, which is tested."""

    document: ColumnElement[Any]
    keys: tuple[str, ...]
    options: JSONOptions

    def some(self, condition: Callable[[Value], ColumnElement[bool]], *, elements: bool = True) -> ColumnElement[bool]:
        """Some value here, or with `elements` some element of an array here, fulfils a condition on scalars."""
        rows, at = values_at(self.document, self.keys, elements=elements), lookup(self.document, self.keys)
        found = select(_ONE).select_from(rows).where(condition(value_of(rows))).exists()
        return found if at is None else at.or_any(is_true(condition(at.value)), found)

    def some_structure(self, values: list[Any]) -> ColumnElement[bool]:
        """Some array or object here is one of several."""
        # It is compared with the whole document, not with the elements of one.
        rows = values_at(self.document, self.keys, elements=bool(self.keys))
        condition = or_(*(same_structure(rows, value) for value in values))
        return select(_ONE).select_from(rows).where(condition).exists()


def _positive(test: Compare | Match | Member | Between | Null, place: _Place) -> ColumnElement[bool]:
    """The test without its negation; of a test for null: there is a value."""
    match test:
        case Null():
            return _is_set(place)
        case Compare(value=value, ignore_case=True):
            return _matches(place, Pattern((str(value),)), ignore_case=True)
        case Compare(sign="==" | "!=", value=value):
            return _equals(place, (value,))
        case Compare(sign=sign, value=value):
            return _within(place, ((sign, value),))
        case Match(pattern=pattern, ignore_case=ignore_case):
            return _matches(place, pattern, ignore_case)
        case Member(values=values):
            return _equals(place, values)
        case Between(low=low, high=high):
            return _within(place, ((">=", low), ("<=", high)))
        case _:
            assert_never(test)


def _is_set(place: _Place) -> ColumnElement[bool]:
    if not place.keys:
        return IsPresent(Document(place.document))
    # The elements of an array do not count: an empty one is a value.
    found = place.some(lambda value: not_(is_kind(value, "null")), elements=False)
    return OnPostgreSQL(path_is_set(place.options.path_exists_function, place.document, place.keys), found)


def _matches(place: _Place, pattern: Pattern | SqlPattern, ignore_case: bool) -> ColumnElement[bool]:
    return place.some(lambda value: and_(is_kind(value, "string"), text_match(value.scalar, pattern, ignore_case)))


def _equals(place: _Place, values: Iterable[object]) -> ColumnElement[bool]:
    """Some value equals one of several."""
    wanted = [_known(value) for value in values]
    structures = [value for value in wanted if isinstance(value, list | dict)]
    scalars: list[_Scalar] = [value for value in wanted if not isinstance(value, list | dict)]
    alternatives: list[ColumnElement[bool]] = []
    if structures:
        alternatives.append(place.some_structure(structures))
    if scalars:
        found = place.some(lambda value: _is_one_of(value, scalars))
        alternatives.append(_by_path(place, [("==", scalars)], found))
    return or_(*alternatives)


def _within(place: _Place, bounds: tuple[_Bound, ...]) -> ColumnElement[bool]:
    """Some value lies within all bounds."""
    known: list[tuple[Sign, _Scalar]] = [(sign, cast("_Scalar", _known(value))) for sign, value in bounds]
    found = place.some(lambda value: and_(*(_compared(value, sign, bound) for sign, bound in known)))
    return _by_path(place, [(sign, [value]) for sign, value in known], found)


def _by_path(
    place: _Place, comparisons: list[tuple[Sign, list[_Scalar]]], elsewhere: ColumnElement[bool]
) -> OnPostgreSQL:
    """Some value makes all comparisons true, each with one of several values."""
    options = place.options
    if options.path_exists_function == DEFAULT_JSON_OPTIONS.path_exists_function and not any(
        isinstance(value, dt.date | dt.time) for _, values in comparisons for value in values
    ):
        literals = " && ".join(f"({_any_literal(sign, values)})" for sign, values in comparisons)
        return OnPostgreSQL(path_holds(place.document, place.keys, literals), elsewhere)
    conditions: list[str] = []
    variables: dict[str, JsonValue] = {}
    aware = False
    for index, (sign, values) in enumerate(comparisons):
        times = [value for value in values if isinstance(value, dt.time)]
        dates = [value for value in values if isinstance(value, dt.date)]
        plain: list[JsonValue] = [value for value in values if not isinstance(value, dt.date | dt.time)]
        alternatives: list[str] = []
        if plain:
            alternatives.append(f"@ {sign} $v{index}[*]")
            variables[f"v{index}"] = plain
        for name, moments in ((f"times{index}", times), (f"dates{index}", dates)):
            if moments:
                alternatives.append(path_condition(sign, moments[0], name))
                variables |= path_variables(name, moments)
        conditions.append(f"({' || '.join(alternatives)})")
        aware = aware or any(getattr(value, "tzinfo", None) for value in (*times, *dates))
    function = options.path_exists_tz_function if aware else options.path_exists_function
    own = path_exists(function, place.document, place.keys, " && ".join(conditions), variables)
    return OnPostgreSQL(own, elsewhere)


def _any_literal(sign: Sign, values: list[_Scalar]) -> str:
    """A comparison with one of several numbers, texts and booleans. JSON and jsonpath write them in the same way."""
    return " || ".join(f"@ {sign} {json_text(cast('JsonValue', value))}" for value in values)


def _is_one_of(value: Value, wanted: list[_Scalar]) -> ColumnElement[bool]:
    words = [str(one).lower() for one in wanted if isinstance(one, bool)]
    texts = [one for one in wanted if isinstance(one, str)]
    others = [one for one in wanted if not isinstance(one, bool | str)]
    alternatives = [_compared(value, "==", one) for one in others]
    if words:
        alternatives.append(and_(is_kind(value, "boolean"), ExactText(value.scalar).in_(words)))
    if texts:
        alternatives.append(and_(is_kind(value, "string"), ExactText(value.scalar).in_(texts)))
    return or_(*alternatives)


def _compared(value: Value, sign: Sign, bound: _Scalar) -> ColumnElement[bool]:
    compare = COMPARE[sign]
    match bound:
        case str():
            return and_(is_kind(value, "string"), compare(OrderedText(value.scalar), bound))
        case dt.date() | dt.time():
            return and_(is_kind(value, "string"), compare(*moment(value.scalar, bound)))
        case int() | Decimal():
            return cast("ColumnElement[bool]", compare(number(value), bound_number(bound)))


def _known(value: object) -> _Scalar | list[JsonValue] | dict[str, JsonValue]:
    """A value as it can be compared. Only a developer's converter makes others."""
    match value:
        case float():
            return Decimal(repr(value))
        case int() | Decimal() | str() | dt.date() | dt.time():
            return value
        case list() | dict():
            return cast("list[JsonValue]", value)
        case _:
            return str(value)
