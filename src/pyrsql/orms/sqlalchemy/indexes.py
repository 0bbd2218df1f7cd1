"""Which fields an index serves, read from the tables that the models declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, Literal, TypeGuard, cast

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import operators

from pyrsql.models import kinds
from pyrsql.models.schema import Schema
from pyrsql.options import TextOrder
from pyrsql.orms.sqlalchemy.cardinality import keys_of_table
from pyrsql.orms.sqlalchemy.column_types import form_on
from pyrsql.orms.sqlalchemy.dialects.families import FAMILIES, MYSQL, POSTGRESQL, Family
from pyrsql.orms.sqlalchemy.entities import mapper_of
from pyrsql.orms.sqlalchemy.leading_text import MOST_SORTED, is_long
from pyrsql.validation.predicates import CallOperand, CountOperand, FieldOperand, RelationOperand, RelationPath
from pyrsql.validation.selectors import Resolution, resolve

Use = Literal["filter", "sort", "keyset"]
"""The use of an index: conditions, an order, or pages by cursor."""


@dataclass(frozen=True, slots=True)
class MissingIndex:
    """A field that a database reads the whole table for.

    Args:
        field: the path, as clients write it.
        use: the use that no index serves.
        line: the `Index(...)` to put into `__table_args__`, or what else to do.
    """

    field: str
    use: Use
    line: str


def missing_indexes(
    schema: Schema, filterable: Iterable[str], sortable: Iterable[str], dialect: str
) -> tuple[MissingIndex, ...]:
    """The fields that no index serves.

    An index serves a filter where it serves `==` and ranges. An index with conditions, on expressions, of another kind
    than a B-tree, or with an operator class of its own is taken for none. Indexes of a database that the models do not
    declare are not known here.

    Args:
        schema: what clients may use.
        filterable: the paths to look at for filters.
        sortable: the paths to look at for sorts and cursors.
        dialect: the name of the dialect that will run the statements, such as `postgresql`.
    """
    family = FAMILIES.get(dialect)
    for_filters = (missing for path in filterable for missing in _for_filter(schema, path, family))
    for_sorts = (missing for path in sortable for missing in _for_sort(schema, path, family))
    # A path that goes along a key and back asks for its index twice.
    return tuple(dict.fromkeys(chain(for_filters, for_sorts)))


def _for_filter(schema: Schema, path: str, family: Family | None) -> Iterator[MissingIndex]:
    match _operand(schema, "filter", path):
        case RelationOperand(relations=relations):
            yield from _for_links(schema, path, relations, family)
        case FieldOperand() as operand if (column := _column(schema, operand)) is not None:
            yield from _for_links(schema, path, operand.relations, family)
            line = _line_for_values(schema.query_options.text_order, operand.field.kind, column, family)
            if line is not None:
                yield MissingIndex(path, "filter", line)
        case FieldOperand() | None:
            yield MissingIndex(path, "filter", _COMPUTED)


def _for_links(schema: Schema, path: str, relations: RelationPath, family: Family | None) -> Iterator[MissingIndex]:
    for keys in _links(schema, relations):
        if not _leads(keys, family, in_order=False):
            yield MissingIndex(path, "filter", _line(*keys, family=family))


def _line_for_values(order: TextOrder, kind: kinds.Kind, column: Column[Any], family: Family | None) -> str | None:
    """The index that conditions on a column need, or why none serves them; None where there is one."""
    if isinstance(kind, kinds.Json | kinds.Array):
        if family != "postgresql":
            return "no index of this database serves values in a document or an array"
        if isinstance(kind, kinds.Json) and not isinstance(column.type.dialect_impl(POSTGRESQL), postgresql.JSONB):
            return "declare the column as JSONB, with a GIN index"
        return None if _has_gin(column) else _line(column, options='postgresql_using="gin"')
    if isinstance(kind, kinds.Text) and _has_foreign_order(order, column, family):
        return _CODE_POINT
    # Of two values a scan is as fast.
    if isinstance(kind, kinds.Boolean) or _leads([column], family, in_order=False):
        return None
    return _line(column, family=family, options=_cut_on_mysql(column, family))


def _for_sort(schema: Schema, path: str, family: Family | None) -> Iterator[MissingIndex]:
    operand = _operand(schema, "sort", path)
    column = _column(schema, operand) if isinstance(operand, FieldOperand) else None
    if not isinstance(operand, FieldOperand) or column is None or operand.relations or operand.keys:
        yield MissingIndex(path, "sort", _COMPUTED)
        return
    computed = _computed_order(schema.sort_options.text_order, operand.field.kind, column, family)
    if computed is not None:
        yield MissingIndex(path, "sort", computed)
        return
    if not _leads([column], family):
        yield MissingIndex(path, "sort", _line(column, family=family))
    identity = cast("tuple[Column[Any], ...]", mapper_of(schema.model.type).primary_key)
    keys = [key for key in identity if key is not column]
    if (
        keys
        and not _is_unique(column)
        and not _ends_with_key(column.table, family)
        and not _leads([column, *keys], family)
    ):
        yield MissingIndex(path, "keyset", _line(column, *keys, family=family))
    if family == "mysql" and operand.field.nullable and schema.sort_options.null_order == "largest":
        yield MissingIndex(path, "sort", _NULL_ON_MYSQL)


def _computed_order(order: TextOrder, kind: kinds.Kind, column: Column[Any], family: Family | None) -> str | None:
    """Why the order of a column is computed for each row; None where it is that of its index."""
    if isinstance(kind, kinds.Enumeration):
        return "the order of an enum is that of its members: computed for each row"
    if isinstance(kind, kinds.Uuid) and family == "mysql":
        return "the order of UUIDs is that of their text: computed for each row"
    if kind == kinds.Time(aware=True) and family == "postgresql":
        return "the order of times with an offset is that in UTC: computed for each row"
    if isinstance(kind, kinds.Text) and _has_foreign_order(order, column, family):
        return _CODE_POINT
    if (
        isinstance(kind, kinds.Text)
        and family == "mysql"
        and not column.primary_key
        and is_long(form_on(MYSQL, column.type))
    ):
        return f"MySQL sorts long texts by their first {MOST_SORTED} characters: declare the length, at most that many"
    return None


def _ends_with_key(table: Any, family: Family | None) -> bool:
    """Whether each index of a table ends with its primary key: on InnoDB, and on SQLite where that is the row id."""
    if family != "sqlite":
        return family == "mysql"
    keys: list[Column[Any]] = list(table.primary_key)
    return len(keys) == 1 and isinstance(keys[0].type, Integer)


def _has_foreign_order(order: TextOrder, column: Column[Any], family: Family | None) -> bool:
    """Whether text has an order that is not that of its column, and so of no index."""
    if order != "code_point" or family not in ("postgresql", "mysql"):
        return False
    collation: str = getattr(column.type, "collation", None) or ""
    return collation not in ("C", "POSIX", "utf8mb4_nopad_bin")


_COMPUTED = "computed for each row: no index serves it"
_CODE_POINT = 'text_order="code_point" is not the order of the column: leave it out, or give the column that collation'
_NULL_ON_MYSQL = 'no index of MySQL has NULL last: make the column NOT NULL, or set SortOptions(null_order="database")'


def _operand(schema: Schema, purpose: Literal["filter", "sort"], path: str) -> FieldOperand | RelationOperand | None:
    found = resolve(schema, purpose, path, suggest=False)
    match found.operand if isinstance(found, Resolution) else None:
        case FieldOperand(field=field) as operand if not field.computed:
            return operand
        case RelationOperand() as operand:
            return operand
        case FieldOperand() | CallOperand() | CountOperand() | None:
            return None


def _column(schema: Schema, operand: FieldOperand) -> Column[Any] | None:
    """The column of a table that a field is."""
    owner = operand.relations[-1].target().type if operand.relations else schema.model.type
    attribute = getattr(owner, operand.field.source, None) if isinstance(operand.field.source, str) else None
    column = getattr(getattr(attribute, "property", None), "columns", [None])[0]
    return column if _is_of_table(column) else None


def _is_of_table(column: object) -> TypeGuard[Column[Any]]:
    """Whether a value is a column of a table, and not of a subquery: that has no indexes."""
    return isinstance(column, Column) and isinstance(cast("Any", column).table, Table)


def _links(schema: Schema, path: RelationPath) -> Iterator[list[Column[Any]]]:
    """The columns by which a database finds, from the related rows of each step, the rows that they belong to."""
    owner = schema.model.type
    for relation in path:
        prop = _relationship(owner, relation.source)
        owner = relation.target().type
        if prop is None:
            continue
        pairs: list[tuple[Any, Any]] = list(prop.local_remote_pairs)
        if prop.secondary is not None:
            for side in (prop.synchronize_pairs, prop.secondary_synchronize_pairs):
                yield from _of_tables(column for _, column in side)
        elif prop.direction.name == "MANYTOONE":
            yield from _of_tables(local for local, _ in pairs)
        else:
            yield from _of_tables(remote for _, remote in pairs)


def _relationship(owner: type, name: object) -> Any:
    """A relationship of a class, or of a subclass of it."""
    mappers: Any = mapper_of(owner).self_and_descendants
    return next((mapper.relationships[name] for mapper in mappers if name in mapper.relationships), None)


def _of_tables(columns: Iterable[Any]) -> Iterator[list[Column[Any]]]:
    found = list(filter(_is_of_table, columns))
    if found:
        yield list(dict.fromkeys(found))


def _leads(columns: Sequence[Column[Any]], family: Family | None, *, in_order: bool = True) -> bool:
    """Whether an index begins with columns, in one direction.

    Args:
        columns: the columns.
        family: of the database.
        in_order: they are needed in this order.
    """
    wanted = [column.name for column in columns]
    begun = (names[: len(wanted)] for names in _indexed(columns[0].table, family, in_order))
    return any(names == wanted if in_order else sorted(names) == sorted(wanted) for names in begun)


def _indexed(table: Any, family: Family | None, in_order: bool) -> Iterator[list[str]]:
    """The names of the columns of each index of a table, in their order, as far as they are served."""
    yield [column.name for column in table.primary_key]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        if not _is_special(index, family):
            yield list(_plain_columns(index, family, in_order))


def _is_special(index: Index, family: Family | None) -> bool:
    """Whether an index has a part of the rows only, or cannot be read in an order."""
    options = index.dialect_options
    match family:
        case "postgresql":
            mine = options["postgresql"]
            return mine.get("where") is not None or (mine.get("using") or "btree").lower() != "btree"
        case "sqlite":
            return options["sqlite"].get("where") is not None
        case "mysql":
            kinds_of = [str(options[name].get("prefix") or "") for name in ("mysql", "mariadb")]
            return any(kinds_of)
        case None:
            return any(options[name].get("where") is not None for name in ("postgresql", "sqlite"))


def _plain_columns(index: Index, family: Family | None, in_order: bool) -> Iterator[str]:
    """The columns that an index begins with, until one is an expression or, where their order counts, is cut, has
    another direction than the first, or NULL elsewhere.
    """
    first: bool | None = None
    for expression in index.expressions:
        column, modifiers = _placed(expression)
        descending = operators.desc_op in modifiers
        if not isinstance(column, Column) or _has_operators(index, column.name, family):
            return
        if in_order and (
            _is_cut(index, column.name, family)
            or not modifiers <= {operators.asc_op, operators.desc_op}
            or (first is not None and descending is not first)
        ):
            return
        first = descending
        yield column.name


def _placed(expression: Any) -> tuple[Any, set[Any]]:
    """An element of an index without its direction and NULLS FIRST or LAST, and these."""
    modifiers: set[Any] = set()
    column = expression
    while getattr(column, "modifier", None) in _PLACES:
        modifiers.add(column.modifier)
        column = column.element
    return column, modifiers


_PLACES = (operators.asc_op, operators.desc_op, operators.nulls_first_op, operators.nulls_last_op)


def _has_operators(index: Index, name: str, family: Family | None) -> bool:
    """Whether an index of PostgreSQL compares a column by other operators than `=` and `<`."""
    return family == "postgresql" and name in (index.dialect_options["postgresql"].get("ops") or {})


def _is_cut(index: Index, name: str, family: Family | None) -> bool:
    """Whether an index of MySQL has the beginning of a text only."""
    options = index.dialect_options
    lengths = [options[one].get("length") for one in ("mysql", "mariadb")] if family == "mysql" else []
    return any(bool(length) if isinstance(length, int | None) else name in length for length in lengths)


def _is_unique(column: Column[Any]) -> bool:
    """Whether no two rows share a value of a column: no other key follows it in an order."""
    return any(len(key) == 1 and column in key for key in keys_of_table(_table_of(column)))


def _table_of(column: Column[Any]) -> Any:
    """The table of a column: the versions of SQLAlchemy have different types for it."""
    return column.table


def _has_gin(column: Column[Any]) -> bool:
    return any(
        _is_gin(index) and any(expression is column for expression in index.expressions)
        for index in _table_of(column).indexes
    )


def _is_gin(index: Index) -> bool:
    options = index.dialect_options["postgresql"]
    return (options.get("using") or "").lower() == "gin" and options.get("where") is None


def _cut_on_mysql(column: Column[Any], family: Family | None) -> str | None:
    """The options of an index on a text that MySQL does not take whole: it indexes 3,072 bytes at most."""
    form = form_on(MYSQL, column.type)
    if family != "mysql" or not isinstance(form, String) or (form.length or _WHOLE_ON_MYSQL + 1) <= _WHOLE_ON_MYSQL:
        return None
    return f"mysql_length={MOST_SORTED}, mariadb_length={MOST_SORTED}"


_WHOLE_ON_MYSQL = 768
"""Characters of four bytes."""


_LONGEST_NAME = 63
"""Characters of a name on PostgreSQL; MySQL takes one more."""


def _line(*columns: Column[Any], family: Family | None = None, options: str | None = None) -> str:
    """The declaration of an index, with a comment on the values that it forbids."""
    names = [column.key for column in columns]
    name = "_".join(["ix", _table_of(columns[0]).name, *names])
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 9]}_{sha256(name.encode()).hexdigest()[:8]}"
    declared = f"Index({', '.join([repr(name), *map(repr, names), *([options] if options else [])])})"
    forms = (form_on(POSTGRESQL, column.type) for column in columns)
    too_long = family == "postgresql" and any(is_long(form, _WHOLE_ON_POSTGRESQL) for form in forms)
    return f"{declared}  # {_TOO_LONG}" if too_long else declared


_WHOLE_ON_POSTGRESQL = 676
"""Characters of four bytes that a B-tree of PostgreSQL takes."""

_TOO_LONG = "PostgreSQL stores no value of more than 2,704 bytes then"
