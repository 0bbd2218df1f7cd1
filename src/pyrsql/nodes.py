"""The tree of a filter, the parts of a selector, and the keys of a sort: what was written, nothing judged.

Two trees are equal when they say the same, wherever they were written: spans do not take part in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pyrsql.operators import ComparisonOperator


class Span(NamedTuple):
    """A stretch of the text: `start` counts characters from 0, `end` is one past the last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`selector operator arguments`.

    `selector` and `arguments` are the texts meant, without quotes and escapes.
    """

    selector: str
    operator: ComparisonOperator
    arguments: tuple[str, ...]
    span: Span | None = field(default=None, compare=False, repr=False)
    selector_span: Span | None = field(default=None, compare=False, repr=False)
    argument_spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)


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
    """One key of a sort. `nulls_first` is None where the key leaves the place of NULL to the rule of the language."""

    selector: str
    descending: bool = False
    ignore_case: bool = False
    nulls_first: bool | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
