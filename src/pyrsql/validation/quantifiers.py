"""Filters inside filters: over related rows (`roles=any='code==admin'`), and in counts (`@count[roles|#level>2]`).

A nested selector `s` under the relation `p` is the selector `p.s` of the filter around it, so that names, rights and
converters are those of the whole path.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from pyrsql import operators as ops
from pyrsql.language.nodes import Call, Comparison, Constant, Path
from pyrsql.language.parse import parse_selector
from pyrsql.problems import Problem, UnknownField
from pyrsql.validation.predicates import Complement, Predicate, RelationPath, Some

QUANTIFIERS = frozenset(operator.name for operator in ops.QUANTIFIERS)

COUNT = "count"
"""The function that counts related rows. It needs no right of its own: it reads the relation."""

_COUNT_SELECTOR = re.compile(r"@count\[")
_PATH_IN_CALL = re.compile(r"#[^\]|]*|(?<=[\[|])[^@#\[\]|]+")


class Count(NamedTuple):
    """A call of `@count`: the path to the rows, and the filter that they must pass."""

    path: str
    filter: str | None


def is_count(selector: str) -> bool:
    """Whether a selector is a call of `@count`."""
    return _COUNT_SELECTOR.match(selector) is not None


def read_count(selector: str) -> Count | None:
    """The parts of `@count[path]` or `@count[path|#filter]`; None where it is neither."""
    match parse_selector(selector):
        case Call("count", (Path() as path,)):
            return Count(str(path), None)
        case Call("count", (Path() as path, Constant(str(text)))):
            # The selector has read a tab as a blank; the filter is taken as it is written.
            written = selector.partition("|#")[2].removesuffix("]")
            return Count(str(path), written or text)
        case _:
            return None


def below(prefix: str, node: Comparison) -> Comparison:
    """A comparison of a nested filter with the selector that it has in the filter around it.

    >>> from pyrsql.operators import EQUAL
    >>> below("roles.", Comparison("@concat[code|#-|@upper[name]]", EQUAL, ("A",))).selector
    '@concat[roles.code|#-|@upper[roles.name]]'
    """
    if not prefix:
        return node
    if not node.selector.startswith("@"):
        return replace(node, selector=prefix + node.selector)

    def named(part: re.Match[str]) -> str:
        return part[0] if part[0].startswith("#") else prefix + part[0]

    return replace(node, selector=_PATH_IN_CALL.sub(named, node.selector))


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


def as_written_below(prefix: str, problem: Problem) -> Problem:
    """A problem of a nested selector whose correction is written as it is inside of the nested filter."""
    if not isinstance(problem, UnknownField) or problem.hint is None:
        return problem
    corrected = problem.replacement
    return replace(
        problem,
        hint=problem.hint.replace(f"'{prefix}", "'"),
        replacement=corrected.removeprefix(prefix) if corrected else corrected,
    )
