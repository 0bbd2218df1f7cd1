"""A second reading of the language: token by token, one token ahead, as the reference parser goes about it.

Written from the language's description, for clearness alone: an oracle that shares nothing with
`pyrsql.language.grammar`.
"""

import re
import string

from pyrsql.language.nodes import And, Comparison, Node, Or
from pyrsql.operators import DEFAULT_OPERATOR_REGISTRY

RESERVED = "\"'();,=<>!~ "
WHITESPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \u1680\u2028\u2029\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
)


class Refused(Exception):
    """The text is wrong; the reason is `syntax`, `unknown-operator` or `arity`."""


class Tokens:
    """The tokens of a text, cut off no earlier than they are looked at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.ahead: tuple[str, str] | None = None

    def peek(self) -> str:
        """The kind of the next token."""
        if self.ahead is None:
            while self.rest().startswith(" ") and not self.rest().startswith((" and ", " or ")):
                self.place += 1
            kind, token = self.cut(self.rest())
            self.place += len(token)
            self.ahead = kind, token
        return self.ahead[0]

    def take(self, *kinds: str) -> str:
        if self.peek() not in kinds or self.ahead is None:
            raise Refused("syntax")
        token = self.ahead[1]
        self.ahead = None
        return token

    def rest(self) -> str:
        return self.text[self.place :]

    def cut(self, rest: str) -> tuple[str, str]:
        for kind, signs in (("and", (";", " and ")), ("or", (",", " or ")), ("(", ("(",)), (")", (")",))):
            for sign in signs:
                if rest.startswith(sign):
                    return kind, sign
        if not rest:
            return "end", ""
        if rest[0] in "\"'":
            return "quoted", rest[: self.closing_quote(rest) + 1]
        if rest[0] in "<>!":
            if rest[1:2] == "=":
                return "operator", rest[:2]
            if rest[0] != "!":
                return "operator", rest[0]
        if rest[0] == "=":
            letters = len(rest) - 1 - len(rest[1:].lstrip(string.ascii_letters))
            if rest[letters + 1 : letters + 2] == "=":
                return "operator", rest[: letters + 2]
        if rest[0] in RESERVED:
            raise Refused("syntax")
        end = next((place for place, one in enumerate(rest) if one in RESERVED), len(rest))
        return "run", rest[:end]

    def closing_quote(self, rest: str) -> int:
        place = 1
        while place < len(rest) and rest[place] != rest[0]:
            place += 2 if rest[place] == "\\" else 1
        if place >= len(rest):
            raise Refused("syntax")
        return place


def read(text: str) -> Node:
    """The tree of a text that nests no deeper than Python does.

    Raises:
        Refused: with the first thing that is wrong.
    """
    tokens = Tokens(text)
    tree = disjunction(tokens)
    tokens.take("end")
    return tree


def disjunction(tokens: Tokens) -> Node:
    nodes = [conjunction(tokens)]
    while tokens.peek() == "or":
        tokens.take("or")
        nodes.append(conjunction(tokens))
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def conjunction(tokens: Tokens) -> Node:
    nodes = [constraint(tokens)]
    while tokens.peek() == "and":
        tokens.take("and")
        nodes.append(constraint(tokens))
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


def constraint(tokens: Tokens) -> Node:
    if tokens.peek() == "(":
        tokens.take("(")
        node = disjunction(tokens)
        tokens.take(")")
        return node
    return comparison(tokens)


def comparison(tokens: Tokens) -> Comparison:
    selector = word(tokens)
    spelling = tokens.take("operator")
    arguments: list[str] = []
    if tokens.peek() in ("run", "quoted"):
        arguments.append(word(tokens))
    elif tokens.peek() == "(":
        tokens.take("(")
        if tokens.peek() != ")":
            arguments.append(word(tokens))
        while arguments and tokens.peek() == "or":
            tokens.take("or")
            arguments.append(word(tokens))
        tokens.take(")")
    operator = DEFAULT_OPERATOR_REGISTRY.find(spelling)
    if operator is None:
        raise Refused("unknown-operator")
    if not selector.strip(WHITESPACE):
        raise Refused("syntax")
    most = operator.maximum_arguments
    if len(arguments) < operator.minimum_arguments or (most is not None and len(arguments) > most):
        raise Refused("arity")
    return Comparison(selector, operator, tuple(arguments))


def word(tokens: Tokens) -> str:
    """An unreserved run, or what a quoted text means."""
    kind = tokens.peek()
    token = tokens.take("run", "quoted")
    return token if kind == "run" else re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
