"""An OR with tests of related rows on PostgreSQL: the keys of the rows that pass one part of it, or another.

PostgreSQL makes joins of an EXISTS, but not of one in an OR. It plans that to be evaluated for each row, and counts the
cost of it so, also where it then reads the related rows once: sixteen of them seem expensive enough to be compiled, for
seconds. `key IN (SELECT key … UNION ALL SELECT key …)` has one select for each part, and joins in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import Alias, ColumnElement, Select, Table, intersect, not_, select, union_all
from sqlalchemy.sql import visitors

from pyrsql.options import FieldOptions
from pyrsql.orms.sqlalchemy import joins
from pyrsql.orms.sqlalchemy.cardinality import given_columns
from pyrsql.orms.sqlalchemy.elements import Condition
from pyrsql.orms.sqlalchemy.entities import Entity, are_among, keys_of, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.joins import Scope
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.nesting import outline_of
from pyrsql.orms.sqlalchemy.planning import Likely, likely_rows, passed_paths
from pyrsql.orms.sqlalchemy.related_keys import is_within
from pyrsql.orms.sqlalchemy.select_parts import conditions
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
    Predicate,
    RelationPath,
    Some,
    joined_paths,
)

_NARROWING = 2
"""Conditions beside an OR that each part of it repeats, so that it begins at the rows that they leave."""

Lower = Callable[[Predicate, Scope], list[ColumnElement[bool]]]
"""The conditions that a predicate is, where the scope is reached."""


class OfBranches(Condition):
    """Groups of alternatives, by the keys of the rows that pass one of each on PostgreSQL; as ORs elsewhere.

    Args:
        keys: the key is among those of the alternatives. Never unknown.
        plain: the ORs.
        narrowing: the conditions that each of the alternatives repeats.
    """

    def __init__(
        self, keys: ColumnElement[bool], plain: ColumnElement[bool], narrowing: Sequence[ColumnElement[bool]]
    ) -> None:
        super().__init__(keys, plain, *narrowing)

    def _negate(self) -> ColumnElement[bool]:
        return not_(list(self.clauses)[1])


def has_branches(predicate: Predicate) -> bool:
    """Whether a predicate is an OR with tests of related rows."""
    return isinstance(predicate, Disjunction) and outline_of(predicate).has_subqueries


def narrowing(parts: Sequence[Predicate], root: RelationPath) -> tuple[Predicate, ...]:
    """The conditions of an AND, by columns of the rows themselves, that are likely to leave the fewest rows."""
    found = [part for part in parts if _is_of_column(part, root) and likely_rows(part) is not Likely.MANY]
    return tuple(sorted(found, key=likely_rows)[:_NARROWING])


def _is_of_column(part: Predicate, root: RelationPath) -> bool:
    if not isinstance(part, Compare | Member | Match | Between) or not isinstance(part.operand, FieldOperand):
        return False
    return part.operand.relations == root and not (part.operand.keys or part.operand.field.computed)


def keys_of_branches(
    groups: Sequence[Predicate],
    beside: tuple[Predicate, ...],
    entity: Entity,
    root: RelationPath,
    options: FieldOptions,
    lower: Lower,
) -> ColumnElement[bool] | None:
    """The key is among those that pass a part of each group; None where the rows have no key, or where more than their
    own columns and relations counts.

    The groups are no joins of their own: PostgreSQL guesses that each leaves half of the rows, and looks through all
    keys of a group for each row where it expects one row at last.

    Args:
        groups: the ORs, all of which must hold.
        beside: what must hold beside them, and narrows each part.
        entity: the rows.
        root: their path.
        options: the join hints.
        lower: makes the conditions of a part.
    """
    if not all(is_within(group, root) and not _is_computed(group, root) for group in groups):
        return None
    if not _has_plain_key(entity):
        return None
    rows = joins.another(entity)
    keys = keys_of(rows)

    def branch(part: Predicate) -> Select[Any]:
        parts = (*beside, *(part.parts if isinstance(part, Conjunction) else (part,)))
        whole = Conjunction(parts) if len(parts) > 1 else part
        needed = tuple(dict.fromkeys(joined_paths(whole, root)))
        start = select(*keys).select_from(rows).correlate(None)
        found, reached = joins.beyond(start, {root: rows}, root, root, needed, options, tuple(passed_paths(whole)))
        return found.where(*lower(whole, reached))

    found = [[branch(part) for part in _branches(cast("Disjunction", group))] for group in groups]
    united = [union_all(*selects) if len(selects) > 1 else selects[0] for selects in found]
    common = intersect(*united) if len(united) > 1 else united[0]
    return are_among(keys_of(entity), common)


def _branches(group: Disjunction) -> list[Predicate]:
    """The parts of an OR, those without related rows as one."""
    others = [part for part in group.parts if not outline_of(part).has_subqueries]
    rest: list[Predicate] = [Disjunction(tuple(others))] if len(others) > 1 else [*others]
    return [*(part for part in group.parts if part not in others), *rest]


def _is_computed(predicate: Predicate, root: RelationPath) -> bool:
    """Whether a predicate names a computed value of the rows themselves, which may name their class and no alias."""
    match predicate:
        case Conjunction(parts) | Disjunction(parts):
            return any(_is_computed(part, root) for part in parts)
        case Complement(inner):
            return _is_computed(inner, root)
        case Some():
            return False
        case Compare() | Match() | Member() | Between() | Null() | Custom():
            return _names_computed(predicate.operand, root)


def _names_computed(operand: Operand | ConstantOperand, root: RelationPath) -> bool:
    if isinstance(operand, CallOperand):
        return any(_names_computed(argument, root) for argument in operand.arguments)
    return isinstance(operand, FieldOperand) and operand.field.computed and operand.relations == root


def is_narrowed(statement: Select[Any]) -> bool:
    """Whether few rows of a statement may pass. Where many tests of related rows do not tell, related rows are read in
    any case.
    """
    found = conditions(statement)
    if not found or next(given_columns(found), None) is not None:
        return bool(found)
    read = (part for condition in found for part in visitors.iterate(condition))
    return not any(isinstance(part, OfBranches | joins.Unmerged) for part in read)


@made_once
def _has_plain_key(entity: Entity) -> bool:
    """Whether the rows are those of a table, known by its primary key."""
    source = rows_of(entity)
    table: Any = cast("Any", source).element if isinstance(source, Alias) else source
    return isinstance(table, Table) and {*mapper_of(entity).primary_key} == {*table.primary_key}
