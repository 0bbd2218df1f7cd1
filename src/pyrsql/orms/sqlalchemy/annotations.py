"""The annotations of a mapped class: the Python types that they name, and the rights in them."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped
from sqlalchemy.types import TypeEngine

from pyrsql.models.rights import FieldRights, narrowed

_ATTRIBUTES = (Mapped, ColumnElement)
"""Classes that annotate an attribute, and not its values: `Mapped[Level]`, or `Column[Level]` in older code."""


def annotated_type(entity: type, name: str) -> type | None:
    """The class that the annotation of an attribute names, such as `Level` of `Mapped[Level | None]`.

    None where there is no annotation, where it cannot be resolved, and where it names no single class.
    """
    *_, hint = _layers(entity, name)
    origin = get_origin(hint)
    if isinstance(origin, type):
        return origin
    return hint if isinstance(hint, type) and _is_of_values(hint) else None


def annotated_rights(entity: type, name: str) -> FieldRights:
    """The rights in the annotation of an attribute, as in `Mapped[Annotated[str, field_rights(sort=False)]]`."""
    layers = [*_layers(entity, name)]
    notes = (note for hint in (*layers, *get_args(layers[-1])) for note in getattr(hint, "__metadata__", ()))
    return narrowed(note for note in notes if isinstance(note, FieldRights))


def _annotations(base: type) -> dict[str, Any]:
    try:
        return inspect.get_annotations(base)
    except Exception:
        # Python 3.14 resolves them when they are read, and a name may be missing.
        return {}


def _resolved(annotation: object, base: type) -> object:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(base.__module__)
    try:
        return eval(annotation, dict(vars(module)) if module else {}, dict(vars(base)))
    except Exception:
        return None


def _layers(entity: type, name: str) -> Iterator[Any]:
    """The annotation of an attribute, then what is in its wrappers, one after the other; None at the end where it names
    several types, and where it cannot be resolved.
    """
    annotated = (base for base in entity.__mro__ if _annotations(base).get(name) is not None)
    owner = next(annotated, entity)
    hint: Any = _annotations(owner).get(name)
    while True:
        hint = _resolved(hint, owner)
        yield hint
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Annotated or (isinstance(origin, type) and issubclass(origin, _ATTRIBUTES)):
            hint = arguments[0]
        elif origin is Union or origin is types.UnionType:
            some = [argument for argument in arguments if argument is not type(None)]
            hint = some[0] if len(some) == 1 else None
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif hasattr(hint, "__value__") and not isinstance(hint, type):
            hint = hint.__value__
        else:
            return


def _is_of_values(named: type) -> bool:
    """Whether a class may be that of values. Some people annotate with the column's type: `Mapped[GUID]`."""
    return named not in (object, Any) and not issubclass(named, (TypeEngine, *_ATTRIBUTES))
