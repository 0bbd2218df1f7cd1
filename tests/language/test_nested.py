"""A filter in an argument: its tree, its problems in the outer text, and limits over the whole request."""

from dataclasses import replace

import pytest
from returns.result import Success

from pyrsql import ComparisonOperator, CustomPredicateDefinition
from pyrsql.language.nested import Groups, nested_argument, outward, parse_nested
from pyrsql.language.nodes import And, Comparison, Node
from pyrsql.language.parse import parse_filter
from pyrsql.language.render import render
from pyrsql.messages import caret
from pyrsql.operators import EQUAL, GREATER
from pyrsql.options import ParseLimits, QueryOptions
from pyrsql.problems import LimitExceeded, Problem, Problems, Span, UnknownField, UnknownOperator

ANY = ComparisonOperator("any", ("=any=",), 0, 1)
OPTIONS = QueryOptions(custom_predicates={"any": CustomPredicateDefinition(operator=ANY)})


def outer(text: str, options: QueryOptions = OPTIONS) -> Comparison:
    """The only comparison of a text that has an argument to read."""
    node = parse_filter(text, options).unwrap()
    while not isinstance(node, Comparison):
        node = node.nodes[-1]
    return node


def problems(text: str) -> Problems:
    return parse_nested(nested_argument(outer(text)), OPTIONS).failure()


ADMIN = Comparison("code", EQUAL, ("admin",))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("roles=any='code==admin'", ADMIN),
        ('a==1;roles=any="code==admin;level>2"', And((ADMIN, Comparison("level", GREATER, ("2",))))),
        (r"roles=any='code==\'it\\\'s\''", Comparison("code", EQUAL, ("it's",))),
        ("roles=any=('code==admin')", ADMIN),
        ("users=any='roles=any=\"code==admin\"'", Comparison("roles", ANY, ("code==admin",))),
    ],
)
def test_the_argument_is_read_by_the_same_parser(text: str, tree: Node) -> None:
    assert parse_nested(nested_argument(outer(text)), OPTIONS) == Success(tree)


def test_two_levels() -> None:
    first = parse_nested(nested_argument(outer("users=any='roles=any=\"code==admin\"'")), OPTIONS).unwrap()
    assert isinstance(first, Comparison)
    assert parse_nested(nested_argument(first), OPTIONS) == Success(ADMIN)


@pytest.mark.parametrize(
    ("text", "pointed"),
    [
        ("roles=any='code=1'", "="),
        ("a==1;roles=any='code==admin;level=2'", "="),
        (r"""roles=any='code==\'x\' b'""", "b"),
        (r"""roles=any="code==\"x\";c=foo=1" """, "=foo="),
        (r"""roles=any='it\'s==1'""", r"\'"),
        ("roles=any='code==admin;'", ";"),
        ("roles=any='(code==admin'", ""),
        ("roles=any=''", ""),
        ("roles=any=' '", ""),
        ("roles=any=code", ""),
        ("roles=any=('a==1;b')", ""),
    ],
)
def test_problems_point_into_the_outer_text(text: str, pointed: str) -> None:
    found = problems(text)
    span = found[-1].span
    assert span is not None
    assert text[span.start : span.end] == pointed
    argument = outer(text).argument_spans[0]
    assert argument.start <= span.start <= span.end <= argument.end
    assert "\n" in caret(text, found[-1])


def test_a_place_at_the_end_stands_before_the_quote() -> None:
    text = "roles=any='(code==admin'"
    assert problems(text)[0].span == Span(len(text) - 1, len(text) - 1)


def test_two_levels_of_quotes_lead_back_to_the_outer_text() -> None:
    text = r"""users=any='a==1;roles=any="code==\'x\';level=2"'"""
    whole = outer(text)
    inner = parse_nested(nested_argument(whole), OPTIONS).unwrap().nodes[1]  # type: ignore[union-attr]  # the tree is a group
    assert isinstance(inner, Comparison)
    found = outward(
        nested_argument(whole), parse_nested(nested_argument(replace(inner, selector="users.roles")), OPTIONS).failure()
    )
    assert found[0].span is not None
    assert found[0].span.start == text.index("=2")


def test_fields_are_whole_paths() -> None:
    assert [problem.field for problem in problems("roles=any='code=foo=1;b==(1,2)'")] == ["roles.code", "roles.b"]
    found = parse_nested(
        nested_argument(replace(outer("roles=any='code=foo=1'"), selector="users.roles")), OPTIONS
    ).failure()
    assert found[0].field == "users.roles.code"


