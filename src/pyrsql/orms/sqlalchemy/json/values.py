"""The values below a JSON document as rows of SQL, the same on every database.

A path is a list of keys. Arrays are stepped through: a key asked of an array is asked of each object in it. Each row
has the kind of a value, the value itself, and the text of a scalar. How a database gets there is decided when
SQLAlchemy compiles: PostgreSQL by a jsonpath, MariaDB and MySQL by JSON_EXTRACT and JSON_TABLE, SQLite by json_each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, column, literal_column, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, Tuple
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import NullType, TypeDecorator

from pyrsql.validation.text import UNBINDABLE

_LARGEST_INTEGER = 2**63 - 1
_WHOLE = 18 * 10**18
"""Numbers closer to 0 are compared digit by digit on MariaDB, larger ones as floats."""


JsonValue = None | bool | int | Decimal | str | list["JsonValue"] | dict[str, "JsonValue"]
"""A value as JSON has it."""

_TEXT_MYSQL = "LONGTEXT CHARACTER SET utf8mb4"


def json_text(value: JsonValue) -> str:
    """A value in JSON's own notation, numbers with all their digits.

    >>> json_text({"a": [1, Decimal("1.50"), True, None, "é"]})
    '{"a":[1,1.50,true,null,"é"]}'
    """
    match value:
        case Decimal():
            return str(value)
        case list():
            return f"[{','.join(map(json_text, value))}]"
        case dict():
            return f"{{{','.join(f'{json_text(key)}:{json_text(item)}' for key, item in value.items())}}}"
        case _:
            return json.dumps(value, ensure_ascii=False)


# --- documents -------------------------------------------------------------------------------------------------------


class Document(FunctionElement[Any]):
    """A column's document, as the JSON functions of the database take it."""

    inherit_cache = True

    def __init__(self, operand: ColumnElement[Any]) -> None:
        super().__init__(operand)
        self.operand_type = operand.type


class IsPresent(FunctionElement[bool]):
    """There is a document: neither NULL nor JSON's null, which Python does not tell apart."""

    inherit_cache = True
    type = Boolean()


# What a json column of PostgreSQL holds and jsonb does not: NUL and lone surrogates. Two backslashes are written as
# \u005c first, so that each backslash left begins an escape.
_UNKNOWN_TO_JSONB = (
    r"\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def _inner(
    element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any], parts: slice = slice(None)
) -> list[str]:
    """The SQL of what an element is made of. Of the options only the one about values counts there.

    Nothing may be compiled that the statement does not hold: its values would be sent all the same.
    """
    kept = {"literal_binds": options.get("literal_binds", False)}
    return [compiler.process(clause.self_group(), **kept) for clause in list(element.clauses)[parts]]


