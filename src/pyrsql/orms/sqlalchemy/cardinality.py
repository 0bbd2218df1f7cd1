"""How many rows a relationship leads to, and a statement has for each row of its root, by the keys of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, cast

from sqlalchemy import (
    Alias,
    BindParameter,
    ClauseElement,
    Column,
    ColumnClause,
    ColumnElement,
    FromClause,
    Index,
    Join,
    PrimaryKeyConstraint,
    Select,
    Subquery,
    Table,
    UnaryExpression,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy.entities import mapper_of, rows_of
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.select_parts import (
    base_joins,
    conditions,
    group_columns,
    is_plain,
    tables_of,
)

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
    alias = prop.entity.selectable
    if _has_keys(alias):
        for key in unique_keys(prop.mapper):
            columns = [alias.corresponding_column(cast("Column[Any]", column)) for column in key]
            yield frozenset(column for column in columns if column is not None)


def _has_keys(alias: FromClause) -> bool:
    """Whether an alias has the keys of a table: one of the table itself, or of a select of rows of one table."""
    rows = cast("object", getattr(alias, "element", None))
    if isinstance(rows, Select):
        select = cast("Select[Any]", rows)
        sources: Sequence[FromClause] = select.get_final_froms() if is_plain(select) else ()
        return len(sources) == 1 and isinstance(sources[0], Table)
    return isinstance(alias, Alias) and isinstance(rows, Table)


def unique_keys(mapper: Mapper[Any]) -> Iterator[_Key]:
    """The sets of columns whose values no two rows of a mapped class share."""
    yield frozenset(mapper.primary_key)
    # In a table that a class joins by itself, one row may stand in several of its own. Inheritance joins by key.
    if all(isinstance(each.local_table, Table) for each in mapper.iterate_to_root()):
        for table in cast("Sequence[Table]", mapper.tables):
            yield from keys_of_table(table)


def keys_of_table(table: Table) -> Iterator[_Key]:
    """The sets of columns whose values no two rows of a table share."""
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


# --- statements ---


def leaves(sources: Iterable[FromClause]) -> Iterator[FromClause]:
    """The tables, aliases and subqueries that FROM clauses are made of."""
    for source in sources:
        if isinstance(source, Join):
            yield from leaves((source.left, source.right))
        else:
            yield source


def joined_rows(base: Select[Any]) -> list[FromClause]:
    """The rows of the entities that a select joins by itself."""
    return [rows_of(join.entity) for join in base_joins(base) if join.entity is not None]


def _ons(sources: Iterable[FromClause]) -> Iterator[ClauseElement]:
    """The ON clauses in FROM clauses."""
    for source in sources:
        if isinstance(source, Join):
            if source.onclause is not None:
                yield source.onclause
            yield from _ons((source.left, source.right))


def has_key(statement: Select[Any]) -> bool:
    """Whether a condition equates a key with a value, the row's own or another's, such as a tenant's: few rows pass."""
    return any(map(_is_of_key, given_columns(conditions(statement))))


def given_by_index(conditions: Iterable[ColumnElement[bool]]) -> set[Column[Any]]:
    """The columns of a key, or the first of an index, that conditions equate with a value."""
    return {column for column in given_columns(conditions) if _is_of_key(column) or _begins_index(column)}


def _is_of_key(column: Column[Any]) -> bool:
    return bool(column.primary_key or column.unique or column.foreign_keys)


def _begins_index(column: Column[Any]) -> bool:
    indexes = cast("Iterable[Index]", getattr(column.table, "indexes", ()))
    return any(index.columns.keys()[:1] == [column.key] for index in indexes)


def has_own_key(statement: Select[Any]) -> bool:
    """Whether conditions equate all columns of a key with values: very few rows pass."""
    given = {*given_columns(conditions(statement))}
    sources: list[Any] = [column.table for column in given]
    tables = [cast("Table", source) for source in sources if isinstance(source, Table)]
    return any(given.issuperset(key) for table in tables for key in keys_of_table(table))


def given_columns(conditions: Iterable[ColumnElement[bool]]) -> Iterator[Column[Any]]:
    """The columns that a condition equates with a value or a list of values."""
    for condition in conditions:
        for test in conjuncts(condition):
            if isinstance(test, BinaryExpression) and test.operator in _EQUAL and isinstance(test.right, BindParameter):
                column = cast("ClauseElement", test.left)
                if isinstance(column, Column):
                    yield column


