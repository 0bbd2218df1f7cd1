"""Values in JSON documents on PostgreSQL, by jsonpath."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.json.lookup import KindAt, OneOrAny, PathText, ScalarAt
from pyrsql.orms.sqlalchemy.json.times import INSTANT, TIME_OF_DAY, Instant, TimeOfDay
from pyrsql.orms.sqlalchemy.json.values import (
    Document,
    IsPresent,
    KeysText,
    NearNumber,
    NearNumberValue,
    SameStructure,
    ValuesAt,
    inner_sql,
    key_path,
    only_sql,
)


@notation(KeysText, on="postgresql")
def keys_text(type_: KeysText, keys: tuple[str, ...]) -> str:
    """The keys as a jsonpath."""
    return key_path(keys)


@notation(NearNumberValue, on="postgresql")
def near_number_value(type_: NearNumberValue, value: int | Decimal) -> int | Decimal:
    """The number itself, which is exact."""
    return value


def _escaped(text: str) -> str:
    """A text with backslashes as SQL, whatever `standard_conforming_strings` says of them."""
    return "E'" + text.replace("\\", "\\\\") + "'"


# A json column of PostgreSQL holds text that jsonb does not: NUL and lone surrogates. Two backslashes are written as
# \u005c first, so that each backslash left begins an escape.
# pg8000 would read on behind a text that ends with a backslash.
_TWO_BACKSLASHES, _BACKSLASH = "repeat(chr(92), 2)", _escaped(r"\u005c")
_MAY_BE_UNKNOWN = _escaped(r"\\u(0000|[dD][89a-fA-F])")
_UNKNOWN_TO_JSONB = _escaped(
    r"\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_REPLACEMENT = _escaped(r"\\ufffd")


@form(Document, on="postgresql")
def document(element: Document, compiler: SQLCompiler, **options: Any) -> str:
    """The document as JSON functions take it."""
    document = only_sql(element, compiler, **options)
    if isinstance(element.operand_type.dialect_impl(compiler.dialect), postgresql.JSONB):
        return document
    text = f"CAST({document} AS TEXT)"
    single = f"replace({text}, {_TWO_BACKSLASHES}, {_BACKSLASH})"
    mended = f"regexp_replace({single}, {_UNKNOWN_TO_JSONB}, {_REPLACEMENT}, 'g')"
    return f"CAST(CASE WHEN {text} ~ {_MAY_BE_UNKNOWN} THEN {mended} ELSE {text} END AS JSONB)"


@form(IsPresent, on="postgresql")
def is_present(element: IsPresent, compiler: SQLCompiler, **options: Any) -> str:
    """Neither NULL nor JSON's null."""
    return f"(COALESCE(jsonb_typeof({only_sql(element, compiler, **options)}), 'null') <> 'null')"


@form(ValuesAt, on="postgresql")
def values_at(element: ValuesAt, compiler: SQLCompiler, **options: Any) -> str:
    """The values as rows: `kind`, `value` and `scalar`."""
    document, keys = inner_sql(element, compiler, options, slice(2))
    # Drivers that prepare statements ask for the type of each value.
    keys = f"CAST({keys} AS TEXT)"
    found = f"jsonb_path_query_array({document}, CAST({keys} AS JSONPATH))"
    if element.elements:
        # A value that is no array counts as its own only element here, and so comes twice.
        found += f" || jsonb_path_query_array({document}, CAST({keys} || '[*]' AS JSONPATH))"
    # One set and not a query of several: PostgreSQL takes each for so large that it would compile to machine code.
    return (
        "(SELECT jsonb_typeof(value) AS kind, value, value #>> '{}' AS scalar"
        f" FROM jsonb_array_elements({found}) AS found(value))"
    )


@notation(PathText, on="postgresql")
def path_text(type_: PathText, keys: tuple[str, ...]) -> str:
    """The keys, which are plain words, between points."""
    return ".".join(keys)


def _place(document: str, path: str, operator: str) -> str:
    # No cast to an array: that PostgreSQL would evaluate for each row.
    return f"({document} {operator} string_to_array(CAST({path} AS TEXT), '.'))"


@form(KindAt, on="postgresql")
def kind_at(element: KindAt, compiler: SQLCompiler, **options: Any) -> str:
    """The kind of the value that `#>` finds, which steps through no array."""
    document, path = inner_sql(element, compiler, options)
    return f"jsonb_typeof{_place(document, path, '#>')}"


@form(ScalarAt, on="postgresql")
def scalar_at(element: ScalarAt, compiler: SQLCompiler, **options: Any) -> str:
    """The text of the value."""
    document, path = inner_sql(element, compiler, options)
    return _place(document, path, "#>>")


@form(OneOrAny, on="postgresql")
def one_or_any(element: OneOrAny, compiler: SQLCompiler, **options: Any) -> str:
    """By lookup where there is a scalar, or nothing in an object."""
    document, path, parent = inner_sql(element, compiler, options, slice(3))
    kind, kind_of_parent = (f"jsonb_typeof{_place(document, keys, '#>')}" for keys in (path, parent))
    *_, one, any_value = element.clauses
    return (
        f"(CASE WHEN {kind} NOT IN ('array', 'object') OR {kind} IS NULL AND {kind_of_parent} = 'object'"
        f" THEN {compiler.process(one, **options)} ELSE {compiler.process(any_value, **options)} END)"
    )


@form(NearNumber, on="postgresql")
def near_number(element: NearNumber, compiler: SQLCompiler, **options: Any) -> str:
    """The number of a value; NULL for other kinds."""
    kind, scalar = inner_sql(element, compiler, options)
    return f"CASE {kind} WHEN 'number' THEN CAST({scalar} AS NUMERIC) END"


@form(SameStructure, on="postgresql")
def same_structure(element: SameStructure, compiler: SQLCompiler, **options: Any) -> str:
    """Arrays and objects are compared value by value."""
    _, value, wanted = inner_sql(element, compiler, options)
    return f"({value} = CAST(CAST({wanted} AS TEXT) AS JSONB))"


@form(Instant, on="postgresql")
def instant(element: Instant, compiler: SQLCompiler, **options: Any) -> str:
    """Microseconds since 1970, or NULL."""
    text = only_sql(element, compiler, **options)
    month = f"CAST(left({text}, 7) || '-01' AS DATE)"
    # The days of a month are looked at first, since a cast of a day that it does not have is an error.
    return (
        f"CASE WHEN {text} ~ '{INSTANT}' THEN CASE WHEN substr({text}, 9, 2) <="
        f" to_char({month} + INTERVAL '1 month -1 day', 'DD') THEN"
        f" CAST(EXTRACT(EPOCH FROM CAST(CASE WHEN {text} ~ '[+-][0-9]+:[0-9]+$' THEN {text}"
        f" ELSE rtrim({text}, 'Z') || CASE WHEN length({text}) = 10 THEN ' 00:00' ELSE '' END || '+00:00' END"
        " AS TIMESTAMP WITH TIME ZONE)) * 1000000 AS BIGINT) END END"
    )


@form(TimeOfDay, on="postgresql")
def time_of_day(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    """Microseconds since midnight, or NULL."""
    text = only_sql(element, compiler, **options)
    time = f"CAST(substring({text} FROM '^[0-9:.]*') AS TIME WITHOUT TIME ZONE)"
    return f"CASE WHEN {text} ~ '{TIME_OF_DAY}' THEN CAST(EXTRACT(EPOCH FROM {time}) * 1000000 AS BIGINT) END"
