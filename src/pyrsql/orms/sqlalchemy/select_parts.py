"""The parts of a select that SQLAlchemy has no public name for: every private attribute that pyrsql reads or writes.

Those of criteria while a statement is compiled are in `criteria_parts`.
`tests/orms/sqlalchemy/test_select_parts.py` checks each of them with every supported version of SQLAlchemy.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeGuard, TypeVar, cast

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Select, and_
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.orm.interfaces import LoaderOption
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.elements import Grouping, _anonymous_label
from sqlalchemy.sql.selectable import ForUpdateArg, SelectBase
from sqlalchemy.sql.util import _deep_deannotate
from sqlalchemy.types import TypeEngine

from pyrsql.orms.sqlalchemy.entities import Entity

ElementT = TypeVar("ElementT", bound=ClauseElement)


class BaseJoin(NamedTuple):
    """A join that a select makes by itself.

    Args:
        link: the relationship attribute that it follows; None where it has an ON clause of its own.
        entity: the class or the alias that it brings in; None for a bare table.
        narrowed: it leads to fewer rows than the relationship, as `User.company.and_(…)` does.
        full: a FULL OUTER JOIN.
    """

    link: QueryableAttribute[Any] | None
    entity: Entity | None
    narrowed: bool
    full: bool


# --- read ---


_BARE = frozenset(
    {"_raw_columns", "_propagate_attrs", "_label_style", "_compile_options", "_with_options", "_execution_options"}
)


def is_bare(base: Select[Any]) -> bool:
    """Whether a select has nothing but columns and options. A select sets an attribute for every other part it has."""
    return base.__dict__.keys() <= _BARE


def is_entity_alone(target: object, entity: Entity) -> TypeGuard[Select[Any]]:
    """Whether a target is a select of a whole entity, without options and anything else."""
    if not (isinstance(target, Select) and is_bare(base := cast("Select[Any]", target)) and not base._with_options):
        return False
    selected = base._raw_columns
    return len(selected) == 1 and is_entity(selected[0], entity)


def is_plain(base: Select[Any]) -> bool:
    """Whether a select has nothing but columns, conditions, an order, and options: one row for each row of its root."""
    return not (
        base._setup_joins
        or base._from_obj
        or base._memoized_select_entities
        or base._distinct
        or base._group_by_clauses
        or base._having_criteria
        or _extensions(base)
        or base._prefixes
        or base._suffixes
        or base._limit_clause is not None
        or base._offset_clause is not None
        or base._fetch_clause is not None
    )


def is_ungrouped(base: Select[Any]) -> bool:
    """Whether a select has one row for each row that its columns and joins give, all of which begin at its columns."""
    if base._distinct or base._group_by_clauses or has_other_entities(base) or _extensions(base):
        return False
    return all(left is None for _, _, left, _ in base._setup_joins)


def has_limit(base: Select[Any]) -> bool:
    """Whether a select has a LIMIT, an OFFSET or a FETCH."""
    return base._has_row_limiting_clause


def is_distinct(base: Select[Any]) -> bool:
    """Whether a select has a DISTINCT or a DISTINCT ON."""
    return bool(base._distinct or _extensions(base))


def is_distinct_on(base: Select[Any]) -> bool:
    """Whether a select takes one row of each group of equal expressions."""
    return bool(base._distinct_on or _extensions(base))


def _extensions(base: Select[Any]) -> list[str]:
    """The extensions of a database that a select has, such as `postgresql.distinct_on` of SQLAlchemy 2.1."""
    names = ("_post_select_clause", "_pre_columns_clause", "_post_criteria_clause", "_post_body_clause")
    return [name for name in names if getattr(base, name, None) is not None]


def group_columns(base: Select[Any]) -> tuple[ColumnElement[Any], ...]:
    """The GROUP BY terms of a select."""
    return base._group_by_clauses


def having(base: Select[Any]) -> tuple[ColumnElement[Any], ...]:
    """The conditions on groups of a select."""
    return base._having_criteria


def order_of(base: Select[Any]) -> tuple[ColumnElement[Any], ...]:
    """The ORDER BY terms of a select."""
    return base._order_by_clauses


def conditions(base: Select[Any]) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a select, all of which hold."""
    return base._where_criteria


def prefixes(base: Select[Any]) -> Iterator[str]:
    """The texts that `prefix_with` and `suffix_with` put into a select."""
    return (str(text) for text, _ in (*base._prefixes, *base._suffixes))


