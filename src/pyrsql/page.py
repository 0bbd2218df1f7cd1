"""Which rows of an ordered result to return: a page, and the problems of one that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, TypeVar

from returns.result import Failure, Result, Success

from pyrsql.errors import PageError
from pyrsql.limits import is_number
from pyrsql.models.backend import ORM, BackendStatement, model_of
from pyrsql.problems import PageProblem, Problems, problems_of
from pyrsql.validation.total_order import completing

TargetT = TypeVar("TargetT")

LARGEST_OFFSET = 2**63 - 1
"""The largest number that every database takes as an offset or a limit."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`limit` rows after the first `offset`. Make one with `of` or `from_offset`; in a pipeline with `page_request`.

    Raises:
        PageError: numbers that no page can have.
    """

    offset: int
    limit: int

    def __post_init__(self) -> None:
        _refuse(_offset_problems(self.offset, self.limit))

    @classmethod
    def of(cls, page_number: int, page_size: int) -> Self:
        """Page `page_number`, counted from 0, of `page_size` rows.

        Raises:
            PageError: a negative number, a size below 1, or an offset that no database takes.
        """
        _refuse(_number_problems(page_number, page_size))
        return cls(page_number * page_size, page_size)

    @classmethod
    def from_offset(cls, *, offset: int, limit: int) -> Self:
        """`limit` rows after the first `offset`.

        Raises:
            PageError: a negative offset, a limit below 1, or an offset that no database takes.
        """
        return cls(offset, limit)

    def apply(self, target: TargetT, model: type, *, orm: ORM) -> TargetT:
        """Give the target this page's rows, in a total order.

        Args:
            target: a select over `model`, sorted before it is paged.
            model: the class whose rows it returns.
            orm: the backend.
        """
        described = model_of(orm, model)
        return orm.page(BackendStatement(target, target), described, completing(described), self.offset, self.limit)

    @property
    def page_number(self) -> int:
        """The page, counted from 0, that the first row is on."""
        return self.offset // self.limit

    @property
    def page_size(self) -> int:
        """How many rows a page has."""
        return self.limit


def page_request(page_number: int, page_size: int) -> Result[PageRequest, Problems]:
    """Page `page_number`, counted from 0, of `page_size` rows, as a stage of a pipeline.

    Problems: PageProblem for the number, the size, or both.
    """
    problems = problems_of(_number_problems(page_number, page_size))
    return Success(PageRequest.of(page_number, page_size)) if problems is None else Failure(problems)


def _refuse(found: Iterator[PageProblem]) -> None:
    problems = problems_of(found)
    if problems is not None:
        raise PageError(problems)


def _shown(value: object) -> str:
    """A number, or what stands in its place, as a problem shows it. Python refuses to write out a giant."""
    is_giant = isinstance(value, int) and abs(value) >= 10**40
    return "a number of more than 40 digits" if is_giant else str(value)


def _number_problems(number: int, size: int) -> Iterator[PageProblem]:
    if not is_number(number):
        yield PageProblem(source="page", value=_shown(number), expected="0 or a positive whole number")
    if not is_number(size, 1) or size > LARGEST_OFFSET:
        yield PageProblem(source="size", value=_shown(size), expected=f"a whole number from 1 to {LARGEST_OFFSET}")
    elif is_number(number) and number * size > LARGEST_OFFSET - size:
        yield PageProblem(
            source="page", value=_shown(number), expected=f"a page that starts before row {LARGEST_OFFSET}"
        )


def _offset_problems(offset: int, limit: int) -> Iterator[PageProblem]:
    if not is_number(offset) or offset > LARGEST_OFFSET:
        yield PageProblem(source="page", value=_shown(offset), expected=f"an offset from 0 to {LARGEST_OFFSET}")
    if not is_number(limit, 1) or limit > LARGEST_OFFSET:
        yield PageProblem(source="size", value=_shown(limit), expected=f"a limit from 1 to {LARGEST_OFFSET}")
