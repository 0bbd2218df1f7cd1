"""The selector that counts related rows: `@count[path]` and `@count[path|#filter]`."""

from __future__ import annotations

import re
from typing import NamedTuple

COUNT = "count"
"""The function that counts related rows. It needs no right of its own: it reads the relation."""

_SELECTOR = re.compile(r"@count\[([^\[\]|@#]*+)(?:\|#(.*))?\]", re.DOTALL)


class Count(NamedTuple):
    """A call of `@count`: the path to the rows, and the filter that they must pass."""

    path: str
    filter: str | None


def is_count(selector: str) -> bool:
    """Whether a selector is a call of `@count`."""
    return selector.startswith(f"@{COUNT}[")


def read_count(selector: str) -> Count | None:
    """The parts of `@count[path]` or `@count[path|#filter]`; None where it is neither.

    A count is never an argument of a call: the text between `|#` and the last bracket is the filter.

    >>> read_count("@count[roles|#@upper[code]=in=(a|b,c)]")
    Count(path='roles', filter='@upper[code]=in=(a|b,c)')
    """
    found = _SELECTOR.fullmatch(selector)
    return Count(found[1], found[2]) if found and found[1] else None
