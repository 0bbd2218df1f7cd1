"""The problem of an argument that a field refuses, with the advice that fits any kind of field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from pyrsql import operators as ops
from pyrsql.language.advice import Advice
from pyrsql.language.hints import STRAIGHT_QUOTES
from pyrsql.language.nodes import Comparison
from pyrsql.language.operator_hints import range_of
from pyrsql.language.plain_text import CURLY_QUOTED
from pyrsql.language.render import render_value
from pyrsql.problems import Span, WrongValue
from pyrsql.validation.convert import Refusal

SMALLER_FIRST = "Write the smaller bound first."

_NO_VALUE = frozenset({"", "null", "none", "nil", "undefined"})
_PERCENT = re.compile(r"%.*|.*[^\W0-9]%", re.DOTALL)


def wrong_values(node: Comparison, values: tuple[object, ...], offered: Collection[str]) -> Iterator[WrongValue]:
    """The problems of a comparison's arguments.

    Args:
        node: the comparison.
        values: what its arguments were converted to; Refusals are problems.
        offered: the names of the operators that the field takes.
    """
    spans = node.argument_spans
    for place, value in enumerate(values):
        if isinstance(value, Refusal):
            yield _wrong_value(node, place, spans, value, offered)


def wrong_value(node: Comparison, refusal: Refusal, offered: Collection[str]) -> WrongValue:
    """The problem of the first argument."""
    return _wrong_value(node, 0, node.argument_spans, refusal, offered)


def _wrong_value(
    node: Comparison, place: int, spans: Sequence[Span], refusal: Refusal, offered: Collection[str]
) -> WrongValue:
    advice = _advice(node, place, refusal, offered)
    return WrongValue(
        source="filter",
        field=node.selector,
        value=node.arguments[place],
        expected=refusal.expected,
        span=(advice and advice.span) or (spans[place] if spans else None),
        hint=advice and advice.hint,
        replacement=advice and advice.replacement,
    )


def _advice(node: Comparison, place: int, refusal: Refusal, offered: Collection[str]) -> Advice | None:
    text = node.arguments[place]
    guessed = refusal.hint is None or refusal.hint.startswith("Did you mean")
    if guessed and (advice := null_advice(node, offered)):
        return advice
    if guessed and (quoted := CURLY_QUOTED.fullmatch(text)):
        return Advice(STRAIGHT_QUOTES, _quoted(quoted[1]))
    if ops.BETWEEN.name in offered and (bounds := range_of(text)) and (advice := _range_advice(node, bounds)):
        return advice
    if refusal.hint == SMALLER_FIRST:
        return _swapped(node)
    if refusal.hint is not None:
        return Advice(refusal.hint, None if refusal.replacement is None else render_value(refusal.replacement))
    if _PERCENT.fullmatch(text):
        return Advice("The wildcard is '*', not '%', and only text has wildcards.")
    return None


def null_advice(node: Comparison, offered: Collection[str]) -> Advice | None:
    """`field==null`, where the field takes no text."""
    if not any(text.lower() in _NO_VALUE for text in node.arguments):
        return None
    operator = ops.IS_NOT_NULL if node.operator in (ops.NOT_EQUAL, ops.NOT_IN) else ops.IS_NULL
    if operator.name not in offered:
        return None
    rows = "with" if operator is ops.IS_NOT_NULL else "without"
    hint = f"Write {operator.spelling!r} for the rows {rows} a value."
    if node.span is None or node.written is None or node.operator not in (ops.EQUAL, ops.NOT_EQUAL):
        return Advice(hint)
    return Advice(hint, operator.spelling, Span(node.written.start("operator"), node.span.end))


def _range_advice(node: Comparison, bounds: str) -> Advice | None:
    """`field==1..5`."""
    if node.operator is not ops.EQUAL or node.span is None or node.written is None:
        return None
    written = f"{ops.BETWEEN.spelling}{bounds}"
    return Advice(f"Write '{written}'.", written, Span(node.written.start("operator"), node.span.end))


def _swapped(node: Comparison) -> Advice:
    """`field=bt=(5,1)`."""
    if node.written is None or node.written["list"] is None:
        return Advice(SMALLER_FIRST)
    low, high = reversed(node.arguments)
    return Advice(SMALLER_FIRST, f"({render_value(low)},{render_value(high)})", Span(*node.written.span("list")))


def _quoted(text: str) -> str | None:
    return None if "'" in text or "\\" in text else f"'{text}'"
