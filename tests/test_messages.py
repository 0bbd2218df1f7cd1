"""The ledger of messages: whole, as a client sees them, read by eye. Below it, the rest of `messages`."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from pyrsql.language.parse import parse_filter, parse_sort
from pyrsql.messages import LONGEST_QUOTATION, Location, caret, describe, locate, quoted
from pyrsql.problems import (
    CursorProblem,
    ForbiddenFunction,
    LimitExceeded,
    MissingSize,
    PageProblem,
    Problem,
    RepeatedParameter,
    Span,
    SyntaxProblem,
    UnknownField,
    UnknownOperator,
    UnknownParameter,
    UnsupportedOperator,
    UnsupportedSort,
    WrongArity,
    WrongCall,
    WrongValue,
)

LEDGER = Path(__file__).with_name("messages.txt")


def shown(entry: str) -> str:
    """An entry of the ledger, made anew: `filter 'text'` or `sort 'text'`, then each problem as `caret` shows it."""
    title = entry.splitlines()[0]
    source, _, literal = title.partition(" ")
    text = ast.literal_eval(literal)
    problems = (parse_filter(text) if source == "filter" else parse_sort(text)).failure()
    return "\n".join([title, *(caret(text, problem) for problem in problems)])


@pytest.mark.parametrize(
    "entry", LEDGER.read_text().rstrip("\n").split("\n\n"), ids=lambda entry: entry.splitlines()[0]
)
def test_ledger(entry: str) -> None:
    assert shown(entry) == entry


CORRECTED = {
    "filter": {
        "a=1": "a==1",
        "a===1": "a==1",
        "a<>1": "a!=1",
        "a=>1": "a>=1",
        "a=~x": "a=like=x",
        "a~=x": "a=like=x",
        "a!1": "a!=1",
        "a in (1,2)": "a =in= (1,2)",
        "a=in(1,2)": "a=in=(1,2)",
        "a=gt.5": "a=gt=5",
        "a is null": "a =na=",
        "a IS NOT NULL;b==1": "a =nn=;b==1",
        "a[gt]=1": "a=gt=1",
        "b==1;(a[lte]=1)": "b==1;(a=le=1)",
        "a__icontains=x": "a=ilike=x",
        "name:x": "name==x",
        "b==1;name:x;c==2": "b==1;name==x;c==2",
        "name: x": "name== x",
        "lower(a)==x": "@lower[a]==x",
        "a=in=1,2": "a=in=(1,2)",
        "a=bt=1,5;b==2": "a=bt=(1,5);b==2",
        "price==1,5": "price==1.5",
        "price>=1,000;b==2": "price>=1000;b==2",
        "a=IN=(1)": "a=in=(1)",
        "a=betwen=(1,2)": "a=between=(1,2)",
        "a=eq=1": "a==1",
        "a==1 AND b==2": "a==1 and b==2",
        "a==1 OR(b==2)": "a==1 ,(b==2)",
        "a==(1,2)": "a=in=(1,2)",
        "a=bt=1..5;b==2": "a=bt=(1,5);b==2",
        "a=na= OR b==2": "a=na= or b==2",
        "a==1&&b==2": "a==1;b==2",
        "a==1 && b==2": "a==1 ; b==2",
        "a==1|b==2": "a==1,b==2",
        "a==1 || b==2": "a==1 , b==2",
        "a==1;": "a==1",
        "(a==1, )": "(a==1 )",
        "a==1;;b==2": "a==1;b==2",
        "a=in=(1,,2)": "a=in=(1,2)",
        "a=in=(1,)": "a=in=(1)",
        "name==John Smith": "name=='John Smith'",
        "b==1,name==John F Kennedy;c==2": "b==1,name=='John F Kennedy';c==2",
        "city==%New York%": "city=='*New York*'",
        "name==“John Smith”": "name=='John Smith'",
        "name==«John Smith»;b==2": "name=='John Smith';b==2",
        "created>2024-01-01T10:00:00 02:00": "created>2024-01-01T10:00:00+02:00",
    },
    "sort": {
        "name,DESC": "name,desc",
        "name,descending": "name,desc",
        "name desc": "name ,desc",
        "name DESC;id": "name ,desc;id",
        "name,email": "name;email",
        "name;": "name",
        "name,": "name",
        "-  name": "-name",
        "desc(name)": "name,desc",
    },
}


@pytest.mark.parametrize(
    ("source", "text", "corrected"),
    [(source, text, right) for source, texts in CORRECTED.items() for text, right in texts.items()],
)
def test_a_replacement_makes_the_text_right(source: str, text: str, corrected: str) -> None:
    parse = parse_filter if source == "filter" else parse_sort
    problem = parse(text).failure()[-1]
    assert problem.span is not None
    assert problem.replacement is not None
    assert text[: problem.span.start] + problem.replacement + text[problem.span.end :] == corrected
    parse(corrected).unwrap()


EVERY_KIND: list[tuple[Problem, str]] = [
    (
        SyntaxProblem(source="sort", span=Span(0, 0), expected=("a field",), found=""),
        "Expected a field, but the sort ends here.",
    ),
    (
        UnknownOperator(source="filter", span=Span(1, 6), operator="=foo="),
        "There is no operator '=foo='.",
    ),
    (
        WrongArity(source="filter", span=Span(0, 1), operator="=x=", minimum=2, maximum=4, given=1),
        "The operator '=x=' takes 2 to 4 values, but 1 is given.",
    ),
    (
        WrongArity(source="filter", span=Span(0, 1), operator="=x=", minimum=0, maximum=0, given=3),
        "The operator '=x=' takes no value, but 3 are given.",
    ),
    (
        LimitExceeded(source="filter", limit="query_length", maximum=4096, actual=5000),
        "The filter is longer than 4096 characters: it has 5000.",
    ),
    (
        LimitExceeded(source="sort", limit="sort_length", maximum=4096),
        "The sort is longer than 4096 characters.",
    ),
    (
        LimitExceeded(source="filter", limit="weight", maximum=3),
        "The filter exceeds the limit 3 of weight.",
    ),
    (UnknownField(source="filter", field="nmae"), "There is no field 'nmae' to filter by."),
    (UnknownField(source="sort", field="nmae"), "There is no field 'nmae' to sort by."),
    (
        ForbiddenFunction(source="filter", function="sleep", field="@sleep[#9]"),
        "The function 'sleep' may not be called.",
    ),
    (
        WrongCall(source="filter", function="upper", expected="one argument", field="@upper[a|b]"),
        "The function 'upper' takes one argument.",
    ),
    (
        WrongValue(source="filter", field="age", value="x", expected="a whole number"),
        "The field 'age' takes a whole number, but the value is 'x'.",
    ),
    (
        UnsupportedOperator(source="filter", field="photo", operator=">", offered=("=na=", "=nn=")),
        "The field 'photo' does not take '>'; it takes '=na=' and '=nn='.",
    ),
    (
        UnsupportedOperator(source="filter", field="photo", operator=">", offered=()),
        "The field 'photo' does not take '>'.",
    ),
    (
        UnsupportedSort(source="sort", field="roles", reason="it is a relation"),
        "Cannot sort by 'roles': it is a relation.",
    ),
    (MissingSize(), "A page number needs a page size: there is no default."),
    (RepeatedParameter(source="sort", given=2), "The sort is given 2 times."),
    (UnknownParameter(source="filter", parameter="b>2"), "There is no parameter 'b>2'."),
    (
        PageProblem(source="page", value="-1", expected="0 or a positive whole number"),
        "Expected 0 or a positive whole number, but the page is '-1'.",
    ),
    (CursorProblem(reason="unreadable"), "The cursor cannot be read: it is not one that this list has given."),
    (CursorProblem(reason="version"), "The cursor was made by another version of this service."),
    (CursorProblem(reason="signature"), "The cursor has no valid signature: it was changed, or made elsewhere."),
    (CursorProblem(reason="filter"), "The cursor belongs to another filter."),
    (CursorProblem(reason="sort"), "The cursor belongs to another sort."),
]


@pytest.mark.parametrize(("problem", "message"), EVERY_KIND, ids=lambda value: getattr(value, "code", ""))
def test_every_kind_of_problem_has_its_words(problem: Problem, message: str) -> None:
    assert describe(problem) == message


def test_no_kind_is_left_out() -> None:
    assert {type(problem) for problem, _ in EVERY_KIND} == set(get_args(Problem))


@pytest.mark.parametrize(
    ("text", "index", "line", "column"),
    [("", 0, 1, 1), ("ab", 2, 1, 3), ("a\nb", 1, 1, 2), ("a\nb", 2, 2, 1), ("\n\n", 2, 3, 1), ("a\r\u2028b", 3, 1, 4)],
)
def test_only_lf_ends_a_line(text: str, index: int, line: int, column: int) -> None:
    assert locate(text, Span(index, index)) == Location(index, line, column)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "'plain'"),
        ("it's", '"it\'s"'),
        ("back\\slash", "'back\\slash'"),
        ("\ud800\0", "'\\ud800\\u0000'"),
        ("x" * 41, "'" + "x" * 39 + "…'"),
    ],
)
def test_quotations_are_short_and_print(text: str, expected: str) -> None:
    assert quoted(text) == expected
    assert len(quoted(text)) <= LONGEST_QUOTATION * 6


def test_the_caret_stands_under_the_place() -> None:
    assert caret("a==1;\nb=2;c==3", parse_filter("a==1;\nb=2;c==3").failure()[0]).splitlines()[:2] == ["b=2;c==3", " ^"]


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "a==" + "x" * 200 + "=" + "y" * 200
    line, mark, *_ = caret(text, parse_filter(text).failure()[0]).splitlines()
    assert len(line) <= 74
    assert line[mark.index("^")] == "="


def test_wide_characters_take_two_columns() -> None:
    text = "a==あé\u0301=b"
    _, mark, *_ = caret(text, parse_filter(text).failure()[0]).splitlines()
    assert mark == " " * 6 + "^"


def test_a_problem_without_a_place_is_just_said() -> None:
    assert caret("", PageProblem(source="page", value="x", expected="a number")) == (
        "Expected a number, but the page is 'x'."
    )
