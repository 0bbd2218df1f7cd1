"""The members that only subclasses of a mapped class have. Of a row of any other class they are NULL, or lead nowhere.

A column is read where it is. Any other member is reached over the same row as one of the subclass: by a hidden step
along the primary key, which is a to-one relation like any other.
"""

from __future__ import annotations

import inspect as python_inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple, assert_never

from sqlalchemy import Column
from sqlalchemy.orm import ColumnProperty, Mapper

from pyrsql.models.model import Computed, Embedded, Field, Member, Model, Relation, Shortcut
from pyrsql.models.rights import narrowed
from pyrsql.orms.sqlalchemy.entities import Entity


@dataclass(frozen=True, slots=True)
class SubclassColumn:
    """Where the value of a subclass attribute is.

    Args:
        column: the column, in the table of the base class or in one of the subclass.
        identity: the attributes of the base class that its primary key maps to.
    """

    column: Column[Any]
    identity: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubclassRow:
    """The end of a hidden step: the same row as one of a subclass."""

    subclass: Entity


class SubclassMembers(NamedTuple):
    """The members that only subclasses have, and the names that lead to none of them, each with the reason."""

    members: dict[str, Member]
    refused: dict[str, str]


class _Having(NamedTuple):
    """A subclass, and a member that it has."""

    mapper: Mapper[Any]
    member: Member


def subclass_members(
    mapper: Mapper[Any],
    own: Mapping[str, Member],
    described: Callable[[Mapper[Any]], Mapping[str, Member]],
    model: Callable[[type], Model],
) -> SubclassMembers:
    """The members that a path may name at a class, although only its subclasses have them.

    Args:
        mapper: of the base class.
        own: the members of the base class itself.
        described: the members of a class itself.
        model: the model of a class.
    """
    having: dict[str, list[_Having]] = {}
    refused: dict[str, str] = {}
    # Base classes come before their subclasses.
    for subclass in mapper.self_and_descendants:
        if subclass is mapper:
            continue
        for name, member in described(subclass).items():
            if name in own or mapper.has_property(name):
                continue
            if subclass.concrete:
                refused[name] = f"{subclass.class_.__name__} keeps it in a table of its own"
            else:
                having.setdefault(name, []).append(_Having(subclass, member))
    members: dict[str, Member] = {}
    steps: dict[Mapper[Any], Relation] = {}
    for name, found in having.items():
        if _is_one(name, found):
            top = found[0].mapper
            step = steps.setdefault(top, _step(mapper, top, model))
            members[name] = _reached(mapper, name, found, step)
        else:
            classes = ", ".join(sorted(each.mapper.class_.__name__ for each in found))
            refused[name] = f"it is not the same in {classes}: give each a name of its own"
    return SubclassMembers(members, {name: reason for name, reason in refused.items() if name not in members})


def _is_one(name: str, found: Sequence[_Having]) -> bool:
    """Whether a name means the same in all subclasses that have it: a column, or a member of the first of them."""
    top = found[0].mapper
    if len({_meaning(each.mapper, name) for each in found}) > 1:
        return False
    return isinstance(_meaning(top, name), Column) or all(each.mapper.isa(top) for each in found)


def _meaning(mapper: Mapper[Any], name: str) -> object:
    prop = mapper.attrs.get(name)
    if isinstance(prop, ColumnProperty) and isinstance(prop.columns[0], Column):
        return prop.columns[0]
    return python_inspect.getattr_static(mapper.class_, name) if prop is None else prop


def _step(mapper: Mapper[Any], subclass: Mapper[Any], model: Callable[[type], Model]) -> Relation:
    entity = subclass.class_
    return Relation(entity.__name__, mapper.class_.__name__, False, partial(model, entity), source=SubclassRow(entity))


def _reached(mapper: Mapper[Any], name: str, found: Sequence[_Having], step: Relation) -> Member:
    """A member of subclasses as one of their base class."""
    # The most specific classes first: their mappings and converters count before those of their bases.
    owners = tuple(each.mapper.class_ for each in reversed(found))
    rights = narrowed(each.member.rights for each in found)
    top, member = found[0]
    match member:
        case Field() if isinstance(_meaning(top, name), Column):
            return replace(_column(mapper, top, found[-1].member, name), rights=rights, owners=owners)
        case Field():
            return replace(member, rights=rights, owners=owners, via=(step,))
        case Computed():
            return replace(member, field=cache(partial(_computed, member, owners, step)), rights=rights, owners=owners)
        case Relation():
            return replace(member, rights=rights, owners=owners, via=(step,))
        case Embedded(members=inner):
            columns = {
                part: replace(_column(mapper, top, field, str(field.source)), owners=owners)
                for part, field in inner.items()
                if isinstance(field, Field)
            }
            return replace(member, members=columns, rights=rights, owners=owners)
        case Shortcut():
            return replace(member, rights=rights, owners=owners)
        case _:
            assert_never(member)


def _column(mapper: Mapper[Any], subclass: Mapper[Any], member: Member, name: str) -> Field:
    assert isinstance(member, Field)
    identity = tuple(mapper.get_property_by_column(key).key for key in mapper.primary_key)
    column = subclass.column_attrs[name].columns[0]
    assert isinstance(column, Column)
    return replace(member, nullable=True, unique=False, source=SubclassColumn(column, identity))


def _computed(member: Computed, owners: tuple[type, ...], step: Relation) -> Field | None:
    field = member.field()
    return None if field is None else replace(field, owners=owners, via=(step,))
