"""Whether a subquery, or a relation, may lead to the same row of a class several times: by keys, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnClause,
    ColumnElement,
    CompoundSelect,
    False_,
    FromClause,
    Join,
    Label,
    Select,
    Table,
    True_,
    inspect,
    not_,
)
from sqlalchemy.orm import ColumnProperty, RelationshipProperty
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.selectable import AliasedReturnsRows, SelectBase

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy.cardinality import conjuncts, is_single, keys_of_table, leaves
from pyrsql.orms.sqlalchemy.entities import Entity, key_columns, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.select_parts import (
    conditions,
    group_columns,
    is_distinct,
    is_distinct_on,
    own_froms,
    tables_of,
)


@made_once
def may_repeat(prop: RelationshipProperty[Any]) -> bool:
    """Whether a relationship may lead from a row to the same other row several times.

    It does where the table between may have several rows for a pair: the join conditions have to equate all columns of
    a key of that table. It also does where it leads to a subquery that repeats rows.
    """
    target = prop.entity
    if target.is_aliased_class and repeats_rows(target.entity):
        return True
    if prop.secondary is None:
        return False
    own: set[FromClause] = {*prop.parent.tables, *prop.mapper.tables, *tables_of(target.selectable)}
    between = {*leaves([prop.secondary])}
    joined = [condition for condition in (prop.primaryjoin, prop.secondaryjoin) if condition is not None]
    return not between.isdisjoint(own) or not is_single(joined, own, [prop.secondary])


def refuse_subquery(root: Entity) -> None:
    """Refuse an alias of a subquery that may repeat rows, or lacks columns that a path or a page may need.

    Raises:
        ConfigurationError: it is one, and what to write instead.
    """
    name = mapper_of(root).class_.__name__
    if repeats_rows(root):
        raise ConfigurationError(
            f"the subquery of the base statement may have several rows for one {name}, which pages would repeat and"
            f" skip: narrow {name} by its key, as in select(User).where(User.id.in_(select(rows.c.id))), or use union()"
            " for union_all(), and any() or distinct() for a join"
        )
    if lacking := lacking_columns(root):
        raise ConfigurationError(
            f"the subquery of the base statement lacks {', '.join(map(repr, lacking))} of {name}, for which SQLAlchemy"
            f" would read the table beside it: select {name} in it, as in aliased(User, select(User).subquery())"
        )


@made_once
def lacking_columns(entity: Entity) -> list[str]:
    """The attributes of columns that an alias of a subquery does not have. SQLAlchemy takes those of the table then."""
    if not inspect(entity).is_aliased_class:
        return []
    rows, mapper = rows_of(entity), mapper_of(entity)
    own = {*leaves([rows])}
    joining = {column for prop in mapper.relationships for column in prop.local_columns}

    def has(prop: ColumnProperty[Any], column: Column[Any]) -> bool:
        if any(rows.corresponding_column(cast("Column[Any]", each)) is not None for each in prop.columns):
            return True
        # `adapt_on_names` takes a column by its name alone, but not in the join condition of a relation.
        return column.key in rows.c and column not in joining and own.issuperset(tables_of(getattr(entity, prop.key)))

    props = [(prop, prop.columns[0]) for prop in mapper.column_attrs]
    return [prop.key for prop, column in props if isinstance(column, Column) and not has(prop, column)]


@made_once
def repeats_rows(entity: Entity) -> bool:
    """Whether an entity is an alias of a subquery or a join, several of whose rows may be the same one of its class."""
    if not inspect(entity).is_aliased_class:
        return False
    mapper, rows = mapper_of(entity), rows_of(entity)
    source: object = rows
    # A class may be mapped to a subquery itself, and says what its key is.
    own = {mapper.selectable, mapper.persist_selectable, mapper.local_table}
    while isinstance(source, AliasedReturnsRows) and source not in own and not isinstance(source.element, SelectBase):
        source = source.element
    if source in own or isinstance(source, Table):
        return False
    if isinstance(source, Join):
        return not is_single((), {table for key in key_columns(entity) for table in tables_of(key)}, [rows])
    keys = cast("Sequence[Column[Any]]", mapper.primary_key)
    found = [rows.corresponding_column(key) for key in keys]
    # `adapt_on_names` takes a column by its name alone.
    names = [key.key if column is None else column.key for key, column in zip(keys, found, strict=True)]
    return not _is_unique(rows, names)


def _is_unique(source: object, names: Sequence[str]) -> bool:
    """Whether no two rows of a FROM clause share the values of columns."""
    while isinstance(source, AliasedReturnsRows):
        if isinstance(source.element, SelectBase):
            keys = list(cast("FromClause", source).c.keys())
            return all(name in keys for name in names) and _selects_once(source.element, [*map(keys.index, names)])
        source = source.element
    return isinstance(source, Table) and _has_key(cast("Table", source), names)


def _has_key(table: Table, names: Sequence[str]) -> bool:
    keys = ({column.key for column in cast("Any", key)} for key in keys_of_table(table))
    return any(key and key <= {*names} for key in keys)


def _selects_once(rows: SelectBase, places: Sequence[int]) -> bool:
    """Whether no two rows of a select share the values of the columns in some places."""
    keys = [_selected(rows)[place] for place in places]
    names = [str(key.key) for key in keys]
    if isinstance(rows, CompoundSelect):
        return _is_unique_compound(cast("CompoundSelect[Any]", rows), places, names)
    if not isinstance(rows, Select):
        return False
    select = cast("Select[Any]", rows)
    if is_distinct(select) and not is_distinct_on(select) and _has_equal_rows(select, names):
        return True
    source = _table(keys[0])
    if any(_table(key) is not source for key in keys) or not _is_unique(source, names):
        return False
    groups = group_columns(select)
    if groups and all(_table(group) is source for group in groups):
        return True
    return is_single(conditions(select), {cast("FromClause", source)}, select.get_final_froms())


def _is_unique_compound(rows: CompoundSelect[Any], places: Sequence[int], names: Sequence[str]) -> bool:
    parts, keyword = _parts(rows), str(rows.keyword.value)
    if not keyword.startswith("UNION"):
        # EXCEPT and INTERSECT take rows away from the first part.
        return _selects_once(parts[0], places)
    if keyword == "UNION" and _has_equal_rows(rows, names):
        return True
    return all(_selects_once(part, places) for part in parts) and all(
        _are_disjoint(one, other) for one, other in combinations(parts, 2)
    )


def _parts(rows: CompoundSelect[Any]) -> list[SelectBase]:
    """The selects that are united, without the parentheses around them."""
    return [cast("SelectBase", getattr(part, "element", part)) for part in rows.selects]


def _has_equal_rows(rows: SelectBase, names: Sequence[str]) -> bool:
    """Whether rows with the same values of columns are equal, so that DISTINCT or UNION keeps one of them."""
    table = _only_table(rows)
    return table is not None and _has_key(table, names)


def _only_table(rows: SelectBase) -> Table | None:
    """The table of which each row of a select is a row, or a part of one, with values computed from this row alone.

    None where there are several tables, or none.
    """
    if isinstance(rows, CompoundSelect):
        parts = _parts(cast("CompoundSelect[Any]", rows))
        tables = {_only_table(part) for part in parts}
        return tables.pop() if len(tables) == 1 and _select_the_same(parts) else None
    columns = _selected(rows)
    sources = {table for column in columns if (table := _table(column)) is not None}
    source = sources.pop() if len(sources) == 1 else None
    if not all(_table(column) is not None or _is_of_row(column, rows, source) for column in columns):
        return None
    while isinstance(source, AliasedReturnsRows):
        if isinstance(source.element, SelectBase):
            return _only_table(source.element)
        source = source.element
    return cast("Table", source) if isinstance(source, Table) else None


def _select_the_same(parts: Sequence[SelectBase]) -> bool:
    """Whether selects have columns of the same names in the same places, and equal expressions where they compute."""
    first, *others = [_selected(part) for part in parts]
    names = [column.key for column in first]
    return all(
        [column.key for column in columns] == names
        and all(
            None not in (_table(one), _table(other)) or one.compare(other)
            for one, other in zip(first, columns, strict=True)
        )
        for columns in others
    )


def _is_of_row(column: ColumnElement[Any], rows: SelectBase, source: object) -> bool:
    """Whether a select computes a column from one of the tables that it reads, and none of the others."""
    if not isinstance(rows, Select):
        return False
    others = {*leaves(cast("Select[Any]", rows).get_final_froms())} - {source}
    return others.isdisjoint(_tables_read(column))


def _tables_read(value: ColumnElement[Any]) -> Iterator[object]:
    """The tables that an expression reads, without those that a subquery in it reads by itself."""
    stack: list[tuple[Any, frozenset[FromClause]]] = [(value, frozenset())]
    while stack:
        element, inside = stack.pop()
        if isinstance(element, Select):
            inside |= {*leaves(own_froms(cast("Select[Any]", element)))}
        if isinstance(element, ColumnClause) and element.table not in inside:
            yield element.table
        stack.extend((child, inside) for child in cast("Any", element).get_children())


def _selected(rows: SelectBase) -> list[ColumnElement[Any]]:
    """The columns of a select, without a label that is their own name."""
    return [
        column.element if isinstance(column, Label) and column.name == column.element.key else column
        for column in rows.selected_columns
    ]


def _are_disjoint(one: SelectBase, other: SelectBase) -> bool:
    """Whether a condition of one select excludes a condition of another, on the columns of one row."""
    if not (isinstance(one, Select) and isinstance(other, Select)):
        return False
    others = _conditions_of_row(cast("Select[Any]", other))
    return any(_exclude(left, right) for left in _conditions_of_row(cast("Select[Any]", one)) for right in others)


def _conditions_of_row(select: Select[Any]) -> list[ColumnElement[bool]]:
    tables = {_table(column) for column in _selected(select)}
    parts = [part for condition in conditions(select) for part in conjuncts(condition)]
    return [part for part in parts if len(tables) == 1 and {*tables_of(part)} == tables]


def _exclude(left: ColumnElement[bool], right: ColumnElement[bool]) -> bool:
    if {*tables_of(left)} != {*tables_of(right)}:
        return False
    if left.compare(not_(right)) or right.compare(not_(left)):
        return True
    if not (isinstance(left, BinaryExpression) and isinstance(right, BinaryExpression)):
        return False
    mine, other = _constant(left), _constant(right)
    return bool(mine and other and _differ(*mine, *other) and left.left.compare(right.left))


def _differ(one: object, other: object) -> bool:
    """Whether no value equals two constants, on any database: collations ignore case, accents and blanks at the end."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return type(one) is type(other) and one != other
    letters = (one + other).replace("_", "")
    return letters.isascii() and letters.isalnum() and one.lower() != other.lower()


def _constant(condition: BinaryExpression[Any]) -> tuple[object] | None:
    """The constant that a condition sets its left side equal to."""
    if condition.operator not in _EQUAL:
        return None
    match condition.right:
        case True_():
            return (True,)
        case False_():
            return (False,)
        case BindParameter(value=value, required=False, unique=True):
            return (cast("object", value),)
        case _:
            return None


_EQUAL: tuple[Callable[..., Any], ...] = (operators.eq, operators.is_)


def _table(column: ColumnElement[Any]) -> object:
    return getattr(column, "table", None)
