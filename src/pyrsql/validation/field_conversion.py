"""How the text of an argument becomes a value of a field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.models.model import Field
from pyrsql.models.paths import Step
from pyrsql.models.schema import Purpose, Schema
from pyrsql.options import Converter, FieldOptions, QueryOptions
from pyrsql.validation.access import holds_forbidden_key
from pyrsql.validation.convert import Refusal, converter, json_value, with_converter


class Conversion(NamedTuple):
    """The conversion of arguments for a field.

    Args:
        convert: gives the value of a text, or a Refusal.
        kind: that of the values.
        converted: a converter of the developer's own stands in for that of the kind.
    """

    convert: Callable[[str], object]
    kind: Kind
    converted: bool


def conversion(schema: Schema, purpose: Purpose, selector: str, step: Step, member: Field) -> Conversion:
    """The conversion of arguments for the field at the end of a path.

    Args:
        schema: its converters count, and the keys of documents that it hides.
        purpose: filter or sort.
        selector: the path as the client wrote it.
        step: the last step of the path.
        member: the field.
    """
    options, kind = schema.options(purpose), member.kind
    own = _own_converter(options, selector, step, member)
    if own is not None:
        convert = with_converter(own)
        if member.over_text:
            # Its values are no longer the stored texts.
            kind = kinds.Opaque(member.name, member.python_type or object)
    elif isinstance(member.kind, kinds.Json):
        convert = partial(json_value, options=options.json_options)
    else:
        convert = converter(member.kind)
    if member.accepts is not None and not (member.over_text and isinstance(kind, kinds.Text)):
        convert = _accepted(convert, member.accepts, "a value that this field can hold")
    if isinstance(member.kind, kinds.Json):
        hides = partial(holds_forbidden_key, schema, purpose, step)
        convert = _accepted(convert, lambda value: not hides(value), "a value with keys that a filter may ask for")
    return Conversion(convert, kind, own is not None)


def _accepted(
    convert: Callable[[str], object], accepts: Callable[[object], bool], expected: str
) -> Callable[[str], object]:
    """A converter that refuses the values a check does not take.

    A decorated type may insist on times with an offset, or on times without one: either is the same point in time.
    """

    def checked(text: str) -> object:
        value = convert(text)
        if isinstance(value, Refusal) or accepts(value):
            return value
        if isinstance(value, dt.datetime | dt.time):
            other = value.replace(tzinfo=dt.UTC if value.tzinfo is None else None)
            if accepts(other):
                return other
        return Refusal(expected)

    return checked


def _own_converter(options: FieldOptions, selector: str, step: Step, member: Field) -> Converter | None:
    """The developer's converter for a field: by path, then by model, then by type."""
    if not isinstance(options, QueryOptions):
        return None
    for path in (selector, *map(".".join, step.spellings)):
        if path in options.field_value_converters:
            return options.field_value_converters[path]
    if options.model_field_value_converters:
        before = step.place.visited[-1].before
        names = [".".join(path[before:]) for path in step.spellings]
        for entity in step.classes:
            by_model = options.model_field_value_converters.get(entity, {})
            for name in names:
                if name in by_model:
                    return by_model[name]
    if step.keys or member.python_type is None:
        return None
    return options.value_converter_registry.converters.get(member.python_type)
