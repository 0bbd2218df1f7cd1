"""From text to trees: limits first, then the grammar, and a precise problem where a text breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from returns.result import Failure, Result, Success

from pyrsql.language import grammar, hints
from pyrsql.language.grammar import (
    BROKEN,
    CLOSING,
    DOUBLE_QUOTED,
    FIELD,
    GROUPED,
    GROUPED_END,
    JOINT_AND,
    JOINT_END,
    JOINT_OR,
    OPENING,
    OTHER,
    PLAIN,
    SEVERAL,
    SINGLE_QUOTED,
    SPELLING,
    VALUE_RUN,
    link_pattern,
)
from pyrsql.language.nodes import (
    Call,
    Comparison,
    ComparisonDraft,
    Constant,
    Node,
    Path,
    Selector,
    SortKey,
    argument_spans,
    parsed_and,
    parsed_comparison,
    parsed_or,
    parsed_sort_key,
)
from pyrsql.language.terminals import (
    item_pattern,
    modifier_pattern,
    token_pattern,
    whitespace_pattern,
)
from pyrsql.operators import EQUAL, ComparisonOperator, OperatorRegistry
from pyrsql.options import DEFAULT_QUERY_OPTIONS, DEFAULT_SORT_OPTIONS, QueryOptions, SortOptions
from pyrsql.problems import (
    LimitExceeded,
    Problem,
    Problems,
    Source,
    Span,
    SyntaxProblem,
    UnknownOperator,
    WrongArity,
)
from pyrsql.recent import Recent

OptionsT = TypeVar("OptionsT")
ReadT = TypeVar("ReadT")

PROBLEMS_AT_ONCE = 10
"""A filter is read no further than this many problems: more would help nobody, and each one costs time."""

NEVER_NEXT = frozenset("(=!~'\"")
"""Tokens that cannot follow an operator without arguments: the syntax is at fault there, not the arity."""

_QUOTES = "\"'"

UNLIMITED = 2**31
"""More than a text can hold, and no more than a regular expression can count."""

CALL_DEPTH = 32
"""Function calls inside function calls that a selector may hold."""


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but blanks, and so asks for nothing."""
    return not text.strip(" ")


def _recalled(
    recent: Recent[str, Result[ReadT, Problems]],
    text: str,
    read: Callable[[str, OptionsT], Result[ReadT, Problems]],
    options: OptionsT,
) -> Result[ReadT, Problems]:
    """What was read of a text before, or what is read of it now: kept when the text has come again."""
    known = recent.get(text)
    if not isinstance(known, bool):
        return known
    found = read(text, options)
    if known and isinstance(found, Success):
        recent.keep(text, found)
    return found


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
    return _recalled(_trees(options), text, parse_filter, options)


@lru_cache(maxsize=256)
def _trees(options: QueryOptions) -> Recent[str, Result[Node, Problems]]:
    return Recent(options.cached_texts)


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
    takes_one, deepest = rules.takes_one.get, rules.depth
    # Most filters are a single comparison.
    if ";" not in text and "," not in text and rules.nodes:
        link = rules.chain.match(text)
        if link and link.lastindex == JOINT_END and link[VALUE_RUN] and (operator := takes_one(link[SPELLING])):
            arguments = (link[VALUE_RUN],)
            return Success(parsed_comparison(link[FIELD], operator, arguments, text, link.start(FIELD)))
    problems: list[Problem] = []
    groups: list[tuple[list[Node], list[Node]]] = []  # the groups around the one being read
    terms: list[Node] = []  # of its OR
    factors: list[Node] = []  # of the AND being read
    links = rules.chain.finditer(text)
    # A link takes at least one character, so that a short text needs no count.
    for link in islice(links, rules.nodes) if len(text) > rules.nodes else links:
        operator, value = takes_one(link[SPELLING]), link[VALUE_RUN]
        if value is None:
            value = link[SINGLE_QUOTED] or link[DOUBLE_QUOTED]
            if value and "\\" in value:
                value = _unescaped(value)
                if len(value) > rules.argument_length:
                    value = None
        if value and operator is not None:
            # What `parsed_comparison` does, without a call: this is where most of the time goes.
            draft: Any = ComparisonDraft()
            draft.selector = link[FIELD]
            draft.operator = operator
            draft.arguments = (value,)
            draft.text = text
            draft.start = link.start(FIELD)
            draft.__class__ = Comparison
            factors.append(draft)
            joint = link.lastindex
            if joint == JOINT_AND:
                continue
        elif (joint := link.lastindex or BROKEN) == BROKEN:
            _broken_link(link, rules, len(groups), problems)
            return _failure(problems)
        else:
            opening, closing = link[OPENING], link[CLOSING]
            if joint == OTHER:
                opening, closing, joint = _around(link)
            elif joint > JOINT_END:
                joint -= GROUPED_END - JOINT_END
            if opening:
                outside = len(groups)
                for _ in opening:
                    if len(groups) == deepest:
                        problems.append(_too_deep(link, deepest - outside, rules))
                        return _failure(problems)
                    groups.append((terms, factors))
                    terms, factors = [], []
            operator = takes_one(link[GROUPED + SPELLING])
            if operator is not None and (value := link[GROUPED + VALUE_RUN]):
                start = link.start(GROUPED + FIELD)
                factors.append(parsed_comparison(link[GROUPED + FIELD], operator, (value,), text, start))
            else:
                factors.append(_comparison(link, rules, problems))
                if problems and _enough(problems):
                    return _failure(problems)
            if closing:
                opened = len(groups)
                for _ in closing:
                    if not groups:
                        problems.append(_not_open(text, _whole(link).start("closing"), opened, rules))
                        return _failure(problems)
                    group = _either(terms, factors)
                    terms, factors = groups.pop()
                    factors.append(group)
        if joint == JOINT_OR:
            terms.append(factors[0] if len(factors) == 1 else parsed_and(tuple(factors)))
            factors = []
        elif joint == JOINT_END:
            if groups:
                problems.append(_not_closed(text))
            if problems:
                return _failure(problems)
            tree = _either(terms, factors)
            if len(text) > rules.nodes and (size := _size(tree)) > rules.nodes:
                return Failure((_limit("filter", "nodes", rules.nodes, size),))
            return Success(tree)
    problems.append(_limit("filter", "nodes", rules.nodes))
    return _failure(problems)


