"""Some related row, as the keys of the rows that have one: SQLite begins at the index of the related table then.

SQLite evaluates EXISTS once per row of the outer table. `key IN (SELECT foreign_key …)` lets it find the few related
rows first, and look their owners up. It finds all of them, whatever the page and the rest of the filter: where they are
many, EXISTS ends early.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from sqlalchemy import Boolean, ColumnElement, FromClause, Join, Select, and_, inspect, literal, not_, select, true
from sqlalchemy.orm import QueryableAttribute, RelationshipProperty
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.cardinality import conjuncts, equated_columns
from pyrsql.orms.sqlalchemy.joins import alias_for
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.select_parts import Entity
from pyrsql.validation.predicates import (
    Between,
    Compare,
    Complement,
    Conjunction,
    Custom,
    Disjunction,
    Match,
    Member,
    Null,
    Predicate,
    RelationPath,
    Some,
    relation_paths,
    starts_with,
)


class SomeRow(FunctionElement[bool]):
    """Some related row passes: as EXISTS, and as a key that is among the foreign keys of the rows that pass.

    With a NULL among the foreign keys the second is unknown where the first is false: the same rows. A negation takes
    the first, unless many rows share a key: then each of them would look for the same related rows.
    """

    inherit_cache: bool | None = True
    type: TypeEngine[Any] = Boolean()

    def __init__(self, exists: ColumnElement[bool], among: ColumnElement[bool], *, shared: bool = False) -> None:
        super().__init__(exists, among)
        self.exists = exists
        self.among = among
        self.shared = shared

    def self_group(self, against: object = None) -> Any:
        """The element itself: SQLAlchemy would add `= 1`, which keeps MariaDB from making a join of it."""
        return self

    def _negate(self) -> ColumnElement[bool]:
        if self.shared:
            return SomeRow(not_(self.exists), self.among.is_not(true()), shared=True)
        # The rows without one are many: a database finds out for each that it returns.
        return not_(self.exists)


class SomeRowInRange(SomeRow):
    """The same where the rows that pass may be few or many, which only the database could know."""

    inherit_cache: bool | None = True


class RelatedKeys(NamedTuple):
    """The related rows of a relation, by their foreign key.

    Args:
        entity: the related entity.
        key: what the foreign key refers to, a column of the entity that the relation leads on from.
        rows: a select of the foreign key, of related rows and nothing else.
    """

    entity: Entity
    key: ColumnElement[Any]
    rows: Select[Any]


@made_once
def related_keys(parent: Entity, path: RelationPath) -> RelatedKeys | None:
    """The keys of the rows at the end of a path; None where more than one plain foreign key leads there.

    Args:
        parent: the entity that the last step leads on from.
        path: the path.
    """
    entity, link = alias_for(parent, path)
    if not isinstance(link, QueryableAttribute):
        return None
    prop = cast("RelationshipProperty[Any]", link.property)
    pairs = prop.synchronize_pairs
    if not prop.uselist or len(pairs) != 1 or len([*conjuncts(prop.primaryjoin)]) != 1:
        return None
    ((local, foreign),) = pairs
    if foreign not in equated_columns(prop.primaryjoin, prop) or getattr(local, "nullable", True) is not False:
        return None
    key: ColumnElement[Any] = getattr(parent, inspect(parent).mapper.get_property_by_column(local).key)
    if prop.secondary is None:
        column = _column_of(inspect(entity).selectable, foreign)
        return None if column is None else RelatedKeys(entity, key, select(column).select_from(entity).correlate(None))
    return _keys_through_table(prop, entity, key, foreign)


def some_key(key: ColumnElement[Any], rows: Select[Any]) -> ColumnElement[bool]:
    """Some related row passes, by EXISTS over the distinct foreign keys of the rows that do: for an OR on PostgreSQL.

    There PostgreSQL makes no join of EXISTS. It looks for a related row per row, and guesses that each look ends early;
    where no related row passes, each reads the whole table. It knows how many distinct keys there are, and reads
    them once where that is cheaper and they fit into memory.

    Args:
        key: what a foreign key refers to.
        rows: a select of this foreign key.
    """
    keys = rows.distinct().subquery()
    (foreign,) = keys.c
    return select(literal(1)).select_from(keys).where(foreign == key).correlate_except(keys).exists()


def _keys_through_table(
    prop: RelationshipProperty[Any], entity: Entity, key: ColumnElement[Any], foreign: ColumnElement[Any]
) -> RelatedKeys | None:
    """The foreign key in the table between, joined to the related rows; None where several tables stand between."""
    if isinstance(prop.secondary, Join):
        return None
    between = cast("FromClause", prop.secondary).alias()
    links = prop.secondary_synchronize_pairs or ()
    column = _column_of(between, foreign)
    pairs = [(_column_of(inspect(entity).selectable, there), _column_of(between, here)) for there, here in links]
    if column is None or len([*conjuncts(cast("Any", prop.secondaryjoin))]) != len(pairs):
        return None
    on = [there == here for there, here in pairs if there is not None and here is not None]
    if len(on) != len(pairs):
        return None
    return RelatedKeys(entity, key, select(column).select_from(entity).join(between, and_(*on)).correlate(None))


def _column_of(source: Any, column: ColumnElement[Any]) -> ColumnElement[Any] | None:
    """The column of a FROM clause that stands for a column of its table."""
    return cast("ColumnElement[Any] | None", source.corresponding_column(column))


def is_within(predicate: Predicate | None, path: RelationPath) -> bool:
    """Whether a predicate is about the rows at the end of a path alone. A custom operator may be about anything."""
    match predicate:
        case None:
            return True
        case Conjunction(parts) | Disjunction(parts):
            return all(is_within(part, path) for part in parts)
        case Complement(inner):
            return is_within(inner, path)
        case Some(further, inner):
            return starts_with(further, path) and is_within(inner, further)
        case Custom():
            return False
        case Compare() | Match() | Member() | Between() | Null():
            return all(starts_with(needed, path) for needed in relation_paths(predicate.operand))
