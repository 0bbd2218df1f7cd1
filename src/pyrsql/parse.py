"""From text to trees: limits first, then the grammar, and a precise problem where a text breaks it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from returns.result import Failure, Result, Success

from pyrsql import grammar, hints
from pyrsql.nodes import (
    And,
    Call,
    Comparison,
    Constant,
    Node,
    Or,
    Path,
    Place,
    Selector,
    SortKey,
    Span,
    parsed_comparison,
)
from pyrsql.operators import ComparisonOperator, OperatorRegistry
from pyrsql.options import DEFAULT_QUERY_OPTIONS, DEFAULT_SORT_OPTIONS, QueryOptions, SortOptions
from pyrsql.problems import (
    LimitExceeded,
    Problem,
    Problems,
    Source,
    SyntaxProblem,
    UnknownOperator,
    WrongArity,
)

PROBLEMS_AT_ONCE = 10
"""A filter is read no further than this many problems: more would help nobody, and each one costs time."""

NEVER_NEXT = frozenset("(=!~'\"")
"""Tokens that cannot follow an operator without arguments: the syntax is at fault there, not the arity."""

CALL_DEPTH = 32
"""Function calls inside function calls that a selector may hold."""


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but blanks, and so asks for nothing."""
    return not text.strip(" ")


# --- filters ---


