"""Examples of filters and sorts for OpenAPI, each of which its endpoint takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from returns.result import Success

from pyrsql.errors import ConfigurationError
from pyrsql.language.render import render_selector, render_value
from pyrsql.models import kinds
from pyrsql.models.schema import Purpose, Schema
from pyrsql.pipeline import validate_request
from pyrsql.validation.predicates import RelationOperand
from pyrsql.validation.selectors import Resolution, resolve

Example = Mapping[str, Any]
"""An OpenAPI example: `{"summary": …, "description": …, "value": …}`."""


def examples_of_filter(schema: Schema, fields: Collection[str]) -> dict[str, Example]:
    """`filter_by_<field>` for each of the fields."""
    return {
        f"filter_by_{_identifier(field)}": {"summary": f"Filter by {field}", "value": text}
        for field in ordered(fields)
        if (text := _filter_on(schema, field)) is not None
    }


def examples_of_sort(fields: Collection[str], default_sort: str | None) -> dict[str, Example]:
    """`default_sort`, then `sort_by_<field>_asc` for each of the fields."""
    default = {} if default_sort is None else {"default_sort": {"summary": "Default sort", "value": default_sort}}
    ascending = {
        f"sort_by_{_identifier(field)}_asc": {
            "summary": f"Sort by {field}, ascending",
            "value": f"{render_selector(field)},asc",
        }
        for field in ordered(fields)
    }
    return {**default, **ascending}


def as_examples(given: Mapping[str, str | Example] | None) -> dict[str, Example]:
    """Examples of a developer; one may be given as its value alone.

    Raises:
        ConfigurationError: a list of them, which have no names; one that is neither a text nor a mapping.
    """
    examples = given or {}
    if not isinstance(cast("object", examples), Mapping):
        raise ConfigurationError(f"examples have names, and {examples!r} has none: write {{'by_name': 'name==demo'}}")
    for name, example in examples.items():
        if not isinstance(cast("object", example), str | Mapping):
            raise ConfigurationError(f"the example {name!r} is {example!r}: write a text, or {{'value': 'name==demo'}}")
    return {name: {"value": example} if isinstance(example, str) else example for name, example in examples.items()}


def taken(schema: Schema, purpose: Purpose, examples: Mapping[str, Example]) -> dict[str, Example]:
    """The examples that an endpoint takes. One without a text as its value stays."""
    return {
        name: example
        for name, example in examples.items()
        if not isinstance(text := example.get("value"), str)
        or isinstance(
            validate_request(schema, filter=text) if purpose == "filter" else validate_request(schema, sort=text),
            Success,
        )
    }


def ordered(fields: Collection[str]) -> list[str]:
    """A set has no order of its own; any other collection keeps it."""
    return sorted(fields) if isinstance(fields, set | frozenset) else list(fields)


def _identifier(field: str) -> str:
    return field.replace(".", "_")


def _filter_on(schema: Schema, field: str) -> str | None:
    """A filter on a field that the endpoint takes; None where its rights leave nothing typical."""
    typical = (f"{render_value(field)}{comparison}" for comparison in _comparisons(schema, field))
    return next((text for text in typical if isinstance(validate_request(schema, filter=text), Success)), None)


def _comparisons(schema: Schema, field: str) -> Iterator[str]:
    found = resolve(schema, "filter", field, suggest=False)
    if isinstance(found, Resolution) and not isinstance(found.operand, RelationOperand):
        match found.operand.kind:
            case kinds.Boolean():
                yield "==true"
            case kinds.Integer():
                yield "==1"
            case kinds.Decimal() | kinds.Float():
                yield ">=1"
            case kinds.Text():
                yield "==demo*"
            case kinds.Date():
                yield ">=2024-01-31"
            case kinds.Time():
                yield ">=12:30:00"
            case kinds.DateTime():
                yield ">=2024-01-31T12:30:00"
            case kinds.Uuid():
                yield "==123e4567-e89b-12d3-a456-426614174000"
            case kinds.Enumeration(((written, _), *_)):
                yield f"=={render_value(written)}"
            case (
                kinds.Enumeration() | kinds.Duration() | kinds.Binary() | kinds.Json() | kinds.Array() | kinds.Opaque()
            ):
                pass
    yield "=nn="
    yield "=na="
