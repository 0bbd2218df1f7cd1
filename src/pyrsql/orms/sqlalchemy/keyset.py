"""The rows next to a position, as ranges of an index.

The rows after a position are consecutive segments that do not overlap:

    after((k, rest…), (c, cs…)) = [k = c, or IS NULL] and each segment of after(rest, cs)
                                  then, where c is a value: [k beyond c], and [k IS NULL] where NULL comes last
                                  or, where c is NULL:      [k IS NOT NULL] where NULL comes first

A key that a segment binds by equality is left out of its ORDER BY, so that an index on the keys serves the rest.
Backward, every key is turned round, its place of NULL too.
"""

from __future__ import annotations

# SQLAlchemy keeps the order and the joins of a select in attributes with a leading underscore only.
# pyright: reportPrivateUsage=false
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import Boolean, ColumnElement, Double, Float, Select, UnaryExpression, and_, or_, tuple_, type_coerce
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.functions import FunctionElement

from pyrsql.cursor import Carried, Position
from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import FieldOptions, JSONSortScalarType
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.carried import CarriedValue, fits
from pyrsql.orms.sqlalchemy.json.values import leads_nowhere
from pyrsql.orms.sqlalchemy.order import NullsPlaced
from pyrsql.validation.predicates import FieldOperand, OrderKey

MOST_SEGMENTS = 8
"""Statements of one page at most. Deeper levels are an OR inside the last."""

Nulls = Literal["first", "last", "never", "database"]
"""Where a term has NULL. The database decides where nobody else does."""

_TURNED: dict[Nulls, Nulls] = {"first": "last", "last": "first", "never": "never", "database": "database"}


class _Condition(FunctionElement[bool]):
    """A condition that stands in WHERE as it is: SQLAlchemy would compare it with 1 where a database has no booleans,
    and no index serves that.
    """

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Any:
        return self


class Beyond(_Condition):
    """A comparison of several keys at once, as a row value or as a ladder of comparisons: databases read the range from
    an index in one form or in the other.
    """

    inherit_cache = True

    def __init__(self, row_value: ColumnElement[bool], ladder: ColumnElement[bool]) -> None:
        super().__init__(row_value, ladder)


class NullIsLargest(_Condition):
    """Whether the database itself sorts NULL as the largest value."""

    inherit_cache = True


class NullIsSmallest(_Condition):
    """Whether the database itself sorts NULL as the smallest value."""

    inherit_cache = True


class ExactFloat(FunctionElement[float]):
    """A float of any size with all 64 bits: drivers round one of 32 bits."""

    inherit_cache = True
    type = Double()  # pyright: ignore[reportUnknownVariableType]


class Term(NamedTuple):
    """One part of an order.

    Args:
        value: what it orders by.
        descending: its direction.
        nulls: where NULL is.
    """

    value: ColumnElement[Any]
    descending: bool
    nulls: Nulls

    @property
    def turned(self) -> Term:
        """The same, read backward."""
        return Term(self.value, not self.descending, _TURNED[self.nulls])

    @property
    def bare(self) -> ColumnElement[Any]:
        """The ORDER BY term where there is no NULL, or where NULL is where the database puts it."""
        return self.value.desc() if self.descending else self.value

    @property
    def clause(self) -> ColumnElement[Any]:
        """The ORDER BY term."""
        if self.nulls in ("never", "database"):
            return self.bare
        return NullsPlaced(self.value, self.descending, self.nulls == "first")


def parts_of(key: OrderKey, options: FieldOptions) -> tuple[Kind | None, ...]:
    """The kinds of the terms of a key: one, or those that together order values of a JSON document."""
    operand = key.operand
    if not isinstance(operand, FieldOperand) or not operand.keys:
        return (operand.kind,)
    if leads_nowhere(operand.keys):
        return ()
    match options.json_options.sort_field_types.get(operand.path):
        case None:
            return (None, None, None, None)
        case JSONSortScalarType.INTEGER | JSONSortScalarType.FLOAT | JSONSortScalarType.NUMERIC:
            return (None, None)
        case _:
            return (None,)


def can_seek(keys: tuple[OrderKey, ...], options: FieldOptions, values: tuple[tuple[Carried, ...], ...]) -> bool:
    """Whether values that a client sent can be carried values of these keys."""
    if len(values) != len(keys):
        return False
    for key, carried in zip(keys, values, strict=True):
        parts = parts_of(key, options)
        operand = key.operand
        plain = isinstance(operand, FieldOperand) and operand.field.accepts is None and not operand.field.computed
        if len(parts) != len(carried) or not all(map(fits, parts, [plain] * len(parts), carried)):
            return False
    return True


