"""The mutants of a source: the operators of mutmut, and some of our own, over the whole module.

mutmut itself mutates functions alone, of those only the ones without a decorator, and runs all mutants in copies of
one process, where rules and conversions are cached already. Hence its operators are applied here, and not its runner.
"""

# mutmut, which brings libcst, is not among the tools of `make check`.
# pyright: reportMissingImports=false

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators


class Mutant(NamedTuple):
    """A source with one error in it.

    Args:
        line: the number of the line where it is.
        changes: the lines before, each after "-", and those after it, each after "+".
        source: all of it.
    """

    line: int
    changes: tuple[str, ...]
    source: str


UNTOUCHED_CALLS = {"cast", "TypeVar", "isinstance", "len", "assert_never"}
"""Functions whose arguments are for type checkers, or where most mutants raise a TypeError."""


class Place(NamedTuple):
    """A node that may be mutated, its line, and the bytes that it takes."""

    node: cst.CSTNode
    line: int
    start: int
    end: int


class Places(cst.CSTVisitor):
    """Collects the nodes of a module that may be mutated."""

    METADATA_DEPENDENCIES = (PositionProvider, ByteSpanPositionProvider)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Place] = []

    def add(self, node: cst.CSTNode) -> None:
        position = self.get_metadata(PositionProvider, node, None)
        span = self.get_metadata(ByteSpanPositionProvider, node, None)
        if position is not None and span is not None:
            self.found.append(Place(node, position.start.line, span.start, span.start + span.length))

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return False
        if isinstance(node, cst.Assign) and untouched(node.value):
            return False
        if untouched(node):
            # One kind less in an isinstance is a mutant; other changes there are not worth a run.
            for union in unions_in(node):
                self.add(union)
            return False
        self.add(node)
        return True


def untouched(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in UNTOUCHED_CALLS


def unions_in(node: cst.CSTNode) -> Iterator[cst.BinaryOperation]:
    for child in node.children:
        if isinstance(child, cst.BinaryOperation):
            yield child
        yield from unions_in(child)


def one_side(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """`a and b` -> `a`, `b`; the same of `or`, `|` and the alternatives of a pattern."""
    match node:
        case cst.BooleanOperation() | cst.BinaryOperation(operator=cst.BitOr()):
            yield node.left
            yield node.right
        case cst.MatchOr(patterns):
            for place in range(len(patterns)):
                kept = [*patterns[:place], *patterns[place + 1 :]]
                last = kept[-1].with_changes(separator=cst.MaybeSentinel.DEFAULT)
                yield node.with_changes(patterns=[*kept[:-1], last]) if len(kept) > 1 else last.pattern
        case _:
            pass


def forced(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """`if a:` -> `if True:`, `if False:`."""
    if isinstance(node, cst.If):
        for constant in ("True", "False"):
            yield node.with_changes(test=cst.Name(constant))


NUMBER = re.compile(r"[0-9]+")
OPTIONAL = re.compile(r"(?<![(\\?*+}])\?")


def patterns(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A regular expression, which is a raw string here: each number one more, and each `?` left out."""
    match node:
        case cst.SimpleString(value=text) if "r" in node.prefix:
            pass
        case cst.FormattedStringText(value=text):
            pass
        case _:
            return
    for found in NUMBER.finditer(text):
        yield node.with_changes(value=f"{text[: found.start()]}{int(found[0]) + 1}{text[found.end() :]}")
    for found in OPTIONAL.finditer(text):
        yield node.with_changes(value=text[: found.start()] + text[found.end() :])


def versions(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What a node can become."""
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)
    yield from one_side(node)
    yield from forced(node)
    yield from patterns(node)


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a source that Python can read, each once, in the order of the source."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    places = Places()
    wrapper.visit(places)
    whole = source.encode()
    lines = source.splitlines()
    seen = {source}
    for node, line, start, end in places.found:
        for version in versions(node):
            if isinstance(node, cst.BaseCompoundStatement):
                # Its text depends on the blanks before it. This way is slow.
                code = cst.ensure_type(wrapper.module.deep_replace(node, version), cst.Module).code
            else:
                text = wrapper.module.code_for_node(version)
                code = (whole[:start] + text.encode() + whole[end:]).decode()
            if code in seen or not readable(code):
                continue
            seen.add(code)
            difference = difflib.unified_diff(lines, code.splitlines(), n=0, lineterm="")
            changes = tuple(shown for shown in difference if not shown.startswith(("---", "+++", "@@")))
            yield Mutant(line, changes, code)


def readable(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True
