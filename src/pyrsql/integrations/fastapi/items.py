"""Response models: which attributes of a row they read, and which of those the answer shows.

A client may filter and sort by the values that it is shown, so the response model of an endpoint says which fields it
offers. A value that the answer changes or leaves out is not offered: a filter would reveal it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.attributes import (
    Source,
    computed_names,
    fields_of,
    is_read_by_code,
    looked_up,
    lookups,
    member_at,
    names_in,
)
from pyrsql.integrations.fastapi.hidden import is_hidden
from pyrsql.integrations.fastapi.readable import refuse_unreadable
from pyrsql.integrations.fastapi.shapes import Shape, shape_of
from pyrsql.models import kinds
from pyrsql.models.model import Computed, Embedded, Field, Model, Relation, Shortcut
from pyrsql.orms.sqlalchemy.loading import ANY
from pyrsql.validation.public import ANYTHING_BELOW

_UNREADABLE = "Pydantic reads no {!r} from the attributes of a row: use a Pydantic model"


class Read(NamedTuple):
    """A value that a response model reads.

    Args:
        name: its path in the answer; empty where the answer does not have it.
        path: the path of attributes that it is read from.
        shown: the answer shows it as it is.
        anything: it is a document that is shown as a whole: its keys may be named.
    """

    name: tuple[str, ...]
    path: tuple[str, ...]
    shown: bool
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
    hidden = [read.name for read in found if read.name and not read.shown]
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
    shape = shape_of(item)
    models = shape.models
    if not models or "row" not in shape.takes or not all(issubclass(model, BaseModel) for model in models):
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
    shape = shape_of(item)
    if not shape.models or "row" not in shape.takes:
        raise ConfigurationError(f"the item of {model.name} must be a Pydantic model, not {item!r}")
    yield from _nested(shape, Source.of(model), (), (), (), not shape.hidden)


def _nested(
    shape: Shape,
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
        refuse_unreadable(shape.models[0], source)
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
        computed = computed_names(item)
        for field, info in fields_of(item).items():
            looked = looked_up(item, field, info, source)
            for other in looked.others:
                yield Read((), (*path, *other), False)
            if looked.attribute is not None:
                own = info.serialization_alias or field
                is_plain = looked.is_sure and not is_read_by_code(source.members, looked.attribute)
                is_shown = shown and is_plain and own not in computed and not is_hidden(item, field, info)
                yield from _read(info, source, (*name, own), path, looked.attribute, (*around, item), is_shown)


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
    shape = shape_of(info.annotation)
    shown = shown and not shape.hidden
    match member_at(source.members, attribute):
        case Relation(target=target):
            yield Read(name, path, shown and any(_is_followed(nested, around) for nested in shape.models))
            if not shape.models:
                yield Read((), (*path, ANY), False)
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
    shape: Shape, name: tuple[str, ...], path: tuple[str, ...], around: tuple[type, ...], shown: bool
) -> Iterator[Read]:
    """A document, or a part of one. If an answer shows some of its keys, only those are offered."""
    if not shape.models:
        yield Read(name, path, shown, anything=shape.anything)
    yield from _shown_by_each([list(_keys(item, name, path, around, shown)) for item in shape.models])


def _keys(
    item: type, name: tuple[str, ...], path: tuple[str, ...], around: tuple[type, ...], shown: bool
) -> Iterator[Read]:
    computed = computed_names(item)
    for field, info in fields_of(item).items() if _is_followed(item, around) else ():
        lookup, inner = next(lookups(item, field, info)), shape_of(info.annotation)
        key, own = names_in(lookup), info.serialization_alias or field
        is_sure = len(key) == len(lookup) and own not in computed
        is_shown = shown and is_sure and not inner.hidden and not is_hidden(item, field, info)
        yield from _document(inner, (*name, own), (*path, *key), (*around, item), is_shown)
