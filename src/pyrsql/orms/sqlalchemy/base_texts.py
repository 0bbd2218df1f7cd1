"""Text in a base statement that names a column without its table: ambiguous beside a table that a path joins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import ClauseElement, Select
from sqlalchemy.orm import ColumnProperty, Mapper

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Model
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.bare_names import ambiguous_name, column_names, loaded_values, to_one_relations
from pyrsql.orms.sqlalchemy.cardinality import leaves
from pyrsql.orms.sqlalchemy.entities import Entity, mapper_of
from pyrsql.orms.sqlalchemy.joins import Scope
from pyrsql.orms.sqlalchemy.loader_options import LoaderStep, loader_steps
from pyrsql.orms.sqlalchemy.textual import may_name_columns


def refuse_ambiguous_text(base: Select[Any], scope: Scope, model: Model, *, has_text: bool) -> None:
    """Refuse a select with a text that names a column which a table joined by a path may have as well.

    Args:
        base: the select, as a filter narrows it.
        scope: its root, and the to-one relations that it joins by itself.
        model: the model of its root.
        has_text: the developer's own select holds text. The values of a mapping and of loader options may, too.

    Raises:
        ConfigurationError: it has one, and what to write instead.
    """
    own = _own_values(base) if has_text else ()
    values = (*own, *_values_of_entities(base, scope[()]))
    texts = [value for value in values if may_name_columns(cast("Any", value))]
    if not texts:
        return
    joined = {tuple(step.name for step in path) for path in scope}
    relations = [
        prop
        for path, entity in scope.items()
        for prop in to_one_relations(mapper_of(entity))
        if (*(step.name for step in path), prop.key) not in joined
    ]
    if name := ambiguous_name(texts, column_names(leaves(base.get_final_froms())), relations):
        raise ConfigurationError(
            f"the base statement selects a text that names {name!r}, which the tables of paths have as well: write it"
            f" with attributes of {model.name}"
        )


def _own_values(base: Select[Any]) -> Iterator[ClauseElement]:
    """The expressions of a select outside its FROM."""
    yield from (*parts.conditions(base), *parts.group_columns(base), *parts.having(base), *parts.order_of(base))
    yield from (column for column in parts.columns(base) if not parts.is_table(column))


def _values_of_entities(base: Select[Any], root: Entity) -> Iterator[ClauseElement]:
    """The expressions of the entities that a select selects or loads beside its root."""
    for column in parts.columns(base):
        entity = parts.entity_of(column)
        if entity not in (None, root) and parts.is_table(column):
            yield from loaded_values(mapper_of(entity))
    yield from _values_of_options(base, mapper_of(root))


def _values_of_options(base: Select[Any], mapper: Mapper[Any]) -> Iterator[ClauseElement]:
    """The expressions that loader options add to a select: of its root, and of what `contains_eager` loads.

    Related rows that options load otherwise have statements of their own, or lack such values.
    """
    steps = [*loader_steps(base)]
    mappers: dict[tuple[str, ...], Mapper[Any]] = {(): mapper}
    for step in steps:
        if step.is_joined:
            mappers[step.path] = step.relations[-1].mapper
            yield from loaded_values(step.relations[-1].mapper)
    for step in steps:
        owner = mappers.get(step.path)
        if owner is not None:
            yield from parts.expressions_of(step.element)
            yield from _undeferred(step, owner)


def _undeferred(step: LoaderStep, owner: Mapper[Any]) -> Iterator[ClauseElement]:
    """The deferred values that a loader option may load with the rows of a mapper."""
    of_group = any(str(name).startswith("undefer_group") for name in step.settings)
    if not of_group and step.strategy.get("deferred") is not False:
        return
    last = step.steps[-1]
    props = cast("list[ColumnProperty[Any]]", [last] if isinstance(last, ColumnProperty) else [*owner.column_attrs])
    yield from (cast("ClauseElement", prop.expression) for prop in props if prop.deferred)
