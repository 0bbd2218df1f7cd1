"""Response models that no row can fill are refused when the schema is built, and not at the first request."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from types import FunctionType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy import MetaData
from sqlalchemy import inspect as inspect_mapping
from sqlalchemy.orm import Mapper, RelationshipProperty, registry

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi.attributes import Source, fields_of, looked_up, lookups
from pyrsql.integrations.fastapi.held import held_at
from pyrsql.integrations.fastapi.hidden import is_hidden, is_own
from pyrsql.integrations.fastapi.shapes import Held, shape_of
from pyrsql.language.nearest import nearest

_ROWS = "a collection of rows: annotate it with list[…] of a Pydantic model"
_INSTEAD: dict[Held | None, str] = {
    "row": "one row: annotate it with a Pydantic model",
    "list": _ROWS,
    "rows": _ROWS,
    "mapping": "a mapping of rows: annotate it with dict[…] of a Pydantic model",
    "values": "a collection of values: annotate it with list[…]",
    "pairs": "a mapping of values: annotate it with dict[…]",
    None: "rows that only a query of its own reads: leave the field out",
}

_WRITTEN = (BaseModel, str, bytes, int, float, tuple, list, dict, set, frozenset)
"""Classes whose objects Pydantic writes whatever the annotation, and dataclasses."""


def refuse_unreadable(item: type, source: Source) -> None:
    """Refuse a response model with a required field that no row has, or with a field that takes no related row or no
    composite.

    Raises:
        ConfigurationError: it has one, and what may have been meant.
    """
    if source.type is None or not issubclass(item, BaseModel) or _may_have_others(item, source.type):
        return
    for field, info in fields_of(item).items():
        looked = looked_up(item, field, info, source)
        if looked.attribute is None and info.is_required():
            raise ConfigurationError(_missing(item, field, info, source, source.type))
        if looked.attribute is None or is_hidden(item, field, info):
            continue
        if looked.is_sure:
            _refuse_no_value(item, field, source, looked.attribute[0])
            _refuse_shape(item, field, info, source, looked.attribute)
            _refuse_composite(item, field, info, source, looked.attribute)
            _refuse_circle(item, field, info, source, looked.attribute)
        else:
            _refuse_one_of_several(item, field, info, source, looked.attribute)


def _missing(item: type, field: str, info: FieldInfo, source: Source, row: type) -> str:
    name = ".".join(map(str, next(lookups(item, field, info))))
    near = nearest(name, source.members)
    advice = "give it a default, or a validation_alias" if near is None else f"did you mean {near!r}?"
    return f"{item.__name__} requires {name!r}, an attribute that {row.__name__} has not: {advice}"


def _refuse_shape(item: type, field: str, info: FieldInfo, source: Source, path: tuple[str, ...]) -> None:
    """Refuse an annotation that does not take the related rows which an attribute holds, or that takes them as they
    are: an answer can write no row.
    """
    found = held_at(source.members, path)
    if found is not None and found.held not in shape_of(info.annotation).takes:
        owner = _name(source) if len(path) == 1 else found.relation.owner
        raise ConfigurationError(
            f"{item.__name__}.{field} reads {owner}.{path[-1]}, which holds {_INSTEAD[found.held]}"
        )


def _refuse_composite(item: type, field: str, info: FieldInfo, source: Source, path: tuple[str, ...]) -> None:
    """Refuse an annotation that takes a composite of a plain class as it is: an answer cannot write it."""
    mapper: Mapper[Any] | None = inspect_mapping(source.type, raiseerr=False)
    attribute, *further = path
    composite = None if mapper is None or further else mapper.composites.get(attribute)
    # It may be a function, whose result is not known.
    kind: Any = None if composite is None else composite.composite_class
    if not inspect.isclass(kind) or shape_of(info.annotation).models:
        return
    if not is_dataclass(kind) and not issubclass(kind, _WRITTEN):
        raise ConfigurationError(
            f"{item.__name__}.{field} reads {_name(source)}.{attribute}, a composite of {kind.__name__}: annotate it"
            " with a Pydantic model"
        )


def _refuse_one_of_several(item: type, field: str, info: FieldInfo, source: Source, path: tuple[str, ...]) -> None:
    """Refuse an annotation that takes one row of a list as it is, as `AliasPath("tags", 0)` picks it."""
    *names, last = next(lookups(item, field, info))
    found = held_at(source.members, path)
    picks_one = tuple(names) == path and isinstance(last, int) and found is not None and found.held == "list"
    if picks_one and "row" not in shape_of(info.annotation).takes:
        raise ConfigurationError(
            f"{item.__name__}.{field} reads {'.'.join(path)}.{last}, which holds {_INSTEAD['row']}"
        )


def _refuse_no_value(item: type, field: str, source: Source, name: str) -> None:
    """Refuse an attribute that is no value of a row."""
    match inspect.getattr_static(source.type, name, None):
        case MetaData() | registry():
            near = nearest(name, source.members)
            advice = "give the field a validation_alias" + ("" if near is None else f", such as {near!r}")
            reason = f"an attribute of SQLAlchemy: {advice}"
        case FunctionType() | classmethod() | staticmethod():
            reason = "a method: make it a property"
        case _:
            return
    raise ConfigurationError(f"{item.__name__}.{field} reads {_name(source)}.{name}, {reason}")


def _refuse_circle(item: type, field: str, info: FieldInfo, source: Source, path: tuple[str, ...]) -> None:
    """Refuse models that lead back to the row where they began, as those of `user.company.users` do: Pydantic reads no
    row inside itself.
    """
    models = shape_of(info.annotation).models
    found = held_at(source.members, path)
    attribute, *further = path
    if further or len(models) > 1 or found is None:
        return
    there = Source.of(found.relation.target())
    for model in models:
        for name, other in fields_of(model).items():
            back = looked_up(model, name, other, there)
            if (
                back.is_sure
                and back.attribute is not None
                and shape_of(other.annotation).models == (item,)
                and not is_hidden(model, name, other)
                and _is_inverse(source, attribute, there, back.attribute[0])
            ):
                raise ConfigurationError(
                    f"{item.__name__}.{field} reads {_name(source)}.{attribute}, and {model.__name__}.{name} leads back"
                    f" to the same row as {item.__name__} again: give one of them a model without the other"
                )


def _is_inverse(source: Source, name: str, target: Source, other: str) -> bool:
    """Whether a relation leads back to the row that another one starts from."""
    one, back = (_relation(*each) for each in ((source, name), (target, other)))
    return one is not None and back is not None and (one.back_populates == other or back.back_populates == name)


def _relation(source: Source, name: str) -> RelationshipProperty[Any] | None:
    mapper: Mapper[Any] | None = inspect_mapping(source.type, raiseerr=False)
    return None if mapper is None else mapper.relationships.get(name)


def _name(source: Source) -> str:
    return "" if source.type is None else source.type.__name__


def _may_have_others(item: type[BaseModel], row: type) -> bool:
    """Whether code of the developer's may give a field what no attribute of the class does."""
    own = item.__pydantic_decorators__
    return (
        bool(own.root_validators)
        or any(validator.info.mode != "after" for validator in own.model_validators.values())
        or is_own(item.__get_pydantic_core_schema__)
        or hasattr(row, "__getattr__")
    )
