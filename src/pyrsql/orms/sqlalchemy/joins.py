"""How a statement reaches the end of a path: joins for to-one relations, EXISTS for to-many ones."""

from __future__ import annotations

import operator
import threading
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary, ref

from sqlalchemy import (
    Alias,
    Column,
    ColumnClause,
    FromClause,
    Select,
    and_,
    exists,
    inspect,
    literal_column,
    not_,
    select,
)
from sqlalchemy import Join as SQLJoin
from sqlalchemy.orm import ColumnProperty, QueryableAttribute, aliased
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import AliasedReturnsRows

from pyrsql.models.model import Relation
from pyrsql.options import FieldOptions, JoinHint
from pyrsql.orms.sqlalchemy.cardinality import joined_rows, leaves
from pyrsql.orms.sqlalchemy.correlation import about_own_tables, has_subquery
from pyrsql.orms.sqlalchemy.elements import Condition
from pyrsql.orms.sqlalchemy.entities import Entity, attribute, key_columns, keys_of, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.names import with_free_names
from pyrsql.orms.sqlalchemy.select_parts import tables_of
from pyrsql.orms.sqlalchemy.subclasses import SubclassRow
from pyrsql.orms.sqlalchemy.textual import grouped
from pyrsql.validation.predicates import RelationPath, starts_with

Scope = Mapping[RelationPath, Entity]
"""Which entity stands for the end of each path that has been reached; `()` is the root."""

_ONE: ColumnElement[int] = literal_column("1")

_lock = threading.Lock()

SelectT = TypeVar("SelectT", bound=Select[Any])


Link = QueryableAttribute[Any] | ColumnElement[bool]
"""A step to an entity: a relationship attribute; or a condition where no relationship leads there, or where one has
subqueries, which are about their own tables then."""


class Join(NamedTuple):
    """One join of a statement: the entity that it reaches, how, and whether it keeps rows without a related row."""

    entity: Entity
    link: Link
    outer: bool


def joins_to(
    scope: Scope, paths: Iterable[RelationPath], options: FieldOptions, passed: Collection[RelationPath] = ()
) -> tuple[tuple[Join, ...], Scope]:
    """The missing joins along to-one paths, and the scope that they reach.

    Args:
        scope: the entities that have been reached so far.
        paths: to-one paths, each with all of its steps.
        options: their join hints decide between LEFT OUTER and INNER.
        passed: paths that lead to a row for every row of the result.
    """
    reached = dict(scope)
    joins: list[Join] = []
    for path in paths:
        for end in range(1, len(path) + 1):
            steps = path[:end]
            if steps not in reached:
                reached[steps], link = alias_for(reached[steps[:-1]], steps)
                joins.append(Join(reached[steps], link, _is_outer(steps, options, passed)))
    return tuple(joins), reached


def with_joins(select: SelectT, joins: Iterable[Join]) -> SelectT:
    """A select with more joins."""
    for entity, link, outer in joins:
        if isinstance(link, QueryableAttribute):
            select = select.join(link, isouter=outer)
        else:
            # The rows, and not the entity: they have its criteria already, and SQLAlchemy would not adapt them here.
            select = select.join(rows_of(entity), link, isouter=outer)
    return select


class Unmerged(Condition):
    """An EXISTS among many, or its negation, written so that no database takes exponential time to plan it.

    MySQL and MariaDB make joins of all EXISTS of a WHERE clause, and try every order of them: ten keep MariaDB busy for
    minutes.
    """

    def _negate(self) -> ColumnElement[bool]:
        (exists,) = self.clauses
        return Unmerged(not_(exists))


class OfOneRow(Condition):
    """A condition on the related rows of one row. Their key finds these rows, and no index of the condition does.

    A subquery that is evaluated for each row reads no more than all related rows, once, where it begins at the key.
    """


def correlated_subquery(
    scope: Scope,
    prefix: RelationPath,
    paths: Collection[RelationPath],
    options: FieldOptions,
    passed: Collection[RelationPath] = (),
) -> tuple[Select[Any], Scope]:
    """A correlated `SELECT 1` of the rows at the end of `prefix`, and the scope that it reaches.

    One subquery for all steps: PostgreSQL plans each that is nested in another twice, and so 30 of them never.

    Args:
        scope: the entities that have been reached outside, the steps before the first to-many one included.
        prefix: the path to the rows.
        paths: whole paths; the to-one steps that they take beyond the prefix are joined inside.
        options: their join hints.
        passed: paths that lead to a row for every row of the result.
    """
    first = first_step(scope, prefix)
    entity, rows = rows_at(scope[first[:-1]], first)
    return beyond(rows, {**scope, first: entity}, first, prefix, paths, options, passed)


