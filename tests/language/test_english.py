"""Filters and sorts in English."""

import pytest

from pyrsql import ComparisonOperator, QueryOptions, Sort, parse
from pyrsql.language.english import filter_in_words, sort_in_words
from pyrsql.language.nodes import Comparison


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a==1", "a is 1"),
        ("a=='it is'", "a is 'it is'"),
        ("a==^x", "a is x in any case"),
        (r"a==\^x", "a is '^x'"),
        ("a==x*", "a begins with 'x'"),
        ("a!=*x", "a does not end with 'x'"),
        ("a==^*x*", "a contains 'x' in any case"),
        ("a==x*y", "a looks like 'x*y'"),
        ("a==*", "a is any text"),
        ("a=like=x", "a contains x"),
        ("a=notlike=x*", "a does not begin with 'x'"),
        ("a=inotlike=x", "a does not contain x in any case"),
        ("a=in=(1,2,3)", "a is one of 1, 2 or 3"),
        ("a=out=(1)", "a is none of 1"),
        ("a=bt=(1,2)", "a is from 1 to 2"),
        ("a=nb=(1,2)", "a is not from 1 to 2"),
        ("a=na=", "a is missing"),
        ("a=na=false", "a is present"),
        ("a=nn=true", "a is present"),
        ("a==1,b==2;c==3", "a is 1 or (b is 2 and c is 3)"),
        ("(a==1,b==2);c==3", "(a is 1 or b is 2) and c is 3"),
        ("r=any='a==1;b==2'", "some of r passes (a is 1 and b is 2)"),
        ("r=none='a==1'", "none of r passes (a is 1)"),
        ("r=all='s=any=\"a==1\"'", "all of r pass (some of s passes (a is 1))"),
        ("r=any=", "r is present"),
        ("r=none=", "r is missing"),
        ("r=all='a=1'", "all of r pass (a=1)"),
        ("@count[r]>2", "the number of r is greater than 2"),
        ("'@count[r|#a>1]'==2", "the number of r that pass (a is greater than 1) is 2"),
    ],
)
def test_a_filter_is_said_in_words(text: str, words: str) -> None:
    node = parse(text, options=QueryOptions(quantifiers=True)).expression
    assert node is not None
    assert filter_in_words(node) == words


def test_an_operator_of_the_developers_own_is_said_as_it_is_written() -> None:
    near = ComparisonOperator("near", ("=near=",), 2, 2)
    assert filter_in_words(Comparison("place", near, ("x", "y z"))) == "place =near= x, 'y z'"


def test_a_sort_is_said_in_words() -> None:
    keys = Sort.parse("-age;name,ic,nullslast").keys
    assert sort_in_words(keys) == "by age, largest first; then by name in any case, missing values last"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@count[roles]>1", "the number of roles is greater than 1"),
        ("'@count[roles|#code==a]b]'>1", "the number of roles that pass (code is 'a]b') is greater than 1"),
        (
            "'@count[roles|#@count[users]>1]'>2",
            "the number of roles that pass (the number of users is greater than 1) is greater than 2",
        ),
    ],
)
def test_a_count_with_any_filter_is_said_in_words(text: str, words: str) -> None:
    node = parse(text, options=QueryOptions(quantifiers=True)).expression
    assert node is not None
    assert filter_in_words(node) == words
