"""Response models: which attributes of a row they read, and which of those the answer shows.

A client may filter and sort by the values that it is shown, so the response model of an endpoint says which fields it
offers. A value that the answer changes or leaves out is not offered: a filter would reveal it.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass
from itertools import chain
from types import UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from pydantic import (
    BaseModel,
    JsonValue,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
)
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType, is_typeddict

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.attributes import Source, candidates, fields_of, refuse_missing
from pyrsql.integrations.fastapi.hidden import hides, is_hidden
from pyrsql.models import kinds
from pyrsql.models.model import Computed, Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.validation.public import ANYTHING_BELOW

_SECRETS = (SecretStr, SecretBytes, Secret)
_SEVERAL = (list, tuple, set, frozenset, deque, Sequence, Collection, Iterable, AbstractSet)
_PARTS = (Union, UnionType, ClassVar, Final, Required, NotRequired)
_UNREADABLE = "Pydantic reads no {!r} from the attributes of a row: use a Pydantic model"
_ANYTHING = (Any, object, dict, Mapping, JsonValue)


class Read(NamedTuple):
    """A value that a response model reads.

    Args:
        name: its path in the answer.
        path: the path of attributes that it is read from.
        shown: the answer shows it as it is.
        anything: it is a document that is shown as a whole: its keys may be named.
    """

    name: tuple[str, ...]
    path: tuple[str, ...]
    shown: bool
    anything: bool = False


@dataclass(frozen=True)
class _Shape:
    """The parts of an annotation.

    Args:
        models: the models that it may be, or be a collection of: Pydantic models, dataclasses, typed dictionaries.
        hidden: something stands between the row and the answer.
        anything: it may be a document of any keys.
    """

    models: tuple[type, ...] = ()
    hidden: bool = False
    anything: bool = False


def offered_fields(model: Model, item: Any, mapping: Mapping[str, str]) -> dict[str, str]:
    """The fields that an endpoint offers which answers with a response model: name -> path of attributes.

    Args:
        model: the model whose rows are listed.
        item: the response model, or a union of several.
        mapping: the developer's own names, `FieldOptions.field_mapping`; they count for fields that the answer shows.

    Raises:
        ConfigurationError: it is no response model.
    """
    found = list(reads(model, item))
    hidden = [read.name for read in found if not read.shown]
    offered = {
        ".".join(read.name): ".".join(read.path) + (ANYTHING_BELOW if read.anything else "")
        for read in found
        if read.shown and not any(read.name[: len(name)] == name for name in hidden)
    }
    return {**offered, **{name: path for name, path in _mapped(offered, mapping).items() if name not in offered}}


def _mapped(offered: Mapping[str, str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The developer's own names for the fields that are offered, and for the beginnings of their paths."""
    return {
        alias + path.removesuffix(ANYTHING_BELOW)[len(meant) :]: path
        for alias, meant in mapping.items()
        for path in offered.values()
        if f"{path.removesuffix(ANYTHING_BELOW)}.".startswith(f"{meant}.")
    }


def models_of(item: Any) -> tuple[type[BaseModel], ...]:
    """The models that an item may be, which Pydantic can read from the attributes of a row.

    Raises:
        ConfigurationError: it is neither a Pydantic model nor a union of them.
    """
    models = _shape(item).models
    if not models or not all(issubclass(model, BaseModel) for model in models):
        raise ConfigurationError(_UNREADABLE.format(item))
    return models


def reads(model: Model, item: Any) -> Iterator[Read]:
    """Every value of a row, and of its related rows, that a response model reads.

    Args:
        model: the model of the row.
        item: the response model, or a union of several.

    Raises:
        ConfigurationError: it is no response model, or its annotations cannot be resolved.
    """
    shape = _shape(item)
    if not shape.models:
        raise ConfigurationError(f"the item of {model.name} must be a Pydantic model, not {item!r}")
    yield from _nested(shape, Source.of(model), (), (), (), not shape.hidden)


def _nested(
    shape: _Shape,
    source: Source,
    name: tuple[str, ...],
    path: tuple[str, ...],
    around: tuple[type, ...],
    shown: bool,
) -> Iterator[Read]:
    """The values that the models of a shape read from one object, `around` being the models that contain them."""
    for item in shape.models:
        if source.type is not None and not issubclass(item, BaseModel):
            raise ConfigurationError(_UNREADABLE.format(cast("object", item)))
    # A validator around it may make the item of something else than the row.
    if shown and len(shape.models) == 1:
        refuse_missing(shape.models[0], source)
    found = [list(_of_model(item, source, name, path, around, shown)) for item in shape.models]
    # Rows of other classes do not have what only a subclass has.
    owned = {member for member, one in source.members.items() if one.owners}
    yield from _shown_by_each(found, lambda read: read.path[len(path)] in owned)


def _shown_by_each(found: Sequence[list[Read]], safe: Callable[[Read], bool] = lambda _: False) -> Iterator[Read]:
    """The values that the models of a union read. A row of one model may have a value that only another shows."""
    names = [{read.name for read in one} for one in found]
    for read in chain.from_iterable(found):
        everywhere = all(read.name in of_model for of_model in names)
        yield read if everywhere or safe(read) else read._replace(shown=False)


def _of_model(
    item: type, source: Source, name: tuple[str, ...], path: tuple[str, ...], around: tuple[type, ...], shown: bool
) -> Iterator[Read]:
    if _is_followed(item, around):
        for field, info in fields_of(item).items():
            attribute = next((path for path in candidates(item, field, info) if source.has(path[0])), None)
            if attribute is not None:
                own = (*name, info.serialization_alias or field)
                is_shown = shown and not is_hidden(item, field, info)
                yield from _read(info, source, own, path, attribute, (*around, item), is_shown)


