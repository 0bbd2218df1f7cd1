"""Trees as canonical text."""

import pytest
from returns.result import Success

from pyrsql.language.nodes import And, Comparison, Node, Or, SortKey
from pyrsql.language.parse import parse_filter, parse_sort
from pyrsql.language.render import render, render_sort
from pyrsql.operators import DEFAULT_OPERATORS, EQUAL, GREATER, IN, IS_NULL, ComparisonOperator


def equal(field: str, value: str = "1") -> Comparison:
    return Comparison(field, EQUAL, (value,))


A, B, C = equal("a"), equal("b"), equal("c")


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (A, "a==1"),
        (Comparison("a", GREATER, ("1",)), "a=gt=1"),
        (Comparison("a", IN, ("1",)), "a=in=1"),
        (Comparison("a", IN, ("1", "x y")), "a=in=(1,'x y')"),
        (Comparison("a", IS_NULL, ()), "a=na="),
        (Comparison("a", IS_NULL, ("",)), "a=na=''"),
        (equal("a b", "it's"), "'a b'=='it\\'s'"),
        (equal("a", "\\"), "a==\\"),
        (equal("a", "\\ "), "a=='\\\\ '"),
        (equal("and", "or"), "and==or"),
        (equal("\tx", "\n"), "\tx==\n"),
        (And((A, B, C)), "a==1;b==1;c==1"),
        (Or((A, And((B, C)))), "a==1,b==1;c==1"),
        (And((A, Or((B, C)))), "a==1;(b==1,c==1)"),
        (Or((Or((A, B)), C)), "(a==1,b==1),c==1"),
        (And((A, And((B, C)))), "a==1;(b==1;c==1)"),
    ],
)
def test_render(tree: Node, text: str) -> None:
    assert render(tree) == text
    assert parse_filter(text) == Success(tree)


@pytest.mark.parametrize("operator", DEFAULT_OPERATORS, ids=lambda operator: operator.name)
def test_every_operator(operator: ComparisonOperator) -> None:
    tree = Comparison("a", operator, ("x",) * operator.minimum_arguments)
    assert parse_filter(render(tree)) == Success(tree)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ((SortKey("name"),), "name"),
        ((SortKey("name", descending=True), SortKey("id")), "name,desc;id"),
        ((SortKey("a", True, True, True), SortKey("b", nulls_first=False)), "a,desc,ic,nullsfirst;b,nullslast"),
        ((SortKey("-a"), SortKey("+b"), SortKey("c;d")), "'-a';'+b';'c;d'"),
    ],
)
def test_render_sort(keys: tuple[SortKey, ...], text: str) -> None:
    assert render_sort(keys) == text
    assert parse_sort(text) == Success(keys)
