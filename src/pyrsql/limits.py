"""How large filters and sorts may be, and how much work they may ask of the database."""

from __future__ import annotations

from dataclasses import dataclass

from pyrsql.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class ParseLimits:
    """How large a filter may be, and how much work it may ask of the database. Checked before the work they bound;
    None lifts a limit. Filters inside a filter count as a part of it.

    Args:
        query_length: characters of the whole text.
        selector_length: characters of one selector.
        argument_length: characters of one argument.
        arguments: arguments in one list.
        depth: parentheses open at a time.
        nodes: comparisons, ANDs and ORs in the tree.
        relations: relations that all paths together follow. SQLite joins 64 tables at most, MariaDB 61.
        to_many: to-many relations that one path follows: each multiplies the rows that the database reads. In a count,
            one that leads on from rows which it reaches several times counts twice: `@count[posts.author.posts]`.
        to_many_tests: comparisons over to-many relations, quantifiers, counts and null checks of relations: each is a
            subquery. Work that is repeated for each row counts three more: relations behind the to-many one, a
            condition in a count, and a sort key of related rows.
        json_tests: comparisons of JSON columns and of values in them.
        functions: function calls.
        text_searches: comparisons that search text: with a wildcard, by a like operator, or ignoring case. No index
            serves them. A value counts once for each 32 characters.

    Raises:
        ConfigurationError: a limit that is neither None nor a whole number from 0.
    """

    query_length: int | None = 4_096
    selector_length: int | None = 256
    argument_length: int | None = 1_024
    arguments: int | None = 100
    depth: int | None = 64
    nodes: int | None = 1_024
    relations: int | None = 24
    to_many: int | None = 2
    to_many_tests: int | None = 16
    json_tests: int | None = 16
    functions: int | None = 16
    text_searches: int | None = 32

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, kw_only=True)
class SortLimits:
    """How large a sort may be, and how much work it may ask of the database; None lifts a limit.

    Args:
        sort_length: characters of the whole text.
        selector_length: characters of one selector.
        keys: sort keys.
        relations: relations that all paths together follow.
        to_many: to-many relations that one path follows.
        json_keys: keys that are values of JSON columns.
        functions: function calls.

    Raises:
        ConfigurationError: a limit that is neither None nor a whole number from 0.
    """

    sort_length: int | None = 4_096
    selector_length: int | None = 256
    keys: int | None = 10
    relations: int | None = 24
    to_many: int | None = 1
    json_keys: int | None = 3
    functions: int | None = 4

    def __post_init__(self) -> None:
        _check(self)


def is_number(value: object, least: int = 0) -> bool:
    """Whether a value is a whole number from `least` on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_limit(value: object, least: int = 0) -> bool:
    """Whether a value is a whole number from `least` on, or None."""
    return value is None or is_number(value, least)


def _check(limits: ParseLimits | SortLimits) -> None:
    given: dict[str, object] = vars(limits)
    for name, limit in given.items():
        if not is_limit(limit):
            raise ConfigurationError(
                f"{type(limits).__name__}({name}={limit!r}): a limit is 0 or a positive whole number, or None for none"
            )


DEFAULT_PARSE_LIMITS = ParseLimits()
DEFAULT_SORT_LIMITS = SortLimits()
