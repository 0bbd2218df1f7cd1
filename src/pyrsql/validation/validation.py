"""The state of a validation: what it needs, and what it has found so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from pyrsql.language.comparisons import number
from pyrsql.language.nested import Groups
from pyrsql.language.nodes import Comparison
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import QueryOptions
from pyrsql.problems import Problem, Span, UnknownField
from pyrsql.validation.predicates import RelationPath
from pyrsql.validation.quantifiers import as_written_below
from pyrsql.validation.rules import Comparing, compare
from pyrsql.validation.selectors import Offered, Resolution, Unresolved, resolve
from pyrsql.validation.usage import Usage
from pyrsql.validation.value_first import value_first_advice

_SUGGESTIONS = 10
"""Problems of one request that get a "did you mean": looking for one costs time."""


class Lookup(NamedTuple):
    """How selectors are looked up: by the pure functions, or by the same with a cache.

    Args:
        resolve: the resolution of a selector, for a purpose.
        compare: a selector of a filter with an operator, by name, about the rows at the end of a path.
    """

    resolve: Callable[[Schema, Purpose, str], Resolution | Unresolved]
    compare: Callable[[Schema, str, str, RelationPath], Comparing | None]


LOOKUP = Lookup(partial(resolve, suggest=False), compare)


class Validation:
    """The state of a validation: the schema and its options, and the problems found so far.

    Args:
        schema: what the endpoint offers.
        lookup: how selectors are looked up.
        purpose: whether it is a filter or a sort.
        around: the validation of the filter around a nested one.
        prefix: the path of the rows that a nested filter is about, as the client wrote it, with a dot behind it.
        root: the path of these rows.
        open: how many groups and nested filters are open around a nested filter.
        most: how many problems are looked for; None looks for all.
    """

    __slots__ = (
        *("_offered", "cacheable", "groups", "lookup", "most", "open", "options", "prefix", "problems", "root"),
        *("schema", "usage"),
    )

    def __init__(
        self,
        schema: Schema,
        lookup: Lookup,
        purpose: Purpose,
        around: Validation | None = None,
        prefix: str = "",
        root: RelationPath = (),
        open: int = 0,
        most: int | None = None,
    ) -> None:
        self.schema = schema
        self.lookup = lookup
        self.options: QueryOptions = schema.query_options
        self.problems: list[Problem] = []
        self.cacheable = True
        self.prefix = prefix
        self.root = root
        self.open = open
        self.groups: Groups = Groups()
        self.usage: Usage = Usage(purpose, schema) if around is None else around.usage
        self._offered: Offered = {} if around is None else around._offered
        self.most: int = number(most) if around is None else around.most - len(around.problems)

    def inside(self, prefix: str, root: RelationPath, open: int) -> Validation:
        """The validation of a filter inside this one."""
        return Validation(self.schema, self.lookup, self.usage.source, self, prefix, root, open)

    def unknown(
        self, purpose: Purpose, selector: str, span: Span | None, node: Comparison | None = None
    ) -> Resolution | Unresolved:
        """Resolve a selector that cannot be looked up. The first problems get a suggestion, as it is written in
        a nested filter; that of a comparison may be to write its field first.
        """
        suggest = self.usage.suggestions < _SUGGESTIONS
        self.usage.suggestions += 1
        found = resolve(self.schema, purpose, selector, span, suggest=suggest, offered=self._offered)
        if not isinstance(found, UnknownField):
            return found
        first = value_first_advice(self.schema, node, self.prefix, found.hint) if node and suggest else None
        if first is not None:
            return replace(found, hint=first.hint, replacement=first.replacement, span=first.span)
        return as_written_below(self.prefix, found)
