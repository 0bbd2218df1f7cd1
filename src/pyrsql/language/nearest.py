"""The name that a client may have meant: the only "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from heapq import nlargest

LONGEST_MISSPELLING = 64
"""The longest text that is compared with names: the likeness of longer ones takes too much time."""

_LIKELIEST = 5


def nearest(written: str, names: Iterable[str]) -> str | None:
    """The name that is most like a text; None where none is similar. Case does not count.

    Args:
        written: the text that is no name.
        names: the names, the preferred one first where two differ only in case.

    >>> nearest("NMAE", ["id", "name"])
    'name'
    """
    if len(written) > LONGEST_MISSPELLING:
        return None
    by_lower = {name.lower(): name for name in reversed(tuple(names))}
    text = written.lower()
    letters = _letters(text)

    def highest_likeness(name: str) -> float:
        return 2 * (letters & _letters(name)).bit_count() / (len(text) + len(name))

    # The exact likeness takes long to compute: only that of the likeliest is.
    likeliest = nlargest(_LIKELIEST, by_lower, highest_likeness)
    near = difflib.get_close_matches(text, likeliest, 1)
    return by_lower[near[0]] if near else None


@lru_cache(maxsize=2_048)
def _letters(name: str) -> int:
    """The letters of a name, each up to eight times, as bits: names have as many in common as both have bits."""
    bits, counts = 0, dict[str, int]()
    for letter in name:
        count = counts.get(letter, 0)
        bits |= 1 << ord(letter) % 128 * 8 + min(count, 7)
        counts[letter] = count + 1
    return bits
