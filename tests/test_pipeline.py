"""The stages: chained, stopped at the first that fails, and side by side for a whole request."""

from __future__ import annotations

from typing import Any

import pytest
from returns.pipeline import flow, is_successful
from returns.pointfree import bind
from returns.result import Failure, Success
from sqlalchemy import select

from pyrsql import ConfigurationError, PageRequest
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import page_request
from pyrsql.pipeline import apply_criteria, apply_filter, apply_sort, order, paginate, parse, validate, validate_request
from pyrsql.problems import PageProblem, SyntaxProblem, UnknownField
from tests.sample_models import User, rows

USERS = schema(User)
MEMORY = schema_for(User, orm=MemoryORM())
PEOPLE = [one for one in rows() if isinstance(one, User)]


def kinds(result: Any) -> list[tuple[str, type]]:
    return [(problem.source, type(problem)) for problem in result.failure()]


def test_a_chain_from_text_to_page() -> None:
    chained = (
        parse("name==d*;age>18")
        .bind(validate(MEMORY))
        .bind(apply_filter(PEOPLE))
        .bind(apply_sort("-age;name,asc,ic"))
        .bind(paginate(PageRequest.of(0, 1)))
    )
    page = chained.unwrap()
    assert [user.id for user in page.statement] == [4]
    assert page.count_statement == 2


def test_a_chain_as_a_flow() -> None:
    found = flow("age>40", parse, bind(validate(MEMORY)), bind(apply_filter(PEOPLE)))
    assert [user.id for user in found.unwrap().select] == [4, 9]


@pytest.mark.parametrize(
    ("filter", "sort", "expected"),
    [
        ("name=", "nmae", [("filter", SyntaxProblem)]),
        ("nmae==1", "name,x", [("filter", UnknownField)]),
        ("name==1", "name,x", [("sort", SyntaxProblem)]),
        ("name==1", "nmae", [("sort", UnknownField)]),
    ],
)
def test_a_chain_stops_at_the_first_stage_that_fails(filter: str, sort: str, expected: list[tuple[str, type]]) -> None:
    chained = parse(filter).bind(validate(USERS)).bind(apply_filter(select(User))).bind(apply_sort(sort))
    assert kinds(chained.bind(paginate(None))) == expected


def test_a_request_is_judged_side_by_side() -> None:
    assert kinds(validate_request(USERS, filter="nmae==1;age==x", sort="name,x", page=page_request(-1, 0))) == [
        ("filter", UnknownField),
        ("filter", type(validate_request(USERS, filter="age==x").failure()[0])),
        ("sort", SyntaxProblem),
        ("page", PageProblem),
        ("size", PageProblem),
    ]


@pytest.mark.parametrize("text", [None, "", " "])
def test_nothing_asked_for(text: str | None) -> None:
    criteria = validate_request(USERS, filter=text, sort=text).unwrap()
    assert (criteria.filter.predicate, criteria.order, criteria.page) == (None, None, None)
    page = apply_criteria(select(User))(criteria).unwrap()
    assert str(page.statement) == str(select(User))


def test_a_stage_can_be_used_again_and_again() -> None:
    validated, filtered, sorted_ = validate(MEMORY), apply_filter(PEOPLE), apply_sort("-id")
    for text, expected in (("age==25", [6, 5]), ("age==17", [8, 7]), ("age==25", [6, 5])):
        found = parse(text).bind(validated).bind(filtered).bind(sorted_).unwrap()
        assert [user.id for user in found.select] == expected


def test_a_sort_may_be_validated_before() -> None:
    validated = order(MEMORY)("-id").unwrap()
    statement = parse(None).bind(validate(MEMORY)).bind(apply_filter(PEOPLE)).unwrap()
    assert [user.id for user in apply_sort(validated)(statement).unwrap().select][:2] == [12, 11]
    assert apply_sort(None)(statement).unwrap() is statement
    assert apply_sort(validated)(statement).unwrap().order is validated


def test_what_was_validated_for_one_endpoint_does_not_reach_another() -> None:
    validated = order(USERS)("-id").unwrap()
    statement = parse(None).bind(validate(MEMORY)).bind(apply_filter(PEOPLE)).unwrap()
    with pytest.raises(ConfigurationError):
        apply_sort(validated)(statement)


def test_a_page_as_a_stage() -> None:
    assert page_request(2, 5) == Success(PageRequest.of(2, 5))
    assert isinstance(page_request(-1, 5), Failure)
    assert is_successful(validate_request(USERS, page=page_request(2, 5)))
