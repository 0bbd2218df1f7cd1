"""A bounded, thread-safe cache of parsed filters and sorts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")

_NOTED = 4_096
"""Keys that are noted as seen once."""


class TextCache(Generic[ValueT]):
    """A thread-safe LRU cache, bounded by entries and bytes. A value is worth keeping when its key is seen a second
    time: most texts are never repeated.

    Args:
        entries: how many values it holds at most; 0 holds none.
        capacity: how many bytes they take at most.

    >>> cache = TextCache[int](entries=2, capacity=1_000)
    >>> cache.get("a"), cache.recurs("a"), cache.recurs("a")
    (None, False, True)
    >>> cache.keep("a", 1, weight=100)
    >>> cache.get("a")
    1
    """

    def __init__(self, entries: int, capacity: int) -> None:
        self.capacity: int = capacity
        self.weight: int = 0
        self._entries = entries
        self._seen = set[int]()
        self._held = OrderedDict[Hashable, tuple[ValueT, int]]()
        self._lock = Lock()

    def get(self, key: Hashable) -> ValueT | None:
        """The kept value, or None."""
        with self._lock:
            known = self._held.get(key)
            if known is None:
                return None
            self._held.move_to_end(key)
            return known[0]

    def recurs(self, key: Hashable) -> bool:
        """Whether a key was seen before. From now on it was."""
        with self._lock:
            if hash(key) in self._seen:
                return True
            if len(self._seen) >= _NOTED:
                self._seen.clear()
            self._seen.add(hash(key))
            return False

    def keep(self, key: Hashable, value: ValueT, weight: int) -> None:
        """Keep a value that takes so many bytes. One that takes more than all of the cache is not kept."""
        if weight > self.capacity:
            return
        with self._lock:
            self.weight += weight - self._held.pop(key, (value, 0))[1]
            self._held[key] = value, weight
            while self.weight > self.capacity or len(self._held) > self._entries:
                self.weight -= self._held.popitem(last=False)[1][1]
