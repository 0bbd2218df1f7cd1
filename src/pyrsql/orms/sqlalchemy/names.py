"""Names that SQLAlchemy gives by itself, to values and to the aliases that paths lead to: free of those of tables, and
refused in a base statement.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, cast

from sqlalchemy import BindParameter, ClauseElement, FromClause, Select, Table
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import NamedFromClause

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Model
from pyrsql.orms.sqlalchemy.cardinality import leaves
from pyrsql.orms.sqlalchemy.entities import Entity, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.select_parts import base_joins, numbered_name, tables_of

_NUMBERED = re.compile(r"(.+)_\d+")


def refuse_generated_names(elements: Iterable[ClauseElement], model: Model) -> None:
    """Refuse a parameter or an alias with a name that a value, a LIMIT or the alias of a path may get.

    Args:
        elements: those of a base statement.
        model: the model that it selects.

    Raises:
        ConfigurationError: there is one, and what to do.
    """
    for element in elements:
        match element:
            case BindParameter(key=name, unique=False) if _stem(name) == "param":
                raise ConfigurationError(
                    f"the base statement has bindparam({name!r}), a name that SQLAlchemy gives to values such as"
                    " those of a filter or a LIMIT: give it another name"
                )
            case NamedFromClause(name=name) if (
                (stem := _stem(name)) and stem in _stems_of_paths(model.type) and name not in _names(model.type)
            ):
                raise ConfigurationError(
                    f"the base statement has a table, an alias or a subquery called {str(name)!r}, a name that"
                    " SQLAlchemy gives to aliases such as those that a path leads to: give it another name, or none"
                )
            case _:
                continue


def refuse_automatic_aliases(base: Select[Any], root: Entity) -> None:
    """Refuse a join of a class that shares a table with another one: SQLAlchemy makes an alias of it, and reads the
    attributes of both classes from there, in conditions and orders that come after the join.

    Raises:
        ConfigurationError: there is one, and what to write instead.
    """
    taken = {*tables_of(rows_of(root))}
    for join in base_joins(base):
        if join.entity is None or join.entity is root:
            continue
        tables = {*tables_of(rows_of(join.entity))}
        if not taken.isdisjoint(tables):
            name = mapper_of(join.entity).class_.__name__
            raise ConfigurationError(
                f"the base statement joins {name}, a table of which it reads already, so SQLAlchemy takes attributes of"
                f" one for those of the other: join an alias, as in aliased({name}, flat=True)"
            )
        taken |= tables


def refuse_same_names(base: Select[Any], model: Model) -> None:
    """Refuse a select from two tables of one name, only one of which has a schema: SQLAlchemy gives the other one an
    alias, whose columns a subquery of a path would then look for in the wrong table.

    Raises:
        ConfigurationError: it is one, and what to do.
    """
    names = _names_of_schemas(model.type)
    if not names:
        return
    tables = [cast("Table", rows) for rows in leaves(base.get_final_froms()) if isinstance(rows, Table)]
    qualified = {table.name for table in tables if table.schema is not None} & names
    for table in tables:
        if table.schema is None and table.name in qualified:
            raise ConfigurationError(
                f"the base statement selects from two tables called {table.name!r}, which SQL takes for each other in"
                " subqueries: select or join an alias of the class that has a schema, as in"
                " select(aliased(Account, flat=True))"
            )


def with_free_names(rows: FromClause, entity: type) -> FromClause:
    """New aliases, none of which is called as a table or a named alias of the mapping is.

    SQLAlchemy calls the aliases of `users` `users_1`, `users_2` and so on, also beside a table `users_1`.

    Args:
        rows: an alias, or a join of several, none of whose columns has been read.
        entity: a class of the mapping.
    """
    taken = _stems_of_tables(entity)
    for alias in leaves([rows]) if taken else ():
        name = getattr(getattr(alias, "element", None), "name", None)
        if name in taken:
            cast("Any", alias).name = numbered_name(_free(str(name), taken), alias)
    return rows


def _free(stem: str, taken: Collection[str]) -> str:
    while stem in taken:
        stem += "_"
    return stem


@made_once
def _stems_of_tables(entity: type) -> set[str]:
    """The beginnings of names of tables and aliases that end as those of aliases without a name do."""
    return {stem for name in _names(entity) if (stem := _stem(name))}


@made_once
def _names(entity: type) -> set[str]:
    """The names of all tables beside a class, of the aliases that classes are mapped to, and of those that relations
    lead to or through: an alias without a name is called after what it is an alias of.
    """
    mappers = _mappers(entity)
    return {table.name for table in _tables(mappers)} | {*_names_of_mapping(mappers)}


@made_once
def _names_of_schemas(entity: type) -> set[str]:
    """The names of tables that have no schema, and are also the names of tables in one."""
    tables = [*_tables(_mappers(entity))]
    return {table.name for table in tables if table.schema is None} & {table.name for table in tables if table.schema}


def _mappers(entity: type) -> set[Mapper[Any]]:
    """The mappings of all classes in the registries that relations lead to from a class."""
    found: set[Mapper[Any]] = set()
    unread = [mapper_of(entity)]
    while unread:
        mapper = unread.pop()
        if mapper not in found:
            found.add(mapper)
            unread += [*mapper.registry.mappers, *(prop.mapper for prop in mapper.relationships)]
    return found


def _tables(mappers: Iterable[Mapper[Any]]) -> Iterator[Table]:
    """All tables beside those of classes."""
    mapped = {table.metadata for mapper in mappers for table in mapper.tables if isinstance(table, Table)}
    for metadata in mapped | {mapper.registry.metadata for mapper in mappers}:
        yield from metadata.tables.values()


def _stem(name: object) -> str:
    """A name without the number at its end; empty where it has none."""
    numbered = _NUMBERED.fullmatch(str(name))
    return numbered[1] if numbered else ""


@made_once
def _stems_of_paths(entity: type) -> set[str]:
    """The beginnings of the names of aliases and subqueries without a name.

    Any table may be behind one: computed values and criteria make aliases too.
    """
    taken = _stems_of_tables(entity)
    return {"anon", *(stem for name in _names(entity) for stem in (name, _free(name, taken)))}


def _names_of_mapping(mappers: Iterable[Mapper[Any]]) -> Iterator[str]:
    for mapper in mappers:
        ends = [part for prop in mapper.relationships for part in (prop.entity.selectable, prop.secondary)]
        for part in (mapper.selectable, *ends):
            if part is not None:
                elements = cast("Iterator[ClauseElement]", visitors.iterate(part))
                yield from (element.name for element in elements if isinstance(element, NamedFromClause))
