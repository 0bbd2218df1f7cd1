"""Related rows that are loaded by INNER JOIN: rows without one would be missing from pages, and stand in totals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Select
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.orm.interfaces import MANYTOONE

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.cardinality import conjuncts, equated_columns
from pyrsql.orms.sqlalchemy.criteria import has_criteria_for
from pyrsql.orms.sqlalchemy.entities import Entity, mapper_of
from pyrsql.orms.sqlalchemy.loader_options import LoaderStep, loader_steps
from pyrsql.orms.sqlalchemy.mapping_facts import made_once

_EAGER = {"joined", False, "selectin", "subquery", "immediate"}
"""Loading strategies that load related rows with their owner."""

_Path = tuple[str, ...]

_ALL = "*"
"""The last step of a path to all relations of its end."""

_EVERYWHERE = ("**",)
"""The path of an option for all relations of all classes."""


class _Load(NamedTuple):
    """A relation that a select or a mapping loads, whether by INNER JOIN, and with rows of a class that may lack it."""

    path: _Path
    prop: RelationshipProperty[Any]
    inner: bool
    of_subclass: bool = False


class _Said(NamedTuple):
    """How an option loads a relation, or all of a class; `inner` is None where it leaves that to the mapping."""

    path: _Path
    lazy: Any
    inner: bool | None


def refuse_inner_loads(base: Select[Any], root: Entity) -> None:
    """Refuse a select that loads a relation by INNER JOIN where a row may lead to none.

    Raises:
        ConfigurationError: it does, and what to write instead.
    """
    if not (parts.options_of(base) or loads_of_mapping(root)):
        return
    if not any(parts.is_entity(column, root) for column in parts.columns(base)):
        return
    for _, prop, inner, of_subclass in _loads_of(base, mapper_of(root)):
        if inner and (of_subclass or may_lead_nowhere(prop) or has_criteria_for(base, prop.mapper.class_)):
            name = f"{prop.parent.class_.__name__}.{prop.key}"
            raise ConfigurationError(
                f"the base statement loads {name} by INNER JOIN (innerjoin=True), which leaves out rows that totals"
                f" count: load it with joinedload({name}, innerjoin=False), or join it, as in"
                " select(User).join(User.company).options(contains_eager(User.company))"
            )


def may_lead_nowhere(prop: RelationshipProperty[Any]) -> bool:
    """Whether a row may have no related row: only a foreign key that is never NULL keeps it from that."""
    if prop.direction is not MANYTOONE or prop.secondary is not None or prop.entity.is_aliased_class:
        return True
    pairs = {*(prop.local_remote_pairs or ())}
    equated = equated_columns(prop.primaryjoin, prop)
    if prop.mapper.single or not len([*conjuncts(prop.primaryjoin)]) == len(equated) == len(pairs):
        return True
    if not all(isinstance(local, Column) and not local.nullable for local, _ in pairs):
        return True
    # One constraint for all: a column may also refer to another table than the relation leads to.
    constraints = {each.constraint for local, _ in pairs for each in local.foreign_keys if each.constraint is not None}
    return not any(pairs <= {(each.parent, each.column) for each in key.elements} for key in constraints)


def _loads_of(base: Select[Any], mapper: Mapper[Any]) -> Iterator[_Load]:
    """The relations that a select loads by its options, and by the mappings of the rows that it loads."""
    said = [(step, _said(step)) for step in loader_steps(base) if "lazy" in step.strategy]
    options = frozenset(each for _, each in said)
    yield from _loads_below(mapper, options)
    for step, (path, lazy, inner) in said:
        # An option may also be about related rows that are loaded later.
        if step.relations and not step.is_of_all and lazy in _EAGER:
            prop = step.relations[-1]
            yield _Load(path, prop, lazy == "joined" and bool(prop.innerjoin if inner is None else inner))
            yield from _loads_below(prop.mapper, options, path)


def _said(step: LoaderStep) -> _Said:
    path = step.path
    if step.is_of_all:
        path = (*path, _ALL) if len(step.steps) > 1 else _EVERYWHERE
    # `contains_eager` reads a join of the select, which loses no row that the select has.
    return _Said(path, step.strategy["lazy"], False if step.is_joined else step.settings.get("innerjoin"))


def loads_of_mapping(root: Entity) -> tuple[_Load, ...]:
    """The relations that a mapping loads by INNER JOIN with a row, or with a related row that it loads."""
    return _loads_below(mapper_of(root), frozenset())


@made_once
def _loads_below(root: Mapper[Any], said: frozenset[_Said], at: _Path = ()) -> tuple[_Load, ...]:
    """The relations that are loaded by INNER JOIN with a row, or with a related row that is loaded with it.

    Args:
        root: the mapping of the row.
        said: how options load relations; the mappings say it for all others.
        at: the path to the row.
    """
    options = {each.path: each for each in said}
    found: list[_Load] = []
    unread: list[tuple[_Path, tuple[Mapper[Any], ...]]] = [(at, (root,))]
    while unread:
        before, mappers = unread.pop()
        owner = mappers[-1]
        for prop in _relations(owner):
            path = (*before, prop.key)
            places = (path, (*before, _ALL), _EVERYWHERE)
            said_of_it = next((options[each] for each in places if each in options), None)
            _, lazy, inner = said_of_it or _Said(path, prop.lazy, None)
            if lazy not in _EAGER or (path not in options and _ends(prop, path, mappers)):
                continue
            if lazy in ("joined", False) and (prop.innerjoin if inner is None else inner):
                found.append(_Load(path, prop, True, not owner.has_property(prop.key)))
            unread.append((path, (*mappers, prop.mapper)))
    return tuple(found)


def _relations(owner: Mapper[Any]) -> Iterator[RelationshipProperty[Any]]:
    """The relations of a class, and those of the subclasses whose rows are read with its own."""
    for mapper in owner.with_polymorphic_mappers or (owner,):
        yield from (prop for prop in mapper.relationships if mapper is owner or not owner.has_property(prop.key))


def _ends(prop: RelationshipProperty[Any], path: _Path, mappers: tuple[Mapper[Any], ...]) -> bool:
    """Whether SQLAlchemy loads a relation no more, because its class has been loaded on the way to it."""
    return prop.mapper in mappers if prop.join_depth is None else len(path) > prop.join_depth
