"""How the arguments of an operator become values: which conversion each operator asks of its operand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyrsql.language.wildcards import has_wildcard
from pyrsql.models import kinds
from pyrsql.options import QueryOptions
from pyrsql.validation.convert import Refusal, converter, to_text, with_converter
from pyrsql.validation.predicates import FieldOperand, Operand, RelationOperand
from pyrsql.validation.selectors import Resolution

Convert = Callable[[str], object]
"""The text of an argument -> its value, or a Refusal."""


def as_field(found: Resolution, options: QueryOptions) -> Convert:
    """As a value of the field."""
    return found.convert


def as_text(found: Resolution, options: QueryOptions) -> Convert:
    """Text is compared as text, also in documents and in values that are stored as text."""
    return to_text if is_json(found.operand) or is_over_text(found.operand) else found.convert


def as_part(found: Resolution, options: QueryOptions) -> Convert:
    """A part of a text need not be a value that the type of the field takes."""
    return to_text if _is_checked_text(found) else as_text(found, options)


def as_pattern(found: Resolution, options: QueryOptions) -> Convert:
    """`==` takes patterns of values that are stored as text."""
    patterns = (is_over_text(found.operand) or _is_checked_text(found)) and not options.strict_equality
    return partial(_pattern_or, found.convert) if patterns else found.convert


def as_ordered(found: Resolution, options: QueryOptions) -> Convert:
    """As a value that has an order."""
    return partial(_json_scalar, found.convert) if is_json(found.operand) else found.convert


def as_type(python_type: type | None, found: Resolution, options: QueryOptions) -> Convert:
    """As a value of the type that a custom operator names, or of the field."""
    if python_type is None:
        return found.convert
    own = options.value_converter_registry.converters.get(python_type)
    return converter(kinds.kind_of(python_type)) if own is None else with_converter(own)


def _pattern_or(convert: Convert, text: str) -> object:
    return to_text(text) if text.startswith("^") or has_wildcard(text) else convert(text)


def _json_scalar(convert: Convert, text: str) -> object:
    """A value that has an order in JSON: a number, a text or a time."""
    value = convert(text)
    return Refusal("a number or a text") if isinstance(value, bool | list | dict) else value


def is_json(operand: Operand) -> bool:
    """Whether an operand is a document, or a value in one."""
    return not isinstance(operand, RelationOperand) and isinstance(operand.kind, kinds.Json)


def is_over_text(operand: Operand) -> bool:
    """Whether an operand is stored as text by a type of its own."""
    return isinstance(operand, FieldOperand) and operand.field.over_text


def _is_checked_text(found: Resolution) -> bool:
    """Whether a type of the developer's decides which texts are values."""
    operand = found.operand
    return (
        isinstance(operand, FieldOperand)
        and isinstance(operand.kind, kinds.Text)
        and operand.field.accepts is not None
        and not found.converted
    )
