"""Counts the work that a filter or a sort asks of the database, against the limits of the options."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from pyrsql.models import kinds
from pyrsql.models.model import repeating_steps
from pyrsql.models.schema import Purpose, Schema
from pyrsql.problems import LimitExceeded, Span
from pyrsql.validation.predicates import (
    CallOperand,
    Compare,
    Complement,
    ConstantOperand,
    CountOperand,
    FieldOperand,
    Match,
    Operand,
    Predicate,
    RelationOperand,
    RelationPath,
    Some,
    relation_paths,
)

_SEARCHED = 32
"""Characters of a pattern that cost a database as much as one more short pattern."""


_JOINED = 3
"""Subqueries that cost a database as much as relations behind a to-many one: they are joined again for each row."""

_ALL_READ = 3
"""Subqueries that cost it as much as reading every related row, as a condition in a count and a sort key do."""


_READ_AGAIN = "A count over rows that it reaches several times counts the relation that leads on from them twice."


class Usage:
    """The part of its limits that a filter or a sort has used, with the filters inside of it. Each is reported once.

    `nodes` and `suggestions` are counted by those who make them.

    Args:
        source: whether it is a filter or a sort.
        schema: gives the limits. A filter inside a sort has those of filters where sorts have none.
        nodes: how many nodes the tree of the filter has.
    """

    __slots__ = ("_exceeded", "_followed", "_joined", "_most", "_used", "nodes", "source", "suggestions")

    def __init__(self, source: Purpose, schema: Schema, nodes: int = 0) -> None:
        self.source: Purpose = source
        self.nodes: int = nodes
        self.suggestions: int = 0
        self._most: Mapping[str, int | None] = vars(schema.query_options.parse_limits)
        if source == "sort":
            self._most = {**self._most, **vars(schema.sort_options.sort_limits)}
        self._used: dict[str, int] = {}
        self._followed: set[RelationPath] = set()
        self._joined: set[RelationPath] = set()
        self._exceeded: set[str] = set()

    def test(self, operand: Operand, root: RelationPath, span: Span | None) -> Iterator[LimitExceeded]:
        """Count a comparison of a filter.

        Args:
            operand: what it compares.
            root: the path of the rows that its filter is about.
            span: the place of its selector.
        """
        if isinstance(operand, CountOperand):
            # `follow` has counted the subquery.
            return
        paths = relation_paths(operand) - {()}
        if paths:
            yield from self._paths(paths, span)
        for path in paths:
            own = _own_subquery(path, len(root), isinstance(operand, RelationOperand))
            if own is not None:
                yield from self._count("to_many_tests", own, span)
            elif len(path) > len(root) and root and root not in self._joined:
                self._joined.add(root)
                yield from self._count("to_many_tests", _JOINED, span)
        yield from self._operand(operand, "json_tests", span)

    def key(self, operand: Operand, span: Span | None) -> Iterator[LimitExceeded]:
        """Count a key of a sort."""
        if isinstance(operand, CountOperand):
            return
        paths = relation_paths(operand) - {()}
        yield from self._paths(paths, span)
        for path in paths:
            if (own := _own_subquery(path, 0, ends=False)) is not None:
                yield from self._count("to_many_tests", own + _ALL_READ, span)
        yield from self._operand(operand, "json_keys", span)

    def subquery(
        self,
        path: RelationPath,
        root: RelationPath,
        span: Span | None,
        *,
        counts: bool = False,
        reads_all: bool = False,
    ) -> Iterator[LimitExceeded]:
        """Count a quantifier, or a count of rows, over the related rows at the end of a path.

        Args:
            path: the whole path.
            root: the path of the rows that its filter is about.
            span: the place of its selector.
            counts: it counts them. Rows that it reaches several times count, and are read, as often.
            reads_all: it reads every related row.
        """
        yield from self._paths((path,), span, again=len(repeating_steps(path, len(root))) if counts else 0)
        own = _own_subquery(path, len(root), ends=True) or 1
        yield from self._count("to_many_tests", own + _ALL_READ * reads_all, span)
        self._joined.discard(path)

    def search(self, predicate: Predicate, texts: Iterable[str], span: Span | None) -> Iterator[LimitExceeded]:
        """Count the predicate of a comparison where it searches text.

        Args:
            predicate: that of the comparison.
            texts: the arguments of the comparison.
            span: the place of its selector.
        """
        while isinstance(predicate, Some | Complement) and predicate.predicate is not None:
            predicate = predicate.predicate
        if isinstance(predicate, Match) or (isinstance(predicate, Compare) and predicate.ignore_case):
            yield from self._count("text_searches", sum(-(-len(text) // _SEARCHED) or 1 for text in texts), span)

    def _operand(self, operand: Operand, json: str, span: Span | None) -> Iterator[LimitExceeded]:
        if isinstance(operand, FieldOperand) and isinstance(operand.field.kind, kinds.Json):
            yield from self._count(json, 1, span)
        elif isinstance(operand, CallOperand):
            yield from self._count("functions", calls(operand), span)

    def _paths(self, paths: Collection[RelationPath], span: Span | None, again: int = 0) -> Iterator[LimitExceeded]:
        most, many = self._most["relations"], self._most["to_many"]
        # A path that is much too long is not copied at each of its steps.
        longest = max(map(len, paths), default=0) if most is None else most + 1
        for path in paths:
            self._followed.update(path[:end] for end in range(1, min(len(path), longest) + 1))
        if most is not None and len(self._followed) > most:
            yield from self._exceed("relations", most, span)
        if many is not None and any(sum(step.many for step in path) + again > many for path in paths):
            yield from self._exceed("to_many", many, span, _READ_AGAIN if again else None)

    def _count(self, limit: str, more: int, span: Span | None) -> Iterator[LimitExceeded]:
        self._used[limit] = used = self._used.get(limit, 0) + more
        most = self._most[limit]
        if most is not None and used > most:
            yield from self._exceed(limit, most, span)

    def _exceed(self, limit: str, most: int, span: Span | None, hint: str | None = None) -> Iterator[LimitExceeded]:
        if limit not in self._exceeded:
            self._exceeded.add(limit)
            yield LimitExceeded(source=self.source, limit=limit, maximum=most, span=span, hint=hint)


def _own_subquery(path: RelationPath, start: int, ends: bool) -> int | None:
    """How many subqueries the subquery of a path weighs as; None where the path needs none.

    Args:
        path: the whole path.
        start: how many steps of it lead to the rows that are compared.
        ends: its last step needs a subquery in any case.
    """
    many = next((place for place in range(start, len(path)) if path[place].many), len(path) - 1 if ends else None)
    return None if many is None else 1 + _JOINED * (len(path) - 1 > many)


def calls(operand: Operand | ConstantOperand) -> int:
    """How many functions an operand calls."""
    if not isinstance(operand, CallOperand):
        return 0
    return 1 + sum(map(calls, operand.arguments))
