"""The parts of `with_loader_criteria` that SQLAlchemy has no public name for, while a statement is compiled.

`tests/orms/sqlalchemy/test_select_parts.py` checks each of them with every supported version of SQLAlchemy.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import ColumnClause, ColumnElement, Select
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.util import LoaderCriteriaOption


def when_compiled(base: Select[Any], work: Callable[[Any], None]) -> Select[Any]:
    """The select with work on the state of its compilation, to which events of a session have added their options.

    SQLAlchemy keeps the result by the select, and not by the work.
    """
    add = getattr(base, "_add_compile_state_func", None) or cast("Any", base)._add_context_option
    return cast("Select[Any]", add(work, None))


def criteria_of_classes(state: Any) -> dict[Mapper[Any], list[LoaderCriteriaOption]]:
    """The `with_loader_criteria` options of each class while a statement is compiled: lists that can be changed."""
    attributes = cast("dict[Any, list[LoaderCriteriaOption]]", state.global_attributes)
    return {key[1]: found for key, found in attributes.items() if key[:1] == ("additional_entity_criteria",)}


def condition_on(option: LoaderCriteriaOption, alias: Any) -> ColumnElement[bool]:
    """The condition that an option has for an inspected alias; a function makes it anew for each."""
    return option._resolve_where_criteria(alias)


def column_of_mapper(element: Any, mapper: Mapper[Any]) -> ColumnElement[Any] | None:
    """A column of the tables of a mapping as a column of the mapping; None for one that is, and for all else."""
    if not isinstance(element, ColumnClause) or element.table not in mapper.tables:
        return None
    column = cast("ColumnElement[Any]", element)
    parent = column._annotations.get("parentmapper")
    return None if parent is not None and parent.isa(mapper) else column._annotate({"parentmapper": mapper})


def is_never_adapted(element: Any) -> bool:
    """Whether SQLAlchemy leaves an element alone where it applies a condition to an alias: `any()` and `has()`."""
    return _NEVER_ADAPTED in element._annotations and _OWN_ROWS not in element._annotations


def never_adapted(rows: Select[Any]) -> Select[Any]:
    """A subquery that SQLAlchemy leaves alone where it applies the condition around it to an alias."""
    return rows._annotate({_NEVER_ADAPTED: True, _OWN_ROWS: True})


_NEVER_ADAPTED = "no_replacement_traverse"
_OWN_ROWS = "pyrsql_own_rows"
