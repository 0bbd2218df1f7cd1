"""Combinators on parsy for a language whose tokens are regular.

A `Rule` is a parsy parser that also carries the regular expression which reads the same text. The operators of parsy
(`>>`, `|`, `.optional()`, `.many()`) combine both, so a grammar is written once and read in two ways: valid text takes
one match per item, and where no item matches, the parser of the same rule runs token by token and tells how far it
came and which terminals it expected there.

Expressions are possessive and rules never backtrack: every text is read in linear time. Nested parts (groups, calls)
are kept on a stack: depth costs no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # parsy ships no types: these are the parts of it that are used here.
    class Outcome:
        """The result of a parser: a value, or the furthest failure with the terminals that were expected there."""

        status: bool
        index: int
        value: Any
        furthest: int
        expected: frozenset[str]

        def __init__(
            self, status: bool, index: int, value: Any, furthest: int, expected: frozenset[str], /
        ) -> None: ...
        @staticmethod
        def success(index: int, value: Any, /) -> Outcome: ...
        @staticmethod
        def failure(index: int, expected: str | frozenset[str], /) -> Outcome: ...
        def aggregate(self, other: Outcome | None, /) -> Outcome: ...

    class Parser:
        """A function from a text and a place in it to an outcome."""

        wrapped_fn: Callable[[str, int], Outcome]

        def __init__(self, wrapped_fn: Callable[[str, int], Outcome], /) -> None: ...
        def __call__(self, stream: str, index: int, /) -> Outcome: ...
        def desc(self, description: str, /) -> Parser: ...
        def optional(self) -> Parser: ...
        def many(self) -> Parser: ...

    def alt(*parsers: Parser) -> Parser: ...
    def seq(*parsers: Parser) -> Parser: ...
    def regex(expression: str, flags: re.RegexFlag, /) -> Parser: ...

else:
    from parsy import Parser, alt, regex, seq
    from parsy import Result as Outcome

__all__ = [
    "NOTHING",
    "TOO_DEEP",
    "TOO_MANY",
    "Chain",
    "Infix",
    "Join",
    "Make",
    "Nested",
    "Outcome",
    "Parser",
    "Rule",
    "attempt",
    "compiled",
    "quiet",
    "token",
]

Make = Callable[[re.Match[str], list[Any]], Any]
"""Makes the value of an item from its match. It appends problems to the list; None ends the reading."""

Join = Callable[[tuple[Any, ...]], Any]
"""Makes one value of those that a joint joins."""

NOTHING: frozenset[str] = frozenset()
JOINTS = frozenset({"loose", "end"})
TOO_DEEP, TOO_MANY = "fewer groups", "fewer items"
"""Expected where reading ends because of a limit."""


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern in which `.` is any character: LF is ordinary text."""
    return re.compile(pattern, re.DOTALL)


class Rule(Parser):
    """A parsy parser for a regular part of the language, and the regular expression that reads the same text.

    Args:
        pattern: the expression. Its named groups are the parts of a match.
        parser: a parser that reads the same text.
    """

    def __init__(self, pattern: str, parser: Parser) -> None:
        super().__init__(parser.wrapped_fn)
        self.pattern = pattern

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return compiled(self.pattern)

    def __rshift__(self, other: Rule) -> Rule:
        """This rule, then another."""
        return Rule(self.pattern + other.pattern, seq(self, other))

    def __or__(self, other: Rule) -> Rule:
        """Either of two rules that begin differently."""
        return Rule(f"(?:{self.pattern}|{other.pattern})", alt(self, other))

    def optional(self) -> Rule:
        """This rule or nothing."""
        return Rule(f"(?:{self.pattern})?+", super().optional())

    def many(self) -> Rule:
        """This rule any number of times, in one match; a last attempt tells what could follow."""
        repeated = compiled(f"(?:{self.pattern})*+")

        def read(text: Any, index: int) -> Outcome:
            found = repeated.match(text, index)
            end = found.end() if found else index
            more = self(text, end)
            return Outcome(True, end, None, more.furthest, more.expected)

        return Rule(repeated.pattern, Parser(read))

    def named(self, name: str) -> Rule:
        """The same rule as a group of the match."""
        return Rule(f"(?P<{name}>{self.pattern})", self)


