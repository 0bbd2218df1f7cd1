"""Base statements: the rows of each for one row of its root, and whether a filter may narrow it in place.

A base statement keeps its meaning. A condition in its WHERE may only take rows away, a sort may only order them, and a
page may only cut them. Where that does not hold, the statement is put into a subquery by its key, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ClauseElement,
    CompoundSelect,
    Over,
    Select,
    TextClause,
    inspect,
    select,
)
from sqlalchemy.orm import FromStatement
from sqlalchemy.sql.base import ExecutableOption

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Model, Relation
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.base_columns import has_key, is_of_root, key_tables, own_tables
from pyrsql.orms.sqlalchemy.base_texts import refuse_ambiguous_text
from pyrsql.orms.sqlalchemy.cardinality import is_single, leaves, may_lack, refuse_shared_keys
from pyrsql.orms.sqlalchemy.criteria import refuse_criteria, with_criteria_of_aliases
from pyrsql.orms.sqlalchemy.entities import Entity, are_among, keys_of, mapper_of, rows_of
from pyrsql.orms.sqlalchemy.inner_loads import loads_of_mapping, refuse_inner_loads
from pyrsql.orms.sqlalchemy.joins import Scope, is_joined_by_path
from pyrsql.orms.sqlalchemy.loader_options import joins_related_rows, loads_joined_rows
from pyrsql.orms.sqlalchemy.names import refuse_automatic_aliases, refuse_generated_names, refuse_same_names
from pyrsql.orms.sqlalchemy.repeated_rows import refuse_subquery
from pyrsql.orms.sqlalchemy.row_values import is_aggregate
from pyrsql.orms.sqlalchemy.textual import elements_of, elements_of_select, is_text, is_ungrouped_text
from pyrsql.orms.sqlalchemy.unsteady import refuse_unsteady
from pyrsql.validation.predicates import RelationPath

_CHANGES_ROWS = re.compile(
    r"\b(distinct|top|limit|offset|fetch|for\s+(no\s+key\s+)?(update|(key\s+)?share)|sql_(no_)?cache|sql_calc_found_rows)\b",
    re.IGNORECASE,
)
"""Words that a prefix or a suffix of text must not contain."""

_WINDOW = (
    "the base statement computes a window function, whose values a filter would change: select from it, as in"
    " select(aliased(User, base.subquery()))"
)


class BaseStatement(NamedTuple):
    """A base statement that a filter may narrow in place.

    Args:
        select: the statement; around the developer's own where that could not be narrowed in place.
        scope: the to-one relations that it joins by itself.
        rooted: no row lacks its root, as a row would behind an outer join from another entity.
        unsorted: why its rows have no order by fields of the model, and what to do; empty where they have one.
        unpaged: why they have no total order; empty where they have one.
    """

    select: Select[Any]
    scope: Scope
    rooted: bool = True
    unsorted: str = ""
    unpaged: str = ""

    def changed(self, select: Select[Any], scope: Scope) -> BaseStatement:
        """The same with another select of the same rows, or of fewer, that reaches these entities."""
        return BaseStatement(select, scope, self.rooted, self.unsorted, self.unpaged)


def base_statement(target: object, model: Model, *, distinct: bool = False) -> BaseStatement:
    """Look at a base statement.

    Args:
        target: the statement.
        model: the model that it selects.
        distinct: no row may come twice.

    Raises:
        ConfigurationError: a filter would give it another meaning.
    """
    if parts.is_entity_alone(target, model.type) and not (distinct or loads_of_mapping(model.type)):
        refuse_same_names(target, model)
        return BaseStatement(target, {(): model.type})
    base = parts.with_criteria_grouped(_select(target), lambda condition: is_ungrouped_text([condition]))
    if distinct and not parts.is_distinct(base):
        base = base.distinct()
    elements = [*elements_of_select(base)]
    has_text = any(map(is_text, elements))
    found = _examined(base, model, elements, has_text=has_text)
    refuse_ambiguous_text(found.select, found.scope, model, has_text=has_text)
    refuse_same_names(found.select, model)
    if joins_related_rows(found.select):
        # Criteria that SQLAlchemy would misread in its joins are refused, also where no path needs them.
        return found.changed(with_criteria_of_aliases(found.select), found.scope)
    return found


def _examined(base: Select[Any], model: Model, elements: Iterable[ClauseElement], *, has_text: bool) -> BaseStatement:
    refuse_unsteady(base, elements)
    refuse_criteria(base)
    root = root_entity(base, model)
    refuse_inner_loads(base, root)
    refuse_generated_names(elements, model)
    refuse_subquery(root)
    if parts.is_bare(base) and is_of_root(base, root):
        return BaseStatement(base, {(): root})
    _refuse_orders(base, root, model)
    if parts.is_plain(base) and is_of_root(base, root) and _reads_root_alone(base, root):
        if has_text and is_ungrouped_text(parts.conditions(base)):
            # A text may name columns without their table, which joins would make ambiguous.
            return BaseStatement(by_key(base, root, model), {(): root})
        return BaseStatement(base, {(): root})
    _refuse_what_a_filter_changes(base, root, model)
    refuse_automatic_aliases(base, root)
    scope = _scope(base, root, model)
    joins = list(parts.base_joins(base))
    if _joins_are_to_one(base, scope, joins) and _reads_root_alone(base, *scope.values()):
        single, nullable = True, any(join.full for join in joins)
    else:
        froms, own = base.get_final_froms(), own_tables(root)
        single, nullable = (
            is_single(parts.conditions(base), own, froms),
            any(may_lack(source, key_tables(root)) for source in froms),
        )
    grouped = bool(parts.group_columns(base))
    return _narrowable(base, scope, model, single=single or grouped, nullable=nullable)


def _select(target: object) -> Select[Any]:
    """The target, if it is a select without a cut.

    Raises:
        ConfigurationError: it is not.
    """
    if not isinstance(target, Select):
        what = f"a filter narrows a select, not {type(target).__name__}"
        if isinstance(target, CompoundSelect | FromStatement):
            what += ": select from it, as in select(aliased(User, union.subquery()))"
        raise ConfigurationError(what)
    base = cast("Select[Any]", target)
    if parts.has_limit(base):
        raise ConfigurationError(
            "the base statement has a LIMIT, OFFSET or FETCH, which a filter or a page would undo: page it last, or"
            " select from it, as in select(aliased(User, base.subquery()))"
        )
    return base


def root_entity(base: Select[Any], model: Model) -> Entity:
    """The entity of a select that stands for the model: the class itself, or the alias that the select is made from.

    Raises:
        ConfigurationError: the select does not read the model.
    """
    for column in parts.columns(base):
        if (entity := _entity_of_model(column, model)) is not None:
            return entity
    # A select of a function, or of the columns of a bare table.
    table: object = mapper_of(model.type).local_table
    for source in leaves(base.get_final_froms()):
        if (entity := _entity_of_model(source, model)) is not None:
            return entity
        if source == table:
            return model.type
    raise ConfigurationError(f"the base statement does not select from {model.name}")


def _entity_of_model(element: ClauseElement, model: Model) -> Entity | None:
    entity = parts.entity_of(element)
    if entity is None or entity is model.type:
        return entity
    return entity if issubclass(mapper_of(entity).class_, model.type) else None


def _refuse_orders(base: Select[Any], root: Entity, model: Model) -> None:
    """Refuse an order that a filter would change, or that the joins of a path would make ambiguous.

    Raises:
        ConfigurationError: it is one, and what to write instead.
    """
    for element in elements_of(parts.order_of(base)):
        if isinstance(element, Over):
            raise ConfigurationError(_WINDOW)
        if isinstance(element, TextClause) and is_of_root(base, root):
            raise ConfigurationError(
                f"the base statement orders by the text {str(element)!r}, whose names joins can make ambiguous: order"
                f" by attributes of {model.name}"
            )


def _refuse_what_a_filter_changes(base: Select[Any], root: Entity, model: Model) -> None:
    """Refuse a select whose rows depend on each other: its values would change where a filter takes rows away.

    Raises:
        ConfigurationError: it is one, and what to write instead.
    """
    if any(_CHANGES_ROWS.search(text) for text in parts.prefixes(base)):
        raise ConfigurationError(
            "a prefix or suffix of the base statement says which rows it has or locks, or stands only in an outermost"
            " SELECT: use distinct(), with_for_update() or a subquery instead"
        )
    groups = parts.group_columns(base)
    if (parts.having(base) and not groups) or (groups and not has_key(groups, root)):
        raise ConfigurationError(
            f"the base statement groups by something else than the key of {model.name}, so a filter would change its"
            f" groups: filter a select of {model.name}, and group the result"
        )
    if any(isinstance(element, Over) for element in elements_of(parts.columns(base))):
        raise ConfigurationError(_WINDOW)


def _narrowable(base: Select[Any], scope: Scope, model: Model, *, single: bool, nullable: bool) -> BaseStatement:
    """A base statement whose shape is known.

    Args:
        base: the statement.
        scope: the to-one relations that it joins by itself.
        model: the model of its root.
        single: no row of the root stands in two rows.
        nullable: a row may lack its root.
    """
    root = scope[()]
    of_root, some_rows = is_of_root(base, root), parts.is_distinct_on(base)
    if not nullable and not some_rows and parts.is_distinct(base) and has_key(parts.columns(base), root) and single:
        # No row repeats. PostgreSQL would take no other order than by selected columns.
        base = parts.without_distinct(base)
    has_text = is_ungrouped_text(parts.conditions(base))
    needs_key = has_text or some_rows if single else not loads_joined_rows(base)
    lacks_key = parts.is_distinct(base) and not some_rows and not has_key(parts.columns(base), root)
    if needs_key and of_root and not (nullable or lacks_key):
        return BaseStatement(by_key(base, root, model), {(): root})
    if has_text:
        base = parts.with_conditions_grouped(base)
    return BaseStatement(base, scope, not nullable, *_refusals(base, root, model, nullable=nullable, single=single))


def _refusals(base: Select[Any], root: Entity, model: Model, *, nullable: bool, single: bool) -> tuple[str, str]:
    """Why a base statement that stays as it is cannot be sorted, and why it cannot be paged; empty where it can.

    Raises:
        ConfigurationError: it cannot even be filtered.
    """
    name = model.name
    if parts.is_distinct_on(base):
        raise ConfigurationError(
            f"the base statement has a DISTINCT ON, which a filter would undo, and selects more than {name}: select"
            " from it, as in select(aliased(User, base.subquery()))"
        )
    if parts.is_distinct(base):
        why = (
            f"the base statement selects DISTINCT columns that are not those of one {name}, so its rows have no order"
            f" by fields of {name}: select {name}, or group by its key"
        )
        return why, why
    if not parts.group_columns(base) and any(map(is_aggregate, elements_of(parts.columns(base)))):
        why = f"the base statement makes one row of all rows: a sort or a page needs a select of {name}"
        return why, why
    if single and not nullable:
        return "", ""
    return "", (
        f"the base statement has several rows for one {name}, or rows without one, so its rows have no total order:"
        f" select {name} alone, load related rows with selectinload, and narrow it with any(), as in"
        " select(User).where(User.roles.any(Role.level > 1)).options(selectinload(User.roles))"
    )


def by_key(base: Select[Any], root: Entity, model: Model) -> Select[Any]:
    """The columns of a select, all of its root, once for each root among its rows.

    Raises:
        ConfigurationError: it is ordered by a table of which one root may have several rows.
    """
    refuse_shared_keys(model.type)
    keeps_order = parts.is_distinct_on(base)
    own = own_tables(root)
    order = parts.order_of(base)
    if any(not own.issuperset(parts.tables_of(term)) for term in order):
        if not keeps_order:
            raise ConfigurationError(
                f"the base statement repeats rows of {model.name} and orders by a joined table: order by a column of"
                f" {model.name}, or leave the order to the client"
            )
        order = ()
    key = keys_of(root)
    inner = parts.without_lock(parts.without_loading(base, inner=True)).with_only_columns(*key)
    if not keeps_order:
        inner = inner.order_by(None)
    inner = inner.correlate(None)
    rows = cast("Select[Any]", select(*cast("list[Any]", parts.columns(base))))
    outer = rows.where(are_among(key, inner)).order_by(*order)
    if (lock := parts.lock_of(base)) is not None:
        if any(not own.issuperset(parts.tables_of(each)) for each in lock.of or ()):
            raise ConfigurationError(
                f"the base statement repeats rows of {model.name} and locks those of a joined table: lock {model.name},"
                f" as in with_for_update(of={model.name})"
            )
        outer = locked(outer, lock)
    outer = outer.set_label_style(base.get_label_style())
    return with_criteria_of_aliases(wrapped_in(outer, base, parts.options_of(base)))


def wrapped_in(outer: Select[Any], base: Select[Any], options: Iterable[ExecutableOption]) -> Select[Any]:
    """A select around another one, with what holds for the whole statement.

    SQLAlchemy takes `with_loader_criteria` and execution options from the outermost select only.
    """
    return outer.options(*options).execution_options(**base.get_execution_options())


def locked(statement: Select[Any], lock: Any, *tables: Any) -> Select[Any]:
    """A select that takes the lock of another one, of the tables that are named."""
    return statement.with_for_update(
        nowait=lock.nowait,
        read=lock.read,
        skip_locked=lock.skip_locked,
        key_share=lock.key_share,
        of=tables or None,
    )


# --- its rows ---


def _scope(base: Select[Any], root: Entity, model: Model) -> Scope:
    """The scope of a base statement: its root, and the to-one relations that it joins.

    A join of another entity than the relation leads to may have other rows: criteria leave out no row of an alias, and
    a subclass has fewer. A path joins an entity of its own then.
    """
    scope: dict[RelationPath, Entity] = {(): root}
    for join in parts.base_joins(base):
        # A relationship narrowed by `and_` leads to fewer rows than the path does.
        if join.link is None or join.narrowed or join.entity is None:
            continue
        for path, entity in list(scope.items()):
            relation = _relation_at(path, model, join.link.key)
            if (
                relation is not None
                and not (relation.many or relation.via)
                and inspect(join.link.parent) is inspect(entity)
                and is_joined_by_path(join.entity, entity, relation)
            ):
                scope.setdefault((*path, relation), join.entity)
    return scope


def _relation_at(path: RelationPath, model: Model, name: str) -> Relation | None:
    members = path[-1].target().members if path else model.members
    member = members.get(name)
    return member if isinstance(member, Relation) else None


def _joins_are_to_one(base: Select[Any], scope: Scope, joins: Sequence[parts.BaseJoin]) -> bool:
    """Whether all joins of a select lead from its root to one row each."""
    return not parts.has_other_entities(base) and len(joins) < len(scope)


def _reads_root_alone(base: Select[Any], *entities: Entity) -> bool:
    """Whether the columns and conditions of a select read no other tables than those of entities."""
    clauses = (*parts.columns(base), *parts.conditions(base))
    known = {table for entity in entities for table in parts.tables_of(rows_of(entity))}
    return all(known.issuperset(parts.tables_of(clause)) for clause in clauses)
