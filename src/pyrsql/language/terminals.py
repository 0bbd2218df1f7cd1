"""The terminals of the language: its tokens as regular expressions.

All repetitions are possessive. A text is judged in one direction and in linear time, however wrong it is.
"""

from __future__ import annotations

import re


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern in which `.` is any character: LF is ordinary text."""
    return re.compile(pattern, re.DOTALL)


# A blank belongs to a keyword where one follows: ` and ` and ` or ` are tokens of their own, blanks included.
BLANKS = r"(?:[ ](?!and[ ]|or[ ]))*+"
UNRESERVED = r"""[^"'();,=<>!~ ]"""
RUN = rf"{UNRESERVED}++"
QUOTED = r"""(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
OPERATOR = r"(?:=[A-Za-z]*+=|!=|[<>]=?+)"
AND = r"(?:;|[ ]and[ ])"
OR = r"(?:,|[ ]or[ ])"
END = r"\Z"

VALUE = rf"(?:{RUN}|{QUOTED})"
LIST = rf"\({BLANKS}(?:{VALUE}{BLANKS}(?:{OR}{BLANKS}{VALUE}{BLANKS})*+)?+\)"
COMPARISON = rf"(?P<field>{VALUE}){BLANKS}(?P<operator>{OPERATOR}){BLANKS}(?:(?P<value>{VALUE})|(?P<list>{LIST}))?+"

# What Java's `Character.isWhitespace` calls whitespace: a selector of nothing else is blank. U+00A0, U+2007
# and U+202F are not in it.
WHITESPACE = r"\t\n\x0b\x0c\r\x1c-\x1f \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"

MODIFIERS = ("asc", "desc", "ic", "ignorecase", "nullsfirst", "nullslast")
MODIFIER = rf"(?:{'|'.join(MODIFIERS)})(?!{RUN})"

run_pattern = compiled(RUN)
value_pattern = compiled(VALUE)
comparison_pattern = compiled(COMPARISON)
whitespace_pattern = compiled(f"[{WHITESPACE}]*+")
modifier_pattern = compiled(MODIFIER)

# A value of a list, and the joint after it: the ` or ` between two values is no third.
item_pattern = compiled(rf"({VALUE}){BLANKS}(?:{OR})?+")

# Anything that can stand in a text, for messages about what does.
token_pattern = compiled(rf"{VALUE}|{OPERATOR}|{AND}|{OR}|.|{END}")
