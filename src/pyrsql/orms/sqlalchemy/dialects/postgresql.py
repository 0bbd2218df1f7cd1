"""PostgreSQL, and databases that speak all of its SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.dialects.default import ESCAPE, enclosed, operand, sides
from pyrsql.orms.sqlalchemy.dialects.families import form
from pyrsql.orms.sqlalchemy.functions import InUtc
from pyrsql.orms.sqlalchemy.text import OrderedText, TextMatchIgnoringCase


@form(OrderedText, on="postgresql")
def ordered_text(element: OrderedText, compiler: SQLCompiler, **options: Any) -> str:
    """The collation `C` compares bytes, and the bytes of UTF-8 have the order of code points."""
    return f'{enclosed(element, compiler, **options)} COLLATE "C"'


@form(TextMatchIgnoringCase, on="postgresql")
def text_match_ignoring_case(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """ILIKE, which a trigram index serves."""
    value, pattern = sides(element, compiler, **options)
    return f"({value} ILIKE {pattern} {ESCAPE})"


@form(InUtc, on="postgresql")
def in_utc(element: InUtc, compiler: SQLCompiler, **options: Any) -> str:
    """PostgreSQL shows a point in time in the time zone of the session."""
    return f"timezone('UTC', {operand(element, compiler, **options)})"