def columns(base: Select[Any]) -> list[ClauseElement]:
    """The columns of a select, and whole entities, as they were given."""
    return cast("list[ClauseElement]", base._raw_columns)


def entity_of(element: ClauseElement) -> Entity | None:
    """The class or the alias that a column, or a table, of a select belongs to; None for a bare table."""
    parent = element._annotations.get("parententity")
    return None if parent is None else parent.entity


def without_entities(element: ElementT) -> ElementT:
    """An expression that says of no column which class or alias it belongs to; one with a subquery stays as it is."""
    if any(isinstance(part, SelectBase) for part in visitors.iterate(element)):
        return element
    return _deep_deannotate(element)


def is_table(element: ClauseElement) -> bool:
    """Whether an element of a select is a whole table or entity. A function, which SQL can read as one, is a value."""
    return isinstance(element, FromClause) and not isinstance(element, ColumnElement)


def is_entity(element: ClauseElement, entity: Entity) -> bool:
    """Whether a select selects a whole entity, and this one."""
    return entity_of(element) is entity and is_table(element)


def tables_of(element: ClauseElement) -> list[FromClause]:
    """The tables, or aliases of tables, that an expression reads."""
    return element._from_objects


def base_joins(base: Select[Any]) -> Iterator[BaseJoin]:
    """The joins that a select makes by itself, in their order, those before `with_only_columns` included."""
    for target, onclause, _, flags in chain(*(each._setup_joins for each in (*base._memoized_select_entities, base))):
        link = target if isinstance(target, QueryableAttribute) else onclause
        full = bool(flags["full"])
        if not isinstance(link, QueryableAttribute):
            yield BaseJoin(None, entity_of(cast("ClauseElement", target)), False, full)
        else:
            yield BaseJoin(link, _joined_entity(target, link), bool(link._extra_criteria), full)


def _joined_entity(target: Any, link: QueryableAttribute[Any]) -> Entity | None:
    if target is not link:
        return entity_of(target)
    of_type = link._of_type
    return link.property.mapper.class_ if of_type is None else of_type.entity


def has_other_entities(base: Select[Any]) -> bool:
    """Whether a select names tables otherwise than by its columns and joins: `select_from`, `with_only_columns`."""
    return bool(base._from_obj or base._memoized_select_entities)


def is_correlated_by_itself(base: Select[Any]) -> bool:
    """Whether a subquery leaves out whatever tables the statement around it has."""
    return base._auto_correlate


def own_froms(rows: Select[Any]) -> list[FromClause]:
    """The FROM clauses of a subquery that are its own, whatever tables the statement around it has."""
    if rows._auto_correlate:
        return []
    froms, only = rows.get_final_froms(), rows._correlate_except
    return [each for each in froms if (each not in rows._correlate if only is None else each in only)]


def lock_of(base: Select[Any]) -> ForUpdateArg | None:
    """The lock that a select takes: `with_for_update`."""
    return base._for_update_arg


# --- options ---


def options_of(base: Select[Any]) -> tuple[ExecutableOption, ...]:
    """The options of a select; of those given before `with_only_columns`, all but loader strategies."""
    earlier = [option for memoized in base._memoized_select_entities for option in memoized._with_options]
    return (*_no_loading(earlier), *base._with_options) if earlier else base._with_options


def expressions_of(element: Any) -> tuple[ClauseElement, ...]:
    """The value that a loader option gives an attribute: `with_expression`."""
    if ("query_expression", True) not in (element.strategy or ()):
        return ()
    return cast("tuple[ClauseElement, ...]", element._extra_criteria)


def loads_in_part(element: Any) -> bool:
    """Whether a loader option leaves out related rows, as `selectinload(User.posts.and_(…))` does."""
    return bool(element._extra_criteria) and ("query_expression", True) not in (element.strategy or ())


def _no_loading(options: Iterable[ExecutableOption]) -> tuple[ExecutableOption, ...]:
    return tuple(option for option in options if not isinstance(option, LoaderOption))


def without_loading(base: Select[Any], *, inner: bool = False) -> Select[Any]:
    """The select without loader strategies, which a select that loads no entity refuses.

    All other options stay: `with_loader_criteria` says which rows there are. SQLAlchemy takes them from the outermost
    select, and fails where it copies those of an inner one, which has none therefore.
    """
    if not base._with_options:
        return base
    bare = base._generate()
    bare._with_options = () if inner else _no_loading(base._with_options)
    return bare


