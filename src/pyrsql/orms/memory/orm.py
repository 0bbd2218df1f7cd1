"""The backend over Python objects: dataclasses, Pydantic models, mappings, and loaded instances of mapped classes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from pyrsql.errors import ConfigurationError
from pyrsql.given import refuse_no_functions, refuse_other_keys
from pyrsql.models.backend import BackendStatement, Carried, LoweredFilter, Position, Sought
from pyrsql.models.model import Model
from pyrsql.options import FieldOptions, QueryOptions, SortOptions
from pyrsql.orms.memory import keyset
from pyrsql.orms.memory.functions import FUNCTIONS, Functions
from pyrsql.orms.memory.order import in_order, sorted_rows
from pyrsql.orms.memory.predicates import CustomPredicate, Evaluation
from pyrsql.orms.memory.reflect import describe
from pyrsql.orms.memory.rows import OrderedRows, has_inner_links, ordered_like, rows_of
from pyrsql.validation.functions import function
from pyrsql.validation.predicates import OrderKey, Predicate, RelationPath, joined_paths, key_paths
from pyrsql.validation.weight import weight_of

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, slots=True)
class MemoryFilter:
    """A predicate, and the to-one paths whose INNER links a row must have."""

    predicate: Predicate
    paths: frozenset[RelationPath]

    @property
    def weight(self) -> int:
        """The bytes of the predicate."""
        return weight_of(self.predicate)


class MemoryORM:
    """Applies filters, sorts and pages to iterables of objects. Holds configuration only; share one freely.

    A result is a list. Rows that are equal under a sort are in the order of the model's identity, and where the model
    has none, in the order in which they came.

    Args:
        custom_predicates: name of a custom operator -> function from a `CustomPredicatePayload` to True, False or None.
        functions: name of a function that the options let clients call -> the same in Python. The well-known ones are
            there. A function is not called when an argument is None: the result is None.
        identity: class -> the fields that identify a row of it, by name. They make an order total, which a page by
            cursor needs. A class that SQLAlchemy maps has its primary key without being listed.
    """

    def __init__(
        self,
        custom_predicates: Mapping[str, CustomPredicate] | None = None,
        functions: Mapping[str, Callable[..., object]] | None = None,
        identity: Mapping[type, Collection[str]] | None = None,
    ) -> None:
        refuse_no_functions(custom_predicates=custom_predicates or {}, functions=functions or {})
        refuse_other_keys(identity=identity or {})
        self.custom_predicates: Mapping[str, CustomPredicate] = dict(custom_predicates or {})
        self.functions: Functions = {**FUNCTIONS, **(functions or {})}
        self._identity = {entity: tuple(names) for entity, names in (identity or {}).items()}
        self._models: dict[type, Model] = {}
        self._lock = threading.RLock()

    def model(self, entity: type) -> Model:
        """Describe a class by its type hints; remembered, so that its relations are the same ones each time.

        A hint that names another such class is a relation to one, a collection of them a relation to many, any other
        collection an array. `Annotated` may name another kind, `Annotated[dict[str, object], kinds.Json()]`, and
        rights, `Annotated[str, field_rights(sort=False)]`. A class that SQLAlchemy maps also has the rights and the
        names of its mapping: synonyms, association proxies, composites.

        Raises:
            ConfigurationError: hints that cannot be read, or none at all; an identity of fields that are not there.
        """
        with self._lock:
            known = self._models.get(entity)
            if known is None:
                known = self._models[entity] = describe(entity, self.model, self._identity.get(entity))
            return known

    def lower(self, predicate: Predicate, scope: Mapping[RelationPath, object], options: QueryOptions) -> MemoryFilter:
        """The predicate, and the links that a row must have."""
        return MemoryFilter(predicate, frozenset(joined_paths(predicate)))

    def filter(
        self,
        target: TargetT,
        model: Model,
        options: QueryOptions,
        lower: Callable[[Mapping[RelationPath, object]], LoweredFilter | None],
    ) -> BackendStatement[TargetT]:
        """The rows that the predicate is true for.

        Raises:
            ConfigurationError: a custom operator has no function, or a function that clients may call is not there.
        """
        missing = options.custom_predicates.keys() - self.custom_predicates.keys()
        if missing:
            raise ConfigurationError(f"no function for the custom operator {min(missing)!r}: give it to MemoryORM")
        self._check_functions(options)
        rows, lowered = rows_of(target), lower({})
        if isinstance(lowered, MemoryFilter):
            evaluation = Evaluation(options, self.custom_predicates, self.functions)
            rows = [
                row
                for row in rows
                if has_inner_links(row, lowered.paths, options) and evaluation.passes(lowered.predicate, row)
            ]
        if options.distinct:
            rows = list({id(row): row for row in rows}.values())
        result = cast("TargetT", ordered_like(target, rows))
        return BackendStatement(result, result)

    def sort(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        keys: tuple[OrderKey, ...],
        completing: tuple[OrderKey, ...],
        options: SortOptions,
    ) -> BackendStatement[TargetT]:
        """The rows by the keys, then as an earlier sort has left them, then by the keys that complete the order.

        Raises:
            ConfigurationError: a function that clients may call is not there.
        """
        self._check_functions(options)
        paths = {path for key in keys for path in key_paths(key)}
        rows = [row for row in in_order(lowered.target, completing) if has_inner_links(row, paths, options)]
        for key in reversed(keys):
            rows = sorted_rows(rows, key, options, self.functions)
        # Rows that an INNER link of the sort has dropped do not count.
        result = cast("TargetT", OrderedRows(rows))
        return BackendStatement(result, result)

    def _check_functions(self, options: FieldOptions) -> None:
        for name in (*options.function_signatures, *options.procedure_whitelist):
            allowed = function(options, name) is not None
            if allowed and name not in self.functions and name.lower() not in self.functions:
                raise ConfigurationError(f"no function {name!r}: give it to MemoryORM")

    def page(
        self,
        lowered: BackendStatement[TargetT],
        model: Model,
        completing: tuple[OrderKey, ...],
        offset: int,
        limit: int,
    ) -> TargetT:
        """`limit` rows after the first `offset`, in their own order, or by the keys that complete it."""
        return cast("TargetT", OrderedRows(in_order(lowered.target, completing)[offset : offset + limit]))

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
        """The `limit` rows next to a position of sorted rows."""
        found = keyset.sought(lowered.target, keys, options, self.functions, position, limit)
        return cast("Sought[TargetT]", found)

    def count(self, lowered: BackendStatement[TargetT], model: Model) -> int:
        """The number of rows, without the page."""
        return len(rows_of(lowered.unsorted))
