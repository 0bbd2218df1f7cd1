"""A filter inside an argument of a filter, such as `roles=any='code==admin;level>2'`, with spans in the outer text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast

from returns.result import Failure, Result

from pyrsql.language.comparisons import limit_exceeded, number
from pyrsql.language.grammar import run_pattern, token_pattern
from pyrsql.language.nodes import Comparison, Node
from pyrsql.language.parse import filter_reader
from pyrsql.options import QueryOptions
from pyrsql.problems import Problem, Problems, Span, UnknownOperator, WrongArity

_character_pattern = re.compile(r"\\?.", re.DOTALL)


def parse_nested(
    outer: Comparison, options: QueryOptions, *, path: str | None = None, depth: int = 0, nodes: int = 0
) -> Result[Node, Problems]:
    """Read the one argument of a comparison as a filter.

    The limits count the whole request: a nested filter may use what the filters around it leave.

    Args:
        outer: a comparison with one argument.
        options: the operators and limits, the same as for the filter around it.
        path: the whole path of the comparison's selector, for the `field` of problems; None for the selector itself.
        depth: how many groups and nested filters are open around the comparison; `depth_of` counts those of one text.
        nodes: how many nodes the filters around it have.

    Returns:
        The tree of the argument. Its spans are places in the argument; `outward` turns problems about them into
        problems about the outer text.

    Problems: those of `parse_filter`, with spans in the outer text.

    >>> from pyrsql.language.parse import parse_filter
    >>> from pyrsql.options import DEFAULT_QUERY_OPTIONS
    >>> outer = parse_filter("roles=like='code==admin;level=2'").unwrap()
    >>> parse_nested(outer, DEFAULT_QUERY_OPTIONS).failure()[0].span
    Span(start=29, end=30)
    >>> outer = parse_filter("roles=like='code==admin'").unwrap()
    >>> parse_nested(outer, DEFAULT_QUERY_OPTIONS).unwrap()
    Comparison(selector='code', operator=..., arguments=('admin',))
    """
    deepest = number(options.parse_limits.depth)
    if depth >= deepest:
        return Failure((limit_exceeded("filter", "depth", deepest, span=_argument_span(outer)),))
    reader = filter_reader(options, depth=depth + 1, nodes=nodes)
    result = reader.read(outer.arguments[0])
    if not isinstance(result, Failure):
        return result
    prefix = outer.selector if path is None else path
    first, *rest = (_below(prefix, problem) for problem in result.failure())
    return Failure(outward(outer, (first, *rest)))


def outward(outer: Comparison, problems: Problems) -> Problems:
    """Problems of a nested filter, with spans (and replacements) that fit the text around it.

    Args:
        outer: the comparison whose argument the nested filter is.
        problems: problems with spans in the argument. Those without a span get that of the whole argument.

    Returns:
        The same problems, about the text that `outer` was read from; unchanged where `outer` was made by hand.
    """
    span = _argument_span(outer)
    if outer.written is None or span is None:
        return problems
    first, *rest = (_moved(problem, outer.written.string, span) for problem in problems)
    return (first, *rest)


def depth_of(comparison: Comparison) -> int:
    """How many groups are open around a comparison in the text that it was read from; 0 where it was made by hand.

    >>> from pyrsql.language.parse import parse_filter
    >>> depth_of(parse_filter("a=in=('(',2);(b==1,(c==2))").unwrap().nodes[1].nodes[1])
    2
    """
    if comparison.written is None:
        return 0
    before = token_pattern.findall(comparison.written.string, 0, comparison.written.start())
    return before.count("(") - before.count(")")


def _argument_span(outer: Comparison) -> Span | None:
    return outer.argument_spans[0] if outer.argument_spans else None


def _below(path: str, problem: Problem) -> Problem:
    """A problem with the whole path as its field."""
    if isinstance(problem, UnknownOperator | WrongArity) and problem.field and "@" not in path[:1] + problem.field[:1]:
        return replace(problem, field=f"{path}.{problem.field}")
    return problem


def _moved(problem: Problem, text: str, argument: Span) -> Problem:
    # Every problem of a filter has a span, which `replace` cannot know.
    filtered = cast("Any", problem)
    if problem.span is None:
        return cast("Problem", replace(filtered, span=argument))
    places = _places(text, argument)
    span = Span(places[problem.span.start], places[problem.span.end])
    return cast(
        "Problem", replace(filtered, span=span, replacement=_escaped(problem.replacement, text[argument.start]))
    )


def _places(text: str, argument: Span) -> list[int]:
    """For each character of an argument, and its end, where it stands in the text around it, its backslash included."""
    start, end = argument
    if text[start] not in "\"'":
        return list(range(start, end + 1))
    return [found.start() for found in _character_pattern.finditer(text, start + 1, end - 1)] + [end - 1]


def _escaped(replacement: str | None, quote: str) -> str | None:
    """A replacement inside an argument that begins with `quote`; None where an unquoted argument cannot hold it."""
    if replacement is None or quote not in "\"'":
        return replacement if replacement is None or run_pattern.fullmatch(replacement) else None
    return re.sub(rf"[\\{quote}]", r"\\\g<0>", replacement)
