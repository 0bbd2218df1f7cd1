"""The part of a text that every database sorts by.

MySQL and MariaDB sort by 1,024 bytes of a text (`max_sort_length`), unless they read an index: up to four for most
characters, and up to sixteen for one that stands for several, such as `…` and `ﷺ`.
"""

from __future__ import annotations

from typing import Any
from unicodedata import is_normalized, normalize

from sqlalchemy import Column, ColumnElement, String
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.column_types import forms_of
from pyrsql.orms.sqlalchemy.text import LeadingText

MOST_SORTED = 256
"""Characters that MySQL and MariaDB sort by."""

_MOST_BYTES = 1_024
_BYTES_OF_CHARACTER = 16


def leading_text(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text in the form for ORDER BY; itself where no value is longer than any database sorts by.

    A primary key is itself too: its beginning would tell no rows apart, and its index sorts the whole of it.
    """
    is_key = isinstance(text, Column) and text.primary_key
    return text if is_key or not may_be_long(text.type) else LeadingText(text)


def may_be_long(type_: TypeEngine[Any]) -> bool:
    """Whether some database may keep texts of a type that are longer than MySQL and MariaDB sort by."""
    return any(is_long(form) for form in forms_of(type_))


def is_long(form: TypeEngine[Any], most: int = MOST_SORTED) -> bool:
    """Whether the type that one database has holds texts of more than so many characters."""
    return isinstance(form, String) and (form.length is None or form.length > most)


def is_sorted_whole(text: str) -> bool:
    """Whether MySQL and MariaDB sort by the whole of a leading text, under every collation."""
    # One character for each character: they fit.
    if text.isascii() or is_normalized("NFKC", text):
        return True
    return sum(map(_bytes_of, text)) <= _MOST_BYTES


def _bytes_of(character: str) -> int:
    """The most bytes that a character is sorted by.

    >>> [_bytes_of(character) for character in "aß…ﷺ"]
    [2, 4, 6, 16]
    """
    return min(_BYTES_OF_CHARACTER, sum(2 if part.isascii() else 4 for part in normalize("NFKC", character)))
