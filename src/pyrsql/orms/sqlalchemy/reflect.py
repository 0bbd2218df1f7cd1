"""A mapped class -> Model."""

from __future__ import annotations

import inspect as python_inspect
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, cast

from sqlalchemy import ClauseElement, Column, FromClause, Table, inspect
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.associationproxy import AssociationProxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import ColumnProperty, CompositeProperty, Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedClassError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Embedded, Field, Holds, Member, Model, Relation, Shortcut
from pyrsql.models.rights import FieldRights, narrowed, rights_in
from pyrsql.orms.sqlalchemy.annotations import annotated_rights, annotated_type
from pyrsql.orms.sqlalchemy.bare_names import ambiguous_name, column_names, loaded_values
from pyrsql.orms.sqlalchemy.cardinality import is_to_one, keys_of_table, leaves
from pyrsql.orms.sqlalchemy.column_types import described
from pyrsql.orms.sqlalchemy.function_types import type_of
from pyrsql.orms.sqlalchemy.hybrids import hybrid
from pyrsql.orms.sqlalchemy.leading_text import may_be_long
from pyrsql.orms.sqlalchemy.repeated_rows import lacking_columns
from pyrsql.orms.sqlalchemy.row_values import is_row_value, takes_parameters
from pyrsql.orms.sqlalchemy.same_values import NamedValue, named_values, names_of
from pyrsql.orms.sqlalchemy.select_parts import tables_of
from pyrsql.orms.sqlalchemy.subclasses import subclass_members
from pyrsql.orms.sqlalchemy.textual import names_table

_models: weakref.WeakKeyDictionary[type, Model] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def reflect(entity: type) -> Model:
    """Describe a mapped class; remembered for as long as the class lives.

    Raises:
        ConfigurationError: the class is not mapped.
    """
    if not isinstance(cast("object", entity), type):
        raise ConfigurationError(f"{entity!r} is not a class that SQLAlchemy maps")
    known = _models.get(entity)
    if known is not None:
        return known
    # Published under a lock, so that all threads get the same Model: its relations are compared by identity.
    with _lock:
        known = _models.get(entity)
        if known is None:
            known = _models[entity] = _model(_mapper(entity))
        return known


def _mapper(entity: type) -> Mapper[Any]:
    try:
        found = cast("object", inspect(entity))
    except UnmappedClassError as error:
        # A subclass of DeferredReflection: the message says what to do.
        raise ConfigurationError(str(error)) from error
    except NoInspectionAvailable:
        found = None
    if not getattr(found, "is_mapper", False):
        raise ConfigurationError(f"{entity!r} is not a class that SQLAlchemy maps")
    return cast("Mapper[Any]", found)


def _model(mapper: Mapper[Any]) -> Model:
    own = _members_of(mapper)
    below = subclass_members(mapper, own, _members_of, reflect)
    members = {**own, **below.members}
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    identity = tuple(field for key in keys if isinstance(field := members.get(key), Field))
    refused = {name: why for name, prop in mapper.attrs.items() if (why := _refusal(mapper, prop))}
    return Model(mapper.class_.__name__, mapper.class_, members, identity, {**below.refused, **refused})


_TEXT_IN_JOIN = "text in its join condition names a table, but a path reads an alias of it: write it with attributes"
_TABLES_APART = "it tells the tables of concrete classes apart, and is a column of none of them"
_OF_MANY_ROWS = "an aggregate or window function is no value of one row: write it as a scalar_subquery()"
_OWN_OPERATORS = "the comparator of its type refuses parameters: let it take them, as it gets no values"


