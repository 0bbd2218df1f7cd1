"""The Python types that the annotations of a mapped class name."""

from __future__ import annotations

import inspect
import sys
import types
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from sqlalchemy.orm import Mapped
from sqlalchemy.types import TypeEngine


def annotated_type(entity: type, name: str) -> type | None:
    """The class that the annotation of an attribute names, such as `Level` of `Mapped[Level | None]`.

    None where there is no annotation, where it cannot be resolved, and where it names no single class.
    """
    for base in entity.__mro__:
        annotation = _annotations(base).get(name)
        if annotation is not None:
            return _class_of(annotation, base)
    return None


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


def _class_of(annotation: object, base: type) -> type | None:
    """The class that an annotation of a class names, without its wrappers."""
    hint: Any = annotation
    while True:
        hint = _resolved(hint, base)
        origin, arguments = get_origin(hint), get_args(hint)
        if hint is None:
            return None
        if origin is Annotated or (isinstance(origin, type) and issubclass(origin, Mapped)):
            hint = arguments[0]
        elif origin is Union or origin is types.UnionType:
            some = [argument for argument in arguments if argument is not type(None)]
            hint = some[0] if len(some) == 1 else None
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif hasattr(hint, "__value__") and not isinstance(hint, type):
            hint = hint.__value__
        elif isinstance(origin, type):
            return origin
        else:
            return hint if isinstance(hint, type) and _is_of_values(hint) else None


def _is_of_values(named: type) -> bool:
    """Whether a class may be that of values. Some people annotate with the column's type: `Mapped[GUID]`."""
    return named not in (object, Any) and not issubclass(named, TypeEngine)
