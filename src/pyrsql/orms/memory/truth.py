"""Three-valued logic, as SQL has it."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None
"""True, False, or None for unknown."""


def all_of(truths: Iterable[Truth]) -> Truth:
    """AND: false as soon as one is false, else unknown as soon as one is unknown."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def negation(truth: Truth) -> Truth:
    """NOT: unknown stays unknown."""
    return None if truth is None else not truth