def _refusal(mapper: Mapper[Any], prop: object) -> str:
    """Why no path may name an attribute, and the remedy; empty where one may."""
    match prop:
        case ColumnProperty() if prop.columns[0] is mapper.polymorphic_on and isinstance(
            prop.columns[0].type, NullType
        ):
            return _TABLES_APART
        case ColumnProperty() if not is_row_value(prop.columns[0]):
            return _OF_MANY_ROWS
        case ColumnProperty() if not takes_parameters(prop.columns[0]):
            return _OWN_OPERATORS
        case RelationshipProperty() if _joins_by_text(prop):
            return _TEXT_IN_JOIN
        case ColumnProperty() if beside := _tables_beside(mapper, prop.columns[:1]):
            return (
                f"it reads {beside} beside its own table, with nothing that joins them: write it as a scalar_subquery()"
            )
        case RelationshipProperty() if beside := _tables_beside_relation(mapper, prop):
            return (
                f"its join condition reads {beside}, which no path joins: write that part as a subquery,"
                " such as exists() or in_(select(...))"
            )
        case RelationshipProperty() if lacking := lacking_columns(prop.entity.entity):
            return f"the subquery that it leads to lacks {', '.join(map(repr, lacking))}: select the whole class in it"
        case RelationshipProperty() if is_to_one(prop) and (
            name := ambiguous_name(loaded_values(mapper), column_names(mapper.tables), [prop])
        ):
            return (
                f"a column property of {mapper.class_.__name__} is text that names {name!r}, which the table of a path"
                " has as well: write it with attributes"
            )
        case _:
            return ""


def _joins_by_text(prop: RelationshipProperty[Any]) -> bool:
    """Whether the join condition of a relation says in a text which table a column is of."""
    conditions = [each for each in (prop.primaryjoin, prop.secondaryjoin) if each is not None]
    between = [] if prop.secondary is None else [prop.secondary]
    return names_table(conditions, [*prop.parent.tables, *prop.mapper.tables, *between])


def _tables_beside_relation(mapper: Mapper[Any], prop: RelationshipProperty[Any]) -> str:
    """The names of the tables that a relation reads beside those which it leads from, through and to."""
    conditions = [each for each in (prop.primaryjoin, prop.secondaryjoin) if each is not None]
    through = [] if prop.secondary is None else [prop.secondary]
    return _tables_beside(mapper, conditions, [*prop.mapper.tables, prop.entity.selectable, *through])


def _tables_beside(mapper: Mapper[Any], read: Iterable[ClauseElement], known: Iterable[FromClause] = ()) -> str:
    """The names of the tables that clauses read outside of subqueries, beside those of a class and others."""
    own = {*mapper.tables, *leaves([mapper.selectable, *known])}
    beside = {table for clause in read for table in leaves(tables_of(clause)) if table not in own}
    return ", ".join(sorted(repr(str(getattr(table, "name", table))) for table in beside))


def _members_of(mapper: Mapper[Any]) -> dict[str, Member]:
    return {member.name: member for member in _members(mapper)}


def _members(mapper: Mapper[Any]) -> Iterator[Member]:
    unique, known = _unique_columns(mapper), named_values(mapper)
    for name, prop in mapper.attrs.items():
        if _refusal(mapper, prop):
            continue
        match prop:
            case ColumnProperty() if ("query_expression", True) in prop.strategy_key:
                # Only an option of a statement says what its value is.
                continue
            case ColumnProperty() if python_inspect.getattr_static(mapper.class_, name, None) is None:
                # The class lacks the attribute: it is the expression of `polymorphic_on`.
                continue
            case ColumnProperty():
                yield _column_field(mapper, name, prop, unique, known)
            case RelationshipProperty():
                yield Relation(
                    name,
                    mapper.class_.__name__,
                    not is_to_one(prop),
                    _later(prop),
                    _rights_of(mapper, name, prop.info),
                    name,
                    shows_one=not prop.uselist,
                    shared=prop.direction is not RelationshipDirection.ONETOMANY,
                    holds=_held_by(prop),
                )
            case CompositeProperty():
                yield Embedded(
                    name,
                    dict(_composite_members(mapper, name, prop, unique, known)),
                    _rights_of(mapper, name, prop.info),
                )
            case _:
                continue
    for name, synonym in mapper.synonyms.items():
        rights = _rights_of(mapper, name, synonym.info)
        yield Shortcut(name, (synonym.name,), rights, read_by_code=_is_own(synonym.descriptor))
    for name, descriptor in mapper.all_orm_descriptors.items():
        if isinstance(descriptor, AssociationProxy):
            yield Shortcut(name, (descriptor.target_collection, descriptor.value_attr), rights_in(descriptor.info))
        elif isinstance(descriptor, hybrid_property) and not _is_part_of_hybrid(mapper, name, descriptor.__name__):
            yield hybrid(mapper, name, rights_in(descriptor.info), known, partial(_column_rights, mapper))


