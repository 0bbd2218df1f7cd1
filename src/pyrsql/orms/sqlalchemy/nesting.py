"""How deeply the groups of a predicate are nested, and the order of parts that lets SQLite read very deep ones.

SQLite's parser has a stack of 100 entries, and keeps the parts of a group there that come before an inner group. Where
the inner group comes first, it keeps nothing.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

from pyrsql.validation.functions import parser_cost
from pyrsql.validation.predicates import GROUPS, TESTS, Complement, CountOperand, FieldOperand, Predicate, Some

_GROUPS_IN_ANY_ORDER = 8
_LEVELS_IN_ANY_ORDER = 40
"""Groups, and levels of a call in them, that SQLite reads in whatever order they are written."""


class Outline(NamedTuple):
    """The outline of a predicate.

    Args:
        is_deep: its groups are nested more deeply, calls in them included, than SQLite reads in any order.
        is_plain: it tests fields of the root alone, and follows no relation.
        has_subqueries: it asks for related rows, or counts them.
    """

    is_deep: bool
    is_plain: bool
    has_subqueries: bool


def outline_of(predicate: Predicate) -> Outline:
    """The outline of a predicate, level by level: depth costs no recursion."""
    groups, cost, is_plain, has_subqueries = -1, 0, True, False
    level: list[Predicate] = [predicate]
    while level:
        inner: list[Predicate] = []
        for part in level:
            if isinstance(part, TESTS):
                operand = part.operand
                if not isinstance(operand, FieldOperand) or operand.relations:
                    is_plain, cost = False, max(cost, parser_cost(operand))
                    has_subqueries = has_subqueries or isinstance(operand, CountOperand)
            elif isinstance(part, GROUPS):
                inner.extend(part.parts)
            else:
                if isinstance(part, Some):
                    is_plain, has_subqueries = False, True
                if part.predicate is not None:
                    # It stands in the same group. The loop reads it at last.
                    level.append(part.predicate)
        groups, level = groups + 1, inner
    return Outline(groups > _GROUPS_IN_ANY_ORDER or cost > _LEVELS_IN_ANY_ORDER, is_plain, has_subqueries)


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
