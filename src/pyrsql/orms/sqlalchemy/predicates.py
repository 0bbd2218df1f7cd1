"""Predicate -> WHERE clause."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never, cast

from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, select
from sqlalchemy.sql.elements import BindParameter, Grouping
from sqlalchemy.types import ARRAY

from pyrsql import kinds
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import paths
from pyrsql.orms.sqlalchemy.expressions import comparable_type, expression
from pyrsql.orms.sqlalchemy.json import json_test
from pyrsql.orms.sqlalchemy.paths import Scope
from pyrsql.orms.sqlalchemy.text import ExactText, OrderedText, UuidText, text_match
from pyrsql.predicates import (
    Between,
    Compare,
    Complement,
    Conjunction,
    Custom,
    Disjunction,
    Match,
    Member,
    Null,
    Pattern,
    Predicate,
    RelationOperand,
    Test,
    collection_paths,
)

_WIDEST = 100
"""Parts in one flat AND or OR: SQLite reads `a AND b AND c` as deep, and takes no expression deeper than 1,000."""

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class CustomPredicatePayload:
    """What the lowering of a custom operator is given.

    Args:
        expression: the column or expression that the selector names; for a path that ends on a relation, the
            relationship attribute.
        values: the converted arguments.
        field_path: the selector as the client wrote it.
        options: the options of the query.
    """

    expression: Any
    values: tuple[Any, ...]
    field_path: str
    options: QueryOptions


CustomLowering = Callable[[CustomPredicatePayload], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Lowering:
    """What every part of a predicate is lowered with."""

    options: QueryOptions
    custom: Mapping[str, CustomLowering]


def where_parts(predicate: Predicate, scope: Scope, lowering: Lowering) -> list[ColumnElement[bool]]:
    """The conditions of a WHERE clause that hold together: the parts of a conjunction, or the one there is.

    Args:
        predicate: what was proven.
        scope: the entities that its to-one paths lead to, all of them joined.
        lowering: options and custom operators.
    """
    if isinstance(predicate, Conjunction) and len(predicate.parts) <= _WIDEST:
        return [_clause(part, scope, lowering) for part in _deepest_first(predicate.parts)]
    return [_clause(predicate, scope, lowering)]


def tests_of(predicate: Predicate) -> Iterable[Test]:
    """The tests of a predicate, from left to right."""
    match predicate:
        case Conjunction(parts) | Disjunction(parts):
            for part in parts:
                yield from tests_of(part)
        case Complement(test):
            yield test
        case _:
            yield predicate


def _clause(predicate: Predicate, scope: Scope, lowering: Lowering) -> ColumnElement[bool]:
    match predicate:
        case Conjunction(parts):
            return _joined(and_, [_clause(part, scope, lowering) for part in _deepest_first(parts)])
        case Disjunction(parts):
            return _joined(or_, [_clause(part, scope, lowering) for part in _deepest_first(parts)])
        case Complement(test):
            return not_(func.coalesce(_test(test, scope, lowering), false()))
        case _:
            return _test(predicate, scope, lowering)


def _joined(join: Callable[..., ColumnElement[bool]], clauses: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    while len(clauses) > _WIDEST:
        batches = [clauses[start : start + _WIDEST] for start in range(0, len(clauses), _WIDEST)]
        clauses = [Grouping(join(*batch)) for batch in batches]
    return join(*clauses)


def _deepest_first(parts: tuple[Predicate, ...]) -> list[Predicate]:
    """Groups before single tests: SQLite's parser keeps what it has read of a clause while it reads a group in it."""
    return sorted(parts, key=_depth, reverse=True)


def _depth(predicate: Predicate) -> int:
    match predicate:
        case Conjunction(parts) | Disjunction(parts):
            return 1 + max(map(_depth, parts))
        case _:
            return 0


