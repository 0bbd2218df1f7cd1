"""A page of a select by position: the statements that give its rows, and the values of each row in a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, ColumnElement, Select, type_coerce
from sqlalchemy.exc import DBAPIError

from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.backend import Carried, Position
from pyrsql.models.kinds import Kind
from pyrsql.options import FieldOptions, JSONSortScalarType
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.base_statements import BaseStatement
from pyrsql.orms.sqlalchemy.carried import CarriedValue, SelectedKey, is_written
from pyrsql.orms.sqlalchemy.carried_text import fits
from pyrsql.orms.sqlalchemy.driver_errors import error_number, sqlstate
from pyrsql.orms.sqlalchemy.elements import all_of, any_of, bound, with_part
from pyrsql.orms.sqlalchemy.json.values import leads_nowhere
from pyrsql.orms.sqlalchemy.mapping_facts import made_once
from pyrsql.orms.sqlalchemy.order import is_never_null
from pyrsql.orms.sqlalchemy.segments import (
    Segment,
    Term,
    first_segments,
    in_turn,
    leading,
    order_by,
    segments_behind,
    term_of,
)
from pyrsql.validation.predicates import FieldOperand, OrderKey

_INCOMPARABLE = (1267, 1300, 4078)
"""The errors of MariaDB and MySQL for a letter that the character set of a column lacks, for bytes that are no text,
and for another type."""

_UNREADABLE = ("22", "42", "54")
"""The classes of PostgreSQL's errors for a text that is no value of a type: malformed, or too large for it."""

MOST_SEGMENTS = 8
"""Statements of one page at most. Deeper levels are an OR inside the last."""


_NUMBER = kinds.Float()
_TEXT = kinds.Json()


def parts_of(key: OrderKey, options: FieldOptions) -> tuple[Kind, ...]:
    """The kinds of the terms of a key: one, or those that together order values of a JSON document."""
    operand = key.operand
    if not isinstance(operand, FieldOperand) or not operand.keys:
        return (operand.kind,)
    if leads_nowhere(operand.keys):
        return ()
    match options.json_options.sort_field_types.get(operand.path):
        case None:
            return (_NUMBER, _NUMBER, _NUMBER, _TEXT)
        case JSONSortScalarType.INTEGER | JSONSortScalarType.FLOAT | JSONSortScalarType.NUMERIC:
            return (_NUMBER, _NUMBER)
        case JSONSortScalarType.TEXT | JSONSortScalarType.BOOLEAN:
            return (_TEXT,)
        case (
            JSONSortScalarType.DATE
            | JSONSortScalarType.TIME
            | JSONSortScalarType.DATETIME
            | JSONSortScalarType.DATETIME_TZ
        ):
            return (_NUMBER,)


def can_seek(keys: tuple[OrderKey, ...], options: FieldOptions, values: tuple[tuple[Carried, ...], ...]) -> bool:
    """Whether values that a client sent can be carried values of these keys."""
    if len(values) != len(keys):
        return False
    for key, carried in zip(keys, values, strict=True):
        expected = parts_of(key, options)
        if len(expected) != len(carried):
            return False
        known = _has_known_values(key)
        for kind, text in zip(expected, carried, strict=True):
            if not fits(kind, known, text):
                return False
    return True


def _has_known_values(key: OrderKey) -> bool:
    """Whether the values of a key are stored as their kind is: neither a type nor an expression of the developer's says
    how.
    """
    operand = key.operand
    if not isinstance(operand, FieldOperand):
        return False
    return bool(operand.keys) or (operand.field.accepts is None and not operand.field.computed)


def refuse_base(unsorted: Select[Any]) -> None:
    """Refuse a base statement with rows that no cursor can continue.

    Raises:
        ConfigurationError: it has an order, a cut or groups of its own.
    """
    if parts.order_of(unsorted):
        raise ConfigurationError(
            "the base statement has an ORDER BY, which a page by cursor cannot continue: leave it out and give the"
            " order as a sort, or select from it, as in select(aliased(User, base.subquery()))"
        )
    if parts.has_limit(unsorted) or parts.group_columns(unsorted) or parts.is_distinct_on(unsorted):
        raise ConfigurationError(
            "a page by cursor needs a base statement without LIMIT, GROUP BY and DISTINCT ON: select from it, as in"
            " select(aliased(User, base.subquery()))"
        )