def _is_own(descriptor: Any) -> bool:
    """Whether a synonym has a property of the developer's, and not the one that SQLAlchemy makes."""
    module: str = getattr(getattr(descriptor, "fget", descriptor), "__module__", None) or ""
    return descriptor is not None and not module.startswith("sqlalchemy.orm.")


def _held_by(prop: RelationshipProperty[Any]) -> Holds:
    """The collection that the attribute of a relation holds."""
    if prop.lazy in ("write_only", "dynamic"):
        return "nothing" if prop.lazy == "write_only" else "other"
    kind: Callable[[], object] = cast("Any", prop).collection_class or list
    if kind is list:
        return "list"
    # It may be a function that makes a collection, such as `attribute_keyed_dict("name")`.
    return "mapping" if issubclass(kind if isinstance(kind, type) else type(kind()), Mapping) else "other"


def _is_part_of_hybrid(mapper: Mapper[Any], name: str, own: str) -> bool:
    """Whether a name only holds what `@size.inplace.expression` decorates: the hybrid has its own name."""
    descriptors = mapper.all_orm_descriptors
    return name != own and descriptors.get(own) is descriptors[name]


def _column_field(
    mapper: Mapper[Any],
    name: str,
    prop: ColumnProperty[Any],
    unique: set[ColumnElement[Any]],
    known: list[NamedValue],
) -> Field:
    expression = prop.columns[0]
    names = names_of(known, *prop.columns) or [prop.key]
    return Field(
        name,
        **described(type_of(expression), annotated_type(mapper.class_, prop.key))._asdict(),
        nullable=not isinstance(expression, Column) or expression.nullable is not False,
        unique=expression in unique,
        rights=_column_rights(mapper, names),
        source=prop.key,
        attribute=None if name == names[0] else names[0],
    )


def _rights_of(mapper: Mapper[Any], name: str, info: Mapping[object, object]) -> FieldRights:
    """The rights of an attribute: those in its `info`, and those in its annotation."""
    return narrowed((rights_in(info), annotated_rights(mapper.class_, name)))


def _column_rights(mapper: Mapper[Any], names: Iterable[str]) -> FieldRights:
    """The rights of a column attribute: those of each of its columns, and of each property of one of its names.

    `mapped_column(info=…)` is kept by the column, `column_property(info=…)` by the property, and an annotation may have
    rights as well. A subclass that maps a
    column of its own under the name of an inherited one has a property without the info of the inherited one.
    """
    attributes = ((base.class_, name, base.attrs.get(name)) for base in mapper.iterate_to_root() for name in names)
    found: list[FieldRights] = []
    for entity, name, prop in attributes:
        if isinstance(prop, ColumnProperty):
            found += [rights_in(prop.info), annotated_rights(entity, name)]
            found += [rights_in(column.info) for column in prop.columns if isinstance(column, Column)]
    return narrowed(found)


def _composite_members(
    mapper: Mapper[Any],
    name: str,
    prop: CompositeProperty[Any],
    unique: set[ColumnElement[Any]],
    known: list[NamedValue],
) -> Iterator[tuple[str, Field]]:
    """The fields of a composite, by the names of its constructor's parameters, which take them in this order."""
    parameters = list(python_inspect.signature(prop.composite_class).parameters)
    for parameter, inner in zip(parameters, prop.props, strict=False):
        if isinstance(inner, ColumnProperty):
            yield parameter, _column_field(mapper, f"{name}.{parameter}", inner, unique, known)


def _unique_columns(mapper: Mapper[Any]) -> set[ColumnElement[Any]]:
    """The columns whose value identifies a row alone, also where rows are sorted by it."""
    columns = cast("Iterable[ColumnElement[Any]]", mapper.columns)
    # A column property is among them as its expression.
    found: set[Column[Any]] = {column for column in columns if isinstance(column, Column) and column.unique}
    has_table = isinstance(mapper.local_table, Table)
    if has_table:
        keys = cast("Iterable[frozenset[Column[Any]]]", keys_of_table(cast("Table", mapper.local_table)))
        found.update(*(key for key in keys if len(key) == 1))
    alone = set(mapper.primary_key) if len(mapper.primary_key) == 1 else set[ColumnElement[Any]]()
    return alone | {column for column in found if not (column.nullable or may_be_long(column.type))}


def _later(prop: RelationshipProperty[Any]) -> Callable[[], Model]:
    return lambda: reflect(prop.mapper.class_)
