"""Names in a base statement that SQLAlchemy gives by itself: to values, and to the aliases that paths lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from sqlalchemy import BindParameter, ClauseElement, Select, Table, inspect
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import AliasedReturnsRows, NamedFromClause

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Model
from pyrsql.orms.sqlalchemy.cardinality import leaves
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.select_parts import base_joins, criteria

_NUMBERED = re.compile(r"(.+)_\d+")


def refuse_generated_names(base: Select[Any], model: Model) -> None:
    """Refuse a parameter or an alias with a name that a value, a LIMIT or the alias of a path may get.

    Raises:
        ConfigurationError: there is one, and what to do.
    """
    for element in _elements(base):
        match element:
            case BindParameter(key=name, unique=False) if _stem(name) == "param":
                raise ConfigurationError(
                    f"the base statement has bindparam({name!r}), a name that SQLAlchemy gives to values such as"
                    " those of a filter or a LIMIT: give it another name"
                )
            case AliasedReturnsRows(name=name) if (stem := _stem(name)) and stem in _stems_of_paths(model):
                raise ConfigurationError(
                    f"the base statement has an alias or a subquery called {str(name)!r}, a name that SQLAlchemy gives"
                    " to aliases such as those that a path leads to: give it another name, or none"
                )
            case _:
                continue


def refuse_same_names(base: Select[Any], model: Model) -> None:
    """Refuse a select from two tables of one name, only one of which has a schema: SQLAlchemy gives the other one an
    alias, whose columns a subquery of a path would then look for in the wrong table.

    Raises:
        ConfigurationError: it is one, and what to do.
    """
    if not _names_of_schemas(model.type):
        return
    tables = [cast("Table", rows) for rows in leaves(base.get_final_froms()) if isinstance(rows, Table)]
    qualified = {table.name for table in tables if table.schema is not None}
    for table in tables:
        if table.schema is None and table.name in qualified:
            raise ConfigurationError(
                f"the base statement selects from two tables called {table.name!r}, which SQL takes for each other in"
                " subqueries: join an alias of the one that has a schema, as in aliased(Account)"
            )


@made_once
def _names_of_schemas(entity: type) -> set[str]:
    """The names of tables that have no schema, and are also the names of tables in one."""
    tables: list[Table] = [*cast("Any", inspect(entity)).registry.metadata.tables.values()]
    return {table.name for table in tables if table.schema is None} & {table.name for table in tables if table.schema}


def _elements(base: Select[Any]) -> Iterator[ClauseElement]:
    of_options = [option.where_criteria for option in criteria(base) if not option.deferred_where_criteria]
    joined = [inspect(join.entity).selectable for join in base_joins(base) if join.entity is not None]
    for part in (base, *cast("Iterable[ClauseElement]", of_options), *joined):
        yield from cast("Iterator[ClauseElement]", visitors.iterate(part))


def _stem(name: object) -> str:
    """A name without the number at its end; empty where it has none."""
    numbered = _NUMBERED.fullmatch(str(name))
    return numbered[1] if numbered else ""


def _stems_of_paths(model: Model) -> set[str]:
    """The beginnings of the names of anonymous aliases and subqueries.

    Any table may be behind one: computed values and criteria make aliases too.
    """
    registry = cast("Any", inspect(model.type)).registry
    return {"anon", *(table.name for table in registry.metadata.tables.values()), *_names_of_mapping(registry.mappers)}


def _names_of_mapping(mappers: Iterable[Mapper[Any]]) -> Iterator[str]:
    """The names of all that models are mapped to and relations lead to or through: an alias is named after its own."""
    for mapper in mappers:
        ends = [part for prop in mapper.relationships for part in (prop.entity.selectable, prop.secondary)]
        for part in (mapper.selectable, *ends):
            if part is not None:
                elements = cast("Iterator[ClauseElement]", visitors.iterate(part))
                yield from (element.name for element in elements if isinstance(element, NamedFromClause))
