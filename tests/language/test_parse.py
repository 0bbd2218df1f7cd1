"""Texts and their trees, problems and limits."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from returns.result import Failure, Result, Success

from pyrsql.language.grammar import CALL_DEPTH
from pyrsql.language.hints import QUOTE_COUNT, STRAIGHT_QUOTES
from pyrsql.language.nodes import And, Call, Comparison, Constant, Node, Or, Path, SortKey
from pyrsql.language.parse import is_blank, parse_filter, parse_selector, parse_sort
from pyrsql.language.value_hints import QUOTE_WHOLE
from pyrsql.operators import BETWEEN, EQUAL, IN, IS_NULL, NOT_EQUAL, ComparisonOperator
from pyrsql.options import CustomPredicateDefinition, ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.problems import LimitExceeded, Problem, Problems, Span, SyntaxProblem, UnknownOperator, WrongArity


def only(result: Result[Any, Problems]) -> Problem:
    """The problem of a text that has just one."""
    problems = result.failure()
    assert len(problems) == 1
    return problems[0]


def equal(field: str, value: str = "1") -> Comparison:
    return Comparison(field, EQUAL, (value,))


A, B, C, D = equal("a"), equal("b"), equal("c"), equal("d")

TREES: dict[str, Node] = {
    "a==1": A,
    "  a  ==  1  ": A,
    "((a==1))": A,
    "( ( a==1 ) )": A,
    "'a'==\"1\"": A,
    "a==1;b==1": And((A, B)),
    "a==1,b==1": Or((A, B)),
    "a==1 and b==1": And((A, B)),
    "a==1 or b==1": Or((A, B)),
    "a==1  and  b==1": And((A, B)),
    "a==1;b==1,c==1;d==1": Or((And((A, B)), And((C, D)))),
    "a==1,b==1;c==1": Or((A, And((B, C)))),
    "(a==1,b==1);c==1": And((Or((A, B)), C)),
    "a==1,(b==1,c==1)": Or((A, Or((B, C)))),
    "a==1;(b==1;c==1)": And((A, And((B, C)))),
    "a==1;((b==1,c==1));d==1": And((A, Or((B, C)), D)),
    "and==1": equal("and"),
    "a==or": equal("a", "or"),
    "a==1 and and==1": And((A, equal("and"))),
    "a==and and b==1": And((equal("a", "and"), B)),
    "a=='it\\'s'": equal("a", "it's"),
    'a=="\\\\\\""': equal("a", '\\"'),
    "a==''": equal("a", ""),
    "a==\\": equal("a", "\\"),
    "a=in=(1,2)": Comparison("a", IN, ("1", "2")),
    "a=in=( 1 , 2 )": Comparison("a", IN, ("1", "2")),
    "a=in=(1 or 2)": Comparison("a", IN, ("1", "2")),
    "a=in=('1,2',\"3)\")": Comparison("a", IN, ("1,2", "3)")),
    "(a=in=(1,2))": Comparison("a", IN, ("1", "2")),
    "a=in=1": Comparison("a", IN, ("1",)),
    "a=bt=(1,2)": Comparison("a", BETWEEN, ("1", "2")),
    "a=na=": Comparison("a", IS_NULL, ()),
    "a=na=()": Comparison("a", IS_NULL, ()),
    "a=null=x": Comparison("a", IS_NULL, ("x",)),
    "a=na= or b==1": Or((Comparison("a", IS_NULL, ()), B)),
    "(a=na=)": Comparison("a", IS_NULL, ()),
    "a!=(1)": Comparison("a", NOT_EQUAL, ("1",)),
    "a\tb==\n": equal("a\tb", "\n"),
    "\ta==1": equal("\ta"),
    "\xa0==1": equal("\xa0"),
    "@f[x|#1]==1": equal("@f[x|#1]"),
    "a..b==1": equal("a..b"),
}


def spoiled(text: str) -> list[str]:
    """Wrong for sure: a right text with something around it."""
    return [f"({text}", f"{text})", f"{text};", f",{text}", f"{text}~", f"{text} b"]


@pytest.mark.parametrize("text", TREES)
def test_trees(text: str) -> None:
    assert parse_filter(text) == Success(TREES[text])


@pytest.mark.parametrize("text", TREES)
def test_no_piece_too_many(text: str) -> None:
    for wrong in spoiled(text):
        if wrong != "a=na= b":
            assert type(parse_filter(wrong).failure()[-1]) is SyntaxProblem, wrong


WRONG = (
    *("", " ", ";", "a", "==1", "a=1", "a= =1", "a> =1", "a==1and b==1", "a==1 and", " and a==1"),
    *("a==1 and  and b==1", "''==1", "' '==1", "\t==1", "\u2003==1", "'\\\t'==1", "a=='", "a=in=(1", "a=in=(1,)"),
    *("a=in=(,1)", "a==!", "~==1"),
)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_texts(text: str) -> None:
    problem = only(parse_filter(text))
    assert type(problem) is SyntaxProblem


@pytest.mark.parametrize(
    "text", [*WRONG, *(wrong for text in TREES for wrong in spoiled(text)), "a=in=(1,)", "a=foo=)"]
)
def test_a_syntax_problem_names_what_was_expected(text: str) -> None:
    result = parse_filter(text)
    for problem in result.failure() if isinstance(result, Failure) else ():
        assert not isinstance(problem, SyntaxProblem) or problem.expected


def test_every_operator_problem_is_reported_and_then_the_syntax() -> None:
    problems = parse_filter("a=foo=1;b==(1,2),c=in=();d==1;e==~").failure()
    assert [type(problem) for problem in problems] == [UnknownOperator, WrongArity, WrongArity, SyntaxProblem]
    assert problems[0] == UnknownOperator(source="filter", span=Span(1, 6), operator="=foo=", field="a")
    wrong = problems[1:][0]
    assert isinstance(wrong, WrongArity)
    assert (wrong.span, wrong.operator, wrong.minimum, wrong.maximum, wrong.given, wrong.field) == (
        (8, 16),
        "==",
        1,
        1,
        2,
        "b",
    )


def test_no_more_problems_than_help() -> None:
    assert len(parse_filter("a=foo=1;" * 100).failure()) == 10


@pytest.mark.parametrize(
    ("text", "whole", "selector", "arguments"),
    [
        ("a==1", "a==1", "a", ["1"]),
        ("  'a b' =in= ( 1 ,'x y' or 3 ) ", "'a b' =in= ( 1 ,'x y' or 3 )", "'a b'", ["1", "'x y'", "3"]),
        ("((a=na=))", "a=na=", "a", []),
        ("(a=in=(1,2))", "a=in=(1,2)", "a", ["1", "2"]),
        ('( a=="x" )', 'a=="x"', "a", ['"x"']),
    ],
)
def test_places(text: str, whole: str, selector: str, arguments: list[str]) -> None:
    node = parse_filter(text).unwrap()
    assert isinstance(node, Comparison)
    spans = [node.span, node.selector_span, *node.argument_spans]
    assert [text[span.start : span.end] for span in spans if span] == [whole, selector, *arguments]


@pytest.mark.parametrize("text", ["a==1", "a==1;b==2", "a==1,b==2", "(a==1);b==2"])
def test_parsed_nodes_are_like_those_made_by_hand(text: str) -> None:
    node = parse_filter(text).unwrap()
    assert dataclasses.replace(node) == node
    assert type(node) in (Comparison, And, Or)
    for field in dataclasses.fields(node):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(node, field.name, ())


def test_what_was_made_by_hand_is_nowhere() -> None:
    assert (A.span, A.selector_span, A.argument_spans) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "limit", "span"),
    [
        ("a" * 41, "query_length", None),
        ("a==1;abcdef==1", "selector_length", Span(5, 11)),
        ("(abcdef==1)", "selector_length", Span(1, 7)),
        ("'abcdef'==1", "selector_length", Span(0, 8)),
        ("a==123456", "argument_length", Span(3, 9)),
        ("a=='123456'", "argument_length", Span(3, 11)),
        ("a=in=(1,123456)", "argument_length", Span(8, 14)),
        ("a=in=(1,2,3,4)", "arguments", Span(5, 14)),
        ("a=in=(1, 2, 3, '4')", "arguments", Span(5, 19)),
        ("(((a==1)))", "depth", Span(2, 3)),
        ("(a==1;( (a==1)))", "depth", Span(8, 9)),
        ("a==1;a==1;a==1;a==1;a==1", "nodes", None),
        ("a==1,a==1;a==1,a==1", "nodes", None),
    ],
)
def test_limits(text: str, limit: str, span: Span | None) -> None:
    limits = ParseLimits(query_length=40, selector_length=5, argument_length=5, arguments=3, depth=2, nodes=5)
    problem = only(parse_filter(text, QueryOptions(parse_limits=limits)))
    assert isinstance(problem, LimitExceeded)
    assert (problem.limit, problem.span) == (limit, span)
    assert problem.maximum == getattr(limits, limit)


def test_limits_let_through_what_reaches_them() -> None:
    limits = ParseLimits(query_length=37, selector_length=5, argument_length=5, arguments=3, depth=2, nodes=4)
    text = "((abcde==12345)),b=in=(1,2,3);c=='1'"
    options = QueryOptions(parse_limits=limits)
    assert parse_filter(text, options).failure()[0].code == "limit-exceeded"
    options = QueryOptions(parse_limits=ParseLimits(**{**vars(limits), "nodes": 5}))
    assert isinstance(parse_filter(text, options).unwrap(), Or)


def test_operators_of_ones_own() -> None:
    everywhere = ComparisonOperator("everywhere", ("=every=",), 0, 3)
    options = QueryOptions(custom_predicates={"everywhere": CustomPredicateDefinition(operator=everywhere)})
    for text, arguments in (("a=every=", ()), ("a=every=x", ("x",)), ("a=every=(x,y,z)", ("x", "y", "z"))):
        assert parse_filter(text, options) == Success(Comparison("a", everywhere, arguments))
    assert parse_filter("a=every=(w,x,y,z)", options).failure()[0].code == "wrong-arity"
    assert parse_filter("a=every=x").failure()[0].code == "unknown-operator"


SORTS: dict[str, tuple[SortKey, ...]] = {
    "name": (SortKey("name"),),
    "+name": (SortKey("name"),),
    "-name": (SortKey("name", descending=True),),
    "name,desc": (SortKey("name", descending=True),),
    " name , desc , ic ; -id ": (SortKey("name", descending=True, ignore_case=True), SortKey("id", descending=True)),
    "company.name,asc,ignorecase,nullsfirst": (SortKey("company.name", ignore_case=True, nulls_first=True),),
    "a,nullslast;b": (SortKey("a", nulls_first=False), SortKey("b")),
    "@upper[name],desc": (SortKey("@upper[name]", descending=True),),
    "'a,b';-'-c'": (SortKey("a,b"), SortKey("-c", descending=True)),
    "asc": (SortKey("asc"),),
    "a-b": (SortKey("a-b"),),
}


@pytest.mark.parametrize("text", SORTS)
def test_sorts(text: str) -> None:
    keys = parse_sort(text).unwrap()
    assert keys == SORTS[text]
    assert all(key.span is not None and key.selector in text[key.span.start : key.span.end] for key in keys)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ";", "a;", ";a", "a,", "a,,asc", "a,up", "a,ASC", "a asc", "-", "- a", "-a,asc", "+a,desc"),
        *("a,asc,asc", "a,ic,ignorecase", "a,nullsfirst,nullslast", "a,ascx", "a=b", "''", "\t", "'a", "a b"),
        "-asc,asc-x",
    ],
)
def test_wrong_sorts(text: str) -> None:
    problem = only(parse_sort(text))
    assert isinstance(problem, SyntaxProblem)
    assert problem.source == "sort"


@pytest.mark.parametrize(
    ("text", "limit"), [("a" * 21, "sort_length"), ("abcdef", "selector_length"), ("a;b;c", "keys"), ("a;b;'", None)]
)
def test_limits_of_sorts(text: str, limit: str | None) -> None:
    options = SortOptions(sort_limits=SortLimits(sort_length=20, selector_length=5, keys=2))
    problem = only(parse_sort(text, options))
    assert getattr(problem, "limit", None) == limit


SELECTORS: dict[str, Path | Call] = {
    "name": Path(("name",)),
    "company.name": Path(("company", "name")),
    "a[0].b": Path(("a[0]", "b")),
    "#tag": Path(("#tag",)),
    "@now[]": Call("now", ()),
    "@f[a.b]": Call("f", (Path(("a", "b")),)),
    "@f[a|#1|#-1.5|#true|#null|#x y]": Call(
        "f", (Path(("a",)), Constant(1), Constant(-1.5), Constant(True), Constant(None), Constant("x y"))
    ),
    "@f[#]": Call("f", (Constant(""),)),
    "@f[#@g[]": Call("f", (Constant("@g["),)),
    "@f[#a\tb|#1_0|#١]": Call("f", (Constant("a b"), Constant("1_0"), Constant("١"))),
    "@f[@g[@h[a]]|b]": Call("f", (Call("g", (Call("h", (Path(("a",)),)),)), Path(("b",)))),
}
NO_SELECTORS = (
    *("", ".", "a.", ".a", "a..b", "@", "@f", "@f[", "@[a]", "@f[a", "@f[a]]", "@f[a]b", "@f[a]|b", "@f[|a]", "@f[a|]"),
    *("@f[a||b]", "@f[a..b]", "@f[a@g[b]]", "@f[@g[a]b]", "@f[a[0]]", "@f]", "@f[@]"),
)


@pytest.mark.parametrize("text", SELECTORS)
def test_selectors(text: str) -> None:
    assert parse_selector(text) == SELECTORS[text]


@pytest.mark.parametrize("text", NO_SELECTORS)
def test_wrong_selectors(text: str) -> None:
    assert parse_selector(text) is None


def test_calls_are_nested_to_a_depth() -> None:
    assert parse_selector("@f[" * CALL_DEPTH + "a" + "]" * CALL_DEPTH) is not None
    assert parse_selector("@f[" * (CALL_DEPTH + 1) + "a" + "]" * (CALL_DEPTH + 1)) is None


@pytest.mark.parametrize("digits", ["9" * 5_000, "9" * 400 + ".5"])
def test_a_number_beyond_all_types_is_text(digits: str) -> None:
    assert parse_selector(f"@f[#{digits}]") == Call("f", (Constant(digits),))


@pytest.mark.parametrize(("text", "blank"), [("", True), ("   ", True), ("\t", False), ("\xa0", False), (" a ", False)])
def test_only_blanks_are_blank(text: str, blank: bool) -> None:
    assert is_blank(text) is blank


@pytest.mark.parametrize(
    ("text", "start", "hint"),
    [
        ('"»"»', 3, STRAIGHT_QUOTES),
        ('"»"', 3, None),
        ('"»"x', 3, QUOTE_WHOLE),
        ('"x y"==“a b”', 7, STRAIGHT_QUOTES),
        ("a»", 2, STRAIGHT_QUOTES),
    ],
)
def test_a_typographic_quote_in_straight_quotes_is_text(text: str, start: int, hint: str | None) -> None:
    problem = parse_filter(text).failure()[0]
    assert isinstance(problem, SyntaxProblem)
    assert problem.span is not None
    assert (problem.span.start, problem.hint) == (start, hint)


@pytest.mark.parametrize("inner", ["level>1", "level>1;id==2", "level=in=(1,2)", "name=='a'", "name==a and level>1"])
@pytest.mark.parametrize("before", ["", "id==1;", "'@count[roles|#id==1]'==2;"])
def test_a_count_with_a_filter_in_it_needs_quotes(before: str, inner: str) -> None:
    written = f"@count[roles|#{inner}]"
    filtered = parse_filter(f"{before}{written}==1").failure()
    sorted_ = parse_sort(f"id;-{written}").failure()
    assert [problem.hint for problem in (*filtered, *sorted_)] == [QUOTE_COUNT, QUOTE_COUNT]


@pytest.mark.parametrize("text", ["'@count[roles|#level>1]'==1;a==b=c", "@count[roles]>1;a==b=c", "a==b=c"])
def test_the_hint_is_for_counts_without_quotes(text: str) -> None:
    assert parse_filter(text).failure()[0].hint != QUOTE_COUNT


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda tree: pickle.loads(pickle.dumps(tree))])
def test_a_tree_can_be_copied_and_pickled_with_the_places_of_its_parts(duplicate: Any) -> None:
    tree = parse_filter("age>1;name=in=('a b',c)").unwrap()
    assert isinstance(tree, And)
    found = duplicate(tree)
    assert found == tree
    assert [node.argument_spans for node in found.nodes] == [(Span(4, 5),), (Span(15, 20), Span(21, 22))]
    assert duplicate(equal("name")) == equal("name")


def test_a_sort_by_a_call_of_another_language_is_written_with_brackets() -> None:
    problem = only(parse_sort("upper(name)"))
    assert problem.replacement == "@upper[name]"
