"""From text to trees: limits first, then the grammar, then precise problems where a text is wrong."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from returns.result import Failure, Result, Success

from pyrsql.language import grammar, hints
from pyrsql.language.advice import Advice
from pyrsql.language.combinators import TOO_DEEP, TOO_MANY, Outcome, Parser
from pyrsql.language.comparisons import (
    ComparisonRules,
    comparison_of,
    comparison_rules,
    number,
    takes,
    unquoted,
)
from pyrsql.language.grammar import OPERATOR_AT
from pyrsql.language.nodes import And, Call, Constant, Node, Or, Path, SortKey, selector_span, size_of
from pyrsql.language.sort_hints import sort_advice
from pyrsql.options import DEFAULT_QUERY_OPTIONS, DEFAULT_SORT_OPTIONS, QueryOptions, SortOptions
from pyrsql.problems import LimitExceeded, Problem, Problems, Source, Span, SyntaxProblem

ARGUMENTS = frozenset({grammar.A_VALUE, grammar.A_LIST})


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but blanks, which is the same as no text."""
    return not text.strip(" ")


# --- filters ---


def parse(text: str | None, options: QueryOptions = DEFAULT_QUERY_OPTIONS) -> Result[Node | None, Problems]:
    """Read a filter.

    Args:
        text: the filter as the client wrote it, after URL decoding.
        options: its limits and operators count here.

    Returns:
        The tree, or None where there is no filter: a missing text, or nothing but blanks.

    Problems: SyntaxProblem and LimitExceeded, which end the reading, and each UnknownOperator and WrongArity before
    them, ten at most.
    """
    if text is None or is_blank(text):
        return Success(None)
    return parse_filter(text, options)


def parse_filter(text: str, options: QueryOptions = DEFAULT_QUERY_OPTIONS) -> Result[Node, Problems]:
    """Read a filter.

    Args:
        text: RSQL, URL decoded.
        options: the operators and limits.

    Returns:
        The tree of the filter.

    Problems: LimitExceeded and SyntaxProblem, which end the reading, and each UnknownOperator and WrongArity
    before them.

    >>> parse_filter("name==demo;age>18").unwrap().nodes[1].selector
    'age'
    >>> parse_filter("name=demo").failure()[0].hint
    "Write '=='."
    """
    reader = _filter_reader(options)
    if len(text) > reader.query_length:
        most = reader.query_length
        return Failure((LimitExceeded(source="filter", limit="query_length", maximum=most, actual=len(text)),))
    return reader.read(text)


class FilterReader(NamedTuple):
    """How filters are read under some options. A lifted limit is `UNLIMITED`.

    `used` is the number of nodes that the filters around a nested one have.
    """

    parser: Parser
    rules: ComparisonRules
    query_length: int
    depth: int
    nodes: int
    used: int

    def read(self, text: str) -> Result[Node, Problems]:
        """Read a filter of an acceptable length."""
        outcome = self.parser(text, _start(text))
        if not outcome.status:
            return Failure(_filter_problems(text, outcome, self))
        tree: Node = outcome.value
        # A node takes a character at least: a short text needs no count.
        if len(text) + self.used > self.nodes and (size := size_of(tree) + self.used) > self.nodes:
            return Failure((LimitExceeded(source="filter", limit="nodes", maximum=self.nodes, actual=size),))
        return Success(tree)


def filter_reader(options: QueryOptions, *, depth: int = 0, nodes: int = 0) -> FilterReader:
    """A reader of filters.

    Args:
        options: the operators and limits.
        depth: how many groups are open around a nested filter.
        nodes: how many nodes the filters around it have.
    """
    rules, limits = comparison_rules(options), options.parse_limits
    deepest, most = number(limits.depth), number(limits.nodes)
    parser = grammar.filters.parser(comparison_of(rules), And, Or, max(deepest - depth, 0), max(most - nodes, 0))
    return FilterReader(parser, rules, number(limits.query_length), deepest, most, nodes)


# The reader of filters under some options, made once for them.
_filter_reader = lru_cache(maxsize=64)(filter_reader)


