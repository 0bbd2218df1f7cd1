"""A filter inside a text, such as `roles=any='code==admin;level>2'` or `'@count[roles|#level>2]'>1`, with spans in the
outer text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple, cast

from returns.result import Failure, Result

from pyrsql.language.comparisons import number
from pyrsql.language.counts import is_count
from pyrsql.language.grammar import COUNT, argument_pattern, run_pattern, token_pattern
from pyrsql.language.nodes import Comparison, Node
from pyrsql.language.parse import filter_reader
from pyrsql.options import QueryOptions
from pyrsql.problems import LimitExceeded, Problem, Problems, Span, UnknownOperator, WrongArity

_character_pattern = re.compile(r"\\?.", re.DOTALL)


class NestedText(NamedTuple):
    """A filter, or another text, that stands in an argument or a selector of a text.

    Args:
        text: the nested text, without the quotes and escapes around it.
        path: the whole path of the rows that a filter is about, for the `field` of problems.
        around: the text that it stands in; None where a tree was made by hand.
        span: the argument or selector that holds it, quotes included; None where a tree was made by hand.
        behind: characters between it and the end of what holds it, such as the bracket of a call.
    """

    text: str
    path: str
    around: str | None = None
    span: Span | None = None
    behind: int = 0


def nested_argument(outer: Comparison) -> NestedText:
    """The filter in the one argument of a comparison."""
    spans, written = outer.argument_spans, outer.written
    around = None if written is None else written.string
    return NestedText(outer.arguments[0], outer.selector, around, (*spans, None)[0])


def selector_below(prefix: str, selector: str) -> str:
    """The selector that one of a nested filter is in the filter around it.

    Args:
        prefix: the path of the rows that the nested filter is about, with a dot behind it.
        selector: a path or a call.

    >>> selector_below("roles.", "@concat[code|#-|@upper[name]]")
    '@concat[roles.code|#-|@upper[roles.name]]'
    """
    if not selector.startswith("@"):
        return prefix + selector
    if is_count(selector):
        return f"@{COUNT}[{prefix}{selector.removeprefix(f'@{COUNT}[')}"
    return argument_pattern.sub(lambda part: part[0] if part[0].startswith("#") else prefix + part[0], selector)


def parse_nested(
    nested: NestedText, options: QueryOptions, *, depth: int = 0, nodes: int = 0
) -> Result[Node, Problems]:
    """Read a nested filter.

    The limits count the whole request: a nested filter may use as much as the filters around it leave.

    Args:
        nested: the filter and its place.
        options: the operators and limits, the same as for the filter around it.
        depth: how many groups and nested filters are open around it; `Groups` counts those of one text.
        nodes: how many nodes the filters around it have.

    Returns:
        The tree. Its spans are places in the nested text; `outward` turns problems about them into problems about the
        outer text.

    Problems: those of `parse_filter`, with spans in the outer text.

    >>> from pyrsql.language.parse import parse_filter
    >>> from pyrsql.options import DEFAULT_QUERY_OPTIONS
    >>> outer = parse_filter("roles=like='code==admin;level=2'").unwrap()
    >>> parse_nested(nested_argument(outer), DEFAULT_QUERY_OPTIONS).failure()[0].span
    Span(start=29, end=30)
    >>> outer = parse_filter("roles=like='code==admin'").unwrap()
    >>> parse_nested(nested_argument(outer), DEFAULT_QUERY_OPTIONS).unwrap()
    Comparison(selector='code', operator=..., arguments=('admin',))
    """
    deepest = number(options.parse_limits.depth)
    if depth >= deepest:
        return Failure((LimitExceeded(source="filter", limit="depth", maximum=deepest, span=nested.span),))
    result = filter_reader(options, depth=depth + 1, nodes=nodes).read(nested.text)
    if not isinstance(result, Failure):
        return result
    return Failure(outward(nested, [_below(nested.path, problem) for problem in result.failure()]))


def outward(nested: NestedText, problems: Iterable[Problem]) -> Problems:
    """Problems of a nested filter, with spans (and replacements) that fit the text around it.

    Args:
        nested: the filter and its place.
        problems: problems with spans in its text, one at least. Those without a span get that of the whole argument.

    Returns:
        The same problems, about the text that the filter stands in; unchanged where that was made by hand.
    """
    first, *rest = problems
    if nested.around is None or nested.span is None:
        return (first, *rest)
    places = _places(nested.around, nested.span, len(nested.text), nested.behind)
    first, *rest = (_moved(problem, nested.around, nested.span, places) for problem in (first, *rest))
    return (first, *rest)


class Groups:
    """Counts the groups that are open around comparisons. All comparisons of a text together take linear time."""

    def __init__(self) -> None:
        self._text, self._at, self._open = "", 0, 0

    def around(self, comparison: Comparison) -> int:
        """How many groups are open around a comparison in the text that it was read from; 0 if it was made by hand.

        >>> from pyrsql.language.parse import parse_filter
        >>> Groups().around(parse_filter("a=in=('(',2);(b==1,(c==2))").unwrap().nodes[1].nodes[1])
        2
        """
        if comparison.written is None:
            return 0
        text, start = comparison.written.string, comparison.written.start()
        if text is not self._text or start < self._at:
            self._text, self._at, self._open = text, 0, 0
        between = token_pattern.findall(text, self._at, start)
        self._at, self._open = start, self._open + between.count("(") - between.count(")")
        return self._open


def _below(path: str, problem: Problem) -> Problem:
    """A problem with the whole path as its field."""
    if isinstance(problem, UnknownOperator | WrongArity) and problem.field:
        return replace(problem, field=selector_below(f"{path}.", problem.field))
    return problem


def _moved(problem: Problem, text: str, around: Span, places: list[int] | None) -> Problem:
    # Every problem of a filter has a span, which `replace` cannot know.
    filtered = cast("Any", problem)
    if problem.span is None or places is None:
        return cast("Problem", replace(filtered, span=around, replacement=None))
    span = Span(places[problem.span.start], places[problem.span.end])
    replacement = _escaped(problem.replacement, text[around.start])
    return cast("Problem", replace(filtered, span=span, replacement=replacement))


def _places(text: str, around: Span, length: int, behind: int) -> list[int] | None:
    """For each character of a nested filter, and its end, where it stands in the text around it, its backslash
    included; None where the text is not the one that the filter was read from.
    """
    start, end = around
    if text[start : start + 1] in ("'", '"'):
        places = [found.start() for found in _character_pattern.finditer(text, start + 1, end - 1)] + [end - 1]
    else:
        places = list(range(start, end + 1))
    places = places[: len(places) - behind]
    return places[-length - 1 :] if len(places) > length else None


def _escaped(replacement: str | None, quote: str) -> str | None:
    """A replacement inside a text that begins with `quote`; None where one without quotes cannot hold it."""
    if replacement is None or quote not in "\"'":
        return replacement if replacement is None or run_pattern.fullmatch(replacement) else None
    return re.sub(rf"[\\{quote}]", r"\\\g<0>", replacement)