def read_at_once(base: Select[Any]) -> Select[Any]:
    """The select without `yield_per`: SQLAlchemy makes no rows unique that are read in parts."""
    return base.execution_options(yield_per=None) if base.get_execution_options().get("yield_per") else base


def criteria(base: Select[Any]) -> list[LoaderCriteriaOption]:
    """The `with_loader_criteria` options of a select."""
    return [option for option in options_of(base) if isinstance(option, LoaderCriteriaOption)]


def criteria_like(option: LoaderCriteriaOption, **changes: Any) -> LoaderCriteriaOption:
    """Criteria like others, for another entity or with another condition."""
    made = LoaderCriteriaOption.__new__(LoaderCriteriaOption)
    for name in LoaderCriteriaOption.__slots__:
        setattr(made, name, changes.get(name, getattr(option, name)))
    return made


# --- written, because no method takes these parts away ---


def without_lock(base: Select[Any]) -> Select[Any]:
    """The select without its lock."""
    if base._for_update_arg is None:
        return base
    bare = base._generate()
    bare._for_update_arg = None
    return bare


def without_distinct(base: Select[Any]) -> Select[Any]:
    """The select without its DISTINCT."""
    plain = base._generate()
    plain._distinct = False
    return plain


def with_conditions_grouped(base: Select[Any]) -> Select[Any]:
    """The select with all of its conditions in parentheses: `text("a OR b") AND c` would mean something else."""
    grouped = base._generate()
    grouped._where_criteria = (Grouping(and_(*base._where_criteria)),)
    return grouped


def narrowed(base: Select[Any], conditions: tuple[ColumnElement[bool], ...]) -> Select[Any]:
    """The select with more conditions. `where` looks at each again, which costs as much as to make some of them."""
    if not _takes_as_they_are(base, conditions):
        return base.where(*conditions)
    made = base._generate()
    made._where_criteria = (*base._where_criteria, *conditions)
    return made


def in_order(base: Select[Any], terms: tuple[ColumnElement[Any], ...]) -> Select[Any]:
    """The select in another order. `order_by` looks in each term for a label, which no key of a sort has."""
    if not _takes_as_they_are(base, terms):
        return base.order_by(None).order_by(*terms)
    made = base._generate()
    made._order_by_clauses = terms
    return made


def _takes_as_they_are(base: Select[Any], elements: tuple[object, ...]) -> bool:
    """Whether a method of a select would change nothing of some elements, and nothing else of the select.

    A select of a bare table may become one of the ORM by its conditions. A comparator of the developer's own may make
    something that is no element yet.
    """
    if not base._raw_columns or entity_of(base._raw_columns[0]) is None:
        return False
    return all(isinstance(each, ColumnElement) for each in elements)


def positioned(
    base: Select[Any],
    columns: Sequence[ColumnElement[Any]],
    conditions: Sequence[ColumnElement[bool]],
    order: tuple[ColumnElement[Any], ...],
) -> Select[Any]:
    """A select with more columns and conditions behind its own, and with the ORDER BY terms of another one.

    In one step, which costs a fraction of the methods.
    """
    made = base._generate()
    made._raw_columns = [*base._raw_columns, *columns]
    made._where_criteria = (*base._where_criteria, *conditions)
    made._order_by_clauses = order
    return made


def with_criteria_grouped(base: Select[Any], is_text: Callable[[ColumnElement[Any]], bool]) -> Select[Any]:
    """The select with `with_loader_criteria` in parentheses where they are text: SQLAlchemy adds them with AND."""
    if not base._with_options:
        return base

    def grouped(option: ExecutableOption) -> ExecutableOption:
        if not isinstance(option, LoaderCriteriaOption) or option.deferred_where_criteria:
            return option
        condition = cast("ColumnElement[bool]", option.where_criteria)
        return criteria_like(option, where_criteria=Grouping(and_(condition))) if is_text(condition) else option

    options = tuple(map(grouped, base._with_options))
    if all(map(operator.is_, options, base._with_options)):
        return base
    made = base._generate()
    made._with_options = options
    return made


# --- names and types ---


def numbered_name(stem: str, element: ClauseElement) -> str:
    """A name for an element that ends with a number, which no other name with this stem has in a statement."""
    return _anonymous_label.safe_construct(id(element), stem)


def variants(type_: TypeEngine[Any]) -> Mapping[str, TypeEngine[Any]]:
    """The other forms that `with_variant` gives a type, by the names of the dialects."""
    return type_._variant_mapping