def token(pattern: str, words: str) -> Rule:
    """A terminal; `words` name it in messages."""
    return Rule(pattern, regex(pattern, re.DOTALL).desc(words))


def quiet(pattern: str) -> Rule:
    """A terminal that messages do not name, such as the blanks between tokens."""
    match = compiled(pattern).match

    def read(text: Any, index: int) -> Outcome:
        found = match(text, index)
        return Outcome(found is not None, found.end() if found else -1, None, -1, NOTHING)

    return Rule(pattern, Parser(read))


def attempt(rule: Parser, text: str, index: int = 0) -> str | tuple[int, list[str]]:
    """The text that a rule reads, or else where it fails, with the terminals that it expected there.

    >>> word = token("[a-z]++", "a word")
    >>> attempt(word >> (token(",", "a comma") >> word).many(), "a,b,c;d")
    'a,b,c'
    >>> attempt(word, "1")
    (0, ['a word'])
    """
    result = rule(text, index)
    return text[index : result.index] if result.status else (result.furthest, sorted(result.expected))


def _failed(index: int, wrong: list[Any], reason: Outcome) -> Outcome:
    """A failure; `index` is where the item begins that could not be read, `value` the problems before it."""
    return Outcome(False, index, wrong, reason.furthest, reason.expected)


def _ended(index: int, wrong: list[Any]) -> Outcome:
    """The end of a reading that `make` has ended."""
    return Outcome(False, index, wrong, -1, NOTHING)


@dataclass(frozen=True)
class Chain:
    """Items with joints between them, up to the end of the text: `chain = item, { joint, item }, end`."""

    item: Rule
    joint: Rule
    end: Rule

    def parser(self, make: Make, most: int) -> Parser:
        """A parser of the list of the items' values.

        Args:
            make: the value of an item.
            most: how many items there may be.
        """
        link = self.item >> (self.joint.named("joint") | self.end)
        match = link.compiled.match

        def read(text: Any, index: int) -> Outcome:
            values: list[Any] = []
            wrong: list[Any] = []
            while (found := match(text, index)) is not None:
                if len(values) == most:
                    return _failed(index, wrong, Outcome.failure(index, TOO_MANY))
                value = make(found, wrong)
                if value is None:
                    return _ended(index, wrong)
                values.append(value)
                index = found.end()
                if found["joint"] is None:
                    return _ended(index, wrong) if wrong else Outcome.success(index, values)
            return _failed(index, wrong, link(text, index))

        return Parser(read)


