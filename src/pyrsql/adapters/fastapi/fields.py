"""The fields that the filter and the sort of an endpoint may name, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from returns.result import Success

from pyrsql.language.nodes import Comparison, SortKey
from pyrsql.models import kinds
from pyrsql.models.model import Computed, Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.models.schema import Purpose, Schema
from pyrsql.operators import ComparisonOperator
from pyrsql.problems import UnsupportedOperator
from pyrsql.validation.predicates import FieldOperand, Operand, RelationOperand
from pyrsql.validation.selectors import Resolution, resolve
from pyrsql.validation.validate import validate_filter, validate_sort

# No field takes this operator: its problem lists the operators that the field does take.
_NO_OPERATOR = ComparisonOperator("no operator", ("=nooperator=",))

_RELATIONS_DEEP = 1
"""How many relations a listed path may take: models refer to each other without an end."""


def filter_fields(schema: Schema, paths: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The fields that a filter may name, with their types and operators, as JSON.

    Args:
        schema: the fields and rights of the endpoint.
        paths: the paths to try; without them those of the model and of the models beside it.
    """
    tried = _candidates(schema, "filter") if paths is None else paths
    found = [(path, resolve(schema, "filter", path, suggest=False)) for path in tried]
    return [
        {"name": path, **_type_of(resolution.operand), "operators": operators}
        for path, resolution in found
        if isinstance(resolution, Resolution) and (operators := operators_of(schema, path))
    ]


def filter_extension(schema: Schema) -> dict[str, Any]:
    """The same as an extension of OpenAPI, with each list of operators once: `operators` of a field is its place."""
    fields = filter_fields(schema)
    lists = list(dict.fromkeys(tuple(field["operators"]) for field in fields))
    places = {operators: place for place, operators in enumerate(lists)}
    return {
        "fields": [{**field, "operators": places[tuple(field["operators"])]} for field in fields],
        "operators": [list(operators) for operators in lists],
    }


def sort_extension(schema: Schema, paths: Iterable[str] | None = None) -> dict[str, Any]:
    """The fields that a sort may name, and the relations that it may count, as JSON; `paths` as for a filter."""
    tried = list(_candidates(schema, "sort") if paths is None else paths)
    keys = [path for path in tried if is_key(schema, path)]
    others = set(tried).difference(keys) if schema.sort_options.quantifiers else ()
    counts = [path for path in tried if path in others and is_key(schema, f"@count[{path}]")]
    return {"fields": [{"name": path} for path in keys], **({"counts": counts} if counts else {})}


def is_key(schema: Schema, selector: str) -> bool:
    """Whether a sort may name a selector."""
    return isinstance(validate_sort(schema, [SortKey(selector)]), Success)


def listing(extension: dict[str, Any]) -> str:
    """The fields of an extension as Markdown: a table for a filter, a line for a sort; empty where it names
    none.
    """
    fields = extension.get("fields", [])
    if not fields:
        return ""
    if extension["role"] == "sort":
        counts = [f"@count[{relation}]" for relation in extension.get("counts", ())]
        return "Fields: " + ", ".join(f"`{name}`" for name in (*(field["name"] for field in fields), *counts))
    alike: dict[tuple[str, str], list[str]] = {}
    for field in fields:
        operators = " ".join(f"`{operator}`" for operator in extension["operators"][field["operators"]])
        alike.setdefault((_type_for_people(field), operators), []).append(f"`{field['name']}`")
    rows = [f"| {', '.join(names)} | {kind} | {operators} |" for (kind, operators), names in alike.items()]
    return "\n".join(["| fields | type | operators |", "| --- | --- | --- |", *rows])


def _candidates(schema: Schema, purpose: Purpose) -> list[str]:
    """Paths to try: those that are listed or mapped, the model's own members, and those of related models."""
    options = schema.options(purpose)
    if options.public_fields is not None:
        return list(options.public_fields)
    listed = sorted(path for path in options.field_whitelist or () if "." in path)
    walked = _walk(schema.model, "", _RELATIONS_DEEP)
    return list(dict.fromkeys([*options.field_mapping, *walked, *listed]))


def _walk(model: Model, prefix: str, deep: int) -> Iterator[str]:
    """The paths from a model: its own values, then its relations, each with what it leads to."""
    for name, member in sorted(model.members.items(), key=lambda item: isinstance(item[1], Relation)):
        yield from _paths_of(f"{prefix}{name}", member, deep)


def _paths_of(path: str, member: Member, deep: int) -> Iterator[str]:
    match member:
        case Relation(target=target):
            yield path
            if deep:
                yield from _walk(target(), f"{path}.", deep - 1)
        case Embedded(members=members):
            for name, inner in members.items():
                yield from _paths_of(f"{path}.{name}", inner, deep)
        case Field() | Computed() | Shortcut():
            yield path


def operators_of(schema: Schema, path: str) -> list[str]:
    """The operators that a field takes, each in its first spelling; none where a filter may not name it."""
    validated = validate_filter(schema, Comparison(path, _NO_OPERATOR, ()))
    match validated.failure() if not isinstance(validated, Success) else ():
        case (UnsupportedOperator(offered=offered),):
            return list(offered)
        case _:
            return []


def _type_of(operand: Operand) -> dict[str, Any]:
    """The type at the end of a path; `many` where the path leads to many rows."""
    relations = operand.relations if isinstance(operand, FieldOperand | RelationOperand) else ()
    many = {"many": True} if any(step.many for step in relations) else {}
    return {**({"type": "relation"} if isinstance(operand, RelationOperand) else _kind(operand.kind)), **many}


_NAMES: dict[type[kinds.Kind], str] = {
    kinds.Boolean: "boolean",
    kinds.Integer: "integer",
    kinds.Decimal: "decimal",
    kinds.Float: "number",
    kinds.Text: "text",
    kinds.Date: "date",
    kinds.Time: "time",
    kinds.DateTime: "date-time",
    kinds.Duration: "duration",
    kinds.Uuid: "uuid",
    kinds.Binary: "binary",
    kinds.Json: "json",
}
"""The names of the kinds that need no more words."""


def _kind(kind: kinds.Kind) -> dict[str, Any]:
    if isinstance(kind, kinds.Enumeration):
        return {"type": "enumeration", "values": [written for written, _ in kind.members]}
    if isinstance(kind, kinds.Array):
        return {"type": "array", "items": _kind(kind.item)}
    return {"type": kind.name if isinstance(kind, kinds.Opaque) else _NAMES[type(kind)]}


def _type_for_people(field: dict[str, Any]) -> str:
    match field:
        case {"values": values}:
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            return f"array of {_type_for_people(items)}"
        case {"type": "relation", "many": True}:
            return "related rows"
        case {"type": "relation"}:
            return "related row"
        case _:
            return str(field["type"])
