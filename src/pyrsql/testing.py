"""Hypothesis strategies to test a service with: what clients may write, and what they should not.

```python
@given(texts())
def test_no_text_breaks_the_endpoint(text: str) -> None:
    assert client.get("/users", params={"filter": text}).status_code < 500


@given(filters_for(schema(User)).map(render), sorts_for(schema(User)).map(render_sort))
def test_every_acceptable_request_is_answered(filter: str, sort: str) -> None:
    assert client.get("/users", params={"filter": filter, "sort": sort}).status_code == 200
```

`filters`, `sorts` and `texts` know the language, `filters_for` and `sorts_for` know a model as well.

Hypothesis has to be installed; nothing else in the library needs it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from returns.result import Success

from pyrsql.language.grammar import MODIFIERS, whitespace_pattern
from pyrsql.language.nodes import And, Comparison, Node, Or, SortKey
from pyrsql.language.render import render, render_sort
from pyrsql.models import kinds
from pyrsql.models.model import Computed, Embedded, Field, Member, Relation, Shortcut
from pyrsql.models.schema import Purpose, Schema
from pyrsql.operators import (
    DEFAULT_OPERATOR_REGISTRY,
    EQUAL,
    GREATER,
    QUANTIFIERS,
    ComparisonOperator,
    OperatorRegistry,
)
from pyrsql.problems import LimitExceeded, UnsupportedOperator
from pyrsql.validation.predicates import RelationOperand
from pyrsql.validation.selectors import Resolution, resolve
from pyrsql.validation.validate import validate_filter, validate_sort

MOST_ARGUMENTS = 4
"""The longest list that is drawn for an operator without an upper bound."""

# Characters and words that mean something somewhere, and some that only look as if they did.
TOKENS = (
    *"\"'();,=<>!~ \\.@[]|#^*%_-+&\t\n\0\xa0\u2028\ud800",
    *(" and ", " or ", " AND ", "and", "or", "==", "!=", "=in=", "=out=", "=bt=", "=na=", "=like=", "=IN=", "=foo="),
    *(">=", "<=", "a", "name", "company.name", "1", "true", "null", "'x y'", '"q"', "(1,2)", "''", "@upper[name]"),
)


def _selectors() -> SearchStrategy[str]:
    names = st.sampled_from(["name", "company.name", "id", "and", "or", "-x", "@upper[name]", "it's", "a b", "a;b"])
    return names | st.text(min_size=1, max_size=8).filter(lambda text: not whitespace_pattern.fullmatch(text))


def _arguments() -> SearchStrategy[str]:
    return st.sampled_from(["", "1", "demo*", "and", " or ", "it's", '"', "\\", "\\'", "(", "a,b"]) | st.text(
        max_size=8
    )


def _any_comparisons(operators: OperatorRegistry) -> SearchStrategy[Comparison]:
    def of(operator: ComparisonOperator) -> SearchStrategy[Comparison]:
        least, most = operator.minimum_arguments, operator.maximum_arguments
        lists = st.lists(_arguments(), min_size=least, max_size=max(least, MOST_ARGUMENTS) if most is None else most)
        return st.builds(Comparison, _selectors(), st.just(operator), lists.map(tuple))

    return st.sampled_from(operators.operators).flatmap(of)


def filters(operators: OperatorRegistry = DEFAULT_OPERATOR_REGISTRY) -> SearchStrategy[Node]:
    """Well-formed trees over any fields.

    Args:
        operators: those that occur.
    """

    def grown(nodes: SearchStrategy[Node]) -> SearchStrategy[Node]:
        several = st.lists(nodes, min_size=2, max_size=4).map(tuple)
        return st.builds(And, several) | st.builds(Or, several)

    leaves: SearchStrategy[Node] = _any_comparisons(operators)
    return st.recursive(leaves, grown, max_leaves=12)


def sorts() -> SearchStrategy[tuple[SortKey, ...]]:
    """Sort keys over any fields, one to four."""
    key = st.builds(
        SortKey,
        selector=_selectors(),
        descending=st.booleans(),
        ignore_case=st.booleans(),
        nulls_first=st.sampled_from([None, True, False]),
    )
    return st.lists(key, min_size=1, max_size=4).map(tuple)


def texts() -> SearchStrategy[str]:
    """Texts to read as a filter or a sort: right ones, nearly right ones, and nonsense."""
    pieces = st.lists(st.sampled_from([*TOKENS, *MODIFIERS]) | st.text(max_size=3), max_size=24).map("".join)
    right = filters().map(render) | sorts().map(render_sort)
    return st.one_of(right, _mutated(right), pieces, st.text())


@st.composite
def _mutated(draw: st.DrawFn, texts: SearchStrategy[str]) -> str:
    """A text with a piece taken out, put in, or both."""
    text: str = draw(texts)
    start = draw(st.integers(0, len(text)))
    end = start + draw(st.integers(0, 3))
    piece: str = draw(st.sampled_from(["", *TOKENS]))
    return text[:start] + piece + text[end:]


# --- of one schema ---------------------------------------------------------------------------------------------------

_NO_ARGUMENTS: Mapping[str, SearchStrategy[str]] = MappingProxyType({})


def filters_for(
    schema: Schema,
    *,
    selectors: Sequence[str] | None = None,
    arguments: Mapping[str, SearchStrategy[str]] = _NO_ARGUMENTS,
    relations: int = 2,
    comparisons: int = 6,
) -> SearchStrategy[Node]:
    """Filters that a schema accepts: its fields and relations, their operators, values that their types can hold.
    Where the options have quantifiers, also filters of related rows and counts of them.

    Args:
        schema: the fields and rights of the endpoint.
        selectors: the only selectors to use, such as function calls; without them every path that is allowed.
        arguments: selector -> arguments to draw for it besides those of its type, such as values that are stored.
        relations: the most relations that a path leads through.
        comparisons: about how many comparisons a filter has at most.
    """
    chosen = _paths(schema, "filter", relations) if selectors is None else list(selectors)

    def holds(node: Node) -> bool:
        return isinstance(validate_filter(schema, node), Success)

    @cache
    def of(selector: str) -> SearchStrategy[Comparison]:
        plain = _comparisons(schema, selector, arguments.get(selector))
        inner = [path for path in chosen if path.startswith(f"{selector}.")]
        if not inner or not schema.query_options.quantifiers or not _is_relation(schema, selector):
            return plain
        nested = _groups(st.sampled_from(inner).flatmap(of).map(lambda node: _below(selector, node)), 2).map(render)
        quantified = st.builds(Comparison, st.just(selector), st.sampled_from(QUANTIFIERS), st.tuples(nested))
        counted = st.builds(
            Comparison,
            st.just(f"@count[{selector}]") | nested.map(lambda text: f"@count[{selector}|#{text}]"),
            st.sampled_from([EQUAL, GREATER]),
            st.tuples(st.integers(0, 3).map(str)),
        )

        return st.one_of(plain, quantified.filter(holds), counted.filter(holds))

    leaves = st.sampled_from(chosen).flatmap(of)
    relations_among = [path for path in chosen if schema.query_options.quantifiers and _is_relation(schema, path)]
    if relations_among:
        # There are few of them among all the fields.
        leaves = leaves | st.sampled_from(relations_among).flatmap(of)
    return _groups(leaves, comparisons).filter(holds)


def _groups(leaves: SearchStrategy[Comparison], most: int) -> SearchStrategy[Node]:
    """ANDs and ORs of comparisons."""

    def groups(inner: SearchStrategy[Node]) -> SearchStrategy[Node]:
        nodes = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(And, nodes) | st.builds(Or, nodes)

    return st.recursive(leaves, groups, max_leaves=most)


def _is_relation(schema: Schema, selector: str) -> bool:
    found = resolve(schema, "filter", selector, suggest=False)
    return isinstance(found, Resolution) and isinstance(found.operand, RelationOperand)


def _below(relation: str, node: Comparison) -> Comparison:
    """A comparison as it is written in a filter about the rows of a relation."""
    start = f"@count[{relation}."
    if node.selector.startswith(start):
        return replace(node, selector="@count[" + node.selector.removeprefix(start))
    return replace(node, selector=node.selector.removeprefix(f"{relation}."))


def sorts_for(
    schema: Schema, *, selectors: Sequence[str] | None = None, relations: int = 2, keys: int = 3
) -> SearchStrategy[tuple[SortKey, ...]]:
    """Sorts that a schema accepts.

    Args:
        schema: the fields and rights of the endpoint.
        selectors: the only selectors to use, such as function calls; without them every path that is allowed.
        relations: the most relations that a path leads through.
        keys: the most keys of a sort.
    """
    chosen = _paths(schema, "sort", relations) if selectors is None else list(selectors)
    key = st.builds(SortKey, st.sampled_from(chosen), st.booleans(), st.booleans(), st.none() | st.booleans())

    def holds(keys: Sequence[SortKey]) -> bool:
        return isinstance(validate_sort(schema, keys), Success)

    accepted = key.filter(lambda key: holds([key]))
    return st.lists(accepted, min_size=1, max_size=keys).map(tuple).filter(holds)


def _paths(schema: Schema, purpose: Purpose, relations: int) -> list[str]:
    """Every path that a client may use, through so many relations, by the names that clients know."""
    options = schema.options(purpose)

    def below(members: Mapping[str, Member], before: str, left: int) -> Iterator[str]:
        for name, member in members.items():
            path = before + name
            yield path
            match member:
                case Embedded(members=inner):
                    yield from below(inner, f"{path}.", left)
                case Relation(target=target) if left:
                    yield from below(target().members, f"{path}.", left - 1)
                case Field() | Computed() | Shortcut() | Relation():
                    pass

    def is_offered(path: str) -> bool:
        if purpose == "filter":
            return bool(_operators(schema, path))
        return isinstance(validate_sort(schema, [SortKey(path)]), Success)

    published = options.public_fields
    paths = (*options.field_mapping, *below(schema.model.members, "", relations)) if published is None else published
    return [path for path in dict.fromkeys(paths) if is_offered(path)]


def _operators(schema: Schema, selector: str) -> list[ComparisonOperator]:
    """The operators that a selector takes; none where the selector does not exist."""

    def takes(operator: ComparisonOperator) -> bool:
        node = Comparison(selector, operator, ("",) * operator.minimum_arguments)
        problems = validate_filter(schema, node).swap().value_or(())
        return not any(isinstance(problem, UnsupportedOperator | LimitExceeded) for problem in problems)

    exists = isinstance(resolve(schema, "filter", selector, suggest=False), Resolution)
    return list(filter(takes, schema.query_options.operators)) if exists else []


def _comparisons(schema: Schema, selector: str, stored: SearchStrategy[str] | None) -> SearchStrategy[Comparison]:
    """Comparisons with one selector that the schema accepts."""
    operators = [operator for operator in _operators(schema, selector) if operator not in QUANTIFIERS]
    found = resolve(schema, "filter", selector)
    if not operators or not isinstance(found, Resolution):
        raise ValueError(f"no filter over {schema.model.name} may use {selector!r}")
    # A relation takes null checks, and operators of the developer's own.
    kind = kinds.Boolean() if isinstance(found.operand, RelationOperand) else found.operand.kind
    texts = _texts_of(kind)
    arguments = texts if stored is None else stored | texts

    def comparison(operator: ComparisonOperator) -> SearchStrategy[Comparison]:
        custom = schema.query_options.custom_predicates.get(operator.name)
        own_type = custom and custom.argument_type
        given = _texts_of(kinds.kind_of(own_type)) if own_type else arguments
        if operator.name in kinds.NULL_CHECKS:
            given = _texts_of(kinds.Boolean())
        most = MOST_ARGUMENTS if operator.maximum_arguments is None else operator.maximum_arguments
        lists = st.lists(given, min_size=operator.minimum_arguments, max_size=most)
        return lists.map(lambda texts: Comparison(selector, operator, tuple(texts)))

    accepted = st.sampled_from(operators).flatmap(comparison)
    return accepted.filter(lambda node: isinstance(validate_filter(schema, node), Success))


def _texts_of(kind: kinds.Kind) -> SearchStrategy[str]:
    """Texts that mean a value of a kind; of every kind that has any, edges included."""
    match kind:
        case kinds.Boolean():
            return st.sampled_from(["true", "false", "True", "FALSE"])
        case kinds.Integer(minimum, maximum):
            return (st.integers(minimum, maximum) | st.sampled_from([minimum, maximum])).map(str)
        case kinds.Decimal(precision, scale):
            whole = 10 ** ((precision or 20) - (scale or 0)) - 1
            return st.decimals(-whole, whole, places=scale or 0).map("{:f}".format)
        case kinds.Float():
            return st.floats(allow_nan=False, allow_infinity=False).map(repr)
        case kinds.Text() | kinds.Opaque() | kinds.Binary():
            return _PATTERNS
        case kinds.Date():
            return st.dates().map(str)
        case kinds.Time():
            return st.times().map(str)
        case kinds.DateTime():
            return st.datetimes(timezones=st.just(dt.UTC) | st.none()).map(str)
        case kinds.Duration():
            return st.timedeltas(-_LONG, _LONG).map(_written_duration)
        case kinds.Uuid():
            return st.uuids().map(str)
        case kinds.Enumeration(members=members):
            return st.sampled_from([name for name, _ in members])
        case kinds.Json():
            scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
            values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
            return values.map(json.dumps) | _PATTERNS
        case kinds.Array(item):
            return _texts_of(item)


_PATTERNS = st.lists(st.text(max_size=5) | st.sampled_from(["*", "\\*", "^", "%", "_", "\\"]), max_size=4).map("".join)
_LONG = dt.timedelta(days=700_000)


def _written_duration(length: dt.timedelta) -> str:
    sign, length = ("-", -length) if length < dt.timedelta(0) else ("", length)
    return f"{sign}P{length.days}DT{length.seconds}.{length.microseconds:06}S"


def assert_indexed(resource: Any, *, dialect: str = "postgresql", except_: Collection[str] = ()) -> None:
    """Fail where clients of a resource may use a field that no declared index serves.

    Args:
        resource: what `FastAPISQLAlchemyIntegration.resource` gives.
        dialect: the name of the SQLAlchemy dialect of the database.
        except_: paths of fields that may stay without one.

    Raises:
        AssertionError: names each field, with the `Index(...)` to add; also an exception that is not needed.
    """
    # FastAPI and SQLAlchemy are not needed for the rest of this module.
    from pyrsql.integrations.fastapi import index_report

    report = index_report(resource, dialect=dialect)
    lines = [f"{found.field} ({found.use}): {found.line}" for found in report if found.field not in except_]
    lines += [f"{path}: needs no exception" for path in sorted({*except_} - {found.field for found in report})]
    assert not lines, "no index serves these fields:\n" + "\n".join(lines)
