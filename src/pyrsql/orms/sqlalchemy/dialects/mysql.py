"""MySQL and MariaDB.

Their usual collations ignore letter case, accents and blanks at the end, so text is compared under a collation by code
point without padding.
"""

from __future__ import annotations

import re
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, UnaryExpression, types
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.carried import (
    HAS_LEVELS,
    HAS_ONE_LEVEL,
    SelectedKey,
    has_collation_mark,
    has_unknown_places,
    is_float,
)
from pyrsql.orms.sqlalchemy.character_sets import declared_charset, declared_text
from pyrsql.orms.sqlalchemy.column_types import form_on
from pyrsql.orms.sqlalchemy.dialects.default import ESCAPE, enclosed, first_form, operand, sides
from pyrsql.orms.sqlalchemy.dialects.families import form
from pyrsql.orms.sqlalchemy.elements import OnMySQL
from pyrsql.orms.sqlalchemy.explain import Explain
from pyrsql.orms.sqlalchemy.functions import AsFloat
from pyrsql.orms.sqlalchemy.joins import Unmerged
from pyrsql.orms.sqlalchemy.leading_text import MOST_SORTED, is_long
from pyrsql.orms.sqlalchemy.order import NullsPlaced
from pyrsql.orms.sqlalchemy.related_keys import KeysOnMySQL
from pyrsql.orms.sqlalchemy.row_counts import DistinctKeys
from pyrsql.orms.sqlalchemy.shared_rows import GroupKey
from pyrsql.orms.sqlalchemy.text import (
    EnumText,
    EqualIgnoringCase,
    ExactTest,
    ExactText,
    FoldedText,
    LeadingText,
    OrderedText,
    PrefixMatch,
    PrefixMatchIgnoringCase,
    TextMatch,
    TextMatchIgnoringCase,
    UpperText,
    UuidText,
    WideExactTest,
    WidePrefixMatch,
    WideText,
    has_places,
)

_SINCE_UCA1400 = (10, 10)


def code_point_collation(compiler: SQLCompiler) -> str:
    """The collation that compares code points and pads nothing."""
    return "utf8mb4_nopad_bin" if getattr(compiler.dialect, "is_mariadb", False) else "utf8mb4_0900_bin"


def case_collation(compiler: SQLCompiler) -> str:
    """The collation whose letters have all case forms of Unicode; `_bin` knows half of them."""
    dialect = compiler.dialect
    if not getattr(dialect, "is_mariadb", False):
        return "utf8mb4_0900_as_cs"
    version = getattr(dialect, "server_version_info", None) or _SINCE_UCA1400
    return "utf8mb4_uca1400_as_cs" if version >= _SINCE_UCA1400 else "utf8mb4_unicode_520_ci"


@form(Unmerged, on="mysql")
def some_row_among_many(element: Unmerged, compiler: SQLCompiler, **options: Any) -> str:
    """A condition about EXISTS, of which no join is made."""
    (exists,) = element.clauses
    return f"(({compiler.process(exists, **options)}) IS true)"


# The distinct keys, of which it makes a table with an index.
form(KeysOnMySQL, OnMySQL, on="mysql")(first_form)


@form(GroupKey, on="mysql")
def group_key(element: GroupKey, compiler: SQLCompiler, **options: Any) -> str:
    """An expression that is the key."""
    return f"coalesce({enclosed(element, compiler, **options)})"


@form(ExactText, OrderedText, on="mysql")
def text_by_code_point(element: ExactText | OrderedText, compiler: SQLCompiler, **options: Any) -> str:
    """The text, which may be in any character set, under the collation by code point."""
    return f"CONVERT({enclosed(element, compiler, **options)} USING utf8mb4) COLLATE {code_point_collation(compiler)}"


@form(LeadingText, on="mysql")
def leading_text(element: LeadingText, compiler: SQLCompiler, **options: Any) -> str:
    """The characters that the server sorts by."""
    value = enclosed(element, compiler, **options)
    return f"LEFT({value}, {MOST_SORTED})" if is_long(form_on(compiler.dialect, element.type)) else value


