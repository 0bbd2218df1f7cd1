"""Which related rows a filter and a sort test is part of the plan: every node over a to-many path."""

from __future__ import annotations

from typing import Any

import pytest

from pyrsql import ComparisonOperator, CustomPredicateDefinition, QueryOptions, SortOptions
from pyrsql.models.model import Relation
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.validation.predicates import (
    Compare,
    Complement,
    Conjunction,
    Custom,
    Null,
    Some,
    joined_paths,
    to_many_steps,
)
from tests.sample_models import User

ALL = ComparisonOperator("all_match", ("=all=",), 1, None)
CALLS: dict[str, Any] = {"procedure_whitelist": ["concat", "upper"]}


def predicate(filter: str, **settings: Any) -> Any:
    return validate_request(schema(User, QueryOptions(**settings)), filter=filter).unwrap().filter.predicate


def key(sort: str, **settings: Any) -> Any:
    order = validate_request(schema(User, QueryOptions(**settings), SortOptions(**settings)), sort=sort).unwrap().order
    assert order is not None
    return order.keys[0]


def names(path: tuple[Relation, ...]) -> str:
    return ".".join(step.name for step in path)


@pytest.mark.parametrize(
    ("filter", "path"),
    [
        ("roles.code==admin", "roles"),
        ("company.users.name==x", "company.users"),
        ("reports.roles.code==x", "reports.roles"),
        ("reports.company.name==x", "reports"),
        ("@upper[roles.code]==X", "roles"),
        ("@concat[name|@upper[reports.company.name]|company.name]==X", "reports"),
    ],
)
def test_a_comparison_over_a_to_many_path_is_a_some(filter: str, path: str) -> None:
    found = predicate(filter, **CALLS)
    assert isinstance(found, Some)
    assert names(found.path) == path
    assert isinstance(found.predicate, Compare)


@pytest.mark.parametrize("filter", ["name==x", "company.name==x", "manager.company.name==x", "@upper[company.name]==X"])
def test_a_comparison_over_to_one_paths_is_a_test(filter: str) -> None:
    assert isinstance(predicate(filter, **CALLS), Compare)


def test_the_complement_of_a_comparison_over_a_to_many_path_is_that_no_row_passes() -> None:
    found = predicate("roles.code!=admin", negation="complement")
    assert found == Complement(predicate("roles.code==admin"))


@pytest.mark.parametrize(
    ("filter", "shape"),
    [
        ("roles=nn=", "some roles"),
        ("roles=na=", "not some roles"),
        ("company=nn=", "some company"),
        ("company=na=", "not some company"),
        ("manager.company=na=", "not some manager.company"),
        ("company.users=na=", "not some company.users"),
        ("reports.company=nn=", "some reports.company"),
        ("reports.company=na=", "some reports (not some reports.company)"),
        ("reports.roles=na=", "some reports (not some reports.roles)"),
        ("roles.code=na=", "some roles (null)"),
        ("roles.code=nn=", "some roles (not null)"),
        ("age=na=", "null"),
    ],
)
def test_a_null_check_of_a_relation_says_which_rows_exist(filter: str, shape: str) -> None:
    def shape_of(node: Any) -> str:
        match node:
            case Null(negated=negated):
                return "not null" if negated else "null"
            case Complement(inner):
                return f"not {shape_of(inner)}"
            case Some(path, None):
                return f"some {names(path)}"
            case Some(path, inner):
                return f"some {names(path)} ({shape_of(inner)})"
            case _:
                raise AssertionError(node)

    assert shape_of(predicate(filter)) == shape


@pytest.mark.parametrize(
    ("field", "path"), [("roles", ""), ("company.users", ""), ("roles.code", "roles"), ("reports.roles", "reports")]
)
def test_a_custom_operator_tests_some_row_too(field: str, path: str) -> None:
    settings = {"custom_predicates": {"all_match": CustomPredicateDefinition(operator=ALL, argument_type=int)}}
    found = predicate(f"{field}=all=1", **settings)
    assert names(found.path if isinstance(found, Some) else ()) == path
    assert isinstance(found.predicate if isinstance(found, Some) else found, Custom)


@pytest.mark.parametrize(
    ("sort", "path"), [("name", ""), ("company.name", ""), ("-roles.level", "roles"), ("@upper[roles.code]", "roles")]
)
def test_a_sort_key_says_which_rows_it_takes_the_smallest_value_of(sort: str, path: str) -> None:
    assert names(key(sort, **CALLS).collection) == path


@pytest.mark.parametrize(
    ("filter", "paths"),
    [
        ("name==x", []),
        ("company.name==x", ["company"]),
        ("manager.company.name==x;company=na=", ["manager.company"]),
        ("manager.company=na=", ["manager"]),
        ("roles.code==x", []),
        ("company.users.name==x", ["company"]),
        ("company.users=nn=", ["company"]),
        ("@concat[company.name|reports.manager.name]==x", ["company"]),
    ],
)
def test_only_the_to_one_paths_outside_of_every_some_are_joined(filter: str, paths: list[str]) -> None:
    assert [names(path) for path in joined_paths(predicate(filter, **CALLS))] == paths


def test_the_paths_inside_of_a_some_are_joined_there() -> None:
    found = predicate("@concat[company.name|reports.manager.name]==x", **CALLS)
    assert [names(path) for path in joined_paths(found.predicate, found.path)] == ["company", "reports.manager"]


def test_to_many_steps_of_a_filter_are_counted() -> None:
    found = predicate("name==x;roles.code==a;(company.users.roles.code==b,company=na=)")
    assert isinstance(found, Conjunction)
    assert to_many_steps(found) == 3
