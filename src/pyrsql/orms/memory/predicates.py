"""Whether a predicate is true for a row: the reference for the meaning of each predicate.

A test is true, false or, where it meets NULL, unknown (None). A row passes when the whole predicate is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import QueryOptions
from pyrsql.orms.custom import CustomPredicatePayload
from pyrsql.orms.memory.functions import Functions
from pyrsql.orms.memory.json import json_test
from pyrsql.orms.memory.operands import custom_value, value_of
from pyrsql.orms.memory.rows import Row, Scope, has_inner_links, related_scopes
from pyrsql.orms.memory.text import matches
from pyrsql.orms.memory.truth import Truth, all_of, negation
from pyrsql.orms.memory.values import comparable, orderable
from pyrsql.validation.predicates import (
    COMPARE,
    Between,
    Compare,
    Complement,
    Conjunction,
    CountOperand,
    Custom,
    Disjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Predicate,
    RelationPath,
    Some,
    Test,
    ValueOperand,
    joined_paths,
    starts_with,
)
from pyrsql.validation.text import fold

CustomPredicate = Callable[[CustomPredicatePayload], Truth]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluates predicates with the options and functions of one query."""

    options: QueryOptions
    custom: Mapping[str, CustomPredicate]
    functions: Functions

    def passes(self, predicate: Predicate, row: Row) -> bool:
        """Whether the whole predicate is true for a row, neither false nor unknown."""
        return self.truth(predicate, {(): row}) is True

    def truth(self, predicate: Predicate, scope: Scope) -> Truth:
        """Whether a predicate is true for the rows of a scope."""
        match predicate:
            case Conjunction(parts):
                return all_of(self.truth(part, scope) for part in parts)
            case Disjunction(parts):
                return negation(all_of(negation(self.truth(part, scope)) for part in parts))
            case Complement(inner):
                return self.truth(inner, scope) is not True
            case Some(path, inner):
                related = related_scopes(scope, path) if inner is None else self._linked(scope, path, inner)
                return any(inner is None or self.truth(inner, element) is True for element in related)
            case Compare() | Match() | Member() | Between() | Null() | Custom():
                return self._test(predicate, scope)

    def value(self, operand: ValueOperand, scope: Scope) -> Any:
        """The value of an operand for the rows of a scope."""
        if not isinstance(operand, CountOperand):
            return value_of(operand, scope, self.functions)
        inner, path = operand.predicate, operand.relations
        if inner is None:
            return sum(1 for _ in related_scopes(scope, path))
        return sum(self.truth(inner, element) is True for element in self._linked(scope, path, inner))

    def _linked(self, scope: Scope, path: RelationPath, inner: Predicate) -> Iterator[Scope]:
        """The related rows at the end of a path that have the links from there on that a hint joins as INNER."""
        beyond = {needed[len(path) :] for needed in joined_paths(inner, path) if starts_with(needed, path)}
        scopes = related_scopes(scope, path)
        return (element for element in scopes if has_inner_links(element[path], beyond, self.options))

    def _test(self, test: Test, scope: Scope) -> Truth:
        if isinstance(test, Custom):
            operand = test.operand
            if isinstance(operand, CountOperand):
                return self._custom(test, self.value(operand, scope))
            return self._custom(test, custom_value(operand, scope, self.functions))
        tested = test.operand
        value = self.value(tested, scope)
        match tested.kind:
            case kinds.Json():
                return json_test(test, value, tested.keys if isinstance(tested, FieldOperand) else ())
            case kinds.Array(item) if not isinstance(test, Null):
                return any(_value_test(test, element, item) is True for element in comparable(value, tested.kind) or ())
            case kind:
                return _value_test(test, value, kind)

    def _custom(self, test: Custom, value: object) -> Truth:
        payload = CustomPredicatePayload(value, test.values, test.operand.path, self.options)
        found: object = self.custom[test.operator.name](payload)
        # A number, a match or a list is no truth yet: a 0 is not False.
        return None if found is None else bool(found)


def _value_test(test: Compare | Match | Member | Between | Null, value: object, kind: Kind) -> Truth:
    """A test of one value."""
    mine = orderable(value, kind)
    if isinstance(test, Null):
        return (mine is None) != test.negated
    if mine is None:
        return None
    match test:
        case Compare(sign=sign, value=wanted, ignore_case=True):
            return bool(COMPARE[sign](fold(str(mine)), fold(str(wanted))))
        case Compare(sign=sign, value=wanted):
            other = orderable(wanted, kind)
            return None if other is None else bool(COMPARE[sign](mine, other))
        case Match(pattern=pattern, negated=negated, ignore_case=ignore_case):
            return matches(pattern, str(mine), ignore_case) != negated
        case Member(values=values, negated=negated):
            return any(mine == orderable(wanted, kind) for wanted in values) != negated
        case Between(low=low, high=high, negated=negated):
            least, most = orderable(low, kind), orderable(high, kind)
            return None if least is None or most is None else bool(least <= mine <= most) != negated
        case _:
            assert_never(test)
