"""The forms that two families write alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from pyrsql.orms.sqlalchemy.dialects.families import form, notation
from pyrsql.orms.sqlalchemy.json.values import (
    JsonValue,
    KeysText,
    StructureText,
    ValueKind,
    WholeNumber,
    WholeNumberValue,
    inner_sql,
    json_text,
    only_sql,
)
from pyrsql.orms.sqlalchemy.segments import NullIsLargest, NullIsSmallest


@form(NullIsLargest, on="postgresql")
@form(NullIsSmallest, on="sqlite")
@form(NullIsSmallest, on="mysql")
def true(element: ClauseElement, compiler: SQLCompiler, **options: Any) -> str:
    """The database sorts NULL there."""
    return "1 = 1"


@form(NullIsSmallest, on="postgresql")
@form(NullIsLargest, on="sqlite")
@form(NullIsLargest, on="mysql")
def false(element: ClauseElement, compiler: SQLCompiler, **options: Any) -> str:
    """The database sorts NULL elsewhere."""
    return "1 = 0"


@notation(KeysText, on="sqlite")
@notation(KeysText, on="mysql")
def keys_text(type_: KeysText, keys: tuple[str, ...]) -> str:
    """The keys as a JSON array."""
    return json_text(list(keys))


@notation(StructureText, on="sqlite")
@notation(StructureText, on="postgresql")
def structure_text(type_: StructureText, value: JsonValue) -> str:
    """The structure as JSON."""
    return json_text(value)


@form(ValueKind, on="sqlite")
@form(ValueKind, on="postgresql")
def kind(element: ValueKind, compiler: SQLCompiler, **options: Any) -> str:
    """The kind of a value."""
    return only_sql(element, compiler, **options)


@notation(WholeNumberValue, on="sqlite")
@notation(WholeNumberValue, on="postgresql")
def whole_number_value(type_: WholeNumberValue, value: int | Decimal) -> int:
    """Nothing: `near_number` tells numbers apart."""
    return 0


@form(WholeNumber, on="sqlite")
@form(WholeNumber, on="postgresql")
def whole_number(element: WholeNumber, compiler: SQLCompiler, **options: Any) -> str:
    """The digits that tell large numbers apart; none where numbers are exact."""
    kind, _ = inner_sql(element, compiler, options)
    return f"CASE {kind} WHEN 'number' THEN 0 END"
