"""The tree of a filter, the parts of a selector, and the keys of a sort: what was written, nothing judged.

Two trees are equal when they say the same, wherever they were written: spans do not take part in equality.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from pyrsql.operators import ComparisonOperator


class Span(NamedTuple):
    """A stretch of the text: `start` counts characters from 0, `end` is one past the last."""

    start: int
    end: int


class Place(NamedTuple):
    """Where the parts of a comparison stand in the text, quotes included."""

    span: Span
    selector: Span
    arguments: tuple[Span, ...]


Written = tuple[Callable[[re.Match[str]], Place], re.Match[str]]
"""How to find a place that nobody has asked for yet: a function, and the match it takes."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`selector operator arguments`.

    `selector` and `arguments` are the texts meant, without quotes and escapes. Few comparisons are ever asked
    where they stand, so a parsed one keeps the grammar's match and works its spans out on demand.
    """

    selector: str
    operator: ComparisonOperator
    arguments: tuple[str, ...]
    written: Place | Written | None = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> Place | None:
        """Where it stands; None when it was made by hand."""
        if self.written is None or isinstance(self.written, Place):
            return self.written
        locate, match = self.written
        return locate(match)

    @property
    def span(self) -> Span | None:
        """The whole comparison."""
        place = self.place
        return place and place.span

    @property
    def selector_span(self) -> Span | None:
        """The selector."""
        place = self.place
        return place and place.selector

    @property
    def argument_spans(self) -> tuple[Span, ...]:
        """One span for each argument; none when it was made by hand."""
        place = self.place
        return place.arguments if place else ()

    def __reduce__(self) -> tuple[type[Comparison], tuple[object, ...]]:
        return Comparison, (self.selector, self.operator, self.arguments, self.place)


class _Draft:
    """A comparison while it is being filled in.

    A frozen dataclass sets each field through `object.__setattr__`, at more than twice the cost of an
    assignment, and a long filter makes hundreds of comparisons. A draft has the same slots, is filled by
    assignments, and becomes a `Comparison`, frozen like any other, when it is done.
    """

    __slots__ = ("arguments", "operator", "selector", "written")

    def __init__(
        self, selector: str, operator: ComparisonOperator, arguments: tuple[str, ...], written: Written
    ) -> None:
        self.selector = selector
        self.operator = operator
        self.arguments = arguments
        self.written = written
        self.__class__ = Comparison  # type: ignore[assignment]


parsed_comparison = cast("Callable[[str, ComparisonOperator, tuple[str, ...], Written], Comparison]", _Draft)
"""`Comparison(...)` for the parser, at a third of the cost."""


@dataclass(frozen=True, slots=True)
class And:
    """Two or more nodes that must all hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more nodes of which one must hold."""

    nodes: tuple[Node, ...]


Node = Comparison | And | Or


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