_EQUAL: tuple[object, ...] = (operators.eq, operators.in_op)


def is_single(conditions: Iterable[ClauseElement], own: Set[FromClause], froms: Sequence[FromClause]) -> bool:
    """Whether no row of the root stands in two rows of a select: each other table has one row for it at most.

    A table has one where conditions equate all columns of a key of it with values that are known by then.

    Args:
        conditions: those of the select.
        own: the tables of the root.
        froms: the FROM clauses of the select.
    """
    known = {*own}
    waiting = [leaf for leaf in leaves(froms) if leaf not in known]
    equations = [
        (left, right)
        for condition in (*_ons(froms), *conditions)
        for part in conjuncts(condition)
        if isinstance(part, BinaryExpression) and part.operator is operators.eq
        for left, right in ((part.left, part.right), (part.right, part.left))
    ]
    found = True
    while waiting and found:
        found = False
        for leaf in waiting:
            given = {
                getattr(left, "key", None)
                for left, right in equations
                if getattr(left, "table", None) == leaf and known.issuperset(tables_of(right))
            }
            if any(key and key <= given for key in _key_names(leaf)):
                waiting.remove(leaf)
                known.add(leaf)
                found = True
                break
    return not waiting


def _key_names(leaf: FromClause) -> Iterator[frozenset[object]]:
    """The names of the columns of each key of a table, of an alias of one, or of a subquery: its GROUP BY columns."""
    grouped = leaf.element if isinstance(leaf, Subquery) else None
    if isinstance(grouped, Select):
        columns = group_columns(cast("Select[Any]", grouped))
        # SQLAlchemy finds no column of a function, and fails at the search.
        found = (column for column in columns if isinstance(column, ColumnClause | UnaryExpression))
        groups = [leaf.corresponding_column(cast("Any", column)) for column in found]
        names = [column.key for column in groups if column is not None]
        if names and len(names) == len(columns):
            yield frozenset(names)
    table = cast("object", leaf.element if isinstance(leaf, Alias) else leaf)
    if isinstance(table, Table):
        yield from (frozenset(column.key for column in key) for key in keys_of_table(cast("Table", table)))


def may_lack(source: FromClause, own: Set[FromClause]) -> bool:
    """Whether a FROM clause has rows without the root: it stands behind an outer join."""
    if not isinstance(source, Join):
        return False
    if source.full:
        return True
    if source.isouter and not own.isdisjoint(leaves((source.right,))):
        return True
    return may_lack(source.left, own) or may_lack(source.right, own)


def refuse_shared_keys(entity: type) -> None:
    """Refuse pages of a class whose rows are those of several tables, in which the same key may stand.

    Raises:
        ConfigurationError: it is one, and what to do.
    """
    names = _classes_with_tables(entity)
    if len(names) > 1:
        raise ConfigurationError(
            f"{entity.__name__} has the rows of {', '.join(names)}, each with a table of its own (concrete"
            " inheritance), where several rows may have one key: pages need a total order, so page each class by"
            " itself, or use joined or single table inheritance"
        )


@made_once
def _classes_with_tables(entity: type) -> list[str]:
    """The names of the classes whose tables hold the rows of a class, one table of each hierarchy that shares a key."""
    mapper = mapper_of(entity)
    # The union of an AbstractConcreteBase is its own table, and no polymorphic load.
    read = {*mapper.with_polymorphic_mappers, *(each for each in mapper.self_and_descendants if each.concrete)}
    parts: set[object] = {*visitors.iterate(mapper.selectable)}
    owners = [each for each in read if each.concrete or each.inherits is None]
    tables = [(each, cast("object", each.local_table)) for each in owners]
    return sorted(each.class_.__name__ for each, table in tables if isinstance(table, Table) and table in parts)


def is_read_elsewhere(entity: Any) -> bool:
    """Whether a class is read from a union of tables, and not from its own: SQLAlchemy replaces its columns by those of
    the union only where a select has the whole class.
    """
    inspected: Mapper[Any] | object = inspect(entity)
    if not isinstance(inspected, Mapper):
        return False
    rows = inspected.selectable
    return rows is not inspected.local_table and inspected.local_table not in leaves((rows,))
