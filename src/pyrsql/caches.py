"""Everything that is kept between requests. The stages themselves are pure.

A function here returns the result of a stage, or the same result from before. All caches of a schema together hold
13 MB of values at most, for any requests. Nothing is kept where the code of the developer gives a text its meaning: see
`cacheable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from returns.result import Result, Success

from pyrsql.language.nodes import Node, SortKey
from pyrsql.models.backend import LoweredFilter
from pyrsql.models.schema import Schema
from pyrsql.problems import Problems
from pyrsql.text_cache import TextCache
from pyrsql.validation.plan import Filter, Order
from pyrsql.validation.predicates import RelationPath
from pyrsql.validation.validate import NO_ORDER, read_filter, read_sort, validate_filter
from pyrsql.validation.weight import weight_of

_MB = 2**20


class SchemaCaches(NamedTuple):
    """The caches of one schema."""

    filters: TextCache[Result[Filter, Problems]]
    orders: TextCache[Result[Order | None, Problems]]
    clauses: TextCache[LoweredFilter]


@lru_cache(maxsize=256)
def caches_of(schema: Schema) -> SchemaCaches:
    """The caches of a schema, empty until a text is repeated. They hold 13 MB of values at most."""
    filters, sorts = schema.query_options.cached_texts, schema.sort_options.cached_texts
    return SchemaCaches(
        filters=TextCache(filters, 4 * _MB),
        orders=TextCache(sorts, _MB),
        clauses=TextCache(filters, 8 * _MB),
    )


def validated_filter(
    schema: Schema, written: str | Node | None, max_problems: int | None = None
) -> Result[Filter, Problems]:
    """A filter, as text or tree, parsed and validated."""
    if written is None:
        return validate_filter(schema, None)
    cache = caches_of(schema).filters
    known = cache.get(written)
    if known is not None:
        return known
    made = read_filter(schema, written, max_problems=max_problems)
    filter = made.unwrap() if isinstance(made, Success) else None
    if filter is not None and filter.cacheable and cache.recurs(written):
        filter = replace(filter, recurs=True)
        made = Success(filter)
        cache.keep(written, made, weight_of(written, filter.node, filter.predicate))
    return made


def validated_order(schema: Schema, written: str | tuple[SortKey, ...] | None) -> Result[Order | None, Problems]:
    """A sort, as text or keys, parsed and validated."""
    if not written:
        return NO_ORDER
    cache = caches_of(schema).orders
    known = cache.get(written)
    if known is not None:
        return known
    made = read_sort(schema, written)
    order = made.unwrap() if isinstance(made, Success) else None
    if order is not None and order.cacheable and cache.recurs(written):
        cache.keep(written, made, weight_of(written, order.keys))
    return made


def lowered_filter(filter: Filter, scope: Mapping[RelationPath, object]) -> LoweredFilter | None:
    """The clauses of a filter for every target with the same scope."""
    if not filter.recurs or filter.predicate is None:
        return filter.lower(scope)
    key, cache = (filter, *scope.items()), caches_of(filter.schema).clauses
    known = cache.get(key)
    if known is not None:
        return known
    made = filter.lower(scope)
    if made is not None and cache.recurs(key):
        cache.keep(key, made, made.weight)
    return made
