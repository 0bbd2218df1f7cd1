"""What was proven: the only things that a backend is given.

Only `validate` makes a `Filter` and an `Order`; a `Statement` comes from applying them. Each carries the schema it was
proven against, so that nothing proven for one endpoint reaches another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pyrsql.orms.base import Lowered
from pyrsql.page import PageRequest
from pyrsql.predicates import OrderKey, Predicate
from pyrsql.schema import Schema

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that may be applied. `predicate` is None when it leaves nothing out."""

    schema: Schema
    predicate: Predicate | None


@dataclass(frozen=True, slots=True)
class Order:
    """The keys a client sorts by, most important first. The backend completes them to a total order."""

    schema: Schema
    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True)
class Statement(Generic[TargetT]):
    """A narrowed, perhaps sorted target with the schema it was made for. `order` is None until it is sorted."""

    schema: Schema
    lowered: Lowered[TargetT]
    order: Order | None = None

    @property
    def select(self) -> TargetT:
        """The statement itself, ready to be executed: a `Select`, or the rows of the memory backend."""
        return self.lowered.target


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything one request asks for. `order` and `page` are None where it asks for none."""

    filter: Filter
    order: Order | None = None
    page: PageRequest | None = None


@dataclass(frozen=True, slots=True)
class PaginatedSelect(Generic[TargetT]):
    """One page and what counts all rows, page aside.

    `count_statement` is what the backend counts with: a `Select[tuple[int]]`, or a number where there is no database.
    """

    statement: TargetT
    count_statement: Any