def sought(
    select: Select[Any],
    unsorted: Select[Any],
    keys: tuple[OrderKey, ...],
    options: FieldOptions,
    position: Position,
    limit: int,
) -> SoughtRows:
    """The page of a sorted select that a position leads to.

    Args:
        select: the sorted select.
        unsorted: the same before it was sorted.
        keys: what it was sorted by, those that complete the order included.
        options: what the order was proven under.
        position: where the page begins.
        limit: the most rows.

    Raises:
        ConfigurationError: the base statement has an order, a cut or groups of its own.
    """
    if parts.order_of(unsorted):
        raise ConfigurationError(
            "the base statement has an ORDER BY, which a page by cursor cannot continue: leave it out, and give"
            " the order as a sort"
        )
    if parts.has_limit(unsorted) or parts.group_columns(unsorted) or parts.is_distinct_on(unsorted):
        raise ConfigurationError("a page by cursor needs a base statement without LIMIT, GROUP BY and DISTINCT ON")
    sizes = tuple(len(parts_of(key, options)) for key in keys)
    of_term = [key for key, size in zip(keys, sizes, strict=True) for _ in range(size)]
    terms = [
        term_of(clause, may_be_null=_may_be_null(key, unsorted))
        for key, clause in zip(of_term, parts.order_of(select), strict=True)
    ]
    return SoughtRows(select, terms, sizes, position, limit, indexed=all(map(_is_column, keys)))


def _may_be_null(key: OrderKey, select: Select[Any]) -> bool:
    """Whether a term may be NULL that does not say where NULL goes."""
    if key.nulls_first is not None:
        return False
    return not _is_column(key) or any(parts.base_joins(select)) or cast("FieldOperand", key.operand).field.nullable


def _is_column(key: OrderKey) -> bool:
    """Whether a key is a column of the root, as it is stored."""
    operand = key.operand
    return (
        isinstance(operand, FieldOperand)
        and not (operand.relations or operand.keys or operand.field.computed or key.ignore_case or key.collection)
        and isinstance(operand.field.source, str)
        and not isinstance(operand.kind, kinds.Enumeration)
    )


def term_of(clause: ColumnElement[Any], *, may_be_null: bool) -> Term:
    """The term of an ORDER BY clause of ours.

    Args:
        clause: a value, with a direction or none, in a `NullsPlaced` or bare.
        may_be_null: there may be NULL where the clause does not say its place.
    """
    nulls: Nulls = "database" if may_be_null else "never"
    if isinstance(clause, NullsPlaced):
        nulls = "first" if clause.modifier is operators.nulls_first_op else "last"
        clause = clause.element
    descending = False
    if isinstance(clause, UnaryExpression) and clause.modifier in (operators.desc_op, operators.asc_op):
        descending = clause.modifier is operators.desc_op
        clause = clause.element
    return Term(clause, descending, nulls)


class _Segment(NamedTuple):
    """One range of rows.

    Args:
        conditions: what they have in common.
        order: the terms that order them.
        beyond: the terms, from `level` on, that a position is compared with at once.
        level: the number of keys bound by equality.
    """

    conditions: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[Any], ...]
    beyond: tuple[tuple[Term, BindParameter[Any]], ...] = ()
    level: int = 0

    @property
    def condition(self) -> ColumnElement[bool]:
        return _all([*self.conditions, *([_beyond(self.beyond)] if self.beyond else [])])


class SoughtRows:
    """The page of a select by position.

    Args:
        select: narrowed and joined; its order is replaced.
        terms: the order, in the direction of the list.
        sizes: how many terms each key of the order has.
        position: where the page begins.
        limit: the most rows.
        indexed: every term is a column of the root, so that an index may serve its ranges.
    """

    def __init__(
        self,
        select: Select[Any],
        terms: Sequence[Term],
        sizes: tuple[int, ...],
        position: Position,
        limit: int,
        *,
        indexed: bool,
    ) -> None:
        keys = [
            type_coerce(_exact(term.value), CarriedValue(term.value.type)).label(f"pyrsql_key_{number}")
            for number, term in enumerate(terms)
        ]
        self._select = select.add_columns(*keys).order_by(None).limit(limit)
        self._sizes = sizes
        self._terms = tuple(term.turned for term in terms) if position.backward else tuple(terms)
        flat = None if position.values is None else [value for key in position.values for value in key]
        self._indexed = indexed
        self._segments = _first_segments(self._terms) if flat is None else _segments(self._terms, flat)
        self._whole = self._terms if flat is None else None
        self._lead = None if flat is None else _leading(self._terms[0], flat[0])

    @cached_property
    def statement(self) -> Select[Any]:
        """All rows at once: the segments joined by OR, behind the range of the first key."""
        if self._whole is not None:
            return self._select.order_by(*(term.clause for term in self._whole))
        if len(self._segments) == 1:
            return self._of(self._segments[0])
        return self._any(self._segments)

    @cached_property
    def statements(self) -> tuple[Select[Any], ...]:
        """The segments in turn."""
        if not self._indexed or len(self._segments) < 2:
            return (self.statement,)
        if len(self._segments) <= MOST_SEGMENTS:
            return tuple(map(self._of, self._segments))
        nearest, deeper = self._segments[: MOST_SEGMENTS - 1], self._segments[MOST_SEGMENTS - 1 :]
        return (*map(self._of, nearest), self._any(deeper))

    def item(self, row: Any) -> Any:
        """The entity of a row, or all that the select selects where it is more."""
        before = len(row) - sum(self._sizes)
        return row[0] if before == 1 else row[:before]

    def key(self, row: Any) -> tuple[tuple[Carried, ...], ...]:
        """The carried values of a row, key by key."""
        place = len(row) - sum(self._sizes)
        found: list[tuple[Carried, ...]] = []
        for size in self._sizes:
            found.append(tuple(row[place : place + size]))
            place += size
        return tuple(found)

    def _of(self, segment: _Segment) -> Select[Any]:
        return self._select.where(segment.condition).order_by(*segment.order)

    def _any(self, segments: Sequence[_Segment]) -> Select[Any]:
        choice = _any([segment.condition for segment in segments])
        lead = [] if self._lead is None else [self._lead]
        return self._select.where(*lead, choice).order_by(*(term.clause for term in self._terms))


