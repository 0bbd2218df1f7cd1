"""The grammar of filters, sorts and selectors.

It is written once, as rules that are parsy parsers and regular expressions at the same time (see `combinators`):

    filter     = or, end
    or         = and, { OR, and }            and = one, { AND, one }
    one        = "(", or, ")" | comparison
    comparison = field, operator, [ value | "(", [ value, { OR, value } ], ")" ]

    sort       = key, { ";", key }, end
    key        = [ "-" | "+" ], field, { ",", modifier }

    selector   = path | call
    call       = "@", name, "[", [ argument, { "|", argument } ], "]"
    argument   = call | path | "#", constant
    count      = "@count[", path, [ "|#", filter ], "]"

Blanks may follow every token. Only U+0020 is a blank.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from pyrsql.language.combinators import (
    Chain,
    Infix,
    Nested,
    Rule,
    attempt,  # noqa: F401  # pyright: ignore[reportUnusedImport] - for the doctests of the rules
    compiled,
    quiet,
    token,
)
from pyrsql.operators import SPELLING

__test__: dict[str, str] = {}
"""The doctests of the rules; `doctest` looks here for those that stand beside no function."""

# --- terminals ---

# A blank belongs to a keyword where one follows: ` and ` and ` or ` are tokens of their own, blanks included.
BLANKS = r"(?:[ ](?!and[ ]|or[ ]))*+"
# Java's `Character.isWhitespace`: a field of nothing else is blank. U+00A0, U+2007 and U+202F are not in it.
WHITESPACE = r"\t\n\x0b\x0c\r\x1c-\x1f \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"
MARKS = r""""'();,=<>!~"""
RESERVED = rf"{MARKS} "
RUN = rf"[^{RESERVED}]++"
QUOTED = r"""(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
VALUE = rf"(?:{RUN}|{QUOTED})"
OPERATOR = rf"(?:{SPELLING})"
AND = r"(?:;|[ ]and[ ])"
OR = r"(?:,|[ ]or[ ])"
MODIFIERS = ("asc", "desc", "ic", "ignorecase", "nullsfirst", "nullslast")
MODIFIER = rf"(?:{'|'.join(MODIFIERS)})(?!{RUN})"

run_pattern: re.Pattern[str] = compiled(RUN)
blanks_pattern: re.Pattern[str] = compiled(BLANKS)
whitespace_pattern: re.Pattern[str] = compiled(f"[{WHITESPACE}]*+")
modifier_pattern: re.Pattern[str] = compiled(MODIFIER)
token_pattern: re.Pattern[str] = compiled(rf"{VALUE}|{OPERATOR}|{AND}|{OR}|.|\Z")
"""Any token, or any other character, or the end of the text."""
dead_end_pattern: re.Pattern[str] = compiled(rf"(?!{OPERATOR})[(=!~'\"]")
"""Where no token can follow an operator without arguments: the text here begins no token, or a broken list."""

# --- the names of the terminals in messages ---

A_GROUP = "'('"
A_FIELD = "a field"
AN_OPERATOR = "an operator"
A_VALUE = "a value"
A_LIST = "a list in parentheses"
A_MODIFIER = "asc, desc, ic, ignorecase, nullsfirst or nullslast"
A_COMMA = "',' and a modifier"
A_SEMICOLON = "';' and another key"
ANOTHER_VALUE = "',' and a value"
END_OF_LIST = "the ')' of the list"
AN_AND = "';'"
AN_OR = "','"
END_OF_GROUP = "')'"
THE_END = "the end of the text"

WORDS = (
    *(A_GROUP, A_FIELD, AN_OPERATOR, A_VALUE, A_LIST, A_MODIFIER, A_COMMA, A_SEMICOLON, ANOTHER_VALUE, END_OF_LIST),
    *(AN_AND, AN_OR, END_OF_GROUP, THE_END),
)


def in_order(words: Collection[str]) -> tuple[str, ...]:
    """Expected terminals in the order in which messages name them."""
    return tuple(sorted(words, key=WORDS.index))


# --- filters ---

blanks: Rule = quiet(BLANKS)


def _token(pattern: str, words: str) -> Rule:
    """A terminal and the blanks after it."""
    return token(pattern, words) >> blanks


# A run that does not begin with whitespace cannot be blank. Other fields are checked when the comparison is made.
field: Rule = _token(rf"(?:(?P<field>[^{RESERVED}{WHITESPACE}][^{RESERVED}]*+)|(?P<odd>{VALUE}))", A_FIELD)

__test__["field"] = r"""
>>> attempt(field, "company.name==x"), attempt(field, "'a b' ==x"), attempt(field, "\t==x")
('company.name', "'a b' ", '\t')
>>> attempt(field, "==x"), attempt(field, "'a")
((0, ['a field']), (0, ['a field']))
"""

operator: Rule = _token(rf"(?P<operator>{OPERATOR})", AN_OPERATOR)

__test__["operator"] = """
>>> attempt(operator, "=in=(1)"), attempt(operator, "==1"), attempt(operator, ">= 1"), attempt(operator, "=== 1")
('=in=', '==', '>= ', '==')
>>> attempt(operator, "=1"), attempt(operator, "!1")
((0, ['an operator']), (0, ['an operator']))
"""

value: Rule = _token(rf"(?:(?P<value>{RUN})|(?P<quoted>{QUOTED}))", A_VALUE)

__test__["value"] = r"""
>>> attempt(value, "a*;b"), attempt(value, r"'it\'s' ;b"), attempt(value, '"" or b')
('a*', "'it\\'s' ", '""')
>>> attempt(value, "(1)"), attempt(value, "'it"), attempt(value, r"'it\'")
((0, ['a value']), (0, ['a value']), (0, ['a value']))
"""

listed: Rule = token(VALUE, A_VALUE)
another: Rule = _token(OR, ANOTHER_VALUE)
values: Rule = listed >> blanks >> (another >> listed >> blanks).many()
several: Rule = (_token(r"\(", A_LIST) >> values.optional() >> token(r"\)", END_OF_LIST)).named("list") >> blanks

__test__["several"] = """
>>> attempt(several, "(1, 'x' or 3) "), attempt(several, "()")
("(1, 'x' or 3) ", '()')
>>> attempt(several, "1"), attempt(several, "(1"), attempt(several, "(1,)")
((0, ['a list in parentheses']), (2, ["',' and a value", "the ')' of the list"]), (3, ['a value']))
"""

# One value of a list that was read, and the joint behind it.
listed_pattern: re.Pattern[str] = (listed.named("item") >> blanks >> another.optional()).compiled

comparison: Rule = field >> operator >> (value | several).optional()

__test__["comparison"] = """
>>> attempt(comparison, "name==demo;b"), attempt(comparison, "a =in= (1,2);b"), attempt(comparison, "a=na= or b")
('name==demo', 'a =in= (1,2)', 'a=na=')
>>> attempt(comparison, "name"), attempt(comparison, "a=1"), attempt(comparison, "a b==1")
((4, ['an operator']), (1, ['an operator']), (2, ['an operator']))
"""

# Groups of its match: a field that is a plain run, an operator, a value that is a plain run, one in quotes, a list.
FIELD, OPERATOR_AT, VALUE_AT, QUOTED_AT, LIST = (
    comparison.compiled.groupindex[name] for name in ("field", "operator", "value", "quoted", "list")
)

filters: Infix = Infix(
    comparison,
    tight=_token(AND, AN_AND),
    loose=_token(OR, AN_OR),
    opening=_token(r"\(", A_GROUP),
    closing=_token(r"\)", END_OF_GROUP),
    end=token(r"\Z", THE_END),
)

__test__["filters"] = """
>>> def made(found, wrong):
...     return found["field"] + found["value"]
>>> read = filters.parser(made, lambda nodes: ("and", *nodes), lambda nodes: ("or", *nodes), 2, 9)
>>> read("a==1;b==2,(c==3)", 0).value
('or', ('and', 'a1', 'b2'), 'c3')
>>> attempt(read, "a==1;(b==2,c==3") == (15, sorted([AN_AND, AN_OR, END_OF_GROUP]))
True
>>> attempt(read, "a==1)") == (4, sorted([AN_AND, AN_OR, THE_END]))
True
>>> attempt(read, "a==1;") == (5, sorted([A_GROUP, A_FIELD]))
True
>>> attempt(read, "(((a==1)))")
(2, ['fewer groups'])
"""

# --- sorts ---

sign: Rule = quiet("[-+]").named("sign").optional()
modifiers: Rule = (_token(",", A_COMMA) >> _token(MODIFIER, A_MODIFIER)).many().named("modifiers")
sort_key: Rule = sign >> field >> modifiers

__test__["sort_key"] = """
>>> attempt(sort_key, "-created;id"), attempt(sort_key, "name , desc,ic"), attempt(sort_key, "asc")
('-created', 'name , desc,ic', 'asc')
>>> attempt(sort_key, "- a"), attempt(sort_key, "-")
((1, ['a field']), (1, ['a field']))
"""

sorts: Chain = Chain(sort_key, joint=_token(";", A_SEMICOLON), end=token(r"\Z", THE_END))

__test__["sorts"] = """
>>> read = sorts.parser(lambda found, wrong: found["field"], 2)
>>> read("a;-b", 0).value
['a', 'b']
>>> attempt(read, "a b") == (2, sorted([A_COMMA, A_SEMICOLON, THE_END]))
True
>>> attempt(read, "a,up"), attempt(read, "a;"), attempt(read, "a;b;c")
((2, ['asc, desc, ic, ignorecase, nullsfirst or nullslast']), (2, ['a field']), (4, ['fewer items']))
"""

# --- selectors ---

CALL_DEPTH = 32
"""How many function calls may be open at a time in a selector."""

COUNT = "count"
"""The function that counts related rows. It needs no right of its own: it reads the relation."""

IN_CALLS = r"\[\]|@#"
CONSTANT = r"[^\]|]*+"

dot: Rule = token(r"\.", "'.'")


def _dotted(characters: str) -> Rule:
    """A dotted path without empty parts."""
    part = token(characters, "a name")
    return part >> (dot >> part).many()


path: Rule = _dotted(r"[^.]++")

__test__["path"] = """
>>> attempt(path, "company.name"), attempt(path, "a[0].b")
('company.name', 'a[0].b')
>>> attempt(path, ".a"), attempt(path, "a..b")
((0, ['a name']), 'a')
"""

call: Nested = Nested(
    _dotted(rf"[^.{IN_CALLS}]++").named("path") | quiet("#") >> quiet(CONSTANT).named("constant"),
    opening=token(rf"@(?P<name>[^{IN_CALLS}]++)\[", "a call"),
    joint=token(r"\|", "'|'"),
    closing=token(r"\]", "']'"),
)

__test__["call"] = """
>>> read = call.parser(lambda found: found[0], lambda found, arguments: (found["name"], *arguments), 2)
>>> read("@concat[name|#-|@upper[code]]", 0).value
('concat', 'name', '#-', ('upper', 'code'))
>>> attempt(read, "@now[]")
'@now[]'
>>> attempt(read, "@f[a|]"), attempt(read, "@f[a")
((5, ['a call', 'a name']), (4, ["']'", "'|'"]))
>>> attempt(read, "@f[@f[@f[a]]]")
(6, ['fewer groups'])
"""

# A constant or a path among the arguments of calls.
argument_pattern: re.Pattern[str] = compiled(rf"#{CONSTANT}|(?<=[\[|])[^{IN_CALLS}]++")

# A count is never an argument of a call: the text between `|#` and the last bracket is the filter.
count: Rule = (
    quiet(rf"@{COUNT}\[")
    >> quiet(rf"[^{IN_CALLS}]++").named("path")
    >> (quiet(r"\|#") >> quiet(r".*(?=\]\Z)").named("filter")).optional()
    >> quiet(r"\]\Z")
)

__test__["count"] = """
>>> attempt(count, "@count[roles]"), attempt(count, "@count[roles|#@upper[code]=in=(a|b,c)]")
('@count[roles]', '@count[roles|#@upper[code]=in=(a|b,c)]')
>>> [attempt(count, text) for text in ("@count[]", "@count[a|b]", "@count[a]b")]
[(-1, []), (-1, []), (-1, [])]
"""

count_begun_pattern: re.Pattern[str] = compiled(rf"@{COUNT}\[(?P<path>[^{IN_CALLS}]++)\|#")
"""A count up to its filter."""

integer_pattern: re.Pattern[str] = compiled(r"[-+]?[0-9]{1,4000}+")
float_pattern: re.Pattern[str] = compiled(r"[-+]?[0-9]{1,300}+\.[0-9]++")
