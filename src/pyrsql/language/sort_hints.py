"""Advice on the mistakes that people make in a sort. See `hints` for filters."""

from __future__ import annotations

from collections.abc import Iterable

from pyrsql.language import grammar
from pyrsql.language.advice import Advice, Place, place_of
from pyrsql.language.grammar import MODIFIERS
from pyrsql.language.hints import (
    QUOTE_COUNT,
    bare_count_before,
    call_after,
    call_before,
    joint_advice,
    joint_before,
    quote_advice,
)
from pyrsql.language.nearest import nearest
from pyrsql.problems import Span

_WORDS = {"ascending": "asc", "descending": "desc", "ci": "ic"}
"""Other words for modifiers."""


def sort_advice(text: str, span: Span, expected: Iterable[str]) -> Advice | None:
    """The advice where a sort does not follow the grammar.

    >>> sort_advice("name,DESC", Span(5, 9), {grammar.A_MODIFIER})
    Advice(hint="Write 'desc': modifiers are in lower case.", replacement='desc', span=None)
    """
    place = place_of(text, span, expected)
    found = place.found
    if bare_count_before.search(place.before):
        return Advice(QUOTE_COUNT)
    if found[:1] in ("'", '"') and found:
        return quote_advice(place)
    if grammar.A_MODIFIER in place.wanted and grammar.run_pattern.match(found):
        return _modifier_advice(place)
    if grammar.A_COMMA in place.wanted and found.lower() in MODIFIERS:
        return Advice(f"Write ',' before the modifier: ',{found.lower()}'.", f",{found.lower()}")
    if grammar.A_COMMA in place.wanted and found == "(":
        return _direction_advice(place)
    if grammar.A_FIELD in place.wanted and place.before.endswith(("-", "+")) and found == " ":
        blanks = len(place.after) - len(place.after.lstrip(" "))
        return Advice("Write the sign and the field without a blank between them.", "", place.behind(blanks))
    return joint_advice(place)


def _modifier_advice(place: Place) -> Advice:
    lower = place.found.lower()
    if lower in MODIFIERS:
        return Advice(f"Write {lower!r}: modifiers are in lower case.", lower)
    near = _WORDS.get(lower) or nearest(lower, MODIFIERS)
    if near is not None:
        return Advice(f"Did you mean {near!r}?", near)
    comma = joint_before.search(place.before)
    if comma is None:
        return Advice("Separate keys with ';'.")
    span = Span(place.ahead(comma, 1).start, place.span.end)
    return Advice("Separate keys with ';'.", f";{place.found}", span)


def _direction_advice(place: Place) -> Advice | None:
    """`desc(field)`."""
    name, argument = call_before.search(place.before), call_after.match(place.after)
    if name is None or argument is None or name[1].lower() not in ("asc", "desc"):
        return None
    key = f"{argument[1]},{name[1].lower()}"
    return Advice(f"Write '{key}'.", key, Span(place.ahead(name).start, place.span.start + argument.end()))
