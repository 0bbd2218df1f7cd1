"""Rows, and the rows that paths lead to from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pyrsql.models.model import Relation
from pyrsql.options import FieldOptions, JoinHint
from pyrsql.orms.memory.functions import Functions
from pyrsql.validation.predicates import (
    CallOperand,
    Complement,
    Conjunction,
    ConstantOperand,
    Disjunction,
    FieldOperand,
    Operand,
    Predicate,
    RelationOperand,
    Test,
)

Row = Any
"""A row of the target, or the end of a path from it: any object or mapping; None where a to-one link is missing."""

Steps = tuple[Relation, ...]


class OrderedRows(list[Row]):
    """Rows that have an explicit order, like a select with ORDER BY."""


def rows_of(target: object) -> list[Row]:
    """The rows of a target, in a list of their own."""
    return list(cast("Iterable[Row]", target))


def ordered_like(target: object, rows: list[Row]) -> list[Row]:
    """Rows that count as ordered if the target they come from does."""
    return OrderedRows(rows) if isinstance(target, OrderedRows) else rows


def attribute(row: Row, name: str) -> Any:
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


def related(row: Row, step: Relation) -> list[Row]:
    """The rows that a relation leads to from a row: any number, or one at most."""
    found = attribute(row, step.name)
    if found is None:
        return []
    if not step.many:
        return [found]
    items: Iterable[Row] = cast("Any", found).values() if isinstance(found, Mapping) else found
    return [item for item in items if item is not None]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the paths of an operand begin: at a row, or beyond the to-many relation that was stepped through.

    Args:
        root: the row that is tested.
        functions: the functions that calls name.
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
            row = attribute(row, step.name)
        return row


def scopes_of(row: Row, operand: Operand, functions: Functions) -> list[Scope] | None:
    """A scope for each row at the end of the operand's to-many path; None where no relation is to-many."""
    # The paths of a call have one to-many beginning at most, and it is the longest.
    steps = max(map(_up_to_many, paths_of(operand)), key=len, default=())
    return [Scope(row, functions, steps, end) for end in _ends([row], steps)] if steps else None


def _up_to_many(path: Steps) -> Steps:
    """A path up to and including its last to-many relation."""
    return path[: max((place for place, step in enumerate(path, 1) if step.many), default=0)]


def _ends(rows: list[Row], steps: Steps) -> list[Row]:
    for step in steps:
        rows = [end for row in rows for end in related(row, step)]
    return rows


def tests_of(predicate: Predicate) -> Iterator[Test]:
    """All tests in a predicate."""
    match predicate:
        case Conjunction(parts) | Disjunction(parts):
            for part in parts:
                yield from tests_of(part)
        case Complement(test):
            yield test
        case _:
            yield predicate


def paths_of(operand: Operand | ConstantOperand) -> Iterator[Steps]:
    """The paths that lead to the values of an operand, or to the owner of a relation that is tested."""
    match operand:
        case FieldOperand(relations=relations):
            yield relations
        case RelationOperand(relations=relations):
            yield relations[:-1]
        case CallOperand(arguments=arguments):
            for argument in arguments:
                yield from paths_of(argument)
        case ConstantOperand():
            pass


def has_inner_links(row: Row, paths: Iterable[Steps], options: FieldOptions) -> bool:
    """Whether a row has the links of all paths that a hint joins as INNER, up to a path's first to-many relation."""
    return not options.join_hints or all(_has_links(row, path, options) for path in paths)


def _has_links(row: Row, path: Steps, options: FieldOptions) -> bool:
    for step in path:
        if step.many:
            return True
        row = attribute(row, step.name)
        if row is None and options.join_hints.get(f"{step.owner}.{step.name}") is JoinHint.INNER:
            return False
    return True
