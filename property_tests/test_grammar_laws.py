"""Laws of the language, whatever the text."""

import copy
import pickle
import re
import time
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful
from returns.result import Success

from property_tests.reading import Refused, read
from pyrsql import operators as ops
from pyrsql.language import grammar
from pyrsql.language.combinators import Rule
from pyrsql.language.nodes import And, Call, Comparison, Node, Or, Path, SortKey
from pyrsql.language.parse import parse_filter, parse_selector, parse_sort
from pyrsql.language.render import render, render_sort
from pyrsql.messages import caret, describe, locate
from pyrsql.options import ParseLimits, QueryOptions, SortLimits, SortOptions
from pyrsql.problems import LimitExceeded, SyntaxProblem, UnknownOperator, WrongArity
from pyrsql.testing import filters, sorts, texts

UNLIMITED = QueryOptions(
    parse_limits=ParseLimits(
        query_length=None, selector_length=None, argument_length=None, arguments=None, depth=None, nodes=None
    )
)
MANY = settings(max_examples=max(300, settings().max_examples))
UNLIMITED_SORT = SortOptions(sort_limits=SortLimits(sort_length=None, selector_length=None, keys=None))


def leaves(node: Node) -> list[Comparison]:
    if isinstance(node, Comparison):
        return [node]
    return [leaf for child in node.nodes for leaf in leaves(child)]


@given(filters())
def test_a_rendered_tree_parses_to_itself(tree: Node) -> None:
    assert parse_filter(render(tree), UNLIMITED) == Success(tree)


@given(filters())
def test_blanks_and_spelled_out_joints_change_nothing(tree: Node) -> None:
    # Blanks around these would make keywords of them.
    words = {word for leaf in leaves(tree) for word in (leaf.selector, *leaf.arguments)}
    assume(words.isdisjoint({"and", "or"}))

    def spaced(node: Node) -> str:
        if isinstance(node, Comparison):
            selector, operator, rest = re.fullmatch(
                rf"({grammar.VALUE})({grammar.OPERATOR})(.*)", render(node), re.DOTALL
            ).groups()  # type: ignore[union-attr]  # `render` wrote it
            return f"  {selector} {operator}  {rest} "
        joint = " and " if isinstance(node, And) else " or "
        return joint.join(f" ( {spaced(child)} ) " for child in node.nodes)

    assert parse_filter(spaced(tree), UNLIMITED) == Success(tree)


@given(sorts())
def test_a_rendered_sort_parses_to_itself(keys: tuple[SortKey, ...]) -> None:
    assert parse_sort(render_sort(keys), UNLIMITED_SORT) == Success(keys)


@given(filters())
def test_trees_are_copied_and_pickled_with_their_places(tree: Node) -> None:
    parsed = parse_filter(render(tree), UNLIMITED).unwrap()
    for twin in (copy.copy(parsed), copy.deepcopy(parsed), pickle.loads(pickle.dumps(parsed))):
        assert twin == parsed
        assert hash(twin) == hash(parsed)
        assert [leaf.span for leaf in leaves(twin)] == [leaf.span for leaf in leaves(parsed)]


@given(texts())
def test_spans_hold_what_was_written(text: str) -> None:
    result = parse_filter(text, UNLIMITED)
    if not is_successful(result):
        return
    found = leaves(result.unwrap())
    for leaf in found:
        assert leaf.span is not None
        assert leaf.selector_span is not None
        alone = parse_filter(text[leaf.span.start : leaf.span.end], UNLIMITED)
        assert alone == Success(leaf)
        written = [text[start:end] for start, end in (leaf.selector_span, *leaf.argument_spans)]
        for part, meant in zip(written, (leaf.selector, *leaf.arguments), strict=True):
            assert parse_filter(f"a=={part}", UNLIMITED) == Success(Comparison("a", ops.EQUAL, (meant,)))
    assert all(one.span.end <= other.span.start for one, other in pairwise(found))  # type: ignore[union-attr]  # `render` wrote it


REASONS = {"syntax": SyntaxProblem, "unknown-operator": UnknownOperator, "arity": WrongArity}


