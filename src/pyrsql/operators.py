"""Comparison operators as data: names, spellings and how many arguments each takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

SPELLING = r"=[A-Za-z]*+=|!=|[<>]=?+"
"""The regular expression of an operator: a sign, or letters between equals signs."""

_spelling = re.compile(SPELLING)


@dataclass(frozen=True, slots=True)
class ComparisonOperator:
    """One operator of the filter language.

    Args:
        name: what the rest of the library calls it, for example `"greater_or_equal"`.
        spellings: how clients write it; the first one is the canonical spelling that `render` uses. A spelling is
            `=letters=` or one of the signs `== != > >= < <=`.
        minimum_arguments: the fewest arguments it takes.
        maximum_arguments: the most it takes; None when there is no upper bound.

    Raises:
        ValueError: a spelling that the grammar could never read, no spelling at all, or impossible argument counts.
    """

    name: str
    spellings: tuple[str, ...]
    minimum_arguments: int = 1
    maximum_arguments: int | None = 1

    def __post_init__(self) -> None:
        if isinstance(cast("object", self.spellings), str):
            raise ValueError(f"spellings of {self.name!r} is one text: write ({self.spellings!r},)")
        if not self.spellings:
            raise ValueError(f"operator {self.name!r} has no spelling")
        for spelling in self.spellings:
            if not _spelling.fullmatch(spelling):
                raise ValueError(f"{spelling!r} is not an operator: write =letters= or one of == != > >= < <=")
        most = self.maximum_arguments
        if self.minimum_arguments < 0 or (most is not None and most < self.minimum_arguments):
            raise ValueError(f"operator {self.name!r} cannot take {self.minimum_arguments} to {most} arguments")

    @property
    def spelling(self) -> str:
        """The canonical spelling."""
        return self.spellings[0]


EQUAL = ComparisonOperator("equal", ("==",))
NOT_EQUAL = ComparisonOperator("not_equal", ("!=",))
GREATER = ComparisonOperator("greater", ("=gt=", ">"))
GREATER_OR_EQUAL = ComparisonOperator("greater_or_equal", ("=ge=", ">="))
LESS = ComparisonOperator("less", ("=lt=", "<"))
LESS_OR_EQUAL = ComparisonOperator("less_or_equal", ("=le=", "<="))
IN = ComparisonOperator("in", ("=in=",), 1, None)
NOT_IN = ComparisonOperator("not_in", ("=out=",), 1, None)
IS_NULL = ComparisonOperator("is_null", ("=na=", "=isnull=", "=null="), 0, 1)
IS_NOT_NULL = ComparisonOperator("is_not_null", ("=nn=", "=notnull=", "=isnotnull="), 0, 1)
LIKE = ComparisonOperator("like", ("=like=", "=ke="))
NOT_LIKE = ComparisonOperator("not_like", ("=notlike=", "=nk="))
EQUAL_IGNORE_CASE = ComparisonOperator("equal_ignore_case", ("=ic=", "=icase="))
LIKE_IGNORE_CASE = ComparisonOperator("like_ignore_case", ("=ilike=", "=ik="))
NOT_LIKE_IGNORE_CASE = ComparisonOperator("not_like_ignore_case", ("=inotlike=", "=ni="))
BETWEEN = ComparisonOperator("between", ("=bt=", "=between="), 2, 2)
NOT_BETWEEN = ComparisonOperator("not_between", ("=nb=", "=notbetween="), 2, 2)
ANY = ComparisonOperator("any", ("=any=",), 0, 1)
NONE = ComparisonOperator("none", ("=none=",), 0, 1)
ALL = ComparisonOperator("all", ("=all=",))

DEFAULT_OPERATORS = (
    EQUAL,
    NOT_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    IN,
    NOT_IN,
    IS_NULL,
    IS_NOT_NULL,
    LIKE,
    NOT_LIKE,
    EQUAL_IGNORE_CASE,
    LIKE_IGNORE_CASE,
    NOT_LIKE_IGNORE_CASE,
    BETWEEN,
    NOT_BETWEEN,
)
"""The operators every registry starts with."""

QUANTIFIERS = (ANY, NONE, ALL)
"""The operators over related rows, whose argument is a filter of its own."""


@dataclass(frozen=True)
class OperatorRegistry:
    """The operators a client may use, found by spelling.

    Args:
        operators: in the order in which they are offered in messages.

    Raises:
        ValueError: two operators share a name or a spelling, so that one would never be reached; something else than
            an operator.
    """

    operators: tuple[ComparisonOperator, ...] = DEFAULT_OPERATORS
    by_spelling: dict[str, ComparisonOperator] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_spelling: dict[str, ComparisonOperator] = {}
        names: set[str] = set()
        for operator in self.operators:
            if not isinstance(operator, ComparisonOperator):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ValueError(f"a registry holds operators, and {operator!r} is none")
            if operator.name in names:
                raise ValueError(f"two operators are named {operator.name!r}")
            names.add(operator.name)
            for spelling in operator.spellings:
                if spelling in by_spelling:
                    raise ValueError(
                        f"{spelling!r} of {operator.name!r} is taken by {by_spelling[spelling].name!r} already"
                    )
                by_spelling[spelling] = operator
        object.__setattr__(self, "by_spelling", by_spelling)

    def __iter__(self) -> Iterator[ComparisonOperator]:
        return iter(self.operators)

    def __contains__(self, operator: ComparisonOperator) -> bool:
        return operator in self.operators

    def find(self, spelling: str) -> ComparisonOperator | None:
        """The operator that clients write as `spelling`, or None."""
        return self.by_spelling.get(spelling)

    def with_operators(self, operators: Iterable[ComparisonOperator]) -> OperatorRegistry:
        """A registry that has these operators as well; one it has already is not added twice."""
        return OperatorRegistry((*self.operators, *(new for new in operators if new not in self.operators)))


DEFAULT_OPERATOR_REGISTRY = OperatorRegistry()