class _Rules(NamedTuple):
    """What options say about the text of a filter, ready for use. A lifted limit is the largest number."""

    operators: OperatorRegistry
    takes_one: Mapping[str | None, ComparisonOperator]
    chain: re.Pattern[str]
    query_length: int
    selector_length: int
    argument_length: int
    arguments: int
    depth: int
    nodes: int


@lru_cache(maxsize=256)
def _rules(options: QueryOptions) -> _Rules:
    limits = options.parse_limits
    field_length, value_length = _number(limits.selector_length), _number(limits.argument_length)
    return _Rules(
        operators=options.operators,
        takes_one={
            spelling: operator
            for spelling, operator in options.operators.by_spelling.items()
            if _takes(operator, 1) and limits.arguments != 0
        },
        chain=grammar.chain_pattern(field_length, value_length),
        query_length=_number(limits.query_length),
        selector_length=field_length,
        argument_length=value_length,
        arguments=_number(limits.arguments),
        depth=_number(limits.depth),
        nodes=_number(limits.nodes),
    )


def _number(limit: int | None) -> int:
    return UNLIMITED if limit is None else limit


def _takes(operator: ComparisonOperator, arguments: int) -> bool:
    most = operator.maximum_arguments
    return operator.minimum_arguments <= arguments and (most is None or arguments <= most)


def _either(terms: list[Node], factors: list[Node]) -> Node:
    """The node of a group: the terms of its OR, the last of which is the AND of `factors`."""
    last = factors[0] if len(factors) == 1 else parsed_and(tuple(factors))
    return parsed_or((*terms, last)) if terms else last


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


def _enough(problems: list[Problem]) -> bool:
    """Whether reading ends here: what follows a problem of syntax or size is anyone's guess."""
    return bool(problems) and (
        len(problems) == PROBLEMS_AT_ONCE or not isinstance(problems[-1], UnknownOperator | WrongArity)
    )


def _failure(problems: list[Problem]) -> Result[Node, Problems]:
    first, *rest = problems
    return Failure((first, *rest))


# --- comparisons ---


def _whole(link: re.Match[str]) -> re.Match[str]:
    """A link, read by the whole rule."""
    whole = link_pattern().match(link.string, link.start())
    assert whole is not None, "the whole rule reads every link"
    return whole


def _around(link: re.Match[str]) -> tuple[str, str, int]:
    """The parentheses before and after the comparison of any link, and how it ends, in the terms of a plain one."""
    opening, closing, and_, or_ = _whole(link).group("opening", "closing", "and", "or")
    joint = JOINT_AND if and_ else JOINT_OR if or_ else JOINT_END
    return (opening or "").replace(" ", ""), (closing or "").replace(" ", ""), joint


def _comparison(link: re.Match[str], rules: _Rules, problems: list[Problem]) -> Comparison:
    """The comparison of a link. If it is wrong, a problem is noted, and what is returned does not matter."""
    form = GROUPED if link[GROUPED + FIELD] else PLAIN
    operator = rules.operators.by_spelling.get(link[form + SPELLING])
    if operator is not None and link[form + VALUE_RUN] is None:
        arguments = _plain_arguments(link, form)
        short = len(max(arguments, key=len, default="")) <= rules.argument_length
        if short and _takes(operator, len(arguments)) and len(arguments) <= rules.arguments:
            start = link.start(form + FIELD)
            return parsed_comparison(link[form + FIELD], operator, arguments, link.string, start)
    return _any_comparison(_whole(link), rules, problems)


