"""The backend: what the pipeline asks of it, as SQLAlchemy statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from sqlalchemy import Select

from pyrsql.cursor import Carried, Position
from pyrsql.errors import ConfigurationError
from pyrsql.models.backend import BackendStatement, LoweredFilter, Sought
from pyrsql.models.model import Model
from pyrsql.models.schema import Schema, schema_for
from pyrsql.options import DEFAULT_QUERY_OPTIONS, QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import keyset, statement
from pyrsql.orms.sqlalchemy.dialects import (
    default,
    mssql,
    mysql,
    mysql_json,
    postgresql,
    postgresql_json,
    sqlite,
    sqlite_json,
)
from pyrsql.orms.sqlalchemy.joins import Scope, base_scope
from pyrsql.orms.sqlalchemy.predicates import CustomLowering, CustomPredicatePayload, LoweringContext
from pyrsql.orms.sqlalchemy.reflect import reflect
from pyrsql.orms.sqlalchemy.statement import ReachedClauses
from pyrsql.validation.predicates import OrderKey, Predicate, RelationPath

__all__ = ["CustomPredicatePayload", "SQLAlchemyORM", "schema"]

TargetT = TypeVar("TargetT")

FORMS = (default, mssql, sqlite, sqlite_json, postgresql, postgresql_json, mysql, mysql_json)
"""The files that say how constructs are written: their import registers the forms."""


class SQLAlchemyORM:
    """Lowers filters, sorts and pages to SQLAlchemy's `Select`. Holds configuration only; share one freely.

    Args:
        custom_predicates: name of a custom operator -> function from a `CustomPredicatePayload` to a condition.
    """

    def __init__(self, custom_predicates: Mapping[str, CustomLowering] | None = None) -> None:
        self.custom_predicates = dict(custom_predicates or {})

    def model(self, entity: type) -> Model:
        """Describe a mapped class. Raises ConfigurationError for a class that is not mapped."""
        return reflect(entity)

    def scope(self, target: object, model: Model) -> Scope:
        """The entities that a select has reached by itself: its root, and the to-one relations that it joins.

        Raises:
            ConfigurationError: the target is no select that a condition can narrow.
        """
        return base_scope(statement.narrowable(target), model)

    def lower(
        self, predicate: Predicate, scope: Mapping[RelationPath, object], options: QueryOptions
    ) -> ReachedClauses:
        """The joins and conditions of a predicate.

        Raises:
            ConfigurationError: a custom operator has no lowering.
        """
        self._check(options)
        return statement.lowered(predicate, scope, LoweringContext(options, self.custom_predicates))

    def filter(
        self,
        target: TargetT,
        model: Model,
        scope: Mapping[RelationPath, object],
        lowered: LoweredFilter | None,
        options: QueryOptions,
    ) -> BackendStatement[TargetT]:
        """Narrow a select to the rows that pass a filter.

        Raises:
            ConfigurationError: a custom operator has no lowering.
        """
        self._check(options)
        select, reached = cast("Select[Any]", target), scope
        if isinstance(lowered, ReachedClauses):
            select, reached = statement.filtered(select, lowered)
        if options.distinct:
            select, reached = statement.distinct(select, reached, model)
        return _lowered(select, select, reached)

    def _check(self, options: QueryOptions) -> None:
        if options.custom_predicates and (missing := options.custom_predicates.keys() - self.custom_predicates.keys()):
            raise ConfigurationError(f"no lowering for the custom operator {min(missing)!r}: give it to SQLAlchemyORM")

    def sort(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        completing: tuple[OrderKey, ...],
        options: SortOptions,
    ) -> BackendStatement[TargetT]:
        """Order a select by the keys, then by its own order, then by the keys that complete it."""
        reached = _scope(lowered, model)
        select, scope = statement.sorted_by(_select(lowered), reached, model, keys, completing, options)
        unsorted = statement.narrowed_by_sort(cast("Select[Any]", lowered.unsorted), reached, keys, options)
        return _lowered(select, unsorted, scope)

    def page(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        completing: tuple[OrderKey, ...],
        offset: int,
        limit: int,
    ) -> TargetT:
        """`limit` rows after the first `offset`, in the order of the select, then by the keys that complete it."""
        root = _scope(lowered, model)[()]
        return cast("TargetT", statement.page(_select(lowered), root, model, completing, offset, limit))

    def can_seek(
        self, keys: tuple[OrderKey, ...], options: SortOptions, values: tuple[tuple[Carried, ...], ...]
    ) -> bool:
        """Whether values that a client sent can stand for a row in this order."""
        return keyset.can_seek(keys, options, values)

    def seek(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        options: SortOptions,
        position: Position,
        limit: int,
    ) -> Sought[TargetT]:
        """The `limit` rows next to a position of a sorted select.

        Raises:
            ConfigurationError: the base statement has an order, a cut or groups of its own.
        """
        unsorted = cast("Select[Any]", lowered.unsorted)
        found = keyset.sought(_select(lowered), unsorted, keys, options, position, limit)
        return cast("Sought[TargetT]", found)

    def count(self, lowered: BackendStatement[TargetT], model: Model) -> Select[Any]:
        """A select of the number of rows, without the sort, its joins, and the page."""
        return statement.count(cast("Select[Any]", lowered.unsorted), _scope(lowered, model)[()], model)


def schema(
    entity: type,
    options: QueryOptions = DEFAULT_QUERY_OPTIONS,
    sort_options: SortOptions | None = None,
    *,
    orm: SQLAlchemyORM | None = None,
) -> Schema:
    """The schema of a mapped class: the fields and rights of its clients. Build it once, when the application starts.

    Args:
        entity: the class.
        options: how filters are validated.
        sort_options: how sorts are validated; without them sorts get the names, rights and functions of `options`.
        orm: the backend; needed only for custom operators.

    Raises:
        ConfigurationError: the class is not mapped.
    """
    return schema_for(entity, orm=orm or SQLAlchemyORM(), options=options, sort_options=sort_options)


def _lowered(target: object, unsorted: object, scope: Any) -> BackendStatement[Any]:
    return BackendStatement(target, unsorted, scope)


def _select(lowered: BackendStatement[Any]) -> Select[Any]:
    return cast("Select[Any]", lowered.target)


def _scope(lowered: BackendStatement[Any], model: Model) -> Scope:
    """The scope of the select; it is worked out now if no filter has needed it."""
    return cast("Scope", lowered.joins) or base_scope(_select(lowered), model)
