"""Operand -> SQL expression."""

from __future__ import annotations

import operator
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    Label,
    Numeric,
    String,
    Time,
    case,
    inspect,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapper, QueryableAttribute, aliased
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import AsBoolean, Grouping
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.orms.sqlalchemy.bare_names import ambiguous_name, column_names, to_one_relations
from pyrsql.orms.sqlalchemy.bound_numbers import ExactNumber, FloatValue, UnsignedInteger
from pyrsql.orms.sqlalchemy.column_types import form_on, forms_of
from pyrsql.orms.sqlalchemy.correlation import about_own_tables, has_subquery
from pyrsql.orms.sqlalchemy.decorator_samples import as_stored
from pyrsql.orms.sqlalchemy.entities import Entity, attribute, keys_of, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.function_types import typed
from pyrsql.orms.sqlalchemy.functions import called
from pyrsql.orms.sqlalchemy.joins import Scope
from pyrsql.orms.sqlalchemy.names import with_free_names
from pyrsql.orms.sqlalchemy.select_parts import (
    tables_of,
    variants,
    without_entities,
)
from pyrsql.orms.sqlalchemy.subclasses import SubclassColumn
from pyrsql.orms.sqlalchemy.textual import grouped, may_name_columns
from pyrsql.validation.predicates import CallOperand, ConstantOperand, FieldOperand


def expression(
    operand: FieldOperand | CallOperand | ConstantOperand, scope: Scope, *, is_exact: bool = False
) -> ColumnElement[Any]:
    """The SQL expression of a value.

    Args:
        operand: a field, a call or a constant.
        scope: the entities that the operand's paths lead to.
        is_exact: it is an argument of a call whose decimal numbers may be long integers.
    """
    match operand:
        case FieldOperand(relations=relations, field=field):
            return field_expression(field, scope[relations], linked=bool(relations) and not relations[-1].many)
        case CallOperand(function=name, arguments=arguments, kind=kind):
            exact = is_exact or _may_be_long(operand)
            type_ = ExactNumber() if exact and isinstance(kind, kinds.Decimal) else _type_of(kind)
            return called(name, [expression(each, scope, is_exact=exact) for each in arguments], kind, type_)
        case ConstantOperand(value=value, kind=kind):
            return literal(value, ExactNumber() if is_exact and isinstance(kind, kinds.Decimal) else _type_of(kind))


def _may_be_long(operand: FieldOperand | CallOperand | ConstantOperand) -> bool:
    """Whether a value is made of whole numbers that may have more digits than a float keeps."""
    match operand:
        case FieldOperand(kind=kind):
            return isinstance(kind, kinds.Integer) and kind.maximum > _WHOLE_FLOATS
        case CallOperand(arguments=arguments):
            return any(map(_may_be_long, arguments))
        case ConstantOperand(value=value):
            return isinstance(value, int) and abs(value) > _WHOLE_FLOATS


_WHOLE_FLOATS = 2**53
"""Up to here every whole number is a float."""


def field_expression(field: Field, entity: Entity, *, linked: bool) -> ColumnElement[Any]:
    """The SQL expression of a field of an entity.

    Args:
        field: the field.
        entity: the class or alias that has it.
        linked: a to-one relation leads to the entity, so that it may be missing: then a value that is computed is NULL.
    """
    if isinstance(field.source, SubclassColumn):
        return _subclass_value(entity, field.source)
    value = _attribute(field, entity)
    is_aliased: bool = inspect(entity).is_aliased_class
    reads_table = is_aliased and _reads_table(value, entity)
    if isinstance(value, ColumnClause) and not reads_table:
        return value
    has_names = may_name_columns(value)
    is_of_other_table = reads_table or (has_names and is_aliased)
    is_ambiguous = has_names and not is_of_other_table and (linked or _is_ambiguous(value, entity))
    if not (linked or is_of_other_table or is_ambiguous):
        return value
    keys = keys_of(entity)
    if field.via:
        # SQLAlchemy would leave out all rows of other classes where a condition names one of this class.
        value, keys = without_entities(value), [*map(without_entities, keys)]
    if is_of_other_table or has_names or has_subquery(value):
        # In a subquery of its own: SQLAlchemy would take the tables of the statement around it for those of the value.
        # A text in the value names the table itself, or a column of the one table that the subquery has. So does the
        # code of a hybrid that names its class or its table.
        mapper = mapper_of(entity)
        other: Entity = mapper.class_ if is_of_other_table else _alias(mapper)
        alone = select(_attribute(field, other)).select_from(other).where(*map(operator.eq, keys_of(other), keys))
        return alone.correlate(*tables_of(rows_of(entity))).scalar_subquery()
    return case((keys[0].is_not(None), value))


def _reads_table(value: ColumnElement[Any], entity: Entity) -> bool:
    """Whether a value of an alias reads the tables of its class all the same, as `func.lower(User.name)` in a hybrid of
    `User` does: of an alias that is another row.
    """
    tables = mapper_of(entity).tables
    return any(isinstance(part, ColumnClause) and part.table in tables for part in visitors.iterate(value))


