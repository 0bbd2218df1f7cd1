"""Base statements that also narrow the related rows of their model, where a relation leads back to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Join, Select, Table, and_
from sqlalchemy.orm import Mapper, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import AliasedReturnsRows, SelectBase

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Member, Model, Relation, Shortcut
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.base_statements import root_entity
from pyrsql.orms.sqlalchemy.criteria import has_criteria_behind_paths, has_criteria_for, has_relation_test
from pyrsql.orms.sqlalchemy.entities import Entity, are_among, keys_of, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.textual import is_ungrouped_text


def sharing_rows(model: Model, names: Collection[str] | None) -> frozenset[type]:
    """The classes that paths lead to whose rows may be rows of the model that they start from.

    Those are the class itself, its subclasses and its base classes.

    Args:
        model: the model.
        names: the attributes that paths go through; None for all that there are.
    """
    reached: set[type] = set()
    unread = [model]
    while unread:
        members = unread.pop().members
        for name in members if names is None else members.keys() & names:
            for target in _along(members, (name,)):
                if target.type not in reached:
                    reached.add(target.type)
                    unread.append(target)
    return frozenset(each for each in reached if _share_rows(mapper_of(model.type), mapper_of(each)))


def _share_rows(one: Mapper[Any], other: Mapper[Any]) -> bool:
    """Whether a row of one mapping may be one of another: with concrete inheritance, each may have its own tables."""
    return (one.isa(other) or other.isa(one)) and not _tables(one).isdisjoint(_tables(other))


def _tables(mapper: Mapper[Any]) -> set[object]:
    """The tables that a select of a mapped class reads, those of a union of tables included."""
    return {part for part in visitors.iterate(mapper.selectable) if isinstance(part, Table)}


def _along(members: Mapping[str, Member], path: tuple[str, ...]) -> Iterator[Model]:
    """The models to which the relations of a path lead, shortcuts spelled out."""
    while path and (member := members.get(path[0])) is not None:
        path = path[1:]
        if isinstance(member, Shortcut):
            path = (*member.path, *path)
        elif isinstance(member, Relation):
            target = member.target()
            members = target.members
            yield target


def scoping_related_rows(base: Select[Any], model: Model, reached: Collection[type]) -> Select[Any]:
    """A base statement whose conditions also count for rows of its model that a relation reaches.

    Filters, sorts, counts and loads of related rows then see no row that the statement itself leaves out.

    Args:
        base: the statement.
        model: the model of its rows.
        reached: the classes that relations lead to whose rows may be rows of the model.

    Raises:
        ConfigurationError: its conditions cannot be applied to related rows, and it has no `with_loader_criteria` for
            their class either.
    """
    root, conditions = root_entity(base, model), parts.conditions(base)
    above = [each for each in reached if each is not model.type and issubclass(model.type, each)]
    if above and _narrows(base, root, model):
        _refuse_rows_of_base_classes(base, model, above)
    if len(above) == len(reached) or (root is model.type and parts.is_bare(base)):
        return base
    subqueries = [part for each in conditions for part in visitors.iterate(each) if isinstance(part, SelectBase)]
    if not _can_be_applied(base, root) or any(_joins(subquery, model) for subquery in subqueries):
        if has_criteria_behind_paths(base, model.type):
            return base
        raise ConfigurationError(
            f"a relation leads back to {model.name}, and the conditions of the base statement cannot count for rows"
            " behind it: it joins other tables, selects from a subquery, or has a condition of text, any(), has() or of"
            f" joins with {model.name}. Write them with columns of {model.name} and in_(select(…)), or add"
            f" with_loader_criteria({model.name}, …, include_aliases=True)"
        )
    is_direct = root is model.type and parts.is_plain(base) and not subqueries
    condition = and_(*conditions) if is_direct else _is_among(base, root, model)
    return base.options(with_loader_criteria(model.type, condition, include_aliases=True))


def _narrows(base: Select[Any], root: Entity, model: Model) -> bool:
    """Whether a statement may leave out rows of its model."""
    is_whole = root is model.type and parts.is_plain(base) and not parts.conditions(base)
    return not is_whole or has_criteria_for(base, model.type)


def _refuse_rows_of_base_classes(base: Select[Any], model: Model, above: Iterable[type]) -> None:
    """Refuse base classes that relations lead to, among whose rows are those of the model that a statement leaves out.

    Raises:
        ConfigurationError: there is one for which the statement has no criteria, and what to add.
    """
    without = [each for each in above if not has_criteria_behind_paths(base, each)]
    if without:
        # Criteria for the highest of them count for the others.
        name = min(without, key=lambda each: len(each.__mro__)).__name__
        raise ConfigurationError(
            f"a relation leads back to {model.name} as {name}, its base class, and the conditions of the base"
            f" statement say nothing of the rows of {name}: add with_loader_criteria({name}, …, include_aliases=True),"
            " which counts for them"
        )


def _can_be_applied(base: Select[Any], root: Entity) -> bool:
    """Whether SQLAlchemy can apply the conditions of a statement, subqueries aside, to an alias of its model."""
    rows, conditions = rows_of(root), parts.conditions(base)
    is_of_tables = not (isinstance(rows, AliasedReturnsRows) and isinstance(rows.element, SelectBase))
    reads_root_alone = base.get_final_froms() == [rows]
    return is_of_tables and reads_root_alone and not is_ungrouped_text(conditions) and not has_relation_test(conditions)


def _joins(subquery: ClauseElement, model: Model) -> bool:
    """Whether a subquery reads the model by a join or in a subquery of its own.

    SQLAlchemy would apply the criteria to their own subquery, without end.
    """
    read: list[object] = list(visitors.iterate(subquery))
    table = mapper_of(model.type).local_table
    return any(isinstance(part, FromClause) and part == table for part in read) and any(map(_is_join, read))


def _is_join(part: object) -> bool:
    if isinstance(part, Select):
        return any(parts.base_joins(cast("Select[Any]", part)))
    return isinstance(part, AliasedReturnsRows | Join)


def _is_among(base: Select[Any], root: Entity, model: Model) -> ColumnElement[bool]:
    """A row of the model is one of those that the statement selects."""
    rows = parts.without_lock(parts.without_loading(base, inner=True)).with_only_columns(*keys_of(root)).correlate(None)
    return are_among(keys_of(model.type), rows)
