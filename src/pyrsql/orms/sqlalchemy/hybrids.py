"""Hybrid properties: values whose expression the developer's code makes, when a path names them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from types import FrameType
from typing import Any, TypeVar

from sqlalchemy.orm import ColumnProperty, Mapper, RelationshipProperty
from sqlalchemy.sql.elements import ColumnElement

from pyrsql.models.model import Computed, Field
from pyrsql.models.rights import FieldRights, narrowed
from pyrsql.orms.sqlalchemy.annotations import annotated_type
from pyrsql.orms.sqlalchemy.cardinality import leaves
from pyrsql.orms.sqlalchemy.column_types import described
from pyrsql.orms.sqlalchemy.function_types import type_of
from pyrsql.orms.sqlalchemy.row_values import has_own_operators, is_row_value, takes_parameters
from pyrsql.orms.sqlalchemy.same_values import NamedValue, names_of
from pyrsql.orms.sqlalchemy.select_parts import tables_of

ResultT = TypeVar("ResultT")

_MOST_CALLS = 50_000
"""Calls that a hybrid may make for one expression. `sum(1 for _ in self.tags)` never ends on a class: SQLAlchemy takes
each step of the loop for `tags[0]`, `tags[1]` and so on."""


def hybrid(
    mapper: Mapper[Any],
    name: str,
    rights: FieldRights,
    known: list[NamedValue],
    rights_of_column: Callable[[list[str]], FieldRights],
) -> Computed:
    """A hybrid property of a mapped class. Its code runs once, when a path first names it.

    Args:
        mapper: of the class.
        name: the attribute.
        rights: its own rights.
        known: the column attributes of the class.
        rights_of_column: the rights of a column attribute of the class, by its names.
    """
    return Computed(name, cache(partial(_field, mapper, name, rights, known, rights_of_column)), rights)


def _field(
    mapper: Mapper[Any],
    name: str,
    rights: FieldRights,
    known: list[NamedValue],
    rights_of_column: Callable[[list[str]], FieldRights],
) -> Field | None:
    try:
        attribute, expression = _bounded(partial(_expression, mapper.class_, name))
    except Exception:
        # The code works for objects only, as that of most properties does.
        return None
    prop = _property(attribute)
    if not isinstance(expression, ColumnElement) or isinstance(prop, RelationshipProperty):
        return None
    value: ColumnElement[Any] = expression  # pyright: ignore[reportUnknownVariableType]  # the type argument is not known
    if has_own_operators(attribute) or not (is_row_value(value) and takes_parameters(value)):
        return None
    if not {*mapper.tables, *leaves([mapper.selectable])}.issuperset(tables_of(value)):
        # It reads another table beside its own, with nothing that joins the two.
        return None
    column = prop.key if isinstance(prop, ColumnProperty) and mapper.attrs.get(prop.key) is prop else None
    names = names_of(known, value, *(prop.columns if isinstance(prop, ColumnProperty) and column else ()))
    found = described(type_of(value), annotated_type(mapper.class_, column) if column else None)
    return Field(
        name,
        **found._asdict(),
        rights=narrowed((rights, rights_of_column(names))),
        computed=True,
        source=name,
        attribute=names[0] if names else None,
    )


def _expression(entity: type, name: str) -> tuple[Any, Any]:
    """A hybrid as an attribute of its class, and its SQL expression."""
    attribute = getattr(entity, name)
    made = hasattr(attribute, "__clause_element__")
    return attribute, attribute.__clause_element__() if made else attribute


def _property(attribute: Any) -> object:
    """The mapped attribute that a hybrid only gives another name to; None where it computes something."""
    try:
        return attribute.property
    except Exception:
        return None


class _TooLongError(Exception):
    """The developer's code has made more calls than any expression takes."""


def _bounded(work: Callable[[], ResultT]) -> ResultT:
    """The result of code that could run without end; raises an exception where it makes too many calls."""
    if sys.getprofile() is not None:
        return work()
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > _MOST_CALLS:
            raise _TooLongError

    sys.setprofile(count)
    try:
        return work()
    finally:
        sys.setprofile(None)
