"""Fields that a request names as parameters, `?title=Dune` or `?pages__gte=5`, although only a filter may name them.

An endpoint that ignores them would answer with all rows, where the client wants a few. A field that a client may not
use is no field here either: it passes as any other name does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pyrsql.adapters.fastapi.config import FastAPICriteriaConfig
from pyrsql.adapters.fastapi.unknown import LONGEST_NAME, unknown_parameter
from pyrsql.language.operator_hints import operator_of
from pyrsql.models.schema import Schema
from pyrsql.problems import UnknownParameter
from pyrsql.validation.predicates import FieldOperand
from pyrsql.validation.selectors import Resolution, resolve

_STEPS = re.compile(r"\]?\[|__")
"""Signs of other services between the fields of a path, and before an operator."""

_OPERATORS = re.compile(r"[:~]")
"""Operators of other services without `=`."""

_ELSEWHERE = frozenset(
    ("exact", "iexact", "startswith", "istartswith", "endswith", "iendswith", "range", "regex", "iregex", "cont")
)
"""Operators of other services, for which one writes `==` with a pattern, or several comparisons."""


def fields_outside(config: FastAPICriteriaConfig, schema: Schema, names: Iterable[str]) -> Iterator[UnknownParameter]:
    """The parameters that are fields of an endpoint, as such or with an operator behind them.

    Args:
        config: gives the name of the filter.
        schema: the fields that the client may use.
        names: the parameters that no part of the route declares.
    """
    filter = next(name for name, source in config.sources.items() if source == "filter")
    for name in names:
        comparison = _comparison(config, schema, name)
        if comparison is not None:
            yield unknown_parameter("filter", name, f"Write it in '{filter}', as in {filter}={comparison}…")


def _comparison(config: FastAPICriteriaConfig, schema: Schema, name: str) -> str | None:
    """The field and the operator that a name means.

    `id`, `id[]`, `id:5`, `team.name`, `team[name]` and `team__name` are fields, with `==`; `id[gte]`, `id[$gte]`,
    `id__gte`, `id.gte` and `id_gte` have another operator.
    """
    if len(name) > LONGEST_NAME:
        return None
    path = _STEPS.sub(".", _OPERATORS.split(name)[0].rstrip("]")).rstrip(".")
    for written in dict.fromkeys((name, path)):
        if _is_field(schema, written):
            return f"{written}=="
    for joint in (".", "_"):
        field, _, word = path.rpartition(joint)
        word = word.removeprefix("$")
        operator = operator_of(word, config.query_options.operators) or ("==" if word in _ELSEWHERE else None)
        if operator and _is_field(schema, field):
            return f"{field}{operator}"
    return None


def _is_field(schema: Schema, path: str) -> bool:
    found = resolve(schema, "filter", path, suggest=False)
    return isinstance(found, Resolution) and isinstance(found.operand, FieldOperand)
