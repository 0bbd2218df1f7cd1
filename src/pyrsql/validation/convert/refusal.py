"""A refusal: the values that a kind can hold, and a hint."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A text that a kind cannot hold.

    Args:
        expected: what the kind can hold, to be read after "expected".
        hint: advice, where there is any.
        replacement: the text that would be right, where the hint is a correction.
    """

    expected: str
    hint: str | None = None
    replacement: str | None = None


Hints = tuple[tuple[re.Pattern[str], str], ...]
"""Pairs of a pattern and the hint for text that matches it; the first match counts."""


def hint(hints: Hints, text: str) -> str | None:
    """The first hint whose pattern matches the whole text."""
    return next((hint for pattern, hint in hints if pattern.fullmatch(text)), None)


def hints(*pairs: tuple[str, str]) -> Hints:
    """Pairs of a pattern's source and its hint, compiled."""
    return tuple((re.compile(pattern, re.DOTALL), hint) for pattern, hint in pairs)


BLANKS = (r" .*|.* ", "Leave out the blanks.")
