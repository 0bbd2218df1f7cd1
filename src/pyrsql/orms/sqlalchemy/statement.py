"""Whole statements: filtered, sorted, counted and cut to a page."""

# SQLAlchemy keeps the order, limit and options of a select in attributes with a leading underscore only.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ClauseElement, ColumnElement, Select, UnaryExpression, func, inspect, select, tuple_
from sqlalchemy.orm.interfaces import LoaderOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption

from pyrsql.errors import ConfigurationError
from pyrsql.models.model import Field, Model
from pyrsql.options import SortOptions
from pyrsql.orms.sqlalchemy.joins import Entity, Join, Scope, is_entity, is_outer, joined, joins_to, with_joins
from pyrsql.orms.sqlalchemy.nesting import deepest_first, is_deep, tests_by_depth
from pyrsql.orms.sqlalchemy.order import order_terms
from pyrsql.orms.sqlalchemy.predicates import LoweringContext, where_clauses
from pyrsql.orms.sqlalchemy.text import OrderedText, UuidText
from pyrsql.validation.predicates import FieldOperand, OrderKey, Predicate, joined_paths, to_many_steps

_REMEMBERED = 256
"""Base statements, and orders, about which something is kept."""

_BYTES_OF_ELEMENT = 512
"""Bytes of an element of SQL in memory, measured at 250 to 400."""


def narrowable(target: object) -> Select[Any]:
    """The select, where a condition put on it can only take rows away.

    Raises:
        ConfigurationError: it is no select, or it has a LIMIT, OFFSET or FETCH: SQL filters before it cuts, so that a
            condition would let in rows that the cut had left out.
    """
    if not isinstance(target, Select):
        raise ConfigurationError(f"a filter narrows a select, not {type(target).__name__}")
    if target._has_row_limiting_clause:
        raise ConfigurationError(
            "the base statement has a LIMIT, OFFSET or FETCH, which a filter would undo: page it last"
        )
    return target


@dataclass(frozen=True, slots=True, eq=False)
class ReachedClauses:
    """A predicate as joins and conditions, for every select with the same scope.

    Args:
        joins: the joins that reach what the conditions are about.
        clauses: the conditions, all of which must hold.
        scope: what is reached with the joins.
    """

    joins: tuple[Join, ...]
    clauses: tuple[ColumnElement[bool], ...]
    scope: Scope

    @property
    def weight(self) -> int:
        """The bytes of the conditions, elements counted."""
        return _BYTES_OF_ELEMENT * (1 + sum(1 for clause in self.clauses for _ in visitors.iterate(clause)))


def lowered(predicate: Predicate, scope: Scope, lowering: LoweringContext) -> ReachedClauses:
    """A predicate as joins and conditions.

    Args:
        predicate: what was proven.
        scope: what the select has reached by itself.
        lowering: options and custom operators.
    """
    tests = tests_by_depth(predicate)
    if is_deep(len(tests) - 1, [test.operand for level in tests for test in level]):
        predicate = deepest_first(predicate)
    joins, reached = joins_to(scope, joined_paths(predicate), lowering.options)
    clauses = where_clauses(predicate, reached, lowering.among(to_many_steps(predicate)))
    return ReachedClauses(joins, tuple(clauses), reached)


def filtered(base: Select[Any], lowered: ReachedClauses) -> tuple[Select[Any], Scope]:
    """A select with the joins and conditions of a predicate, and what it has reached."""
    return _narrowed(with_joins(base, lowered.joins), lowered.scope, lowered.clauses), lowered.scope


def sorted_by(
    base: Select[Any],
    scope: Scope,
    model: Model,
    keys: tuple[OrderKey, ...],
    completing: tuple[OrderKey, ...],
    options: SortOptions,
) -> tuple[Select[Any], Scope]:
    """A select ordered by the keys, by its own order, and by the keys that complete it, and what it has reached."""
    if base._distinct or base._group_by_clauses:
        # PostgreSQL takes no other order there than by what is selected.
        base, scope = distinct(base, scope, model)
    reaching, reached = joined(base, scope, (path for key in keys for path in joined_paths(key)), options)
    rooted = _is_rooted(base, scope)
    terms = [term for key in keys for term in order_terms(key, reached, options, rooted=rooted)]
    ordered = _copied(reaching, reached[()])
    ordered._order_by_clauses = _total(tuple(terms), base._order_by_clauses, completing, reached[()], model)
    return ordered, reached


