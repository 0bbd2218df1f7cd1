"""Whole statements: filtered, sorted, counted and cut to a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    CTE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Alias,
    ClauseElement,
    ColumnClause,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Table,
    func,
    select,
)
from sqlalchemy.sql import visitors

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Field, Model
from pyrsql.options import SortOptions
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.base_statements import BaseStatement, locked, wrapped_in
from pyrsql.orms.sqlalchemy.branches import is_narrowed
from pyrsql.orms.sqlalchemy.cardinality import is_read_elsewhere, leaves
from pyrsql.orms.sqlalchemy.criteria import with_criteria_of_aliases
from pyrsql.orms.sqlalchemy.entities import Entity, attribute, keys_of, rows_of
from pyrsql.orms.sqlalchemy.joins import Join, Scope, is_outer, joins_to, with_joins
from pyrsql.orms.sqlalchemy.loader_options import loads_joined_rows
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.nesting import deepest_first, outline_of
from pyrsql.orms.sqlalchemy.order import identifying, of_shared_rows, order_terms
from pyrsql.orms.sqlalchemy.planning import one_subquery_per_path, passed_paths
from pyrsql.orms.sqlalchemy.predicates import LoweringContext, where_clauses
from pyrsql.validation.predicates import (
    FieldOperand,
    OrderKey,
    Predicate,
    follows_relations,
    joined_paths,
    key_paths,
    to_many_steps,
)

_BYTES_OF_ELEMENT = 512
"""Bytes of an element of SQL in memory, measured at 250 to 400."""


@dataclass(frozen=True, slots=True, eq=False)
class ReachedClauses:
    """A predicate as joins and conditions, for every select with the same scope.

    Args:
        joins: the joins that the conditions need.
        clauses: the conditions, all of which must hold.
        scope: the entities that are reached with the joins.
        related: the predicate follows relations.
    """

    joins: tuple[Join, ...]
    clauses: tuple[ColumnElement[bool], ...]
    scope: Scope
    related: bool

    @property
    def weight(self) -> int:
        """The bytes of the conditions, elements counted."""
        return _BYTES_OF_ELEMENT * (1 + sum(1 for clause in self.clauses for _ in visitors.iterate(clause)))


def lowered(predicate: Predicate, scope: Scope, lowering: LoweringContext) -> ReachedClauses:
    """A predicate as joins and conditions.

    Args:
        predicate: the condition of a filter.
        scope: the entities that the select has reached by itself.
        lowering: options and custom operators.
    """
    outline = outline_of(predicate)
    if outline.is_deep:
        predicate = deepest_first(predicate)
    if outline.is_plain:
        return ReachedClauses((), tuple(where_clauses(predicate, scope, lowering)), scope, related=False)
    if outline.has_subqueries:
        predicate = one_subquery_per_path(predicate)
        lowering = lowering.among(to_many_steps(predicate))
        if len(scope) > 1:
            # The joins of a base statement may leave out related rows.
            lowering = lowering._replace(ors="plain")
    passed = tuple(passed_paths(predicate))
    joins, reached = joins_to(scope, joined_paths(predicate), lowering.options, passed)
    clauses = where_clauses(predicate, reached, lowering)
    return ReachedClauses(joins, tuple(clauses), reached, related=True)


def filtered(base: BaseStatement, lowered: ReachedClauses) -> BaseStatement:
    """A statement with the joins and conditions of a predicate."""
    reaching = _reaching(base.select, lowered.joins) if lowered.related else base.select
    return base.changed(parts.narrowed(reaching, lowered.clauses), lowered.scope)


def sorted_by(
    base: BaseStatement,
    model: Model,
    keys: tuple[OrderKey, ...],
    completing: tuple[OrderKey, ...],
    options: SortOptions,
) -> BaseStatement:
    """A statement ordered by the keys, by its own order, and by the keys that complete it.

    Raises:
        ConfigurationError: its rows have no order by fields of the model.
    """
    if base.unsorted:
        raise ConfigurationError(base.unsorted)
    reaching = _Reaching(base.select, base.scope, repeat(None))
    if any(map(follows_relations, keys)):
        reaching = _reaching_keys(base, keys, options)
    terms = [
        term
        for key, value in zip(keys, reaching.shared, strict=False)
        for term in order_terms(key, reaching.scope, options, rooted=base.rooted, shared=value)
    ]
    own = parts.order_of(base.select)
    missing = _missing(own, completing, base.scope[()], model)
    select = _grouped(reaching.select, base.scope[()], (*terms, *missing))
    return base.changed(parts.in_order(select, (*terms, *own, *missing)), reaching.scope)


class _Reaching(NamedTuple):
    """A statement with the joins that the keys of a sort need.

    Args:
        select: the statement.
        scope: the entities that it reaches.
        shared: for each key its value, where a join brings it.
    """

    select: Select[Any]
    scope: Scope
    shared: Iterable[ColumnElement[Any] | None]


def _reaching_keys(base: BaseStatement, keys: tuple[OrderKey, ...], options: SortOptions) -> _Reaching:
    needed = [path for key in keys for path in key_paths(key)]
    joins, scope = joins_to(base.scope, needed, options)
    grouped = bool(parts.group_columns(base.select))
    narrowed = is_narrowed(base.select)
    shared = [None if grouped else of_shared_rows(key, scope, options, narrowed=narrowed) for key in keys]
    select = _reaching(base.select, (*joins, *(join for join, _ in filter(None, shared))))
    if grouped and needed:
        select = select.group_by(*(column for path in needed for column in _identifying(scope[path])))
    return _Reaching(select, scope, [found and found[1] for found in shared])


def _identifying(entity: Entity) -> Iterable[ColumnElement[Any]]:
    """The columns by which a database knows the related row of a group: the key of one table, else all columns."""
    rows = rows_of(entity)
    return keys_of(entity) if _is_one_table(rows) else rows.c


def _is_one_table(rows: FromClause) -> bool:
    return isinstance(rows, Table) or (isinstance(rows, Alias) and isinstance(rows.element, Table))


def _grouped(select: Select[Any], root: Entity, order: Iterable[ColumnElement[Any]]) -> Select[Any]:
    """A select that also groups by the columns of its root that an order reads.

    Its groups are those of the key. PostgreSQL knows that only for a key of one table, and refuses other columns.
    """
    rows = rows_of(root)
    if not parts.group_columns(select) or _is_one_table(rows):
        return select
    own = {*parts.tables_of(rows)}
    read = cast("Iterable[Any]", (part for term in order for part in visitors.iterate(term)))
    return select.group_by(*[part for part in read if _is_column_of(part, own)])


def _is_column_of(element: Any, tables: Collection[FromClause]) -> bool:
    return isinstance(element, ColumnClause) and element.table in tables


def narrowed_by_sort(unsorted: BaseStatement, keys: tuple[OrderKey, ...], options: SortOptions) -> Select[Any]:
    """The statement that is counted for a sorted one: INNER joins by hint leave rows out."""
    inner = [path for key in keys for path in key_paths(key) if not all(is_outer(step, options) for step in path)]
    joins, _ = joins_to(unsorted.scope, inner, options)
    return _reaching(unsorted.select, joins)


def page(base: BaseStatement, model: Model, completing: tuple[OrderKey, ...], offset: int, limit: int) -> Select[Any]:
    """`limit` rows of a statement after the first `offset`, in its own order, completed by keys.

    Raises:
        ConfigurationError: its rows have no total order.
    """
    if base.unpaged:
        raise ConfigurationError(base.unpaged)
    missing = _missing(parts.order_of(base.select), completing, base.scope[()], model)
    ordered = _grouped(base.select, base.scope[()], missing).order_by(*missing) if missing else base.select
    return ordered.slice(offset, offset + limit)


def count(base: BaseStatement) -> Select[Any]:
    """A select of the number of rows of a statement."""
    statement, root = base.select, base.scope[()]
    if base.unpaged and loads_joined_rows(statement):
        # A root that appears in several rows is read as one.
        return count_up_to(cast("Select[Any]", statement.with_only_columns(*keys_of(root))).distinct(), None)
    if not base.rooted or base.unsorted or not parts.is_ungrouped(statement) or is_read_elsewhere(root):
        return count_up_to(statement, None)
    if isinstance(rows_of(root), CTE | Subquery):
        # `params()` of SQLAlchemy 2.0 copies them, and the entity would be read beside the copy.
        return count_up_to(statement, None)
    unordered = parts.without_lock(parts.without_loading(statement)).order_by(None)
    # `*` and not the key: SQLite counts the entries of an index then.
    counted = func.count()
    # An expression, such as `func.lower(User.name)`, does not say its entity: without it, the criteria would be lost.
    if not all(parts.entity_of(column) is root for column in parts.columns(statement)):
        return count_up_to(statement, None)
    # As `maintain_column_froms` does, which finds out first where all columns come from.
    return cast("Select[tuple[int]]", unordered.select_from(root).with_only_columns(counted))


def count_up_to(statement: Select[Any], limit: int | None) -> Select[Any]:
    """A select of the number of rows of a select, or of `limit` where there are more: the database stops there."""
    bare = parts.without_lock(parts.without_loading(statement, inner=True)).order_by(None).limit(limit)
    # MariaDB takes no two columns of one name in a subquery: a label may be named as a column of the root.
    named = bare.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    rows = select(func.count()).select_from(named.subquery())
    outside = parts.options_of(parts.without_loading(statement))
    return cast("Select[tuple[int]]", wrapped_in(rows, statement, outside))


def _reaching(statement: Select[Any], joins: Sequence[Join]) -> Select[Any]:
    """A statement with more joins, for conditions and keys that follow relations."""
    joined = with_joins(statement, joins)
    lock = parts.lock_of(statement)
    if joins and lock is not None and not lock.of:
        # PostgreSQL locks no row behind an outer join. The tables of the base statement are locked, as before.
        tables = [leaf for leaf in leaves(statement.get_final_froms()) if _has_lock(leaf)]
        joined = locked(joined, lock, *tables) if tables else parts.without_lock(joined)
    return with_criteria_of_aliases(joined)


def _has_lock(leaf: FromClause) -> bool:
    """Whether a lock of a select locks rows of a FROM clause: a CTE and a function have none, and take no `OF`."""
    return isinstance(leaf, Table | Subquery) or (isinstance(leaf, Alias) and isinstance(leaf.element, Table))


def _missing(
    own: tuple[ColumnElement[Any], ...], completing: tuple[OrderKey, ...], root: Entity, model: Model
) -> list[Any]:
    """The ORDER BY terms that complete an order to a total one.

    Args:
        own: the order that the statement has itself; it may be total already.
        completing: the keys that complete the client's.
        root: the entity whose rows are ordered.
        model: the model of the entity.
    """
    if not completing:
        return []
    present = [_bare(clause) for clause in own]
    if present and any(_is_among(attribute(root, field), present) for field in _unique_fields(model)):
        return []
    columns = [(key, attribute(root, _field(key))) for key in completing]
    return [_completing_term(column, key.descending) for key, column in columns if not _is_among(column, present)]


@made_once
def _completing_term(column: Any, descending: bool) -> ColumnElement[Any]:
    """The same element each time: the ranges of an order are kept by its terms."""
    value = identifying(column.__clause_element__())
    return value.desc() if descending else value


def _is_among(column: Any, clauses: list[ClauseElement]) -> bool:
    """Whether a column is among clauses. `compare` would take the column of an alias for that of its table."""
    if not clauses:
        return False
    sought = column.__clause_element__()
    table = getattr(sought, "table", None)
    return table is not None and any(
        getattr(clause, "table", None) is table and cast("ColumnElement[Any]", clause).key == sought.key
        for clause in clauses
    )


def _field(key: OrderKey) -> Field:
    """The field of a key that completes an order."""
    operand = key.operand
    assert isinstance(operand, FieldOperand)
    return operand.field


def _unique_fields(model: Model) -> Iterator[Field]:
    return (member for member in model.members.values() if isinstance(member, Field) and member.unique)


def _bare(clause: Any) -> ClauseElement:
    """The expression of an ORDER BY term, without direction, NULLS FIRST or LAST, and collation.

    `NOT id` has an operator, and no modifier: it is no direction.
    """
    while getattr(clause, "modifier", None) is not None:
        clause = clause.element
    return cast("ClauseElement", clause)
