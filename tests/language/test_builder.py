"""The builder writes what the parser reads back as the same tree."""

import copy
import datetime as dt
import decimal
import enum
import uuid
from typing import Any

import pytest
from hypothesis import given

from pyrsql import QueryOptions, operators, parse
from pyrsql.language.builder import Condition, f, sort_by
from pyrsql.language.builder_code import python_of, python_script
from pyrsql.language.nodes import And, Comparison, Node, Or
from pyrsql.language.render import render
from pyrsql.operators import ComparisonOperator
from pyrsql.testing import filters


class Level(enum.Enum):
    LOW = 1


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (f.name == "it's", r"name=='it\'s'"),
        (f.name == "50*", "name=in=50*"),
        (f.name != "^a", "name=out=^a"),
        (f.name == "a\\b", r"name=in=a\b"),
        (f.active == True, "active==true"),  # noqa: E712  # the builder's own `==`
        (f.level == Level.LOW, "level==LOW"),
        (f.price == decimal.Decimal("1.50"), "price==1.50"),
        (f.born < dt.date(2000, 1, 31), "born=lt=2000-01-31"),
        (f.seen >= dt.datetime(2000, 1, 31, 12, 30), "seen=ge=2000-01-31T12:30:00"),
        (f.id == uuid.UUID(int=1), "id==00000000-0000-0000-0000-000000000001"),
        (f.took <= dt.timedelta(hours=26, seconds=1.5), "took=le=P1DT7201.5S"),
        (f.name.starts_with("50%*"), r"name==50%\**"),
        (f.name.starts_with("^a"), "name=like=^a*"),
        (f.name.ends_with("o", ignore_case=True), "name==^*o"),
        (f.name.contains("a*b"), r"name=like=a\*b"),
        (f.name.not_contains("a", ignore_case=True), "name=inotlike=a"),
        (f.name.equals_ignoring_case("A*"), "name=ic=A*"),
        (f.age.in_([1, 2]), "age=in=(1,2)"),
        (f.age.not_in([1]), "age=out=1"),
        (f.age.not_between(1, 2), "age=nb=(1,2)"),
        (f.company.is_null(), "company=na="),
        (f.roles.any(f.code == "it's"), r"roles=any='code==\'it\\\'s\''"),
        (f.roles.none(), "roles=none="),
        (f.roles.all(f.level > 0), "roles=all='level=gt=0'"),
        (f.roles.count() > 2, "@count[roles]=gt=2"),
        (f["any"] == 1, "any==1"),
        (f.roles["all"] == 1, "roles.all==1"),
        ((f.a == 1) | (f.b == 2) & (f.c == 3), "a==1,b==2;c==3"),
        (((f.a == 1) | (f.b == 2)) & (f.c == 3), "(a==1,b==2);c==3"),
    ],
)
def test_a_condition_is_written(condition: Condition, text: str) -> None:
    assert str(condition) == text
    options = QueryOptions(quantifiers=True)
    assert parse(text, options=options).expression == condition.node
    built = eval(python_of(condition.node), {"f": f, "operators": operators})
    assert parse(str(built), options=options).expression == condition.node


def test_a_sort_is_written() -> None:
    assert (
        sort_by(f.age.desc(nulls_first=True), f.company.name.asc(ignore_case=True))
        == "age,desc,nullsfirst;company.name,ic"
    )


def test_and_and_or_of_python_are_refused() -> None:
    with pytest.raises(TypeError, match="with & and"):
        bool((f.a == 1) and (f.b == 2))


def test_null_is_refused_with_the_remedy() -> None:
    with pytest.raises(TypeError, match="is_null"):
        f.a.eq(None)  # type: ignore[arg-type]  # a caller without types


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        f.a.in_([])


@given(filters())
def test_the_expression_of_a_tree_makes_the_tree(node: Node) -> None:
    built = eval(python_of(node), {"f": f, "operators": operators, "ComparisonOperator": ComparisonOperator})
    assert render(built.node) == render(flat(node))


@pytest.mark.parametrize(
    "node",
    [
        Comparison("a", ComparisonOperator("near", ("=near=",)), ("x",)),
        Comparison("roles", operators.ANY, ("code=",)),
        And((Comparison("a", operators.IN, ("1", "2")), Comparison("b", operators.LIKE, ("x",)))),
    ],
)
def test_a_script_of_any_filter_runs(node: Node) -> None:
    names: dict[str, Any] = {}
    exec(python_script(node, ()), names)
    assert render(node) in {str(value) for value in names.values()}


def flat(node: Node) -> Node:
    """The tree without groups of its own kind inside a group: `&` and `|` do not keep them."""
    if not isinstance(node, And | Or):
        return node
    parts = [flat(part) for part in node.nodes]
    return type(node)(
        tuple(inner for part in parts for inner in (part.nodes if isinstance(part, type(node)) else (part,)))
    )


def test_a_field_can_be_copied() -> None:
    assert copy.deepcopy(f.company.name).selector == "company.name"


def test_a_field_is_no_key_because_its_equality_is_a_condition() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(f.name)
