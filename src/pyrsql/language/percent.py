"""Advice beside a valid filter: `name=like=%demo%` looks for percent signs, where `*demo*` was meant."""

from __future__ import annotations

from pyrsql.language.advice import Advice
from pyrsql.language.nodes import Comparison, Node
from pyrsql.language.render import render
from pyrsql.operators import EQUAL, LIKE, LIKE_IGNORE_CASE, NOT_EQUAL, NOT_LIKE, NOT_LIKE_IGNORE_CASE

_LIKE = (LIKE, NOT_LIKE, LIKE_IGNORE_CASE, NOT_LIKE_IGNORE_CASE)


def percent_advice(node: Node) -> Advice | None:
    """The hint that '%' is no wildcard, with the whole filter to write instead; None where nobody may think so.

    Args:
        node: a filter.

    >>> from pyrsql.language.parse import parse_filter
    >>> percent_advice(parse_filter("name=like=%demo%;rate==5%").unwrap())
    Advice(hint="'%' is plain text: the wildcard is '*'.", replacement='name=like=*demo*;rate==5%', span=None)
    """
    meant = _with_wildcards(node)
    return None if meant == node else Advice("'%' is plain text: the wildcard is '*'.", render(meant))


def _with_wildcards(node: Node) -> Node:
    if not isinstance(node, Comparison):
        return type(node)(tuple(map(_with_wildcards, node.nodes)))
    text = node.arguments[0] if node.arguments else ""
    begins = node.operator in (*_LIKE, EQUAL, NOT_EQUAL) and text.startswith("%")
    ends = node.operator in _LIKE and text.endswith("%")
    if text == "%" or "*" in text or not (begins or ends):
        return node
    return Comparison(node.selector, node.operator, (text.replace("%", "*"),))
