"""How a statement reaches what a path leads to: joins for to-one relations, EXISTS for to-many ones."""

# The joins of a select SQLAlchemy keeps in an attribute with a leading underscore only.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar, cast

from sqlalchemy import Select, inspect
from sqlalchemy.orm import Mapper, QueryableAttribute, aliased
from sqlalchemy.orm import join as orm_join
from sqlalchemy.orm.util import AliasedClass
from sqlalchemy.sql.elements import ColumnElement

from pyrsql.model import Model, Relation
from pyrsql.options import FieldOptions, JoinHint
from pyrsql.predicates import CallOperand, ConstantOperand, FieldOperand, Operand, RelationOperand

Steps = tuple[Relation, ...]
Entity = Any
"""A mapped class or an alias of one: SQLAlchemy has no type for both."""

Scope = Mapping[Steps, Entity]
"""Which entity stands for the end of each path that has been reached; `()` is the root."""

SelectT = TypeVar("SelectT", bound=Select[Any])


def root_entity(select: Select[Any], model: Model) -> Entity:
    """The entity of a select that stands for the model: the class itself, or the alias that the select is made from."""
    for description in select.column_descriptions:
        entity = description.get("entity")
        if entity is not None and issubclass(_mapper(entity).class_, model.type):
            return entity
    return model.type


def joined(select: SelectT, scope: Scope, paths: Iterable[Steps], options: FieldOptions) -> tuple[SelectT, Scope]:
    """Join the to-one paths that are not joined yet.

    Args:
        select: the statement so far.
        scope: what it has reached so far.
        paths: to-one paths, each with all of its steps.
        options: their join hints decide between LEFT OUTER and INNER.
    """
    reached = dict(scope)
    for path in paths:
        for end in range(1, len(path) + 1):
            steps = path[:end]
            if steps not in reached:
                reached[steps] = entity = alias_of(steps[-1])
                link = attribute(reached[steps[:-1]], steps[-1]).of_type(entity)
                select = select.join(link, isouter=is_outer(steps[-1], options))
    return select, reached


def base_scope(select: Select[Any], model: Model) -> Scope:
    """What a base statement has reached by itself: its root, and the to-one relations that it joins."""
    root = root_entity(select, model)
    scope: dict[Steps, Entity] = {(): root}
    for target, onclause, *_ in select._setup_joins:
        link = target if isinstance(target, QueryableAttribute) else onclause
        # A relationship narrowed by `and_` leads to fewer rows than the path does.
        if not isinstance(link, QueryableAttribute) or link._extra_criteria:
            continue
        for steps, entity in list(scope.items()):
            relation = _relation_at(steps, model, link.key)
            if relation is None or relation.many or inspect(link.parent) is not inspect(entity):
                continue
            reached = _joined_entity(target, link)
            if reached is not None:
                scope.setdefault((*steps, relation), reached)
    return scope


def one_paths(operand: Operand) -> frozenset[Steps]:
    """The to-one paths that must be joined for an operand: each of its paths up to its first to-many relation."""
    if isinstance(operand, RelationOperand):
        return frozenset([_before_many(operand.relations[:-1])])
    return frozenset(map(_before_many, relation_paths(operand)))


def relation_paths(operand: Operand | ConstantOperand) -> frozenset[Steps]:
    """The whole paths of an operand's fields."""
    match operand:
        case FieldOperand(relations=relations) | RelationOperand(relations=relations):
            return frozenset([relations])
        case CallOperand(arguments=arguments):
            return frozenset[Steps]().union(*map(relation_paths, arguments))
        case ConstantOperand():
            return frozenset()


def inside(
    scope: Scope,
    prefix: Steps,
    paths: Collection[Steps],
    options: FieldOptions,
    build: Callable[[Scope], ColumnElement[bool]],
) -> ColumnElement[bool]:
    """A condition on the rows at the end of a to-many path: EXISTS for each to-many step, around what `build` makes.

    Args:
        scope: what has been reached outside.
        prefix: the path up to and including its last to-many step; `()` where there is none.
        paths: the whole paths that `build` needs, beyond the prefix as well.
        options: their join hints.
        build: makes the innermost condition from what has been reached there.
    """
    place = next((at for at, step in enumerate(prefix) if step.many and prefix[: at + 1] not in scope), None)
    if place is None:
        return build(scope)
    rows, reached = related_rows(scope, prefix[: place + 1], (prefix, *paths), options)
    return rows.where(inside(reached, prefix, paths, options, build)).exists()


def related_rows(
    scope: Scope, steps: Steps, paths: Collection[Steps], options: FieldOptions, *, through: bool = False
) -> tuple[Select[Any], Scope]:
    """A correlated `SELECT 1` of the rows at the end of `steps`, whose last one is to-many, and what it has reached.

    Args:
        scope: what has been reached outside.
        steps: the path to the rows.
        paths: whole paths; the to-one steps that they take from there are joined inside.
        options: their join hints.
        through: join further to-many steps as well, where a row for each related row is wanted.
    """
    entity = alias_of(steps[-1])
    reached = {**scope, steps: entity}
    # `any()` knows the join condition of every kind of relationship, secondary tables and composite keys included.
    rows = cast("Select[Any]", attribute(scope[steps[:-1]], steps[-1]).of_type(entity).any().element.element)
    source = None
    for path in sorted(paths, key=len):
        if path[: len(steps)] != steps:
            continue
        onward = path[len(steps) :] if through else _before_many(path[len(steps) :])
        for end in range(len(steps) + 1, len(steps) + len(onward) + 1):
            further = path[:end]
            if further not in reached:
                reached[further] = target = alias_of(further[-1])
                link = attribute(reached[further[:-1]], further[-1]).of_type(target)
                source = orm_join(entity if source is None else source, target, link, isouter=is_outer(further[-1], options))
    return (rows if source is None else rows.select_from(source)), reached


def attribute(entity: Entity, relation: Relation) -> QueryableAttribute[Any]:
    """The relationship attribute of an entity."""
    return cast("QueryableAttribute[Any]", getattr(entity, cast("str", relation.source)))


def alias_of(relation: Relation) -> AliasedClass[Any]:
    """A new alias of the class that a relation leads to, so that two ways to one table never meet."""
    return aliased(relation.target().type)


def is_outer(relation: Relation, options: FieldOptions) -> bool:
    """Whether rows without a related row are kept."""
    return options.join_hints.get(f"{relation.owner}.{relation.name}") is not JoinHint.INNER


def _before_many(relations: Steps) -> Steps:
    for place, relation in enumerate(relations):
        if relation.many:
            return relations[:place]
    return relations


def _mapper(entity: Entity) -> Mapper[Any]:
    return cast("Mapper[Any]", inspect(entity).mapper)


def _relation_at(steps: Steps, model: Model, name: str) -> Relation | None:
    members = steps[-1].target().members if steps else model.members
    member = members.get(name)
    return member if isinstance(member, Relation) else None


def _joined_entity(target: Any, link: QueryableAttribute[Any]) -> Entity | None:
    """The entity that a join of a base statement brought in: the class, or the alias it names; None for a bare table."""
    if target is not link:
        parent = target._annotations.get("parententity")
        return None if parent is None else parent.entity
    of_type = link._of_type
    return link.property.mapper.class_ if of_type is None else of_type.entity
