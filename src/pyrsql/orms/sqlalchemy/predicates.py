"""Predicate -> WHERE clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, assert_never, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    String,
    Text,
    and_,
    func,
    literal,
    not_,
    select,
    types,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.elements import BindParameter, Grouping
from sqlalchemy.types import ARRAY

from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.options import QueryOptions, TextOrder
from pyrsql.orms.custom import CustomPredicatePayload
from pyrsql.orms.sqlalchemy import joins
from pyrsql.orms.sqlalchemy.branches import OfBranches, has_branches, keys_of_branches, narrowing
from pyrsql.orms.sqlalchemy.comparisons import Comparable, comparable, of_expression
from pyrsql.orms.sqlalchemy.elements import OnPostgreSQL, all_of, any_of
from pyrsql.orms.sqlalchemy.entities import are_among, attribute
from pyrsql.orms.sqlalchemy.expressions import expression, in_base_type
from pyrsql.orms.sqlalchemy.joins import Scope
from pyrsql.orms.sqlalchemy.json.tests import json_test
from pyrsql.orms.sqlalchemy.planning import Likely, likely_rows, one_subquery_per_path, passed_paths, without_repeats
from pyrsql.orms.sqlalchemy.related_keys import (
    KeysOnMySQL,
    KeysOnPostgreSQL,
    SomeRow,
    SomeRowInRange,
    is_within,
    related_keys,
    some_key,
)
from pyrsql.orms.sqlalchemy.row_counts import number_of_rows
from pyrsql.orms.sqlalchemy.shared_rows import CountTest, SharedRows, has_count, shared_rows
from pyrsql.orms.sqlalchemy.textual import grouped
from pyrsql.orms.sqlalchemy.truth import is_not_true
from pyrsql.validation.predicates import (
    TESTS,
    Between,
    Compare,
    Conjunction,
    CountOperand,
    Custom,
    Disjunction,
    FieldOperand,
    Match,
    Member,
    Null,
    Pattern,
    Predicate,
    RelationOperand,
    RelationPath,
    Some,
    Test,
    ValueOperand,
    joined_paths,
)

_WIDEST = 100
"""Parts in one flat AND or OR: SQLite reads `a AND b AND c` as deep, and takes no expression deeper than 1,000."""

_FEW = 4
"""The most to-many steps of a filter for which each subquery has the form that is the fastest for a few: MySQL and
MariaDB make joins of them, and SQLite lists the keys of related rows. To plan many joins takes exponential time, and
many lists are filled where an EXISTS would end at the first row."""


_Join = Callable[[list[ColumnElement[bool]]], ColumnElement[bool]]

CustomLowering = Callable[[CustomPredicatePayload], ColumnElement[bool]]


class LoweringContext(NamedTuple):
    """The context in which every part of a predicate is lowered.

    Args:
        options: the options of the query.
        custom: the lowerings of custom operators.
        few: the filter has few to-many steps.
        alternative: a row may pass without the part, which stands in an OR.
        root: the path of the rows that the subquery around a part is about; empty for the statement itself.
        of_one_row: that subquery is evaluated for each row of the statement around it.
        ors: how an OR with tests of related rows is written: as an OR, by branches for PostgreSQL, or as both.
    """

    options: QueryOptions
    custom: Mapping[str, CustomLowering]
    few: bool = True
    alternative: bool = False
    root: RelationPath = ()
    of_one_row: bool = False
    ors: Literal["plain", "branches", "both"] = "both"

    @property
    def own(self) -> RelationPath | None:
        """The path of the rows of which no two have the same related rows; None where a to-one step led to them."""
        return None if self.root and not self.root[-1].many else self.root

    def among(self, to_many_steps: int) -> LoweringContext:
        """The same, for a filter with so many to-many steps."""
        return self._replace(few=to_many_steps <= _FEW)


def where_clauses(predicate: Predicate, scope: Scope, lowering: LoweringContext) -> list[ColumnElement[bool]]:
    """The conditions, all of which must hold, that a predicate is.

    Args:
        predicate: the condition on rows.
        scope: the entities that its to-one paths lead to, all of them joined.
        lowering: options and custom operators.
    """
    parts = predicate.parts if isinstance(predicate, Conjunction) else (predicate,)
    groups = () if lowering.ors == "plain" else tuple(filter(has_branches, parts))
    if not groups:
        return _clauses(all_of, parts, scope, lowering)
    others = [_clause(part, scope, lowering) for part in parts if not has_branches(part)]
    return [*others, *_of_groups(groups, narrowing(parts, lowering.root), scope, lowering)]


def _of_groups(
    groups: tuple[Predicate, ...], beside: tuple[Predicate, ...], scope: Scope, lowering: LoweringContext
) -> list[ColumnElement[bool]]:
    """ORs with tests of related rows, as the keys of their branches, too."""
    inside = lowering._replace(few=False, of_one_row=False, ors="branches")

    def lower(predicate: Predicate, reached: Scope) -> list[ColumnElement[bool]]:
        return where_clauses(predicate, reached, inside)

    keys = keys_of_branches(groups, beside, scope[lowering.root], lowering.root, lowering.options, lower)
    if keys is not None and lowering.ors == "branches":
        return [keys]
    plain = lowering._replace(ors="plain")
    ors = _clauses(all_of, groups, scope, plain)
    if keys is None:
        return ors
    return [OfBranches(keys, all_of(ors), [_clause(each, scope, plain) for each in beside])]


def _clause(predicate: Predicate, scope: Scope, lowering: LoweringContext) -> ColumnElement[bool]:
    if isinstance(predicate, TESTS):
        tested = _test(predicate, scope, lowering)
        return joins.OfOneRow(tested) if lowering.of_one_row else tested
    if isinstance(predicate, Conjunction):
        return all_of(_clauses(all_of, predicate.parts, scope, lowering))
    if isinstance(predicate, Disjunction):
        inside = lowering._replace(alternative=True, of_one_row=False, ors="plain")
        group = any_of(_clauses(any_of, predicate.parts, scope, inside))
        return joins.OfOneRow(group) if lowering.of_one_row else group
    if isinstance(predicate, Some):
        return _some(predicate, scope, lowering)
    if isinstance(predicate.predicate, Some):
        return not_(_some(predicate.predicate, scope, lowering))
    return is_not_true(_clause(predicate.predicate, scope, lowering._replace(alternative=True, ors="plain")))


def _test(test: Test, scope: Scope, lowering: LoweringContext) -> ColumnElement[bool]:
    # Most parts of most filters, by the shortest way.
    if isinstance(test, Compare):
        compared, sign, value, ignore_case = test
        if isinstance(compared, FieldOperand) and not compared.relations and not ignore_case:
            side = comparable(compared, scope, lowering.options.text_order)
            if side.plain:
                return side.compare(sign, value)
    if isinstance(test, Custom):
        operand = test.operand
        if isinstance(operand, RelationOperand):
            *before, last = operand.relations
            return _custom(test, attribute(scope[tuple(before)], last), lowering)
        return _custom(test, value_expression(operand, scope), lowering)
    text_order = lowering.options.text_order
    if isinstance(test.operand, CountOperand):
        return _count_test(test, test.operand, scope, lowering)
    kind, side = test.operand.kind, comparable(test.operand, scope, text_order)
    if isinstance(kind, kinds.Json):
        return json_test(test, side.value, lowering.options)
    if isinstance(kind, kinds.Array) and not isinstance(test, Null):
        return _array_test(test, side.value, kind, text_order)
    return _value_test(test, side)


def _clauses(
    join: _Join, parts: tuple[Predicate, ...], scope: Scope, lowering: LoweringContext
) -> list[ColumnElement[bool]]:
    """The conditions of a group, no more of them than may stand in one."""
    clauses = [_clause(part, scope, lowering) for part in parts]
    while len(clauses) > _WIDEST:
        batches = [clauses[start : start + _WIDEST] for start in range(0, len(clauses), _WIDEST)]
        clauses = [batch[0] if len(batch) == 1 else Grouping(join(batch)) for batch in batches]
    return clauses


def _some(some: Some, scope: Scope, lowering: LoweringContext) -> ColumnElement[bool]:
    """A related row exists that passes. It is read itself: a foreign key that leads nowhere is no related row."""
    some = without_repeats(some, lowering.root)
    inner = some.predicate
    needed = _needed_within(inner, some.path)
    passed = tuple(passed_paths(inner))

    def narrowed(rows: Select[Any], reached: Scope, of_one_row: bool) -> Select[Any]:
        within = lowering._replace(root=some.path, alternative=False, of_one_row=of_one_row)
        return rows if inner is None else rows.where(*where_clauses(inner, reached, within))

    rows, reached = joins.correlated_subquery(scope, some.path, needed, lowering.options, passed)
    exists: ColumnElement[bool] = narrowed(rows, reached, of_one_row=True).exists()
    if not lowering.few:
        exists = joins.Unmerged(exists)
    first = joins.first_step(scope, some.path)
    shared = first[:-1] != lowering.own
    likely = likely_rows(inner)
    listed = shared or (lowering.few and likely is not Likely.MANY)
    if not (listed or lowering.alternative):
        return exists
    related = related_keys(scope[first[:-1]], first)
    if related is None or not is_within(inner, some.path):
        return exists
    further = {**scope, first: related.entity}
    rows, reached = joins.beyond(related.rows, further, first, some.path, needed, lowering.options, passed)
    rows = narrowed(rows, reached, of_one_row=False)
    made = SomeRow if shared or likely is Likely.FEW else SomeRowInRange
    look = made(exists, are_among(related.key, rows), shared=shared) if listed else exists
    if not (lowering.alternative or shared):
        return look
    if any(step.many for step in some.path[len(first) :]):
        # A join over two to-many steps would have a row for each pair.
        rest = _some(some, further, lowering._replace(root=first, alternative=False))
        rows = related.rows.where(rest)
    keys = some_key(related, rows)
    if lowering.ors == "branches":
        return keys
    if lowering.alternative:
        look = OnPostgreSQL(keys, look)
    if shared and (lowering.root or not lowering.few):
        look = KeysOnMySQL(keys if lowering.few else joins.Unmerged(keys), look)
    if shared and not lowering.alternative:
        look = KeysOnPostgreSQL(some_key(related, rows, once=True), look)
    return look


def count(operand: CountOperand, scope: Scope, within: LoweringContext | None = None) -> ColumnElement[Any]:
    """The number of related rows, by a correlated subquery."""
    needed = _needed_within(operand.predicate, operand.relations)
    rows, reached = joins.correlated_subquery(scope, operand.relations, needed, operand.options)
    before = joins.first_step(scope, operand.relations)[:-1]
    number = number_of_rows(reached, before, operand.relations)
    return _counted(operand, rows, reached, within, of_one_row=True).with_only_columns(number).scalar_subquery()


def counted_together(
    operand: CountOperand, scope: Scope, root: RelationPath | None, within: LoweringContext | None = None
) -> SharedRows | None:
    """The related rows of all rows at once; None where they are counted row by row.

    Args:
        operand: their count.
        scope: the entities that have been reached.
        root: the path of the rows whose own rows are not counted together; None where all are.
    """
    if not is_within(operand.predicate, operand.relations):
        return None
    needed = _needed_within(operand.predicate, operand.relations)
    shared = shared_rows(scope, root, operand.relations, needed, operand.options)
    return shared and shared._replace(rows=_counted(operand, shared.rows, shared.reached, within, of_one_row=False))


def _needed_within(inner: Predicate | None, path: RelationPath) -> tuple[RelationPath, ...]:
    """The paths that a predicate about the rows at the end of a path joins there."""
    return () if inner is None else tuple(dict.fromkeys(joined_paths(inner, path)))


def _counted(
    operand: CountOperand, rows: Select[Any], reached: Scope, within: LoweringContext | None, *, of_one_row: bool
) -> Select[Any]:
    """The related rows that pass the predicate of a count."""
    if operand.predicate is None:
        return rows
    custom = cast("Mapping[str, CustomLowering]", operand.custom)
    around = within or LoweringContext(operand.options, custom)
    lowering = around._replace(root=operand.relations, alternative=False, of_one_row=of_one_row)
    return rows.where(*where_clauses(one_subquery_per_path(operand.predicate), reached, lowering))


def value_expression(operand: ValueOperand, scope: Scope) -> ColumnElement[Any]:
    """The SQL expression of any value."""
    return count(operand, scope) if isinstance(operand, CountOperand) else expression(operand, scope)


def _count_test(test: CountTest, operand: CountOperand, scope: Scope, lowering: LoweringContext) -> ColumnElement[bool]:
    def condition(number: ColumnElement[Any]) -> ColumnElement[bool]:
        return _value_test(test, of_expression(number, operand.kind, lowering.options.text_order))

    # Among many counts, rows are not counted one by one either.
    shared = counted_together(operand, scope, lowering.own if lowering.few else None, lowering)
    return condition(count(operand, scope, lowering)) if shared is None else has_count(shared, test, condition)


def _custom(test: Custom, expression: object, lowering: LoweringContext) -> ColumnElement[bool]:
    """The clause that the developer's function makes for a test, which may be any condition that SQLAlchemy takes.

    Raises:
        ConfigurationError: it is none. None would be NULL, which finds no row, where a `return` was forgotten.
    """
    name = test.operator.name
    payload = CustomPredicatePayload(expression, test.values, test.operand.path, lowering.options)
    made: Any = lowering.custom[name](payload)
    try:
        if made is not None:
            return grouped(and_(made))
        found = "None: is a return missing?"
    except ArgumentError:
        found = repr(made)
    raise ConfigurationError(f"the lowering of the operator {name!r} gives no condition, but {found}")


def _array_test(
    test: Compare | Match | Member | Between, array: ColumnElement[Any], kind: kinds.Array, text_order: TextOrder
) -> ColumnElement[bool]:
    """Some element passes the test."""
    item_type = cast("ARRAY[Any]", array.type).item_type
    element = in_base_type(func.unnest(array, type_=item_type).column_valued())
    passing = select(literal(1)).where(_value_test(test, of_expression(element, kind.item, text_order))).exists()
    indexed = _array_operator(test, array, kind)
    return passing if indexed is None else OnPostgreSQL(indexed, passing)


def _array_operator(
    test: Compare | Match | Member | Between, array: ColumnElement[Any], kind: kinds.Array
) -> ColumnElement[bool] | None:
    """The same test by an operator that a GIN index serves on PostgreSQL; or None."""
    item_type = cast("ARRAY[Any]", array.type).item_type
    if type(item_type) in _ARRAY_TEXTS:
        # Without its length, to which PostgreSQL would cut a value.
        item_type = type(item_type)()
    elif isinstance(item_type, postgresql.DOMAIN) or not isinstance(
        kind.item, kinds.Integer | kinds.Boolean | kinds.Date | kinds.Uuid
    ):
        return None
    match test:
        case Compare(_, "==", wanted, False):
            operator, values = "@>", [wanted]
        case Member(_, wanted, False):
            operator, values = "&&", [*wanted]
        case Compare() | Match() | Member() | Between():
            return None
    compared = array.op(operator, is_comparison=True, return_type=Boolean())
    return compared(BindParameter(None, values, postgresql.ARRAY(item_type), unique=True))


_ARRAY_TEXTS = frozenset({String, Text, types.VARCHAR, types.TEXT})


def _value_test(test: CountTest, side: Comparable) -> ColumnElement[bool]:
    match test:
        case Compare(_, sign, wanted, False):
            return side.compare(sign, wanted)
        case Compare(_, sign, wanted):
            return _negated(side.match(Pattern((str(wanted),)), ignore_case=True), sign == "!=")
        case Null(negated=negated):
            return side.is_null(negated)
        case Match(pattern=pattern, negated=negated, ignore_case=ignore_case):
            return _negated(side.match(pattern, ignore_case), negated)
        case Member(values=values, negated=negated):
            return side.not_among(values) if negated else side.among(values)
        case Between(low=low, high=high, negated=negated):
            return _negated(side.between(low, high), negated)
        case _:
            assert_never(test)


def _negated(clause: ColumnElement[bool], negated: bool) -> ColumnElement[bool]:
    return not_(clause) if negated else clause
