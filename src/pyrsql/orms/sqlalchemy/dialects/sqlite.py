"""SQLite, whose LIKE and lower() know the case of ASCII letters only."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from itertools import product
from string import ascii_lowercase, ascii_uppercase
from typing import Any, cast

from sqlalchemy import BinaryExpression, BindParameter, Column, ColumnElement
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BooleanClauseList
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.cardinality import has_own_key
from pyrsql.orms.sqlalchemy.column_types import forms_of
from pyrsql.orms.sqlalchemy.dialects.default import enclosed, first_form, operand, select_around, sides
from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.elements import OnSQLite
from pyrsql.orms.sqlalchemy.explain import Explain
from pyrsql.orms.sqlalchemy.extremes import Extreme
from pyrsql.orms.sqlalchemy.functions import CalendarDate, Magnitude, WholeAbove, WholeBelow, WholeNear
from pyrsql.orms.sqlalchemy.joins import OfOneRow
from pyrsql.orms.sqlalchemy.like_patterns import forms_beyond_ascii, glob
from pyrsql.orms.sqlalchemy.related_keys import SomeRow, SomeRowInRange
from pyrsql.orms.sqlalchemy.row_counts import DistinctKeys
from pyrsql.orms.sqlalchemy.segments import Beyond, Farther, Nearest
from pyrsql.orms.sqlalchemy.select_parts import conditions
from pyrsql.orms.sqlalchemy.text import (
    EqualInFewForms,
    FoldedText,
    PatternText,
    PlainText,
    PrefixMatch,
    PrefixMatchIgnoringCase,
    Shape,
    TextMatch,
    TextMatchIgnoringCase,
    UpperText,
)
from pyrsql.validation.predicates import Pattern, SqlPattern
from pyrsql.validation.text import fold, upper


@notation(PatternText, on="sqlite")
def pattern_text(type_: PatternText, pattern: Pattern | SqlPattern) -> str:
    """A pattern for GLOB. An index needs more: all forms of a text, or the ranges in which a prefix lies, as JSON."""
    if isinstance(pattern, Pattern) and type_.shape == "few forms":
        return json.dumps(["".join(form) for form in product(*forms_beyond_ascii(pattern.pieces[0]))])
    if isinstance(pattern, Pattern) and type_.shape == "prefix" and type_.ignore_case:
        return json.dumps([*_ranges(pattern.pieces[0]), glob(pattern, ignore_case=True)])
    if isinstance(pattern, Pattern) and type_.shape in _PREFIXES and _ignores_case(type_.operand_type):
        start = pattern.pieces[0].translate(_LOWER)
        return json.dumps([start, _behind(start), glob(pattern)])
    return glob(pattern, type_.ignore_case)


_PREFIXES: tuple[Shape, ...] = ("prefix", "wide prefix")

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
"""The case that NOCASE ignores."""


def _ignores_case(type_: TypeEngine[Any]) -> bool:
    """Whether a type declares the collation NOCASE."""
    return any((getattr(form, "collation", None) or "").upper() == "NOCASE" for form in forms_of(type_))


def _ranges(prefix: str) -> list[str]:
    """Two ranges, each with its first text and the first text behind it, in which `lower()` of a match lies.

    One character may have a second form beyond ASCII, such as the Kelvin sign for `k`; the prefix ends before another.
    """
    starts = [""]
    for forms in forms_beyond_ascii(prefix):
        if len(forms) > 2 or len(forms) * len(starts) > 2:
            break
        starts = [start + form for start in starts for form in forms]
    ranges = [text for start in starts for text in (start, _behind(start))]
    return [*ranges, *ranges][:4]


def _behind(start: str) -> str:
    """The first text behind all texts that begin with `start`; one behind all texts for the last of them.

    >>> _behind("az")
    'a{'
    """
    kept = start.rstrip(_LAST)
    if not kept:
        return _LAST * 64
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)


_LAST = chr(sys.maxunicode)


@form(EqualInFewForms, on="sqlite")
def equal_in_few_forms(element: EqualInFewForms, compiler: SQLCompiler, **options: Any) -> str:
    """One of all forms, looked up by an index on `lower(column)` or by a NOCASE index of the column."""
    value, forms = sides(element, compiler, **options)
    among = f"IN (SELECT value FROM json_each({forms}))"
    if not isinstance(element.left, Column):
        return f"(lower({value}) {among})"
    return f"(lower({value}) {among} AND {value} COLLATE NOCASE {among})"


@form(PrefixMatch, on="sqlite")
def prefix_match(element: PrefixMatch, compiler: SQLCompiler, **options: Any) -> str:
    """GLOB, for which an index of another collation than BINARY needs a range."""
    value, texts = sides(element, compiler, **options)
    if not _ignores_case(cast("PatternText", element.right.type).operand_type):
        return f"({value} GLOB {texts})"
    first, behind, pattern = (f"json_extract({texts}, '$[{place}]')" for place in range(3))
    folded = f"{value} COLLATE NOCASE"
    return f"({folded} >= {first} AND {folded} < {behind} AND {value} GLOB {pattern})"


@form(PrefixMatchIgnoringCase, on="sqlite")
def prefix_match_ignoring_case(element: PrefixMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """The same indexes find a range, and GLOB decides."""
    value, texts = sides(element, compiler, **options)
    first, behind, other_first, other_behind, pattern = (f"json_extract({texts}, '$[{place}]')" for place in range(5))
    if not isinstance(element.left, Column):
        return f"({value} GLOB {pattern})"
    found = " AND ".join(
        f"({folded} >= {first} AND {folded} < {behind} OR {folded} >= {other_first} AND {folded} < {other_behind})"
        for folded in (f"lower({value})", f"{value} COLLATE NOCASE")
    )
    return f"({found} AND {value} GLOB {pattern})"


@form(TextMatch, TextMatchIgnoringCase, on="sqlite")
def text_match(element: TextMatch | TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """GLOB, whose case always counts; a pattern that ignores case has a class of letters for each."""
    value, pattern = sides(element, compiler, **options)
    return f"({value} GLOB {pattern})"


form(OnSQLite, on="sqlite")(first_form)


@form(OfOneRow, on="sqlite")
def of_one_row(element: OfOneRow, compiler: SQLCompiler, **options: Any) -> str:
    """Most rows pass: SQLite guesses that a range leaves few, and reads it once for each row around it.

    In an OR it would not believe it. No index serves an expression behind a `+`.
    """
    (condition,) = element.clauses
    is_or = isinstance(condition, BooleanClauseList) and condition.operator is operators.or_
    text = operand(element, compiler, **options)
    return f"+({text})" if is_or else f"likelihood({text}, 0.9)"


@form(SomeRow, on="sqlite")
def some_row(element: SomeRow, compiler: SQLCompiler, **options: Any) -> str:
    """The keys of the rows that have a related row, found by an index of the related table. Where a key of the
    statement's own leaves few rows, a look at each.
    """
    exists, among = element.clauses
    around = select_around(compiler)
    return f"({compiler.process(exists if around is not None and has_own_key(around) else among, **options)})"


@form(SomeRowInRange, on="sqlite")
def some_row_in_range(element: SomeRowInRange, compiler: SQLCompiler, **options: Any) -> str:
    """The same, unless the statement is about few rows of its own: then a look at each is enough."""
    exists, among = element.clauses
    around = select_around(compiler)
    narrowed = around is not None and any(map(_leads_to_few, conditions(around)))
    return f"({compiler.process(exists if narrowed else among, **options)})"


def _leads_to_few(condition: ColumnElement[bool]) -> bool:
    """Whether a condition compares a column with values, or needs one of few related rows."""
    if isinstance(condition, BooleanClauseList):
        return condition.operator is operators.and_ and any(map(_leads_to_few, condition.clauses))
    if type(condition) is SomeRow:
        return not condition.shared
    compares = isinstance(condition, BinaryExpression) and condition.operator in (operators.eq, operators.in_op)
    return compares and isinstance(condition.left, Column) and isinstance(condition.right, BindParameter)


@form(Extreme, on="sqlite")
def extreme(element: Extreme, compiler: SQLCompiler, **options: Any) -> str:
    """No index serves an expression behind a `+`."""
    return f"{element.function}(+{operand(element, compiler, **options)})"


@form(CalendarDate, on="sqlite")
def calendar_date(element: CalendarDate, compiler: SQLCompiler, **options: Any) -> str:
    """The date that the text begins with: rounded to milliseconds, the last time of the year 9999 is out of range."""
    return f"substr({operand(element, compiler, **options)}, 1, 10)"


@form(PlainText, on="sqlite")
def without_rules(element: PlainText, compiler: SQLCompiler, **options: Any) -> str:
    """The collation that compares bytes, in place of the column's own."""
    return f"({enclosed(element, compiler, **options)} COLLATE BINARY)"