def _is_rooted(base: Select[Any], scope: Scope) -> bool:
    """Whether no row of a select lacks its root, as one would where another entity is joined to the root."""
    return _joins_are_known(base, scope) and not any(flags["full"] for *_, flags in base._setup_joins)


def _joins_are_known(base: Select[Any], scope: Scope) -> bool:
    """Whether all joins of a select lead from its root to one row each."""
    return not base._from_obj and not base._memoized_select_entities and len(base._setup_joins) < len(scope)


def narrowed_by_sort(
    unsorted: Select[Any], scope: Scope, keys: tuple[OrderKey, ...], options: SortOptions
) -> Select[Any]:
    """The select that counts the rows of a sorted select: INNER joins by hint leave rows out."""
    if not options.join_hints:
        return unsorted
    inner = (path for key in keys for path in joined_paths(key) if not all(is_outer(step, options) for step in path))
    return joined(unsorted, scope, inner, options)[0]


def page(
    base: Select[Any], root: Entity, model: Model, completing: tuple[OrderKey, ...], offset: int, limit: int
) -> Select[Any]:
    """`limit` rows of a select after the first `offset`, in its own order, completed by keys.

    Raises:
        ConfigurationError: it has a LIMIT, OFFSET or FETCH already, which a page would replace.
    """
    if base._has_row_limiting_clause:
        raise ConfigurationError("the statement has a LIMIT, OFFSET or FETCH already, which a page would replace")
    paged = _copied(base, root)
    if completing:
        paged._order_by_clauses = _total((), base._order_by_clauses, completing, root, model)
    paged._limit_clause = _as_limit(limit)
    paged._offset_clause = _as_offset(offset)
    return paged


@lru_cache(maxsize=_REMEMBERED)
def _as_limit(limit: int) -> Any:
    """A limit as a select keeps it: to make one costs more than the rest of a page."""
    return select().limit(limit)._limit_clause


@lru_cache(maxsize=_REMEMBERED)
def _as_offset(offset: int) -> Any:
    return select().offset(offset)._offset_clause


def distinct(base: Select[Any], scope: Scope, model: Model) -> tuple[Select[Any], Scope]:
    """A select whose rows do not repeat, and what it has reached.

    DISTINCT would forbid an ORDER BY over a relation on PostgreSQL, and any JSON column; the primary key says the same
    without.

    Raises:
        ConfigurationError: it is ordered by, or loads from, what DISTINCT leaves no single row of.
    """
    root = scope[()]
    descriptions = base.column_descriptions
    if len(descriptions) != 1 or descriptions[0]["expr"] is not root or not model.identity:
        return base.distinct(), scope
    to_one = _joins_are_known(base, scope) and len(base.get_final_froms()) == 1
    if to_one and not base._group_by_clauses and not base._distinct_on:
        # All of its joins are known, and lead to one row: none repeats, and DISTINCT says nothing.
        plain = base._generate()
        plain._distinct = False
        return plain, scope
    tables = {*inspect(root).selectable._from_objects}
    if any(not tables.issuperset(clause._from_objects) for clause in base._order_by_clauses):
        raise ConfigurationError("the base statement repeats rows and orders by a joined table: a row has no one place")
    key = [_column(root, field) for field in model.identity]
    wanted = _without_loading(base).with_only_columns(*key).order_by(None)
    condition = key[0].in_(wanted) if len(key) == 1 else tuple_(*key).in_(wanted)
    once = _with_options_of(base, select(root).where(condition), _options(base))
    return once.order_by(*base._order_by_clauses), {(): root}


def count(base: Select[Any], root: Entity, model: Model) -> Select[Any]:
    """A select of the number of rows of a select."""
    if base._distinct or base._group_by_clauses or not model.identity:
        return _count_of(base)
    unordered = _without_loading(base).order_by(None)
    counted = _counted(root, model.identity[0])
    if len(base._raw_columns) == 1 and is_entity(base._raw_columns[0], root):
        # As `maintain_column_froms` does, which has to find out first where all columns come from.
        return cast("Select[tuple[int]]", unordered.select_from(root).with_only_columns(counted))
    return cast("Select[tuple[int]]", unordered.with_only_columns(counted, maintain_column_froms=True))


