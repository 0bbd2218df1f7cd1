"""The protocol of a backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from pyrsql.errors import ConfigurationError

if TYPE_CHECKING:
    # Only the names of these types are needed.
    from pyrsql.models.model import Model
    from pyrsql.options import QueryOptions, SortOptions
    from pyrsql.validation.predicates import OrderKey, Predicate, RelationPath

TargetT = TypeVar("TargetT")
TargetT_co = TypeVar("TargetT_co", covariant=True)


Carried = str | None
"""The value of a key as a cursor carries it: a text that a backend has encoded, or None for NULL."""


class SortedInPart(str):
    """A value of a sort key by whose beginning alone the database sorts: no page can continue from it."""

    __slots__ = ()


class Position(NamedTuple):
    """A place in an ordered list: where a backend begins a page.

    Args:
        backward: the page ends before the position.
        values: the carried values of the keys at a row, one tuple per key; None for the start (or the end) of the list.
        few_ties: the rows before it that tie with it in all keys but the last one take a fifth of a page at most.
    """

    backward: bool
    values: tuple[tuple[Carried, ...], ...] | None = None
    few_ties: bool = False


class BackendStatement(NamedTuple, Generic[TargetT]):
    """A target on its way through a backend.

    Args:
        target: narrowed and, once sorted, sorted.
        unsorted: narrowed only: what a count is made from.
        notes: the knowledge of the backend about the target; None for a target that it has not looked at.
    """

    target: TargetT
    unsorted: TargetT
    notes: object = None


class Sought(Protocol[TargetT_co]):
    """A page by position, as a backend makes it. Its rows have their keys with them."""

    @property
    def statement(self) -> TargetT_co:
        """The statement, or the list, of all rows."""
        ...

    @property
    def statements(self) -> tuple[TargetT_co, ...]:
        """The same rows in consecutive parts, each as long as the page may be."""
        ...

    def parts(self) -> Iterator[Callable[[int], TargetT_co]]:
        """`statements`, each as a function of the most rows that it may give."""
        ...

    def item(self, row: Any) -> Any:
        """A row without its keys."""
        ...

    def key(self, row: Any) -> tuple[tuple[Carried, ...], ...]:
        """The part of a row that a cursor carries: for each key of the order its values."""
        ...

    def refuses(self, error: Exception) -> bool:
        """Whether an error says that the values of the position cannot be compared: no row has given them."""
        ...


class LoweredFilter(Protocol):
    """A predicate that a backend has lowered before it knows the target."""

    @property
    def weight(self) -> int:
        """About how many bytes it takes in memory."""
        ...


class ORM(Protocol):
    """A backend: it describes models, and lowers what was validated. It never fails on what a client sent."""

    @property
    def custom_predicates(self) -> Mapping[str, object]:
        """The custom operators that it can lower, by name."""
        ...

    def __hash__(self) -> int:
        """A backend is part of the key by which schemas are remembered."""
        ...

    def model(self, entity: type) -> Model:
        """Describe a class. Raises ConfigurationError for one that the backend does not know."""
        ...

    def lower(self, predicate: Predicate, scope: Mapping[RelationPath, object], options: QueryOptions) -> LoweredFilter:
        """Lower a predicate for every target with this scope."""
        ...

    def filter(
        self,
        target: TargetT,
        model: Model,
        options: QueryOptions,
        lower: Callable[[Mapping[RelationPath, object]], LoweredFilter | None],
    ) -> BackendStatement[TargetT]:
        """Narrow a target (a select, a list) to the rows that pass a filter.

        Args:
            target: any target of the backend.
            model: what it is a target of.
            options: what the filter was validated under.
            lower: the entities that the target has reached, the root first -> the lowered filter; None for no filter.
        """
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

    def can_seek(
        self, keys: tuple[OrderKey, ...], options: SortOptions, values: tuple[tuple[Carried, ...], ...]
    ) -> bool:
        """Whether values that a client sent can stand for a row in this order: as many as there are keys, each one that
        its key can have. `seek` takes no others.
        """
        ...

    def seek(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        options: SortOptions,
        position: Position,
        limit: int,
    ) -> Sought[TargetT]:
        """The `limit` rows next to a position of a sorted target: behind it, or before it, the nearest first.

        Args:
            lowered: the sorted target.
            model: what it is a target of.
            keys: the whole order, those that complete it included.
            options: what the order was validated under.
            position: where to begin, and in which direction.
            limit: the most rows.

        Raises:
            ConfigurationError: the target has an order or a cut of its own.
        """
        ...

    def count(self, lowered: BackendStatement[TargetT], model: Model) -> object:
        """The number of rows without the page: a statement, or a number."""
        ...


def model_of(orm: ORM, entity: type) -> Model:
    """The fields and relations of a class, as a backend describes it.

    Raises:
        ConfigurationError: it is no backend, or does not know the class.
    """
    if isinstance(orm, type) or not hasattr(orm, "custom_predicates"):
        raise ConfigurationError(f"orm={orm!r} is no backend, such as SQLAlchemyORM()")
    return orm.model(entity)