def first_step(scope: Scope, path: RelationPath) -> RelationPath:
    """The beginning of a path up to its first step that has not been reached."""
    return path[: max(end for end in range(len(path)) if path[:end] in scope) + 1]


def beyond(
    rows: Select[Any],
    scope: Scope,
    first: RelationPath,
    prefix: RelationPath,
    paths: Collection[RelationPath],
    options: FieldOptions,
    passed: Collection[RelationPath] = (),
) -> tuple[Select[Any], Scope]:
    """A subquery of the rows at the end of `first` with the joins to the end of `prefix` and of `paths`.

    The subquery joins its own aliases beyond `first`, also where the statement around it has joined the same paths.
    """
    reached = {path: entity for path, entity in scope.items() if path == first or not starts_with(path, first)}
    for path in (prefix, *sorted((path for path in paths if starts_with(path, prefix)), key=len)):
        for end in range(len(first) + 1, len(path) + 1):
            further = path[:end]
            if further not in reached:
                reached[further], link = alias_for(reached[further[:-1]], further)
                outer = end > len(prefix) and _is_outer(further, options, passed)
                rows = with_joins(rows, [Join(reached[further], link, outer)])
    return rows, reached


@made_once
def rows_at(parent: Entity, path: RelationPath) -> tuple[Entity, Select[Any]]:
    """The entity at the end of a path, and a correlated `SELECT 1` of its rows.

    The statement is about the entity itself: unlike `any()` and `has()` it keeps the conditions of a subclass and of
    `with_loader_criteria` on the alias.

    Args:
        parent: the entity that the last step leads on from.
        path: the path.
    """
    entity, link = alias_for(parent, path)
    joined = isinstance(link, QueryableAttribute) and isinstance(link.property.secondary, SQLJoin)
    condition = (_some_between if joined else _condition)(parent, entity, link)
    rows = select(_ONE).select_from(entity).where(grouped(condition))
    return entity, rows.correlate_except(entity)


def alias_for(parent: Entity, path: RelationPath) -> tuple[Entity, Link]:
    """The alias that stands for the end of a path, and what leads there.

    An alias, so that two paths to one table never meet. Statements share it: to make one costs more than most of what
    is made with it.

    Args:
        parent: the entity that the last step leads on from.
        path: the path.
    """
    # Under a lock, so that all threads get the same alias.
    with _lock:
        return _alias_for(parent, path)


@made_once
def _alias_for(parent: Entity, path: RelationPath) -> tuple[Entity, Link]:
    relation = path[-1]
    of_subclass = isinstance(relation.source, SubclassRow)
    target = inspect(target_of(parent, relation))
    by_condition = of_subclass or _has_subquery(target, attribute(parent, relation).prop)
    entity = _alias_of_rows(target.entity) if by_condition else _alias_of(target)
    _prepare(entity)
    alias = inspect(entity)
    _aliases.update(dict.fromkeys(leaves([alias.selectable]), (ref(alias), target)))
    if of_subclass:
        return entity, and_(*map(operator.eq, keys_of(entity), keys_of(parent)))
    link = attribute(parent, relation).of_type(entity)
    if not by_condition:
        return entity, link
    return entity, (_condition if link.property.secondary is None else _some_between)(parent, entity, link)


def _has_subquery(target: Any, prop: Any) -> bool:
    """Whether a join by a relation would take the tables of its subqueries from the statement around it."""
    conditions = (prop.primaryjoin, prop.secondaryjoin)
    return target.is_mapper and any(each is not None and has_subquery(each) for each in conditions)


def _condition(parent: Entity, entity: Entity, link: Link) -> ColumnElement[bool]:
    # As a condition, a relationship attribute is its join condition.
    condition = and_(cast("ColumnElement[bool]", link))
    return about_own_tables(condition, [*tables_of(condition), rows_of(entity)], rows_of(parent))


