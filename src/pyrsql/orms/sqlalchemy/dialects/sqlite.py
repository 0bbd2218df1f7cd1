"""SQLite, whose LIKE and lower() know the case of ASCII letters only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.dialects.default import operand, sides
from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.functions import Magnitude, WholeAbove, WholeBelow
from pyrsql.orms.sqlalchemy.text import (
    FoldedText,
    PatternText,
    TextMatch,
    TextMatchIgnoringCase,
    UpperText,
    glob,
)
from pyrsql.validation.predicates import Pattern, SqlPattern
from pyrsql.validation.text import fold, upper


@notation(PatternText, on="sqlite")
def pattern_text(type_: PatternText, pattern: Pattern | SqlPattern) -> str:
    """A pattern for GLOB."""
    return glob(pattern, type_.ignore_case)


@form(TextMatch, TextMatchIgnoringCase, on="sqlite")
def text_match(element: TextMatch | TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """GLOB, whose case always counts; a pattern that ignores case has a class of letters for each."""
    value, pattern = sides(element, compiler, **options)
    return f"({value} GLOB {pattern})"


@form(FoldedText, on="sqlite")
def folded_text(element: FoldedText, compiler: SQLCompiler, **options: Any) -> str:
    """Lower case, letter by letter where there is a letter beyond ASCII."""
    return _cased("lower", fold, operand(element, compiler, **options))


@form(UpperText, on="sqlite")
def upper_text(element: UpperText, compiler: SQLCompiler, **options: Any) -> str:
    """Upper case, in the same way."""
    return _cased("upper", upper, operand(element, compiler, **options))


def _cased(function: str, case: Callable[[str], str], value: str) -> str:
    source, target = _letters(case)
    letter = "substr(pyrsql_value, pyrsql_place, 1)"
    changed = f"substr('{target}', instr('{source}', {letter}), 1)"
    return (
        "(SELECT CASE WHEN pyrsql_value GLOB '*[^' || char(1) || '-' || char(127) || ']*' THEN ("
        "WITH RECURSIVE pyrsql_letters(pyrsql_place, pyrsql_cased) AS (SELECT 1, '' UNION ALL "
        f"SELECT pyrsql_place + 1, pyrsql_cased || CASE instr('{source}', {letter}) "
        f"WHEN 0 THEN {function}({letter}) ELSE {changed} END FROM pyrsql_letters "
        "WHERE pyrsql_place <= length(pyrsql_value)) "
        "SELECT pyrsql_cased FROM pyrsql_letters ORDER BY pyrsql_place DESC LIMIT 1) "
        f"ELSE {function}(pyrsql_value) END FROM (SELECT {value} AS pyrsql_value))"
    )


@cache
def _letters(case: Callable[[str], str]) -> tuple[str, str]:
    """The letters beyond ASCII that a change of case changes, and their other case."""
    everything = (chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    changed = [letter for letter in everything if case(letter) != letter]
    return "".join(changed), "".join(map(case, changed))


_WHOLE_FROM = "4503599627370496.0"
"""A float from here on has no fraction; SQLite could not make an integer of the larger ones."""


@form(Magnitude, on="sqlite")
def magnitude(element: Magnitude, compiler: SQLCompiler, **options: Any) -> str:
    """A sum with a decimal would be a float. The smallest integer becomes one by its minus, and only that one."""
    number = operand(element, compiler, **options)
    return f"CASE WHEN {number} < 0 THEN -{number} ELSE {number} END"


@form(WholeBelow, on="sqlite")
def whole_below(element: WholeBelow, compiler: SQLCompiler, **options: Any) -> str:
    """`floor`, which SQLite may have been built without."""
    number = operand(element, compiler, **options)
    return _whole(number, f"CAST({number} AS INTEGER) - ({number} < CAST({number} AS INTEGER))")


@form(WholeAbove, on="sqlite")
def whole_above(element: WholeAbove, compiler: SQLCompiler, **options: Any) -> str:
    """`ceil`, which SQLite may have been built without."""
    number = operand(element, compiler, **options)
    return _whole(number, f"CAST({number} AS INTEGER) + ({number} > CAST({number} AS INTEGER))")


def _whole(number: str, whole: str) -> str:
    return f"CASE WHEN {number} BETWEEN -{_WHOLE_FROM} AND {_WHOLE_FROM} THEN {whole} ELSE {number} END"