def parse_filter(text: str, options: QueryOptions = DEFAULT_QUERY_OPTIONS) -> Result[Node, Problems]:
    """Read a filter.

    Args:
        text: RSQL, URL decoded.
        options: the operators there are, and the limits.

    Returns:
        The tree of what is written.

    Problems: LimitExceeded and SyntaxProblem, which end the reading, and each UnknownOperator and WrongArity
    before them.

    >>> parse_filter("name==demo;age>18").unwrap().nodes[1].selector
    'age'
    >>> parse_filter("name=demo").failure()[0].hint
    "Write '=='."
    """
    rules = _rules(options)
    if len(text) > rules.query_length:
        return Failure((_limit("filter", "query_length", rules.query_length, len(text)),))
    problems: list[Problem] = []
    groups: list[tuple[list[Node], list[Node]]] = []  # the groups around the one being read
    terms: list[Node] = []  # of its OR
    factors: list[Node] = []  # of the AND being read
    takes_one, short = rules.takes_one, rules.short
    for match in islice(grammar.link_pattern.finditer(text), rules.nodes):
        opening, field, _, spelling, value, _, closing, _, _, _ = match.groups()
        if opening is not None:
            for _ in range(opening.count("(")):
                if len(groups) == rules.depth:
                    problems.append(
                        _limit("filter", "depth", rules.depth, None, Span(*match.span("opening")))
                    )
                    return _failure(problems)
                groups.append((terms, factors))
                terms, factors = [], []
        operator = takes_one.get(spelling)
        if (
            operator is not None
            and field is not None
            and value is not None
            and len(field) + len(value) <= short
        ):
            factors.append(parsed_comparison(field, operator, (value,), (_place, match)))
        elif match.lastindex is None:
            problems += _broken_link(text, match.start(), len(groups), rules)
            return _failure(problems)
        else:
            read = _comparison(match, rules)
            if isinstance(read, Comparison):
                factors.append(read)
            else:
                problems.append(read)
                if not isinstance(read, UnknownOperator | WrongArity) or len(problems) == PROBLEMS_AT_ONCE:
                    return _failure(problems)
        if closing is not None:
            for nth in range(closing.count(")")):
                if not groups:
                    problems.append(_not_open(match, nth, rules.operators))
                    return _failure(problems)
                group = _either(terms, factors)
                terms, factors = groups.pop()
                factors.append(group)
        joint = match.lastindex
        if joint == grammar.AND_GROUP:
            continue
        if joint == grammar.OR_GROUP:
            terms.append(factors[0] if len(factors) == 1 else And(tuple(factors)))
            factors = []
            continue
        if groups:
            problems.append(_not_closed(text))
        if problems:
            return _failure(problems)
        tree = _either(terms, factors)
        # A node takes at least one character, so that most texts need no count.
        if len(text) > rules.nodes and (size := _size(tree)) > rules.nodes:
            return Failure((_limit("filter", "nodes", rules.nodes, size),))
        return Success(tree)
    problems.append(_limit("filter", "nodes", rules.nodes))
    return _failure(problems)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What options say about the text of a filter, ready for use. A lifted limit is the largest number."""

    operators: OperatorRegistry
    takes_one: Mapping[str | None, ComparisonOperator]
    query_length: int
    selector_length: int
    argument_length: int
    arguments: int
    depth: int
    nodes: int
    short: int


@lru_cache(maxsize=256)
def _rules(options: QueryOptions) -> _Rules:
    limits = options.parse_limits
    selector_length, argument_length = _number(limits.selector_length), _number(limits.argument_length)
    return _Rules(
        operators=options.operators,
        takes_one={
            spelling: operator
            for spelling, operator in options.operators.by_spelling.items()
            if _takes(operator, 1)
        },
        query_length=_number(limits.query_length),
        selector_length=selector_length,
        argument_length=argument_length,
        arguments=_number(limits.arguments),
        depth=_number(limits.depth),
        nodes=_number(limits.nodes),
        short=min(selector_length, argument_length),
    )


def _number(limit: int | None) -> int:
    return sys.maxsize if limit is None else limit


def _takes(operator: ComparisonOperator, arguments: int) -> bool:
    most = operator.maximum_arguments
    return operator.minimum_arguments <= arguments and (most is None or arguments <= most)


def _either(terms: list[Node], factors: list[Node]) -> Node:
    """The node of a group: the terms of its OR, the last of which is the AND of `factors`."""
    last = factors[0] if len(factors) == 1 else And(tuple(factors))
    return Or((*terms, last)) if terms else last


def _size(tree: Node) -> int:
    """How many nodes a tree has, however deep it is."""
    size = 0
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        size += 1
        if not isinstance(node, Comparison):
            waiting.extend(node.nodes)
    return size


def _comparison(match: re.Match[str], rules: _Rules) -> Comparison | Problem:
    """The comparison of a link, of whatever form, or what is wrong with it."""
    text = match.string
    place = _place(match)
    field = _unquoted(text[slice(*place.selector)])
    spelling: str = match["operator"]
    if len(field) > rules.selector_length:
        return _limit("filter", "selector_length", rules.selector_length, len(field), place.selector)
    operator = rules.operators.find(spelling)
    if operator is None:
        return UnknownOperator(
            source="filter",
            span=Span(*match.span("operator")),
            operator=spelling,
            field=field,
            hint=hints.operator_hint(spelling, rules.operators),
        )
    if grammar.whitespace_pattern.fullmatch(field):
        return SyntaxProblem(
            source="filter",
            span=place.selector,
            expected=(grammar.A_FIELD,),
            found=text[slice(*place.selector)],
        )
    if len(place.arguments) > rules.arguments:
        return _limit("filter", "arguments", rules.arguments, len(place.arguments), place.span)
    arguments = tuple(_unquoted(text[start:stop]) for start, stop in place.arguments)
    for argument, span in zip(arguments, place.arguments, strict=True):
        if len(argument) > rules.argument_length:
            return _limit("filter", "argument_length", rules.argument_length, len(argument), span)
    if not _takes(operator, len(arguments)):
        return WrongArity(
            source="filter",
            span=place.span,
            operator=spelling,
            minimum=operator.minimum_arguments,
            maximum=operator.maximum_arguments,
            given=len(arguments),
            field=field,
        )
    return parsed_comparison(field, operator, arguments, (_place, match))


def _place(match: re.Match[str]) -> Place:
    """Where the comparison of a link stands."""
    field = match.span("field" if match["field"] is not None else "other_field")
    arguments: tuple[Span, ...] = ()
    stop = match.end("operator")
    if match["value"] is not None:
        arguments = (Span(*match.span("value")),)
        stop = arguments[0].end
    elif match["other_arguments"] is not None:
        start, stop = match.span("other_arguments")
        found = grammar.item_pattern.finditer(match.string, start, stop)
        arguments = tuple(Span(*item.span(1)) for item in found)
    return Place(Span(field[0], stop), Span(*field), arguments)


def _unquoted(written: str) -> str:
    """The text meant by an unreserved run or a quoted text."""
    if written[0] not in "\"'":
        return written
    return grammar.escape_pattern.sub(r"\1", written[1:-1])


def _failure(problems: list[Problem]) -> Result[Node, Problems]:
    first, *rest = problems
    return Failure((first, *rest))


def _limit(
    source: Source, limit: str, maximum: int, actual: int | None = None, span: Span | None = None
) -> LimitExceeded:
    return LimitExceeded(source=source, limit=limit, maximum=maximum, actual=actual, span=span)


def _broken_link(text: str, start: int, depth: int, rules: _Rules) -> list[Problem]:
    """What is wrong with the link at `start`: its comparison, where that could be read, and its syntax."""
    furthest, expected = grammar.expected_in(grammar.link, text, start)
    if depth == 0:
        expected -= {grammar.END_OF_GROUP}
    span = _token_at(text, furthest)
    syntax = SyntaxProblem(
        source="filter",
        span=span,
        expected=grammar.in_order(expected),
        found=text[span.start : span.end],
        hint=hints.syntax_hint(text, span, expected, rules.operators),
    )
    match = grammar.comparison_pattern.match(text, start)
    if match is None:
        return [syntax]
    after = _token_at(text, match.end())
    if match.lastgroup == "operator" and text[after.start : after.end] in NEVER_NEXT:
        return [syntax]
    read = _comparison(match, rules)
    return [syntax] if isinstance(read, Comparison) else [read, syntax]


def _not_open(match: re.Match[str], nth: int, operators: OperatorRegistry) -> SyntaxProblem:
    """A parenthesis that closes nothing: the one after `nth` others."""
    place = match.start("closing")
    for _ in range(nth):
        place = match.string.index(")", place + 1)
    span = Span(place, place + 1)
    expected = (grammar.AN_AND, grammar.AN_OR, grammar.THE_END)
    hint = hints.syntax_hint(match.string, span, expected, operators)
    return SyntaxProblem(source="filter", span=span, expected=expected, found=")", hint=hint)


def _not_closed(text: str) -> SyntaxProblem:
    """The end of a filter inside a group."""
    expected = (grammar.AN_AND, grammar.AN_OR, grammar.END_OF_GROUP)
    end = Span(len(text), len(text))
    return SyntaxProblem(
        source="filter", span=end, expected=expected, found="", hint="A '(' is never closed."
    )


def _token_at(text: str, start: int) -> Span:
    found = grammar.token_pattern.match(text, start)
    return Span(start, found.end() if found else start)


# --- sorts ---


def parse_sort(
    text: str, options: SortOptions = DEFAULT_SORT_OPTIONS
) -> Result[tuple[SortKey, ...], Problems]:
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
    if len(text) > (longest := _number(limits.sort_length)):
        return Failure((_limit("sort", "sort_length", longest, len(text)),))
    keys: list[SortKey] = []
    most = _number(limits.keys)
    for match in grammar.sort_key_pattern.finditer(text):
        if match.lastindex is None:
            return Failure((_broken_key(text, match.start()),))
        if len(keys) == most:
            return Failure((_limit("sort", "keys", most, None, Span(*match.span("field"))),))
        key = _sort_key(match, _number(limits.selector_length))
        if not isinstance(key, SortKey):
            return Failure((key,))
        keys.append(key)
        if match["next"] is None:
            break
    return Success(tuple(keys))


def _sort_key(match: re.Match[str], longest: int) -> SortKey | Problem:
    """The key that a match holds, or what is wrong with it."""
    span = Span(*match.span("field"))
    field = _unquoted(match["field"])
    if len(field) > longest:
        return _limit("sort", "selector_length", longest, len(field), span)
    if grammar.whitespace_pattern.fullmatch(field):
        return SyntaxProblem(source="sort", span=span, expected=(grammar.A_FIELD,), found=match["field"])
    sign = match["sign"]
    descending = {"-": True, "+": False}.get(sign)
    ignore_case = nulls_first = None
    for modifier in grammar.modifier_pattern.finditer(match.string, *match.span("modifiers")):
        written = modifier[0]
        match written:
            case "asc" | "desc":
                again = descending is not None
                descending = written == "desc"
            case "ic" | "ignorecase":
                again = ignore_case is not None
                ignore_case = True
            case _:
                again = nulls_first is not None
                nulls_first = written == "nullsfirst"
        if again:
            return _second_word(written, sign, Span(*modifier.span()))
    return SortKey(field, bool(descending), bool(ignore_case), nulls_first, span)


def _second_word(modifier: str, sign: str | None, span: Span) -> SyntaxProblem:
    """A modifier that says once more, or otherwise, what the key has said already."""
    if sign and modifier in ("asc", "desc"):
        hint = f"The sign {sign!r} gives the direction already: drop one of the two."
    else:
        hint = "The key says so already, or says otherwise: drop one of the two."
    expected = (grammar.A_SEMICOLON, grammar.THE_END)
    return SyntaxProblem(source="sort", span=span, expected=expected, found=modifier, hint=hint)


def _broken_key(text: str, start: int) -> SyntaxProblem:
    furthest, expected = grammar.expected_in(grammar.sort_key, text, start)
    span = _token_at(text, furthest)
    return SyntaxProblem(
        source="sort",
        span=span,
        expected=grammar.in_order(expected),
        found=text[span.start : span.end],
        hint=hints.sort_hint(text, span, expected),
    )


# --- selectors ---


def parse_selector(text: str) -> Path | Call | None:
    """Read a selector: a dotted path, or a function call.

    Args:
        text: the selector, without quotes and escapes.

    Returns:
        What it says; None when it is not well-formed.

    >>> parse_selector("company.name")
    Path(parts=('company', 'name'))
    >>> parse_selector("@concat[name|#-|@upper[code]]").arguments[1:]
    (Constant(value='-'), Call(name='upper', arguments=(Path(parts=('code',)),)))
    >>> [parse_selector(text) for text in ("a..b", ".a", "", "@fn[", "@fn[a|]", "@fn[a]b")]
    [None, None, None, None, None, None]
    """
    return _call(text) if text.startswith("@") else _path(text)


def _path(text: str) -> Path | None:
    parts = tuple(text.split("."))
    return Path(parts) if all(parts) else None


def _call(text: str) -> Call | None:
    calls: list[tuple[str, list[Selector]]] = []  # the calls that are open
    position = 0
    complete = False  # whether an argument has just ended
    while token := grammar.call_pattern.match(text, position):
        position = token.end()
        kind = token.lastgroup
        # An argument begins where none has just ended; a joint or the end of a call follows one.
        if complete is (kind not in ("next", "close")) and not (
            kind == "close" and calls and not calls[-1][1]
        ):
            return None
        if kind == "name":
            if len(calls) == CALL_DEPTH:
                return None
            calls.append((token["name"], []))
        elif not calls:
            return None
        elif kind == "next":
            complete = False
        elif kind == "close":
            name, arguments = calls.pop()
            call = Call(name, tuple(arguments))
            if not calls:
                return call if position == len(text) else None
            calls[-1][1].append(call)
            complete = True
        else:
            argument = _constant(token["constant"]) if kind == "constant" else _path(token["path"])
            if argument is None:
                return None
            calls[-1][1].append(argument)
            complete = True
    return None


def _constant(text: str) -> Constant:
    match text:
        case "true" | "false":
            return Constant(text == "true")
        case "null":
            return Constant(None)
        case _ if grammar.integer_pattern.fullmatch(text):
            return Constant(int(text))
        case _ if grammar.float_pattern.fullmatch(text):
            return Constant(float(text))
        case _:
            return Constant(text.replace("\t", " "))
