"""The columns of a select: whether they are all of one row of its root, or have its key at least."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import ClauseElement, Column, FromClause, Over, Select
from sqlalchemy.orm import ColumnProperty

from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.entities import Entity, key_columns, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.row_values import is_aggregate
from pyrsql.orms.sqlalchemy.textual import elements_of


def own_tables(root: Entity) -> set[FromClause]:
    """The tables, or the alias, that hold the rows of a root."""
    return {*parts.tables_of(rows_of(root))}


def key_tables(root: Entity) -> set[FromClause]:
    """The tables, or the alias, that hold the key of a root: those of its subclasses may be joined with LEFT JOIN."""
    return {table for key in key_columns(root) for table in parts.tables_of(key)}


def is_of_root(base: Select[Any], root: Entity) -> bool:
    """Whether a select selects its root, or values that one row of the root decides."""
    columns = parts.columns(base)
    if len(columns) == 1 and parts.is_entity(columns[0], root):
        return True
    own = own_tables(root)
    return all(
        own.issuperset(parts.tables_of(column)) and (parts.is_table(column) or bool(parts.tables_of(column)))
        for column in columns
    ) and not any(isinstance(element, Over) or is_aggregate(element) for element in elements_of(columns))


def has_key(columns: Iterable[ClauseElement], root: Entity) -> bool:
    """Whether the key of a root is among columns; in any of its tables, which joined inheritance joins by it."""
    found: set[object] = set()
    for column in columns:
        if parts.is_entity(column, root):
            return True
        found.update(map(_place, _columns_of(column)))
    return all(any(_place(column) in found for column in columns) for columns in _columns_of_key(root))


def _place(column: ClauseElement) -> object:
    return getattr(column, "table", None), getattr(column, "key", None)


def _columns_of_key(root: Entity) -> list[list[ClauseElement]]:
    """For each part of the key of a root, the columns that it is mapped to: one in each table."""
    rows, mapper = rows_of(root), mapper_of(root)
    props = [cast("ColumnProperty[Any]", mapper.get_property_by_column(column)) for column in mapper.primary_key]
    found = [[rows.corresponding_column(cast("Column[Any]", column)) for column in prop.columns] for prop in props]
    return [[column for column in columns if column is not None] for columns in found]


def _columns_of(column: ClauseElement) -> Sequence[ClauseElement]:
    """A column, or the columns of an entity that a select groups by."""
    if parts.is_table(column):
        return list(cast("Any", column).c)
    return list(cast("Iterable[ClauseElement]", getattr(column, "clauses", (column,))))
