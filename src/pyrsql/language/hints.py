"""Advice on the mistakes that people make: the `hint` of a problem and, where it is a correction, its `replacement`.

Advice is a guess from the characters around a failure. It never decides whether a text is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyrsql.language import grammar
from pyrsql.language.advice import Advice, Place, place_of
from pyrsql.language.grammar import COUNT, OPERATOR
from pyrsql.language.operator_hints import key_advice, not_advice, operator_advice
from pyrsql.language.value_hints import CURLY_QUOTES, after_quote_advice, quote_advice, straight_quoted, value_advice
from pyrsql.operators import OperatorRegistry
from pyrsql.problems import Span

_bracketed = re.compile(rf"({OPERATOR})[ ]*(?:\[([^\[\]();]+)\]|\{{([^{{}}();]+)\}})")
_joint_before = re.compile(r"([;,]|[ ](?:and|or)[ ])[ ]*\Z")
_arrow = re.compile(rf"(?<=[\w'\"])->>?[ ]*(['\"]?)([\w.]+)\1(?=[ ]*{OPERATOR})")
_json_start = re.compile(r"[ ]*(?:\{|\[[ ]*[\[{'\"])")
_curly_quoted = re.compile(rf"[{CURLY_QUOTES}]([^{CURLY_QUOTES}'\"\\]*)[{CURLY_QUOTES}]")
_curly_quote = re.compile(f"[{CURLY_QUOTES}]")

bare_count_before: re.Pattern[str] = re.compile(rf"(?<!['\"])@{COUNT}\[[^\[\]|@#'\"]*\|#")

QUOTE_COUNT = "Put a count with a filter in it in quotes, as in '@count[roles|#level>2]'."
STRAIGHT_QUOTES = "Write straight quotes, ' or \"."


def syntax_advice(text: str, span: Span, expected: Iterable[str], operators: OperatorRegistry) -> Advice | None:
    """The advice where a filter does not follow the grammar.

    Args:
        text: the filter.
        span: the token that was found.
        expected: the terminals that the grammar would have taken.
        operators: the operators that clients may use.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> syntax_advice("a=>1", Span(1, 2), {grammar.AN_OPERATOR}, DEFAULT_OPERATOR_REGISTRY)
    Advice(hint="Write '>='.", replacement='>=', span=Span(start=1, end=3))
    >>> syntax_advice("a==1 AND b==2", Span(5, 8), {grammar.AN_AND}, DEFAULT_OPERATOR_REGISTRY).hint
    "Write ' and ' in lower case, or ';'."
    """
    place = place_of(text, span, expected)
    if is_json(text):
        return Advice("A filter is not JSON: write it as name==demo;age>18.")
    if not place.found and grammar.END_OF_GROUP in place.wanted:
        return Advice("A '(' is never closed.")
    if bare_count_before.search(place.before):
        return Advice(QUOTE_COUNT)
    if (advice := _bracket_advice(place, operators) or _arrow_advice(place)) is not None:
        return advice
    begins_quote = place.found != "" and place.found[0] in "'\""
    if begins_quote and grammar.AN_OPERATOR not in place.wanted and (advice := quote_advice(place)) is not None:
        return advice
    if (advice := _curly_advice(place)) is not None:
        return advice
    if place.before.endswith(("'", '"')) and grammar.run_pattern.match(place.found):
        return after_quote_advice(place)
    if grammar.AN_OPERATOR in place.wanted:
        advice = key_advice(place) or operator_advice(place, operators)
        return quote_advice(place) if advice is None and begins_quote else advice
    if place.wanted & {grammar.AN_AND, grammar.ANOTHER_VALUE, grammar.A_LIST}:
        return value_advice(place)
    if place.found == "!" and grammar.A_FIELD in place.wanted:
        return not_advice(place, operators)
    return joint_advice(place)


def is_json(text: str) -> bool:
    """Whether a text begins like JSON."""
    return _json_start.match(text) is not None


def _bracket_advice(place: Place, operators: OperatorRegistry) -> Advice | None:
    """`field=in=[a,b]` and `field==[a,b]`: brackets are ordinary characters, so that a comma ends the value."""
    for found in _bracketed.finditer(place.around):
        operator = operators.find(found[1])
        if operator is None or not found.start() < len(place.before.rstrip(" ")) <= found.end():
            continue
        values = found[2] or found[3]
        several = operator.maximum_arguments != 1
        if not several and not ("," in values and operator.name == "equal" and operators.find("=in=")):
            return None
        written = f"({values})" if several else f"=in=({values})"
        return Advice(
            f"Write '{written}'.", written, place.part(found.end(1) if several else found.start(), found.end())
        )
    return None


def _arrow_advice(place: Place) -> Advice | None:
    """`relation->field`, which is read as a comparison by `>`."""
    for found in _arrow.finditer(place.around):
        if found.start() < len(place.before) <= found.end():
            step = f".{found[2]}"
            return Advice(f"Write {step!r}.", step, place.part(*found.span()))
    return None


def _curly_advice(place: Place) -> Advice | None:
    """Typographic quotes are ordinary characters, so that a blank ends the value."""
    bare = straight_quoted.sub("", place.before)
    if not _curly_quote.search(bare[bare.rfind(" ") + 1 :] + place.found):
        return None
    for quoted in _curly_quoted.finditer(place.around):
        if quoted.start() <= len(place.before) <= quoted.end():
            return Advice(STRAIGHT_QUOTES, f"'{quoted[1]}'", place.part(*quoted.span()))
    return Advice(STRAIGHT_QUOTES)


def joint_advice(place: Place) -> Advice | None:
    """Where a field or a value is missing before or behind a joint."""
    joint = _joint_before.search(place.before)
    if place.found in (";", ",") and not place.before.strip(" ("):
        # All of them at once: the text without the first one would be refused for the same reason.
        rest = place.text[place.span.start :]
        return Advice(f"Leave out the '{place.found}'.", "", place.behind(len(rest) - len(rest.lstrip(";, "))))
    if joint is None or not place.before[: joint.start()].rstrip(" ("):
        return None
    written = joint[1].strip(" ")
    if place.found in ("", ")"):
        where = " at the end" if not place.found else ""
        return Advice(f"Leave out the '{written}'{where}.", "", place.ahead(joint, 1))
    if place.found == written:
        empty = "; an empty value is written ''" if grammar.A_VALUE in place.wanted else ""
        repeated = len(place.after) - len(place.after.lstrip(f"{written} "))
        return Advice(f"Write one '{written}'{empty}.", "", place.behind(repeated))
    if place.found in (";", ","):
        return Advice("Write ';' (and) or ',' (or), not both.")
    return None