@form(FoldedText, on="sqlite")
def folded_text(element: FoldedText, compiler: SQLCompiler, **options: Any) -> str:
    """Lower case, letter by letter where there is a letter beyond ASCII."""
    return _cased("lower", fold, element, compiler, **options)


@form(UpperText, on="sqlite")
def upper_text(element: UpperText, compiler: SQLCompiler, **options: Any) -> str:
    """Upper case, in the same way."""
    return _cased("upper", upper, element, compiler, **options)


def _cased(
    function: str, case: Callable[[str], str], element: FunctionElement[Any], compiler: SQLCompiler, **options: Any
) -> str:
    """A column is named several times, so that a value in ASCII costs no subquery; any other expression stands once."""
    value = operand(element, compiler, **options)
    (only,) = element.clauses
    if isinstance(only, Column):
        return _cased_where_needed(function, case, value)
    return f"(SELECT {_cased_where_needed(function, case, 'pyrsql_text')} FROM (SELECT {value} AS pyrsql_text))"


def _cased_where_needed(function: str, case: Callable[[str], str], value: str) -> str:
    # Counting is faster than GLOB, which decides where a character counts more than one byte, or none: NUL.
    is_wide = f"length({value}) <> length(CAST({value} AS BLOB))"
    beyond_ascii = f"{value} GLOB '*[^' || char(1) || '-' || char(127) || ']*'"
    by_letter = _by_letter(function, case, value)
    return f"CASE WHEN {is_wide} AND {beyond_ascii} THEN {by_letter} ELSE {function}({value}) END"


