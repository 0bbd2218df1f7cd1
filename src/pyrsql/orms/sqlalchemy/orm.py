"""The backend of the pipeline, on SQLAlchemy statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from sqlalchemy import Select

from pyrsql.errors import ConfigurationError
from pyrsql.given import refuse_no_functions
from pyrsql.models.backend import BackendStatement, Carried, LoweredFilter, Position, Sought
from pyrsql.models.model import Model
from pyrsql.models.schema import Schema, schema_for
from pyrsql.options import DEFAULT_QUERY_OPTIONS, QueryOptions, SortOptions
from pyrsql.orms.custom import CustomPredicatePayload
from pyrsql.orms.sqlalchemy import keyset, statement
from pyrsql.orms.sqlalchemy.base_statements import BaseStatement, base_statement
from pyrsql.orms.sqlalchemy.cardinality import refuse_shared_keys
from pyrsql.orms.sqlalchemy.dialects import (
    default,
    mssql,
    mysql,
    mysql_json,
    postgresql,
    postgresql_json,
    shared,
    sqlite,
    sqlite_json,
)
from pyrsql.orms.sqlalchemy.predicates import CustomLowering, LoweringContext
from pyrsql.orms.sqlalchemy.reflect import reflect
from pyrsql.orms.sqlalchemy.statement import ReachedClauses
from pyrsql.validation.predicates import OrderKey, Predicate, RelationPath

__all__ = ["CustomPredicatePayload", "SQLAlchemyORM", "schema"]

TargetT = TypeVar("TargetT")

FORMS = (
    default,
    mssql,
    shared,
    sqlite,
    sqlite_json,
    postgresql,
    postgresql_json,
    mysql,
    mysql_json,
)
"""The files that say how constructs are written: their import registers the forms."""


class SQLAlchemyORM:
    """Lowers filters, sorts and pages to SQLAlchemy's `Select`. Holds configuration only; share one freely.

    Args:
        custom_predicates: name of a custom operator -> function from a `CustomPredicatePayload` to a condition.
    """

    def __init__(self, custom_predicates: Mapping[str, CustomLowering] | None = None) -> None:
        refuse_no_functions(custom_predicates=custom_predicates or {})
        self.custom_predicates: Mapping[str, CustomLowering] = dict(custom_predicates or {})

    def model(self, entity: type) -> Model:
        """Describe a mapped class. Raises ConfigurationError for a class that is not mapped."""
        return reflect(entity)

    def lower(
        self, predicate: Predicate, scope: Mapping[RelationPath, object], options: QueryOptions
    ) -> ReachedClauses:
        """The joins and conditions of a predicate."""
        return statement.lowered(predicate, scope, LoweringContext(options, self.custom_predicates))

    def filter(
        self,
        target: TargetT,
        model: Model,
        options: QueryOptions,
        lower: Callable[[Mapping[RelationPath, object]], LoweredFilter | None],
    ) -> BackendStatement[TargetT]:
        """Narrow a base statement to the rows that pass a filter.

        Raises:
            ConfigurationError: a filter would give it another meaning, and what to write instead; or a custom operator
                has no lowering.
        """
        for operator in options.custom_predicates:
            if operator not in self.custom_predicates:
                raise ConfigurationError(f"no lowering for the custom operator {operator!r}: give it to SQLAlchemyORM")
        base = base_statement(target, model, distinct=options.distinct)
        lowered = lower(base.scope)
        narrowed = statement.filtered(base, lowered) if isinstance(lowered, ReachedClauses) else base
        return _statement(narrowed, narrowed.select)

    def sort(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        completing: tuple[OrderKey, ...],
        options: SortOptions,
    ) -> BackendStatement[TargetT]:
        """Order a select by the keys, then by its own order, then by the keys that complete it."""
        ordered = statement.sorted_by(_base(lowered, model), model, keys, completing, options)
        unsorted = cast("Select[Any]", lowered.unsorted)
        if options.join_hints:
            # INNER joins by hint leave rows out of the count as well.
            unsorted = statement.narrowed_by_sort(_unsorted(lowered, model), keys, options)
        return _statement(ordered, unsorted)

    def page(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        completing: tuple[OrderKey, ...],
        offset: int,
        limit: int,
    ) -> TargetT:
        """`limit` rows after the first `offset`, in the order of the select, then by the keys that complete it."""
        refuse_shared_keys(model.type)
        return cast("TargetT", statement.page(_base(lowered, model), model, completing, offset, limit))

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
            ConfigurationError: the base statement has an order, a cut or groups of its own, or no total order.
        """
        refuse_shared_keys(model.type)
        base = _base(lowered, model)
        if base.unpaged:
            raise ConfigurationError(base.unpaged)
        unsorted = cast("Select[Any]", lowered.unsorted)
        found = keyset.sought(base, unsorted, keys, options, position, limit)
        return cast("Sought[TargetT]", found)

    def count(self, lowered: BackendStatement[TargetT], model: Model) -> Select[Any]:
        """A select of the number of rows, without the sort, its joins, and the page."""
        return statement.count(_unsorted(lowered, model))


def refuse_unpaged(lowered: BackendStatement[Any], model: Model, *, by_cursor: bool = False) -> None:
    """Refuse a statement that cannot be sorted or paged, before a client asks for it.

    Args:
        lowered: the statement; a filter may have narrowed it.
        model: the model that it selects.
        by_cursor: its pages are by cursor.

    Raises:
        ConfigurationError: it is one, and what to write instead.
    """
    refuse_shared_keys(model.type)
    base = _base(lowered, model)
    if base.unsorted or base.unpaged:
        raise ConfigurationError(base.unsorted or base.unpaged)
    if by_cursor:
        keyset.refuse_base(cast("Select[Any]", lowered.unsorted))


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


def _statement(base: BaseStatement, unsorted: Select[Any]) -> BackendStatement[Any]:
    return BackendStatement(base.select, unsorted, base)


def _base(lowered: BackendStatement[Any], model: Model) -> BaseStatement:
    """The base statement of a target, worked out now if no filter has needed it."""
    return lowered.notes if isinstance(lowered.notes, BaseStatement) else base_statement(lowered.target, model)


def _unsorted(lowered: BackendStatement[Any], model: Model) -> BaseStatement:
    """The statement that is counted. It has the rows of the sorted one."""
    base = _base(lowered, model)
    return base.changed(cast("Select[Any]", lowered.unsorted), base.scope)
