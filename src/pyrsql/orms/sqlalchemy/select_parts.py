"""New elements from the attributes of others of their kind.

Most of what `column == value` or `or_(a, b)` costs is finding out what is the same every time: operators, types, names,
what SQLAlchemy knows about the element. The public function is asked once; what it answers is the template of all that
follow.
"""

# SQLAlchemy keeps these parts in attributes with a leading underscore only.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, False_, True_, and_, column, or_
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, quoted_name
from sqlalchemy.types import TypeEngine

ElementT = TypeVar("ElementT", bound=ColumnElement[Any])

_TIGHTER = frozenset({operators.eq, operators.ne, operators.gt, operators.ge, operators.lt, operators.le})
"""Comparisons, which bind tighter than AND and OR in every database."""

_CONSTANTS = {True_, False_}
_AND, _OR = (cast("BooleanClauseList", join(column("a"), column("b"))) for join in (and_, or_))


def with_part(template: ElementT, name: str, part: object) -> ElementT:
    """An element like another, but for one of its parts.

    Args:
        template: an element that is in no statement. One that is keeps notes of what it is part of.
        name: the attribute that differs.
        part: its value.
    """
    made = type(template).__new__(type(template))
    parts = template.__dict__.copy()
    parts[name] = part
    made.__dict__ = parts
    return made


def bound(value: object, type_: TypeEngine[Any]) -> BindParameter[Any]:
    """`BindParameter(None, value, type_, unique=True)`: a value of the client's, or a tuple of them for IN."""
    if not _NAMED_AS_KNOWN:
        return BindParameter(None, value, type_, unique=True)
    made = _new_parameter()
    name = f"{id(made)} param"
    parts = _PARAMETER.copy()
    parts["value"] = value
    parts["type"] = type_
    parts["key"] = parts["_identifying_key"] = label = _new_label(f"%({name})s")
    label.quote = None
    parts["_anon_map_key"] = name
    made.__dict__ = parts
    return made


_new_parameter = cast("Callable[[], BindParameter[Any]]", partial(object.__new__, BindParameter))
_template: BindParameter[Any] = BindParameter(None, None, unique=True)
_PARAMETER = _template.__dict__.copy()
_new_label = cast("Callable[[str], quoted_name]", partial(str.__new__, type(_template.key)))

_PLACE = str(id(_template))
_NAMES = {
    "key": f"%({_PLACE} param)s",
    "_identifying_key": f"%({_PLACE} param)s",
    "_anon_map_key": f"{_PLACE} param",  # 2.0 has none, and takes no offence at one
}
_NAMED_AS_KNOWN = {**_NAMES, "key": None, "_identifying_key": None} | {
    part: text for part, text in _PARAMETER.items() if _PLACE in str(text)
} == _NAMES
"""Whether this version of SQLAlchemy calls a parameter what `bound` does: after its place in memory, which no other
has."""


def has_variants(type_: TypeEngine[Any]) -> bool:
    """Whether `with_variant` gives a type other forms on some databases."""
    return bool(type_._variant_mapping)


def variant_on(dialect: Dialect, type_: TypeEngine[Any]) -> TypeEngine[Any] | None:
    """The other form that `with_variant` gives a type on a database, if it does."""
    return type_._variant_mapping.get(dialect.name)


def all_of(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """`and_(*clauses)`; at least two."""
    return and_(*clauses) if _constants(clauses) else _joined(_AND, clauses)


def any_of(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """`or_(*clauses)`; at least two."""
    return or_(*clauses) if _constants(clauses) else _joined(_OR, clauses)


def _constants(clauses: Sequence[ColumnElement[bool]]) -> bool:
    """Whether SQLAlchemy would leave something out: `x AND true` is `x`."""
    return not _CONSTANTS.isdisjoint(map(type, clauses))


def _joined(template: BooleanClauseList, clauses: Sequence[ColumnElement[bool]]) -> BooleanClauseList:
    operator = template.operator
    # Most need no parentheses, which SQLAlchemy takes its time to find out.
    grouped: list[ColumnElement[Any]] = [
        clause if _operator(clause) in _TIGHTER else clause.self_group(operator) for clause in clauses
    ]
    return with_part(template, "clauses", tuple(grouped))


def _operator(clause: ColumnElement[Any]) -> object:
    return clause.operator if isinstance(clause, BinaryExpression) else None
