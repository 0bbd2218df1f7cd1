"""The grammar of filters, sorts and selectors.

It is written down once, as terminals, and put together twice. The parsy rules tell what was expected where a
text goes wrong; the fused regular expressions read a text that is right, one match for each comparison, many
times faster.

Parentheses are the only thing in a filter that nests. Apart from them a filter is a chain of links,

    link = { "(" }, comparison, { ")" }, ( AND | OR | end of the text )

which a regular expression can read. Whoever follows the chain keeps the open groups on a stack, so that depth
costs no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Collection

# parsy has no stubs; its annotations leave some types open.
from parsy import Parser, eof, regex, seq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

# --- terminals ---

# A blank belongs to a keyword where one follows: ` and ` and ` or ` are tokens of their own, blanks included.
BLANKS = r"(?:[ ](?!and[ ]|or[ ]))*+"
RUN = r"""[^"'();,=<>!~ ]++"""
QUOTED = r"""(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
OPERATOR = r"(?:=[A-Za-z]*+=|!=|[<>]=?+)"
AND = r"(?:;|[ ]and[ ])"
OR = r"(?:,|[ ]or[ ])"
END = r"\Z"

VALUE = rf"(?:{RUN}|{QUOTED})"
LIST = rf"\({BLANKS}(?:{VALUE}{BLANKS}(?:{OR}{BLANKS}{VALUE}{BLANKS})*+)?+\)"

# What Java's `Character.isWhitespace` calls whitespace: a selector of nothing else is blank. U+00A0, U+2007
# and U+202F are not in it.
WHITESPACE = r"\t\n\x0b\x0c\r\x1c-\x1f \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"

MODIFIERS = ("asc", "desc", "ic", "ignorecase", "nullsfirst", "nullslast")
MODIFIER = rf"(?:{'|'.join(MODIFIERS)})(?!{RUN})"


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


item_pattern = _compiled(rf"({VALUE}){BLANKS}(?:{OR})?+")
"""A value of a list and the joint after it, ` or ` included: that is no value."""
run_pattern = _compiled(RUN)
whitespace_pattern = _compiled(f"[{WHITESPACE}]*+")
escape_pattern = _compiled(r"\\(.)")
token_pattern = _compiled(rf"{VALUE}|{OPERATOR}|{AND}|{OR}|.|{END}")
"""Anything that can stand in a text, for messages about what does."""

# --- the rules, in words for messages ---

A_FIELD = "a field"
AN_OPERATOR = "an operator"
A_VALUE = "a value"
A_GROUP = "'('"
A_LIST = "'(' and a list"
END_OF_GROUP = "')'"
END_OF_LIST = "')' after the list"
AN_AND = "';'"
AN_OR = "','"
ANOTHER_VALUE = "',' and a value"
THE_END = "the end of the text"
A_MODIFIER = "asc, desc, ic, ignorecase, nullsfirst or nullslast"
A_COMMA = "',' and a modifier"
A_SEMICOLON = "';' and another key"

WORDS = (
    A_GROUP,
    A_FIELD,
    AN_OPERATOR,
    A_VALUE,
    A_LIST,
    A_MODIFIER,
    A_COMMA,
    A_SEMICOLON,
    ANOTHER_VALUE,
    END_OF_LIST,
    AN_AND,
    AN_OR,
    END_OF_GROUP,
    THE_END,
)


def in_order(words: Collection[str]) -> tuple[str, ...]:
    """What is expected, in the order in which a message names it."""
    return tuple(sorted(words, key=WORDS.index))


def _token(pattern: str, words: str) -> Parser:
    """A terminal and the blanks after it; `words` name it in messages."""
    return regex(pattern, re.DOTALL).desc(words) << regex(BLANKS)


end = eof.desc(THE_END)
field = _token(VALUE, A_FIELD)
operator = _token(OPERATOR, AN_OPERATOR)
value = _token(VALUE, A_VALUE)
values = value.sep_by(_token(OR, ANOTHER_VALUE))
arguments = value | _token(r"\(", A_LIST) >> values << _token(r"\)", END_OF_LIST)
comparison = seq(field, operator, arguments.optional())
link = (
    regex(BLANKS)
    >> _token(r"\(", A_GROUP).many()
    >> comparison
    >> _token(r"\)", END_OF_GROUP).many()
    >> (_token(AND, AN_AND) | _token(OR, AN_OR) | end)
)

modifiers = (_token(",", A_COMMA) >> _token(MODIFIER, A_MODIFIER)).many()
sort_key = regex(BLANKS) >> regex("[-+]?") >> field >> modifiers >> (_token(";", A_SEMICOLON) | end)


def expected_in(rule: Parser, text: str, start: int) -> tuple[int, frozenset[str]]:
    """Where a rule fails in a text, and what it would have taken there.

    Args:
        rule: `link` or `sort_key`.
        text: a text that the rule does not match at `start`.
        start: where the rule begins.

    >>> expected_in(link, "a=1", 0)
    (1, frozenset({'an operator'}))
    >>> expected_in(link, "a==1;", 5) == (5, {A_GROUP, A_FIELD})
    True
    >>> expected_in(link, "a==1 b", 0) == (5, {END_OF_GROUP, AN_AND, AN_OR, THE_END})
    True
    >>> expected_in(link, "a=in=(1 2)", 0) == (8, {ANOTHER_VALUE, END_OF_LIST})
    True
    >>> expected_in(sort_key, "name,up", 0)
    (5, frozenset({'asc, desc, ic, ignorecase, nullsfirst or nullslast'}))
    """
    result = rule(text, start)
    return result.furthest, result.expected


# --- the same, fused ---

# An empty match is a link that cannot be read. So the matches of `finditer` stand side by side up to there,
# and no character is looked at by two of them: a wrong text costs linear time as well.
COMPARISON = (
    rf"{BLANKS}(?P<opening>(?:\({BLANKS})++)?+"
    rf"(?:(?P<field>(?![{WHITESPACE}]){RUN})|(?P<other_field>{VALUE})){BLANKS}"
    rf"(?P<operator>{OPERATOR}){BLANKS}"
    rf"(?:(?P<value>{RUN})|(?P<other_arguments>{QUOTED}|{LIST}))?+{BLANKS}"
)
comparison_pattern = _compiled(COMPARISON)
link_pattern = _compiled(
    rf"{COMPARISON}(?P<closing>(?:\){BLANKS})++)?+"
    rf"(?:(?P<and>{AND})|(?P<or>{OR})|(?P<end>{END}))"
    r"|"
)
AND_GROUP = link_pattern.groupindex["and"]
OR_GROUP = link_pattern.groupindex["or"]
"""`Match.lastindex` of a link tells which joint ended it."""

modifier_pattern = _compiled(MODIFIER)
sort_key_pattern = _compiled(
    rf"{BLANKS}(?P<sign>[-+])?+(?P<field>{VALUE}){BLANKS}"
    rf"(?P<modifiers>(?:,{BLANKS}{MODIFIER}{BLANKS})*+)"
    rf"(?:(?P<next>;)|(?P<end>{END}))"
    r"|"
)

# --- selectors ---

# One token of `@name[argument|argument]`: the start of a call, its end, a separator, a constant, a path.
call_pattern = _compiled(
    r"@(?P<name>[^\[\]|@#]++)\[|(?P<close>\])|(?P<next>\|)|#(?P<constant>[^\]|]*+)|(?P<path>[^\[\]|@#]++)"
)
integer_pattern = _compiled(r"[-+]?[0-9]{1,4000}+")
float_pattern = _compiled(r"[-+]?[0-9]{1,300}+\.[0-9]++")
