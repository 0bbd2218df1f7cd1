"""Which relationships lead to at most one row, by the word of the database and not by that of `uselist`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from sqlalchemy import Alias, Column, ColumnElement, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping

_Key = frozenset[ColumnElement[Any]]


def is_to_one(prop: RelationshipProperty[Any]) -> bool:
    """Whether a relationship leads from a row to at most one other.

    `uselist=False` alone does not say so: SQLAlchemy loads one of several rows then. The join condition has to equate
    all columns of a key of the target: of its primary key, or of a unique constraint or index.
    """
    if prop.uselist or prop.secondary is not None:
        return False
    equated = equated_columns(prop.primaryjoin, prop)
    return any(key and key <= equated for key in _keys(prop))


def equated_columns(condition: ColumnElement[Any], prop: RelationshipProperty[Any]) -> _Key:
    """The columns of the target that a join condition sets equal to columns of the owner."""
    pairs = frozenset(prop.local_remote_pairs or ())
    found: set[ColumnElement[Any]] = set()
    for part in conjuncts(condition):
        if isinstance(part, BinaryExpression) and part.operator is operators.eq:
            for local, remote in ((part.left, part.right), (part.right, part.left)):
                if (local, remote) in pairs:
                    found.add(remote)
    return frozenset(found)


def conjuncts(condition: Any) -> Iterator[Any]:
    """The parts of a condition that all have to hold."""
    match condition:
        case Grouping(element=element):
            yield from conjuncts(element)
        case BooleanClauseList(operator=operators.and_, clauses=clauses):
            for clause in clauses:
                yield from conjuncts(clause)
        case _:
            yield condition


def _keys(prop: RelationshipProperty[Any]) -> Iterator[_Key]:
    """The sets of columns whose values no two rows of the target share."""
    if not prop.entity.is_aliased_class:
        yield from unique_keys(prop.mapper)
        return
    # An alias of a table has the keys of the table. Of a subquery the database knows none.
    alias = prop.entity.selectable
    if isinstance(alias, Alias) and isinstance(alias.element, Table):
        for key in unique_keys(prop.mapper):
            columns = [alias.corresponding_column(cast("Column[Any]", column)) for column in key]
            yield frozenset(column for column in columns if column is not None)


def unique_keys(mapper: Mapper[Any]) -> Iterator[_Key]:
    """The sets of columns whose values no two rows of a mapped class share."""
    yield frozenset(mapper.primary_key)
    # In a table that a class joins by itself, one row may stand in several of its own. Inheritance joins by key.
    if all(isinstance(each.local_table, Table) for each in mapper.iterate_to_root()):
        for table in cast("Sequence[Table]", mapper.tables):
            for constraint in table.constraints:
                if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
                    yield frozenset(constraint.columns)
            for index in table.indexes:
                if _is_unique(index):
                    yield frozenset(index.columns)


def _is_unique(index: Index) -> bool:
    """Whether an index keeps two rows from the same columns: all rows, and the columns themselves."""
    partial = any(name.endswith("_where") and condition is not None for name, condition in index.kwargs.items())
    return bool(index.unique) and not partial and len(index.columns) == len(index.expressions)
