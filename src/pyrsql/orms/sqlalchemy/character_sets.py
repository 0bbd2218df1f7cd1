"""Values with a letter that the character set of a column may lack: MySQL and MariaDB refuse to compare the two."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column, ColumnElement
from sqlalchemy.sql import visitors

from pyrsql.orms.sqlalchemy.column_types import declared_charset
from pyrsql.orms.sqlalchemy.dialects.families import MARIADB, MYSQL
from pyrsql.orms.sqlalchemy.text import ExactText, FoldedText, OrderedText, UpperText, WideText

_CONVERTED = (ExactText, FoldedText, OrderedText, UpperText, WideText)
"""Forms that are in `utf8mb4` themselves."""

_HOLD_LATIN = frozenset({"", "latin1", "utf8", "utf8mb3", "utf8mb4", "ucs2", "utf16", "utf16le", "utf32"})
"""Character sets with every letter of `latin1`. A column that declares none is taken for one of them."""

_BEYOND_ALL = re.compile("[^\0-?A-Z_a-z]")
_BEYOND_ASCII = re.compile("[^\0-\x7f]")
_BEYOND_LATIN = re.compile("[^\0-\x7f\xa0-\xff]")


def is_wide(text: ColumnElement[Any], *values: object) -> bool:
    """Whether some value has a letter that a column of an expression may lack.

    >>> from sqlalchemy.dialects.mysql import VARCHAR
    >>> is_wide(Column(VARCHAR(9)), "Münch"), is_wide(Column(VARCHAR(9)), "a", "Ж")
    (False, True)
    >>> is_wide(Column(VARCHAR(9, charset="ascii")), "Münch"), is_wide(Column(VARCHAR(9, charset="ascii")), "a")
    (True, False)
    """
    special = [value for value in values if isinstance(value, str) and _BEYOND_ALL.search(value)]
    if not special:
        return False
    elements: list[Any] = [*visitors.iterate(text)]
    if any(isinstance(element, _CONVERTED) for element in elements):
        return False
    columns: list[Column[Any]] = [element for element in elements if isinstance(element, Column)]
    lacked = {_lacked(column) for column in columns} or {_BEYOND_LATIN}
    return any(letters.search(value) for letters in lacked for value in special)


def _lacked(column: Column[Any]) -> re.Pattern[str]:
    """The letters that a column may lack."""
    charsets = {declared_charset(column, dialect) for dialect in (MYSQL, MARIADB)}
    if "swe7" in charsets:
        # It has letters in place of brackets.
        return _BEYOND_ALL
    return _BEYOND_LATIN if charsets <= _HOLD_LATIN else _BEYOND_ASCII
