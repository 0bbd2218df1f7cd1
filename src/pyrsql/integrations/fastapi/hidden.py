"""Fields of a response model whose values an answer may change: code of the developer's stands before or behind them.

It may mask a value, so that a filter would reveal it. Nobody can tell a validator that only checks from one that masks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    OnErrorOmit,
    PlainSerializer,
    PlainValidator,
    WrapSerializer,
    WrapValidator,
)
from pydantic.fields import FieldInfo

_CHANGING = (AfterValidator, BeforeValidator, PlainValidator, WrapValidator, PlainSerializer, WrapSerializer)
"""Metadata that lets an answer show another value than the row has."""

_OMITS: object = get_args(OnErrorOmit)[1]
"""Metadata by which a list leaves out what it cannot read."""

_CHANGED_CASE = ("to_upper", "to_lower")
"""Constraints of text that change it."""

_CONFIGURED = ("json_encoders", "str_to_upper", "str_to_lower")
"""Configurations of a model that change its values."""

_HOOKS = ("model_post_init", "__post_init__", "__get_pydantic_core_schema__")
"""Methods of a model that may change what it has read."""


def is_hidden(item: type, field: str, info: FieldInfo) -> bool:
    """Whether the answer leaves a field out, or may show another value than the row has.

    Args:
        item: the model.
        field: the name of the field.
        info: the field.
    """
    if info.exclude or getattr(info, "exclude_if", None) is not None or any(map(hides, info.metadata)):
        return True
    config = config_of(item)
    if any(map(config.get, _CONFIGURED)) or any(is_own(getattr(item, hook, None)) for hook in _HOOKS):
        return True
    own = getattr(item, "__pydantic_decorators__", None)
    if own is None:
        return False
    if own.model_serializers or own.model_validators or own.root_validators:
        return True
    changing = (*own.field_serializers.values(), *own.field_validators.values(), *own.validators.values())
    return any(field in one.info.fields or "*" in one.info.fields for one in changing)


def hides(metadata: object) -> bool:
    """Whether metadata of an annotation, or a type, may change a value: code that is not Pydantic's own may."""
    if isinstance(metadata, _CHANGING) or metadata is _OMITS:
        return True
    if isinstance(metadata, FieldInfo):
        return bool(metadata.exclude) or any(map(hides, metadata.metadata))
    if isinstance(metadata, type):
        return _changes(metadata)
    if isinstance(metadata, Discriminator):
        # Its code says which model reads a row.
        return False
    if any(getattr(metadata, case, None) for case in _CHANGED_CASE) or _changes(type(metadata)):
        return True
    # `EncodedStr(encoder=…)`, `GetPydanticSchema(…)`: Pydantic's metadata with code of the developer's.
    names = (*getattr(metadata, "__dict__", ()), *getattr(metadata, "__slots__", ()))
    parts = (getattr(metadata, name, None) for name in names)
    return hasattr(metadata, "__get_pydantic_core_schema__") and any(callable(part) and is_own(part) for part in parts)


def _changes(kind: type) -> bool:
    if hasattr(kind, "__get_pydantic_core_schema__") and is_own(kind):
        return True
    return issubclass(kind, Enum) and _is_guessing(kind)


def _is_guessing(kind: type[Enum]) -> bool:
    """Whether code of the developer's says which member stands for a value that the enum does not have."""
    return next(base for base in kind.__mro__ if "_missing_" in vars(base)).__module__ != Enum.__module__


def is_own(code: Any) -> bool:
    """Whether code is the developer's. Pydantic's own types check; its transforming pipelines change values."""
    if code is None:
        return False
    module: str = getattr(code, "__module__", None) or ""
    return module.partition(".")[0] not in ("pydantic", "pydantic_extra_types", "sqlmodel") or "experimental" in module


def config_of(item: type) -> Mapping[str, Any]:
    """The configuration of a model, a dataclass or a typed dictionary."""
    return getattr(item, "model_config", None) or getattr(item, "__pydantic_config__", None) or {}