@form(UuidText, on="mysql")
def uuid_text(element: UuidText, compiler: SQLCompiler, **options: Any) -> str:
    """The UUID as text. Bytes have the order of the text, and are none."""
    if isinstance(form_on(compiler.dialect, element.type), types.LargeBinary | types.BINARY | types.VARBINARY):
        return enclosed(element, compiler, **options)
    return f"CAST({enclosed(element, compiler, **options)} AS CHAR)"


@form(EnumText, on="mysql")
def enum_text(element: EnumText, compiler: SQLCompiler, **options: Any) -> str:
    """The text of a member; a column that holds it as text stays as it is, for an index."""
    value = enclosed(element, compiler, **options)
    return f"CAST({value} AS CHAR)" if has_places(form_on(compiler.dialect, element.type)) else value


@form(FoldedText, UpperText, on="mysql")
def cased_text(element: FoldedText | UpperText, compiler: SQLCompiler, **options: Any) -> str:
    """Lower or upper case by the collation that knows all letters."""
    function = "LOWER" if isinstance(element, FoldedText) else "UPPER"
    value = operand(element, compiler, **options)
    cased = f"{function}(CONVERT({value} USING utf8mb4) COLLATE {case_collation(compiler)})"
    return f"{cased} COLLATE {code_point_collation(compiler)}"