def sought(
    base: BaseStatement,
    unsorted: Select[Any],
    keys: tuple[OrderKey, ...],
    options: FieldOptions,
    position: Position,
    limit: int,
) -> SoughtRows:
    """The page of a sorted select that a position leads to.

    Args:
        base: the select, narrowed and sorted.
        unsorted: the same before it was sorted.
        keys: what it was sorted by, those that complete the order included.
        options: what the order was validated under.
        position: where the page begins.
        limit: the most rows.

    Raises:
        ConfigurationError: the base statement has an order, a cut or groups of its own.
    """
    refuse_base(unsorted)
    sizes = tuple(len(parts_of(key, options)) for key in keys)
    of_term = [key for key, size in zip(keys, sizes, strict=True) for _ in range(size)]
    may_be_null = tuple(_may_be_null(key, base) for key in of_term)
    order = OrderBy(parts.order_of(base.select), may_be_null)
    return SoughtRows(base.select, order, sizes, position, limit, indexed=all(map(_is_column, keys)))


def _may_be_null(key: OrderKey, base: BaseStatement) -> bool:
    """Whether a term may be NULL that does not say where NULL goes."""
    if key.nulls_first is not None:
        return False
    if not (base.rooted and _is_column(key)):
        return True
    return not is_never_null(cast("FieldOperand", key.operand).field, base.scope[()])


def _is_column(key: OrderKey) -> bool:
    """Whether a key is a column of the root, as it is stored."""
    operand = key.operand
    return (
        isinstance(operand, FieldOperand)
        and not (operand.relations or operand.keys or operand.field.computed or key.ignore_case or key.collection)
        and isinstance(operand.field.source, str)
        and not isinstance(operand.kind, kinds.Enumeration)
        and operand.kind != kinds.Time(aware=True)
    )


class Ranges(NamedTuple):
    """The ranges that a page is read from, still without the values of a position.

    Args:
        keys: the columns that a cursor carries.
        terms: the order, in the direction of the page.
        places: a parameter for each key.
        segments: the ranges in turn.
        turns: the first of them, as the statements that read them.
        order: the ORDER BY of all of them.
    """

    keys: tuple[ColumnElement[Any], ...]
    terms: tuple[Term, ...]
    places: tuple[BindParameter[Any], ...]
    segments: tuple[Segment, ...]
    turns: tuple[Segment, ...]
    order: tuple[ColumnElement[Any], ...]


class OrderBy:
    """ORDER BY terms, which equal no others but themselves: SQLAlchemy takes the same column of two classes, of which
    one has fewer rows, for equal.

    Args:
        clauses: the terms, in the direction of the list.
        may_be_null: for each, whether it may be NULL where it does not say where NULL goes.
    """

    def __init__(self, clauses: tuple[ColumnElement[Any], ...], may_be_null: tuple[bool, ...]) -> None:
        self.clauses = clauses
        self.may_be_null = may_be_null
        self.identity: tuple[int | bool, ...] = (*map(id, clauses), *may_be_null)

    def __hash__(self) -> int:
        return hash(self.identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderBy) and self.identity == other.identity


def _ranges(order: OrderBy, backward: bool, null: tuple[bool, ...] | None, few_ties: bool) -> Ranges:
    """The ranges of an order.

    Args:
        order: its terms.
        backward: the page ends before the position.
        null: for each term, whether the position has NULL; None without a position.
        few_ties: a statement may read the rows that tie with the position, which are few.
    """
    terms = tuple(
        term_of(clause, may_be_null=may_be_null)
        for clause, may_be_null in zip(order.clauses, order.may_be_null, strict=True)
    )
    keys = tuple(_key_column(term.value, number) for number, term in enumerate(terms))
    turned = tuple(term.turned for term in terms) if backward else terms
    segments = first_segments(turned) if null is None else segments_behind(turned, null)
    apart = segments if len(segments) <= MOST_SEGMENTS else segments[: MOST_SEGMENTS - 1]
    turns = tuple(turn for segment in apart for turn in in_turn(segment, keys=len(terms), few_ties=few_ties))
    places = tuple(bound(None, key.type) for key in keys)
    return Ranges(keys, turned, places, tuple(segments), turns, order_by(turned))


