"""The smallest or largest of the values of related rows, found among the related rows of each row.

For `min(x)` or `max(x)` alone SQLite and PostgreSQL walk an index of `x` up to the first entry that belongs to the row:
a row without related rows walks all of it, and so a sort reads the whole table once per row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.elements import Construct


class Extreme(Construct, FunctionElement[Any]):
    """The smallest or the largest of the values, as an aggregate that no index of the values serves."""

    function = ""

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)
        self.type: TypeEngine[Any] = value.type


class Smallest(Extreme):
    """The smallest of them."""

    function = "min"


class Largest(Extreme):
    """The largest of them."""

    function = "max"
