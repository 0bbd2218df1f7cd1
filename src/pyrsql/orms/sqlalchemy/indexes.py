"""Which fields an index serves, read from the tables that the models declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Column, Index, Table, UniqueConstraint, inspect

from pyrsql.models import kinds
from pyrsql.models.schema import Schema
from pyrsql.orms.sqlalchemy.dialects.families import FAMILIES, Family
from pyrsql.validation.predicates import FieldOperand, RelationPath
from pyrsql.validation.selectors import Resolution, resolve

Use = Literal["filter", "sort", "keyset"]
"""The use of an index: conditions, an order, or pages by cursor."""


@dataclass(frozen=True, slots=True)
class MissingIndex:
    """A field that a database reads the whole table for.

    Args:
        field: the path, as clients write it.
        use: what no index serves.
        line: the `Index(...)` to put into `__table_args__`, or what else to do.
    """

    field: str
    use: Use
    line: str


def missing_indexes(
    schema: Schema, filterable: Iterable[str], sortable: Iterable[str], dialect: str
) -> tuple[MissingIndex, ...]:
    """The fields that no index serves.

    Indexes of a database that the models do not declare are not known here.

    Args:
        schema: what clients may use.
        filterable: the paths to look at for filters.
        sortable: the paths to look at for sorts and cursors.
        dialect: the name of the dialect that will run the statements, such as `postgresql`.
    """
    family = FAMILIES.get(dialect)
    return (
        *(missing for path in filterable for missing in _for_filter(schema, path, family)),
        *(missing for path in sortable for missing in _for_sort(schema, path, family)),
    )


def _for_filter(schema: Schema, path: str, family: Family | None) -> Iterator[MissingIndex]:
    operand = _operand(schema, "filter", path)
    column = None if operand is None else _column(schema, operand)
    if operand is None or column is None:
        return
    for relations in _to_many(operand.relations):
        foreign = _foreign_key(relations)
        if foreign is not None and not _leads(foreign):
            yield MissingIndex(path, "filter", _line(foreign))
    match operand.field.kind:
        case kinds.Json() | kinds.Array() if family == "postgresql":
            if not _has_gin(column):
                yield MissingIndex(path, "filter", _line(column, 'postgresql_using="gin"'))
        case kinds.Json() | kinds.Array():
            pass  # no index serves them elsewhere
        case kinds.Boolean():
            pass  # two values: a scan is as fast
        case _ if not _leads(column):
            yield MissingIndex(path, "filter", _line(column))
        case _:
            pass


def _for_sort(schema: Schema, path: str, family: Family | None) -> Iterator[MissingIndex]:
    operand = _operand(schema, "sort", path)
    if operand is None or operand.relations or operand.keys or isinstance(operand.field.kind, kinds.Enumeration):
        return  # computed for each row: no index can serve it
    column = _column(schema, operand)
    if column is None:
        return
    if not _leads(column):
        yield MissingIndex(path, "sort", _line(column))
    identity = cast("tuple[Column[Any], ...]", cast("Any", inspect(schema.model.type)).primary_key)
    keys = [key for key in identity if key is not column]
    # An index of InnoDB ends with the primary key anyway, and one of SQLite with the row id.
    if family not in ("sqlite", "mysql") and keys and not column.unique and not _leads(column, *keys):
        yield MissingIndex(path, "keyset", _line(column, *(f"{key.table.name}.{key.name}" for key in keys)))
    if family == "mysql" and operand.field.nullable and schema.sort_options.null_order == "largest":
        yield MissingIndex(path, "sort", _NULL_ON_MYSQL)


_NULL_ON_MYSQL = 'no index of MySQL has NULL last: make the column NOT NULL, or set SortOptions(null_order="database")'


def _operand(schema: Schema, purpose: Literal["filter", "sort"], path: str) -> FieldOperand | None:
    found = resolve(schema, purpose, path, suggest=False)
    operand = found.operand if isinstance(found, Resolution) else None
    return operand if isinstance(operand, FieldOperand) and not operand.field.computed else None


def _column(schema: Schema, operand: FieldOperand) -> Column[Any] | None:
    """The column of a table that a field is."""
    owner = operand.relations[-1].target().type if operand.relations else schema.model.type
    attribute = getattr(owner, operand.field.source, None) if isinstance(operand.field.source, str) else None
    column = getattr(getattr(attribute, "property", None), "columns", [None])[0]
    return _of_table(column)


def _of_table(column: Any) -> Column[Any] | None:
    """A column, unless it is of a subquery: that has no indexes."""
    return column if isinstance(column, Column) and isinstance(cast("Any", column.table), Table) else None  # pyright: ignore[reportUnknownVariableType]


def _to_many(path: RelationPath) -> Iterator[Any]:
    return (relation for relation in path if relation.many)


def _foreign_key(relation: Any) -> Column[Any] | None:
    """The foreign key of a to-many relation, which finds the related rows of a row."""
    owner = _owner_of(relation)
    prop = None if owner is None else cast("Any", inspect(owner)).relationships.get(relation.source)
    pairs = [] if prop is None else list(prop.synchronize_pairs)
    column = pairs[0][1] if len(pairs) == 1 else None
    return _of_table(column)


def _owner_of(relation: Any) -> type | None:
    target = inspect(relation.target().type)
    for mapper in target.registry.mappers:
        if mapper.class_.__name__ == relation.owner and mapper.has_property(relation.source):
            owner: type = mapper.class_
            return owner
    return None


def _leads(column: Column[Any], *further: Column[Any]) -> bool:
    """Whether an index begins with these columns."""
    wanted = [column.name, *(key.name for key in further)]
    return any(names[: len(wanted)] == wanted for names in _indexed(column.table))


def _indexed(table: Any) -> Iterator[list[str]]:
    """The names of the columns of each index of a table, in their order."""
    yield [column.name for column in table.primary_key]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        yield [column.name for column in index.columns]


def _has_gin(column: Column[Any]) -> bool:
    return any(_is_gin(index) and column.name in index.columns for index in column.table.indexes)


def _is_gin(index: Index) -> bool:
    return index.dialect_options["postgresql"].get("using") == "gin"


def _line(column: Column[Any], *more: str) -> str:
    """The declaration of an index."""
    columns = [argument.rpartition(".")[2] for argument in more if "=" not in argument]
    options = [argument for argument in more if "=" in argument]
    name = "_".join(["ix", column.table.name, column.name, *columns])
    return f"Index({', '.join([repr(name), *map(repr, [column.name, *columns]), *options])})"
