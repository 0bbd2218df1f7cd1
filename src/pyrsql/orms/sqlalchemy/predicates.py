"""Predicate -> WHERE clause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never, cast

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, not_, or_, select
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import ARRAY

from pyrsql import kinds
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import paths
from pyrsql.orms.sqlalchemy.comparable import Comparable, comparable, of_expression
from pyrsql.orms.sqlalchemy.json import json_test
from pyrsql.orms.sqlalchemy.paths import Scope
from pyrsql.orms.sqlalchemy.text import text_match
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
    Operand,
    Pattern,
    Predicate,
    RelationOperand,
    Test,
    collection_paths,
    relation_paths,
)

_WIDEST = 100
"""Parts in one flat AND or OR: SQLite reads `a AND b AND c` as deep, and takes no expression deeper than 1,000."""

_MERGED = 4
"""To-many steps of a filter that are left to the database to make joins of, which is the fastest for few."""


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
    exists: Callable[[Select[Any]], ColumnElement[bool]] = paths.some_row

    def among(self, operands: Iterable[Operand]) -> Lowering:
        """The same, with the form of EXISTS that suits so many operands over relations."""
        steps = sum(step.many for operand in operands for path in relation_paths(operand) for step in path)
        return self if steps <= _MERGED else replace(self, exists=paths.some_row_unmerged)


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
    if not any(isinstance(part, Conjunction | Disjunction) for part in parts):
        return list(parts)
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
        side = comparable(operand, reached)
        if isinstance(test, Custom):
            return lowering.custom[test.operator.name](
                CustomPredicatePayload(side.value, test.values, operand.path, lowering.options)
            )
        if isinstance(operand.kind, kinds.Json):
            return json_test(test, side.value, lowering.options)
        if isinstance(operand.kind, kinds.Array) and not isinstance(test, Null):
            return _array_test(test, side.value, operand.kind)
        return _value_test(test, side)

    if not paths.is_related(operand):
        return build(scope)
    (prefix,) = collection_paths(operand) or {()}
    return paths.inside(scope, prefix, relation_paths(operand), lowering.options, lowering.exists, build)


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
        exists = lowering.exists(paths.rows_at(reached[parents], operand.relations)[1])
        return exists if cast("Null", test).negated else not_(exists)

    (prefix,) = collection_paths(RelationOperand(operand.path, parents)) or {()}
    return paths.inside(scope, prefix, (parents,), lowering.options, lowering.exists, build)


def _array_test(
    test: Compare | Match | Member | Between, array: ColumnElement[Any], kind: kinds.Array
) -> ColumnElement[bool]:
    """Some element passes the test."""
    item_type = cast("ARRAY[Any]", array.type).item_type
    element = func.unnest(array, type_=item_type).column_valued()
    return select(literal(1)).where(_value_test(test, of_expression(element, kind.item))).exists()


def _value_test(test: Compare | Match | Member | Between | Null, side: Comparable) -> ColumnElement[bool]:
    match test:
        case Compare(sign=sign, value=wanted, ignore_case=False):
            return side.compare(sign, wanted)
        case Compare(sign=sign, value=wanted):
            return _negated(text_match(side.value, Pattern((str(wanted),)), ignore_case=True), sign == "!=")
        case Null(negated=negated):
            return side.value.is_not(None) if negated else side.value.is_(None)
        case Match(pattern=pattern, negated=negated, ignore_case=ignore_case):
            return _negated(text_match(side.value, pattern, ignore_case), negated)
        case Member(values=values, negated=negated):
            bound = side.bound(values, several=True)
            return side.other.not_in(bound) if negated else side.same.in_(bound)
        case Between(low=low, high=high, negated=negated):
            return _negated(side.ordered.between(side.bound(low), side.bound(high)), negated)
        case _:
            assert_never(test)


def _negated(clause: ColumnElement[bool], negated: bool) -> ColumnElement[bool]:
    return not_(clause) if negated else clause
