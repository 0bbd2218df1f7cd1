"""From the match of a comparison to the comparison, or to its problem."""

from __future__ import annotations

import re
from typing import NamedTuple

from pyrsql.language import grammar
from pyrsql.language.combinators import Make
from pyrsql.language.grammar import FIELD, LIST, OPERATOR_AT, QUOTED_AT, VALUE_AT
from pyrsql.language.nodes import Comparison, argument_spans, comparison_span, selector_span
from pyrsql.language.operator_hints import arity_advice, spelling_advice
from pyrsql.operators import EQUAL, ComparisonOperator, OperatorRegistry
from pyrsql.options import QueryOptions
from pyrsql.problems import LimitExceeded, Problem, Span, SyntaxProblem, UnknownOperator, WrongArity

PROBLEMS_AT_ONCE = 10
"""The most problems of a filter that are reported: more would not help, and each one costs time."""

UNLIMITED = 2**31
"""The number of a lifted limit: more than a text can hold."""


class ComparisonRules(NamedTuple):
    """The operators and limits of one comparison. A lifted limit is `UNLIMITED`."""

    operators: OperatorRegistry
    selector_length: int
    argument_length: int
    arguments: int


def comparison_rules(options: QueryOptions) -> ComparisonRules:
    """The rules of comparisons under some options."""
    limits = options.parse_limits
    return ComparisonRules(
        options.operators,
        number(limits.selector_length),
        number(limits.argument_length),
        number(limits.arguments),
    )


def number(limit: int | None) -> int:
    """A limit as a number."""
    return UNLIMITED if limit is None else limit


def takes(operator: ComparisonOperator, arguments: int) -> bool:
    """Whether an operator takes so many arguments."""
    most = operator.maximum_arguments
    return operator.minimum_arguments <= arguments and (most is None or arguments <= most)


def comparison_of(rules: ComparisonRules) -> Make:
    """Makes the comparison of a match of `grammar.comparison`."""
    unary = {
        spelling: operator
        for spelling, operator in rules.operators.by_spelling.items()
        if takes(operator, 1) and rules.arguments
    }
    operator_of = unary.get
    longest_selector, longest_argument = rules.selector_length, rules.argument_length

    def make(found: re.Match[str], wrong: list[Problem]) -> Comparison | None:
        selector, spelling, value = found.group(FIELD, OPERATOR_AT, VALUE_AT)
        operator = operator_of(spelling)
        if value is None and (quoted := found[QUOTED_AT]) is not None:
            value = quoted[1:-1] if "\\" not in quoted else unquoted(quoted)
        if (
            selector is None
            or operator is None
            or value is None
            or len(selector) > longest_selector
            or len(value) > longest_argument
        ):
            return _any_comparison(found, rules, wrong)
        return Comparison(selector, operator, (value,), found)

    return make


def _any_comparison(found: re.Match[str], rules: ComparisonRules, wrong: list[Problem]) -> Comparison | None:
    """The comparison of any match. If it is wrong, its problem is noted, and reading ends or goes on behind it."""
    selector = found[FIELD] or unquoted(found["odd"])
    arguments = _arguments(found)
    operator = rules.operators.by_spelling.get(found[OPERATOR_AT])
    problem = _problem(found, selector, operator, arguments, rules)
    if problem is None:
        return Comparison(selector, operator or EQUAL, arguments, found)
    if not (_is_bare(found) and _breaks_off(found)):
        wrong.append(problem)
        if len(wrong) == PROBLEMS_AT_ONCE or not isinstance(problem, UnknownOperator | WrongArity):
            return None
    return Comparison(selector, EQUAL, arguments)


def _problem(
    found: re.Match[str],
    selector: str,
    operator: ComparisonOperator | None,
    arguments: tuple[str, ...],
    rules: ComparisonRules,
) -> Problem | None:
    """The problem of a comparison that follows the grammar."""
    if len(selector) > rules.selector_length:
        span = selector_span(found)
        most, length = rules.selector_length, len(selector)
        return LimitExceeded(source="filter", limit="selector_length", maximum=most, actual=length, span=span)
    spelling = found[OPERATOR_AT]
    if operator is None:
        advice = spelling_advice(spelling, rules.operators)
        return UnknownOperator(
            source="filter",
            span=Span(*found.span(OPERATOR_AT)),
            operator=spelling,
            field=selector,
            hint=advice and advice.hint,
            replacement=advice and advice.replacement,
        )
    if grammar.whitespace_pattern.fullmatch(selector):
        return SyntaxProblem(
            source="filter", span=selector_span(found), expected=(grammar.A_FIELD,), found=found["odd"]
        )
    if len(arguments) > rules.arguments:
        return LimitExceeded(source="filter", limit="arguments", maximum=rules.arguments, span=Span(*found.span(LIST)))
    if len(max(arguments, key=len, default="")) > rules.argument_length:
        return _too_long(found, arguments, rules.argument_length)
    if takes(operator, len(arguments)):
        return None
    span = comparison_span(found)
    written = (
        found.string[span.start : found.start(OPERATOR_AT)],
        spelling,
        found.string[found.end(OPERATOR_AT) : span.end],
    )
    advice = arity_advice(written, arguments, rules.operators)
    return WrongArity(
        source="filter",
        span=span,
        operator=spelling,
        minimum=operator.minimum_arguments,
        maximum=operator.maximum_arguments,
        given=len(arguments),
        field=selector,
        hint=advice and advice.hint,
        replacement=advice and advice.replacement,
    )


def _too_long(found: re.Match[str], arguments: tuple[str, ...], most: int) -> LimitExceeded:
    """The problem of the first argument that is too long."""
    spans = argument_spans(found)
    argument, span = next(pair for pair in zip(arguments, spans, strict=True) if len(pair[0]) > most)
    return LimitExceeded(source="filter", limit="argument_length", maximum=most, actual=len(argument), span=span)


def _is_bare(found: re.Match[str]) -> bool:
    """Whether a comparison has no arguments, not even an empty list."""
    return found[VALUE_AT] is None and found[QUOTED_AT] is None and found[LIST] is None


def _breaks_off(found: re.Match[str]) -> bool:
    """Whether nothing can follow a bare comparison: then its syntax is wrong, not its arity."""
    return found.lastgroup == "operator" and grammar.dead_end_pattern.match(found.string, found.end()) is not None


def _arguments(found: re.Match[str]) -> tuple[str, ...]:
    value, quoted, several = found.group(VALUE_AT, QUOTED_AT, LIST)
    if value is not None:
        return (value,)
    if quoted is not None:
        return (unquoted(quoted),)
    if several is None or several == "()":
        return ()
    if "'" in several or '"' in several or " " in several:
        return tuple([unquoted(item["item"]) for item in grammar.listed_pattern.finditer(several)])
    return tuple(several[1:-1].split(","))


def unquoted(written: str) -> str:
    """The text meant by a run or a quoted text: without quotes and, of each escape, without the backslash."""
    if written[0] not in "\"'":
        return written
    inner = written[1:-1]
    if "\\" not in inner:
        return inner
    return "\\".join([piece.replace("\\", "") for piece in inner.split("\\\\")])