@MANY
@given(texts())
def test_a_second_reading_agrees(text: str) -> None:
    result = parse_filter(text, UNLIMITED)
    try:
        tree = read(text)
    except Refused as refused:
        reason = REASONS[str(refused)]
    else:
        assert result == Success(tree)
        return
    assert type(result.failure()[0]) is reason


RULES: dict[str, Rule] = {name: rule for name, rule in vars(grammar).items() if isinstance(rule, Rule)}


@MANY
@given(st.sampled_from(sorted(RULES)), texts())
def test_a_rule_and_its_expression_read_the_same(name: str, text: str) -> None:
    rule = RULES[name]
    for index in range(min(len(text), 8) + 1):
        found, outcome = rule.compiled.match(text, index), rule(text, index)
        assert outcome.status is (found is not None)
        if found:
            assert outcome.index == found.end()
        else:
            assert outcome.furthest >= index or outcome.expected == frozenset()


@given(texts())
def test_every_problem_can_be_shown(text: str) -> None:
    for result in (parse_filter(text), parse_sort(text)):
        if is_successful(result):
            continue
        for problem in result.failure():
            assert describe(problem).endswith(".")
            assert caret(text, problem).isprintable() or "\n" in caret(text, problem)
            assert problem.span is None or 0 <= problem.span.start <= problem.span.end <= len(text)
            if problem.span is not None:
                location = locate(text, problem.span)
                assert (
                    text.split("\n")[location.line - 1][: location.column - 1]
                    == text[location.index - location.column + 1 : location.index]
                )


@MANY
@given(texts(), st.booleans())
@example(";;", False)
@example("(, ;" + ";" * 300 + "a==1)", False)
@example(";,;name", True)
def test_no_hint_suggests_the_text_that_is_refused(text: str, sort: bool) -> None:
    read_again = parse_sort if sort else parse_filter
    result = read_again(text)
    for problem in () if is_successful(result) else result.failure():
        if problem.replacement is None:
            continue
        assert problem.hint is not None
        assert problem.span is not None
        start, end = problem.span
        corrected = text[:start] + problem.replacement + text[end:]
        assert corrected != text
        again = read_again(corrected)
        assert is_successful(again) or problem not in again.failure()


@given(texts())
@example("0<;0<;0<;|<;0<<")
def test_problems_come_in_the_order_of_the_text(text: str) -> None:
    """Those of comparisons do, then comes the one that ended the reading: its correction may begin before it."""
    result = parse_filter(text, UNLIMITED)
    if is_successful(result):
        return
    problems = result.failure()
    assert len(problems) <= 10
    of_comparisons = list(problems)[:-1]
    assert all(isinstance(one, UnknownOperator | WrongArity) for one in of_comparisons)
    starts = [problem.span.start for problem in of_comparisons if problem.span]
    assert starts == sorted(starts)


@given(st.text("@[]|#.ab1\t ", max_size=30) | st.text())
def test_selectors_never_raise(text: str) -> None:
    match parse_selector(text):
        case Path(parts=parts):
            assert ".".join(parts) == text
        case Call():
            assert text.startswith("@")
        case None:
            pass


LIMITS = st.builds(
    ParseLimits,
    query_length=st.none() | st.integers(0, 200),
    selector_length=st.none() | st.integers(0, 6),
    argument_length=st.none() | st.integers(0, 6),
    arguments=st.none() | st.integers(0, 3),
    depth=st.none() | st.integers(0, 3),
    nodes=st.none() | st.integers(0, 8),
)


LIST = grammar.several.pattern.replace("?P<list>", "?:")


def depth_of(text: str) -> int:
    bare = re.sub(rf"{grammar.QUOTED}|{grammar.OPERATOR}[ ]*{LIST}", "==1", text, flags=re.DOTALL)
    deepest = depth = 0
    for sign in bare:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    return deepest


def size_of(node: Node) -> int:
    return 1 if isinstance(node, Comparison) else 1 + sum(size_of(child) for child in node.nodes)


