"""Values with a letter that the character set of a column may lack: MySQL and MariaDB refuse to compare the two."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column, ColumnElement
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import visitors

from pyrsql.orms.sqlalchemy.dialects.families import MARIADB, MYSQL
from pyrsql.orms.sqlalchemy.text import ExactText, FoldedText, OrderedText, UpperText, WideText

_CONVERTED = (ExactText, FoldedText, OrderedText, UpperText, WideText)
"""Forms that are in `utf8mb4` themselves."""

_HOLD_LATIN = frozenset({"", "latin1", "utf8", "utf8mb3", "utf8mb4", "ucs2", "utf16", "utf16le", "utf32"})
"""Character sets with every letter of `latin1`. A column that declares none is taken for one of them."""

_BEYOND_ALL = re.compile("[^\0-?A-Z_a-z]")
_BEYOND_ASCII = re.compile("[^\0-\x7f]")
_BEYOND_LATIN = re.compile("[^\0-\x7f\xa0-\xff]")


def is_declared(column: Column[Any]) -> bool:
    """Whether a text column says which character set or collation MySQL and MariaDB keep it in."""
    return any(declared_text(column, MYSQL))


def declared_text(column: Column[Any], dialect: Dialect) -> tuple[str | None, str | None]:
    """The character set and the collation that a text column, or its table, declares."""
    type_ = column.type.dialect_impl(dialect)
    # An alias has the options of its table. A column of a union has several tables.
    stored = next(iter(column.base_columns)) if len(column.base_columns) == 1 else column
    options = getattr(getattr(stored, "table", None), "kwargs", {})

    def of_table(*names: str) -> str | None:
        given = [options.get(f"{name}_{option}") for name in ("mariadb", "mysql") for option in names]
        return next((str(value) for value in given if value), None)

    charset = getattr(type_, "charset", None) or of_table("charset", "default_charset", "character_set")
    return charset, getattr(type_, "collation", None) or of_table("collate", "default_collate")


def declared_charset(column: Column[Any], dialect: Dialect) -> str:
    """The character set that a text column, its collation or its table declares; empty where none does."""
    charset, collation = declared_text(column, dialect)
    found = (charset or (collation or "").partition("_")[0]).lower()
    # A collation of UCA 14 may leave the character set to the table.
    return "" if found == "uca1400" else found


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
