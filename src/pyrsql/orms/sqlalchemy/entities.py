"""Entities: mapped classes, and aliases of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Column, FromClause, SelectBase, inspect, tuple_
from sqlalchemy.orm import Mapper, QueryableAttribute
from sqlalchemy.sql.elements import ColumnElement

from pyrsql.models.model import Field, Relation

Entity = Any
"""A mapped class or an alias of one: SQLAlchemy has no type for both."""


def mapper_of(entity: Entity) -> Mapper[Any]:
    """The mapping of an entity's class."""
    return cast("Mapper[Any]", inspect(entity).mapper)


def rows_of(entity: Entity) -> FromClause:
    """The table, the join or the alias that has the rows of an entity."""
    return cast("FromClause", inspect(entity).selectable)


def keys_of(entity: Entity) -> list[ColumnElement[Any]]:
    """The attributes of an entity that its primary key maps to."""
    mapper = mapper_of(entity)
    return [getattr(entity, mapper.get_property_by_column(column).key) for column in mapper.primary_key]


def key_columns(entity: Entity) -> list[Column[Any]]:
    """The columns of an entity's rows that its primary key is."""
    rows: Any = rows_of(entity)
    return [rows.corresponding_column(column) for column in mapper_of(entity).primary_key]


def are_among(keys: Sequence[ColumnElement[Any]], rows: SelectBase) -> ColumnElement[bool]:
    """Some row has these keys. Several are a row value, which an index on all of them serves."""
    return keys[0].in_(rows) if len(keys) == 1 else tuple_(*keys).in_(rows)


def attribute(entity: Entity, member: Field | Relation) -> QueryableAttribute[Any]:
    """The attribute of an entity that a field or a relation is."""
    return cast("QueryableAttribute[Any]", getattr(entity, cast("str", member.source)))
