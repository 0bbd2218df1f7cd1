"""A proven filter and a proven order, applied to a target by the backend of their schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pyrsql.errors import ConfigurationError
from pyrsql.models.backend import LoweredFilter
from pyrsql.validation.plan import Filter, Order, Statement
from pyrsql.validation.predicates import RelationPath

TargetT = TypeVar("TargetT")

Lower = Callable[[Filter, Mapping[RelationPath, object]], LoweredFilter | None]
"""Lowers a filter for the targets of one scope."""


def filtered(target: TargetT, proven: Filter, lower: Lower = Filter.lower) -> Statement[TargetT]:
    """A target, narrowed to the rows that pass a filter.

    Args:
        target: a select, or another target of the backend.
        proven: the filter.
        lower: lowers the filter: `Filter.lower`, or the same with a cache.
    """
    schema = proven.schema
    begun = schema.orm.begin(target, schema.model, schema.query_options)
    lowered = schema.orm.filter(begun, schema.model, lower(proven, begun.scope), schema.query_options)
    return Statement(schema, lowered, proven)


def ordered(statement: Statement[TargetT], proven: Order | None) -> Statement[TargetT]:
    """A statement in an order; None leaves it as it is.

    Raises:
        ConfigurationError: an order that was proven for another schema.
    """
    if proven is None:
        return statement
    schema = statement.schema
    if proven.schema is not schema:
        raise ConfigurationError("this order was proven for another schema: what it allows may be forbidden here")
    lowered = schema.orm.sort(statement.lowered, schema.model, proven.keys, proven.completing, schema.sort_options)
    return Statement(schema, lowered, statement.filter, proven)
