"""Patterns over text."""

from __future__ import annotations

import re
from functools import lru_cache

from pyrsql.validation.predicates import (
    Pattern,
    SqlPattern,
)
from pyrsql.validation.text import fold


def matches(pattern: Pattern | SqlPattern, text: str, ignore_case: bool = False) -> bool:
    """Whether the whole of a text follows a pattern.

    >>> matches(Pattern(("a", "b", "")), "a-b-c")
    True
    >>> matches(SqlPattern("5__!%", "!"), "500%")
    True
    """
    if ignore_case:
        text = fold(text)
    if isinstance(pattern, SqlPattern):
        return _sql_expression(pattern, ignore_case).fullmatch(text) is not None
    first, *inner = [fold(piece) if ignore_case else piece for piece in pattern.pieces]
    if not inner:
        return text == first
    last = inner.pop()
    if not text.startswith(first):
        return False
    # The first place where a piece fits leaves the most room for those that follow.
    place = len(first)
    for piece in inner:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return len(text) - len(last) >= place and text.endswith(last)


@lru_cache(maxsize=256)
def _sql_expression(pattern: SqlPattern, ignore_case: bool) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression that never tries a second place for the text between two `%`."""
    pieces = [""]
    characters = iter(pattern.text)
    for character in characters:
        if character == "%" != pattern.escape:
            pieces.append("")
        elif character == "_" != pattern.escape:
            pieces[-1] += "."
        else:
            plain = next(characters) if character == pattern.escape else character
            pieces[-1] += re.escape(fold(plain) if ignore_case else plain)
    first, *inner = pieces
    if not inner:
        return re.compile(first, re.DOTALL)
    *middle, last = inner
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last, re.DOTALL)
