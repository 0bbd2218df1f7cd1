"""How deeply the groups of a predicate are nested, and the order of parts that lets SQLite read very deep ones.

SQLite's parser has a stack of 100 entries, and keeps the parts of a group there that come before an inner group. Where
the inner group comes first, it keeps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from pyrsql.validation.functions import parser_cost
from pyrsql.validation.predicates import Compare, Complement, Conjunction, Disjunction, Operand, Predicate, Some, Test

GROUPS = (Conjunction, Disjunction)

_GROUPS_IN_ANY_ORDER = 8
_LEVELS_IN_ANY_ORDER = 40
"""Groups, and levels of a call in them, that SQLite reads in whatever order they are written."""


def tests_by_depth(predicate: Predicate) -> list[list[Test]]:
    """The tests of a predicate that stand in no group, in one, in two, and so on."""
    if isinstance(predicate, Compare):
        # Most filters are a single test.
        return [[predicate]]
    found: list[list[Test]] = []
    parts: list[Predicate] = [predicate]
    while parts:
        tests: list[Test] = []
        inner: list[Predicate] = []
        for part in parts:
            tested: Predicate | None = part
            while isinstance(tested, Complement | Some):
                tested = tested.predicate
            if isinstance(tested, GROUPS):
                inner.extend(tested.parts)
            elif tested is not None:
                tests.append(tested)
        found.append(tests)
        parts = inner
    return found


def is_deep(depth: int, operands: Sequence[Operand]) -> bool:
    """Whether so many groups inside each other, and the calls in them, are more than SQLite reads in any order."""
    deepest = max(map(parser_cost, operands)) if operands else 0
    return depth > _GROUPS_IN_ANY_ORDER or deepest > _LEVELS_IN_ANY_ORDER


def deepest_first(predicate: Predicate) -> Predicate:
    """The same predicate with the deepest part of each group in front. Others keep their order, in which databases look
    at them.
    """
    return _deepest_first(predicate)[1]


def _deepest_first(predicate: Predicate) -> tuple[int, Predicate]:
    if isinstance(predicate, Complement):
        depth, inner = _deepest_first(predicate.predicate)
        return depth, Complement(inner)
    if isinstance(predicate, Some) and predicate.predicate is not None:
        depth, inner = _deepest_first(predicate.predicate)
        return depth, Some(predicate.path, inner)
    if not isinstance(predicate, GROUPS):
        return 0, predicate
    parts = sorted(map(_deepest_first, predicate.parts), key=_DEPTH, reverse=True)
    return parts[0][0] + 1, type(predicate)(tuple([part for _, part in parts]))


_DEPTH = itemgetter(0)