def _by_letter(function: str, case: Callable[[str], str], value: str) -> str:
    source, target = _letters(case)
    letter = "substr(pyrsql_value, pyrsql_place, 1)"
    changed = f"substr('{target}', instr('{source}', {letter}), 1)"
    return (
        "(WITH RECURSIVE pyrsql_letters(pyrsql_value, pyrsql_place, pyrsql_cased) AS "
        f"(SELECT {value}, 1, '' UNION ALL "
        f"SELECT pyrsql_value, pyrsql_place + 1, pyrsql_cased || CASE instr('{source}', {letter}) "
        f"WHEN 0 THEN {function}({letter}) ELSE {changed} END FROM pyrsql_letters "
        "WHERE pyrsql_place <= length(pyrsql_value)) "
        "SELECT pyrsql_cased FROM pyrsql_letters ORDER BY pyrsql_place DESC LIMIT 1)"
    )


_BLOCK = 256


@cache
def _letters(case: Callable[[str], str]) -> tuple[str, str]:
    """The letters beyond ASCII that a change of case changes, and their other case."""
    codes = range(0, sys.maxunicode + 1, _BLOCK)
    blocks = ("".join(map(chr, range(first, first + _BLOCK))) for first in codes if not 0xD800 <= first <= 0xDFFF)
    # Most blocks have no letters with a case, which is found out for a whole block at once.
    cased = (block for block in blocks if not block.lower() == block == block.upper())
    changed = [letter for block in cased for letter in block if letter >= "\x80" and case(letter) != letter]
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


@form(WholeNear, on="sqlite")
def whole_near(element: WholeNear, compiler: SQLCompiler, **options: Any) -> str:
    """`round`, which makes a float of an integer."""
    number = operand(element, compiler, **options)
    return f"CASE typeof({number}) WHEN 'integer' THEN {number} ELSE round({number}) END"


@form(Beyond, on="sqlite")
def beyond(element: Beyond, compiler: SQLCompiler, **options: Any) -> str:
    """A row value, which is one range of an index; with the row id, which is no part of the range, what costs less for
    each row.
    """
    keys, _ = element.halves()
    one_before_row_id = len(keys) == 2 and element.ends_with_row_id
    return compiler.process(element.from_tie if one_before_row_id else element.row_value, **options)


@form(Nearest, Farther, on="sqlite")
def level(element: Nearest | Farther, compiler: SQLCompiler, **options: Any) -> str:
    """The range of one key, which may be the row id."""
    return compiler.process(element.level, **options)


@form(DistinctKeys, on="sqlite")
def distinct_keys(element: DistinctKeys, compiler: SQLCompiler, **options: Any) -> str:
    """DISTINCT takes one value here: the literals of the columns, which no other key has."""
    literals = " || ',' || ".join(f"quote({compiler.process(key, **options)})" for key in element.clauses)
    return f"count(DISTINCT {literals})"


@form(Explain, on="sqlite")
def explain(element: Explain, compiler: SQLCompiler, **options: Any) -> str:
    """The plan; EXPLAIN alone would list the steps of a virtual machine."""
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **options)}"
