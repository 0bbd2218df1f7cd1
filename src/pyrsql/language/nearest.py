"""The name that a client may have meant: the only "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from heapq import nlargest

LONGEST_MISSPELLING = 64
"""The longest text that is compared with names: the likeness of longer ones takes too much time."""

_LIKELIEST = 10


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
    matcher = difflib.SequenceMatcher(b=written.lower())

    def quick_likeness(name: str) -> float:
        matcher.set_seq1(name)
        return matcher.quick_ratio()

    # The exact likeness takes long to compute: only that of the likeliest is.
    likeliest = nlargest(_LIKELIEST, by_lower, quick_likeness)
    near = difflib.get_close_matches(written.lower(), likeliest, 1)
    return by_lower[near[0]] if near else None
