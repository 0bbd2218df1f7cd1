"""PostgreSQL, and databases that speak all of its SQL."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CHAR, NCHAR, Column, ColumnElement, Date, DateTime
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from pyrsql.orms.sqlalchemy.branches import OfBranches
from pyrsql.orms.sqlalchemy.cardinality import given_by_index, has_key
from pyrsql.orms.sqlalchemy.carried import BoundKey, CarriedValue, SelectedKey, names_object, written_type
from pyrsql.orms.sqlalchemy.column_types import form_on
from pyrsql.orms.sqlalchemy.dialects import default
from pyrsql.orms.sqlalchemy.dialects.default import ESCAPE, condition, enclosed, operand, select_around, sides
from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.elements import OnPostgreSQL
from pyrsql.orms.sqlalchemy.extremes import Extreme
from pyrsql.orms.sqlalchemy.functions import CalendarDate, InUtc, TimeInUtc
from pyrsql.orms.sqlalchemy.like_patterns import like
from pyrsql.orms.sqlalchemy.related_keys import KeysOnPostgreSQL
from pyrsql.orms.sqlalchemy.row_counts import DistinctKeys
from pyrsql.orms.sqlalchemy.segments import Beyond
from pyrsql.orms.sqlalchemy.select_parts import conditions
from pyrsql.orms.sqlalchemy.text import (
    EqualIgnoringCase,
    OrderedText,
    PatternText,
    PlainText,
    PrefixMatch,
    PrefixMatchIgnoringCase,
    TextMatch,
    TextMatchIgnoringCase,
    has_rules,
    plain_text,
)
from pyrsql.validation.predicates import Pattern, SqlPattern


@notation(PatternText, on="postgresql")
def pattern_text(type_: PatternText, pattern: Pattern | SqlPattern) -> str:
    """A pattern for LIKE, or the text itself where `=` compares it."""
    if isinstance(pattern, Pattern) and type_.shape in ("whole", "few forms"):
        return "".join(pattern.pieces)
    return like(pattern)


@form(OrderedText, on="postgresql")
def ordered_text(element: OrderedText, compiler: SQLCompiler, **options: Any) -> str:
    """The collation `C` compares bytes, and the bytes of UTF-8 have the order of code points."""
    return f'{enclosed(element, compiler, **options)} COLLATE "C"'


@form(PlainText, on="postgresql")
def without_rules(element: PlainText, compiler: SQLCompiler, **options: Any) -> str:
    """A cast takes the blanks away that CHAR adds. The collation of a database tells every two texts apart."""
    return f'(CAST({enclosed(element, compiler, **options)} AS TEXT) COLLATE "default")'


def _sides(element: Any, compiler: SQLCompiler, **options: Any) -> tuple[str, str]:
    """The SQL of a text, without rules of its column, and of a pattern."""
    text: ColumnElement[Any] = element.left
    return compiler.process(plain_text(text), **options), compiler.process(element.right, **options)


@form(TextMatch, on="postgresql")
def text_match(element: TextMatch, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE, whose case counts."""
    value, pattern = _sides(element, compiler, **options)
    return f"({value} LIKE {pattern} {ESCAPE})"


