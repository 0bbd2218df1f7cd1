"""The rows that pass a predicate: how many are likely, and what all of them have. Databases do not find it out."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import cast

from pyrsql.models import kinds
from pyrsql.models.model import repeating_steps
from pyrsql.orms.sqlalchemy.nesting import outline_of
from pyrsql.validation.predicates import (
    Between,
    Compare,
    Complement,
    Conjunction,
    Custom,
    Disjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Pattern,
    Predicate,
    RelationPath,
    Some,
    through_to_many,
)


class Likely(IntEnum):
    """How many rows are likely to pass a predicate."""

    FEW = 0
    SOME = 1
    MANY = 2


def likely_rows(predicate: Predicate | None) -> Likely:
    """How many rows are likely to pass, as databases guess without statistics: few are equal to a value or begin with
    a text, some are in a range or have a member of an enum.
    """
    match predicate:
        case Conjunction(parts):
            return min(map(likely_rows, parts))
        case Disjunction(parts):
            return max(map(likely_rows, parts))
        case Some(_, inner):
            return likely_rows(inner)
        case Compare(operand, "==") | Member(operand, negated=False):
            return _SHARED_VALUES.get(type(operand.kind), Likely.FEW)
        case Compare(_, "<" | "<=" | ">" | ">=") | Between(negated=False):
            return Likely.SOME
        case Match(_, Pattern((beginning, *_)), False) if beginning:
            return Likely.FEW
        case Compare() | Match() | Member() | Between() | Null() | Custom() | Complement() | None:
            return Likely.MANY


_SHARED_VALUES: dict[type[kinds.Kind], Likely] = {kinds.Boolean: Likely.MANY, kinds.Enumeration: Likely.SOME}


def passed_paths(predicate: Predicate | None) -> Iterator[RelationPath]:
    """The to-one paths that lead to a row wherever a predicate is true: it tests a column there, and no test of NULL is
    true. Databases find that out themselves; SQLite does for the last step to a comparison.
    """
    match predicate:
        case Conjunction(parts):
            for part in parts:
                yield from passed_paths(part)
        case Compare(operand) | Match(operand) | Member(operand) | Between(operand):
            if isinstance(operand, FieldOperand) and operand.relations and not (operand.keys or operand.field.computed):
                yield operand.relations[:-1] if isinstance(predicate, Compare) else operand.relations
        case Disjunction() | Complement() | Some() | Null() | Custom() | None:
            pass


def one_subquery_per_path(predicate: Predicate) -> Predicate:
    """The same predicate, in which each OR has one subquery for the related rows of a path: some row passes this or
    that.

    A database begins at an index of the related rows for one EXISTS, and for none of several in an OR. It makes no join
    of an EXISTS inside of a CASE, so the complement of a group is a group of complements.
    """
    match predicate:
        case Conjunction(parts):
            return Conjunction(tuple(map(one_subquery_per_path, parts)))
        case Disjunction(parts):
            groups = dict[object, list[Predicate]]()
            for part in parts:
                groups.setdefault(part.path if isinstance(part, Some) else len(groups), []).append(part)
            merged = tuple(one_subquery_per_path(_some_of(group)) for group in groups.values())
            return merged[0] if len(merged) == 1 else Disjunction(merged)
        case Complement(Complement(inner)):
            return one_subquery_per_path(inner)
        case Complement(Conjunction(parts) as inner) if outline_of(inner).has_subqueries:
            return one_subquery_per_path(Disjunction(tuple(map(Complement, parts))))
        case Complement(Disjunction(parts) as inner) if outline_of(inner).has_subqueries:
            return Conjunction(tuple(one_subquery_per_path(Complement(part)) for part in parts))
        case Complement(inner):
            return Complement(one_subquery_per_path(inner))
        case Some(path, inner):
            return predicate if inner is None else Some(path, one_subquery_per_path(inner))
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            return predicate


def _some_of(group: list[Predicate]) -> Predicate:
    """A part of an OR, or all parts of it about the same related rows as one."""
    if len(group) == 1:
        return group[0]
    parts = cast("list[Some]", group)
    tests = [part.predicate for part in parts if part.predicate is not None]
    return Some(parts[0].path, Disjunction(tuple(tests)) if len(tests) == len(parts) else None)


def without_repeats(some: Some, root: RelationPath) -> Some:
    """The same related rows, in a subquery of their own where a join would reach them several times.

    Joins of the departures of an airport, their airlines, and all flights of these make 48 million rows of 27,004: no
    database finds out that one of them is enough.

    Args:
        some: the related rows.
        root: the path of the rows that the subquery around them is about.
    """
    repeating = repeating_steps(some.path, len(root))
    return Some(through_to_many(some.path[: repeating[0]]), some) if repeating else some
