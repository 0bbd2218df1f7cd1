"""What the explaining rules expect, and how the fused pattern reads a chain. Whole texts are in `test_parse`."""

import pytest

from pyrsql.language import grammar
from pyrsql.language.grammar import (
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
    BROKEN,
    END_OF_GROUP,
    END_OF_LIST,
    GROUPED_END,
    JOINT_AND,
    JOINT_END,
    JOINT_OR,
    OTHER,
    THE_END,
)

AFTER = {END_OF_GROUP, AN_AND, AN_OR, THE_END}


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
        ("a==1 b", 5, AFTER),
        ("a==1 )b", 6, AFTER),
        ("a==()b", 5, AFTER),
        ("a==(", 4, {A_VALUE, END_OF_LIST}),
        ("a==(1", 5, {ANOTHER_VALUE, END_OF_LIST}),
        ("a==(1,", 6, {A_VALUE}),
        ("a==(1,2 3)", 8, {ANOTHER_VALUE, END_OF_LIST}),
        ("a==(1 or )", 9, {A_VALUE}),
    ],
)
def test_where_a_link_breaks_and_what_could_stand_there(text: str, place: int, expected: set[str]) -> None:
    assert grammar.expected_in(grammar.link, text, 0) == (place, frozenset(expected))


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", 0, {A_FIELD}),
        ("-", 1, {A_FIELD}),
        ("a b", 2, {grammar.A_COMMA, A_SEMICOLON, THE_END}),
        ("a,", 2, {A_MODIFIER}),
        ("a,asc,ascending", 6, {A_MODIFIER}),
    ],
)
def test_where_a_sort_key_breaks(text: str, place: int, expected: set[str]) -> None:
    assert grammar.expected_in(grammar.sort_key, text, 0) == (place, frozenset(expected))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a==1;b==2", JOINT_AND),
        ("a==1 and b==2", JOINT_AND),
        (" a==1,b==2", JOINT_OR),
        ("a=='x y'", JOINT_END),
        ("a=in=(1,2)", JOINT_END),
        ("a=na=", JOINT_END),
        ("(a==1)", GROUPED_END),
        ("((a=in=(1,2)))", GROUPED_END),
        ("a==1))", GROUPED_END),
        ("a == 1", OTHER),
        ("a=='\\''", JOINT_END),
        ("( a==1 )", OTHER),
        ("a=in=(1, 2)", OTHER),
        ("'a'==1", OTHER),
        ("\ta==1", OTHER),
        ("abcde==1", OTHER),
        ("a==12345", OTHER),
        ("a=in=(1,12345)", OTHER),
        ("a==1 b==2", BROKEN),
        ("a== and and b==1", JOINT_AND),
        (" and ==1", BROKEN),
        ("", BROKEN),
    ],
)
def test_which_form_of_link_reads_what(text: str, form: int) -> None:
    first = next(grammar.chain_pattern(4, 4).finditer(text))
    assert first.lastindex == form
    assert (first.end() == 0) is (form == BROKEN)


def test_links_follow_each_other_without_a_gap() -> None:
    text = "a==1;(b == 2,c=in=(1, 2)) ;d==1"
    places = [link.span() for link in grammar.chain_pattern(4, 4).finditer(text)]
    assert [start for start, _ in places[1:]] == [end for _, end in places[:-1]]
    assert places[-1] == (len(text), len(text))


def test_words_are_named_in_one_order() -> None:
    assert grammar.in_order({THE_END, AN_OR, A_FIELD}) == (A_FIELD, AN_OR, THE_END)
