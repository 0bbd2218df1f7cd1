"""Operators as data."""

import pytest

from pyrsql.operators import (
    DEFAULT_OPERATOR_REGISTRY,
    DEFAULT_OPERATORS,
    EQUAL,
    IS_NULL,
    ComparisonOperator,
    OperatorRegistry,
)

EVERY = ComparisonOperator("every", ("=every=", "=all="), 1, None)


def test_found_by_every_spelling() -> None:
    for operator in DEFAULT_OPERATORS:
        for spelling in operator.spellings:
            assert DEFAULT_OPERATOR_REGISTRY.find(spelling) is operator
    assert DEFAULT_OPERATOR_REGISTRY.find("=IN=") is None
    assert tuple(DEFAULT_OPERATOR_REGISTRY) == DEFAULT_OPERATORS
    assert EQUAL in DEFAULT_OPERATOR_REGISTRY
    assert EVERY not in DEFAULT_OPERATOR_REGISTRY


def test_the_first_spelling_is_canonical() -> None:
    assert IS_NULL.spelling == "=na="


def test_operators_are_added_once() -> None:
    registry = DEFAULT_OPERATOR_REGISTRY.with_operators([EVERY, EQUAL]).with_operators([EVERY])
    assert tuple(registry) == (*DEFAULT_OPERATORS, EVERY)
    assert registry.find("=all=") is EVERY
    assert DEFAULT_OPERATOR_REGISTRY.find("=all=") is None


@pytest.mark.parametrize("spelling", ["", "=", "in", "=in", "=in2=", "=i n=", "=é=", "=~=", "=>", "<>", "===", "==\n"])
def test_spellings_that_could_not_be_read_are_refused(spelling: str) -> None:
    with pytest.raises(ValueError, match="is not an operator"):
        ComparisonOperator("x", (spelling,))


@pytest.mark.parametrize(("least", "most"), [(-1, 1), (2, 1), (-2, None)])
def test_impossible_counts_are_refused(least: int, most: int | None) -> None:
    with pytest.raises(ValueError, match="cannot take"):
        ComparisonOperator("x", ("=x=",), least, most)


def test_an_operator_without_spelling_is_refused() -> None:
    with pytest.raises(ValueError, match="no spelling"):
        ComparisonOperator("x", ())


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        (ComparisonOperator("equal", ("=same=",)), "two operators are named 'equal'"),
        (ComparisonOperator("same", ("=same=", "==")), "'==' of 'same' is taken by 'equal' already"),
    ],
)
def test_what_would_hide_another_is_refused(operator: ComparisonOperator, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OperatorRegistry((*DEFAULT_OPERATORS, operator))