_ranges_of_columns = made_once(_ranges, kept=128)
"""The same for columns of a root, which are the same in each statement; values that are computed are not. The ranges of
six keys take 17 KB."""


def rebound(template: BindParameter[Any], value: object) -> BindParameter[Any]:
    """A parameter like another, with a name and a value of its own."""
    made = with_part(template, "value", value)
    made.key = parts.numbered_name("param", made)
    return made


def _key_column(value: ColumnElement[Any], number: int) -> ColumnElement[Any]:
    """A term as a column of its own, which a cursor can carry.

    It names no entity: `subqueryload` would select from the alias of a path once more.
    """
    return type_coerce(SelectedKey(parts.without_entities(value)), CarriedValue(value.type)).label(
        f"pyrsql_key_{number}"
    )


class SoughtRows:
    """The page of a select by position.

    Args:
        select: narrowed and joined; its order is replaced.
        order: the ORDER BY terms of the list.
        sizes: how many terms each key of the order has.
        position: where the page begins.
        limit: the most rows.
        indexed: every term is a column of the root, so that an index may serve its ranges.
    """

    def __init__(
        self,
        select: Select[Any],
        order: OrderBy,
        sizes: tuple[int, ...],
        position: Position,
        limit: int,
        *,
        indexed: bool,
    ) -> None:
        values = None if position.values is None else [value for key in position.values for value in key]
        found = (_ranges_of_columns if indexed else _ranges)(
            order,
            position.backward,
            None if values is None else tuple([value is None for value in values]),
            position.few_ties,
        )
        self._select = parts.read_at_once(select)
        self._limit = limit
        self._sizes = sizes
        self._indexed = indexed
        self._ranges = found
        self._bounds = [rebound(*placed) for placed in zip(found.places, values or (), strict=False)]

    @cached_property
    def statement(self) -> Select[Any]:
        """All rows at once: the segments joined by OR, behind the range of the first key."""
        return self._whole(self._limit)

    @cached_property
    def statements(self) -> tuple[Select[Any], ...]:
        """The segments in turn."""
        return tuple(part(self._limit) for part in self.parts())

    def parts(self) -> Iterator[Callable[[int], Select[Any]]]:
        """The segments in turn, each made when it is needed: the first one fills most pages."""
        if not self._indexed:
            yield self._whole
            return
        for segment in self._ranges.turns:
            yield partial(self._of, segment)
        if len(self._ranges.segments) > MOST_SEGMENTS:
            yield partial(self._any, self._ranges.segments[MOST_SEGMENTS - 1 :])

    def item(self, row: Any) -> Any:
        """The entity of a row, or the whole row where the select has more columns."""
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

    def refuses(self, error: Exception) -> bool:
        """Whether an error says that no row gave the values of the position."""
        original = error.orig if isinstance(error, DBAPIError) else None
        if error_number(original) in _INCOMPARABLE:
            return bool(self._bounds)
        return (sqlstate(original) or "").startswith(_UNREADABLE) and any(
            is_written(bound.type) for bound in self._bounds
        )

    def _whole(self, limit: int) -> Select[Any]:
        segments = self._ranges.segments
        if not self._bounds:
            return self._made((), self._ranges.order, limit)
        return self._of(segments[0], limit) if len(segments) == 1 else self._any(segments, limit)

    def _of(self, segment: Segment, limit: int) -> Select[Any]:
        return self._made(segment.conditions(self._bounds), segment.order, limit)

    def _any(self, segments: Sequence[Segment], limit: int) -> Select[Any]:
        choice = any_of([all_of(segment.conditions(self._bounds)) for segment in segments])
        lead = leading(self._ranges.terms[0], self._bounds[0])
        return self._made((choice,) if lead is None else (lead, choice), self._ranges.order, limit)

    def _made(
        self, conditions: Sequence[ColumnElement[bool]], order: tuple[ColumnElement[Any], ...], limit: int
    ) -> Select[Any]:
        return parts.positioned(self._select, self._ranges.keys, conditions, order).limit(limit)
