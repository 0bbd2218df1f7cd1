"""Elements that are like another but for one part, groups of conditions, and parameters.

SQLAlchemy's own way to each resolves types and looks at operators anew, which costs several times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import (
    BindParameter,
    Boolean,
    ClauseElement,
    ColumnElement,
    False_,
    True_,
    UnaryExpression,
    and_,
    column,
    not_,
    or_,
)
from sqlalchemy.sql.elements import BooleanClauseList
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

ElementT = TypeVar("ElementT", bound=ClauseElement)
FunctionT = TypeVar("FunctionT", bound=FunctionElement[Any])


class Construct(ClauseElement):
    """An element of pyrsql. SQLAlchemy keeps compiled statements by the class and the parts of an element, but only
    where the class itself says so.
    """

    inherit_cache: bool | None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.inherit_cache = True


class Condition(Construct, FunctionElement[bool]):
    """A condition that stands in WHERE as it is. SQLAlchemy would write `= 1` behind it where a database has no
    booleans, and no index serves that. Its forms are written so that AND and OR may stand beside them.
    """

    type: TypeEngine[Any] = Boolean()

    def self_group(self, against: object = None) -> Any:
        """The element itself."""
        return self


class Enclosed(Construct, UnaryExpression[Any]):
    """A value in a form that some use of it needs.

    Unlike a `Grouping` it does not have the name of its operand, so that SQLAlchemy gives it one of its own where it
    puts a page into a subquery.
    """

    def __init__(self, operand: ColumnElement[Any]) -> None:
        # The operand may be an expression of any precedence.
        super().__init__(operand.self_group(), type_=operand.type)


class TwoForms(Condition):
    """A condition in two forms: one of its own for some databases, and one for all others."""

    def __init__(self, own: ColumnElement[bool], other: ColumnElement[bool]) -> None:
        super().__init__(own, other)

    def _negate(self) -> ColumnElement[bool]:
        own, other = self.clauses
        return type(self)(not_(own), not_(other))


class OnPostgreSQL(TwoForms):
    """A condition with a form of its own on PostgreSQL."""


class OnMySQL(TwoForms):
    """A condition with a form of its own on MySQL and MariaDB."""


class OnSQLite(TwoForms):
    """A condition with a form of its own on SQLite."""


def with_part(template: ElementT, name: str, part: object) -> ElementT:
    """An element like another, but for one attribute: cheaper than `column == value`, which resolves types anew.

    The other is in no statement: an element of a statement keeps notes of its statement.
    """
    made = type(template).__new__(type(template))
    made.__dict__ = {**template.__dict__, name: part}
    return made


def with_arguments(template: FunctionT, arguments: list[ColumnElement[Any]]) -> FunctionT:
    """A function like another, but for its arguments, which have to be elements that need no parentheses."""
    listed = with_part(cast("Any", template.clause_expr), "element", with_part(template.clauses, "clauses", arguments))
    made = with_part(template, "clause_expr", listed)
    # SQLAlchemy keeps the old ones here.
    made.__dict__.pop("clauses", None)
    return made


_AND = cast("BooleanClauseList", and_(column("a"), column("b")))
_OR = cast("BooleanClauseList", or_(column("a"), column("b")))


def all_of(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """`and_(*clauses)` of at least one, except that a group among them stays one."""
    return and_(*clauses) if _has_constant(clauses) else _joined(_AND, clauses)


def any_of(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """`or_(*clauses)` of at least one, except that a group among them stays one."""
    return or_(*clauses) if _has_constant(clauses) else _joined(_OR, clauses)


def _has_constant(clauses: Sequence[ColumnElement[bool]]) -> bool:
    """Whether SQLAlchemy would leave something out: `x AND true` is `x`."""
    return any(isinstance(clause, True_ | False_) for clause in clauses)


def _joined(template: BooleanClauseList, clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    if len(clauses) == 1:
        return clauses[0]
    return with_part(template, "clauses", tuple([clause.self_group(template.operator) for clause in clauses]))


def bound(value: object, type_: TypeEngine[Any]) -> BindParameter[Any]:
    """A value of the client's, or a tuple of them for IN, as a bound parameter."""
    return BindParameter(None, value, type_, unique=True)
