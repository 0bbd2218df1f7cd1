"""The selector that counts related rows: `@count[path]` and `@count[path|#filter]`."""

from __future__ import annotations

from typing import NamedTuple

from pyrsql.language import grammar


class Count(NamedTuple):
    """A call of `@count`: the path to the rows, and the filter that they must pass."""

    path: str
    filter: str | None


def is_count(selector: str) -> bool:
    """Whether a selector is a call of `@count`."""
    return selector.startswith(f"@{grammar.COUNT}[")


def read_count(selector: str) -> Count | None:
    """The parts of `@count[path]` or `@count[path|#filter]`; None where it is neither.

    >>> read_count("@count[roles|#@upper[code]=in=(a|b,c)]")
    Count(path='roles', filter='@upper[code]=in=(a|b,c)')
    """
    found = grammar.count.compiled.match(selector)
    return found and Count(found["path"], found["filter"])
