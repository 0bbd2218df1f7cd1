"""What was proven: the only things that a backend is given.

Only `validate` makes a `Filter` and an `Order`; a `Statement` comes from applying them. Each carries the schema it was
proven against, so that nothing proven for one endpoint reaches another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from pyrsql.cursor import CursorFormat, Digests, Position
from pyrsql.language.nodes import Node
from pyrsql.models.backend import BackendStatement
from pyrsql.models.schema import Schema
from pyrsql.page import PageRequest
from pyrsql.recent import Memory, remembered
from pyrsql.validation.predicates import OrderKey, Predicate
from pyrsql.validation.total_order import completing

TargetT = TypeVar("TargetT")


class Filter(NamedTuple):
    """A filter that may be applied.

    Args:
        schema: what it was proven against.
        predicate: what rows must pass; None when it leaves nothing out.
        settled: its text alone decides what it means, so that it means the same when the text comes again.
        node: the tree that was proven.
        memory: the statement that was made of it last; None where it is not kept.
    """

    schema: Schema
    predicate: Predicate | None
    settled: bool = False
    node: Node | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """A total order.

    Args:
        schema: what its keys were proven against.
        keys: the keys a client sorts by, most important first.
        completing: the keys that make the order total. An order that a base statement has itself comes before them.
        settled: its text alone decides what it means.
    """

    schema: Schema
    keys: tuple[OrderKey, ...]
    completing: tuple[OrderKey, ...]
    settled: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Generic[TargetT]):
    """A narrowed, perhaps sorted target.

    Args:
        schema: what it was made for.
        lowered: the target as the backend left it.
        filter: what it was narrowed by.
        order: what it is sorted by; None until it is sorted.
        memory: the sorted statement, the page and the count that were made of it last; None where it is not kept.
    """

    schema: Schema
    lowered: BackendStatement[TargetT]
    filter: Filter
    order: Order | None = None
    memory: Memory | None = None

    @property
    def select(self) -> TargetT:
        """The statement itself, ready to be executed: a `Select`, or the rows of the memory backend."""
        return self.lowered.target

    def page(self, page: PageRequest | None) -> TargetT:
        """One page of it, in a total order; None takes every row."""
        if page is None:
            return self.lowered.target
        return remembered(self.memory, "page", page, partial(_page, self, page))

    def count(self) -> Any:
        """What the backend counts all of its rows with: a `Select[tuple[int]]`, or a number without a database."""
        return remembered(self.memory, "count", None, partial(_count, self))


class Seek(NamedTuple):
    """A page by position, proven: the cursor belongs to this order and this filter.

    Args:
        size: how many rows it has.
        position: where it begins.
        digests: what its own cursors belong to.
        format: how its cursors are written.
    """

    size: int
    position: Position
    digests: Digests
    format: CursorFormat


class Criteria(NamedTuple):
    """Everything one request asks for. `order`, `page` and `seek` are None where it asks for none.

    A request asks for a page by its number, which is `page`, or by its position, which is `seek`.
    """

    filter: Filter
    order: Order | None = None
    page: PageRequest | None = None
    seek: Seek | None = None

    @property
    def settled(self) -> bool:
        """The texts of the request alone decide what it means."""
        return self.filter.settled and (self.order is None or self.order.settled)


@dataclass(frozen=True, slots=True)
class PaginatedSelect(Generic[TargetT]):
    """One page, and what counts all rows, page aside.

    Args:
        statement: the page.
        whole: what it is a page of.
    """

    statement: TargetT
    whole: Statement[TargetT]

    @property
    def count_statement(self) -> Any:
        """What the backend counts with: a `Select[tuple[int]]`, or a number where there is no database."""
        return self.whole.count()


def _page(statement: Statement[TargetT], page: PageRequest) -> TargetT:
    schema = statement.schema
    missing = completing(schema.model) if statement.order is None else ()
    return schema.orm.page(statement.lowered, schema.model, missing, page.offset, page.limit)


def _count(statement: Statement[Any]) -> object:
    return statement.schema.orm.count(statement.lowered, statement.schema.model)
