"""The patterns of `==` and the like operators."""

from __future__ import annotations

from collections.abc import Collection

from pyrsql import operators as ops
from pyrsql.language.wildcards import pieces_of, without_caret
from pyrsql.validation.convert import Refusal
from pyrsql.validation.predicates import Compare, Match, Pattern, SqlPattern, ValueOperand


def equal_text(operand: ValueOperand, value: str, negated: bool) -> Compare | Match:
    """`==` and `!=` of text: a caret at the start ignores case, an asterisk is a wildcard."""
    text, ignore_case = without_caret(value)
    pieces = pieces_of(text)
    if len(pieces) == 1:
        return Compare(operand, "!=" if negated else "==", pieces[0], ignore_case)
    return Match(operand, Pattern(pieces), negated, ignore_case)


def beyond_rights(test: Compare | Match, negative: bool, operators: Collection[str] | None) -> Refusal | None:
    """A Refusal where `==` or `!=` of text means another operator, and the field does not take that one."""
    match test:
        case Match(ignore_case=True):
            meant = ops.NOT_LIKE_IGNORE_CASE if negative else ops.LIKE_IGNORE_CASE
        case Match():
            meant = ops.NOT_LIKE if negative else ops.LIKE
        case Compare(ignore_case=True):
            meant = ops.EQUAL_IGNORE_CASE
        case Compare():
            return None
    if operators is None or meant.name in operators:
        return None
    if isinstance(test, Match):
        return Refusal("a text without '*' as a wildcard", r"Write '\*' for an asterisk.")
    return Refusal("a text without '^' at the start", r"Write '\^' for a caret.")


def like_pattern(text: str, escape: str | None) -> Pattern | SqlPattern | None:
    """The pattern of a like operator; None for an SQL pattern whose last escape character escapes nothing."""
    if escape is None:
        pieces = pieces_of(text)
        return Pattern(("", *pieces, "") if len(pieces) == 1 else pieces)
    alone = len(text) - len(text.rstrip(escape))
    return None if alone % 2 else SqlPattern(f"%{text}%", escape)
