"""Filters inside filters: a problem of any depth points at what the client wrote, through all quotes and escapes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from returns.result import Success

from pyrsql.language.builder import Condition, f
from pyrsql.language.nodes import Comparison, Node
from pyrsql.language.parse import parse_filter
from pyrsql.language.render import render
from pyrsql.limits import ParseLimits, SortLimits
from pyrsql.options import QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.testing import filters
from tests.sample_models import User

# Random quotes and escapes make long texts of a few nested filters.
LIMITS = ParseLimits(
    query_length=None, selector_length=None, argument_length=None, to_many=None, to_many_tests=None, relations=None
)
OPTIONS = QueryOptions(quantifiers=True, parse_limits=LIMITS)
SORT_LIMITS = SortLimits(sort_length=None, selector_length=None, to_many=None, relations=None)
SORTS = SortOptions(quantifiers=True, sort_limits=SORT_LIMITS)
USERS = schema(User, OPTIONS, SORTS)

# From a user to a user, so that filters can be nested at will.
STEPS = st.sampled_from(["reports", "manager", "roles.users", "company.users"])
VALUES = st.text(st.sampled_from("aé🙂 '\"\\;,|]()*\n"), max_size=8)


@st.composite
def quoted(draw: st.DrawFn, text: str) -> str:
    """A text in quotes, with the escapes that it needs, and with some that it does not."""
    quote = draw(st.sampled_from("'\""))
    needless = draw(st.sets(st.sampled_from("aé🙂=;[")))
    return quote + re.sub(rf"[\\{quote}{re.escape(''.join(needless))}]", r"\\\g<0>", text) + quote


@st.composite
def nested(draw: st.DrawFn, wrong: str, levels: int = 3) -> tuple[str, str]:
    """A filter with one mistake, some quotes deep, and the path of the rows that it is about."""
    text, path = wrong, ""
    for _ in range(draw(st.integers(1, levels))):
        beside = [f"name=={draw(VALUES.flatmap(quoted))}" for _ in range(draw(st.integers(0, 2)))]
        text = ";".join([*beside, draw(st.sampled_from(["{}", "({})", "id==1,{}"])).format(text)])
        step = draw(STEPS)
        if draw(st.booleans()):
            text = f"{step}={draw(st.sampled_from(['any', 'none', 'all']))}={draw(quoted(text))}"
        else:
            text = draw(quoted(f"@count[{step}|#{text}]")) + ">1"
        path = f"{step}.{path}"
    return text, path


def pointed(text: str, start: int, end: int) -> str:
    return text[start:end].replace("\\", "")


@given(st.data())
def test_an_unknown_field_is_found_at_any_depth(data: st.DataObject) -> None:
    text, path = data.draw(nested("zqx==1"))
    problem, *others = validate_request(USERS, filter=text).failure()
    assert others == []
    assert problem.span is not None
    assert (problem.code, problem.field) == ("unknown-field", f"{path}zqx")
    assert pointed(text, *problem.span) == "zqx"


@given(st.data(), st.sampled_from([("name=zq=1", "=zq="), ("age>zqx", "zqx"), ("name==1 zqx", "1 zqx"), ("id=1", "=")]))
def test_other_problems_too(data: st.DataObject, mistake: tuple[str, str]) -> None:
    wrong, where = mistake
    text, _ = data.draw(nested(wrong))
    problem, *others = validate_request(USERS, filter=text).failure()
    assert others == []
    assert problem.span is not None
    assert pointed(text, *problem.span) == where


@given(st.data(), st.sampled_from(["nmae==1", "id==1;compny.name==a", "name=lke=a", "name=1", "manager.nmae==1"]))
def test_a_correction_fits_where_the_mistake_stands(data: st.DataObject, wrong: str) -> None:
    text, _ = data.draw(nested(wrong))
    problem, *others = validate_request(USERS, filter=text).failure()
    assert others == []
    assert problem.span is not None
    assert problem.replacement is not None
    start, end = problem.span
    assert isinstance(validate_request(USERS, filter=text[:start] + problem.replacement + text[end:]), Success)


@given(st.data())
def test_a_sort_by_a_count_too(data: st.DataObject) -> None:
    text, path = data.draw(nested("zqx==1", levels=2))
    sort = f"name;-{data.draw(quoted(f'@count[reports|#{text}]'))},nullsfirst"
    problem, *others = validate_request(USERS, sort=sort).failure()
    assert others == []
    assert problem.span is not None
    assert (problem.source, problem.field) == ("sort", f"reports.{path}zqx")
    assert pointed(sort, *problem.span) == "zqx"


@given(filters(OPTIONS.operators), st.integers(1, 3))
def test_the_builder_nests_any_filter(tree: Node, levels: int) -> None:
    condition = Condition(tree)
    for _ in range(levels):
        condition = f.reports.any(condition)
    text = str(condition)
    for _ in range(levels):
        outer = parse_filter(text, OPTIONS).unwrap()
        assert render(outer) == text
        assert isinstance(outer, Comparison)
        (text,) = outer.arguments
    assert parse_filter(text, OPTIONS).unwrap() == tree
