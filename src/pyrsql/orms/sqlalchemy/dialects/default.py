"""Standard SQL, right on any database that compares text by code point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import ClauseElement, Select, UnaryExpression
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BooleanClauseList, Grouping
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.orms.sqlalchemy.branches import OfBranches
from pyrsql.orms.sqlalchemy.carried import BoundKey, SelectedKey, is_float
from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.elements import TwoForms
from pyrsql.orms.sqlalchemy.explain import Explain
from pyrsql.orms.sqlalchemy.extremes import Extreme
from pyrsql.orms.sqlalchemy.functions import (
    AsFloat,
    CalendarDate,
    InUtc,
    LeftTrimmedText,
    Magnitude,
    RightTrimmedText,
    TimeInUtc,
    TrimmedText,
    WholeAbove,
    WholeBelow,
    WholeNear,
)
from pyrsql.orms.sqlalchemy.joins import OfOneRow, Unmerged
from pyrsql.orms.sqlalchemy.json.lookup import OneOrAny
from pyrsql.orms.sqlalchemy.like_patterns import like
from pyrsql.orms.sqlalchemy.order import NullsPlaced
from pyrsql.orms.sqlalchemy.related_keys import SomeRow
from pyrsql.orms.sqlalchemy.segments import Beyond, Farther
from pyrsql.orms.sqlalchemy.shared_rows import GroupKey
from pyrsql.orms.sqlalchemy.text import (
    CountedText,
    EnumText,
    ExactTest,
    ExactText,
    FoldedText,
    LeadingText,
    OrderedText,
    PatternText,
    PlainText,
    TextMatch,
    TextMatchIgnoringCase,
    UpperText,
    UuidText,
    WideText,
    has_rules,
)
from pyrsql.validation.predicates import Pattern, SqlPattern

ESCAPE = "ESCAPE '!'"


def operand(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    """The SQL of the only argument of a function, which may be an expression of any precedence."""
    (only,) = element.clauses
    return compiler.process(only.self_group(), **options)


def select_around(compiler: SQLCompiler) -> Select[Any] | None:
    """The select whose condition is being written."""
    around: Any = compiler.stack[-1]["selectable"] if compiler.stack else None
    return cast("Select[Any]", around) if isinstance(around, Select) else None


def condition(clause: ClauseElement, compiler: SQLCompiler, **options: Any) -> str:
    """The SQL of a condition beside which AND and OR may stand."""
    grouped = Grouping(clause) if isinstance(clause, BooleanClauseList) else clause
    return compiler.process(grouped, **options)


def enclosed(element: UnaryExpression[Any], compiler: SQLCompiler, **options: Any) -> str:
    """The SQL of a value that a collation, or a cast, is put around."""
    return compiler.process(element.element, **options)


def sides(element: Any, compiler: SQLCompiler, **options: Any) -> tuple[str, str]:
    """The SQL of both sides of a comparison."""
    left: ClauseElement = element.left
    right: ClauseElement = element.right
    return compiler.process(left, **options), compiler.process(right, **options)


@notation(PatternText)
def pattern_text(type_: PatternText, pattern: Pattern | SqlPattern) -> str:
    """A pattern for LIKE."""
    return like(pattern)


form(CountedText, EnumText, ExactText, GroupKey, LeadingText, OrderedText, PlainText, UuidText, WideText)(enclosed)

# Databases without time zones hold UTC, and other databases than SQLite know how many rows a key finds.
form(BoundKey, CalendarDate, InUtc, OfOneRow, TimeInUtc)(operand)


@form(TextMatch)
def text_match(element: TextMatch, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE, whose case counts in the standard."""
    value, pattern = sides(element, compiler, **options)
    return f"({value} LIKE {pattern} {ESCAPE})"


@form(TextMatchIgnoringCase)
def text_match_ignoring_case(element: TextMatchIgnoringCase, compiler: SQLCompiler, **options: Any) -> str:
    """LIKE of both sides in lower case."""
    value, pattern = sides(element, compiler, **options)
    return f"(lower({value}) LIKE lower({pattern}) {ESCAPE})"