def _start(text: str) -> int:
    blanks = grammar.blanks_pattern.match(text) if text.startswith(" ") else None
    return blanks.end() if blanks else 0


def _filter_problems(text: str, outcome: Outcome, reader: FilterReader) -> Problems:
    """The problems of a filter: those of its comparisons, then the one that ended the reading."""
    problems: list[Problem] = outcome.value
    expected, place = outcome.expected, outcome.furthest
    if TOO_DEEP in expected:
        span = Span(place, place + 1)
        problems.append(LimitExceeded(source="filter", limit="depth", maximum=reader.depth, span=span))
    elif TOO_MANY in expected:
        problems.append(LimitExceeded(source="filter", limit="nodes", maximum=reader.nodes))
    elif expected:
        expected = _to_the_point(text, outcome, reader)
        span = _token_at(text, place)
        advice = hints.syntax_advice(text, span, expected, reader.rules.operators)
        problems.append(_syntax_problem("filter", text, span, expected, advice))
    first, *rest = problems
    return (first, *rest)


def _to_the_point(text: str, outcome: Outcome, reader: FilterReader) -> frozenset[str]:
    """The expected terminals, without those that would not help where an operator has no arguments."""
    expected: frozenset[str] = outcome.expected
    bare = grammar.comparison.compiled.match(text, outcome.index)
    if bare is None or not expected > ARGUMENTS:
        return expected
    if text.startswith(")", outcome.furthest) or outcome.furthest == len(text):
        return expected - ARGUMENTS
    operator = reader.rules.operators.find(bare[OPERATOR_AT])
    return expected if operator and takes(operator, 0) else expected & ARGUMENTS


def _syntax_problem(
    source: Source, text: str, span: Span, expected: frozenset[str], advice: Advice | None
) -> SyntaxProblem:
    return SyntaxProblem(
        source=source,
        span=(advice and advice.span) or span,
        expected=grammar.in_order(expected),
        found=text[span.start : span.end],
        hint=advice and advice.hint,
        replacement=advice and advice.replacement,
    )


def _token_at(text: str, start: int) -> Span:
    found = grammar.token_pattern.match(text, start)
    return Span(start, found.end() if found else start)


# --- sorts ---

# Each modifier: the property of the key that it sets, and the value.
MODIFIERS: dict[str, tuple[str, bool]] = {
    "asc": ("descending", False),
    "desc": ("descending", True),
    "ic": ("ignore_case", True),
    "ignorecase": ("ignore_case", True),
    "nullsfirst": ("nulls_first", True),
    "nullslast": ("nulls_first", False),
}


def parse_sort(text: str, options: SortOptions = DEFAULT_SORT_OPTIONS) -> Result[tuple[SortKey, ...], Problems]:
    """Read a sort.

    Args:
        text: sort keys, URL decoded.
        options: the limits.

    Returns:
        The keys in the order in which they are written.

    Problems: the first LimitExceeded or SyntaxProblem.

    >>> parse_sort("-created;name,asc,ic").unwrap()[0]
    SortKey(selector='created', descending=True, ignore_case=False, nulls_first=None)
    >>> parse_sort("name,DESC").failure()[0].hint
    "Write 'desc': modifiers are in lower case."
    """
    limits = options.sort_limits
    if len(text) > (length := number(limits.sort_length)):
        return Failure((LimitExceeded(source="sort", limit="sort_length", maximum=length, actual=len(text)),))
    most = number(limits.keys)
    outcome = _sort_parser(number(limits.selector_length), most)(text, _start(text))
    if outcome.status:
        return Success(tuple(outcome.value))
    return Failure((_sort_problem(text, outcome, most),))


def _sort_problem(text: str, outcome: Outcome, most: int) -> Problem:
    if outcome.value:
        noted: Problem = outcome.value[0]
        return noted
    span = _token_at(text, outcome.furthest)
    if TOO_MANY in outcome.expected:
        return LimitExceeded(source="sort", limit="keys", maximum=most, span=span)
    advice = sort_advice(text, span, outcome.expected)
    return _syntax_problem("sort", text, span, outcome.expected, advice)


