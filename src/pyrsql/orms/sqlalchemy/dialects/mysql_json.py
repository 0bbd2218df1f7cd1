"""Values in JSON documents on MySQL and MariaDB, by JSON_EXTRACT and JSON_TABLE."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.json.times import INSTANT, TIME_OF_DAY, Instant, TimeOfDay
from pyrsql.orms.sqlalchemy.json.values import (
    WHOLE,
    Document,
    IsPresent,
    JsonValue,
    NearNumber,
    NearNumberValue,
    SameStructure,
    StepPaths,
    StructureText,
    ValueKind,
    ValuesAt,
    WholeNumber,
    WholeNumberValue,
    inner_sql,
    json_text,
    only_sql,
)


@notation(NearNumberValue, on="mysql")
def near_number_value(type_: NearNumberValue, value: int | Decimal) -> float:
    """A float: JSON_TABLE gives no larger number than a float holds."""
    return float(value)


@notation(WholeNumberValue, on="mysql")
def whole_number_value(type_: WholeNumberValue, value: int | Decimal) -> int:
    """The digits before the point that are compared."""
    if abs(float(value)) >= WHOLE:
        return WHOLE if value > 0 else -WHOLE
    return int(Decimal(value).to_integral_value(ROUND_HALF_UP))


@notation(StructureText, on="mysql")
def structure_text(type_: StructureText, value: JsonValue) -> str:
    """A list of all values in the structure."""
    return json_text([*_nodes(value, "$", "$")])


_TEXT = "LONGTEXT CHARACTER SET utf8mb4"


_KINDS = (
    "CASE JSON_TYPE({kind}) WHEN 'STRING' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'"
    " WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' ELSE 'number' END"
)
_IS_NUMBER = "JSON_TYPE({kind}) NOT IN ('STRING', 'BOOLEAN', 'NULL', 'ARRAY', 'OBJECT')"


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


def _shape(shape: str) -> str:
    """A shape in which case counts, and whose end is not before a line break."""
    return f"(?-i){shape[:-1]}(?![[:space:]])$"


def _microseconds(text: str) -> str:
    """The microseconds to a text of the right shape, whose time starts at the twelfth character."""
    second = f"COALESCE(NULLIF(REGEXP_SUBSTR({text}, '(?<=^.{{16}}:)[0-9][0-9]'), ''), '00')"
    digits = f"COALESCE(REGEXP_SUBSTR({text}, '(?<=[.])[0-9]+'), '')"
    zone = f"COALESCE(NULLIF(REGEXP_SUBSTR({text}, '[+-][0-9]+:[0-9]+$'), ''), '+00:00')"
    clock = f"COALESCE(NULLIF(SUBSTR({text}, 12, 5), ''), '00:00')"
    seconds = f"TIMESTAMPDIFF(SECOND, '1970-01-01', CONCAT(LEFT({text}, 10), ' ', {clock}, ':', {second}))"
    minutes = f"(SUBSTR({zone}, 2, 2) * 60 + SUBSTR({zone}, 5, 2))"
    # Numbers in texts are floats there, exact up to 2 to the power of 53 only.
    return (
        f"({seconds} * 1000000 + CAST(RPAD({digits}, 6, '0') AS SIGNED)"
        f" - IF(LEFT({zone}, 1) = '-', -60000000, 60000000) * CAST({minutes} AS SIGNED))"
    )


@form(Document, on="mysql")
def document(element: Document, compiler: SQLCompiler, **options: Any) -> str:
    """The document as JSON functions take it."""
    return only_sql(element, compiler, **options)


@form(IsPresent, on="mysql")
def is_present(element: IsPresent, compiler: SQLCompiler, **options: Any) -> str:
    """Neither NULL nor JSON's null."""
    return f"(COALESCE(JSON_TYPE({only_sql(element, compiler, **options)}), 'NULL') <> 'NULL')"


@form(StepPaths, on="mysql")
def paths_of_step(element: StepPaths, compiler: SQLCompiler, **options: Any) -> str:
    """The paths of one step, as arguments."""
    return ", ".join(inner_sql(element, compiler, options))


