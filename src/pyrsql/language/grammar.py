"""The grammar of filters, sorts and selectors.

It is written down once, in `terminals`, and put together twice. The parsy rules tell what was expected where a
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
from functools import cache, lru_cache
from typing import Any

# parsy has no stubs; its annotations leave some types open.
from parsy import Parser, eof, regex, seq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from parsy import Result as Outcome  # pyright: ignore[reportMissingTypeStubs]

from pyrsql.language.terminals import (
    AND,
    BLANKS,
    COMPARISON,
    END,
    MODIFIER,
    OPERATOR,
    OR,
    UNRESERVED,
    VALUE,
    WHITESPACE,
    compiled,
)

# --- the rules, in words for messages ---

A_FIELD = "a field"
AN_OPERATOR = "an operator"
A_VALUE = "a value"
A_GROUP = "'('"
A_LIST = "a list in parentheses"
END_OF_GROUP = "')'"
END_OF_LIST = "the ')' of the list"
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


def _any_number(pattern: str, words: str) -> Parser:
    """A terminal any number of times, as `_token(…).many()` in one step: a hostile text may repeat it without end."""
    repeated = compiled(rf"(?:{pattern}{BLANKS})*+")

    def read(text: Any, index: int) -> Outcome:
        match = repeated.match(text, index)
        assert match is not None, "what may be missing matches everywhere"
        return Outcome(True, match.end(), None, furthest=match.end(), expected=frozenset({words}))

    return Parser(read)


end = eof.desc(THE_END)
field = _token(VALUE, A_FIELD)
operator = _token(OPERATOR, AN_OPERATOR)
value = _token(VALUE, A_VALUE)
values = _any_number(rf"{VALUE}{BLANKS}{OR}", A_VALUE) >> value << _any_number(OR, ANOTHER_VALUE)
arguments = value | _token(r"\(", A_LIST) >> values.optional() << _token(r"\)", END_OF_LIST)
comparison = seq(field, operator, arguments.optional())
link = (
    regex(BLANKS)
    >> _any_number(r"\(", A_GROUP)
    >> comparison
    >> _any_number(r"\)", END_OF_GROUP)
    >> (_token(AND, AN_AND) | _token(OR, AN_OR) | end)
)

modifiers = (
    _any_number(rf",{BLANKS}{MODIFIER}", A_COMMA) >> (_token(",", A_COMMA) >> _token(MODIFIER, A_MODIFIER)).optional()
)
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

LINK = (
    rf"{BLANKS}(?P<opening>(?:\({BLANKS})++)?+{COMPARISON}{BLANKS}(?P<closing>(?:\){BLANKS})++)?+"
    rf"(?:(?P<and>{AND})|(?P<or>{OR})|(?P<end>{END}))"
)


@cache
def link_pattern() -> re.Pattern[str]:
    """The whole rule, compiled when it is first needed: most links are plain."""
    return compiled(LINK)


# The groups of the comparison in a plain and in a grouped link, from PLAIN and from GROUPED on.
FIELD, SPELLING, VALUE_RUN, SINGLE_QUOTED, DOUBLE_QUOTED, SEVERAL = 1, 2, 3, 4, 5, 6
PLAIN, GROUPED = 0, 10
OPENING, CLOSING = 10, 17
# How a plain link ends, and a grouped one, tells `Match.lastindex`: the last of its groups.
JOINT_AND, JOINT_OR, JOINT_END = 7, 8, 9
GROUPED_END = 20
# For any other link and for none it tells just that.
OTHER, BROKEN = 21, 22


def _run(longest: int, not_first: str = "") -> str:
    """A run of at most so many characters, the first of which is none of `not_first`."""
    return rf"{UNRESERVED[:-1]}{not_first}]{UNRESERVED}{{0,{longest - 1}}}+" if longest else "(?!)"


@lru_cache(maxsize=64)
def chain_pattern(field_length: int, value_length: int) -> re.Pattern[str]:
    """What reads a filter link by link.

    Three forms of a link are tried in turn. *Plain* is `field operator value joint` with no blank but before it, where
    the field is a run and the value may be missing or a list of runs; *grouped* is the same in parentheses; the third
    is the whole rule, of which `link_pattern` tells more. The first two take nothing that the whole rule would not take
    in the same way: a keyword needs a blank behind it, where they allow none. They are most of all links, and are read
    in half the time.

    The last alternative is empty and matches where no link can be read. So the matches of `finditer` stand side by
    side, and no character is looked at by two of them.

    Args:
        field_length: the longest field of a plain and of a grouped link; a longer one is left to the whole rule.
        value_length: their longest value, but for those with escapes.

    >>> def links(text):
    ...     return chain_pattern(256, 1024).finditer(text)
    >>> next(links("a==1;b>2")).group(FIELD, SPELLING, VALUE_RUN)
    ('a', '==', '1')
    >>> next(links("((a=in=(x,y)),b>2)")).group(OPENING, GROUPED + SEVERAL, CLOSING)
    ('((', 'x,y', ')')
    >>> next(links("a == 1;b>2")).lastindex == OTHER
    True
    >>> next(links("a==1 b==2")).lastindex == BROKEN
    True
    """
    field, value = _run(field_length, WHITESPACE), _run(value_length)
    # With escapes in it a text may be longer: whoever takes them out has to look.
    single, double = (
        rf"[^{quote}\\]{{0,{value_length}}}+(?:\\.[^{quote}\\]{{0,{value_length}}}+)*+" for quote in ("'", '"')
    )
    plain = (
        rf"({field})({OPERATOR})"
        rf"(?:({value})|'({single})'|\"({double})\"|\(({value}(?:,{value})*+)\)|)"
    )
    uncaptured = re.sub(r"\(\?P<\w+>", "(?:", LINK)
    return compiled(
        rf"[ ]*+{plain}(?:({AND})|({OR})|({END}))"
        rf"|[ ]*+(\(++)?+{plain}(\)++)?+(?:({AND})|({OR})|({END}))"
        rf"|{uncaptured}()"
        r"|()"
    )


@cache
def head_pattern() -> re.Pattern[str]:
    """A link up to its joint, for one that breaks off there or, in the middle of a list, before it."""
    return compiled(rf"{BLANKS}(?P<opening>(?:\({BLANKS})*+){COMPARISON}{BLANKS}(?P<closing>(?:\){BLANKS})*+)")


sort_key_pattern = compiled(
    rf"{BLANKS}(?P<sign>[-+])?+(?P<field>{VALUE}){BLANKS}"
    rf"(?P<modifiers>(?:,{BLANKS}{MODIFIER}{BLANKS})*+)"
    rf"(?:(?P<next>;)|(?P<end>{END}))"
    r"|"
)

# --- selectors ---

# One token of `@name[argument|argument]`: the start of a call, its end, a separator, a constant, a path.
call_pattern = compiled(
    r"@(?P<name>[^\[\]|@#]++)\[|(?P<close>\])|(?P<next>\|)|#(?P<constant>[^\]|]*+)|(?P<path>[^\[\]|@#]++)"
)
integer_pattern = compiled(r"[-+]?[0-9]{1,4000}+")
float_pattern = compiled(r"[-+]?[0-9]{1,300}+\.[0-9]++")