def _plain_arguments(link: re.Match[str], form: int) -> tuple[str, ...]:
    """The arguments of a plain or grouped link where they are no run: a list, a quoted text, or none."""
    several: str | None = link[form + SEVERAL]
    if several is not None:
        return tuple(several.split(","))
    single, double = link[form + SINGLE_QUOTED], link[form + DOUBLE_QUOTED]
    return () if single is None and double is None else (_unescaped(single or double or ""),)


def _any_comparison(written: re.Match[str], rules: _Rules, problems: list[Problem]) -> Comparison:
    """The same for a match that has the groups of `terminals.COMPARISON`."""
    field = _unquoted(written["field"])
    arguments = _arguments(written, rules.arguments)
    operator = rules.operators.by_spelling.get(written["operator"])
    if (
        operator is None
        or not _takes(operator, len(arguments))
        or len(arguments) > rules.arguments
        or len(field) > rules.selector_length
        or len(max(arguments, key=len, default="")) > rules.argument_length
        or whitespace_pattern.fullmatch(field)
    ):
        problems.append(_wrong(written, field, operator, arguments, rules))
        return Comparison(field, EQUAL, arguments)
    return parsed_comparison(field, operator, arguments, written.string, written.start("field"))


def _arguments(written: re.Match[str], most: int) -> tuple[str, ...]:
    """The arguments of a comparison, and if there are more than `most`, one more than that."""
    value, several = written.group("value", "list")
    if value is not None:
        return (_unquoted(value),)
    if several is None:
        return ()
    # A value and its joint take two characters: only a longer list can hold too many.
    if len(several) > 2 * most:
        return tuple(_unquoted(item[1]) for item in islice(item_pattern.finditer(several), most + 1))
    items = item_pattern.findall(several)
    return tuple([_unquoted(item) for item in items] if "'" in several or '"' in several else items)


def _unquoted(written: str) -> str:
    """The text meant by an unreserved run or a quoted text."""
    if written[0] not in _QUOTES:
        return written
    return _unescaped(written[1:-1])


def _unescaped(inner: str) -> str:
    """The inside of a quoted text without the backslashes that escape: of two, the first."""
    return "\\".join([piece.replace("\\", "") for piece in inner.split("\\\\")]) if "\\" in inner else inner


# --- what is wrong ---


def _wrong(
    written: re.Match[str],
    field: str,
    operator: ComparisonOperator | None,
    arguments: tuple[str, ...],
    rules: _Rules,
) -> Problem:
    """What is wrong with a comparison that follows the grammar."""
    at_field = Span(*written.span("field"))
    if len(field) > rules.selector_length:
        return _limit("filter", "selector_length", rules.selector_length, len(field), at_field)
    if operator is None:
        return UnknownOperator(
            source="filter",
            span=Span(*written.span("operator")),
            operator=written["operator"],
            field=field,
            hint=hints.operator_hint(written["operator"], rules.operators),
        )
    if whitespace_pattern.fullmatch(field):
        return SyntaxProblem(source="filter", span=at_field, expected=(grammar.A_FIELD,), found=written["field"])
    if len(arguments) > rules.arguments:
        return _limit("filter", "arguments", rules.arguments, span=Span(*written.span("list")))
    for argument, span in zip(arguments, argument_spans(written), strict=True):
        if len(argument) > rules.argument_length:
            return _limit("filter", "argument_length", rules.argument_length, len(argument), span)
    ends = written.end("operator"), written.end("value"), written.end("list")
    return WrongArity(
        source="filter",
        span=Span(at_field.start, max(ends)),
        operator=written["operator"],
        minimum=operator.minimum_arguments,
        maximum=operator.maximum_arguments,
        given=len(arguments),
        field=field,
    )


def _limit(
    source: Source, limit: str, maximum: int, actual: int | None = None, span: Span | None = None
) -> LimitExceeded:
    return LimitExceeded(source=source, limit=limit, maximum=maximum, actual=actual, span=span)