def _is_followed(item: type, around: tuple[type, ...]) -> bool:
    """A model that contains itself is followed once."""
    return item not in around or len(set(around)) == len(around)


def _read(
    info: FieldInfo,
    source: Source,
    name: tuple[str, ...],
    before: tuple[str, ...],
    attribute: tuple[str, ...],
    around: tuple[type, ...],
    shown: bool,
) -> Iterator[Read]:
    path = (*before, *attribute)
    shape = _shape(info.annotation)
    shown = shown and not shape.hidden
    match _member(source.members, attribute):
        case Relation(target=target):
            yield Read(name, path, shown and any(_is_followed(nested, around) for nested in shape.models))
            yield from _nested(shape, Source.of(target()), name, path, around, shown)
        case Embedded(members=inner):
            yield from _nested(shape, Source(inner), name, path, around, shown)
        case Field(kind=kinds.Json()):
            yield from _document(shape, name, path, around, shown)
        case Field() | Computed():
            yield Read(name, path, shown and not shape.models)
        case Shortcut() | None:
            yield Read(name, path, False)


def _document(
    shape: _Shape, name: tuple[str, ...], path: tuple[str, ...], around: tuple[type, ...], shown: bool
) -> Iterator[Read]:
    """A document, or a part of one. If an answer shows some of its keys, only those are offered."""
    if not shape.models:
        yield Read(name, path, shown, anything=shape.anything)
    yield from _shown_by_each([list(_keys(item, name, path, around, shown)) for item in shape.models])


def _keys(
    item: type, name: tuple[str, ...], path: tuple[str, ...], around: tuple[type, ...], shown: bool
) -> Iterator[Read]:
    for field, info in fields_of(item).items() if _is_followed(item, around) else ():
        key = next(candidates(item, field, info), None)
        if key is not None:
            inner = _shape(info.annotation)
            own, below = (*name, info.serialization_alias or field), (*path, *key)
            is_shown = shown and not inner.hidden and not is_hidden(item, field, info)
            yield from _document(inner, own, below, (*around, item), is_shown)


def _member(members: Mapping[str, Member], path: tuple[str, ...]) -> Member | None:
    """The member at the end of a path of attributes, shortcuts spelled out."""
    first, rest = path[0], path[1:]
    match members.get(first):
        case Shortcut(path=steps):
            return _member(members, (*steps, *rest))
        case Relation(target=target) if rest:
            return _member(target().members, rest)
        case Embedded(members=inner) if rest:
            return _member(inner, rest)
        case member:
            return None if rest else member


# --- the parts of an annotation ---


def _shape(annotation: Any, around: tuple[Any, ...] = ()) -> _Shape:
    """The parts of an annotation, `around` being the aliases that contain it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _ANYTHING:
        return _Shape(anything=True)
    if isinstance(annotation, NewType):
        return _shape(cast("Any", annotation).__supertype__, around)
    if isinstance(annotation, TypeVar):
        return _shape(annotation.__bound__ or Any, around)
    if _is_alias(annotation) or _is_alias(origin):
        if annotation in around:
            return _Shape()
        value = annotation.__value__ if origin is None else origin.__value__[arguments]
        return _shape(value, (*around, annotation))
    if origin is Annotated:
        inner = _shape(arguments[0], around)
        return _Shape(inner.models, inner.hidden or any(map(hides, arguments[1:])), inner.anything)
    if origin in _PARTS:
        return _together(_shape(argument, around) for argument in arguments)
    if isinstance(annotation, str | ForwardRef):
        # Its values are unknown.
        return _Shape(hidden=True)
    return _shape_of_kind(annotation, origin, arguments, around)


def _shape_of_kind(annotation: Any, origin: Any, arguments: tuple[Any, ...], around: tuple[Any, ...]) -> _Shape:
    """The parts of a class, with its arguments where it is generic."""
    kind = cast("type[Any]", annotation if origin is None else origin)
    if not inspect.isclass(kind):
        return _Shape()
    if is_typeddict(kind):
        return _Shape((kind,))
    if issubclass(kind, Mapping):
        values = _shape(arguments[1], around) if len(arguments) > 1 else _Shape(anything=True)
        # The keys are not known, so what the models of the values leave out is not either.
        return _Shape(hidden=values.hidden or bool(values.models), anything=True)
    if kind in _SEVERAL:
        parts = _together(_shape(argument, around) for argument in arguments if argument is not Ellipsis)
        return parts if arguments else _Shape(anything=True)
    return _shape_of_class(kind)


def _shape_of_class(kind: type[Any]) -> _Shape:
    if issubclass(kind, _SECRETS):
        return _Shape(hidden=True)
    if _is_root_model(kind):
        info = fields_of(kind)["root"]
        inner = _shape(info.annotation)
        return _Shape(inner.models, inner.hidden or is_hidden(kind, "root", info), inner.anything)
    if issubclass(kind, BaseModel) or is_dataclass(kind):
        return _Shape((kind,))
    return _Shape(hidden=hides(kind))


def _is_root_model(kind: type[Any]) -> bool:
    return issubclass(kind, RootModel)


def _is_alias(annotation: object) -> bool:
    # `type X = …` of Python 3.12 is another class than that of typing_extensions.
    return isinstance(annotation, TypeAliasType) or type(annotation).__name__ == "TypeAliasType"


def _together(shapes: Iterable[_Shape]) -> _Shape:
    found = list(shapes)
    return _Shape(
        tuple(dict.fromkeys(model for shape in found for model in shape.models)),
        any(shape.hidden for shape in found),
        any(shape.anything for shape in found),
    )
