"""Advice to a client, and the place in a text that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pyrsql.problems import Span

PARAMETER = r"[ ]*\$?(?:filter|where|query|q|rsql)"
"""The name of the parameter, which some clients write before a filter."""

NO_PARAMETER = "Leave out the name of the parameter."

NEARBY = 64
"""Characters looked at on each side of a failure."""


class Advice(NamedTuple):
    """Advice to a client.

    Args:
        hint: the advice in words.
        replacement: the text to put in place of the span, where the hint is a correction.
        span: the part of the text that is corrected; None for the token that was found there.
    """

    hint: str
    replacement: str | None = None
    span: Span | None = None


class Place(NamedTuple):
    """A failure: the token that was found at a span, the text around it, and the terminals that were expected."""

    text: str
    span: Span
    found: str
    before: str
    after: str
    wanted: frozenset[str]

    def behind(self, length: int) -> Span:
        """The span of so many characters from the failure on."""
        return Span(self.span.start, self.span.start + length)

    @property
    def around(self) -> str:
        """The text on both sides of the failure."""
        return self.before + self.after

    def part(self, start: int, end: int) -> Span:
        """The span of a part of `around`."""
        offset = self.span.start - len(self.before)
        return Span(offset + start, offset + end)

    def is_cut(self, found: re.Match[str]) -> bool:
        """Whether a match in `after` ends where the part that is looked at does, and the text goes on."""
        return found.end() == len(self.after) and len(self.text) > self.span.start + NEARBY

    def ahead(self, found: re.Match[str], group: int = 0) -> Span:
        """The span of a match in `before`."""
        return self.part(*found.span(group))


def place_of(text: str, span: Span, expected: Iterable[str]) -> Place:
    """The place of a failure in a text."""
    before = text[max(0, span.start - NEARBY) : span.start]
    after = text[span.start : span.start + NEARBY]
    return Place(text, span, text[span.start : span.end], before, after, frozenset(expected))
