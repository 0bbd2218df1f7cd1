"""Base statements with other rows, or another order, each time they run: their pages would repeat and skip rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import ClauseElement, Select, TableSample
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.textual import elements_of, is_text

_OTHER_EACH_TIME = re.compile(
    r"\b(random|random_normal|randomblob|rand|newid|newsequentialid|gen_random_uuid|uuid_generate_v\w+|uuidv[47]|uuid_short"
    r"|nextval|next_value|setval|uuid(?=\(\s*\)))\s*\(",
    re.IGNORECASE,
)
"""Functions that give another value each time. `now()` gives the same one to all rows of a statement."""


def refuse_unsteady(base: Select[Any], elements: Iterable[ClauseElement]) -> None:
    """Refuse a select whose rows, or their order, are left to chance, and one that writes.

    Args:
        base: the select.
        elements: all of its elements.

    Raises:
        ConfigurationError: it is one, and what to write instead.
    """
    shown = {*map(id, _shown(base))}
    for element in elements:
        if isinstance(element, UpdateBase):
            raise ConfigurationError(
                "the base statement writes rows in a CTE, which each page and each total would do again: run that"
                " statement first, and select its rows by their keys"
            )
        if isinstance(element, TableSample) and element.seed is None:
            raise ConfigurationError(
                "the base statement has a TABLESAMPLE without a seed, so pages and totals would be of other rows:"
                " give it one, as in tablesample(User, 10, seed=1)"
            )
        if id(element) not in shown and (called := _OTHER_EACH_TIME.search(_written(element))):
            raise ConfigurationError(
                f"the base statement calls {called[1]}(), which gives other values each time, so that pages would"
                " repeat and skip rows: compute its rows and their order from columns, as in"
                " order_by(func.md5(cast(User.id, String)))"
            )


def _shown(base: Select[Any]) -> Iterable[ClauseElement]:
    """The elements of the columns of a select that say nothing about its rows and their order."""
    if parts.order_of(base) or parts.is_distinct(base) or parts.group_columns(base):
        return ()
    return elements_of((column for column in parts.columns(base) if not parts.is_table(column)), subqueries=True)


def _written(element: ClauseElement) -> str:
    """The beginning of a call, or the text of a developer's."""
    if isinstance(element, FunctionElement):
        function = cast("Any", element)
        return f"{getattr(function, 'name', '')}({'…' if len(getattr(function, 'clauses', ())) else ''})"
    return str(element) if is_text(element) else ""
