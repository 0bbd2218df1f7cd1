"""A place in an ordered list: what a cursor carries, and where a backend begins a page."""

from __future__ import annotations

from typing import NamedTuple

Carried = str | None
"""The value of a key as a cursor carries it: a text that a backend has encoded, or None for NULL."""


class Position(NamedTuple):
    """Where a page begins.

    Args:
        backward: the page ends before the position.
        values: the carried values of the keys at a row, one tuple per key; None for the start (or the end) of the list.
    """

    backward: bool
    values: tuple[tuple[Carried, ...], ...] | None = None
