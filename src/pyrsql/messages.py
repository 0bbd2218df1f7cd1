"""The wording of problems, for people who wrote a filter: the one place where problems become English."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from pyrsql.problems import (
    CursorFault,
    CursorProblem,
    ForbiddenFunction,
    LimitExceeded,
    MissingSize,
    PageProblem,
    Problem,
    RepeatedParameter,
    Span,
    SyntaxProblem,
    UnknownField,
    UnknownOperator,
    UnknownParameter,
    UnsupportedOperator,
    UnsupportedSort,
    WrongArity,
    WrongCall,
    WrongValue,
)

LONGEST_QUOTATION = 40
"""The most characters of a client's text that a message repeats."""

LINE_WIDTH = 72
"""The most characters of a line that `caret` shows."""

LIMITS = {
    "query_length": "The filter is longer than {} characters",
    "sort_length": "The sort is longer than {} characters",
    "selector_length": "A field is longer than {} characters",
    "argument_length": "A value is longer than {} characters",
    "arguments": "A list has more than {} values",
    "depth": "The filter is nested more than {} levels deep",
    "nested_filters": "Filters are nested in each other more than {} times",
    "nodes": "The filter has more than {} parts",
    "keys": "The sort has more than {} keys",
    "relations": "More than {} relations are followed",
    "to_many": "A path follows more than {} to-many relations",
    "to_many_tests": "More than {} comparisons over to-many relations, quantifiers, counts and relation null checks",
    "json_tests": "The filter has more than {} comparisons of JSON",
    "json_keys": "The sort has more than {} keys of JSON",
    "text_searches": "The filter has more than {} text searches; a long value counts several times",
    "functions": "More than {} functions are called",
    "cursor_length": "The cursor is longer than {} characters",
    "max_rows": "The filter leaves more than {} rows",
}


