"""Validated requests: a backend gets nothing else.

Only `validate` makes a `Filter` and an `Order`; a `Statement` comes from applying them. Each carries the schema it was
validated against, so that nothing validated for one endpoint reaches another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from pyrsql.cursor import CursorFormat, Digests, digest
from pyrsql.errors import ConfigurationError
from pyrsql.language.nodes import Node
from pyrsql.models.backend import BackendStatement, LoweredFilter, Position
from pyrsql.models.schema import Schema
from pyrsql.page import PageRequest
from pyrsql.validation.canonical import filter_text, order_text
from pyrsql.validation.predicates import OrderKey, Predicate, RelationPath
from pyrsql.validation.total_order import completing

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, eq=False)
class Filter:
    """A filter that may be applied.

    Args:
        schema: the schema that it was validated against.
        predicate: the condition on rows; None when it leaves nothing out.
        cacheable: its text alone decides what it means: no code of the developer's takes part.
        node: its tree.
        recurs: it is repeated, so its lowered form is worth keeping.
    """

    schema: Schema
    predicate: Predicate | None
    cacheable: bool = False
    node: Node | None = None
    recurs: bool = False

    def lower(self, scope: Mapping[RelationPath, object]) -> LoweredFilter | None:
        """The lowered predicate for every target with this scope; None when it leaves nothing out."""
        if self.predicate is None:
            return None
        return self.schema.orm.lower(self.predicate, scope, self.schema.query_options)

    @cached_property
    def digest(self) -> bytes:
        """Its digest in the cursors of its pages."""
        return digest(filter_text(self.node))


@dataclass(frozen=True, eq=False)
class Order:
    """A total order.

    Args:
        schema: the schema that its keys were validated against.
        keys: the keys a client sorts by, most important first.
        completing: the keys that make the order total. An order that a base statement has itself comes before them.
        cacheable: its text alone decides what it means.
    """

    schema: Schema
    keys: tuple[OrderKey, ...]
    completing: tuple[OrderKey, ...]
    cacheable: bool = False

    @cached_property
    def digest(self) -> bytes:
        """Its digest in the cursors of its pages."""
        schema = self.schema
        return digest(order_text(schema.model.name, self.keys + self.completing, schema.sort_options))


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Generic[TargetT]):
    """A narrowed, perhaps sorted target.

    Args:
        schema: the schema of its filter and order.
        lowered: the target as the backend left it.
        filter: the filter that narrowed it.
        order: the order of its rows; None until it is sorted.
    """

    schema: Schema
    lowered: BackendStatement[TargetT]
    filter: Filter
    order: Order | None = None

    @property
    def select(self) -> TargetT:
        """The statement itself, ready to be executed: a `Select`, or the rows of the memory backend."""
        return self.lowered.target

    def page(self, page: PageRequest | None) -> TargetT:
        """One page of it, in a total order; None takes every row."""
        if page is None:
            return self.lowered.target
        missing = completing(self.schema.model) if self.order is None else ()
        return self.schema.orm.page(self.lowered, self.schema.model, missing, page.offset, page.limit)

    def count(self) -> Any:
        """The count of all rows: a `Select[tuple[int]]`, or a number without a database."""
        return self.schema.orm.count(self.lowered, self.schema.model)


Lower = Callable[[Filter, Mapping[RelationPath, object]], LoweredFilter | None]
"""Lowers a filter for the targets with a scope: `Filter.lower`, or the same with a cache."""


def filtered(target: TargetT, filter: Filter, lower: Lower = Filter.lower) -> Statement[TargetT]:
    """A target, such as a select, narrowed to the rows that pass a filter."""
    schema = filter.schema
    lowered = schema.orm.filter(target, schema.model, schema.query_options, partial(lower, filter))
    return Statement(schema, lowered, filter)


def ordered(statement: Statement[TargetT], order: Order | None) -> Statement[TargetT]:
    """A statement in an order; None leaves it as it is.

    Raises:
        ConfigurationError: the order was validated for another schema.
    """
    if order is None:
        return statement
    schema = statement.schema
    if order.schema is not schema:
        raise ConfigurationError(
            "this order was validated for another schema, which may allow fields that this one forbids"
        )
    lowered = schema.orm.sort(statement.lowered, schema.model, order.keys, order.completing, schema.sort_options)
    return Statement(schema, lowered, statement.filter, order)


@dataclass(frozen=True, slots=True)
class Seek:
    """A page by position, validated: the cursor belongs to this order and this filter.

    Args:
        size: how many rows it has.
        position: where it begins.
        digests: the order and filter that its cursors belong to.
        format: how its cursors are written.
    """

    size: int
    position: Position
    digests: Digests
    format: CursorFormat


@dataclass(frozen=True, slots=True, eq=False)
class Criteria:
    """A whole request, validated. `order`, `page` and `seek` are None where it has none.

    A request asks for a page by its number, which is `page`, or by its position, which is `seek`.
    """

    filter: Filter
    order: Order | None = None
    page: PageRequest | None = None
    seek: Seek | None = None


@dataclass(frozen=True, slots=True)
class PaginatedSelect(Generic[TargetT]):
    """One page, and the count of the rows on all pages.

    Args:
        statement: the page.
        whole: the statement of all pages.
    """

    statement: TargetT
    whole: Statement[TargetT]

    @property
    def count_statement(self) -> Any:
        """The count: a `Select[tuple[int]]`, or a number where there is no database."""
        return self.whole.count()
