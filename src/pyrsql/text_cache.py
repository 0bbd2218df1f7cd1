"""A bounded, thread-safe cache of parsed filters and sorts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")

_NOTED = 4_096
"""Keys that are noted as seen once."""


class TextCache(Generic[ValueT]):
    """A thread-safe LRU cache, bounded by entries and bytes. It keeps a value when its key is seen a second time:
    most texts are never repeated.

    Args:
        entries: how many values it holds at most; 0 holds none.
        capacity: how many bytes they take at most.

    >>> cache = TextCache[int](entries=2, capacity=1_000)
    >>> [cache.recall(text, lambda: len(text), lambda length: (length, 100)) for text in ("a", "bb", "a")]
    [1, 2, 1]
    """

    def __init__(self, entries: int, capacity: int) -> None:
        self.capacity: int = capacity
        self.weight: int = 0
        self._entries = entries
        self._seen = set[int]()
        self._held = OrderedDict[Hashable, tuple[ValueT, int]]()
        self._lock = Lock()

    def recall(
        self, key: Hashable, make: Callable[[], ValueT], admit: Callable[[ValueT], tuple[ValueT, int] | None]
    ) -> ValueT:
        """The kept value, or what `make` gives.

        Args:
            key: identifies the value.
            make: makes the value.
            admit: a value that recurs -> the value to keep and how many bytes it takes; None where it must not be kept.
        """
        with self._lock:
            if (known := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return known[0]
            recurs = hash(key) in self._seen
            if len(self._seen) >= _NOTED:
                self._seen.clear()
            self._seen.add(hash(key))
        made = make()
        admitted = admit(made) if recurs else None
        if admitted is None or admitted[1] > self.capacity:
            return made
        with self._lock:
            self.weight += admitted[1] - self._held.pop(key, (made, 0))[1]
            self._held[key] = admitted
            while self.weight > self.capacity or len(self._held) > self._entries:
                self.weight -= self._held.popitem(last=False)[1][1]
        return admitted[0]