@form(TextMatch, on="mysql")
def text_match(element: TextMatch, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE by code point."""
    value, pattern = sides(element, compiler, **options)
    return f"(CONVERT({value} USING utf8mb4) COLLATE utf8mb4_bin LIKE {pattern} {ESCAPE})"


@form(PrefixMatch, on="mysql")
def prefix_match(element: PrefixMatch, compiler: SQLCompiler, **options: Any) -> str:
    """The collation of the column finds the beginning by its index, and LIKE by code point decides."""
    exact = text_match(element, compiler, **options)
    column = element.left
    if not isinstance(column, Column) or (isinstance(element, WidePrefixMatch) and not _holds_all(column, compiler)):
        return exact
    value, pattern = sides(element, compiler, **options)
    return f"({value} LIKE {pattern} {ESCAPE} AND {exact})"


@form(ExactTest, on="mysql")
def exact_test(element: ExactTest, compiler: SQLCompiler, **options: Any) -> str:
    """Both forms, unless the collation of the column compares exactly itself."""
    indexed, exact = element.clauses
    if isinstance(element, WideExactTest) and not _holds_all(element.column, compiler):
        return compiler.process(exact, **options)
    _, collation = declared_text(element.column, compiler.dialect)
    if _compares_exactly(collation or ""):
        return compiler.process(indexed, **options)
    return f"({compiler.process(indexed, **options)} AND {compiler.process(exact, **options)})"


@form(WideText, on="mysql")
def wide_text(element: WideText, compiler: SQLCompiler, **options: Any) -> str:
    """The text in the character set that holds every letter, unless it is known to be kept in it."""
    value = enclosed(element, compiler, **options)
    is_held = isinstance(element.element, Column) and _holds_all(element.element, compiler)
    return value if is_held else f"CONVERT({value} USING utf8mb4)"


def _holds_all(column: Column[Any], compiler: SQLCompiler) -> bool:
    """Whether a column declares a character set that holds every letter."""
    return declared_charset(column, compiler.dialect) == "utf8mb4"


def _compares_exactly(collation: str) -> bool:
    """Whether a collation compares code points and pads nothing."""
    return collation.endswith("_nopad_bin") or collation == "utf8mb4_0900_bin"


@form(TextMatchIgnoringCase, on="mysql")
def text_match_ignoring_case(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE by code point of both sides in lower case."""
    collation = case_collation(compiler)
    value, pattern = (
        f"LOWER(CONVERT({side} USING utf8mb4) COLLATE {collation}) COLLATE utf8mb4_bin"
        for side in sides(element, compiler, **options)
    )
    return f"({value} LIKE {pattern} {ESCAPE})"


@form(PrefixMatchIgnoringCase, EqualIgnoringCase, on="mysql")
def beginning_ignoring_case(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """The collation of the column finds the plain letters by its index, and LIKE in lower case decides.

    A letter that the collation may tell from its other case becomes `_`, which takes any letter.
    """
    exact = text_match_ignoring_case(element, compiler, **options)
    plain = _plain_letters(element.left, compiler)
    if plain is None:
        return exact
    value, pattern = sides(element, compiler, **options)
    return f"({value} LIKE REGEXP_REPLACE({pattern}, '(?-i)[^{plain}]', '_') {ESCAPE} AND {exact})"


def _plain_letters(text: ColumnElement[Any], compiler: SQLCompiler) -> str | None:
    """The characters that a column's collation takes for equal to all of their forms; None where it is not known.

    No more than ASCII: each collation lacks other letters beyond it. `general` tells the Kelvin sign from a `k`.
    """
    if not isinstance(text, Column):
        return None
    _, collation = declared_text(text, compiler.dialect)
    known = _IGNORES_CASE.fullmatch(collation or "")
    if known is None:
        return None
    return " -JL-jl-~" if known["rules"] == "general" else " -~"


_IGNORES_CASE = re.compile(
    r"(?:(?:utf8|utf8mb3|utf8mb4)_)?(?P<rules>general|unicode|unicode_520|uca1400|0900)(?:_nopad)?(?:_ai)?_ci"
    r"|latin1_swedish(?:_nopad)?_ci"
)
"""Collations that ignore the case of A to Z, in no language's own way."""


@form(NullsPlaced, on="mysql")
def nulls_placed(element: NullsPlaced, compiler: SQLCompiler, **options: Any) -> str:
    """A key of its own puts NULL where the key says, unless it is there already: NULL is the smallest value."""
    directed = cast("UnaryExpression[Any]", element.element)
    descending = directed.modifier is operators.desc_op
    if descending is (element.modifier is operators.nulls_last_op):
        return compiler.process(directed, **options)
    value = compiler.process(directed.element, **options)
    return f"{value} IS NULL{' DESC' if descending else ''}, {compiler.process(directed, **options)}"


_SEVERAL_LEVELS = "'_as_c[is]|_ai_cs|_w2$|_czech_cs$'"
"""Collations that compare letters first, then accents or case."""


@form(SelectedKey, on="mysql")
def selected_key(element: SelectedKey, compiler: SQLCompiler, **options: Any) -> str:
    """A sum is made of 64 bits; a float of 32 is sent with six digits. A long text tells about its collation."""
    if has_unknown_places(element.type, compiler.dialect):
        raise CompileError("a page by cursor needs the members of an enumeration: give the key the type Enum")
    key = enclosed(element, compiler, **options)
    if has_collation_mark(element.type, compiler.dialect):
        mark = f"IF(COLLATION({key}) REGEXP {_SEVERAL_LEVELS}, {HAS_LEVELS}, {HAS_ONE_LEVEL})"
        return f"CONCAT({mark}, {key})"
    return f"({key} + 0e0)" if is_float(element.type, compiler.dialect) else key


@form(AsFloat, on="mysql")
def as_float(element: AsFloat, compiler: SQLCompiler, **options: Any) -> str:
    """The sum with a float is one. Older servers lack the cast."""
    return f"({operand(element, compiler, **options)} + 0e0)"


@form(DistinctKeys, on="mysql")
def distinct_keys(element: DistinctKeys, compiler: SQLCompiler, **options: Any) -> str:
    """DISTINCT takes several columns here."""
    return f"count(DISTINCT {compiler.process(element.clauses, **options)})"


@form(Explain, on="mysql")
def explain(element: Explain, compiler: SQLCompiler, **options: Any) -> str:
    """Without EXTENDED, MariaDB does not say how many of the rows it reads it expects to keep. MySQL always does."""
    extended = "EXTENDED " if getattr(compiler.dialect, "is_mariadb", False) else ""
    return f"EXPLAIN {extended}{compiler.process(element.statement, **options)}"
