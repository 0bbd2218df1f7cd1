"""The part of a text that every database sorts by.

MySQL and MariaDB sort by 1,024 bytes of a text (`max_sort_length`), four for each character, unless they read an index.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, String
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.column_types import forms_of
from pyrsql.orms.sqlalchemy.text import LeadingText

MOST_SORTED = 256
"""Characters that MySQL and MariaDB sort by."""


def leading_text(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text in the form for ORDER BY; itself where no value is longer than any database sorts by.

    A primary key is itself too: what it begins with would tell no rows apart, and its index sorts the whole of it.
    """
    is_key = isinstance(text, Column) and text.primary_key
    return text if is_key or not may_be_long(text.type) else LeadingText(text)


def may_be_long(type_: TypeEngine[Any]) -> bool:
    """Whether some database may keep texts of a type that are longer than MySQL and MariaDB sort by."""
    return any(is_long(form) for form in forms_of(type_))


def is_long(form: TypeEngine[Any]) -> bool:
    """The same of the type that one database has."""
    return isinstance(form, String) and (form.length is None or form.length > MOST_SORTED)
