"""What was made of texts that come again and again, and of other things last: caches, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar, cast

TextT = TypeVar("TextT", str, bytes)
ValueT = TypeVar("ValueT")

CHARACTERS = 128
"""Characters that count as one text: what is made of a text grows with its length."""

_NOTED = 8
"""Texts of which it is noted that they came, for each that is kept."""


class Recent(Generic[TextT, ValueT]):
    """What was made of the texts that come again and again. Threads may share one.

    Keep what was made of a text that recurs. Most texts do not, and to hold on to what was made of them costs more
    than to make it.

    Args:
        texts: how many texts it holds at most; a longer one counts once for each `CHARACTERS` begun. 0 holds none.

    >>> recent = Recent[str, int](2)
    >>> recent.get("a"), recent.get("a")
    (False, True)
    >>> for number, text in enumerate(["a", "b", "c"]):
    ...     recent.keep(text, number)
    >>> recent.get("a"), recent.get("b"), recent.get("c")
    (True, 1, 2)
    """

    __slots__ = ("_free", "_lock", "_most", "_noted", "_seen", "_values")

    def __init__(self, texts: int) -> None:
        self._most = self._free = texts
        self._noted = texts * _NOTED
        self._seen: set[int] = set()
        self._values: OrderedDict[TextT, ValueT] = OrderedDict()
        self._lock = Lock()

    def get(self, text: TextT) -> ValueT | bool:
        """What was kept for a text. Where nothing is: whether the text has come before, lately; now it has."""
        value = self._values.get(text)
        if value is None:
            seen, sign = self._seen, hash(text)
            if sign in seen:
                return True
            if len(seen) >= self._noted:
                seen.clear()
            seen.add(sign)
            return False
        try:
            self._values.move_to_end(text)
        except KeyError:
            return value  # Another thread has let go of it just now.
        return value

    def keep(self, text: TextT, value: ValueT) -> None:
        """Keep a value for a text, and let go of the texts that were not asked for the longest."""
        size = _size(text)
        if size > self._most:
            return
        with self._lock:
            if text not in self._values:
                self._free -= size
            self._values[text] = value
            self._values.move_to_end(text)
            while self._free < 0:
                self._free += _size(self._values.popitem(last=False)[0])


def _size(text: str | bytes) -> int:
    return 1 + len(text) // CHARACTERS


Memory = dict[str, tuple[object, object]]
"""What was made of a thing last: way in which it was made -> (from what else, result)."""


def remembered(memory: Memory | None, way: str, other: object, make: Callable[[], ValueT]) -> ValueT:
    """What `make` gives, or what it gave when `other` was the same the last time.

    Args:
        memory: of the thing that something is made of; None where nothing is kept.
        way: what is made.
        other: from what else it is made; nothing else may decide about it.
        make: makes it.
    """
    if memory is None:
        return make()
    known = memory.get(way)
    if known is not None and known[0] == other:
        return cast("ValueT", known[1])
    made = make()
    memory[way] = (other, made)
    return made
