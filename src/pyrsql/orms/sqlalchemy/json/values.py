"""The values below a JSON document as rows of SQL, the same on every database.

A path is a list of keys. Arrays are stepped through: a key is looked up in each object of an array. Each row
has the kind of a value, the value itself, and the text of a scalar. How a database gets there is decided when
SQLAlchemy compiles: PostgreSQL by a jsonpath, MariaDB and MySQL by JSON_EXTRACT and JSON_TABLE, SQLite by json_each.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, column, literal_column, tuple_
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, Tuple
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import NullType, TypeEngine

from pyrsql.orms.sqlalchemy.dialects.families import FamilyBound
from pyrsql.orms.sqlalchemy.elements import Condition, Construct
from pyrsql.validation.text import UNBINDABLE

WHOLE = 18 * 10**18
"""Numbers closer to 0 are compared digit by digit on MariaDB, larger ones as floats."""


JsonValue = None | bool | int | Decimal | str | list["JsonValue"] | dict[str, "JsonValue"]
"""A value as JSON has it."""


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


class Document(Construct, FunctionElement[Any]):
    """A column's document, as the JSON functions of the database take it."""

    def __init__(self, operand: ColumnElement[Any]) -> None:
        super().__init__(operand)
        self.operand_type: TypeEngine[Any] = operand.type


class IsPresent(Condition):
    """There is a document: neither NULL nor JSON's null, which Python does not tell apart."""


def inner_sql(
    element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any], parts: slice = slice(None)
) -> list[str]:
    """The SQL of the parts of an element. Of the options only the one about values counts there.

    Nothing may be compiled that the statement does not hold: its values would be sent all the same.
    """
    kept = {"literal_binds": options.get("literal_binds", False)}
    return [compiler.process(clause.self_group(), **kept) for clause in list(element.clauses)[parts]]


def only_sql(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    """The SQL of the only part of an element."""
    (operand,) = inner_sql(element, compiler, options)
    return operand


# --- rows of values --------------------------------------------------------------------------------------------------


class StepPaths(Construct, FunctionElement[Any]):
    """The paths that lead from a value to those under one key of it, for MariaDB and MySQL."""


class KeysText(FamilyBound):
    """The keys of a path as one bound value: a jsonpath for PostgreSQL, an array for SQLite."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok: bool | None = True


class JsonText(String):
    """A text in a document. SQLite keeps lone surrogates there, which no driver gives and no text binds."""


class ValuesAt(Construct, FunctionElement[Any]):
    """The values that a path leads to, arrays as one value."""

    elements = False


class ItemsAt(ValuesAt):
    """The values that a path leads to, and the elements of those that are arrays."""

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


def _step(key: str, *, first: bool) -> StepPaths:
    # From an object, or from the objects in an array; the values of a step are put in an array of their own.
    starts = ("$", "$[*]") if first else ("$[*]", "$[*][*]")
    # MariaDB compares keys as they are written, and serializers may escape what is not ASCII.
    names = dict.fromkeys((json_text(key), json.dumps(key)))
    paths = [f"{start}.{name}" for name in names for start in starts]
    return StepPaths(*(BindParameter(None, path, String(), unique=True) for path in paths))


def values_at(document: ColumnElement[Any], keys: tuple[str, ...], *, elements: bool) -> TableValuedAlias:
    """The values below a document, to select from: columns `kind`, `value` and `scalar`.

    Args:
        document: the column.
        keys: the path.
        elements: the elements of an array count as values too, beside the array itself.
    """
    bound = BindParameter[Any](None, keys, KeysText(), unique=True)
    steps = (_step(key, first=place == 0) for place, key in enumerate(keys))
    rows = (ItemsAt if elements else ValuesAt)(Document(document), bound, *steps)
    return rows.table_valued(column("kind", String()), column("value"), column("scalar", String()), name="json_value")


def value_of(rows: TableValuedAlias) -> Value:
    """The value of each row."""
    return Value(rows.c.kind, rows.c.scalar)


# --- kinds and scalars -----------------------------------------------------------------------------------------------


class Value(NamedTuple):
    """A value below a document.

    Args:
        kind: `null`, `boolean`, `number`, `string`, `array` or `object`; NULL where there is no value.
        scalar: the text of a scalar.
    """

    kind: ColumnElement[Any]
    scalar: ColumnElement[Any]


class ValueKind(Construct, FunctionElement[str]):
    """The kind of a row's value: `null`, `boolean`, `number`, `string`, `array` or `object`."""

    type: TypeEngine[Any] = String()


class NearNumber(Construct, FunctionElement[Any]):
    """The number of a row, as well as the database compares numbers of any size; NULL for other kinds."""


class WholeNumber(Construct, FunctionElement[Any]):
    """The digits before the point, which tell large numbers apart where `NearNumber` is a float."""


class NearNumberValue(FamilyBound):
    """A number as it is compared with a `NearNumber`."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = NullType
    cache_ok: bool | None = True


class WholeNumberValue(FamilyBound):
    """A number as it is compared with a `WholeNumber`."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = NullType
    cache_ok: bool | None = True


def is_kind(value: Value, kind: str) -> ColumnElement[bool]:
    """Whether a value is of one of JSON's kinds."""
    # A constant, so it stands in the SQL itself.
    return ValueKind(value.kind) == literal_column(f"'{kind}'")


def number(value: Value) -> Tuple:
    """The number of a value, to compare with a `bound_number`."""
    return tuple_(NearNumber(*value), WholeNumber(*value))


def bound_number(value: int | Decimal) -> Tuple:
    """A number of the client's, to compare with the `number` of a value."""
    return tuple_(
        BindParameter[Any](None, value, NearNumberValue(), unique=True),
        BindParameter[Any](None, value, WholeNumberValue(), unique=True),
    )


# --- arrays and objects ----------------------------------------------------------------------------------------------


class SameStructure(Condition):
    """A row's value is this array or object, in any order of keys and any spelling of numbers."""


class StructureText(FamilyBound):
    """An array or object as one bound value."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok: bool | None = True


def same_structure(rows: TableValuedAlias, value: JsonValue) -> SameStructure:
    """The value of a row is `value`."""
    bound = BindParameter[Any](None, value, StructureText(), unique=True)
    return SameStructure(rows.c.kind, rows.c.value, bound)
