"""The tree of a filter, the parts of a selector, and the keys of a sort: what was written, nothing judged.

Two trees are equal when they say the same, wherever they were written: spans do not take part in equality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pyrsql.language.terminals import comparison_pattern, item_pattern
from pyrsql.operators import ComparisonOperator
from pyrsql.problems import Span


@dataclass(frozen=True, slots=True)
class Comparison:
    """`selector operator arguments`.

    `selector` and `arguments` are the texts meant, without quotes and escapes. A parsed comparison knows its text and
    where in it the selector starts. Few are ever asked for more, so the spans are worked out on demand.
    """

    selector: str
    operator: ComparisonOperator
    arguments: tuple[str, ...]
    text: str | None = field(default=None, compare=False, repr=False)
    start: int = field(default=0, compare=False, repr=False)

    @property
    def span(self) -> Span | None:
        """Where it stands; None when it was made by hand."""
        written = self._written()
        return written and Span(*written.span())

    @property
    def selector_span(self) -> Span | None:
        """Where its selector stands, quotes included; None when it was made by hand."""
        written = self._written()
        return written and Span(*written.span("field"))

    @property
    def argument_spans(self) -> tuple[Span, ...]:
        """Where each of its arguments stands, quotes included; empty when it was made by hand."""
        written = self._written()
        return argument_spans(written) if written else ()

    def _written(self) -> re.Match[str] | None:
        return None if self.text is None else comparison_pattern.match(self.text, self.start)


def argument_spans(written: re.Match[str]) -> tuple[Span, ...]:
    """Where the arguments of a written comparison stand.

    Args:
        written: a match that has the groups of `terminals.COMPARISON`.
    """
    if written["value"] is not None:
        return (Span(*written.span("value")),)
    if written["list"] is not None:
        return tuple(Span(*item.span(1)) for item in item_pattern.finditer(written.string, *written.span("list")))
    return ()


@dataclass(frozen=True, slots=True)
class And:
    """Two or more nodes that must all hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more nodes of which one must hold."""

    nodes: tuple[Node, ...]


Node = Comparison | And | Or


def text_of(node: Node) -> str | None:
    """The text that a tree was parsed from; None when it, or its beginning, was made by hand."""
    while not isinstance(node, Comparison):
        if not node.nodes:
            return None
        node = node.nodes[0]
    return node.text


class ComparisonDraft:
    """The slots of a comparison, open to assignment."""

    __slots__ = ("arguments", "operator", "selector", "start", "text")


class _GroupDraft:
    """The slots of an AND or an OR, open to assignment."""

    __slots__ = ("nodes",)


# A frozen dataclass sets each field through `object.__setattr__`, at three times the cost of an assignment, and a
# long filter makes hundreds of nodes. A draft has the same slots, is filled by assignments, and when it is done it
# becomes a node, frozen like any other.


def parsed_comparison(
    selector: str, operator: ComparisonOperator, arguments: tuple[str, ...], text: str, start: int
) -> Comparison:
    """`Comparison(...)` for the parser, cheaper."""
    draft: Any = ComparisonDraft()
    draft.selector = selector
    draft.operator = operator
    draft.arguments = arguments
    draft.text = text
    draft.start = start
    draft.__class__ = Comparison
    return draft  # type: ignore[no-any-return]


def parsed_and(nodes: tuple[Node, ...]) -> And:
    """`And(nodes)` for the parser, cheaper."""
    draft: Any = _GroupDraft()
    draft.nodes = nodes
    draft.__class__ = And
    return draft  # type: ignore[no-any-return]


def parsed_or(nodes: tuple[Node, ...]) -> Or:
    """`Or(nodes)` for the parser, cheaper."""
    draft: Any = _GroupDraft()
    draft.nodes = nodes
    draft.__class__ = Or
    return draft  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted path such as `company.name`, split at the dots."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant argument of a call, `#text`: its value, already a Python value."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function call `@name[argument|argument]`."""

    name: str
    arguments: tuple[Selector, ...]


Selector = Path | Call | Constant


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort. `nulls_first` is None where the key leaves the place of NULL to the language."""

    selector: str
    descending: bool = False
    ignore_case: bool = False
    nulls_first: bool | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


class _SortKeyDraft:
    """The slots of a sort key, open to assignment."""

    __slots__ = ("descending", "ignore_case", "nulls_first", "selector", "span")


def parsed_sort_key(selector: str, descending: bool, span: Span) -> SortKey:
    """`SortKey(selector, descending, span=span)` for the parser, cheaper."""
    draft: Any = _SortKeyDraft()
    draft.selector = selector
    draft.descending = descending
    draft.ignore_case = False
    draft.nulls_first = None
    draft.span = span
    draft.__class__ = SortKey
    return draft  # type: ignore[no-any-return]
