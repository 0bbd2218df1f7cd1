"""Advice beside a valid filter: `roles.code==admin;roles.level>2` may find two roles, `roles=any='…'` asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from returns.result import Success

from pyrsql.language.advice import Advice
from pyrsql.language.nested import nested_argument, parse_nested
from pyrsql.language.nodes import And, Comparison, Node
from pyrsql.language.render import render
from pyrsql.models.schema import Schema
from pyrsql.operators import ANY, EQUAL
from pyrsql.validation.predicates import RelationOperand
from pyrsql.validation.quantifiers import QUANTIFIERS
from pyrsql.validation.rules import RULES
from pyrsql.validation.selectors import Resolution, resolve
from pyrsql.validation.validate import validate_filter


def same_row_advice(schema: Schema, node: Node) -> Advice | None:
    """The hint that a client may mean one related row where the filter lets each comparison find another.

    Args:
        schema: the fields and rights of the endpoint.
        node: a filter that the schema accepts.

    Returns:
        The hint with the first quantifier to write, and the whole filter with all of them as the replacement. None
        where there is nothing to say, or where clients may not use quantifiers.
    """
    if not schema.query_options.quantifiers:
        return None
    found: list[Comparison] = []
    merged = _merged(schema, node, "", found)
    if not found or not isinstance(validate_filter(schema, merged), Success):
        return None
    first = found[0]
    hint = f"Did you mean the same row of '{first.selector}'? Write {render(first)}"
    return Advice(hint, render(merged))


def _merged(schema: Schema, node: Node, prefix: str, found: list[Comparison]) -> Node:
    """A filter in which quantifiers stand for comparisons that may mean one row; they are added to `found`."""
    if isinstance(node, Comparison):
        return _merged_inside(schema, node, prefix, found)
    parts = [_merged(schema, part, prefix, found) for part in node.nodes]
    if not isinstance(node, And):
        return type(node)(tuple(parts))
    chains = {place: chain for place, part in enumerate(parts) if (chain := _collections(schema, part, prefix))}
    for first in dict.fromkeys(chain[0] for chain in chains.values()):
        places = [place for place, chain in chains.items() if chain[0] == first]
        group = [part for place in places if isinstance(part := parts[place], Comparison)]
        if len(group) < 2 or _contradicts(group):
            continue
        shared = [step for step in chains[places[0]] if all(step in chains[place] for place in places)][-1]
        inner = And(tuple(replace(part, selector=part.selector.removeprefix(f"{shared}.")) for part in group))
        found.append(Comparison(shared, ANY, (render(inner),)))
        rest = [part for place, part in enumerate(parts) if place not in places[1:]]
        rest[places[0]] = found[-1]
        return _merged(schema, And(tuple(rest)), prefix, found) if len(rest) > 1 else rest[0]
    return And(tuple(parts))


def _merged_inside(schema: Schema, node: Comparison, prefix: str, found: list[Comparison]) -> Comparison:
    """A comparison, with its nested filter merged where it is a quantifier."""
    if node.operator.name not in QUANTIFIERS or not node.arguments:
        return node
    nested = parse_nested(nested_argument(node), schema.query_options)
    if not isinstance(nested, Success):
        return node
    merged = _merged(schema, nested.unwrap(), f"{prefix}{node.selector}.", found)
    return node if merged == nested.unwrap() else Comparison(node.selector, node.operator, (render(merged),))


def _collections(schema: Schema, node: Node, prefix: str) -> list[str]:
    """The to-many relations that a comparison follows one row of, as they are written: `users` and `users.roles`."""
    if not isinstance(node, Comparison) or node.selector.startswith("@") or node.operator.name in QUANTIFIERS:
        return []
    rule = RULES.get(node.operator.name)
    if rule is not None and rule.complements(schema.query_options):
        # It is about all related rows.
        return []
    return [path for path in _beginnings(node.selector) if _is_collection(schema, prefix + path)]


def _beginnings(selector: str) -> Iterator[str]:
    parts = selector.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _is_collection(schema: Schema, path: str) -> bool:
    found = resolve(schema, "filter", path, suggest=False)
    return (
        isinstance(found, Resolution)
        and isinstance(found.operand, RelationOperand)
        and found.operand.relations[-1].many
    )


def _contradicts(group: list[Comparison]) -> bool:
    """Whether one row cannot be all of it: `roles.code==admin;roles.code==editor` means two roles."""
    equal = [part.selector for part in group if part.operator == EQUAL]
    return len(equal) != len(set(equal))