# What may follow, wherever a filter stops, but for the closing parentheses.
COMPLETIONS = ("", "a==1", "==1", "1", "1)", ")", "b==1)")


def broken_at(text: str) -> int | None:
    """Where the grammar breaks off. A blank field follows the grammar, and is refused behind unknown operators."""
    result = parse_filter(text, UNLIMITED)
    problems = () if is_successful(result) else result.failure()
    places = [one.span for one in problems if isinstance(one, SyntaxProblem) and one.expected != (grammar.A_FIELD,)]
    assert len(places) <= 1
    return places[0].start if places and places[0] else None


@MANY
@given(texts())
def test_what_stands_before_a_problem_of_syntax_can_be_completed(text: str) -> None:
    place = broken_at(text)
    assume(place is not None)
    right = text[:place]
    ends = [")" * depth for depth in range(right.count("(") + 1)]
    assert any(broken_at(f"{right}{more}{end}") is None for more in COMPLETIONS for end in ends)


@MANY
@given(filters(), LIMITS)
def test_limits_refuse_what_is_larger_and_nothing_else(tree: Node, limits: ParseLimits) -> None:
    text = render(tree)
    sizes = {
        "query_length": len(text),
        "selector_length": max(len(leaf.selector) for leaf in leaves(tree)),
        "argument_length": max(len(argument) for leaf in leaves(tree) for argument in ("", *leaf.arguments)),
        "arguments": max(len(leaf.arguments) for leaf in leaves(tree)),
        "depth": depth_of(text),
        "nodes": size_of(tree),
    }
    exceeded = {name for name, size in sizes.items() if (most := getattr(limits, name)) is not None and size > most}
    result = parse_filter(text, QueryOptions(parse_limits=limits))
    if exceeded:
        problem, *others = result.failure()
        assert not others
        assert isinstance(problem, LimitExceeded)
        assert problem.limit in exceeded
        assert problem.maximum == getattr(limits, problem.limit)
        assert problem.actual in (None, sizes[problem.limit]) or problem.limit.endswith("_length")
    else:
        assert result == Success(tree)


HOSTILE = {
    "opening parentheses": "(" * 100_000,
    "parentheses": "(" * 50_000 + "a==1" + ")" * 50_000,
    "closing parentheses": "a==1" + ")" * 100_000,
    "nested": "a==1,(b==2;(" * 20_000,
    "one run": "a" * 100_000,
    "one blank": " " * 100_000,
    "blanks in the middle": "a==1" + " " * 100_000 + "b",
    "keywords": "a==1" + " and " * 20_000,
    "an open quote": "a=='" + "x" * 100_000,
    "open quotes": "a==" + "'\"" * 50_000,
    "backslashes": "a=='" + "\\" * 99_999,
    "a list": "a=in=(" + "1," * 50_000 + "2)",
    "an open list": "a=in=(" + "1," * 50_000,
    "a list of lists": "a=in=(" * 20_000,
    "signs": "=" * 100_000,
    "operators": "a==1;" * 10_000 + "a=1",
    "unknown operators": "a=foo=1;" * 10_000,
    "a long operator": "a=" + "x" * 100_000 + "=1",
    "wrong arity": "a==(1,2);" * 10_000,
    "semicolons": ";" * 100_000,
    "a call": "@f[" * 30_000 + "==1",
}


@pytest.mark.usefixtures("light_heap")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_take_linear_time_and_never_raise(text: str) -> None:
    options = (UNLIMITED, QueryOptions(parse_limits=ParseLimits(query_length=None)), QueryOptions())
    started = time.process_time()
    for option in options:
        parse_filter(text, option)
    parse_sort(text, UNLIMITED_SORT)
    parse_selector(text)
    assert time.process_time() - started < 4


def test_deep_trees_are_rendered() -> None:
    deep = parse_filter("a==1,(b==2;(" * 5_000 + "c==3" + "))" * 5_000, UNLIMITED).unwrap()
    text = render(deep)
    assert isinstance(deep, Or)
    assert render(parse_filter(text, UNLIMITED).unwrap()) == text