def _only(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    (operand,) = _inner(element, compiler, options)
    return operand


@compiles(Document)
@compiles(Document, "mysql", "mariadb")
def _document(element: Document, compiler: SQLCompiler, **options: Any) -> str:
    return _only(element, compiler, **options)


@compiles(Document, "sqlite")
def _document_sqlite(element: Document, compiler: SQLCompiler, **options: Any) -> str:
    # What SQLite cannot parse, such as a document of 3,000 levels, would end the statement with an error.
    document = _only(element, compiler, **options)
    return f"CASE WHEN json_valid({document}) THEN {document} END"


@compiles(Document, "postgresql")
def _document_postgresql(element: Document, compiler: SQLCompiler, **options: Any) -> str:
    document = _only(element, compiler, **options)
    if isinstance(element.operand_type.dialect_impl(compiler.dialect), postgresql.JSONB):
        return document
    text = f"CAST({document} AS TEXT)"
    mended = f"regexp_replace(replace({text}, '\\\\', '\\u005c'), '{_UNKNOWN_TO_JSONB}', '\\\\ufffd', 'g')"
    return f"CAST(CASE WHEN {text} ~ '\\\\u(0000|[dD][89a-fA-F])' THEN {mended} ELSE {text} END AS JSONB)"


@compiles(IsPresent)
def _is_present(element: IsPresent, compiler: SQLCompiler, **options: Any) -> str:
    return f"(COALESCE(json_type({_only(element, compiler, **options)}), 'null') <> 'null')"


@compiles(IsPresent, "postgresql")
def _is_present_postgresql(element: IsPresent, compiler: SQLCompiler, **options: Any) -> str:
    return f"(COALESCE(jsonb_typeof({_only(element, compiler, **options)}), 'null') <> 'null')"


@compiles(IsPresent, "mysql", "mariadb")
def _is_present_mysql(element: IsPresent, compiler: SQLCompiler, **options: Any) -> str:
    return f"(COALESCE(JSON_TYPE({_only(element, compiler, **options)}), 'NULL') <> 'NULL')"


# --- rows of values --------------------------------------------------------------------------------------------------


class _Step(FunctionElement[Any]):
    """The paths that lead from a value to those under one key of it, for MariaDB and MySQL."""

    inherit_cache = True


class _Keys(TypeDecorator[tuple[str, ...]]):
    """The keys of a path as one bound value: a jsonpath for PostgreSQL, an array for SQLite."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return key_path(value) if dialect.name == "postgresql" else json_text(list(value))


class ValuesAt(FunctionElement[Any]):
    """The values that a path leads to, arrays as one value."""

    inherit_cache = True
    elements = False


class ItemsAt(ValuesAt):
    """The values that a path leads to, and the elements of those that are arrays."""

    inherit_cache = True
    elements = True


def leads_nowhere(keys: tuple[str, ...]) -> bool:
    """No document has a value at the end of this path."""
    return any(map(UNBINDABLE.search, keys))


def key_path(keys: tuple[str, ...]) -> str:
    r"""The jsonpath of keys, in which no character of a key is special.

    >>> print(key_path(('roles', 'a"].*')))
    $."roles"."a\"].*"
    """
    return "$" + "".join(f".{json_text(key)}" for key in keys)


def _step(key: str, *, first: bool) -> _Step:
    # From an object, or from the objects in an array; what a step finds is put in an array of its own.
    starts = ("$", "$[*]") if first else ("$[*]", "$[*][*]")
    # MariaDB compares keys as they are written, and serializers may escape what is not ASCII.
    names = dict.fromkeys((json_text(key), json.dumps(key)))
    paths = [f"{start}.{name}" for name in names for start in starts]
    return _Step(*(BindParameter(None, path, String(), unique=True) for path in paths))


def values_at(document: ColumnElement[Any], keys: tuple[str, ...], *, elements: bool) -> TableValuedAlias:
    """The values below a document, to select from: columns `kind`, `value` and `scalar`.

    Args:
        document: the column.
        keys: the path.
        elements: the elements of an array count as values too, beside the array itself.
    """
    bound = BindParameter[Any](None, keys, _Keys(), unique=True)
    steps = (_step(key, first=place == 0) for place, key in enumerate(keys))
    rows = (ItemsAt if elements else ValuesAt)(Document(document), bound, *steps)
    return rows.table_valued(column("kind", String()), column("value"), column("scalar", String()), name="json_value")


@compiles(ValuesAt)
def _values_at(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    return _values_at_sqlite(element, compiler, **options)


@compiles(ValuesAt, "sqlite")
def _values_at_sqlite(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    document, keys = _inner(element, compiler, options, slice(2))
    arrays = (
        " UNION ALL SELECT item.type, item.value FROM walk, json_each(walk.value) AS item"
        f" WHERE walk.depth = json_array_length({keys}) AND walk.type = 'array'"
        if element.elements
        else ""
    )
    # An object becomes an array of one, so that one rule steps through both.
    return (
        "(WITH RECURSIVE walk(depth, type, value) AS ("
        f"SELECT 0, root.type, root.value FROM json_each('[' || {document} || ']') AS root"
        " UNION ALL SELECT walk.depth + 1, member.type, member.value"
        f" FROM walk, json_each({keys}) AS name,"
        " json_each(CASE walk.type WHEN 'array' THEN walk.value WHEN 'object' THEN '[' || walk.value || ']' END)"
        " AS item,"
        " json_each(CASE item.type WHEN 'object' THEN item.value END) AS member"
        " WHERE name.key = walk.depth AND member.key = name.value"
        "), found(type, value) AS ("
        f"SELECT type, value FROM walk WHERE depth = json_array_length({keys}){arrays}"
        ") SELECT CASE type WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'text' THEN 'string'"
        " WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' ELSE type END AS kind, value,"
        " CASE WHEN type IN ('true', 'false') THEN type ELSE value END AS scalar FROM found)"
    )


@compiles(ValuesAt, "postgresql")
def _values_at_postgresql(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    document, keys = _inner(element, compiler, options, slice(2))
    # Drivers that prepare statements ask for the type of each value.
    keys = f"CAST({keys} AS TEXT)"
    found = f"jsonb_path_query_array({document}, CAST({keys} AS JSONPATH))"
    if element.elements:
        # What is no array counts as its own only element here, and so comes twice.
        found += f" || jsonb_path_query_array({document}, CAST({keys} || '[*]' AS JSONPATH))"
    # One set and not a query of several: PostgreSQL takes each for so large that it would compile to machine code.
    return (
        "(SELECT jsonb_typeof(value) AS kind, value, value #>> '{}' AS scalar"
        f" FROM jsonb_array_elements({found}) AS found(value))"
    )


@compiles(_Step)
def _paths_of_step(element: _Step, compiler: SQLCompiler, **options: Any) -> str:
    return ", ".join(_inner(element, compiler, options))


@compiles(ValuesAt, "mysql", "mariadb")
def _values_at_mysql(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    (document,) = _inner(element, compiler, options, slice(1))
    steps = _inner(element, compiler, options, slice(2, None))
    columns = f"COLUMNS (kind JSON PATH '$', value JSON PATH '$', scalar {_TEXT_MYSQL} PATH '$')"
    if not steps:
        return f"JSON_TABLE({document}, '$' {columns})"
    found = document
    for step in steps:
        found = f"JSON_EXTRACT({found}, {step})"
    if element.elements:
        found = f"JSON_EXTRACT({found}, '$[*]', '$[*][*]')"
    return f"JSON_TABLE({found}, '$[*]' {columns})"


# --- kinds and scalars -----------------------------------------------------------------------------------------------


class Kind(FunctionElement[str]):
    """The kind of a row's value: `null`, `boolean`, `number`, `string`, `array` or `object`."""

    inherit_cache = True
    type = String()


class NearNumber(FunctionElement[Any]):
    """The number of a row, as well as the database compares numbers of any size; NULL for other kinds."""

    inherit_cache = True


class WholeNumber(FunctionElement[Any]):
    """What tells large numbers apart where `NearNumber` is a float: the digits before the point."""

    inherit_cache = True


class _NearNumber(TypeDecorator[int | Decimal]):
    """A number as it is compared with a `NearNumber`."""

    impl = NullType
    cache_ok = True

    def process_bind_param(self, value: int | Decimal | None, dialect: Dialect) -> int | float | Decimal | None:
        if value is None or dialect.name == "postgresql":
            return value
        is_float = isinstance(value, Decimal) or abs(value) > _LARGEST_INTEGER
        return float(value) if is_float or dialect.name != "sqlite" else value


class _WholeNumber(TypeDecorator[int | Decimal]):
    """A number as it is compared with a `WholeNumber`."""

    impl = NullType
    cache_ok = True

    def process_bind_param(self, value: int | Decimal | None, dialect: Dialect) -> int:
        if value is None or dialect.name not in ("mysql", "mariadb"):
            return 0
        if abs(float(value)) >= _WHOLE:
            return _WHOLE if value > 0 else -_WHOLE
        return int(Decimal(value).to_integral_value(ROUND_HALF_UP))


def is_kind(rows: TableValuedAlias, kind: str) -> ColumnElement[bool]:
    """Whether the value of each row is of one of JSON's kinds."""
    # A word of ours, and so in the SQL itself.
    return Kind(rows.c.kind) == literal_column(f"'{kind}'")


def number(rows: TableValuedAlias) -> Tuple:
    """The number of each row, to compare with a `bound_number`."""
    kind, scalar = rows.c.kind, rows.c.scalar
    return tuple_(NearNumber(kind, scalar), WholeNumber(kind, scalar))


def bound_number(value: int | Decimal) -> Tuple:
    """A number of the client's, to compare with the `number` of rows."""
    return tuple_(
        BindParameter[Any](None, value, _NearNumber(), unique=True),
        BindParameter[Any](None, value, _WholeNumber(), unique=True),
    )


_KINDS_MYSQL = (
    "CASE JSON_TYPE({kind}) WHEN 'STRING' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'"
    " WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' ELSE 'number' END"
)
_IS_NUMBER_MYSQL = "JSON_TYPE({kind}) NOT IN ('STRING', 'BOOLEAN', 'NULL', 'ARRAY', 'OBJECT')"


@compiles(Kind)
def _kind(element: Kind, compiler: SQLCompiler, **options: Any) -> str:
    return _only(element, compiler, **options)


@compiles(Kind, "mysql", "mariadb")
def _kind_mysql(element: Kind, compiler: SQLCompiler, **options: Any) -> str:
    return _KINDS_MYSQL.format(kind=_only(element, compiler, **options))


@compiles(NearNumber)
def _near_number(element: NearNumber, compiler: SQLCompiler, **options: Any) -> str:
    kind, scalar = _inner(element, compiler, options)
    return f"CASE {kind} WHEN 'number' THEN {scalar} END"


@compiles(NearNumber, "postgresql")
def _near_number_postgresql(element: NearNumber, compiler: SQLCompiler, **options: Any) -> str:
    kind, scalar = _inner(element, compiler, options)
    return f"CASE {kind} WHEN 'number' THEN CAST({scalar} AS NUMERIC) END"


@compiles(NearNumber, "mysql", "mariadb")
def _near_number_mysql(element: NearNumber, compiler: SQLCompiler, **options: Any) -> str:
    kind, scalar = _inner(element, compiler, options)
    return f"CASE WHEN {_IS_NUMBER_MYSQL.format(kind=kind)} THEN CAST({scalar} AS DOUBLE) END"


@compiles(WholeNumber)
def _whole_number(element: WholeNumber, compiler: SQLCompiler, **options: Any) -> str:
    kind, _ = _inner(element, compiler, options)
    return f"CASE {kind} WHEN 'number' THEN 0 END"


@compiles(WholeNumber, "mysql", "mariadb")
def _whole_number_mysql(element: WholeNumber, compiler: SQLCompiler, **options: Any) -> str:
    kind, scalar = _inner(element, compiler, options)
    near = f"CAST({scalar} AS DOUBLE)"
    # It grows with the number, so that the largest of several numbers has the largest of both parts.
    return (
        f"CASE WHEN {_IS_NUMBER_MYSQL.format(kind=kind)} THEN CASE WHEN ABS({near}) < {_WHOLE}"
        f" THEN CAST({scalar} AS DECIMAL(65,0)) ELSE CAST(SIGN({near}) * {_WHOLE}.0 AS DECIMAL(65,0)) END END"
    )


# --- arrays and objects ----------------------------------------------------------------------------------------------


class SameStructure(FunctionElement[bool]):
    """A row's value is this array or object, whatever the order of keys and the spelling of numbers."""

    inherit_cache = True
    type = Boolean()


class _Structure(TypeDecorator[Any]):
    """An array or object as one bound value: JSON, and for MariaDB and MySQL a list of all that is in it."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if dialect.name not in ("mysql", "mariadb"):
            return json_text(value)
        return json_text([*_nodes(value, "$", "$")])


def same_structure(rows: TableValuedAlias, value: JsonValue) -> SameStructure:
    """The value of a row is `value`."""
    bound = BindParameter[Any](None, value, _Structure(), unique=True)
    return SameStructure(rows.c.kind, rows.c.value, bound)


def _nodes(value: JsonValue, path: str, ascii_path: str) -> Iterator[dict[str, JsonValue]]:
    """Each value in a value, from the outside: its path as written and in ASCII, its kind, and its size or scalar."""
    node: dict[str, JsonValue] = {"path": path, "ascii_path": ascii_path}
    match value:
        case dict():
            yield node | {"kind": "object", "size": len(value)}
            for key, item in value.items():
                yield from _nodes(item, f"{path}.{json_text(key)}", f"{ascii_path}.{json.dumps(key)}")
        case list():
            yield node | {"kind": "array", "size": len(value)}
            for place, item in enumerate(value):
                yield from _nodes(item, f"{path}[{place}]", f"{ascii_path}[{place}]")
        case None:
            yield node | {"kind": "null"}
        case bool():
            yield node | {"kind": "boolean", "scalar": str(value).lower()}
        case str():
            yield node | {"kind": "string", "scalar": value}
        case _:
            yield node | {"kind": "number", "scalar": json_text(value)}


@compiles(SameStructure)
def _same_structure(element: SameStructure, compiler: SQLCompiler, **options: Any) -> str:
    kind, value, wanted = _inner(element, compiler, options)
    is_container = "{0}_type IN ('array', 'object')"
    inside = f"json_each(CASE WHEN {is_container} THEN {{0}}_value END) AS {{0}}"
    size = f"(SELECT COUNT(*) FROM {inside})"
    return (
        # Both are walked at once. CASE because other values are no JSON that could be read.
        f"CASE WHEN {kind} IN ('array', 'object') THEN NOT EXISTS ("
        "WITH RECURSIVE pair(found_type, found_value, wanted_type, wanted_value) AS ("
        f"SELECT {kind}, {value}, wanted.type, wanted.value FROM json_each('[' || {wanted} || ']') AS wanted"
        " UNION ALL SELECT found.type, found.value, wanted.type, wanted.value"
        f" FROM pair, {inside.format('wanted')} LEFT JOIN {inside.format('found')} ON found.key = wanted.key"
        ") SELECT 1 FROM pair WHERE NOT COALESCE("
        f"CASE WHEN {is_container.format('wanted')}"
        f" THEN found_type = wanted_type AND {size.format('found')} = {size.format('wanted')}"
        " ELSE replace(found_type, 'integer', 'real') = replace(wanted_type, 'integer', 'real')"
        " AND found_value IS wanted_value END, FALSE)"
        ") ELSE FALSE END"
    )


@compiles(SameStructure, "postgresql")
def _same_structure_postgresql(element: SameStructure, compiler: SQLCompiler, **options: Any) -> str:
    _, value, wanted = _inner(element, compiler, options)
    return f"({value} = CAST(CAST({wanted} AS TEXT) AS JSONB))"


@compiles(SameStructure, "mysql", "mariadb")
def _same_structure_mysql(element: SameStructure, compiler: SQLCompiler, **options: Any) -> str:
    kind, value, wanted = _inner(element, compiler, options)
    found = f"COALESCE(JSON_EXTRACT({value}, node.path), JSON_EXTRACT({value}, node.ascii_path))"
    scalar, whole = f"JSON_UNQUOTE({found})", f"ABS(CAST(node.scalar AS DOUBLE)) < {_WHOLE}"
    return (
        f"(JSON_TYPE({kind}) IN ('ARRAY', 'OBJECT') AND NOT EXISTS (SELECT 1 FROM JSON_TABLE({wanted}, '$[*]' "
        f"COLUMNS (path {_TEXT_MYSQL} PATH '$.path', ascii_path {_TEXT_MYSQL} PATH '$.ascii_path',"
        f" kind VARCHAR(8) PATH '$.kind', scalar {_TEXT_MYSQL} PATH '$.scalar', size INT PATH '$.size')) AS node"
        f" WHERE NOT COALESCE(node.kind = {_KINDS_MYSQL.format(kind=found)} AND CASE"
        f" WHEN node.kind IN ('array', 'object') THEN JSON_LENGTH({found}) = node.size"
        f" WHEN node.kind = 'number' THEN CAST({scalar} AS DOUBLE) = CAST(node.scalar AS DOUBLE)"
        f" AND (NOT {whole} OR CAST({scalar} AS DECIMAL(65,0)) = CAST(node.scalar AS DECIMAL(65,0)))"
        f" WHEN node.kind = 'null' THEN TRUE"
        f" ELSE CAST(CONVERT({scalar} USING utf8mb4) AS BINARY) = CAST(node.scalar AS BINARY) END, FALSE)))"
    )
