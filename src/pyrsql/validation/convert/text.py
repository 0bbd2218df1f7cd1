"""Text and booleans."""

from __future__ import annotations

from pyrsql.validation.convert.refusal import Refusal
from pyrsql.validation.text import UNBINDABLE


def to_text(text: str) -> str | Refusal:
    """The text itself, unless it has a character that cannot be bound."""
    if UNBINDABLE.search(text):
        return Refusal("text without NUL and lone surrogates")
    return text


_YES_NO = {
    **dict.fromkeys(("yes", "y", "1", "on", "t"), "true"),
    **dict.fromkeys(("no", "n", "0", "off", "f"), "false"),
}


def to_boolean(text: str) -> bool | Refusal:
    """`true` or `false`, in any case."""
    # No character outside ASCII has a lower case among the letters of these words.
    lower = text.lower()
    if lower == "true":
        return True
    if lower == "false":
        return False
    meant = _YES_NO.get(lower)
    return Refusal("true or false", None if meant is None else f"Write '{meant}'.", meant)