@form(ExactTest)
def exact_test(element: ExactTest, compiler: SQLCompiler, **options: Any) -> str:
    """The form that an index serves, which is exact unless the column has rules of its own for equality."""
    indexed, exact = element.clauses
    # A clause that is processed and not written would leave its parameters behind.
    written = compiler.process(indexed, **options)
    return f"({written} AND {compiler.process(exact, **options)})" if has_rules(element.column.type) else written


def first_form(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    """The first of the forms that an element has."""
    first, *_ = element.clauses
    return condition(first, compiler, **options)


@form(TwoForms, OneOrAny)
def last_form(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    """The last of the forms that an element has, which is right on any database and of any document."""
    *_, last = element.clauses
    return condition(last, compiler, **options)


# EXISTS: other databases turn it into a join themselves. PostgreSQL plans many in time, and uses no index of a foreign
# key behind an IS TRUE.
form(SomeRow, Unmerged)(first_form)


@form(OfBranches)
def of_branches(element: OfBranches, compiler: SQLCompiler, **options: Any) -> str:
    """The OR."""
    _, plain, *_ = element.clauses
    return condition(plain, compiler, **options)


@form(Extreme)
def extreme(element: Extreme, compiler: SQLCompiler, **options: Any) -> str:
    """MIN or MAX."""
    return f"{element.function}({operand(element, compiler, **options)})"


@form(NullsPlaced)
def nulls_placed(element: NullsPlaced, compiler: SQLCompiler, **options: Any) -> str:
    """NULLS FIRST or NULLS LAST."""
    write: Callable[..., str] = cast("Any", compiler).visit_unary
    return write(element, **options)


@form(Magnitude)
def magnitude(element: Magnitude, compiler: SQLCompiler, **options: Any) -> str:
    """The sum with a decimal is one: the smallest integer of a size has a magnitude that this size does not hold."""
    return f"abs({operand(element, compiler, **options)} + 0.0)"


@form(AsFloat)
def as_float(element: AsFloat, compiler: SQLCompiler, **options: Any) -> str:
    """A cast."""
    return f"CAST({operand(element, compiler, **options)} AS DOUBLE PRECISION)"


_FUNCTIONS: Mapping[type[FunctionElement[Any]], str] = {
    FoldedText: "lower",
    UpperText: "upper",
    TrimmedText: "trim",
    LeftTrimmedText: "ltrim",
    RightTrimmedText: "rtrim",
    WholeBelow: "floor",
    WholeAbove: "ceil",
    WholeNear: "round",
}
"""The functions of one argument that are standard, or that most databases have under this name."""


@form(*_FUNCTIONS)
def called(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    """A function of one argument."""
    return f"{_FUNCTIONS[type(element)]}({operand(element, compiler, **options)})"


@form(TrimmedText, on="duckdb")
def trimmed_text_duckdb(element: TrimmedText, compiler: SQLCompiler, **options: Any) -> str:
    """DuckDB takes every white space away unless the characters are named."""
    return f"{_FUNCTIONS[type(element)]}({operand(element, compiler, **options)}, ' ')"


@form(Beyond)
def beyond(element: Beyond, compiler: SQLCompiler, **options: Any) -> str:
    """The ladder: many databases have no row values, or read a whole index for one."""
    return f"({compiler.process(element.ladder, **options)})"


@form(Farther)
def no_row(element: Farther, compiler: SQLCompiler, **options: Any) -> str:
    """Nothing: the nearest range has all rows."""
    return "1 = 0"


@form(SelectedKey)
def selected_key(element: SelectedKey, compiler: SQLCompiler, **options: Any) -> str:
    """A float is widened to 64 bits."""
    key = enclosed(element, compiler, **options)
    return f"CAST({key} AS DOUBLE PRECISION)" if is_float(element.type, compiler.dialect) else key


@form(Explain)
def explain(element: Explain, compiler: SQLCompiler, **options: Any) -> str:
    """EXPLAIN."""
    return f"EXPLAIN {compiler.process(element.statement, **options)}"