def _some_between(parent: Entity, entity: Entity, link: Any) -> ColumnElement[bool]:
    """Some row between leads from one end of a relation to the other: of a table, or of a join of tables, whose ON the
    join condition alone would leave out.
    """
    condition = and_(link)
    between = aliased(cast("FromClause", link.property.secondary), flat=True)
    own = {leaf.element: leaf for leaf in leaves([between]) if isinstance(leaf, AliasedReturnsRows)}
    ends = {*leaves([rows_of(parent), rows_of(entity)])}
    # SQLAlchemy has given the tables between other aliases.
    read = [table for table in tables_of(condition) if table not in ends and isinstance(table, AliasedReturnsRows)]
    tables: dict[FromClause, Any] = {table: own[table.element] for table in read if table.element in own}

    def replaced(element: Any, **_: object) -> Any:
        if isinstance(element, ColumnClause):
            return tables[element.table].c[element.key] if element.table in tables else None
        if not isinstance(element, FromClause):
            return None
        rows = cast("FromClause", element)
        return (
            between if isinstance(rows, SQLJoin) and not tables.keys().isdisjoint(leaves([rows])) else tables.get(rows)
        )

    condition = visitors.replacement_traverse(condition, {}, replaced)
    condition = about_own_tables(condition, [*own.values(), rows_of(entity)], rows_of(parent))
    return exists(select(_ONE).select_from(between).where(condition).correlate_except(between))


def another(entity: Entity) -> Entity:
    """The second alias of the rows of an entity, which statements share as well."""
    with _lock:
        return _another(entity)


@made_once
def _another(entity: Entity) -> Entity:
    made = _alias_of(mapper_of(entity))
    _prepare(made)
    return made


def _prepare(entity: Entity) -> None:
    """SQLAlchemy indexes the columns of an alias when it first looks for one, bit by bit and under no lock: a second
    thread would miss some, and take those of the table itself.
    """
    key_columns(entity)


class AliasOfPath(NamedTuple):
    """The alias that stands for the end of a path, and the class or alias that it is one of, both inspected."""

    alias: Any
    original: Any


def aliases_of_paths(statement: Select[Any]) -> set[AliasOfPath]:
    """The aliases by which a statement reads the ends of paths."""
    found: set[AliasOfPath] = set()
    for part in visitors.iterate(statement):
        read: list[Any] = joined_rows(cast("Select[Any]", part)) if isinstance(part, Select) else [part]
        for alias, original in (_aliases[leaf] for leaf in leaves(read) if leaf in _aliases):
            if (alive := alias()) is not None:
                found.add(AliasOfPath(alive, original))
    return found


_aliases: WeakKeyDictionary[FromClause, tuple[ref[Any], Any]] = WeakKeyDictionary()
"""The aliases of paths, by the tables and subqueries that they read: a traversal leaves out the entities.

An alias has a reference to its table: by a strong one to the alias, the dictionary would keep all of them.
"""


def _alias_of_rows(subclass: Entity) -> Entity:
    """An alias of the rows of a class. Inside the subquery SQLAlchemy applies the criteria of the class."""
    stored = (prop.key for prop in mapper_of(subclass).column_attrs if _is_stored(prop))
    rows = select(*(getattr(subclass, name) for name in stored))
    return aliased(subclass, rows.subquery())


def _is_stored(prop: ColumnProperty[Any]) -> bool:
    """Whether a column attribute is a column of the class. Others are computed from the columns of the alias."""
    column = prop.columns[0]
    return isinstance(column, Column) and column.table in prop.parent.tables


def _alias_of(target: Any) -> Entity:
    """A new alias of the entity of a relationship: of a class, or of an alias of a subquery."""
    own = cast("FromClause", target.selectable)
    # The join condition names the columns of an alias, and not those of the table.
    rows = own.alias() if isinstance(own, Alias) else rows_of(aliased(target.entity, flat=True))
    with_free_names(rows, target.mapper.class_)
    # SQLAlchemy keeps a compiled statement by this name, too: it is no other one with an alias of the developer's.
    return aliased(target.mapper, rows, name="of a path")


def is_joined_by_path(joined: Entity, parent: Entity, relation: Relation) -> bool:
    """Whether a join of a relation reads what a path does: what it leads to, or an alias that a path made of that."""
    target = target_of(parent, relation)
    made = (_aliases[leaf] for leaf in leaves([rows_of(joined)]) if leaf in _aliases)
    return joined is target or any(
        alias() is inspect(joined) and original is inspect(target) for alias, original in made
    )


def target_of(parent: Entity, relation: Relation) -> Entity:
    """The class, or the alias, that a relation of an entity leads to."""
    if isinstance(relation.source, SubclassRow):
        return relation.source.subclass
    return attribute(parent, relation).property.entity.entity


def _is_outer(path: RelationPath, options: FieldOptions, passed: Collection[RelationPath]) -> bool:
    """Whether rows without a row at the end of a path are kept. Where a condition needs one, none are."""
    return is_outer(path[-1], options) and not any(starts_with(further, path) for further in passed)


def is_outer(relation: Relation, options: FieldOptions) -> bool:
    """Whether rows without a related row are kept."""
    return options.join_hints.get(f"{relation.owner}.{relation.name}") is not JoinHint.INNER
