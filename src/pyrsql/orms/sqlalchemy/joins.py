"""How a statement reaches what a path leads to: joins for to-one relations, EXISTS for to-many ones."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Alias, Boolean, FromClause, Select, inspect, literal_column, not_, select
from sqlalchemy.orm import QueryableAttribute, aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.models.model import Relation
from pyrsql.options import FieldOptions, JoinHint
from pyrsql.orms.sqlalchemy.select_parts import Entity
from pyrsql.validation.predicates import RelationPath, starts_with

Scope = Mapping[RelationPath, Entity]
"""Which entity stands for the end of each path that has been reached; `()` is the root."""

_REMEMBERED = 1_024
"""Aliases of paths that are kept. A long path of a client may push another out, which is then made again."""

_ONE: ColumnElement[int] = literal_column("1")

_lock = threading.Lock()

SelectT = TypeVar("SelectT", bound=Select[Any])


class Join(NamedTuple):
    """One join of a statement: the relationship that it follows, and whether it keeps rows without a related row."""

    link: QueryableAttribute[Any]
    outer: bool


def joins_to(scope: Scope, paths: Iterable[RelationPath], options: FieldOptions) -> tuple[tuple[Join, ...], Scope]:
    """The joins that lead along to-one paths as far as they are not joined yet, and what is reached with them.

    Args:
        scope: the entities that have been reached so far.
        paths: to-one paths, each with all of its steps.
        options: their join hints decide between LEFT OUTER and INNER.
    """
    reached = dict(scope)
    joins: list[Join] = []
    for path in paths:
        for end in range(1, len(path) + 1):
            steps = path[:end]
            if steps not in reached:
                reached[steps], link = alias_for(reached[steps[:-1]], steps)
                joins.append(Join(link, is_outer(steps[-1], options)))
    return tuple(joins), reached


def with_joins(select: SelectT, joins: Iterable[Join]) -> SelectT:
    """A select with more joins."""
    for link, outer in joins:
        select = select.join(link, isouter=outer)
    return select


def some_row(rows: Select[Any]) -> ColumnElement[bool]:
    """A subquery has a row."""
    return rows.exists()


class Unmerged(FunctionElement[bool]):
    """An EXISTS among many, or its negation, written so that no database takes exponential time to plan it.

    MySQL and MariaDB make joins of all EXISTS of a WHERE clause, and try every order of them: ten keep MariaDB busy for
    minutes.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, exists: ColumnElement[bool]) -> None:
        super().__init__(exists)

    def self_group(self, against: object = None) -> Any:
        """The element itself: a database that has no booleans would get `= 1`."""
        return self

    def _negate(self) -> ColumnElement[bool]:
        (exists,) = self.clauses
        return Unmerged(not_(exists))


def some_row_unmerged(rows: Select[Any]) -> ColumnElement[bool]:
    """A subquery has a row, where many subqueries of a filter ask so."""
    return Unmerged(rows.exists())


def correlated_subquery(
    scope: Scope, prefix: RelationPath, paths: Collection[RelationPath], options: FieldOptions
) -> tuple[Select[Any], Scope]:
    """A correlated `SELECT 1` of the rows at the end of `prefix`, and what it has reached.

    One subquery for all steps: PostgreSQL plans each that is nested in another twice, and so 30 of them never.

    Args:
        scope: the entities that have been reached outside, the steps before the first to-many one included.
        prefix: the path to the rows.
        paths: whole paths; the to-one steps that they take beyond the prefix are joined inside.
        options: their join hints.
    """
    first = first_step(scope, prefix)
    entity, rows = rows_at(scope[first[:-1]], first)
    return beyond(rows, {**scope, first: entity}, first, prefix, paths, options)


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
) -> tuple[Select[Any], Scope]:
    """A subquery of the rows at the end of `first` with the joins to the end of `prefix` and of `paths`."""
    reached = dict(scope)
    for path in (prefix, *sorted((path for path in paths if starts_with(path, prefix)), key=len)):
        for end in range(len(first) + 1, len(path) + 1):
            further = path[:end]
            if further not in reached:
                reached[further], link = alias_for(reached[further[:-1]], further)
                rows = rows.join(link, isouter=end > len(prefix) and is_outer(further[-1], options))
    return rows, reached


@lru_cache(maxsize=_REMEMBERED)
def rows_at(parent: Entity, path: RelationPath) -> tuple[Entity, Select[Any]]:
    """The entity at the end of a path, and a correlated `SELECT 1` of its rows.

    The statement is about the entity itself: unlike `any()` and `has()` it keeps the conditions of a subclass and of
    `with_loader_criteria` on the alias.

    Args:
        parent: the entity that the last step leads on from.
        path: the path.
    """
    entity, link = alias_for(parent, path)
    # As a condition, a relationship attribute is its join condition.
    rows = select(_ONE).select_from(entity).where(cast("ColumnElement[bool]", link))
    return entity, rows.correlate_except(entity)


def alias_for(parent: Entity, path: RelationPath) -> tuple[Entity, QueryableAttribute[Any]]:
    """The alias that stands for the end of a path, and the relationship attribute that leads there.

    An alias, so that two paths to one table never meet. Statements share it: to make one costs more than most of what
    is made with it.

    Args:
        parent: the entity that the last step leads on from.
        path: the path.
    """
    # Under a lock, so that all threads get the same alias.
    with _lock:
        return _alias_for(parent, path)


@lru_cache(maxsize=_REMEMBERED)
def _alias_for(parent: Entity, path: RelationPath) -> tuple[Entity, QueryableAttribute[Any]]:
    link = attribute(parent, path[-1])
    entity = _alias_of(link.property.entity)
    # SQLAlchemy indexes the columns of an alias when it first looks for one, bit by bit and under no lock: a second
    # thread would miss some, and take those of the table itself.
    alias = inspect(entity)
    alias.selectable.corresponding_column(alias.mapper.primary_key[0])
    return entity, link.of_type(entity)


def _alias_of(target: Any) -> Entity:
    """A new alias of the entity of a relationship: of a class, or of an alias of a subquery."""
    own = cast("FromClause", target.selectable)
    if isinstance(own, Alias):
        # The join condition names the columns of this alias, and not those of the table.
        return aliased(target.mapper, cast("FromClause", own.alias()))
    return aliased(target.entity)


def attribute(entity: Entity, relation: Relation) -> QueryableAttribute[Any]:
    """The relationship attribute of an entity."""
    return cast("QueryableAttribute[Any]", getattr(entity, cast("str", relation.source)))


def is_outer(relation: Relation, options: FieldOptions) -> bool:
    """Whether rows without a related row are kept."""
    return options.join_hints.get(f"{relation.owner}.{relation.name}") is not JoinHint.INNER