@lru_cache(maxsize=64)
def _sort_parser(longest: int, most: int) -> Parser:
    """The parser of sorts under some limits: made once for them."""

    def make(found: re.Match[str], wrong: list[Problem]) -> SortKey | None:
        sign, selector, modifiers = found.group("sign", "field", "modifiers")
        if modifiers or selector is None or len(selector) > longest:
            return _any_key(found, longest, wrong)
        return SortKey(selector, sign == "-", False, None, Span(*found.span("field")), found.string)

    return grammar.sorts.parser(make, most)


def _any_key(found: re.Match[str], longest: int, wrong: list[Problem]) -> SortKey | None:
    """The key of any match. If it is wrong, its problem is noted."""
    written, sign, span = found["field"] or found["odd"], found["sign"], selector_span(found)
    selector = unquoted(written)
    if len(selector) > longest:
        length = len(selector)
        wrong.append(LimitExceeded(source="sort", limit="selector_length", maximum=longest, actual=length, span=span))
    elif grammar.whitespace_pattern.fullmatch(selector):
        wrong.append(SyntaxProblem(source="sort", span=span, expected=(grammar.A_FIELD,), found=written))
    else:
        properties = {"descending": sign == "-"} if sign else {}
        if _read_modifiers(found, properties, wrong):
            return SortKey(selector, **properties, span=span, text=found.string)
    return None


def _read_modifiers(found: re.Match[str], properties: dict[str, bool], wrong: list[Problem]) -> bool:
    """Add the modifiers of a key to the properties that are set; False where one is set already."""
    for modifier in grammar.modifier_pattern.finditer(found.string, *found.span("modifiers")):
        name, holds = MODIFIERS[modifier[0]]
        if name in properties:
            wrong.append(_second_word(modifier[0], found["sign"], Span(*modifier.span())))
            return False
        properties[name] = holds
    return True


def _second_word(modifier: str, sign: str | None, span: Span) -> SyntaxProblem:
    """The problem of a modifier that repeats or contradicts another part of the key."""
    if sign and modifier in ("asc", "desc"):
        hint = f"The sign {sign!r} already gives the direction: leave out one of the two."
    else:
        hint = "The key already has this modifier or its opposite: leave out one of the two."
    expected = (grammar.A_SEMICOLON, grammar.THE_END)
    return SyntaxProblem(source="sort", span=span, expected=expected, found=modifier, hint=hint)


# --- selectors ---


def parse_selector(text: str) -> Path | Call | None:
    """Read a selector: a dotted path, or a function call.

    Args:
        text: the selector, without quotes and escapes.

    Returns:
        The path or call; None when the text is neither.

    >>> parse_selector("company.name")
    Path(parts=('company', 'name'))
    >>> parse_selector("@concat[name|#-|@upper[code]]").arguments[1:]
    (Constant(value='-'), Call(name='upper', arguments=(Path(parts=('code',)),)))
    >>> [parse_selector(text) for text in ("a..b", ".a", "", "@fn[", "@fn[a|]", "@fn[a]b")]
    [None, None, None, None, None, None]
    """
    if text.startswith("@"):
        outcome = _calls(text, 0)
        call: Call | None = outcome.value if outcome.status and outcome.index == len(text) else None
        return call
    return Path(tuple(text.split("."))) if grammar.path.compiled.fullmatch(text) else None


def _argument(found: re.Match[str]) -> Path | Constant:
    path = found["path"]
    return _constant(found["constant"]) if path is None else Path(tuple(path.split(".")))


def _call(opening: re.Match[str], arguments: tuple[Any, ...]) -> Call:
    return Call(opening["name"], arguments)


_calls = grammar.call.parser(_argument, _call, grammar.CALL_DEPTH)


def _constant(text: str) -> Constant:
    match text:
        case "true" | "false":
            return Constant(text == "true", text)
        case "null":
            return Constant(None)
        case _ if grammar.integer_pattern.fullmatch(text):
            return Constant(int(text), text)
        case _ if grammar.float_pattern.fullmatch(text):
            return Constant(float(text), text)
        case _:
            return Constant(text.replace("\t", " "))
