"""OrderKey -> ORDER BY term."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    Alias,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    Text,
    UnaryExpression,
    case,
    func,
    inspect,
    literal,
    literal_column,
    null,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import HSTORE
from sqlalchemy.sql import operators

from pyrsql.models import kinds
from pyrsql.models.model import Field
from pyrsql.options import FieldOptions, TextOrder
from pyrsql.orms.sqlalchemy import joins
from pyrsql.orms.sqlalchemy.cardinality import leaves, may_lack
from pyrsql.orms.sqlalchemy.column_types import forms_of, is_text
from pyrsql.orms.sqlalchemy.elements import Construct
from pyrsql.orms.sqlalchemy.entities import Entity
from pyrsql.orms.sqlalchemy.expressions import expression
from pyrsql.orms.sqlalchemy.extremes import Largest, Smallest
from pyrsql.orms.sqlalchemy.functions import TimeInUtc
from pyrsql.orms.sqlalchemy.joins import Join, Scope
from pyrsql.orms.sqlalchemy.json.order import json_order
from pyrsql.orms.sqlalchemy.leading_text import leading_text
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.predicates import counted_together, value_expression
from pyrsql.orms.sqlalchemy.select_parts import tables_of
from pyrsql.orms.sqlalchemy.shared_rows import shared_rows
from pyrsql.orms.sqlalchemy.text import FoldedText, OrderedText, UuidText, plain_text, without_places
from pyrsql.validation.predicates import CountOperand, FieldOperand, OrderKey, relation_paths, starts_with


class NullsPlaced(Construct, UnaryExpression[Any]):
    """A direction with NULLS FIRST or NULLS LAST, also on databases that have neither.

    SQLAlchemy takes it for a modifier of its own, and so finds the value in it where it wraps a page in a subquery.
    """

    def __init__(self, value: ColumnElement[Any], descending: bool, nulls_first: bool) -> None:
        directed = value.desc() if descending else value.asc()
        super().__init__(directed, modifier=operators.nulls_first_op if nulls_first else operators.nulls_last_op)


def of_shared_rows(
    key: OrderKey, scope: Scope, options: FieldOptions, *, narrowed: bool
) -> tuple[Join, ColumnElement[Any]] | None:
    """The value of a key over related rows that are read for all rows at once, and the join that brings it; None for
    other keys.

    Without a join a database computes the value of each row anew in the ORDER BY, in the key of a cursor and in each
    condition of a page by cursor.

    Args:
        key: a key of the sort.
        scope: the entities that its to-one paths lead to.
        options: the join hints for what lies beyond a to-many relation.
        narrowed: the statement has conditions: few rows may pass, and each looks at its own related rows.
    """
    root = () if narrowed else None
    operand = key.operand
    if isinstance(operand, CountOperand):
        counted = counted_together(operand, scope, root)
        if counted is None:
            return None
        join, number = counted.joined(counted.number)
        return join, func.coalesce(number, literal_column("0"))
    if not key.collection or isinstance(operand.kind, kinds.Json):
        return None
    needed = relation_paths(operand)
    if not all(starts_with(path, key.collection) for path in needed):
        return None
    shared = shared_rows(scope, root, key.collection, needed, options)
    return shared and shared.joined(_extreme(key, shared.reached, options))


def order_terms(
    key: OrderKey, scope: Scope, options: FieldOptions, *, rooted: bool, shared: ColumnElement[Any] | None = None
) -> list[ColumnElement[Any]]:
    """The ORDER BY terms of a key: one, or several that together order values of a JSON document.

    Args:
        key: a key of the sort.
        scope: the entities that its to-one paths lead to.
        options: the join hints for what lies beyond a to-many relation.
        rooted: no row of the statement lacks its root.
        shared: its value, where a join brings it.
    """
    operand = key.operand
    if shared is not None:
        return [_directed(shared, key.descending, key.nulls_first)]
    if isinstance(operand, FieldOperand) and not (operand.relations or operand.keys or operand.field.computed):
        place = key.descending, key.ignore_case, key.nulls_first
        return [_of_field(operand.field, scope[()], *place, options.text_order, rooted)]
    if isinstance(operand, FieldOperand) and operand.keys:
        values = _json_values(key, operand, scope, options)
    elif key.collection:
        rows, reached = _related(key, scope, options)
        values = [rows.with_only_columns(_extreme(key, reached, options)).scalar_subquery()]
    else:
        values = [_ordered(operand.kind, key.ignore_case, value_expression(operand, scope), options.text_order)]
    # Only the first of several terms tells rows without a value from others.
    return [_directed(value, key.descending, None if place else key.nulls_first) for place, value in enumerate(values)]


@made_once
def _of_field(
    field: Field,
    entity: Entity,
    descending: bool,
    ignore_case: bool,
    nulls_first: bool | None,
    text_order: TextOrder,
    rooted: bool,
) -> ColumnElement[Any]:
    if rooted and is_never_null(field, entity):
        nulls_first = None
    value = expression(FieldOperand(field.name, (), field, field.kind), {(): entity})
    return _directed(_ordered(field.kind, ignore_case, value, text_order), descending, nulls_first)


def identifying(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of the primary key in an order that tells any two of its values apart, and that `<` has too."""
    if any(isinstance(form, HSTORE) for form in forms_of(column.type)):
        # PostgreSQL sorts it, and has no `<` for it.
        return OrderedText(sql_cast(column, Text))
    return without_places(column)


