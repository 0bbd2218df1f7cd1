"""The state of a validation: its input, and the problems so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pyrsql.language.comparisons import UNLIMITED
from pyrsql.language.nested import Groups
from pyrsql.language.nodes import Comparison, Node, size_of
from pyrsql.models.paths import start
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import QueryOptions
from pyrsql.problems import Problem, Span, UnknownField
from pyrsql.validation.limit_usage import Usage
from pyrsql.validation.predicates import RelationPath
from pyrsql.validation.quantifiers import as_written_below
from pyrsql.validation.selectors import Resolution, Unresolved, names_at, resolve
from pyrsql.validation.value_first import value_first_advice

_SUGGESTIONS = 10
"""Problems of one request that get a "did you mean": looking for one costs time."""

_MANY_NAMES = 100
"""Names that make one suggestion cost as much as two among few names."""


@dataclass(eq=False)
class Validation:
    """The state of a validation: the schema and its options, and the problems found so far.

    Args:
        schema: what the endpoint offers.
        purpose: whether it is a filter or a sort.
        tree: the whole filter; None in a sort and in a nested filter.
        most: how many problems are looked for.
        prefix: the path of the rows that a nested filter is about, as the client wrote it, with a dot behind it.
        root: the path of these rows.
        open: how many groups and nested filters are open around a nested filter.
        problems: those found so far.
        cacheable: the text alone decides what it means: no code of the developer's takes part.
    """

    schema: Schema
    purpose: Purpose
    tree: Node | None = None
    most: int = UNLIMITED
    prefix: str = ""
    root: RelationPath = ()
    open: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])
    cacheable: bool = True
    _usage: Usage | None = None
    _groups: Groups | None = None

    @property
    def options(self) -> QueryOptions:
        """The options of filters, which also count for a filter inside a sort."""
        return self.schema.query_options

    @property
    def usage(self) -> Usage:
        """The part of its limits that the whole request has used. Few filters use any: it is made when it is needed."""
        if self._usage is None:
            # Only filters inside a filter have to share its nodes.
            nodes = size_of(self.tree) if self.tree is not None and self.options.quantifiers else 0
            self._usage = Usage(self.purpose, self.schema, nodes)
        return self._usage

    def groups_around(self, comparison: Comparison) -> int:
        """How many groups and nested filters are open around a comparison."""
        if self._groups is None:
            self._groups = Groups()
        return self.open + self._groups.around(comparison)

    def inside(self, prefix: str, root: RelationPath, open: int) -> Validation:
        """The validation of a filter inside this one."""
        most = self.most - len(self.problems)
        return Validation(self.schema, self.purpose, None, most, prefix, root, open, _usage=self.usage)

    def unknown(
        self, purpose: Purpose, selector: str, span: Span | None, node: Comparison | None = None
    ) -> Resolution | Unresolved:
        """Resolve a selector that cannot be looked up. The first problems get a suggestion, as it is written in
        a nested filter; that of a comparison may be to write its field first.
        """
        usage = self.usage
        suggest = usage.suggestions < _SUGGESTIONS
        names = names_at(self.schema, purpose, start(self.schema.model))
        usage.suggestions += 1 + len(names) // _MANY_NAMES
        found = resolve(self.schema, purpose, selector, span, suggest=suggest)
        if not isinstance(found, UnknownField):
            return found
        first = value_first_advice(self.schema, node, self.prefix, found.hint) if node and suggest else None
        if first is not None:
            return replace(found, hint=first.hint, replacement=first.replacement, span=first.span)
        return as_written_below(self.prefix, found)
