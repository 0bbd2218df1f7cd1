"""The parts of `with_loader_criteria` that SQLAlchemy has no public name for, while a statement is compiled.

`tests/orms/sqlalchemy/test_select_parts.py` checks each of them with every supported version of SQLAlchemy.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnClause, ColumnElement, Select, inspect
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors

from pyrsql.orms.sqlalchemy.correlation import about_own_tables, has_subquery
from pyrsql.orms.sqlalchemy.select_parts import criteria_like


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


def classes_with_subqueries(options: Iterable[LoaderCriteriaOption]) -> frozenset[type]:
    """The classes for which criteria have subqueries."""
    return frozenset(
        mapper.class_
        for option in options
        for mapper in option._all_mappers()
        if has_subquery(_as_given(option, mapper.class_))
    )


def with_own_subqueries(option: LoaderCriteriaOption) -> LoaderCriteriaOption:
    """Criteria whose subqueries are, for an alias, about its row and about their own tables.

    SQLAlchemy would leave out of them the tables that the statement around has as well, and take those of the row from
    which a join leads to the alias.
    """
    return criteria_like(option, where_criteria=_OfAlias(option), deferred_where_criteria=True)


def _as_given(option: LoaderCriteriaOption, entity: Any) -> ColumnElement[bool]:
    condition: Any = option.where_criteria
    made: ColumnElement[bool] = condition._resolve_with_args(entity) if option.deferred_where_criteria else condition
    return made


class _OfAlias(NamedTuple):
    """The condition of criteria, made for each entity as SQLAlchemy does it where that is a function."""

    option: LoaderCriteriaOption

    def _resolve_with_args(self, entity: Any) -> ColumnElement[bool]:
        alias: Any = inspect(entity)
        condition = _as_given(self.option, entity)
        if not (alias.is_aliased_class and has_subquery(condition)):
            return condition
        if not self.option.deferred_where_criteria:
            condition = alias._adapter.traverse(condition)

        def own(element: Any, **_: Any) -> Select[Any] | None:
            return never_adapted(cast("Select[Any]", element)) if isinstance(element, Select) else None

        made: ColumnElement[bool] = visitors.replacement_traverse(
            about_own_tables(condition, [alias.selectable]), {}, own
        )
        return made


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