@form(PrefixMatch, on="postgresql")
def prefix_match(element: PrefixMatch, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE. For CHAR also of the column with its blanks, which an index with `bpchar_pattern_ops` serves."""
    column: ColumnElement[Any] = element.left
    matched = text_match(element, compiler, **options)
    if not isinstance(column, Column) or has_rules(column.type):
        return matched
    if not isinstance(form_on(compiler.dialect, column.type), CHAR | NCHAR):
        return matched
    padded, pattern = sides(element, compiler, **options)
    return f"({padded} LIKE {pattern} {ESCAPE} AND {matched})"


@form(TextMatchIgnoringCase, on="postgresql")
def text_match_ignoring_case(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """ILIKE, which a trigram index serves."""
    value, pattern = _sides(element, compiler, **options)
    return f"({value} ILIKE {pattern} {ESCAPE})"


@form(PrefixMatchIgnoringCase, on="postgresql")
def prefix_match_ignoring_case(element: PrefixMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE of both sides in lower case, which an index on `lower(column)` serves."""
    value, pattern = _sides(element, compiler, **options)
    return f"(lower({value}) LIKE lower({pattern}) {ESCAPE})"


@form(EqualIgnoringCase, on="postgresql")
def equal_ignoring_case(element: EqualIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """Both sides in lower case, which an index on `lower(column)` serves."""
    value, text = _sides(element, compiler, **options)
    return f"(lower({value}) = lower({text}))"


@form(InUtc, TimeInUtc, on="postgresql")
def in_utc(element: InUtc | TimeInUtc, compiler: SQLCompiler, **options: Any) -> str:
    """PostgreSQL shows a point in time in the time zone of the session, and a time of day in its own."""
    return f"timezone('UTC', {operand(element, compiler, **options)})"


@form(Extreme, on="postgresql")
def extreme(element: Extreme, compiler: SQLCompiler, **options: Any) -> str:
    """An aggregate with a filter is none that an index serves."""
    return f"{default.extreme(element, compiler, **options)} FILTER (WHERE true)"


form(OnPostgreSQL, on="postgresql")(default.first_form)


@form(KeysOnPostgreSQL, on="postgresql")
def keys_of_passing_rows(element: KeysOnPostgreSQL, compiler: SQLCompiler, **options: Any) -> str:
    """The distinct keys, unless a key narrows the statement to few rows."""
    distinct, other = element.clauses
    around = select_around(compiler)
    few = around is not None and has_key(around)
    return compiler.process(other if few else distinct, **options)


@form(OfBranches, on="postgresql")
def of_branches(element: OfBranches, compiler: SQLCompiler, **options: Any) -> str:
    """The keys of the branches, unless a key or an index that they do not repeat narrows the statement to few rows."""
    keys, plain, *narrowing = element.clauses
    around = select_around(compiler)
    few = around is not None and bool(given_by_index(conditions(around)) - given_by_index(narrowing))
    return condition(plain if few else keys, compiler, **options)


@form(CalendarDate, on="postgresql")
def calendar_date(element: CalendarDate, compiler: SQLCompiler, **options: Any) -> str:
    """The date. `infinity` has no parts: asyncpg writes it for Python's largest date, -infinity for the smallest."""
    date = f"CAST({operand(element, compiler, **options)} AS DATE)"
    ends = "WHEN 'infinity' THEN DATE '9999-12-31' WHEN '-infinity' THEN DATE '0001-01-01'"
    return f"(CASE {date} {ends} ELSE {date} END)"


@form(SelectedKey, on="postgresql")
def selected_key(element: SelectedKey, compiler: SQLCompiler, **options: Any) -> str:
    """A value that drivers would change is written as text; a date in the style of ISO, in every session."""
    match written_type(element.type, compiler.dialect):
        case None:
            return default.selected_key(element, compiler, **options)
        case _ if names_object(element.type, compiler.dialect):
            # No client may ask by a cursor which names there are.
            return f"CAST(CAST({enclosed(element, compiler, **options)} AS OID) AS TEXT)"
        case DateTime() | Date():
            return f"(to_json({enclosed(element, compiler, **options)}) #>> '{{}}')"
        case _:
            return f"CAST({enclosed(element, compiler, **options)} AS TEXT)"


@form(BoundKey, on="postgresql")
def bound_key(element: BoundKey, compiler: SQLCompiler, **options: Any) -> str:
    """The text of a value is read as its type."""
    (value,) = element.clauses
    bound = operand(element, compiler, **options)
    carries = cast("CarriedValue", value.type).carries
    type_ = written_type(carries, compiler.dialect)
    if names_object(carries, compiler.dialect):
        # A parameter of this type would have to be a number.
        return f"CAST(CAST({bound} AS TEXT) AS OID)"
    if type_ is None or isinstance(type_, NullType):
        return bound
    return f"CAST({bound} AS {compiler.dialect.type_compiler_instance.process(type_)})"


@form(Beyond, on="postgresql")
def beyond(element: Beyond, compiler: SQLCompiler, **options: Any) -> str:
    """A row value, which is one range of an index."""
    return compiler.process(element.row_value, **options)


@form(DistinctKeys, on="postgresql")
def distinct_keys(element: DistinctKeys, compiler: SQLCompiler, **options: Any) -> str:
    """A row of the columns counts as one value."""
    return f"count(DISTINCT ({compiler.process(element.clauses, **options)}))"
