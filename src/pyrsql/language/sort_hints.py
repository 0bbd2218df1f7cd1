"""Advice on the mistakes that people make in a sort. See `hints` for filters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyrsql.language import grammar
from pyrsql.language.advice import Advice, Place, place_of
from pyrsql.language.grammar import MODIFIERS
from pyrsql.language.hints import QUOTE_COUNT, bare_count_before, is_json, joint_advice
from pyrsql.language.nearest import nearest
from pyrsql.language.operator_hints import WRITE_CALL, call_after, call_before
from pyrsql.language.value_hints import quote_advice
from pyrsql.problems import Span

_WORDS = {"ascending": "asc", "descending": "desc", "ci": "ic"}
"""Other words for modifiers."""

_comma_before = re.compile(r"(,)[ ]*\Z")
_joint = re.compile(r"[&|]+")
_nulls_after = re.compile(r"nulls[ _,-]*(first|last)\b", re.IGNORECASE)
_direction_after = re.compile(r"[=:]+[ ]*(asc|desc)\b", re.IGNORECASE)
_direction_before = re.compile(r"(?:^|;)[ ]*((asc|desc)[ ]+)\Z", re.IGNORECASE)
_clause_before = re.compile(r"^[ ]*order[ ]+\Z", re.IGNORECASE)
_parameter_before = re.compile(r"^[ ]*(?:sort|order|orderby|order_by)\Z", re.IGNORECASE)

SEPARATE_KEYS = "Separate keys with ';'."


def sort_advice(text: str, span: Span, expected: Iterable[str]) -> Advice | None:
    """The advice where a sort does not follow the grammar.

    >>> sort_advice("name,DESC", Span(5, 9), {grammar.A_MODIFIER})
    Advice(hint="Write 'desc': modifiers are in lower case.", replacement='desc', span=Span(start=5, end=9))
    """
    place = place_of(text, span, expected)
    found = place.found
    if is_json(text):
        return Advice("A sort is not JSON: write it as -created;name.")
    if bare_count_before.search(place.before):
        return Advice(QUOTE_COUNT)
    if found[:1] in ("'", '"') and found:
        return quote_advice(place)
    if grammar.A_MODIFIER in place.wanted and grammar.run_pattern.match(found):
        return _modifier_advice(place)
    if grammar.A_COMMA in place.wanted and (advice := _without_comma(place)) is not None:
        return advice
    if grammar.A_FIELD in place.wanted and place.before.endswith(("-", "+")) and found == " ":
        blanks = len(place.after) - len(place.after.lstrip(" "))
        return Advice("Write the sign and the field without a blank between them.", "", place.behind(blanks))
    return joint_advice(place)


def _without_comma(place: Place) -> Advice | None:
    """Where a modifier is not written as one."""
    word = _joint.split(place.found, maxsplit=1)[0]
    lower = word.lower()
    if modifier := lower if lower in MODIFIERS else _WORDS.get(lower):
        return Advice(f"Write ',' before the modifier: ',{modifier}'.", f",{modifier}", place.behind(len(word)))
    if nulls := _nulls_after.match(place.after):
        modifier = f",nulls{nulls[1].lower()}"
        return Advice(f"Write '{modifier}'.", modifier, place.behind(nulls.end()))
    if "&" not in place.before and (direction := _direction_after.match(place.after)):
        modifier = f",{direction[1].lower()}"
        return Advice(f"Write '{modifier}'.", modifier, place.behind(direction.end()))
    if place.found == "(":
        return _call_advice(place)
    if _clause_before.search(place.before) and place.found.lower() == "by":
        return Advice("A sort is only its keys, such as -created;name.", "", Span(0, place.span.end))
    if _parameter_before.search(place.before) and place.found == "=":
        return Advice("Leave out the name of the parameter.", "", Span(0, place.span.end))
    if (direction := _direction_before.search(place.before)) and grammar.run_pattern.match(place.found):
        key = f"{place.found},{direction[2].lower()}"
        return Advice(f"Write '{key}'.", key, Span(place.ahead(direction, 1).start, place.span.end))
    return None


def _modifier_advice(place: Place) -> Advice:
    joint, word = _joint.search(place.found), _joint.split(place.found, maxsplit=1)[0]
    lower, span = word.lower(), place.behind(len(word))
    if joint and word in MODIFIERS:
        return Advice(SEPARATE_KEYS, ";", Span(span.end, place.span.start + joint.end()))
    if lower in MODIFIERS:
        return Advice(f"Write {lower!r}: modifiers are in lower case.", lower, span)
    nulls = _nulls_after.match(place.after)
    if nulls and nulls[0] not in MODIFIERS:
        modifier = f"nulls{nulls[1].lower()}"
        return Advice(f"Write '{modifier}'.", modifier, place.behind(nulls.end()))
    near = _WORDS.get(lower) or nearest(lower, MODIFIERS)
    if near is not None:
        return Advice(f"Did you mean {near!r}?", near, span)
    comma = _comma_before.search(place.before)
    if comma is None:
        return Advice(SEPARATE_KEYS)
    span = Span(place.ahead(comma, 1).start, place.span.end)
    return Advice(SEPARATE_KEYS, f";{place.found}", span)


def _call_advice(place: Place) -> Advice:
    """`desc(field)`, `field(desc)` and `lower(field)`."""
    name, argument = call_before.search(place.before), call_after.match(place.after)
    if name is None or argument is None:
        return Advice(WRITE_CALL)
    span = Span(place.ahead(name).start, place.span.start + argument.end())
    for field, direction in ((argument[1], name[1].lower()), (name[1], argument[1].lower())):
        if direction in ("asc", "desc"):
            return Advice(f"Write '{field},{direction}'.", f"{field},{direction}", span)
    return Advice(WRITE_CALL, f"@{name[1]}[{argument[1]}]", span)
