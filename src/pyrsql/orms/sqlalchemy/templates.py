"""New elements from the attributes of others of their kind.

Most of what `column == value` or `or_(a, b)` costs is finding out what is the same every time: operators, types, what
the element is to SQLAlchemy. The public function is asked once; what it answers is the template of all that follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, False_, True_, and_, column, or_
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList

ElementT = TypeVar("ElementT", bound=ColumnElement[Any])

_TIGHTER = frozenset({operators.eq, operators.ne, operators.gt, operators.ge, operators.lt, operators.le})
"""Comparisons, which bind tighter than AND and OR in every database."""

_CONSTANTS = {True_, False_}
_AND, _OR = (cast("BooleanClauseList", join(column("a"), column("b"))) for join in (and_, or_))


def with_parts(template: ElementT, **parts: object) -> ElementT:
    """An element like another, but for some of its parts.

    Args:
        template: an element that is in no statement. One that is keeps notes of what it is part of.
        parts: the attributes that differ.
    """
    made = type(template).__new__(type(template))
    made.__dict__ = {**template.__dict__, **parts}
    return made


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
    return with_parts(template, clauses=tuple(grouped))


def _operator(clause: ColumnElement[Any]) -> object:
    return clause.operator if isinstance(clause, BinaryExpression) else None
