"""SQL Server: a construct whose standard SQL is wrong there has its own form, or is refused.

Its collations ignore case by default, `=` ignores blanks at the end under every collation, and LIKE takes `[` for a
wildcard. LEN counts no blanks at the end, and REPLACE ignores case.
"""

from __future__ import annotations

from typing import Any, NoReturn, cast

from sqlalchemy import ClauseElement, UnaryExpression
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.dialects.default import operand
from pyrsql.orms.sqlalchemy.dialects.families import form
from pyrsql.orms.sqlalchemy.functions import WholeAbove, WholeNear
from pyrsql.orms.sqlalchemy.order import NullsPlaced
from pyrsql.orms.sqlalchemy.text import CountedText, ExactText, OrderedText, TextMatch, TextMatchIgnoringCase


@form(CountedText, ExactText, OrderedText, TextMatch, TextMatchIgnoringCase, on="mssql")
def inexact_text(element: ClauseElement, compiler: SQLCompiler, **options: Any) -> NoReturn:
    """No comparison of text is exact."""
    raise CompileError(
        f"pyrsql does not compare text on SQL Server ({type(element).__name__}): its = ignores blanks at the end, and "
        "its LIKE has other wildcards. Leave text fields out of what clients may filter by."
    )


@form(NullsPlaced, on="mssql")
def nulls_placed(element: NullsPlaced, compiler: SQLCompiler, **options: Any) -> str:
    """A key of its own: there is no NULLS FIRST."""
    directed = cast("UnaryExpression[Any]", element.element)
    value = compiler.process(directed.element, **options)
    null, other = (0, 1) if element.modifier is operators.nulls_first_op else (1, 0)
    return f"CASE WHEN {value} IS NULL THEN {null} ELSE {other} END, {compiler.process(directed, **options)}"


@form(WholeAbove, on="mssql")
def whole_above(element: WholeAbove, compiler: SQLCompiler, **options: Any) -> str:
    """`ceiling`, its only name here."""
    return f"ceiling({operand(element, compiler, **options)})"


@form(WholeNear, on="mssql")
def whole_near(element: WholeNear, compiler: SQLCompiler, **options: Any) -> str:
    """`round` with the number of digits, which it needs here."""
    return f"round({operand(element, compiler, **options)}, 0)"
