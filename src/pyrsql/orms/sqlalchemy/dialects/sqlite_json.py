"""Values in JSON documents on SQLite, by json_each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.carried import BoundKey, CarriedValue, SelectedKey
from pyrsql.orms.sqlalchemy.dialects.default import enclosed, operand
from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.json.lookup import KindAt, OneOrAny, PathText, ScalarAt
from pyrsql.orms.sqlalchemy.json.times import Instant, TimeOfDay
from pyrsql.orms.sqlalchemy.json.values import (
    Document,
    IsPresent,
    JsonText,
    NearNumber,
    NearNumberValue,
    SameStructure,
    ValuesAt,
    inner_sql,
    key_path,
    only_sql,
)


@notation(NearNumberValue, on="sqlite")
def near_number_value(type_: NearNumberValue, value: int | Decimal) -> int | float:
    """An integer of SQLite's size, or a float."""
    return float(value) if isinstance(value, Decimal) or abs(value) > _LARGEST_INTEGER else value


_LARGEST_INTEGER = 2**63 - 1


def _parts(text: str) -> str:
    """A subquery of the parts of a text: day, mark, clock, second, digits of the fraction, and zone."""
    day = f"SELECT CASE WHEN length({text}) = 10 THEN {text} || 'T00:00' ELSE {text} END AS whole"
    clock = (
        "SELECT substr(whole, 1, 10) AS day, substr(whole, 11, 1) AS mark, substr(whole, 12, 5) AS clock,"
        f" substr(whole, 17) AS rest FROM ({day})"
    )
    second = (
        "SELECT day, mark, clock, rest GLOB ':[0-5][0-9]*' AS exact,"
        " CASE WHEN rest GLOB ':[0-5][0-9]*' THEN substr(rest, 2, 2) ELSE '00' END AS second,"
        " CASE WHEN rest GLOB ':[0-5][0-9]*' THEN substr(rest, 4) ELSE rest END AS rest"
        f" FROM ({clock})"
    )
    zone = (
        "SELECT day, mark, clock, second, rest,"
        " CASE WHEN exact AND rest GLOB '.[0-9]*' THEN ltrim(substr(rest, 2), '0123456789') ELSE rest END AS zone"
        f" FROM ({second})"
    )
    return (
        "SELECT day, mark, clock, second, zone,"
        f" substr(rest, 2, length(rest) - length(zone) - 1) AS digits FROM ({zone})"
    )


_IS_INSTANT = (
    "day GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' AND day > '0001' AND date(day, '+0 days') = day"
    " AND mark IN ('T', ' ') AND clock GLOB '[0-2][0-9]:[0-5][0-9]' AND clock < '24' AND length(digits) <= 6"
    " AND (zone IN ('', 'Z') OR zone GLOB '[+-][01][0-9]:[0-5][0-9]' AND substr(zone, 2) < '16')"
)
_MICROSECONDS = (
    "strftime('%s', day || ' ' || clock || ':' || second) * 1000000 + CAST(substr(digits || '000000', 1, 6) AS INTEGER)"
    " - (substr(zone, 1, 1) || '1') * (substr(zone, 2, 2) * 60 + substr(zone, 5, 2)) * 60000000"
)


@form(Document, on="sqlite")
def document(element: Document, compiler: SQLCompiler, **options: Any) -> str:
    """The document as JSON functions take it."""
    # A text that SQLite cannot parse, such as a document of 3,000 levels, would end the statement with an error.
    document = only_sql(element, compiler, **options)
    return f"CASE WHEN json_valid({document}) THEN {document} END"


@form(SelectedKey, on="sqlite")
def selected_key(element: SelectedKey, compiler: SQLCompiler, **options: Any) -> str:
    """A text in a document is given as its bytes. Any other value comes as it is stored: all floats have 64 bits."""
    key = enclosed(element, compiler, **options)
    return f"CAST({key} AS BLOB)" if isinstance(element.type, JsonText) else key


