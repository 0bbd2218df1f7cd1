"""Names of one value: attributes of a class, and expressions, that only return what another attribute has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Label, TypeCoerce
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.sql.elements import Grouping


class NamedValue(NamedTuple):
    """An attribute of a class.

    Args:
        name: the attribute.
        expressions: what it returns, by hash. A class gives a copy of the mapped expression, which has the hash of its
            original. To compare the two would ask the operators of their type.
    """

    name: str
    expressions: dict[int, ColumnElement[Any]]


def named_values(mapper: Mapper[Any]) -> list[NamedValue]:
    """The attributes of a class that have a value; those of its bases first."""
    bases = reversed([*mapper.iterate_to_root()])
    names = dict.fromkeys(name for base in bases for name, _ in base.attrs.items())
    props = ((name, mapper.attrs.get(name)) for name in names)
    return [
        NamedValue(name, {hash(each): each for each in _expressions(mapper, prop)})
        for name, prop in props
        if isinstance(prop, ColumnProperty)
    ]


def names_of(known: list[NamedValue], *values: ColumnElement[Any]) -> list[str]:
    """The attributes that have the value of one of the expressions."""
    wanted = {hash(_returned(value)) for value in values}
    return [each.name for each in known if not wanted.isdisjoint(each.expressions)]


def _expressions(mapper: Mapper[Any], prop: ColumnProperty[Any]) -> Iterator[ColumnElement[Any]]:
    yield from map(_returned, prop.columns)
    # Of a class with a polymorphic union, a column of the union.
    attribute: Any = getattr(mapper.class_, prop.key, None)
    if hasattr(attribute, "__clause_element__"):
        yield _returned(attribute.__clause_element__())


def _returned(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The expression that another one only returns: a label, brackets and `type_coerce` leave a value as it is."""
    while isinstance(value, Label | Grouping | TypeCoerce):
        inner: object = value.clause if isinstance(value, TypeCoerce) else value.element
        value = cast("ColumnElement[Any]", inner)
    return value