@pytest.mark.parametrize("rest", ["=foo=1", "==(1,2)"])
@pytest.mark.parametrize(
    ("selector", "whole"),
    [
        ("@f[a]", "@f[roles.a]"),
        ("@f[a|#b.c|@g[d.e]]", "@f[roles.a|#b.c|@g[roles.d.e]]"),
        ("@count[a]", "@count[roles.a]"),
        ("@count[a|#b==1]", "@count[roles.a|#b==1]"),
    ],
)
def test_fields_of_calls_have_whole_paths(selector: str, whole: str, rest: str) -> None:
    assert [problem.field for problem in problems(f"roles=any='\"{selector}\"{rest}'")] == [whole]


def test_replacements_fit_into_the_quotes() -> None:
    text = r"""roles=any='na\'me==1'"""
    unknown: Problem = UnknownField(source="filter", field="na'me", span=Span(0, 5), replacement="it's")
    moved = outward(nested_argument(outer(text)), (unknown,))[0]
    assert moved.replacement == r"it\'s"
    assert moved.span is not None
    corrected = text[: moved.span.start] + moved.replacement + text[moved.span.end :]
    assert outer(corrected).arguments == ("it's==1",)


def test_a_replacement_that_an_unquoted_argument_cannot_hold_is_left_out() -> None:
    unknown = UnknownField(source="filter", field="code", span=Span(0, 4), replacement="code")
    assert outward(nested_argument(outer("roles=any=code")), (unknown,))[0].replacement == "code"
    assert (
        outward(nested_argument(outer("roles=any=code")), (replace(unknown, replacement="a b"),))[0].replacement is None
    )


def test_what_was_made_by_hand_keeps_its_places() -> None:
    by_hand = Comparison("roles", ANY, ("code=foo=1",))
    problem = parse_nested(nested_argument(by_hand), OPTIONS).failure()[0]
    assert isinstance(problem, UnknownOperator)
    assert problem.span == Span(4, 9)


def test_a_problem_without_a_place_gets_that_of_the_argument() -> None:
    limit = LimitExceeded(source="filter", limit="nodes", maximum=1)
    assert outward(nested_argument(outer("roles=any='a==1'")), (limit,))[0].span == Span(10, 16)


@pytest.mark.parametrize(
    ("text", "depth"),
    [("a==1", 0), ("(a==1)", 1), ("b=in=(1,2);((a==1))", 2), ("(b==2);a==1", 0), ("b==')(';(c==1,a==1)", 1)],
)
def test_depth(text: str, depth: int) -> None:
    assert Groups().around(outer(text)) == depth


@pytest.mark.parametrize(
    ("limits", "depth", "nodes", "limit"),
    [
        (ParseLimits(depth=3), 1, 0, None),
        (ParseLimits(depth=3), 2, 0, "depth"),
        (ParseLimits(depth=3), 3, 0, "depth"),
        (ParseLimits(nodes=5), 0, 2, None),
        (ParseLimits(nodes=5), 0, 3, "nodes"),
        (ParseLimits(nodes=5), 0, 9, "nodes"),
        (ParseLimits(depth=None, nodes=None), 99, 9_999, None),
    ],
)
def test_limits_count_the_whole_request(limits: ParseLimits, depth: int, nodes: int, limit: str | None) -> None:
    options = QueryOptions(custom_predicates=OPTIONS.custom_predicates, parse_limits=limits)
    text = "roles=any='(a==1);b==2'"
    result = parse_nested(nested_argument(outer(text)), options, depth=depth, nodes=nodes)
    if limit is None:
        assert len(result.unwrap().nodes) == 2  # type: ignore[union-attr]  # the tree is a group
    else:
        problem, *others = result.failure()
        assert others == []
        assert isinstance(problem, LimitExceeded)
        assert (problem.limit, problem.maximum) == (limit, getattr(limits, limit))
        assert problem.span is not None


def test_a_nested_text_is_rendered_and_read_again() -> None:
    inner = And((ADMIN, Comparison("name", EQUAL, ('it\'s a \\ "b"',))))
    for levels in range(4):
        tree: Node = inner
        for _ in range(levels):
            tree = Comparison("roles", ANY, (render(tree),))
        again: Node = parse_filter(render(tree), OPTIONS).unwrap()
        for _ in range(levels):
            assert isinstance(again, Comparison)
            again = parse_nested(nested_argument(again), OPTIONS).unwrap()
        assert again == inner
