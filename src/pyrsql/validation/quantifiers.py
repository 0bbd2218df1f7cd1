"""Filters inside filters: over related rows (`roles=any='code==admin'`), and in counts (`@count[roles|#level>2]`).

A nested selector `s` under the relation `p` is the selector `p.s` of the filter around it, so that names, rights and
converters are those of the whole path.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pyrsql import operators as ops
from pyrsql.language.counts import read_count
from pyrsql.language.grammar import COUNT
from pyrsql.language.nested import NestedText, selector_below
from pyrsql.language.nodes import Comparison
from pyrsql.problems import Span, UnknownField
from pyrsql.validation.predicates import Complement, Predicate, RelationPath, Some

QUANTIFIERS = frozenset(operator.name for operator in ops.QUANTIFIERS)


def count_texts(selector: str, path: str, text: str | None, span: Span | None) -> tuple[NestedText, NestedText]:
    """The path and the filter of a count, with their places.

    Args:
        selector: the call as it is written.
        path: the whole path to the rows.
        text: the text that it is written in; None where a tree was made by hand.
        span: its place in the text.
    """
    count = read_count(selector)
    assert count is not None, "only a count has these texts"
    behind = len(selector) - len(f"@{COUNT}[{count.path}")
    return NestedText(count.path, path, text, span, behind), NestedText(count.filter or "", path, text, span, 1)


def below(prefix: str, node: Comparison) -> Comparison:
    """A comparison of a nested filter with the selector that it has in the filter around it."""
    return replace(node, selector=selector_below(prefix, node.selector))


def quantified(name: str, path: RelationPath, predicate: Predicate | None) -> Predicate:
    """The condition of a quantifier on the related rows at the end of a path. Two-valued: a row passes where the
    predicate is true, not where it is unknown.
    """
    if name == ops.ANY.name:
        return Some(path, predicate)
    if name == ops.NONE.name:
        return Complement(Some(path, predicate))
    assert predicate is not None, "the arity of =all= is 1"
    return Complement(Some(path, Complement(predicate)))


def as_written_below(prefix: str, problem: UnknownField) -> UnknownField:
    """The problem of a nested selector whose correction is written as it is inside of the nested filter."""
    if problem.hint is None:
        return problem
    written = re.compile(rf"^('?){re.escape(prefix)}")
    return replace(
        problem,
        hint=problem.hint.replace(f"'{prefix}", "'"),
        replacement=problem.replacement and written.sub(r"\1", problem.replacement),
    )
