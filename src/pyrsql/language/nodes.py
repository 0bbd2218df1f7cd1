"""The tree of a filter, the parts of a selector and the keys of a sort: the text as written, before validation.

Two trees are equal when they say the same, wherever they were written: spans do not take part in equality.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyrsql.language.grammar import LIST, OPERATOR_AT, QUOTED_AT, VALUE_AT, listed_pattern
from pyrsql.operators import ComparisonOperator
from pyrsql.problems import Span


@dataclass(frozen=True, slots=True)
class Comparison:
    """`selector operator arguments`.

    Args:
        selector: the selector, without quotes and escapes.
        operator: the operator.
        arguments: the arguments, without quotes and escapes.
        written: the match of `grammar.comparison`, which knows the spans; None when the comparison was made by hand.
    """

    selector: str
    operator: ComparisonOperator
    arguments: tuple[str, ...]
    written: re.Match[str] | None = field(default=None, compare=False, repr=False)

    @property
    def span(self) -> Span | None:
        """Where it stands in the text; None when it was made by hand."""
        return None if self.written is None else comparison_span(self.written)

    @property
    def selector_span(self) -> Span | None:
        """Where its selector stands, quotes included; None when it was made by hand."""
        return None if self.written is None else selector_span(self.written)

    @property
    def argument_spans(self) -> tuple[Span, ...]:
        """Where each of its arguments stands, quotes included; empty when it was made by hand."""
        return () if self.written is None else argument_spans(self.written)

    def __reduce__(self) -> tuple[Callable[..., Comparison], tuple[Any, ...]]:
        # A match can be neither pickled nor copied deeply; it is found again.
        found = self.written
        place = () if found is None else (found.re, found.string, found.pos)
        return _restored, (self.selector, self.operator, self.arguments, *place)


def _restored(
    selector: str,
    operator: ComparisonOperator,
    arguments: tuple[str, ...],
    pattern: re.Pattern[str] | None = None,
    text: str = "",
    start: int = 0,
) -> Comparison:
    return Comparison(selector, operator, arguments, pattern and pattern.match(text, start))


def comparison_span(written: re.Match[str]) -> Span:
    """Where a comparison stands, from its match."""
    return Span(written.start(), max(written.end(group) for group in (OPERATOR_AT, VALUE_AT, QUOTED_AT, LIST)))


def selector_span(written: re.Match[str]) -> Span:
    """Where the selector of a comparison stands, from its match."""
    return Span(*written.span("odd" if written["field"] is None else "field"))


def argument_spans(written: re.Match[str]) -> tuple[Span, ...]:
    """Where the arguments of a comparison stand, from its match."""
    if written["list"] is not None:
        items = listed_pattern.finditer(written.string, *written.span("list"))
        return tuple(Span(*item.span("item")) for item in items)
    return tuple(Span(*written.span(group)) for group in ("value", "quoted") if written[group] is not None)


@dataclass(frozen=True, slots=True)
class And:
    """Two or more nodes that must all hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more nodes of which one must hold."""

    nodes: tuple[Node, ...]


Node = Comparison | And | Or


def size_of(tree: Node) -> int:
    """How many nodes a tree has, however deep it is."""
    size, waiting = 0, [tree]
    while waiting:
        node = waiting.pop()
        size += 1
        if not isinstance(node, Comparison):
            waiting.extend(node.nodes)
    return size


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted path such as `company.name`, split at the dots."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant argument of a call, `#text`: its value, already a Python value, and the text as it was written."""

    value: str | int | float | bool | None
    text: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function call `@name[argument|argument]`."""

    name: str
    arguments: tuple[Selector, ...]


Selector = Path | Call | Constant


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort. `nulls_first` is None where the key does not say where NULL goes.

    `span` is the place of its selector in the `text` that it was read from; both are None where it was made by hand.
    """

    selector: str
    descending: bool = False
    ignore_case: bool = False
    nulls_first: bool | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    text: str | None = field(default=None, compare=False, repr=False)
