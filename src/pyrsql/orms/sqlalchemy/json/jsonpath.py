"""Tests of a JSON document by PostgreSQL's jsonpath functions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, cast, false, func
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.sql.elements import BindParameter

from pyrsql.orms.sqlalchemy.json.values import Document, JsonValue, json_text, key_path

# A filter looks at each element of an array in place of the array, and a comparison in it once more: without this an
# array in an array would count as its elements.
_NO_ARRAY = '@.type() != "array"'

_IS_SET = '.type() ? (@ != "null")'


def path_exists(
    function: str, document: ColumnElement[Any], keys: tuple[str, ...], condition: str, values: Mapping[str, JsonValue]
) -> ColumnElement[bool]:
    """Some value that a path leads to, or an element of it, fulfils a condition.

    Args:
        function: the function to call, with a document, a jsonpath and its variables.
        document: the column.
        keys: the path.
        condition: what stands in the filter of the jsonpath. No text of a client's may be in it.
        values: the variables of the condition.
    """
    return _call(function, document, f"{key_path(keys)} ? ({_NO_ARRAY} && ({condition}))", values)


def path_holds(document: ColumnElement[Any], keys: tuple[str, ...], condition: str) -> ColumnElement[bool]:
    """The same by the operator `@?`, which a GIN index on the column serves.

    Args:
        document: the column.
        keys: the path.
        condition: what stands in the filter of the jsonpath. Texts of a client's are in it as `json_text` writes them.
    """
    path = f"{key_path(keys)} ? ({_NO_ARRAY} && ({condition}))"
    holds = Document(document).op("@?", is_comparison=True, return_type=Boolean())
    return holds(cast(_text_parameter(path), JSONPATH))


def path_is_set(function: str, document: ColumnElement[Any], keys: tuple[str, ...]) -> ColumnElement[bool]:
    """A path leads to some value other than null."""
    return func.coalesce(_call(function, document, key_path(keys) + _IS_SET, {}), false())


def _call(
    function: str, document: ColumnElement[Any], path: str, values: Mapping[str, JsonValue]
) -> ColumnElement[bool]:
    # A name may lead through a schema.
    called = reduce(getattr, function.split("."), func)
    return called(
        Document(document), cast(_text_parameter(path), JSONPATH), cast(_text_parameter(json_text(dict(values))), JSONB)
    )


def _text_parameter(value: str) -> BindParameter[Any]:
    return BindParameter(None, value, String(), unique=True)
