"""Some related row, as the keys of the rows that have one: SQLite begins at the index of the related table then.

SQLite evaluates EXISTS once per row of the outer table. `key IN (SELECT foreign_key …)` lets it find the few related
rows first, and look their owners up. It finds all of them, on any page and beside any other
condition: where they are many, EXISTS ends early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Join,
    Select,
    and_,
    literal,
    not_,
    select,
    true,
)
from sqlalchemy.orm import QueryableAttribute, RelationshipProperty

from pyrsql.orms.sqlalchemy.cardinality import conjuncts, equated_columns
from pyrsql.orms.sqlalchemy.elements import Condition, TwoForms
from pyrsql.orms.sqlalchemy.entities import Entity, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.joins import alias_for
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.names import with_free_names
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


class SomeRow(Condition):
    """Some related row passes: as EXISTS, and as a key that is among the foreign keys of the rows that pass.

    With a NULL among the foreign keys the second is unknown where the first is false: the same rows. A negation takes
    the first, unless many rows share a key: then each of them would look for the same related rows.
    """

    def __init__(self, exists: ColumnElement[bool], among: ColumnElement[bool], *, shared: bool = False) -> None:
        super().__init__(exists, among)
        self.shared = shared

    def _negate(self) -> ColumnElement[bool]:
        exists, among = self.clauses
        if self.shared:
            return SomeRow(not_(exists), among.is_not(true()), shared=True)
        # The rows without one are many: a database finds out for each that it returns.
        return not_(exists)


class SomeRowInRange(SomeRow):
    """The same where the rows that pass may be few or many, which only the database could know."""


class KeysOnPostgreSQL(TwoForms):
    """Some row passes of the related rows that many rows share: by the distinct keys of those that pass on PostgreSQL.

    There a LIMIT makes it look at the related rows of one row after the other, in the hope that few looks are enough.
    Where no row passes, each look reads the same related rows again. A statement of few rows has few looks.
    """


class KeysOnMySQL(TwoForms):
    """The same on MySQL and MariaDB, where they make no join of an EXISTS, and look at one row after the other."""


class RelatedKeys(NamedTuple):
    """The related rows of a relation, by their foreign key.

    Args:
        entity: the related entity.
        key: what the foreign key refers to, columns of the entity that the relation leads on from.
        rows: a select of the foreign key, of related rows and nothing else.
    """

    entity: Entity
    key: tuple[ColumnElement[Any], ...]
    rows: Select[Any]


@made_once
def related_keys(parent: Entity, path: RelationPath) -> RelatedKeys | None:
    """The keys of the rows at the end of a path; None where more than plain foreign keys lead there.

    Args:
        parent: the entity that the last step leads on from.
        path: the path.
    """
    entity, link = alias_for(parent, path)
    if not isinstance(link, QueryableAttribute):
        return None
    prop = cast("RelationshipProperty[Any]", link.property)
    pairs = prop.synchronize_pairs
    if not prop.uselist or not pairs or len([*conjuncts(prop.primaryjoin)]) != len(pairs):
        return None
    foreign = [there for _, there in pairs]
    if not equated_columns(prop.primaryjoin, prop).issuperset(foreign):
        return None
    if any(getattr(local, "nullable", True) is not False for local, _ in pairs):
        return None
    mapper = mapper_of(parent)
    key = tuple(getattr(parent, mapper.get_property_by_column(local).key) for local, _ in pairs)
    if prop.secondary is not None:
        return _keys_through_table(prop, entity, key, foreign)
    columns = _columns_of(rows_of(entity), foreign)
    return None if columns is None else RelatedKeys(entity, key, select(*columns).select_from(entity).correlate(None))


def some_key(related: RelatedKeys, rows: Select[Any], *, once: bool = False) -> ColumnElement[bool]:
    """Some related row passes, by EXISTS over the distinct foreign keys of the rows that do.

    In an OR PostgreSQL makes no join of EXISTS. It looks for a related row per row, and guesses that each look ends
    early; where no related row passes, each reads the whole table. It knows how many distinct keys there are, and
    reads them once where that is cheaper and they fit into memory.

    Args:
        related: the related rows.
        rows: a select of the foreign key of those that pass.
        once: the keys are kept. PostgreSQL makes a join of an EXISTS outside of an OR, and reads them again for each
            row of the other side where it expects one and finds many.
    """
    distinct = rows.distinct()
    keys = (
        select(distinct.cte("passing_keys", nesting=True).prefix_with("MATERIALIZED", dialect="postgresql"))
        if once
        else distinct
    ).subquery()
    same = [foreign == key for foreign, key in zip(keys.c, related.key, strict=True)]
    return select(literal(1)).select_from(keys).where(*same).correlate_except(keys).exists()


def _keys_through_table(
    prop: RelationshipProperty[Any],
    entity: Entity,
    key: tuple[ColumnElement[Any], ...],
    foreign: Sequence[ColumnElement[Any]],
) -> RelatedKeys | None:
    """The foreign key in the table between, joined to the related rows; None where several tables stand between."""
    if isinstance(prop.secondary, Join) or not _has_keys_of_both(prop):
        return None
    between = with_free_names(cast("FromClause", prop.secondary).alias(), prop.parent.class_)
    links = prop.secondary_synchronize_pairs or ()
    columns = _columns_of(between, foreign)
    there = _columns_of(rows_of(entity), [there for there, _ in links])
    here = _columns_of(between, [here for _, here in links])
    if columns is None or len([*conjuncts(cast("Any", prop.secondaryjoin))]) != len(links) or not (there and here):
        return None
    on = and_(*(one == other for one, other in zip(there, here, strict=True)))
    return RelatedKeys(entity, key, select(*columns).select_from(entity).join(between, on).correlate(None))


def _has_keys_of_both(prop: RelationshipProperty[Any]) -> bool:
    """Whether the foreign keys of a relation stand in the table between. One that is mapped, too, may have none."""
    columns = {*cast("FromClause", prop.secondary).c}
    pairs = (*prop.synchronize_pairs, *(prop.secondary_synchronize_pairs or ()))
    return all(foreign in columns for _, foreign in pairs)


def _columns_of(source: Any, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]] | None:
    """The columns of a FROM clause that stand for columns of its table; None where it lacks one."""
    found = [source.corresponding_column(column) for column in columns]
    return None if any(column is None for column in found) else found


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