@dataclass(frozen=True)
class Infix:
    """Items joined by `tight`, joined by `loose`, with groups in parentheses, up to the end of the text.

    infix = terms, end    terms = term, { loose, term }    term = one, { tight, one }
    one = opening, terms, closing | item

    A joint is n-ary: `a;b;c` is one value of three.
    """

    item: Rule
    tight: Rule
    loose: Rule
    opening: Rule
    closing: Rule
    end: Rule

    def parser(self, make: Make, join_tight: Join, join_loose: Join, deepest: int, most: int) -> Parser:
        """A parser of the joined value.

        Args:
            make: the value of an item.
            join_tight: joins the values between tight joints.
            join_loose: joins the values between loose joints.
            deepest: how many groups may be open at a time.
            most: how many items there may be.
        """
        joint = self.tight.named("tight") | self.loose.named("loose") | self.end.named("end")
        match, joint_at = (self.item >> joint.optional()).compiled.match, joint.compiled.match
        open_at, close_at = self.opening.compiled.match, self.closing.compiled.match

        def joined(terms: list[Any], factors: list[Any]) -> Any:
            term = factors[0] if len(factors) == 1 else join_tight(tuple(factors))
            return join_loose((*terms, term)) if terms else term

        def read(text: Any, index: int) -> Outcome:
            groups: list[tuple[list[Any], list[Any]]] = []  # the terms and factors around each open group
            terms: list[Any] = []  # what `loose` joins in the innermost one
            factors: list[Any] = []  # what `tight` joins in the last of them
            wrong: list[Any] = []
            for _ in range(most):
                while (found := match(text, index)) is None:
                    opened = open_at(text, index)
                    if opened is None:
                        return _failed(index, wrong, (self.opening | self.item)(text, index))
                    if len(groups) == deepest:
                        return _failed(index, wrong, Outcome.failure(index, TOO_DEEP))
                    groups.append((terms, factors))
                    terms, factors, index = [], [], opened.end()
                value = make(found, wrong)
                if value is None:
                    return _ended(index, wrong)
                factors.append(value)
                kind, place = found.lastgroup, found.end()
                if kind == "tight":
                    index = place
                    continue
                if kind not in JOINTS:
                    while groups and (closed := close_at(text, place)):
                        value, place = joined(terms, factors), closed.end()
                        terms, factors = groups.pop()
                        factors.append(value)
                    found = joint_at(text, place)
                    if found is None:
                        return _failed(index, wrong, self._no_joint(text, index, place, groups))
                    kind, place = found.lastgroup, found.end()
                if kind == "loose":
                    terms.append(joined([], factors))
                    factors = []
                elif kind == "end":
                    if groups:
                        return _failed(index, wrong, self._no_joint(text, index, place, groups))
                    return _ended(place, wrong) if wrong else Outcome(True, place, joined(terms, factors), -1, NOTHING)
                index = place
            return _failed(index, wrong, Outcome.failure(index, TOO_MANY))

        return Parser(read)

    def _no_joint(self, text: str, index: int, place: int, inside: object) -> Outcome:
        """The failure where no joint follows at `place`, behind the item at `index`."""
        joint = self.tight | self.loose | (self.closing if inside else self.end)
        return joint(text, place).aggregate(self.item(text, index))


@dataclass(frozen=True)
class Nested:
    """A call, whose arguments are items and calls: `call = opening, [ any, { joint, any } ], closing`, `any = call |
    item`.
    """

    item: Rule
    opening: Rule
    joint: Rule
    closing: Rule

    def parser(
        self,
        make_item: Callable[[re.Match[str]], Any],
        make_call: Callable[[re.Match[str], tuple[Any, ...]], Any],
        deepest: int,
    ) -> Parser:
        """A parser of the value of a call or an item.

        Args:
            make_item: the value of an item from its match.
            make_call: the value of a call from the match of its opening and the values of its arguments.
            deepest: how many calls may be open at a time.
        """
        open_at, item_at = self.opening.compiled.match, self.item.compiled.match
        joint_at, close_at = self.joint.compiled.match, self.closing.compiled.match

        def read(text: Any, index: int) -> Outcome:
            around: list[tuple[re.Match[str], list[Any]]] = []  # the open calls, and the values before each
            values: list[Any] = []
            while True:
                if opened := open_at(text, index):
                    if len(around) == deepest:
                        return Outcome.failure(index, TOO_DEEP)
                    around.append((opened, values))
                    values, index = [], opened.end()
                    if not close_at(text, index):
                        continue
                elif found := item_at(text, index):
                    values.append(make_item(found))
                    index = found.end()
                else:
                    return (self.opening | self.item)(text, index)
                while around and (closed := close_at(text, index)):
                    call, outer = around.pop()
                    outer.append(make_call(call, tuple(values)))
                    values, index = outer, closed.end()
                if not around:
                    return Outcome.success(index, values[0])
                if not (joint := joint_at(text, index)):
                    return (self.joint | self.closing)(text, index)
                index = joint.end()

        return Parser(read)