def _first_segments(terms: tuple[Term, ...]) -> list[_Segment]:
    """The list from its start: the rows whose first key is NULL apart, which no index puts where the order wants it."""
    first, rest = terms[0], tuple(term.clause for term in terms[1:])
    values = _Segment((first.value.is_not(None),), (first.bare, *rest))
    nulls = _Segment((first.value.is_(None),), rest)
    match first.nulls:
        case "first":
            return [nulls, values]
        case "last":
            return [values, nulls]
        case "never" | "database":
            return [_Segment((), (first.clause, *rest))]


def _segments(terms: tuple[Term, ...], values: Sequence[Carried]) -> list[_Segment]:
    """The rows behind a position, the nearest first."""
    bounds = [
        BindParameter[Any](None, value, CarriedValue(term.value.type), unique=True)
        for term, value in zip(terms, values, strict=True)
    ]
    same = [
        term.value.is_(None) if value is None else _compared(term.value, operators.eq, bound)
        for term, value, bound in zip(terms, values, bounds, strict=True)
    ]
    found: list[_Segment] = []
    for level in reversed(range(len(terms))):
        term, before, rest = terms[level], tuple(same[:level]), tuple(one.clause for one in terms[level + 1 :])
        if values[level] is None:
            if (first := _if_nulls(term, "first")) is not None:
                found.append(_Segment((*before, term.value.is_not(None), *first), (term.bare, *rest)))
            continue
        beyond: tuple[tuple[Term, BindParameter[Any]], ...] = ((term, bounds[level]),)
        if found and _continues(found[-1], level + 1, term):
            beyond += found.pop().beyond
        found.append(_Segment(before, (term.bare, *rest), beyond, level))
        if (last := _if_nulls(term, "last")) is not None:
            found.append(_Segment((*before, term.value.is_(None), *last), rest))
    return found


def _continues(nearest: _Segment, level: int, term: Term) -> bool:
    """Whether a range and the one around it are one range of several keys: `[a = x, b > y]` and `[a > x]`."""
    return bool(nearest.beyond) and nearest.level == level and nearest.beyond[0][0].descending is term.descending


def _if_nulls(term: Term, place: Literal["first", "last"]) -> tuple[ColumnElement[bool], ...] | None:
    """The conditions under which a term has NULL first, or last; None where it never has."""
    if term.nulls == "database":
        return (NullIsLargest() if term.descending is (place == "first") else NullIsSmallest(),)
    return () if term.nulls == place else None


def _leading(term: Term, value: Carried) -> ColumnElement[bool] | None:
    """The range of the first key that all rows behind a position are in; None where it is no range."""
    if value is None:
        return term.value.is_(None) if term.nulls == "last" else None
    bound = BindParameter[Any](None, value, CarriedValue(term.value.type), unique=True)
    reached = _compared(term.value, operators.le if term.descending else operators.ge, bound)
    last = _if_nulls(term, "last")
    return reached if last is None else or_(reached, and_(term.value.is_(None), *last))


def _beyond(bounds: Sequence[tuple[Term, BindParameter[Any]]]) -> ColumnElement[bool]:
    """The rows beyond a position in several keys of one direction."""
    operator = operators.lt if bounds[0][0].descending else operators.gt
    (last, last_bound) = bounds[-1]
    ladder = _compared(last.value, operator, last_bound)
    for term, bound in reversed(bounds[:-1]):
        same = _compared(term.value, operators.eq, bound)
        ladder = or_(_compared(term.value, operator, bound), and_(same, ladder))
    if len(bounds) == 1:
        return ladder
    row_value = _compared(
        tuple_(*(term.value for term, _ in bounds)), operator, tuple_(*(bound for _, bound in bounds))
    )
    return Beyond(row_value, ladder)


def _compared(left: ColumnElement[Any], operator: Any, right: ColumnElement[Any]) -> ColumnElement[bool]:
    """A comparison of what is stored: a type of the developer's may have given the operator another meaning."""
    return BinaryExpression(left.self_group(operator), right, operator, type_=Boolean())


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return conditions[0] if len(conditions) == 1 else and_(*conditions)


def _any(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return conditions[0] if len(conditions) == 1 else or_(*conditions)


def _exact(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return ExactFloat(value) if isinstance(value.type, Float) else value
