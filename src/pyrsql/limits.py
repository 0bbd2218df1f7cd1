"""How large filters and sorts may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ParseLimits:
    """How large a filter may be. Checked before the work they bound; None lifts a limit.

    Args:
        query_length: characters of the whole text.
        selector_length: characters of one selector.
        argument_length: characters of one argument.
        arguments: arguments in one list.
        depth: parentheses open at a time.
        nodes: comparisons, ANDs and ORs in the tree.
    """

    query_length: int | None = 4_096
    selector_length: int | None = 256
    argument_length: int | None = 1_024
    arguments: int | None = 100
    depth: int | None = 64
    nodes: int | None = 1_024


@dataclass(frozen=True, kw_only=True)
class SortLimits:
    """How large a sort may be; None lifts a limit.

    Args:
        sort_length: characters of the whole text.
        selector_length: characters of one selector.
        keys: sort keys.
    """

    sort_length: int | None = 4_096
    selector_length: int | None = 256
    keys: int | None = 10


DEFAULT_PARSE_LIMITS = ParseLimits()
DEFAULT_SORT_LIMITS = SortLimits()
