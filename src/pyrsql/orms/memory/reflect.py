"""A class described by its type hints."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Union, cast, get_args, get_origin

from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.models.model import Field, Model, Relation
from pyrsql.models.rights import ALL_RIGHTS, FieldRights, narrowed
from pyrsql.orms.memory.mapped import as_mapped


def describe(entity: type, model_of: Callable[[type], Model], identity: Iterable[str] | None = None) -> Model:
    """The model of a class.

    Args:
        entity: the class.
        model_of: gives the model of a related class when it is needed.
        identity: the names of the fields that identify a row; None for the primary key of a mapped class.

    Raises:
        ConfigurationError: hints that cannot be read, or none at all; an identity of fields that are not there.
    """
    hinted = {name: _member(entity, name, hint, model_of) for name, hint in _hints(entity).items()}
    if not hinted:
        raise ConfigurationError(f"{entity!r} has no type hints that name fields")
    members = as_mapped(entity, hinted)
    names = _primary_key(entity) if identity is None else tuple(identity)
    fields = [member for name in names if isinstance(member := members.get(name), Field)]
    if len(fields) < len(names) and identity is not None:
        raise ConfigurationError(f"the identity of {entity.__name__} names a field that it does not have")
    if len(fields) < len(names):
        return Model(entity.__name__, entity, members)
    if len(fields) == 1:
        members[fields[0].name] = fields[0] = dataclasses.replace(fields[0], unique=True)
    return Model(entity.__name__, entity, members, tuple(fields))


def _primary_key(entity: type) -> tuple[str, ...]:
    """The attributes that the primary key of a mapped class maps to; none for any other class."""
    mapper: Any = getattr(entity, "__mapper__", None)
    return () if mapper is None else tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)


def _hints(entity: type) -> dict[str, object]:
    """The fields of a class with their hints, in the order in which they are declared."""
    try:
        hints = typing.get_type_hints(entity, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"the type hints of {entity!r} cannot be read: {error}") from error
    if _is_pydantic(entity):
        return {name: hints[name] for name in cast("Any", entity).model_fields}
    if dataclasses.is_dataclass(entity):
        return {part.name: hints[part.name] for part in dataclasses.fields(entity)}
    return {
        name: hint
        for name, hint in hints.items()
        if not name.startswith("_") and get_origin(hint) is not ClassVar and hint is not ClassVar
    }


def _is_model(hint: object) -> typing.TypeGuard[type]:
    """Whether a hint names a class with fields of its own."""
    return isinstance(hint, type) and any(is_one(hint) for is_one in _MODELS)


def _is_pydantic(entity: type) -> bool:
    return isinstance(getattr(entity, "model_fields", None), Mapping)


def _is_mapped(entity: type) -> bool:
    return hasattr(entity, "__mapper__")


_MODELS: tuple[Callable[[type], bool], ...] = (
    dataclasses.is_dataclass,
    typing.is_typeddict,
    _is_pydantic,
    _is_mapped,
)


@dataclass(slots=True)
class _Hint:
    """A type hint without its wrappers, and their meaning."""

    inner: Any
    nullable: bool = False
    kind: Kind | None = None
    rights: FieldRights = ALL_RIGHTS


_WRAPPERS = {"Mapped", "DynamicMapped", "WriteOnlyMapped", "Required", "NotRequired", "ReadOnly", "Final"}
"""Generic types that say something about the member and nothing about its values."""

_COLLECTIONS = (list, set, frozenset, collections.abc.Collection, collections.abc.Sequence, collections.abc.Set)


def _read(hint: Any) -> _Hint:
    read = _Hint(hint)
    while True:
        origin, arguments = get_origin(read.inner), get_args(read.inner)
        if origin is Annotated:
            read.inner, *notes = arguments
            for note in notes:
                if isinstance(note, Kind):
                    read.kind = note
                elif isinstance(note, FieldRights):
                    read.rights = narrowed((read.rights, note))
        elif getattr(origin, "__name__", getattr(origin, "_name", None)) in _WRAPPERS:
            (read.inner,) = arguments
        elif origin in (Union, types.UnionType):
            rest = [argument for argument in arguments if argument is not types.NoneType]
            read.nullable = read.nullable or len(rest) < len(arguments)
            if len(rest) != 1:
                read.rights = narrowed((read.rights, *(_read(each).rights for each in rest)))
                return read
            (read.inner,) = rest
        elif isinstance(read.inner, typing.NewType):
            read.inner = read.inner.__supertype__
        else:
            return read


def _member(entity: type, name: str, hint: object, model_of: Callable[[type], Model]) -> Field | Relation:
    def relation(target: type, *, many: bool) -> Relation:
        return Relation(name, entity.__name__, many, lambda: model_of(target), read.rights, shared=not many)

    read = _read(hint)
    if read.kind is not None:
        return _field(name, read, read.kind)
    item = _item(read.inner)
    if item is None:
        if _is_model(read.inner):
            return relation(read.inner, many=False)
        return _field(name, read, _kind(read.inner))
    element = _read(item)
    read.rights = narrowed((read.rights, element.rights))
    if element.kind is None and _is_model(element.inner):
        return relation(element.inner, many=True)
    return _field(name, read, kinds.Array(element.kind or _kind(element.inner)))


def _item(hint: Any) -> object:
    """The type of the items of a collection; None for any other hint."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in _COLLECTIONS and len(arguments) == 1:
        return arguments[0]
    return arguments[0] if origin is tuple and arguments[1:] == (...,) else None


def _field(name: str, read: _Hint, kind: Kind) -> Field:
    python_type = read.inner if isinstance(read.inner, type) else None
    return Field(name, kind, nullable=read.nullable, rights=read.rights, python_type=python_type)


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is Literal:
        return kinds.Enumeration(tuple((str(value), value) for value in get_args(hint)))
    if isinstance(hint, type):
        return kinds.kind_of(hint)
    return kinds.Opaque(str(hint))
