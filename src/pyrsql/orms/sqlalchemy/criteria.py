"""`with_loader_criteria`: the conditions on the rows of a class, wherever a path reaches them.

A base statement has some, and an event of the session may add others to each statement that it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Select, Table
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import AliasedReturnsRows

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.cardinality import joined_rows, leaves
from pyrsql.orms.sqlalchemy.criteria_parts import (
    column_of_mapper,
    condition_on,
    criteria_of_classes,
    is_never_adapted,
    never_adapted,
    when_compiled,
    with_own_subqueries,
)
from pyrsql.orms.sqlalchemy.entities import mapper_of
from pyrsql.orms.sqlalchemy.joins import aliases_of_paths
from pyrsql.orms.sqlalchemy.loader_options import loader_steps
from pyrsql.orms.sqlalchemy.textual import may_name_columns


def refuse_criteria(base: Select[Any]) -> None:
    """Refuse criteria that SQLAlchemy would apply to the class where a path leads to an alias of it.

    Raises:
        ConfigurationError: there are some, and what to write instead.
    """
    for option in parts.criteria(base):
        if not option.deferred_where_criteria and has_relation_test([cast("Any", option.where_criteria)]):
            raise ConfigurationError(
                "with_loader_criteria of the base statement uses any() or has(), which SQLAlchemy does not apply to the"
                " aliases that paths lead to: give it as a function, as in"
                " with_loader_criteria(User, lambda cls: cls.roles.any(Role.level > 1))"
            )


def with_criteria_of_aliases(statement: Select[Any]) -> Select[Any]:
    """A select in which criteria of a class count for its aliases: those that paths lead to, as for a join of the
    class, and those that eager loading joins.

    Raises (when SQLAlchemy compiles it):
        ConfigurationError: there are criteria that cannot be applied to an alias.
    """
    return when_compiled(statement, _apply_to_aliases)


def _apply_to_aliases(state: Any) -> None:
    criteria = criteria_of_classes(state)
    for mapper, among in criteria.items():
        among[:] = [_of_mapper(option, mapper) for option in among]
    for alias, original in aliases_of_paths(state.select_statement):
        among = criteria.get(alias.mapper, [])
        for option in among[:]:
            if not (option.include_aliases or option.entity is original):
                continue
            _refuse_for_alias(option, alias)
            if not option.include_aliases:
                made = parts.criteria_like(option, entity=alias)
                if not any(each.entity is alias and each.where_criteria is made.where_criteria for each in among):
                    among.append(made)
    _refuse_for_joined_loads(state.select_statement, criteria)
    for among in criteria.values():
        among[:] = map(with_own_subqueries, among)


def _refuse_for_joined_loads(
    statement: Select[Any], criteria: Mapping[Mapper[Any], Iterable[LoaderCriteriaOption]]
) -> None:
    """Refuse criteria that SQLAlchemy would not apply, or would misread, where eager loading joins their class.

    Raises:
        ConfigurationError: there are some, and what to write instead.
    """
    joined = {step.path: step.relations for step in loader_steps(statement) if step.joins}
    for path, relations in joined.items():
        mapper = relations[-1].mapper
        # The first row of the path in the same statement: what is not joined is loaded by another one.
        first = next(size for size in reversed(range(len(path))) if path[:size] not in joined)
        read = {*relations[first - 1].mapper.tables} if first else _tables_read(statement)
        beside = {*relations[-2].mapper.tables} if first < len(path) - 1 else set[FromClause]()
        for option in criteria.get(mapper, ()):
            if option.propagate_to_loaders:
                _refuse_for_alias(option, mapper, "joinedload reads")
                _refuse_tables_of_both(option, mapper, read, beside)


def _refuse_for_alias(option: LoaderCriteriaOption, alias: Any, reader: str = "a path leads to") -> None:
    """Refuse criteria that SQLAlchemy would not apply to an alias: a text keeps the names of the table.

    Raises:
        ConfigurationError: they are, and what to write instead.
    """
    name, condition = _class_of(option).__name__, condition_on(option, alias)
    if not option.deferred_where_criteria and has_relation_test([condition]):
        raise ConfigurationError(
            f"{reader} an alias of {name}, to which any() or has() in with_loader_criteria({name}, …) does not"
            f" apply: give it as a function, as in with_loader_criteria({name}, lambda cls: …)"
        )
    if may_name_columns(condition):
        raise ConfigurationError(
            f"{reader} an alias of {name}, to which the text in with_loader_criteria({name}, …) does not apply"
            f": write it with attributes of {name}"
        )
    if option.deferred_where_criteria and _joins_tables(condition, alias.mapper):
        raise ConfigurationError(
            f"{reader} an alias of {name}, to which a subquery in the function in with_loader_criteria({name}, …) does"
            f" not apply, because it joins a table of {name}: give the condition itself, and no function"
        )
    if _reads_tables(condition, alias.mapper):
        raise ConfigurationError(
            f"{reader} an alias of {name}, to which the function in with_loader_criteria({name}, …) does not"
            f" apply: it has columns of {name} that are not those of its argument, as in lambda cls: cls.id > 0"
        )


def _refuse_tables_of_both(
    option: LoaderCriteriaOption, mapper: Mapper[Any], read: Set[FromClause], joined: Set[FromClause]
) -> None:
    """Refuse criteria of a class that eager loading joins, with a subquery of tables that the statement reads too.

    SQLAlchemy would leave tables of the statement out of the subquery, and take those of a row that is joined itself
    for those of that row.

    Args:
        option: the criteria.
        mapper: the mapping of the class.
        read: the tables of the statement.
        joined: the tables of the row to which the class is joined, where eager loading joins that row as well.

    Raises:
        ConfigurationError: there is one, and what to write instead.
    """
    own: set[FromClause] = set()
    for part in visitors.iterate(condition_on(option, mapper)):
        if isinstance(part, Select):
            subquery = cast("Select[Any]", part)
            froms = subquery.get_final_froms()
            # A subquery with a `correlate` of its own keeps the others.
            own |= joined & ({*leaves(froms)} - {*leaves(parts.own_froms(subquery))})
            # A subquery keeps its only table.
            own |= read & {*froms} if len(froms) > 1 and parts.is_correlated_by_itself(subquery) else set()
    if both := own - {*mapper.tables}:
        name, tables = _class_of(option).__name__, ", ".join(sorted(repr(str(table)) for table in both))
        raise ConfigurationError(
            f"joinedload reads an alias of {name}, and a subquery in with_loader_criteria({name}, …) reads {tables}, as"
            " the statement does: let it read an alias, as in aliased(…)"
        )


def _tables_read(statement: Select[Any]) -> set[FromClause]:
    """The tables that a statement has no alias of."""
    shown = (table for column in parts.columns(statement) for table in leaves(parts.tables_of(column)))
    return {*leaves(joined_rows(statement)), *shown}


def _of_mapper(option: LoaderCriteriaOption, mapper: Mapper[Any]) -> LoaderCriteriaOption:
    """Criteria that SQLAlchemy applies to an alias of a mapping as they are meant: columns of a table, or of a base
    class, are those of the mapping, and subqueries keep the tables that they join themselves.
    """
    condition = cast("ColumnElement[bool]", option.where_criteria)
    if option.deferred_where_criteria or not (_reads_tables(condition, mapper) or _joins_tables(condition, mapper)):
        return option

    def replaced(element: Any, **_: object) -> Any:
        if isinstance(element, Select):
            rows = cast("Select[Any]", element)
            if _joined_by_itself(rows, mapper):
                return never_adapted(rows)
            return rows if _has_own_rows(rows, mapper) else None
        return column_of_mapper(element, mapper)

    return parts.criteria_like(option, where_criteria=visitors.replacement_traverse(condition, {}, replaced))


def _reads_tables(condition: ClauseElement, mapper: Mapper[Any]) -> bool:
    """Whether a condition names the tables of a mapping for the row that it is about."""
    if _has_own_rows(condition, mapper):
        return False
    is_read = column_of_mapper(condition, mapper) is not None
    return is_read or any(_reads_tables(part, mapper) for part in condition.get_children())


def _has_own_rows(element: Any, mapper: Mapper[Any]) -> bool:
    """Whether an element is a select with rows of a mapping of its own: of one table, or of a join. A table beside
    others is one of the statement around it.
    """
    if not isinstance(element, Select):
        return False
    rows = cast("Select[Any]", element)
    sources = rows.get_final_froms()
    return (len(sources) == 1 and sources[0] in mapper.tables) or _joined_by_itself(rows, mapper)


def _joins_tables(condition: ClauseElement, mapper: Mapper[Any]) -> bool:
    """Whether a subquery in a condition joins tables of a mapping, as one of a subclass does.

    For an alias, SQLAlchemy would replace them inside of the join, and the subquery be about the row around it.
    """
    subqueries = [cast("Select[Any]", part) for part in visitors.iterate(condition) if isinstance(part, Select)]
    return any(_joined_by_itself(rows, mapper) for rows in subqueries)


def _joined_by_itself(rows: Select[Any], mapper: Mapper[Any]) -> bool:
    """Whether a subquery joins tables of a mapping, or reads a subquery of them, and none of them otherwise."""
    sources = rows.get_final_froms()
    joined = {part for source in sources if not isinstance(source, Table) for part in _tables_in(source)}
    return not joined.isdisjoint(mapper.tables) and not any(source in mapper.tables for source in sources)


def _tables_in(source: FromClause) -> Iterator[object]:
    """The tables that a join or a subquery reads; none of a plain alias, which SQLAlchemy leaves alone."""
    for leaf in leaves([source]):
        if isinstance(leaf, Table):
            yield leaf
        elif isinstance(leaf, AliasedReturnsRows) and not isinstance(leaf.element, Table):
            yield from (part for part in visitors.iterate(leaf.element) if isinstance(part, Table))


def has_relation_test(conditions: Iterable[ClauseElement]) -> bool:
    """Whether conditions hold `any()` or `has()` of a relation, which SQLAlchemy applies to its own class alone."""
    return any(is_never_adapted(element) for each in conditions for element in visitors.iterate(each))


def has_criteria_for(base: Select[Any], entity: type) -> bool:
    """Whether a select has criteria for a class, for one of its base classes, or for a mixin."""
    return any(issubclass(entity, _class_of(option)) for option in parts.criteria(base))


def has_criteria_behind_paths(base: Select[Any], entity: type) -> bool:
    """Whether a select has criteria that count for each row of a class which a path leads to: those of the class
    itself, or with `include_aliases`.
    """
    mapper = mapper_of(entity)
    return any(
        issubclass(entity, _class_of(option)) and (option.include_aliases or option.entity is mapper)
        for option in parts.criteria(base)
    )


def _class_of(option: LoaderCriteriaOption) -> type:
    """The class that criteria are for: a mapped one, or a mixin."""
    return cast("type", option.root_entity if option.entity is None else option.entity.class_)
