"""The advice on a comparison whose value comes first: `18<age` is written `age>18`."""

from __future__ import annotations

import re

from pyrsql import operators as ops
from pyrsql.language.advice import Advice
from pyrsql.language.comparisons import unquoted
from pyrsql.language.nested import selector_below
from pyrsql.language.nodes import Comparison, comparison_span
from pyrsql.models.schema import Schema
from pyrsql.validation.convert import Refusal
from pyrsql.validation.selectors import Resolution, resolve

_MIRRORED = {
    ops.EQUAL: ops.EQUAL,
    ops.NOT_EQUAL: ops.NOT_EQUAL,
    ops.GREATER: ops.LESS,
    ops.GREATER_OR_EQUAL: ops.LESS_OR_EQUAL,
    ops.LESS: ops.GREATER,
    ops.LESS_OR_EQUAL: ops.GREATER_OR_EQUAL,
}
_begins_like_a_value = re.compile(r"['\"]|[+-]?[0-9]")


def value_first_advice(schema: Schema, node: Comparison, prefix: str, hint: str | None) -> Advice | None:
    """The comparison with its field first; None where its second part is no field that takes the first as a value.

    Args:
        schema: the fields and rights of the endpoint.
        node: a comparison with an unknown field.
        prefix: the path of the rows that a nested filter is about, with a dot behind it.
        hint: the field that the client may have meant, which comes first unless a value stands in its place.
    """
    found, operator = node.written, _MIRRORED.get(node.operator)
    if found is None or operator is None or found["value"] is None:
        return None
    value, selector = found["field"] or found["odd"], found["value"]
    if hint is not None and not _begins_like_a_value.match(value):
        return None
    resolved = resolve(schema, "filter", selector_below(prefix, selector), suggest=False)
    if not isinstance(resolved, Resolution) or operator.name not in resolved.offered:
        return None
    if isinstance(resolved.convert(unquoted(value)), Refusal):
        return None
    meant = f"{selector}{operator.spellings[-1]}{value}"
    return Advice(f"The field comes first: write {meant}", meant, comparison_span(found))
