"""The rows next to a position, as ranges of an index.

The rows after a position are consecutive segments that do not overlap:

    after((k, rest…), (c, cs…)) = [k = c, or IS NULL] and each segment of after(rest, cs)
                                  then, where c is a value: [k beyond c], and [k IS NULL] where NULL comes last
                                  or, where c is NULL:      [k IS NOT NULL] where NULL comes first

A key that a segment binds by equality is left out of its ORDER BY, so that an index on the keys serves the rest.
Backward, every key is turned round, its place of NULL too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from sqlalchemy import Boolean, ColumnElement, Double, UnaryExpression, and_, or_, tuple_
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from pyrsql.cursor import Carried
from pyrsql.orms.sqlalchemy.carried import CarriedValue
from pyrsql.orms.sqlalchemy.order import NullsPlaced
from pyrsql.orms.sqlalchemy.select_parts import all_of, any_of, bound

Nulls = Literal["first", "last", "never", "database"]
"""Where a term has NULL. The database decides where nobody else does."""

_TURNED: dict[Nulls, Nulls] = {"first": "last", "last": "first", "never": "never", "database": "database"}


class _Condition(FunctionElement[bool]):
    """A condition that stands in WHERE as it is: SQLAlchemy would compare it with 1 where a database has no booleans,
    and no index serves that.
    """

    inherit_cache: bool | None = True
    type: TypeEngine[Any] = Boolean()

    def self_group(self, against: Any = None) -> Any:
        return self


class Beyond(_Condition):
    """A comparison of several keys at once, as a row value or as a ladder of comparisons: databases read the range from
    an index in one form or in the other.
    """

    inherit_cache: bool | None = True

    def __init__(self, row_value: ColumnElement[bool], ladder: ColumnElement[bool]) -> None:
        super().__init__(row_value, ladder)


class NullIsLargest(_Condition):
    """Whether the database itself sorts NULL as the largest value."""

    inherit_cache: bool | None = True


class NullIsSmallest(_Condition):
    """Whether the database itself sorts NULL as the smallest value."""

    inherit_cache: bool | None = True


class ExactFloat(FunctionElement[float]):
    """A float of any size with all 64 bits: drivers round one of 32 bits."""

    inherit_cache: bool | None = True
    type: TypeEngine[Any] = Double()


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
    def bare(self) -> Term:
        """The same where a condition leaves no NULL."""
        return Term(self.value, self.descending, "never")

    @property
    def clause(self) -> ColumnElement[Any]:
        """The ORDER BY term."""
        if self.nulls in ("never", "database"):
            return self.value.desc() if self.descending else self.value
        return NullsPlaced(self.value, self.descending, self.nulls == "first")


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


class Segment(NamedTuple):
    """One range of rows.

    Args:
        conditions: makes what they have in common; called when the range is needed.
        order: the terms that order them.
        beyond: the terms, from `level` on, that a position is compared with at once.
        level: the number of keys bound by equality.
    """

    conditions: Callable[[], list[ColumnElement[bool]]]
    order: tuple[Term, ...]
    beyond: tuple[tuple[Term, BindParameter[Any]], ...] = ()
    level: int = 0

    @property
    def condition(self) -> ColumnElement[bool] | None:
        """The condition of its rows; None where it has every row."""
        found = self.conditions()
        if self.beyond:
            found.append(_beyond(self.beyond))
        return _all(found) if found else None


def first_segments(terms: tuple[Term, ...]) -> list[Segment]:
    """The list from its start: the rows whose first key is NULL apart, which no index puts where the order wants it."""
    first, rest = terms[0], terms[1:]
    values = Segment(lambda: [first.value.is_not(None)], (first.bare, *rest))
    nulls = Segment(lambda: [first.value.is_(None)], rest)
    match first.nulls:
        case "first":
            return [nulls, values]
        case "last":
            return [values, nulls]
        case "never" | "database":
            return [Segment(list, terms)]


def segments_behind(
    terms: tuple[Term, ...], values: Sequence[Carried], types: Sequence[TypeEngine[Any]]
) -> list[Segment]:
    """The rows behind a position, the nearest first."""
    bounds = [bound(value, type_) for value, type_ in zip(values, types, strict=True)]

    def common(level: int, *more: ColumnElement[bool]) -> list[ColumnElement[bool]]:
        """The keys before a level, bound by equality."""
        same = (
            term.value.is_(None) if value is None else _compared(term.value, operators.eq, position)
            for term, value, position in zip(terms[:level], values, bounds, strict=False)
        )
        return [*same, *more]

    found: list[Segment] = []
    for level in reversed(range(len(terms))):
        term, rest = terms[level], terms[level + 1 :]
        if values[level] is None:
            if (first := _if_nulls(term, "first")) is not None:
                conditions = partial(_with_null, common, level, term, first, null=False)
                found.append(Segment(conditions, (term.bare, *rest)))
            continue
        beyond: tuple[tuple[Term, BindParameter[Any]], ...] = ((term, bounds[level]),)
        if found and _continues(found[-1], level + 1, term):
            beyond += found.pop().beyond
        found.append(Segment(partial(common, level), (term.bare, *rest), beyond, level))
        if (last := _if_nulls(term, "last")) is not None:
            found.append(Segment(partial(_with_null, common, level, term, last, null=True), rest))
    return found


def _with_null(
    common: Callable[..., list[ColumnElement[bool]]],
    level: int,
    term: Term,
    more: tuple[ColumnElement[bool], ...],
    *,
    null: bool,
) -> list[ColumnElement[bool]]:
    """The keys before a level, bound by equality, and whether the key of the level is NULL."""
    return common(level, term.value.is_(None) if null else term.value.is_not(None), *more)


def _continues(nearest: Segment, level: int, term: Term) -> bool:
    """Whether a range and the one around it are one range of several keys: `[a = x, b > y]` and `[a > x]`."""
    return bool(nearest.beyond) and nearest.level == level and nearest.beyond[0][0].descending is term.descending


def _if_nulls(term: Term, place: Literal["first", "last"]) -> tuple[ColumnElement[bool], ...] | None:
    """The conditions under which a term has NULL first, or last; None where it never has."""
    if term.nulls == "database":
        return (NullIsLargest() if term.descending is (place == "first") else NullIsSmallest(),)
    return () if term.nulls == place else None


def leading(term: Term, value: Carried) -> ColumnElement[bool] | None:
    """The range of the first key that all rows behind a position are in; None where it is no range."""
    if value is None:
        return term.value.is_(None) if term.nulls == "last" else None
    place = bound(value, CarriedValue(term.value.type))
    reached = _compared(term.value, operators.le if term.descending else operators.ge, place)
    last = _if_nulls(term, "last")
    return reached if last is None else or_(reached, and_(term.value.is_(None), *last))


def _beyond(bounds: Sequence[tuple[Term, BindParameter[Any]]]) -> ColumnElement[bool]:
    """The rows beyond a position in several keys of one direction."""
    operator = operators.lt if bounds[0][0].descending else operators.gt
    (last, last_bound) = bounds[-1]
    ladder = _compared(last.value, operator, last_bound)
    for term, place in reversed(bounds[:-1]):
        same = _compared(term.value, operators.eq, place)
        ladder = any_of([_compared(term.value, operator, place), all_of([same, ladder])])
    if len(bounds) == 1:
        return ladder
    row_value = _compared(
        tuple_(*(term.value for term, _ in bounds)), operator, tuple_(*(place for _, place in bounds))
    )
    return Beyond(row_value, ladder)


def _compared(left: ColumnElement[Any], operator: Any, right: ColumnElement[Any]) -> ColumnElement[bool]:
    """A comparison of what is stored: a type of the developer's may have given the operator another meaning."""
    return BinaryExpression(left.self_group(operator), right, operator, type_=Boolean())


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return conditions[0] if len(conditions) == 1 else all_of(conditions)


def any_condition(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """One of the conditions holds."""
    return conditions[0] if len(conditions) == 1 else any_of(conditions)
