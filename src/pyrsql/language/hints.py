"""What would help: advice on the mistakes that people make, for the `hint` of a problem.

A hint is a guess from the characters around the failure. It never decides whether a text is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyrsql.language import grammar
from pyrsql.operators import OperatorRegistry
from pyrsql.problems import Span

NEARBY = 64
"""Characters looked at on each side of a failure."""

NAME_LENGTH = 24
"""The longest name that is compared with the known ones."""

# Words that other query languages use, and what they are called here.
WORDS = {
    "eq": "==",
    "equals": "==",
    "is": "==",
    "ne": "!=",
    "neq": "!=",
    "not": "!=",
    "gte": "=ge=",
    "lte": "=le=",
    "contains": "=like=",
    "ilike": "=ilike=",
    "nin": "=out=",
    "notin": "=out=",
}

# Signs that other query languages use, and what they are here.
SIGNS = {
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=!": "!=",
    "=>": ">=",
    "=<": "<=",
    "=~": "=like=",
    "~=": "=like=",
    "~": "=like=",
    "!": "!=",
    "=": "==",
    ">==": ">=",
    "<==": "<=",
}

_sign_before = re.compile(r"[=!<>~]*+\Z")
_sign_after = re.compile(r"[=!<>~]*+")
_word_after = re.compile(r"=?([A-Za-z]+)")
_time_before = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9.]+)?[ ]\Z")
_offset_after = re.compile(r"[0-9]{2}(?::?[0-9]{2})?(?![0-9])")
_comparison_after = re.compile(rf"{grammar.RUN}[ ]*{grammar.OPERATOR}")
_item_before = re.compile(rf",[ ]*{grammar.RUN}[ ]*\Z")
_not_before = re.compile(r"(?:^|[(;, ])not[ ]+\Z", re.IGNORECASE)

QUOTE_WHOLE = "Put the whole text in quotes; a backslash before a quote inside keeps it."
SENT_PLUS = "A '+' in a URL means a blank: send it as %2B."
QUOTE_BLANK = "Put a value with blanks in quotes; a '+' in a URL means a blank, so send it as %2B."


def syntax_hint(text: str, span: Span, expected: Iterable[str], operators: OperatorRegistry) -> str | None:
    """What would help where a filter does not follow the grammar.

    Args:
        text: the filter.
        span: what was found.
        expected: what the grammar would have taken instead.
        operators: the operators there are.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> syntax_hint("a=1", Span(1, 2), {grammar.AN_OPERATOR}, DEFAULT_OPERATOR_REGISTRY)
    "Write '=='."
    >>> syntax_hint("a==1 AND b==2", Span(5, 8), {grammar.AN_AND, grammar.AN_OR}, DEFAULT_OPERATOR_REGISTRY)
    "Write ' and ' in lower case, or ';'."
    >>> syntax_hint(";", Span(0, 1), {grammar.A_FIELD}, DEFAULT_OPERATOR_REGISTRY) is None
    True
    """
    found = text[span.start : span.end]
    before = text[max(0, span.start - NEARBY) : span.start]
    after = text[span.start : span.start + NEARBY]
    wanted = set(expected)
    if not found and grammar.END_OF_GROUP in wanted:
        return "A '(' is never closed."
    if found[:1] in ("'", '"'):
        return _quote_hint(found, before)
    if before.endswith(("'", '"')) and grammar.run_pattern.match(found):
        return QUOTE_WHOLE
    if grammar.AN_OPERATOR in wanted:
        return _operator_position_hint(found, before, after, operators)
    if wanted & {grammar.AN_AND, grammar.ANOTHER_VALUE, grammar.A_LIST}:
        return _after_value_hint(found, before, after, wanted)
    if found == "!" and grammar.A_FIELD in wanted:
        return "There is no NOT: use the opposite operator, such as '!='."
    return None


def _quote_hint(found: str, before: str) -> str | None:
    if before and (grammar.run_pattern.fullmatch(before[-1]) or before[-1] in "'\""):
        return QUOTE_WHOLE
    if len(found) == 1:
        return f"The text that begins here has no closing {found}."
    return None


def _operator_position_hint(found: str, before: str, after: str, operators: OperatorRegistry) -> str | None:
    """Between a field and its value."""
    if _not_before.search(before):
        return "There is no NOT: use the opposite operator, such as '!='."
    word = _word_after.match(after)
    if word and (operator := _operator_of(word[1], operators)):
        return f"Write {operator!r}."
    sign = _sign_after.match(after)
    if sign and (meant := SIGNS.get(sign[0])):
        return f"Write {meant!r}."
    if found == "(":
        return "A function is written @name[field]; a name with parentheses needs quotes."
    if _item_before.search(before):
        return "A list stands in parentheses, as in name=in=(a,b); a value with ',' in it needs quotes."
    if before.endswith(" ") and grammar.run_pattern.match(found):
        return "A field with blanks in it needs quotes."
    return None


def _after_value_hint(found: str, before: str, after: str, wanted: set[str]) -> str | None:
    """After a value, where the comparison or the list should end or go on."""
    if found == ")":
        return "No '(' is open here."
    if found == "(":
        return "Put a value with parentheses in it in quotes."
    if found.lower() in ("and", "or"):
        sign = {"and": ";", "or": ","}[found.lower()]
        if found.islower():
            return f"' {found} ' needs a blank on each side; or write {sign!r}."
        return f"Write ' {found.lower()} ' in lower case, or {sign!r}."
    joint = found if found[:1] in ("&", "|") else before.rpartition(" ")[2]
    for sign, meant in (("&", ";"), ("|", ",")):
        if sign in joint and (joint == found or found[:1] in "=!<>"):
            return f"Write {meant!r} instead of {sign * joint.count(sign)!r}." if joint.count(sign) < 3 else None
    signs = _sign_before.search(before)
    if found[:1] in ("=", "!", "<", ">", "~"):
        if signs and signs[0] and signs[0] + found in SIGNS:
            return f"Write {SIGNS[signs[0] + found]!r}."
        return f"Put a value with {found!r} in it in quotes."
    if _time_before.search(before) and _offset_after.match(after):
        return SENT_PLUS
    if _comparison_after.match(after):
        return "Join comparisons with ';' (and) or ',' (or)."
    if grammar.run_pattern.match(found) and before.endswith(" "):
        return QUOTE_BLANK
    return None


def _operator_of(word: str, operators: OperatorRegistry) -> str | None:
    """The operator that a bare word stands for."""
    word = word.lower()
    for spelling in (f"={word}=", WORDS.get(word, "")):
        if operators.find(spelling):
            return spelling
    return None


def operator_hint(spelling: str, operators: OperatorRegistry) -> str | None:
    """The operator nearest to one that does not exist.

    >>> from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY
    >>> operator_hint("=IN=", DEFAULT_OPERATOR_REGISTRY)
    "Write '=in=': operators are in lower case."
    >>> operator_hint("=betwen=", DEFAULT_OPERATOR_REGISTRY)
    "Did you mean '=between='?"
    """
    if operators.find(spelling.lower()):
        return f"Write {spelling.lower()!r}: operators are in lower case."
    if meant := _operator_of(spelling.strip("="), operators):
        return f"Did you mean {meant!r}?"
    if len(spelling) > NAME_LENGTH:
        return None
    names = {known.strip("="): known for known in operators.by_spelling}
    near = _nearest(spelling.strip("=").lower(), names)
    return f"Did you mean {names[near[0]]!r}?" if near else None


def sort_hint(text: str, span: Span, expected: Iterable[str]) -> str | None:
    """What would help where a sort does not follow the grammar.

    >>> sort_hint("name,DESC", Span(5, 9), {grammar.A_MODIFIER})
    "Write 'desc': modifiers are in lower case."
    """
    found = text[span.start : span.end]
    wanted = set(expected)
    if found[:1] in ("'", '"'):
        return _quote_hint(found, text[max(0, span.start - 1) : span.start])
    if grammar.A_MODIFIER in wanted and grammar.run_pattern.match(found):
        if found.lower() in grammar.MODIFIERS:
            return f"Write {found.lower()!r}: modifiers are in lower case."
        near = _nearest(found.lower(), grammar.MODIFIERS, 0.5) if len(found) <= NAME_LENGTH else []
        return f"Did you mean {near[0]!r}?" if near else "Separate keys with ';'."
    if grammar.A_COMMA in wanted and found.lower() in grammar.MODIFIERS:
        return f"Write ',' before the modifier: ',{found.lower()}'."
    if grammar.A_FIELD in wanted and text[: span.start].endswith(("-", "+")) and found == " ":
        return "Write the sign and the field without a blank between them."
    return None


def _nearest(written: str, known: Iterable[str], likeness: float = 0.6) -> list[str]:
    """The one that may have been meant, if any is like enough."""
    # Who writes no mistake never needs it.
    from difflib import get_close_matches

    return get_close_matches(written, list(known), 1, likeness)
