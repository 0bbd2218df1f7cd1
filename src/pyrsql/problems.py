"""The problems of a request, as data.

One closed union for all stages, so that stages compose. A problem carries the data of its message: the wording is in
`messages`, the HTTP status in the FastAPI adapter. Problems are values, not exceptions.

Where `hint` is a correction of the text, `replacement` is the text to put in place of `span`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple


class Span(NamedTuple):
    """A stretch of the text: `start` counts characters from 0, `end` is one past the last."""

    start: int
    end: int


Source = Literal["filter", "sort", "page", "size", "cursor"]
"""The part of a request that a problem was found in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxProblem:
    """The text does not follow the grammar. At `span`, `found` stands in place of the `expected` terminals."""

    code: ClassVar[str] = "syntax-error"
    source: Source
    span: Span
    expected: tuple[str, ...]
    found: str
    hint: str | None = None
    replacement: str | None = None
    field: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownOperator:
    """An operator that the registry does not have."""

    code: ClassVar[str] = "unknown-operator"
    source: Source
    span: Span
    operator: str
    field: str | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongArity:
    """Too few or too many arguments for an operator."""

    code: ClassVar[str] = "wrong-arity"
    source: Source
    span: Span
    operator: str
    minimum: int
    maximum: int | None
    given: int
    field: str | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitExceeded:
    """The text is larger than a limit allows. `limit` is the limit's name, `actual` what was counted, where known."""

    code: ClassVar[str] = "limit-exceeded"
    source: Source
    limit: str
    maximum: int
    actual: int | None = None
    span: Span | None = None
    field: None = None
    hint: str | None = None
    replacement: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownField:
    """A selector that leads to nothing this client may use: absent, hidden and unlisted fields all read like this."""

    code: ClassVar[str] = "unknown-field"
    source: Source
    field: str
    span: Span | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenFunction:
    """A function call that this client may not make: unlisted functions and functions that do not exist alike."""

    code: ClassVar[str] = "forbidden-function"
    source: Source
    function: str
    field: str
    span: Span | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCall:
    """A call with arguments that the function's signature does not take. `expected` says what it takes."""

    code: ClassVar[str] = "wrong-call"
    source: Source
    function: str
    expected: str
    field: str
    span: Span | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongValue:
    """An argument that the field's type cannot hold. `expected` describes what it can."""

    code: ClassVar[str] = "wrong-value"
    source: Source
    field: str
    value: str
    expected: str
    span: Span | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedOperator:
    """An operator that this field does not take. `offered` holds the spellings of those it does."""

    code: ClassVar[str] = "unsupported-operator"
    source: Source
    field: str
    operator: str
    offered: tuple[str, ...]
    span: Span | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedSort:
    """A selector that has no order, such as a relation or a binary field, or a modifier that does not fit it.

    `field` is None where the key is one that the client did not write and may not know.
    """

    code: ClassVar[str] = "unsupported-sort"
    source: Source
    field: str | None
    reason: str
    span: Span | None = None
    hint: str | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProblem:
    """A page number, size, offset or limit that is not acceptable."""

    code: ClassVar[str] = "page-error"
    source: Source
    value: str
    expected: str
    span: None = None
    field: None = None
    hint: str | None = None
    replacement: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSize:
    """A page number without a page size, where the endpoint has no default size."""

    code: ClassVar[str] = "missing-page-size"
    source: Source = "size"
    span: None = None
    field: None = None
    hint: str | None = "Add a page size."
    replacement: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedParameter:
    """A parameter was given `given` times. pyrsql does not guess which one was meant."""

    code: ClassVar[str] = "repeated-parameter"
    source: Source
    given: int
    span: None = None
    field: None = None
    hint: str | None = "Give it once."
    replacement: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownParameter:
    """A parameter that the endpoint does not have. `source` is the part of the request that it seems to belong to."""

    code: ClassVar[str] = "unknown-parameter"
    source: Source
    parameter: str
    span: None = None
    field: None = None
    hint: str | None = None
    replacement: None = None


CursorFault = Literal["unreadable", "version", "signature", "filter", "sort"]
"""Why a cursor does not fit: no cursor of pyrsql, one of another version, one that was changed or signed elsewhere, one
of another filter, or one of another sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorProblem:
    """A cursor that does not fit the request. `reason` says why."""

    code: ClassVar[str] = "cursor-error"
    source: Source = "cursor"
    reason: CursorFault
    span: None = None
    field: None = None
    hint: str | None = "Leave the cursor out to begin at the first page."
    replacement: None = None


Problem = (
    SyntaxProblem
    | UnknownOperator
    | WrongArity
    | LimitExceeded
    | UnknownField
    | ForbiddenFunction
    | WrongCall
    | WrongValue
    | UnsupportedOperator
    | UnsupportedSort
    | PageProblem
    | MissingSize
    | RepeatedParameter
    | UnknownParameter
    | CursorProblem
)
"""Every problem there is. A `match` over it ends in `assert_never`."""

Problems = tuple[Problem, *tuple[Problem, ...]]
"""The failure of a stage: one problem or more, in the order of the text."""


def problems_of(found: Iterable[Problem]) -> Problems | None:
    """The problems found as a non-empty tuple, or None without any."""
    problems = tuple(found)
    return (problems[0], *problems[1:]) if problems else None
