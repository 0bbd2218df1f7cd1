"""The rows next to a position, as ranges of an index.

The rows after a position are consecutive segments that do not overlap:

    after((k, rest…), (c, cs…)) = [k = c, or IS NULL] and each segment of after(rest, cs)
                                  then, where c is a value: [k beyond c], and [k IS NULL] where NULL comes last
                                  or, where c is NULL:      [k IS NOT NULL] where NULL comes first

A key that a segment binds by equality is left out of its ORDER BY, so that an index on the keys serves the rest.
Backward, every key is reversed, NULLS FIRST included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    UnaryExpression,
    and_,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter

from pyrsql.orms.sqlalchemy.elements import Condition, all_of, any_of, bound, with_arguments, with_part
from pyrsql.orms.sqlalchemy.order import NullsPlaced
from pyrsql.orms.sqlalchemy.select_parts import order_of

Nulls = Literal["first", "last", "never", "database"]
"""Where a term has NULL. Without NULLS FIRST or LAST the database decides."""

_TURNED: dict[Nulls, Nulls] = {"first": "last", "last": "first", "never": "never", "database": "database"}


class KeyRange(Condition):
    """A condition on several keys of one direction, and a position: the keys, then as many values."""

    operator: Callable[[Any, Any], Any] = operators.gt

    def halves(self) -> tuple[list[ColumnElement[Any]], list[ColumnElement[Any]]]:
        """The keys and the values."""
        found = list(self.clauses)
        return found[: len(found) // 2], found[len(found) // 2 :]

    @property
    def row_value(self) -> ColumnElement[bool]:
        """`(a, b) > (x, y)`; of one key, `a > x`."""
        keys, values = self.halves()
        if len(keys) == 1:
            return compared(keys[0], self.operator, values[0])
        return compared(tuple_(*keys), self.operator, tuple_(*values))

    @property
    def ladder(self) -> ColumnElement[bool]:
        """`a > x OR (a = x AND b > y)`."""
        keys, values = self.halves()
        ladder: ColumnElement[bool] = compared(keys[-1], self.operator, values[-1])
        for key, value in zip(reversed(keys[:-1]), reversed(values[:-1]), strict=True):
            same = compared(key, operators.eq, value)
            ladder = any_of([compared(key, self.operator, value), all_of([same, ladder])])
        return ladder

    @property
    def from_tie(self) -> ColumnElement[bool]:
        """`a >= x AND (a != x OR b > y)`."""
        (first, last), (reached, passed) = self.halves()
        from_it = compared(first, operators.ge if self.operator is operators.gt else operators.le, reached)
        return all_of(
            [from_it, any_of([compared(first, operators.ne, reached), compared(last, self.operator, passed)])]
        )

    @property
    def level(self) -> ColumnElement[bool]:
        """`a = x AND b > y`: of the rows beyond, those that tie with the position in all keys but the last."""
        keys, values = self.halves()
        same = [compared(key, operators.eq, value) for key, value in zip(keys[:-1], values[:-1], strict=True)]
        return all_of([*same, compared(keys[-1], self.operator, values[-1])])


class Beyond(KeyRange):
    """The rows beyond a position.

    Databases read the range from an index as a row value or as a ladder of comparisons: one form or the other.
    """

    @property
    def ends_with_row_id(self) -> bool:
        """The last key is an integer that is the primary key alone: on SQLite that is the row id."""
        key = self.halves()[0][-1]
        alone = isinstance(key, Column) and key.primary_key and len(key.table.primary_key) == 1
        return alone and isinstance(key.type, Integer)


class Nearest(Beyond):
    """The same, but on SQLite only the rows that tie with the position in all keys but the last.

    SQLite begins a row value's range at the first row whose keys equal the values, without the row id among them, and
    compares each row: it would read all rows that tie with the position.
    """


class Farther(KeyRange):
    """On SQLite the rows beyond the position in one more key: `Nearest` of fewer keys. Elsewhere none: `Nearest` has
    them all.
    """


class Below(Beyond):
    """`Beyond` where the keys descend."""

    operator: Callable[[Any, Any], Any] = operators.lt


class NearestBelow(Nearest, Below):
    """`Nearest` where the keys descend."""


class FartherBelow(Farther):
    """`Farther` where the keys descend."""

    operator: Callable[[Any, Any], Any] = operators.lt


class NullIsLargest(Condition):
    """Whether the database itself sorts NULL as the largest value."""


class NullIsSmallest(Condition):
    """Whether the database itself sorts NULL as the smallest value."""


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
    """The term of an ORDER BY clause that pyrsql made.

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


class Test(NamedTuple):
    """A condition on keys, still without the values of a position.

    Args:
        template: compares keys with placeholders.
        levels: the keys.
    """

    template: BinaryExpression[bool] | KeyRange
    levels: range

    def at(self, bounds: Sequence[BindParameter[Any]]) -> ColumnElement[bool]:
        """The condition with the values of a position."""
        template, levels = self
        if isinstance(template, KeyRange):
            keys = list(template.clauses)[: len(levels)]
            return with_arguments(template, [*keys, *bounds[levels.start : levels.stop]])
        return with_part(template, "right", bounds[levels.start])


class Segment(NamedTuple):
    """One range of rows.

    Args:
        tests: compare keys with the values of a position.
        fixed: conditions without values: where NULL is.
        order: the ORDER BY of its rows.
    """

    tests: tuple[Test, ...]
    fixed: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[Any], ...]

    def conditions(self, bounds: Sequence[BindParameter[Any]]) -> list[ColumnElement[bool]]:
        """The conditions of its rows, all of which hold."""
        return [*(test.at(bounds) for test in self.tests), *self.fixed]


