"""The parts of an annotation in a response model: its models, and the values that it takes from related rows."""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass
from types import UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Literal,
    NewType,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from pydantic import BaseModel, JsonValue, RootModel, Secret, SecretBytes, SecretStr
from typing_extensions import TypeAliasType, is_typeddict

from pyrsql.integrations.fastapi.attributes import fields_of
from pyrsql.integrations.fastapi.hidden import hides, is_hidden

Held = Literal["row", "rows", "mapping"]
"""The value of an attribute that leads to related rows: a row, several of them, or a mapping of them."""

_SECRETS = (SecretStr, SecretBytes, Secret)
_SEVERAL = (list, tuple, set, frozenset, deque, Sequence, Collection, Iterable, AbstractSet)
_PARTS = (Union, UnionType, ClassVar, Final, Required, NotRequired)
_PLAIN_MODULES = {"pydantic", "pydantic_extra_types", *sys.stdlib_module_names}
"""Modules whose classes take no row of a table."""

_ROW: frozenset[Held] = frozenset({"row"})
_ROWS: frozenset[Held] = frozenset({"rows"})
_MAPPING: frozenset[Held] = frozenset({"mapping"})


@dataclass(frozen=True)
class Shape:
    """The parts of an annotation.

    Args:
        models: the models that it may be, or be a collection of: Pydantic models, dataclasses, typed dictionaries.
        hidden: something stands between the row and the answer.
        anything: it may be a document of any keys.
        takes: what it may take from an attribute that leads to related rows.
    """

    models: tuple[type, ...] = ()
    hidden: bool = False
    anything: bool = False
    takes: frozenset[Held] = frozenset()


_ALL = _ROW | _ROWS | _MAPPING
_UNKNOWN = Shape(hidden=True, takes=_ALL)
_ANYTHING = Shape(anything=True, takes=_ALL)


def shape_of(annotation: Any, around: tuple[Any, ...] = ()) -> Shape:
    """The parts of an annotation.

    Args:
        annotation: the annotation.
        around: the aliases that contain it.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in (Any, object):
        return _ANYTHING
    if annotation is JsonValue:
        return Shape(anything=True)
    if isinstance(annotation, NewType):
        return shape_of(cast("Any", annotation).__supertype__, around)
    if isinstance(annotation, TypeVar):
        return shape_of(annotation.__bound__ or Any, around)
    if _is_alias(annotation) or _is_alias(origin):
        if annotation in around:
            return Shape()
        value = annotation.__value__ if origin is None else origin.__value__[arguments]
        return shape_of(value, (*around, annotation))
    if origin is Annotated:
        inner = shape_of(arguments[0], around)
        if any(map(hides, arguments[1:])):
            return Shape(inner.models, True, inner.anything, _ALL)
        return inner
    if origin in _PARTS:
        return _together(shape_of(argument, around) for argument in arguments)
    if isinstance(annotation, str | ForwardRef):
        return _UNKNOWN
    kind = cast("type[Any]", annotation if origin is None else origin)
    if not inspect.isclass(kind):
        return Shape()
    return _of_collection(kind, arguments, around) or _of_class(kind)


def _of_collection(kind: type[Any], arguments: tuple[Any, ...], around: tuple[Any, ...]) -> Shape | None:
    """The parts of a collection; None for any other class."""
    if is_typeddict(kind):
        return None
    if issubclass(kind, Mapping):
        values = shape_of(arguments[1], around) if len(arguments) > 1 else _ANYTHING
        # The keys are not known, so what the models of the values leave out is not either.
        hidden = values.hidden or bool(values.models)
        return Shape(values.models, hidden, anything=True, takes=_if_row(_MAPPING, values))
    if kind in _SEVERAL:
        parts = _together(shape_of(argument, around) for argument in arguments if argument is not Ellipsis)
        parts = parts if arguments else _ANYTHING
        return Shape(parts.models, parts.hidden, parts.anything, _if_row(_ROWS, parts))
    return None


def _if_row(held: frozenset[Held], parts: Shape) -> frozenset[Held]:
    return held if "row" in parts.takes else frozenset()


def _of_class(kind: type[Any]) -> Shape:
    if issubclass(kind, _SECRETS):
        return Shape(hidden=True)
    if _is_root_model(kind):
        info = fields_of(kind)["root"]
        inner = shape_of(info.annotation)
        return Shape(inner.models, True, inner.anything, _ALL) if is_hidden(kind, "root", info) else inner
    if issubclass(kind, BaseModel) or is_dataclass(kind) or is_typeddict(kind):
        return Shape((kind,), takes=_ROW)
    if hides(kind):
        return _UNKNOWN
    is_plain = kind.__module__.partition(".")[0] in _PLAIN_MODULES
    return Shape() if is_plain else Shape(takes=_ROW)


def _is_root_model(kind: type[Any]) -> bool:
    return issubclass(kind, RootModel)


def _is_alias(annotation: object) -> bool:
    # `type X = …` of Python 3.12 is another class than that of typing_extensions.
    return isinstance(annotation, TypeAliasType) or type(annotation).__name__ == "TypeAliasType"


def _together(shapes: Iterable[Shape]) -> Shape:
    found = list(shapes)
    return Shape(
        tuple(dict.fromkeys(model for shape in found for model in shape.models)),
        any(shape.hidden for shape in found),
        any(shape.anything for shape in found),
        frozenset[Held]().union(*(shape.takes for shape in found)),
    )
