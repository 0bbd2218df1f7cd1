"""Rows, and the rows that paths lead to from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from pyrsql.models.model import Relation
from pyrsql.options import FieldOptions, JoinHint
from pyrsql.validation.predicates import RelationPath

Row = Any
"""A row of the target, or the end of a path from it: any object or mapping; None where a to-one link is missing."""


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
    """The rows that a relation leads to from a row: any number, each once, or one at most."""
    found = attribute(row, step.name)
    if found is None:
        return []
    if not step.many:
        return [found]
    items: Iterable[Row] = cast("Any", found).values() if isinstance(found, Mapping) else found
    return list({id(item): item for item in items if item is not None}.values())


Scope = Mapping[RelationPath, Row]
"""The rows that paths have reached; `()` is the row that is tested or sorted."""


def reached(scope: Scope, path: RelationPath) -> Row:
    """The row at the end of a path of to-one relations; None where a link is missing."""
    start = _longest_prefix(scope, path, len(path))
    row = scope[path[:start]]
    for step in path[start:]:
        row = attribute(row, step.name)
    return row


def related_scopes(scope: Scope, path: RelationPath) -> Iterator[Scope]:
    """The scope of each related row at the end of a path."""
    start = _longest_prefix(scope, path, len(path) - 1)
    rows = [scope[path[:start]]]
    for step in path[start:]:
        rows = [end for row in rows for end in related(row, step)]
    for row in rows:
        yield {**scope, path: row}


def _longest_prefix(scope: Scope, path: RelationPath, most: int) -> int:
    """How many steps of a path, `most` of them at most, lead to a row that has been reached."""
    return next(length for length in range(most, -1, -1) if path[:length] in scope)


def has_inner_links(row: Row, paths: Iterable[RelationPath], options: FieldOptions) -> bool:
    """Whether a row has every link of to-one paths that a hint joins as INNER."""
    return not options.join_hints or all(_has_links(row, path, options) for path in paths)


def _has_links(row: Row, path: RelationPath, options: FieldOptions) -> bool:
    for step in path:
        row = attribute(row, step.name)
        if row is None and options.join_hints.get(f"{step.owner}.{step.name}") is JoinHint.INNER:
            return False
    return True
