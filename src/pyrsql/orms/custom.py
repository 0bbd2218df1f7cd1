"""The payload of custom operators, the same for all backends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyrsql.options import QueryOptions


@dataclass(frozen=True, slots=True)
class CustomPredicatePayload:
    """The payload of a custom operator's function.

    Args:
        expression: the column or expression that the selector names; in memory its value. For a path that ends on a
            relation, the relationship attribute; in memory the related row, or a list of all of them. For a path below
            a JSON column, the column itself; in memory the whole document.
        values: the converted arguments.
        field_path: the selector as the client wrote it.
        options: the options of the query.
    """

    expression: Any
    values: tuple[Any, ...]
    field_path: str
    options: QueryOptions