_CURSOR_FAULTS: dict[CursorFault, str] = {
    "unreadable": "The cursor cannot be read: it is not one that this list has given.",
    "version": "The cursor was made by another version of this service.",
    "signature": "The cursor has no valid signature: it was changed, or made elsewhere.",
    "filter": "The cursor belongs to another filter.",
    "sort": "The cursor belongs to another sort.",
}


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a text: `index` counts characters from 0, `line` and `column` count from 1."""

    index: int
    line: int
    column: int


def locate(text: str, span: Span) -> Location:
    r"""Where a span begins. Only LF ends a line.

    Args:
        text: the text that the span belongs to.
        span: a span of a problem.

    >>> locate("a==1;\nb=2", Span(7, 8))
    Location(index=7, line=2, column=2)
    """
    start = span.start
    return Location(start, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def describe(problem: Problem) -> str:
    """The problem in one sentence. `problem.hint` is advice, `problem.span` the place of the fault.

    >>> describe(SyntaxProblem(source="filter", span=Span(1, 2), expected=("an operator",), found="="))
    "Expected an operator, but found '='."
    """
    match problem:
        case SyntaxProblem(found=found):
            seen = f"found {quoted(found)}" if found else f"the {problem.source} ends here"
            return f"Expected {_choice(problem.expected)}, but {seen}."
        case UnknownOperator():
            return f"There is no operator {quoted(problem.operator)}."
        case WrongArity():
            return f"The operator {quoted(problem.operator)} takes {_arity(problem)}, but {_given(problem)}."
        case LimitExceeded(actual=actual):
            wording = LIMITS.get(problem.limit, f"The {problem.source} exceeds the limit {{}} of {problem.limit}")
            return wording.format(problem.maximum) + ("." if actual is None else f": it has {actual}.")
        case UnknownField():
            return f"There is no field {quoted(problem.field)} to {problem.source} by."
        case ForbiddenFunction():
            return f"The function {quoted(problem.function)} may not be called."
        case WrongCall():
            return f"The function {quoted(problem.function)} takes {problem.expected}."
        case WrongValue():
            field, value = quoted(problem.field), quoted(problem.value)
            return f"The field {field} takes {problem.expected}, but the value is {value}."
        case UnsupportedOperator(offered=offered):
            takes = f"; it takes {_choice([quoted(one) for one in offered], 'and')}" if offered else ""
            return f"The field {quoted(problem.field)} does not take {quoted(problem.operator)}{takes}."
        case UnsupportedSort():
            key = "" if problem.field is None else f" by {quoted(problem.field)}"
            return f"Cannot sort{key}: {problem.reason}."
        case PageProblem() | MissingSize() | RepeatedParameter() | UnknownParameter() | CursorProblem():
            return _describe_parameter(problem)
        case _:
            assert_never(problem)


def _describe_parameter(
    problem: PageProblem | MissingSize | RepeatedParameter | UnknownParameter | CursorProblem,
) -> str:
    """The same for problems with a parameter as such."""
    match problem:
        case PageProblem():
            return f"Expected {problem.expected}, but the {problem.source} is {quoted(problem.value)}."
        case MissingSize():
            return "A page number needs a page size: there is no default."
        case RepeatedParameter():
            return f"The {problem.source} is given {problem.given} times."
        case UnknownParameter():
            return f"There is no parameter {quoted(problem.parameter)}."
        case CursorProblem():
            return _CURSOR_FAULTS[problem.reason]
        case _:
            assert_never(problem)


def caret(text: str, problem: Problem) -> str:
    """Show the line a problem is in, the place in it, and the message.

    Args:
        text: the text that was read.
        problem: one of its problems.

    Returns:
        A few lines for a terminal or a log. Of a long line only the part around the place is shown.

    >>> print(caret("name=demo", SyntaxProblem(
    ...     source="filter", span=Span(4, 5), expected=("an operator",), found="=", hint="Write '=='.")))
    name=demo
        ^
    Expected an operator, but found '='.
    Write '=='.
    """
    message = [describe(problem)]
    if problem.hint:
        message.append(problem.hint)
    if problem.span is None:
        return "\n".join(message)
    return "\n".join([*pointed(text, problem.span), *message])


def pointed(text: str, span: Span) -> tuple[str, str]:
    """The line of a span, cut to `LINE_WIDTH`, and carets under the span."""
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.start)
    last = len(text) if last < 0 else last
    start = max(first, min(span.start - LINE_WIDTH // 2, last - LINE_WIDTH))
    stop = min(last, start + LINE_WIDTH)
    before = ("…" if start > first else "") + visible(text[start : span.start])
    within = visible(text[span.start : min(span.end, stop)])
    after = visible(text[span.start + len(within) : stop]) + ("…" if stop < last else "")
    return before + within + after, " " * width(before) + "^" * max(1, width(within))


def quoted(text: str) -> str:
    r"""A client's text in a message: in quotes, shortened, and with nothing in it that does not print.

    >>> quoted("it's"), quoted("a\tb")
    ('"it\'s"', "'a\\u0009b'")
    """
    short = text if len(text) <= LONGEST_QUOTATION else text[: LONGEST_QUOTATION - 1] + "…"
    printed = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in short)
    mark = '"' if "'" in printed else "'"
    return f"{mark}{printed}{mark}"


def _choice(words: Sequence[str], conjunction: str = "or") -> str:
    """A list in words: `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def _arity(problem: WrongArity) -> str:
    least, most = problem.minimum, problem.maximum
    if least == most:
        return _values(least)
    if most is None:
        return f"at least {_values(least)}"
    return f"at most {_values(most)}" if least == 0 else f"{least} to {_values(most)}"


def _values(count: int) -> str:
    match count:
        case 0:
            return "no value"
        case 1:
            return "one value"
        case 2:
            return "two values"
        case _:
            return f"{count} values"


def _given(problem: WrongArity) -> str:
    return "none is given" if problem.given == 0 else f"{problem.given} {'is' if problem.given == 1 else 'are'} given"


def visible(text: str) -> str:
    """The same number of characters, all of which print; a blank for a tab, whose width depends on its place."""
    return "".join(one if one.isprintable() else " " if one == "\t" else "\ufffd" for one in text)


def width(text: str) -> int:
    """The columns that a terminal takes for a text."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )
