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

_SUFFIX = re.compile(r"(.+?)(?:__([A-Za-z]+)|\[\$?([A-Za-z]+)\])")


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
    """The field and the operator that a name means."""
    if len(name) > LONGEST_NAME:
        return None
    if _is_field(schema, name):
        return f"{name}=="
    suffix = _SUFFIX.fullmatch(name)
    if suffix is None:
        return None
    operator = operator_of(suffix[2] or suffix[3], config.query_options.operators)
    return f"{suffix[1]}{operator}" if operator and _is_field(schema, suffix[1]) else None


def _is_field(schema: Schema, path: str) -> bool:
    found = resolve(schema, "filter", path, suggest=False)
    return isinstance(found, Resolution) and isinstance(found.operand, FieldOperand)