@form(BoundKey, on="sqlite")
def bound_key(element: BoundKey, compiler: SQLCompiler, **options: Any) -> str:
    """The text that bytes are."""
    (value,) = element.clauses
    bound = operand(element, compiler, **options)
    is_text = isinstance(cast("CarriedValue", value.type).carries, JsonText)
    return f"CAST({bound} AS TEXT)" if is_text else bound


@form(IsPresent, on="sqlite")
def is_present(element: IsPresent, compiler: SQLCompiler, **options: Any) -> str:
    """Neither NULL nor JSON's null."""
    return f"(COALESCE(json_type({only_sql(element, compiler, **options)}), 'null') <> 'null')"


@form(ValuesAt, on="sqlite")
def values_at(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    """The values as rows: `kind`, `value` and `scalar`."""
    document, keys = inner_sql(element, compiler, options, slice(2))
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


@notation(PathText, on="sqlite")
def path_text(type_: PathText, keys: tuple[str, ...]) -> str:
    """The keys as a path of SQLite."""
    return key_path(keys)


@form(KindAt, on="sqlite")
def kind_at(element: KindAt, compiler: SQLCompiler, **options: Any) -> str:
    """The kind by json_type, which steps through no array."""
    document, path = inner_sql(element, compiler, options)
    return (
        f"CASE json_type({document}, {path}) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number'"
        " WHEN 'real' THEN 'number' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' WHEN 'null' THEN 'null' END"
    )


@form(ScalarAt, on="sqlite")
def scalar_at(element: ScalarAt, compiler: SQLCompiler, **options: Any) -> str:
    """The scalar by json_extract, which gives 1 for true."""
    document, path = inner_sql(element, compiler, options)
    return (
        f"CASE json_type({document}, {path}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
        f" ELSE json_extract({document}, {path}) END"
    )


@form(OneOrAny, on="sqlite")
def one_or_any(element: OneOrAny, compiler: SQLCompiler, **options: Any) -> str:
    """By lookup where there is a scalar, or nothing in an object that spells no key with a backslash."""
    document, path, parent = inner_sql(element, compiler, options, slice(3))
    *_, one, any_value = element.clauses
    return (
        f"(CASE WHEN json_type({document}, {path}) NOT IN ('array', 'object') OR json_type({document}, {path}) IS NULL"
        f" AND json_type({document}, {parent}) = 'object' AND instr({document}, '\\') = 0"
        f" THEN {compiler.process(one, **options)} ELSE {compiler.process(any_value, **options)} END)"
    )


@form(NearNumber, on="sqlite")
def near_number(element: NearNumber, compiler: SQLCompiler, **options: Any) -> str:
    """The number of a value; NULL for other kinds."""
    kind, scalar = inner_sql(element, compiler, options)
    return f"CASE {kind} WHEN 'number' THEN {scalar} END"


@form(SameStructure, on="sqlite")
def same_structure(element: SameStructure, compiler: SQLCompiler, **options: Any) -> str:
    """Arrays and objects are compared value by value."""
    kind, value, wanted = inner_sql(element, compiler, options)
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


@form(Instant, on="sqlite")
def instant(element: Instant, compiler: SQLCompiler, **options: Any) -> str:
    """Microseconds since 1970, or NULL."""
    text = only_sql(element, compiler, **options)
    return f"(SELECT CASE WHEN {_IS_INSTANT} THEN {_MICROSECONDS} END FROM ({_parts(text)}))"


@form(TimeOfDay, on="sqlite")
def time_of_day(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    """Microseconds since midnight, or NULL."""
    parts = _parts(f"('1970-01-01T' || {only_sql(element, compiler, **options)})")
    utc = "zone IN ('', 'Z', '+00:00')"
    return f"(SELECT CASE WHEN {_IS_INSTANT} AND {utc} THEN {_MICROSECONDS} END FROM ({parts}))"
