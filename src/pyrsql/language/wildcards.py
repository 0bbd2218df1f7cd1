r"""Wildcards and carets in values: `*` is any run of characters, and `\*` is an asterisk.

Behind `==` and `!=` a `^` at the start ignores case, and `\^` there is a caret.
"""

from __future__ import annotations

import re

_WILDCARD = re.compile(r"(?<!\\)\*")


def pieces_of(text: str) -> tuple[str, ...]:
    r"""The plain text between the wildcards.

    >>> pieces_of(r"a*b\*c"), pieces_of("a")
    (('a', 'b*c'), ('a',))
    """
    return tuple(piece.replace("\\*", "*") for piece in _WILDCARD.split(text))


def has_wildcard(text: str) -> bool:
    """Whether a text has a wildcard."""
    return _WILDCARD.search(text) is not None


def is_special(value: str) -> bool:
    """Whether some character of a value may mean something to `==`."""
    return "*" in value or "\\" in value or value.startswith("^")


def without_caret(value: str) -> tuple[str, bool]:
    r"""A value of `==` without its caret, and whether it ignores case.

    >>> without_caret("^de*"), without_caret(r"\^de"), without_caret("de")
    (('de*', True), ('^de', False), ('de', False))
    """
    return value[1:] if value.startswith(("^", "\\^")) else value, value.startswith("^")