def _broken_link(link: re.Match[str], rules: _Rules, depth: int, problems: list[Problem]) -> None:
    """Note what is wrong where no link can be read: with its comparison, if that can be, and with its syntax."""
    text, start = link.string, link.start()
    furthest, expected = grammar.expected_in(grammar.link, text, start)
    written = grammar.head_pattern().match(text, start)
    if written:
        behind, closed = written.start("closing"), written["closing"].count(")")
        opened = depth + written["opening"].count("(")
        bare = written["value"] is None and written["list"] is None
        after = _token_at(text, behind)
        if not bare or text[after.start : after.end] not in NEVER_NEXT:
            _any_comparison(written, rules, problems)
            if _enough(problems):
                return
        if closed > opened:
            problems.append(_not_open(text, behind, opened, rules))
            return
        expected -= {grammar.END_OF_GROUP if closed == opened else grammar.THE_END}
        operator = rules.operators.find(written["operator"])
        if bare and not closed and not (operator and _takes(operator, 0)):
            expected &= {grammar.A_VALUE, grammar.A_LIST, grammar.ANOTHER_VALUE, grammar.END_OF_LIST}
    span = _token_at(text, furthest)
    problems.append(
        SyntaxProblem(
            source="filter",
            span=span,
            expected=grammar.in_order(expected),
            found=text[span.start : span.end],
            hint=hints.syntax_hint(text, span, expected, rules.operators),
        )
    )


def _too_deep(link: re.Match[str], allowed: int, rules: _Rules) -> LimitExceeded:
    """A parenthesis that opens one group too many, after so many of this link that do not."""
    place = _nth(link.string, "(", _whole(link).start("opening"), allowed)
    return _limit("filter", "depth", rules.depth, span=Span(place, place + 1))


def _not_open(text: str, start: int, opened: int, rules: _Rules) -> SyntaxProblem:
    """A parenthesis that closes nothing, after so many from `start` on that do."""
    place = _nth(text, ")", start, opened)
    span = Span(place, place + 1)
    expected = (grammar.AN_AND, grammar.AN_OR, grammar.THE_END)
    hint = hints.syntax_hint(text, span, expected, rules.operators)
    return SyntaxProblem(source="filter", span=span, expected=expected, found=")", hint=hint)


def _nth(text: str, sign: str, start: int, skipped: int) -> int:
    """The place of a sign, after so many others of its kind from `start` on."""
    for _ in range(skipped):
        start = text.index(sign, start) + 1
    return text.index(sign, start)


def _not_closed(text: str) -> SyntaxProblem:
    """The end of a filter inside a group."""
    expected = (grammar.AN_AND, grammar.AN_OR, grammar.END_OF_GROUP)
    end = Span(len(text), len(text))
    return SyntaxProblem(source="filter", span=end, expected=expected, found="", hint="A '(' is never closed.")


def _token_at(text: str, start: int) -> Span:
    found = token_pattern.match(text, start)
    return Span(start, found.end() if found else start)


# --- sorts ---


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
    return _recalled(_sorts(options), text, _read_sort, options)


@lru_cache(maxsize=256)
def _sorts(options: SortOptions) -> Recent[str, Result[tuple[SortKey, ...], Problems]]:
    return Recent(options.cached_texts)


def _read_sort(text: str, options: SortOptions) -> Result[tuple[SortKey, ...], Problems]:
    limits = options.sort_limits
    if len(text) > (length := _number(limits.sort_length)):
        return Failure((_limit("sort", "sort_length", length, len(text)),))
    keys: list[SortKey] = []
    most, longest = _number(limits.keys), _number(limits.selector_length)
    for match in grammar.sort_key_pattern.finditer(text):
        sign, field, modifiers, another = match.group("sign", "field", "modifiers", "next")
        if field is None:
            return Failure((_broken_key(text, match.start()),))
        span = Span(match.start("field"), match.end("field"))
        if len(keys) == most:
            return Failure((_limit("sort", "keys", most, None, span),))
        plain = not modifiers or (not sign and modifiers in (",asc", ",desc"))
        if plain and field[0] not in _QUOTES and len(field) <= longest and not field[0].isspace():
            # What most keys are.
            keys.append(parsed_sort_key(field, sign == "-" or modifiers == ",desc", span))
        else:
            key = _sort_key(match, span, longest)
            if not isinstance(key, SortKey):
                return Failure((key,))
            keys.append(key)
        if another is None:
            break
    return Success(tuple(keys))


def _sort_key(match: re.Match[str], span: Span, longest: int) -> SortKey | Problem:
    """The key that a match holds, or what is wrong with it."""
    sign, written = match.group("sign", "field")
    field = _unquoted(written)
    if len(field) > longest:
        return _limit("sort", "selector_length", longest, len(field), span)
    if whitespace_pattern.fullmatch(field):
        return SyntaxProblem(source="sort", span=span, expected=(grammar.A_FIELD,), found=written)
    descending = {"-": True, "+": False}.get(sign)
    ignore_case = nulls_first = None
    for modifier in modifier_pattern.finditer(match.string, *match.span("modifiers")):
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
        if complete is (kind not in ("next", "close")) and not (kind == "close" and calls and not calls[-1][1]):
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
