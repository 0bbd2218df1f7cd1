"""The rights and the other names that a mapping of SQLAlchemy gives the attributes of a class.

Nothing here imports SQLAlchemy: a mapped class brings its mapper.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pyrsql.models import kinds
from pyrsql.models.model import Embedded, Field, Member, Relation, Shortcut
from pyrsql.models.rights import FieldRights, narrowed, rights_in


def as_mapped(entity: type, hinted: Mapping[str, Field | Relation]) -> dict[str, Member]:
    """The members of a class as its mapping describes them; as they are where nothing maps the class.

    A synonym and an association proxy stand for a path, so that the rights on it count, and a composite for columns.

    Args:
        entity: the class.
        hinted: its members by their type hints.
    """
    mapper: Any = getattr(entity, "__mapper__", None)
    if mapper is None:
        return dict(hinted)
    return {name: _as_mapped(mapper, name, hinted) for name in hinted}


def _as_mapped(mapper: Any, name: str, hinted: Mapping[str, Field | Relation]) -> Member:
    member, prop = hinted[name], mapper.attrs.get(name)
    synonym, descriptor = mapper.synonyms.get(name), mapper.all_orm_descriptors.get(name)
    if synonym is not None:
        return Shortcut(name, (synonym.name,), narrowed((member.rights, rights_in(synonym.info))))
    if hasattr(descriptor, "target_collection"):
        path = (descriptor.target_collection, descriptor.value_attr)
        return Shortcut(name, path, narrowed((member.rights, rights_in(descriptor.info))))
    if hasattr(prop, "composite_class"):
        return _composite(mapper, prop, hinted)
    if isinstance(member, Field) and hasattr(prop, "columns"):
        return _of_columns(mapper, prop, member)
    return member if prop is None else replace(member, rights=narrowed((member.rights, rights_in(prop.info))))


def _of_columns(mapper: Any, prop: Any, field: Field) -> Field:
    """A field with the rights of its column under each of its names, and with the first of them."""
    names = [*_names_of(mapper, prop)]
    rights = narrowed((field.rights, *_rights_of(mapper, names)))
    return replace(field, rights=rights, attribute=None if names[0] == field.name else names[0])


def _names_of(mapper: Any, prop: Any) -> Iterator[str]:
    """The attributes that return what a column attribute does."""
    wanted = _columns_of(prop)
    return (name for name, other in mapper.column_attrs.items() if not wanted.isdisjoint(_columns_of(other)))


def _columns_of(prop: Any) -> set[int]:
    return {id(column) for expression in prop.columns for column in expression.base_columns}


def _rights_of(mapper: Any, names: Collection[str]) -> Iterator[FieldRights]:
    """Rights are kept by a column or by its attribute, in the class or in a base of it."""
    for base in mapper.iterate_to_root():
        for prop in filter(None, map(base.column_attrs.get, names)):
            yield rights_in(prop.info)
            yield from (rights_in(column.info) for column in prop.columns if hasattr(column, "info"))


def _composite(mapper: Any, prop: Any, hinted: Mapping[str, Field | Relation]) -> Embedded:
    """A composite as a group of columns, which its constructor takes in this order."""
    member = hinted[prop.key]
    described: Mapping[str, Member] = member.target().members if isinstance(member, Relation) else {}
    parts: dict[str, Member] = {}
    for name, column in zip(inspect.signature(prop.composite_class).parameters, prop.props, strict=False):
        known = described.get(name, hinted.get(column.key))
        field = known if isinstance(known, Field) else Field(name, kinds.Opaque(name))
        parts[name] = _of_columns(mapper, column, replace(field, name=f"{prop.key}.{name}"))
    return Embedded(prop.key, parts, narrowed((member.rights, rights_in(prop.info))))