def count_up_to(base: Select[Any], limit: int) -> Select[Any]:
    """A select of the number of rows of a select, or of `limit` where there are more: the database stops there."""
    return _count_of(base, limit)


def _count_of(base: Select[Any], limit: int | None = None) -> Select[Any]:
    bare = _without_loading(base).order_by(None).limit(limit)
    rows = select(func.count()).select_from(bare.subquery())
    return cast("Select[tuple[int]]", _with_options_of(base, rows, _options(bare)))


@lru_cache(maxsize=_REMEMBERED)
def _counted(root: Entity, key: Field) -> ColumnElement[int]:
    """The key and not `*`: it keeps the entity in the statement, and with it the criteria that belong to the entity."""
    return func.count(_column(root, key))


def _narrowed(base: Select[Any], scope: Scope, clauses: tuple[ColumnElement[bool], ...]) -> Select[Any]:
    """`base.where(*clauses)`."""
    narrowed = _copied(base, scope[()])
    narrowed._where_criteria = (*base._where_criteria, *clauses)
    return narrowed


def _copied(base: Select[Any], root: Entity) -> Select[Any]:
    """A copy of a select to put parts into. Its methods give the same, and find out again each time what each part is.

    Args:
        base: the select.
        root: the entity that the parts are of.
    """
    made = base._generate()
    if not base._propagate_attrs:
        # A select of a table learns from its parts that it is about an entity.
        made._propagate_attrs = select(root)._propagate_attrs
    return made


@lru_cache(maxsize=_REMEMBERED)
def _total(
    terms: tuple[ColumnElement[Any], ...],
    own: tuple[ColumnElement[Any], ...],
    completing: tuple[OrderKey, ...],
    root: Entity,
    model: Model,
) -> tuple[Any, ...]:
    """The ORDER BY terms of a total order.

    Args:
        terms: those of the client's keys.
        own: the order that the statement has itself; it may be total already.
        completing: the keys that complete the client's.
        root: the entity whose rows are ordered.
        model: what the entity is an entity of.
    """
    present = [_bare(clause) for clause in own]
    if any(_is_among(_column(root, field), present) for field in _unique_fields(model)):
        completing = ()
    columns = [(key, _column(root, _field(key))) for key in completing]
    missing = [column.desc() if key.descending else column for key, column in columns if not _is_among(column, present)]
    return select().order_by(*terms, *own, *missing)._order_by_clauses


def _is_among(column: Any, clauses: list[ClauseElement]) -> bool:
    """Whether a column is among clauses. `compare` would take the column of an alias for that of its table."""
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


def _bare(clause: ClauseElement) -> ClauseElement:
    """The expression of an ORDER BY term, without direction, place of NULL and collation."""
    while isinstance(clause, UnaryExpression | OrderedText | UuidText):
        clause = cast("ClauseElement", clause.element)
    return clause


def _column(root: Entity, field: Field) -> Any:
    return getattr(root, cast("str", field.source))


def _options(base: Select[Any]) -> tuple[ExecutableOption, ...]:
    """The options of a select; of those given before `with_only_columns`, all but loader strategies."""
    earlier = (option for memoized in base._memoized_select_entities for option in memoized._with_options)
    return (*_no_loading(earlier), *base._with_options)


def _no_loading(options: Iterable[ExecutableOption]) -> tuple[ExecutableOption, ...]:
    return tuple(option for option in options if not isinstance(option, LoaderOption))


def _without_loading(base: Select[Any]) -> Select[Any]:
    """The select without loader strategies, which a select that loads no entity refuses.

    All other options stay: `with_loader_criteria` says which rows there are.
    """
    if not base._with_options:
        return base
    bare = base._generate()
    bare._with_options = _no_loading(base._with_options)
    return bare


def _with_options_of(base: Select[Any], outer: Select[Any], options: tuple[ExecutableOption, ...]) -> Select[Any]:
    """A select around another one, with what holds for the whole statement.

    SQLAlchemy takes `with_loader_criteria` and execution options from the outermost select only.
    """
    return outer.options(*options).execution_options(**base.get_execution_options())
