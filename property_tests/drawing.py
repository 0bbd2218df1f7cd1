"""Filters and sorts that a schema accepts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from hypothesis import strategies as st
from returns.pipeline import is_successful

from pyrsql import kinds
from pyrsql.model import Embedded, Member, Relation
from pyrsql.nodes import And, Comparison, Node, Or, SortKey
from pyrsql.operators import ComparisonOperator
from pyrsql.predicates import CallOperand, FieldOperand
from pyrsql.problems import UnsupportedOperator
from pyrsql.render import render, render_sort
from pyrsql.resolve import Resolution, resolve
from pyrsql.schema import Purpose, Schema
from pyrsql.validate import validate_filter, validate_sort

_NOTHING: Mapping[str, st.SearchStrategy[str]] = {}
_LONGEST_LIST = 4


def filters_for(
    schema: Schema,
    *,
    selectors: Sequence[str] | None = None,
    arguments: Mapping[str, st.SearchStrategy[str]] = _NOTHING,
    relations: int = 2,
    comparisons: int = 6,
) -> st.SearchStrategy[str]:
    """Filters that a schema accepts: its fields and relations, their operators, values that their types can hold.

    Args:
        schema: what the endpoint offers.
        selectors: the only selectors to use, such as function calls; without them every path that is allowed.
        arguments: selector -> arguments to draw for it besides those of its type, such as values that are stored.
        relations: the most relations that a path leads through.
        comparisons: about how many comparisons a filter has at most.
    """
    chosen = _paths(schema, "filter", relations) if selectors is None else list(selectors)

    @cache
    def of(selector: str) -> st.SearchStrategy[Comparison]:
        return _comparisons(schema, selector, arguments.get(selector))

    def groups(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        nodes = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.builds(And, nodes) | st.builds(Or, nodes)

    leaves = st.sampled_from(chosen).flatmap(of)
    return st.recursive(leaves, groups, max_leaves=comparisons).map(render)


def sorts_for(
    schema: Schema, *, selectors: Sequence[str] | None = None, relations: int = 2, keys: int = 3
) -> st.SearchStrategy[str]:
    """Sorts that a schema accepts.

    Args:
        schema: what the endpoint offers.
        selectors: the only selectors to use, such as function calls; without them every path that is allowed.
        relations: the most relations that a path leads through.
        keys: the most keys of a sort.
    """
    chosen = _paths(schema, "sort", relations) if selectors is None else list(selectors)
    key = st.builds(SortKey, st.sampled_from(chosen), st.booleans(), st.booleans(), st.none() | st.booleans())
    accepted = key.filter(lambda key: is_successful(validate_sort(schema, [key])))
    return st.lists(accepted, min_size=1, max_size=keys).map(render_sort)


def _paths(schema: Schema, purpose: Purpose, relations: int) -> list[str]:
    """Every path that a client may use, through so many relations."""

    def below(members: Mapping[str, Member], before: str, left: int) -> Iterator[str]:
        for name, member in members.items():
            path = before + name
            if is_offered(path):
                yield path
            match member:
                case Embedded(members=inner):
                    yield from below(inner, f"{path}.", left)
                case Relation(target=target) if left:
                    yield from below(target().members, f"{path}.", left - 1)
                case _:
                    pass

    def is_offered(path: str) -> bool:
        if purpose == "filter":
            return bool(_operators(schema, path))
        return is_successful(validate_sort(schema, [SortKey(path)]))

    return list(below(schema.model.members, "", relations))


def _operators(schema: Schema, selector: str) -> list[ComparisonOperator]:
    """The operators that a selector takes; none where there is no such selector."""

    def takes(operator: ComparisonOperator) -> bool:
        node = Comparison(selector, operator, ("",) * operator.minimum_arguments)
        problems = validate_filter(schema, node).swap().value_or(())
        return not any(isinstance(problem, UnsupportedOperator) for problem in problems)

    exists = isinstance(resolve(schema, "filter", selector, suggest=False), Resolution)
    return list(filter(takes, schema.query_options.operators)) if exists else []


def _comparisons(schema: Schema, selector: str, stored: st.SearchStrategy[str] | None) -> st.SearchStrategy[Comparison]:
    """Comparisons with one selector that the schema accepts."""
    operators = _operators(schema, selector)
    found = resolve(schema, "filter", selector)
    if not operators or not isinstance(found, Resolution):
        raise ValueError(f"no filter over {schema.model.name} may use {selector!r}")
    is_value = isinstance(found.operand, FieldOperand | CallOperand)
    texts = texts_of(found.operand.kind if is_value else kinds.Boolean())
    arguments = texts if stored is None else stored | texts

    def comparison(operator: ComparisonOperator) -> st.SearchStrategy[Comparison]:
        custom = schema.query_options.custom_predicates.get(operator.name)
        own_type = custom and custom.argument_type
        given = texts_of(kinds.kind_of(own_type)) if own_type else arguments
        most = _LONGEST_LIST if operator.maximum_arguments is None else operator.maximum_arguments
        lists = st.lists(given, min_size=operator.minimum_arguments, max_size=most)
        return lists.map(lambda texts: Comparison(selector, operator, tuple(texts)))

    accepted = st.sampled_from(operators).flatmap(comparison)
    return accepted.filter(lambda node: is_successful(validate_filter(schema, node)))


def texts_of(kind: kinds.Kind) -> st.SearchStrategy[str]:
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
            return _patterns
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
            return values.map(json.dumps) | _patterns
        case kinds.Array(item):
            return texts_of(item)


_patterns = st.lists(st.text(max_size=5) | st.sampled_from(["*", "\\*", "^", "%", "_", "\\"]), max_size=4).map("".join)
_LONG = dt.timedelta(days=700_000)


def _written_duration(length: dt.timedelta) -> str:
    sign, length = ("-", -length) if length < dt.timedelta(0) else ("", length)
    return f"{sign}P{length.days}DT{length.seconds}.{length.microseconds:06}S"
