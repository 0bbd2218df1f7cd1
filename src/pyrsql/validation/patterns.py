"""The patterns of `==` and the like operators."""

from __future__ import annotations

import re
from collections.abc import Collection

from pyrsql import operators as ops
from pyrsql.validation.convert import Refusal
from pyrsql.validation.predicates import Compare, Match, Pattern, SqlPattern, ValueOperand

# A star that no backslash makes literal.
_WILDCARD = re.compile(r"(?<!\\)\*")


def is_pattern(text: str) -> bool:
    """Whether a text can match more than one value."""
    return text.startswith("^") or _WILDCARD.search(text) is not None


def is_special(value: str) -> bool:
    """Whether some character of a text is special to `==`."""
    return "*" in value or value.startswith(("^", "\\"))


def equal_text(operand: ValueOperand, value: str, negated: bool) -> Compare | Match:
    """`==` and `!=` of text: a caret at the start ignores case, an asterisk is a wildcard."""
    ignore_case = value.startswith("^")
    text = value[1:] if value.startswith(("^", "\\^")) else value
    pieces = _pieces(text)
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
        pieces = _pieces(text)
        return Pattern(("", *pieces, "") if len(pieces) == 1 else pieces)
    alone = len(text) - len(text.rstrip(escape))
    return None if alone % 2 else SqlPattern(f"%{text}%", escape)


def _pieces(text: str) -> tuple[str, ...]:
    """The plain text between the wildcards."""
    return tuple(piece.replace("\\*", "*") for piece in _WILDCARD.split(text))
