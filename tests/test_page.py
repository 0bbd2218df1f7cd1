"""Pages: numbers that are refused, and what a page is once it is valid."""

import copy
import pickle
from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pyrsql import PageError, PageRequest
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.page import LARGEST_OFFSET, page_request
from tests.sample_models import Base, User, rows

GIANT = 10**5000
"""Python refuses to write it out."""

OTHERS: list[tuple[Any, Any]] = [("1", "2"), (1.0, 2.0), (True, True), (None, None)]
"""Numbers of other types, as callers without types write them."""


def short(value: object) -> str | None:
    """The name of a parameter: pytest would write out the giant."""
    return f"{value.bit_length()} bits" if isinstance(value, int) else None


def test_a_page_by_number_and_by_offset_is_the_same() -> None:
    page = PageRequest.of(3, 25)
    assert page == PageRequest.from_offset(offset=75, limit=25)
    assert (page.page_number, page.page_size, page.offset, page.limit) == (3, 25, 75, 25)
    assert hash(page) == hash(PageRequest.of(3, 25))
    assert pickle.loads(pickle.dumps(page)) == copy.copy(page) == page


@pytest.mark.parametrize(
    ("number", "size", "sources"),
    [
        (-1, 10, ["page"]),
        (0, 0, ["size"]),
        (0, -1, ["size"]),
        (-1, 0, ["page", "size"]),
        (LARGEST_OFFSET, 1, ["page"]),
        (LARGEST_OFFSET, LARGEST_OFFSET, ["page"]),
        (0, LARGEST_OFFSET + 1, ["size"]),
        (GIANT, 1, ["page"]),
        (-GIANT, GIANT, ["page", "size"]),
        *((number, size, ["page", "size"]) for number, size in OTHERS),
    ],
    ids=short,
)
def test_numbers_that_no_page_can_have(number: int, size: int, sources: list[str]) -> None:
    refused = page_request(number, size)
    assert [problem.source for problem in refused.failure()] == sources
    with pytest.raises(PageError) as raised:
        PageRequest.of(number, size)
    assert raised.value.problems == refused.failure()


def test_only_later_pages_have_an_offset() -> None:
    texts = [str(PageRequest.of(number, 2).apply(select(User), User, orm=SQLAlchemyORM())) for number in (0, 1)]
    assert ["LIMIT" in text for text in texts] == [True, True]
    assert ["OFFSET" in text for text in texts] == [False, True]


@pytest.mark.parametrize(
    ("offset", "limit"), [(-1, 1), (0, 0), (2**63, 1), (0, 2**63), (GIANT, GIANT), *OTHERS], ids=short
)
def test_an_offset_and_a_limit_that_no_page_can_have(offset: int, limit: int) -> None:
    with pytest.raises(PageError):
        PageRequest.from_offset(offset=offset, limit=limit)


def test_the_largest_pages_are_taken() -> None:
    assert is_successful(page_request(0, LARGEST_OFFSET))
    assert is_successful(page_request(LARGEST_OFFSET - 1, 1))


def test_the_largest_pages_reach_every_database(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all(rows())
            session.flush()
            for page, count in (
                (PageRequest.of(0, LARGEST_OFFSET), 12),
                (PageRequest.of(LARGEST_OFFSET - 1, 1), 0),
                (PageRequest.from_offset(offset=LARGEST_OFFSET, limit=LARGEST_OFFSET), 0),
                (PageRequest.from_offset(offset=10, limit=LARGEST_OFFSET), 2),
            ):
                found = session.scalars(page.apply(select(User), User, orm=SQLAlchemyORM())).all()
                assert len(found) == count, page
    finally:
        Base.metadata.drop_all(engine)