def _alias(mapper: Mapper[Any]) -> Entity:
    alias: Any = aliased(mapper)
    with_free_names(rows_of(alias), mapper.class_)
    return alias


def _is_ambiguous(value: ColumnElement[Any], entity: Entity) -> bool:
    """Whether text in a value names a column that a table of a path has as well."""
    mapper = mapper_of(entity)
    return bool(ambiguous_name([value], column_names(mapper.tables), to_one_relations(mapper)))


def _attribute(field: Field, entity: Entity) -> ColumnElement[Any]:
    found: Any = attribute(entity, field)
    # The form that the attribute's own operators compare: another form would count as another statement.
    compared = cast("Any", found).comparator if isinstance(found, QueryableAttribute) else found
    clause = compared.__clause_element__() if hasattr(compared, "__clause_element__") else compared
    # A select would refer to a labelled value by its label, which another column of the select may have as well.
    value = cast("Any", clause).element if isinstance(clause, Label) else clause
    own = about_own_tables(cast("ColumnElement[Any]", value), [rows_of(entity)])
    return grouped(_negation_grouped(in_base_type(typed(own))))


def in_base_type(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value of a domain over an enum or an array as one of that type: PostgreSQL has operators and functions for "any
    enum" and "any array", and takes a domain for none.
    """
    base: TypeEngine[Any] = value.type
    while isinstance(base, postgresql.DOMAIN):
        base = base.data_type
    of_any = isinstance(cast("object", base), Enum | ARRAY)
    return sql_cast(value, base) if of_any and base is not value.type else value


def _negation_grouped(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A value in parentheses where it is a negation: SQLAlchemy writes `NOT active IS NULL` without."""
    return Grouping(value) if isinstance(value, AsBoolean) else value


def _subclass_value(entity: Entity, source: SubclassColumn) -> ColumnElement[Any]:
    """A column of a subclass, of an entity of the base class."""
    own = rows_of(entity).corresponding_column(source.column)
    if own is not None:
        return cast("ColumnElement[Any]", own)
    table = with_free_names(source.column.table.alias(), mapper_of(entity).class_)
    same = (key == getattr(entity, name) for key, name in zip(table.primary_key, source.identity, strict=True))
    return select(table.c[source.column.key]).where(*same).scalar_subquery()


def comparable_type(type_: TypeEngine[Any], kind: kinds.Kind) -> TypeEngine[Any]:
    """The type to bind a client's value with, where it is compared with a column of type `type_`.

    Drivers of PostgreSQL write it as a cast, `$1::NUMERIC(12, 3)`, which would round the value as the column does.

    Args:
        type_: of the column.
        kind: of the value.
    """
    if isinstance(type_, TypeDecorator) and not isinstance(type_, Interval):
        return type_ if isinstance(type_.impl_instance, String) else Unrounded(type_)
    if variants(type_):
        return FloatValue(type_) if all(isinstance(form, Float) for form in forms_of(type_)) else Unrounded(type_)
    return _without_size(type_, kind)


def _without_size(type_: TypeEngine[Any], kind: kinds.Kind) -> TypeEngine[Any]:
    match type_:
        case postgresql.DOMAIN():
            # A cast to the domain would refuse what its CHECK does.
            return comparable_type(type_.data_type, kind)
        case Float():
            return FloatValue(type_)
        case ExactNumber():
            return type_
        case Numeric():
            return Numeric() if type_.asdecimal else Numeric(asdecimal=False)
        case Integer() if isinstance(kind, kinds.Integer) and kind.maximum > 2**31 - 1:
            return BigInteger() if kind.maximum < 2**63 else UnsignedInteger()
        case postgresql.TIMESTAMP():
            return DateTime(type_.timezone)
        case postgresql.TIME():
            return Time(type_.timezone)
        case postgresql.INTERVAL():
            return postgresql.INTERVAL()
        case Interval():
            return Interval(native=type_.native)
        case _:
            return type_


class Unrounded(TypeDecorator[Any]):
    """Binds a value as the type of a column does, decorator and variants included, without a size.

    Args:
        column_type: the type of the column.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = NullType
    cache_ok: bool | None = True

    def __init__(self, column_type: TypeEngine[Any]) -> None:
        super().__init__()
        self.column_type = column_type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type that the column has on a dialect, without its size."""
        return _without_size(form_on(dialect, self.column_type), _WHOLE)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value as the column's own decorator writes it."""
        return as_stored(self.column_type.dialect_impl(dialect), value, dialect)


_WHOLE = kinds.Integer(-(2**63), 2**63 - 1)


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
        case kinds.Date():
            return Date()
        case kinds.Time(aware):
            return Time(timezone=aware)
        case kinds.DateTime(aware):
            return DateTime(timezone=aware)
        case (
            kinds.Text()
            | kinds.Duration()
            | kinds.Uuid()
            | kinds.Enumeration()
            | kinds.Binary()
            | kinds.Json()
            | kinds.Array()
            | kinds.Opaque()
        ):
            return String()