def _directed(value: ColumnElement[Any], descending: bool, nulls_first: bool | None) -> ColumnElement[Any]:
    """A term in its direction. It says where NULL goes only where the key does: an index may serve no other place."""
    if not tables_of(value):
        # A constant would be the place of a selected column.
        value = func.coalesce(value, null())
    if nulls_first is None:
        return value.desc() if descending else value
    return NullsPlaced(value, descending, nulls_first)


def is_never_null(field: Field, entity: Entity) -> bool:
    """Whether the database keeps NULL out of a field. To say where NULL goes would keep SQLite and MariaDB from reading
    rows in the order of an index.
    """
    # A row may hold a value that is no member of an enum. It sorts as NULL.
    if field.nullable or isinstance(field.kind, kinds.Enumeration) or not isinstance(field.source, str):
        return False
    inspected = inspect(entity)
    source, selected = inspected.mapper.persist_selectable, inspected.selectable
    if not (inspected.is_mapper or (isinstance(selected, Alias) and cast("Any", selected).element is source)):
        return False
    # A class over a join, or one that inherits over one, may lack the row that an outer join brings.
    column = inspected.mapper.attrs[field.source].columns[0]
    return all(isinstance(leaf, Table) for leaf in leaves((source,))) and not may_lack(source, {column.table})


def _json_values(key: OrderKey, operand: FieldOperand, scope: Scope, options: FieldOptions) -> list[ColumnElement[Any]]:
    """The ORDER BY terms for a value in a row's document, or in the document of some related row."""
    by_type = options.json_options.sort_field_types.get(operand.path)
    if not key.collection:
        return json_order(expression(operand, scope), operand.keys, key, by_type)
    rows, reached = _related(key, scope, options)
    return json_order(expression(operand, reached), operand.keys, key, by_type, rows)


def _related(key: OrderKey, scope: Scope, options: FieldOptions) -> tuple[Select[Any], Scope]:
    """The related rows that a to-many path leads to."""
    return joins.correlated_subquery(scope, key.collection, relation_paths(key.operand), options)


def _extreme(key: OrderKey, reached: Scope, options: FieldOptions) -> ColumnElement[Any]:
    """The smallest of the values of related rows, or the largest when descending."""
    value = _ordered(key.operand.kind, key.ignore_case, value_expression(key.operand, reached), options.text_order)
    # PostgreSQL finds no smallest boolean, and before version 18 no smallest UUID.
    if isinstance(key.operand.kind, kinds.Boolean):
        value = sql_cast(value, Integer)
    elif isinstance(key.operand.kind, kinds.Uuid | kinds.Opaque):
        value = OrderedText(sql_cast(value, String))
    return Largest(value) if key.descending else Smallest(value)


def _ordered(
    kind: kinds.Kind, ignore_case: bool, value: ColumnElement[Any], text_order: TextOrder
) -> ColumnElement[Any]:
    """A value in the form for ORDER BY, so that all databases agree under the `text_order`."""
    if isinstance(kind, kinds.Text) or (isinstance(kind, kinds.Opaque) and is_text(value.type)):
        if ignore_case:
            value = FoldedText(plain_text(value))
        return leading_text(OrderedText(plain_text(value)) if text_order == "code_point" else without_places(value))
    if isinstance(kind, kinds.Uuid):
        return UuidText(value)
    if kind == kinds.Time(aware=True):
        return TimeInUtc(value)
    if isinstance(kind, kinds.Enumeration):
        places: dict[object, int] = {}
        for _, member in kind.members:
            places.setdefault(member, len(places))
        whens = [(value == literal(member, value.type), place) for member, place in places.items()]
        return case(*whens)
    return value
