"""Operand -> SQL expression."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    Float,
    Integer,
    Numeric,
    String,
    Time,
    inspect,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.types import TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.orms.sqlalchemy.column_types import as_stored
from pyrsql.orms.sqlalchemy.functions import called
from pyrsql.orms.sqlalchemy.joins import Entity, Scope
from pyrsql.orms.sqlalchemy.reflect import SubclassColumn
from pyrsql.validation.predicates import CallOperand, ConstantOperand, FieldOperand


def expression(operand: FieldOperand | CallOperand | ConstantOperand, scope: Scope) -> ColumnElement[Any]:
    """The SQL expression of a value.

    Args:
        operand: a field, a call or a constant.
        scope: the entities that the operand's paths lead to.
    """
    match operand:
        case FieldOperand(relations=relations, field=Field(source=SubclassColumn() as source)):
            return _subclass_value(scope[relations], source)
        case FieldOperand(relations=relations, field=field):
            attribute: Any = getattr(scope[relations], cast("str", field.source))
            # What the attribute's own operators compare: in another form it would count as another statement.
            compared = cast("Any", attribute).comparator if isinstance(attribute, QueryableAttribute) else attribute
            clause = compared.__clause_element__() if hasattr(compared, "__clause_element__") else compared
            return cast("ColumnElement[Any]", clause)
        case CallOperand(function=name, arguments=arguments, kind=kind):
            return called(name, [expression(argument, scope) for argument in arguments], kind, _type_of(kind))
        case ConstantOperand(value=value, kind=kind):
            return literal(value, _type_of(kind))


def _subclass_value(entity: Entity, source: SubclassColumn) -> ColumnElement[Any]:
    """A column of a subclass, of an entity of the base class."""
    own = inspect(entity).selectable.corresponding_column(source.column)
    if own is not None:
        return cast("ColumnElement[Any]", own)
    table = source.column.table.alias()
    same = (key == getattr(entity, name) for key, name in zip(table.primary_key, source.identity, strict=True))
    return select(table.c[source.column.key]).where(*same).scalar_subquery()


def comparable_type(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type to bind a client's value with, where it is compared with a column of type `type_`.

    Drivers of PostgreSQL write it as a cast, `$1::NUMERIC(12, 3)`, which would round the value to what the column has.
    """
    match type_:
        case Float():
            return type_
        case Numeric():
            return Numeric() if type_.asdecimal else Numeric(asdecimal=False)
        case postgresql.TIMESTAMP():
            return DateTime(type_.timezone)
        case postgresql.TIME():
            return Time(type_.timezone)
        case TypeDecorator() if isinstance(type_.impl_instance, Numeric):
            return Unrounded(type_)
        case _:
            return type_


class Unrounded(TypeDecorator[Any]):
    """Binds what a decorated number binds, without its precision.

    Args:
        decorated: the type of the column.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, decorated: TypeDecorator[Any]) -> None:
        super().__init__()
        self.decorated = decorated

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the column without its precision."""
        return comparable_type(self.decorated.load_dialect_impl(dialect))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value as the column's own decorator writes it."""
        return as_stored(self.decorated, value, dialect)


def _type_of(kind: kinds.Kind) -> TypeEngine[Any]:
    match kind:
        case kinds.Integer(maximum=maximum):
            return BigInteger() if maximum >= 2**31 else Integer()
        case kinds.Decimal():
            return Numeric()
        case kinds.Float():
            return Double()
        case kinds.Boolean():
            return Boolean()
        case _:
            return String()
