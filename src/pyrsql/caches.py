"""Everything that is kept between requests. The stages themselves are pure.

A function here returns the result of a stage, or the same result from before. All caches of a schema together hold
14 MB of values at most, for any requests. Nothing is kept where the developer's own code gives a text its meaning: see
`cacheable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import NamedTuple

from returns.result import Result, Success

from pyrsql.language.nodes import Node, SortKey
from pyrsql.models.backend import LoweredFilter
from pyrsql.models.schema import Purpose, Schema
from pyrsql.problems import Problems
from pyrsql.text_cache import TextCache
from pyrsql.validation.plan import Filter, Order
from pyrsql.validation.predicates import RelationPath
from pyrsql.validation.selectors import Resolution, Unresolved, resolve
from pyrsql.validation.validate import read_filter, read_sort, validate_filter
from pyrsql.validation.weight import weight_of

_MB = 2**20


class SchemaCaches(NamedTuple):
    """The caches of one schema."""

    selectors: TextCache[Resolution | Unresolved]
    filters: TextCache[Result[Filter, Problems]]
    orders: TextCache[Result[Order | None, Problems]]
    clauses: TextCache[LoweredFilter | None]


@lru_cache(maxsize=256)
def caches_of(schema: Schema) -> SchemaCaches:
    """The caches of a schema, empty until a text is repeated. They hold 14 MB of values at most."""
    filters, sorts = schema.query_options.cached_texts, schema.sort_options.cached_texts
    return SchemaCaches(
        TextCache(1_024, _MB), TextCache(filters, 4 * _MB), TextCache(sorts, _MB), TextCache(filters, 8 * _MB)
    )


def resolution(schema: Schema, purpose: Purpose, selector: str) -> Resolution | Unresolved:
    """The resolution of a selector, without suggestions where there is none."""

    def admit(made: Resolution | Unresolved) -> tuple[Resolution | Unresolved, int] | None:
        return (made, weight_of(selector, made.operand)) if isinstance(made, Resolution) else None

    make = partial(resolve, schema, purpose, selector, suggest=False)
    return caches_of(schema).selectors.recall((purpose, selector), make, admit)


def validated_filter(
    schema: Schema, written: str | Node | None, max_problems: int | None = None
) -> Result[Filter, Problems]:
    """A filter, as text or tree, parsed and validated."""
    if written is None:
        return validate_filter(schema, None)

    def admit(made: Result[Filter, Problems]) -> tuple[Result[Filter, Problems], int] | None:
        if not isinstance(made, Success) or not (filter := made.unwrap()).cacheable:
            return None
        return Success(replace(filter, recurs=True)), weight_of(written, filter.node, filter.predicate)

    make = partial(read_filter, schema, written, resolver=resolution, max_problems=max_problems)
    return caches_of(schema).filters.recall(written, make, admit)


def validated_order(schema: Schema, written: str | tuple[SortKey, ...] | None) -> Result[Order | None, Problems]:
    """A sort, as text or keys, parsed and validated."""
    if not written:
        return read_sort(schema, None)

    def admit(made: Result[Order | None, Problems]) -> tuple[Result[Order | None, Problems], int] | None:
        order = made.unwrap() if isinstance(made, Success) else None
        return (made, weight_of(written, order.keys)) if order is not None and order.cacheable else None

    make = partial(read_sort, schema, written, resolver=resolution)
    return caches_of(schema).orders.recall(written, make, admit)


def lowered_filter(filter: Filter, scope: Mapping[RelationPath, object]) -> LoweredFilter | None:
    """The clauses of a filter for every target with the same scope."""
    if not filter.recurs:
        return filter.lower(scope)

    def admit(made: LoweredFilter | None) -> tuple[LoweredFilter | None, int]:
        return made, 0 if made is None else made.weight

    make = partial(filter.lower, scope)
    return caches_of(filter.schema).clauses.recall((filter, *scope.items()), make, admit)