def _test(test: Test, scope: Scope, lowering: Lowering) -> ColumnElement[bool]:
    operand = test.operand
    if isinstance(operand, RelationOperand):
        return _relation_test(test, operand, scope, lowering)

    def build(reached: Scope) -> ColumnElement[bool]:
        value = expression(operand, reached)
        if isinstance(test, Custom):
            return lowering.custom[test.operator.name](
                CustomPredicatePayload(value, test.values, operand.path, lowering.options)
            )
        if isinstance(operand.kind, kinds.Json):
            return json_test(test, value, lowering.options)
        if isinstance(operand.kind, kinds.Array) and not isinstance(test, Null):
            return _array_test(test, value, operand.kind)
        return _value_test(test, value, operand.kind)

    (prefix,) = collection_paths(operand) or {()}
    return paths.inside(scope, prefix, paths.relation_paths(operand), lowering.options, build)


def _relation_test(test: Test, operand: RelationOperand, scope: Scope, lowering: Lowering) -> ColumnElement[bool]:
    *before, last = operand.relations
    parents = tuple(before)

    def build(reached: Scope) -> ColumnElement[bool]:
        attribute = paths.attribute(reached[parents], last)
        if isinstance(test, Custom):
            return lowering.custom[test.operator.name](
                CustomPredicatePayload(attribute, test.values, operand.path, lowering.options)
            )
        # Asked of the related row itself: a foreign key that leads nowhere is no related row.
        related = attribute.of_type(paths.alias_of(last))
        exists = related.any() if last.many else related.has()
        return exists if cast("Null", test).negated else not_(exists)

    (prefix,) = collection_paths(RelationOperand(operand.path, parents)) or {()}
    return paths.inside(scope, prefix, (parents,), lowering.options, build)


def _array_test(
    test: Compare | Match | Member | Between, array: ColumnElement[Any], kind: kinds.Array
) -> ColumnElement[bool]:
    """Some element passes the test."""
    item_type = cast("ARRAY[Any]", array.type).item_type
    element = func.unnest(array, type_=item_type).column_valued()
    return select(literal(1)).where(_value_test(test, element, kind.item)).exists()


def _value_test(
    test: Compare | Match | Member | Between | Null, value: ColumnElement[Any], kind: kinds.Kind
) -> ColumnElement[bool]:
    text = isinstance(kind, kinds.Text)
    match test:
        case Null(negated=negated):
            return value.is_not(None) if negated else value.is_(None)
        case Compare(sign=sign, value=wanted, ignore_case=True):
            return _negated(text_match(value, Pattern((str(wanted),)), ignore_case=True), sign == "!=")
        case Compare(sign=sign, value=wanted):
            exact = sign in ("==", "!=")
            side = (ExactText(value) if exact else OrderedText(value)) if text else _uuid(value, kind, sign == "!=")
            return cast("ColumnElement[bool]", _COMPARE[sign](side, _bound(wanted, value)))
        case Match(pattern=pattern, negated=negated, ignore_case=ignore_case):
            return _negated(text_match(value, pattern, ignore_case), negated)
        case Member(values=values, negated=negated):
            side = ExactText(value) if text else _uuid(value, kind, negated)
            bound = BindParameter[Any](None, values, comparable_type(value.type), unique=True, expanding=True)
            return side.not_in(bound) if negated else side.in_(bound)
        case Between(low=low, high=high, negated=negated):
            side = OrderedText(value) if text else value
            return _negated(side.between(_bound(low, value), _bound(high, value)), negated)
        case _:
            assert_never(test)


def _uuid(value: ColumnElement[Any], kind: kinds.Kind, negated: bool) -> ColumnElement[Any]:
    """A value that takes part in a comparison; a UUID that must be another than the client's, as text."""
    return UuidText(value) if negated and isinstance(kind, kinds.Uuid) else value


def _bound(value: object, side: ColumnElement[Any]) -> BindParameter[Any]:
    """A value of the client's as a bound parameter of the type it is compared with."""
    return BindParameter(None, value, comparable_type(side.type), unique=True)


def _negated(clause: ColumnElement[bool], negated: bool) -> ColumnElement[bool]:
    return not_(clause) if negated else clause
