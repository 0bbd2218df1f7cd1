"""Advice beside a valid filter: characters that mean something elsewhere are plain text here.

`name=like=%demo%` looks for percent signs, where `*demo*` was meant; `name==“demo”` looks for the quotes, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pyrsql.language.advice import Advice
from pyrsql.language.nodes import Comparison, Node
from pyrsql.language.render import render
from pyrsql.language.value_hints import CURLY_QUOTES
from pyrsql.operators import EQUAL, LIKE, LIKE_IGNORE_CASE, NOT_EQUAL, NOT_LIKE, NOT_LIKE_IGNORE_CASE

_LIKE = (LIKE, NOT_LIKE, LIKE_IGNORE_CASE, NOT_LIKE_IGNORE_CASE)

CURLY_QUOTED: re.Pattern[str] = re.compile(f"[{CURLY_QUOTES}](.*)[{CURLY_QUOTES}]", re.DOTALL)


def plain_text_advice(node: Node, *, percent: bool) -> Advice | None:
    """The hint that a character means nothing here, with the whole filter to write instead; None where nobody may think
    that it does.

    Args:
        node: a filter.
        percent: say so of '%', which means something where like operators take SQL patterns.

    >>> from pyrsql.language.parse import parse_filter
    >>> plain_text_advice(parse_filter("name=like=%demo%;rate==5%").unwrap(), percent=True)
    Advice(hint="'%' is plain text: the wildcard is '*'.", replacement='name=like=*demo*;rate==5%', span=None)
    >>> plain_text_advice(parse_filter("name==“demo”").unwrap(), percent=True).replacement
    'name==demo'
    """
    if (meant := _changed(node, _without_curly_quotes)) != node:
        return Advice("These quotes are plain text: write straight quotes, ' or \".", render(meant))
    if percent and (meant := _changed(node, _with_wildcards)) != node:
        return Advice("'%' is plain text: the wildcard is '*'.", render(meant))
    return None


def _changed(node: Node, change: Callable[[Comparison], Comparison]) -> Node:
    """A filter with each comparison changed."""
    if isinstance(node, Comparison):
        return change(node)
    return type(node)(tuple([_changed(part, change) for part in node.nodes]))


def _without_curly_quotes(node: Comparison) -> Comparison:
    arguments = [found[1] if (found := CURLY_QUOTED.fullmatch(text)) else text for text in node.arguments]
    return replace(node, arguments=tuple(arguments))


def _with_wildcards(node: Comparison) -> Comparison:
    text = node.arguments[0] if node.arguments else ""
    begins = node.operator in (*_LIKE, EQUAL, NOT_EQUAL) and text.startswith("%")
    ends = node.operator in _LIKE and text.endswith("%")
    if text == "%" or "*" in text or not (begins or ends):
        return node
    return Comparison(node.selector, node.operator, (text.replace("%", "*"),))
