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
from pyrsql.orms.sqlalchemy.loader_options import loader_steps
from pyrsql.orms.sqlalchemy.mapping_facts import made_once

_EAGER = {"joined", False, "selectin", "subquery", "immediate"}
"""Loading strategies of a mapping that load related rows with their owner."""

_Path = tuple[str, ...]


class _Load(NamedTuple):
    """A relation that a select or a mapping loads: its path, and whether by INNER JOIN; `path` ends on `*` for all."""

    path: _Path
    prop: RelationshipProperty[Any]
    inner: bool


def refuse_inner_loads(base: Select[Any], root: Entity) -> None:
    """Refuse a select that loads a relation by INNER JOIN where a row may lead to none.

    Raises:
        ConfigurationError: it does, and what to write instead.
    """
    of_mapping = loads_of_mapping(root)
    if not (of_mapping or parts.options_of(base)):
        return
    if not any(parts.is_entity(column, root) for column in parts.columns(base)):
        return
    said = [*_loads_of_options(base, mapper_of(root))]
    paths = {load.path for load in said}
    mapped = [load for load in of_mapping if not any(_covers(path, load.path) for path in paths)]
    for _, prop, inner in (*said, *mapped):
        if inner and (may_lead_nowhere(prop) or has_criteria_for(base, prop.mapper.class_)):
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


def _loads_of_options(base: Select[Any], mapper: Mapper[Any]) -> Iterator[_Load]:
    for step in loader_steps(base):
        if "lazy" not in step.strategy or step.is_joined:
            continue
        props, path = step.relations, step.path
        if step.is_of_all:
            owner = props[-1].mapper if props else mapper
            props, path = list(owner.relationships), (*path, "*")
        is_joined = step.strategy["lazy"] == "joined"
        for prop in props[-1:] if path[-1:] != ("*",) else props:
            yield _Load(path, prop, is_joined and bool(step.settings.get("innerjoin", prop.innerjoin)))


@made_once
def loads_of_mapping(root: Entity) -> tuple[_Load, ...]:
    """The relations that a mapping loads by INNER JOIN with a row, or with a related row that it loads."""
    mapper = mapper_of(root)
    found: list[_Load] = []
    seen: set[Mapper[Any]] = {mapper}
    unread: list[tuple[_Path, Mapper[Any]]] = [((), mapper)]
    while unread:
        path, owner = unread.pop()
        for prop in owner.relationships:
            if prop.lazy not in _EAGER:
                continue
            if prop.lazy in ("joined", False) and prop.innerjoin:
                found.append(_Load((*path, prop.key), prop, True))
            if prop.mapper not in seen:
                seen.add(prop.mapper)
                unread.append(((*path, prop.key), prop.mapper))
    return tuple(found)


def _covers(said: _Path, path: _Path) -> bool:
    """Whether an option for a path says how another one is loaded, or leads to."""
    return said[-1:] == ("*",) or path[: len(said)] == said