@form(ValuesAt, on="mysql")
def values_at(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    """The values as rows: `kind`, `value` and `scalar`."""
    (document,) = inner_sql(element, compiler, options, slice(1))
    steps = inner_sql(element, compiler, options, slice(2, None))
    columns = f"COLUMNS (kind JSON PATH '$', value JSON PATH '$', scalar {_TEXT} PATH '$')"
    if not steps and not element.elements:
        return f"JSON_TABLE({document}, '$' {columns})"
    if not steps:
        return f"JSON_TABLE(JSON_EXTRACT({document}, '$', '$[*]'), '$[*]' {columns})"
    found = document
    for step in steps:
        found = f"JSON_EXTRACT({found}, {step})"
    if element.elements:
        found = f"JSON_EXTRACT({found}, '$[*]', '$[*][*]')"
    return f"JSON_TABLE({found}, '$[*]' {columns})"


@form(ValueKind, on="mysql")
def kind(element: ValueKind, compiler: SQLCompiler, **options: Any) -> str:
    """The kind of a value."""
    return _KINDS.format(kind=only_sql(element, compiler, **options))


@form(NearNumber, on="mysql")
def near_number(element: NearNumber, compiler: SQLCompiler, **options: Any) -> str:
    """The number of a value; NULL for other kinds."""
    kind, scalar = inner_sql(element, compiler, options)
    return f"CASE WHEN {_IS_NUMBER.format(kind=kind)} THEN CAST({scalar} AS DOUBLE) END"


@form(WholeNumber, on="mysql")
def whole_number(element: WholeNumber, compiler: SQLCompiler, **options: Any) -> str:
    """The digits that tell large numbers apart; none where numbers are exact."""
    kind, scalar = inner_sql(element, compiler, options)
    near = f"CAST({scalar} AS DOUBLE)"
    # It grows with the number, so that the largest of several numbers has the largest of both parts.
    return (
        f"CASE WHEN {_IS_NUMBER.format(kind=kind)} THEN CASE WHEN ABS({near}) < {WHOLE}"
        f" THEN CAST({scalar} AS DECIMAL(65,0)) ELSE CAST(SIGN({near}) * {WHOLE}.0 AS DECIMAL(65,0)) END END"
    )


@form(SameStructure, on="mysql")
def same_structure(element: SameStructure, compiler: SQLCompiler, **options: Any) -> str:
    """Arrays and objects are compared value by value."""
    kind, value, wanted = inner_sql(element, compiler, options)
    found = f"COALESCE(JSON_EXTRACT({value}, node.path), JSON_EXTRACT({value}, node.ascii_path))"
    scalar, whole = f"JSON_UNQUOTE({found})", f"ABS(CAST(node.scalar AS DOUBLE)) < {WHOLE}"
    return (
        f"(JSON_TYPE({kind}) IN ('ARRAY', 'OBJECT') AND NOT EXISTS (SELECT 1 FROM JSON_TABLE({wanted}, '$[*]' "
        f"COLUMNS (path {_TEXT} PATH '$.path', ascii_path {_TEXT} PATH '$.ascii_path',"
        f" kind VARCHAR(8) PATH '$.kind', scalar {_TEXT} PATH '$.scalar', size INT PATH '$.size')) AS node"
        f" WHERE NOT COALESCE(node.kind = {_KINDS.format(kind=found)} AND CASE"
        f" WHEN node.kind IN ('array', 'object') THEN JSON_LENGTH({found}) = node.size"
        f" WHEN node.kind = 'number' THEN CAST({scalar} AS DOUBLE) = CAST(node.scalar AS DOUBLE)"
        f" AND (NOT ({whole}) OR CAST({scalar} AS DECIMAL(65,0)) = CAST(node.scalar AS DECIMAL(65,0)))"
        f" WHEN node.kind = 'null' THEN TRUE"
        f" ELSE CAST(CONVERT({scalar} USING utf8mb4) AS BINARY) = CAST(node.scalar AS BINARY) END, FALSE)))"
    )


@form(Instant, on="mysql")
def instant(element: Instant, compiler: SQLCompiler, **options: Any) -> str:
    """Microseconds since 1970, or NULL."""
    text = only_sql(element, compiler, **options)
    # Besides the shape: the day is one that the month has, found without a cast that would warn of others.
    month = f"CONCAT(LEFT({text}, 7), '-01')"
    has_day = f"SUBSTR({text}, 9, 2) <= DAY(LAST_DAY({month}))"
    moment = f"CASE WHEN {has_day} THEN {_microseconds(text)} END"
    return f"CASE WHEN {text} REGEXP '{_shape(INSTANT)}' THEN {moment} END"


@form(TimeOfDay, on="mysql")
def time_of_day(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    """Microseconds since midnight, or NULL."""
    text = only_sql(element, compiler, **options)
    moment = _microseconds(f"CONCAT('1970-01-01T', {text})")
    return f"CASE WHEN {text} REGEXP '{_shape(TIME_OF_DAY)}' THEN {moment} END"