def order_by(terms: Sequence[Term]) -> tuple[ColumnElement[Any], ...]:
    """The ORDER BY of terms."""
    return order_of(select(literal(1)).order_by(*(term.clause for term in terms)))


def first_segments(terms: tuple[Term, ...]) -> list[Segment]:
    """The list from its start: the rows whose first key is NULL apart, which no index puts where the order wants it."""
    first, rest = terms[0], terms[1:]
    values = Segment((), (first.value.is_not(None),), order_by([first.bare, *rest]))
    nulls = Segment((), (first.value.is_(None),), order_by(rest))
    match first.nulls:
        case "first":
            return [nulls, values]
        case "last":
            return [values, nulls]
        case "never" | "database":
            return [Segment((), (), order_by(terms))]


def segments_behind(terms: tuple[Term, ...], null: tuple[bool, ...]) -> list[Segment]:
    """The rows behind a position, the nearest first.

    Args:
        terms: the order.
        null: for each term, whether the position has NULL.
    """
    found: list[Segment] = []
    equal = [Test(_template(term, operators.eq), range(level, level + 1)) for level, term in enumerate(terms)]
    is_null = [term.value.is_(None) for term in terms]
    # The level where the nearest range begins, if it is one that a range around it can continue.
    beyond: range | None = None
    for level in reversed(range(len(terms))):
        term, rest = terms[level], terms[level + 1 :]
        not_null = order_by([term.bare, *rest])
        same = tuple(equal[before] for before in range(level) if not null[before])
        nulls = tuple(is_null[before] for before in range(level) if null[before])
        if null[level]:
            if (first := _if_nulls(term, "first")) is not None:
                found.append(Segment(same, (*nulls, term.value.is_not(None), *first), not_null))
            beyond = None
            continue
        if beyond is not None and beyond.start == level + 1 and terms[level + 1].descending is term.descending:
            # `[a = x, b > y]` and `[a > x]` are one range of two keys.
            found.pop()
            beyond = range(level, beyond.stop)
        else:
            beyond = range(level, level + 1)
        found.append(Segment((*same, Test(_beyond(terms, beyond), beyond)), nulls, not_null))
        if (last := _if_nulls(term, "last")) is not None:
            found.append(Segment(same, (*nulls, is_null[level], *last), order_by(rest)))
            beyond = None
    return found


def _if_nulls(term: Term, place: Literal["first", "last"]) -> tuple[ColumnElement[bool], ...] | None:
    """The conditions under which a term has NULL first, or last; None where it never has."""
    if term.nulls == "database":
        return (NullIsLargest() if term.descending is (place == "first") else NullIsSmallest(),)
    return () if term.nulls == place else None


def leading(term: Term, bound: BindParameter[Any]) -> ColumnElement[bool] | None:
    """The range of the first key that all rows behind a position are in; None where it is no range."""
    if bound.value is None:
        return term.value.is_(None) if term.nulls == "last" else None
    reached = compared(term.value, operators.le if term.descending else operators.ge, bound)
    last = _if_nulls(term, "last")
    return reached if last is None else or_(reached, and_(term.value.is_(None), *last))


def _beyond(terms: Sequence[Term], levels: range) -> BinaryExpression[bool] | Beyond:
    """A comparison of the keys of some levels, which have one direction, with placeholders."""
    first = terms[levels.start]
    if len(levels) == 1:
        return _template(first, operators.lt if first.descending else operators.gt)
    keys = [terms[level].value for level in levels]
    return (Below if first.descending else Beyond)(*keys, *map(_placeholder, keys))


def _template(term: Term, operator: Any) -> BinaryExpression[bool]:
    return compared(term.value, operator, _placeholder(term.value))


def _placeholder(value: ColumnElement[Any]) -> BindParameter[Any]:
    return bound(None, value.type)


def compared(left: ColumnElement[Any], operator: Any, right: ColumnElement[Any]) -> BinaryExpression[bool]:
    """A comparison of stored values: a type of the developer's may have given the operator another meaning."""
    return BinaryExpression(left.self_group(operator), right, operator, type_=Boolean())


def in_turn(segment: Segment, *, keys: int, few_ties: bool) -> Iterator[Segment]:
    """A range as consecutive ones, which SQLite reads from an index without the rows that tie with the position.

    Args:
        segment: the range.
        keys: how many keys the order has.
        few_ties: the rows that tie in all keys but the last are few: a range of all keys may read them.
    """
    *before, last = segment.tests or (None,)
    if last is None or not isinstance(last.template, Beyond):
        yield segment
        return
    # All keys are unique together, but on SQLite the row id is no part of a range of several keys.
    if last.levels.stop == keys and (few_ties or not last.template.ends_with_row_id):
        yield segment
        return
    columns, _ = last.template.halves()
    nearest, farther = (NearestBelow, FartherBelow) if isinstance(last.template, Below) else (Nearest, Farther)
    for count in range(len(columns), 0, -1):
        kind = nearest if count == len(columns) else farther
        levels = range(last.levels.start, last.levels.start + count)
        test = Test(kind(*columns[:count], *map(_placeholder, columns[:count])), levels)
        yield Segment((*before, test), segment.fixed, segment.order)
