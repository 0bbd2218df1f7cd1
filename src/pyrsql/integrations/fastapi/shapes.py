"""The parts of an annotation in a response model: its models, and the values that it takes from related rows."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping, MutableSequence, MutableSet, Sequence
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

Held = Literal["row", "list", "rows", "mapping", "values", "pairs"]
"""The value of an attribute that leads to related rows: a row, several of them in a plain list or in any other
collection, or a mapping of them; or a collection or a mapping of values that related rows have."""

_SECRETS = (SecretStr, SecretBytes, Secret)
_SETS = (set, frozenset, AbstractSet, MutableSet)
_SEVERAL = (list, tuple, deque, Sequence, MutableSequence, Collection, Iterable, *_SETS)
_PARTS = (Union, UnionType, ClassVar, Final, Required, NotRequired)


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


_ROW: frozenset[Held] = frozenset(["row"])
_VALUES: frozenset[Held] = frozenset(["values"])
_PAIRS: frozenset[Held] = frozenset(["pairs"])
_ALL: frozenset[Held] = frozenset(get_args(Held))
_UNKNOWN = Shape(hidden=True, takes=_ALL)
_ANYTHING = Shape(anything=True)
"""It takes a row, too, which no answer can write."""


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
        # A validator may give other keys than the document has. Without one the keys are not known, so what the models
        # of the values leave out is not either.
        hidden = values.hidden or bool(values.models) or (bool(arguments) and shape_of(arguments[0], around).hidden)
        return Shape(values.models, hidden, anything=True, takes=_if_row("mapping", values) | _PAIRS)
    if kind in _SEVERAL:
        parts = _together(shape_of(argument, around) for argument in arguments if argument is not Ellipsis)
        parts = parts if arguments else _ANYTHING
        return Shape(parts.models, parts.hidden, parts.anything, _several(kind, parts))
    return None


def _several(kind: type[Any], parts: Shape) -> frozenset[Held]:
    """The values that a collection takes."""
    if kind is Sequence:
        # Pydantic takes few other collections for it, and loses the rows of some.
        return _if_row("list", parts)
    if kind in _SETS and not all(issubclass(model, Hashable) for model in parts.models):
        return _VALUES
    return _if_row("list", parts) | _if_row("rows", parts) | _VALUES


def _if_row(held: Held, parts: Shape) -> frozenset[Held]:
    return frozenset([held]) if "row" in parts.takes else frozenset()


def _of_class(kind: type[Any]) -> Shape:
    if issubclass(kind, _SECRETS):
        return Shape(hidden=True)
    if kind in (BaseModel, RootModel):
        # They have no fields to read.
        return Shape()
    if _is_root_model(kind):
        info = fields_of(kind)["root"]
        inner = shape_of(info.annotation)
        return Shape(inner.models, True, inner.anything, _ALL) if is_hidden(kind, "root", info) else inner
    if issubclass(kind, BaseModel) or is_dataclass(kind) or is_typeddict(kind):
        return Shape((kind,), takes=_ROW)
    return _UNKNOWN if hides(kind) else Shape()


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
