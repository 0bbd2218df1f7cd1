"""What a backend must provide."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    # A protocol needs no more than the names of what it is given.
    from pyrsql.models.model import Model
    from pyrsql.options import QueryOptions, SortOptions
    from pyrsql.validation.predicates import OrderKey, Predicate

TargetT = TypeVar("TargetT")


class BackendStatement(NamedTuple, Generic[TargetT]):
    """A target on its way through a backend.

    Args:
        target: narrowed and, once sorted, sorted.
        unsorted: narrowed only: what a count is made from.
        joins: how the paths of the target were reached so far; the backend's own notes.
    """

    target: TargetT
    unsorted: TargetT
    joins: Mapping[object, object] = MappingProxyType({})


class ORM(Protocol):
    """A backend: it describes models, and lowers what was proven. It never fails on what a client sent."""

    @property
    def custom_predicates(self) -> Mapping[str, object]:
        """The custom operators that it can lower, by name."""
        ...

    def __hash__(self) -> int:
        """A backend is part of the key by which schemas are remembered."""
        ...

    @property
    def lasting(self) -> bool:
        """Its targets never change, so that what was made of one can be given again: so do statements, not rows."""
        ...

    def model(self, entity: type) -> Model:
        """Describe a class. Raises ConfigurationError for one that the backend does not know."""
        ...

    def filter(
        self, target: TargetT, model: Model, predicate: Predicate | None, options: QueryOptions
    ) -> BackendStatement[TargetT]:
        """Narrow a target (a select, a list) to the rows that the predicate is true for; None narrows nothing."""
        ...

    def sort(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        completing: tuple[OrderKey, ...],
        options: SortOptions,
    ) -> BackendStatement[TargetT]:
        """Order by the keys, then by any order the target has itself, then by the keys that complete it."""
        ...

    def page(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        completing: tuple[OrderKey, ...],
        offset: int,
        limit: int,
    ) -> TargetT:
        """`limit` rows after the first `offset`, in the order of the target, then by the keys that complete it."""
        ...

    def count(self, lowered: BackendStatement[TargetT], model: Model) -> object:
        """What gives the number of rows without the page: a statement, or a number."""
        ...
