"""What the rules read and what they expect where they fail. Whole texts are in `test_parse`."""

from typing import Any

import pytest

from pyrsql.language import grammar
from pyrsql.language.combinators import attempt
from pyrsql.language.grammar import (
    A_COMMA,
    A_FIELD,
    A_GROUP,
    A_LIST,
    A_MODIFIER,
    A_SEMICOLON,
    A_VALUE,
    AN_AND,
    AN_OPERATOR,
    AN_OR,
    ANOTHER_VALUE,
    END_OF_GROUP,
    END_OF_LIST,
    THE_END,
)

AFTER = {AN_AND, AN_OR, THE_END}
INSIDE = {AN_AND, AN_OR, END_OF_GROUP}


def written(found: Any, wrong: list[Any]) -> str:
    return str(found[0])


FILTERS = grammar.filters.parser(written, lambda nodes: ("and", *nodes), lambda nodes: ("or", *nodes), 4, 9)
SORTS = grammar.sorts.parser(written, 9)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", 0, {A_GROUP, A_FIELD}),
        ("(", 1, {A_GROUP, A_FIELD}),
        ("( ;", 2, {A_GROUP, A_FIELD}),
        (" and a==1", 0, {A_GROUP, A_FIELD}),
        ("a", 1, {AN_OPERATOR}),
        ("a =1", 2, {AN_OPERATOR}),
        ("a==!", 3, {A_VALUE, A_LIST} | AFTER),
        ("(a==!", 4, {A_VALUE, A_LIST} | INSIDE),
        ("a==1 b", 5, AFTER),
        ("a==1 )b", 5, AFTER),
        ("(a==1 )b", 7, AFTER),
        ("((a==1 )b", 8, INSIDE),
        ("((a==1;b==2)", 12, INSIDE),
        ("a==1;(b==2;", 11, {A_GROUP, A_FIELD}),
        ("a==()b", 5, AFTER),
        ("a==(", 4, {A_VALUE, END_OF_LIST}),
        ("a==(1", 5, {ANOTHER_VALUE, END_OF_LIST}),
        ("a==(1,", 6, {A_VALUE}),
        ("a==(1,2 3)", 8, {ANOTHER_VALUE, END_OF_LIST}),
        ("a==(1 or )", 9, {A_VALUE}),
        ("(((((a==1)))))", 4, {"fewer groups"}),
        (";".join(["a==1"] * 10), 45, {"fewer items"}),
    ],
)
def test_where_a_filter_breaks_and_what_could_stand_there(text: str, place: int, expected: set[str]) -> None:
    assert attempt(FILTERS, text) == (place, sorted(expected))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a==1", "a==1"),
        ("a==1;b==2,c==3;d==4", ("or", ("and", "a==1;", "b==2,"), ("and", "c==3;", "d==4"))),
        ("((a==1))", "a==1"),
        ("(a==1;b==2);(c==3)", ("and", ("and", "a==1;", "b==2"), "c==3")),
        ("(a==1,b==2),c==3", ("or", ("or", "a==1,", "b==2"), "c==3")),
        ("a==1;((b==2,c==3))", ("and", "a==1;", ("or", "b==2,", "c==3"))),
    ],
)
def test_joints_are_n_ary_and_groups_stay_nested(text: str, value: object) -> None:
    assert FILTERS(text, 0).value == value


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", 0, {A_FIELD}),
        ("-", 1, {A_FIELD}),
        ("a b", 2, {A_COMMA, A_SEMICOLON, THE_END}),
        ("a,", 2, {A_MODIFIER}),
        ("a,asc,ascending", 6, {A_MODIFIER}),
        ("a;b;", 4, {A_FIELD}),
    ],
)
def test_where_a_sort_breaks(text: str, place: int, expected: set[str]) -> None:
    assert attempt(SORTS, text) == (place, sorted(expected))


def noted(found: Any, wrong: list[Any]) -> str | None:
    wrong.append(found["field"])
    return None if found["field"] == "last" else "item"


@pytest.mark.parametrize(
    ("parser", "text", "wrong"),
    [
        (grammar.filters.parser(noted, tuple, tuple, 4, 9), "a==1;(last==2);b==3", ["a", "last"]),
        (grammar.filters.parser(noted, tuple, tuple, 4, 9), "a==1,(b==3)", ["a", "b"]),
        (grammar.filters.parser(noted, tuple, tuple, 4, 9), "a==1,(b==3", ["a", "b"]),
        (grammar.sorts.parser(noted, 9), "a;last;b", ["a", "last"]),
        (grammar.sorts.parser(noted, 9), "a;b", ["a", "b"]),
    ],
)
def test_a_reading_fails_with_all_that_was_noted(parser: Any, text: str, wrong: list[str]) -> None:
    outcome = parser(text, 0)
    assert (outcome.status, outcome.value) == (False, wrong)


def test_words_are_named_in_one_order() -> None:
    assert grammar.in_order({THE_END, AN_OR, A_FIELD}) == (A_FIELD, AN_OR, THE_END)
