"""A page of a select by position: which statements give its rows, and what a cursor carries of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Float, Select, type_coerce

from pyrsql.cursor import Carried, Position
from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.kinds import Kind
from pyrsql.options import FieldOptions, JSONSortScalarType
from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.carried import CarriedValue, fits
from pyrsql.orms.sqlalchemy.json.values import leads_nowhere
from pyrsql.orms.sqlalchemy.segments import (
    ExactFloat,
    Segment,
    Term,
    any_condition,
    first_segments,
    leading,
    segments_behind,
    term_of,
)
from pyrsql.validation.predicates import FieldOperand, OrderKey

_REMEMBERED = 1_024
"""Key columns that are kept. Clients can name no others than there are."""

MOST_SEGMENTS = 8
"""Statements of one page at most. Deeper levels are an OR inside the last."""


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
        # The columns of a root are the same in each statement; computed values are not.
        made = _key_column if indexed else _key_column.__wrapped__
        keys = [made(term.value, number) for number, term in enumerate(terms)]
        self._select = select.add_columns(*keys).order_by(None).limit(limit)
        self._sizes = sizes
        self._terms = tuple(term.turned for term in terms) if position.backward else tuple(terms)
        flat = None if position.values is None else [value for key in position.values for value in key]
        self._indexed = indexed
        types = [key.type for key in keys]
        self._segments = first_segments(self._terms) if flat is None else segments_behind(self._terms, flat, types)
        self._first = None if flat is None else flat[0]
        self._starts = flat is None

    @cached_property
    def statement(self) -> Select[Any]:
        """All rows at once: the segments joined by OR, behind the range of the first key."""
        if self._starts:
            return self._made((), self._terms)
        if len(self._segments) == 1:
            return self._of(self._segments[0])
        return self._any(self._segments)

    @cached_property
    def statements(self) -> tuple[Select[Any], ...]:
        """The segments in turn."""
        return tuple(self.parts())

    def parts(self) -> Iterator[Select[Any]]:
        """The segments in turn, each made when it is needed: the first one fills most pages."""
        if not self._indexed or len(self._segments) < 2:
            yield self.statement
            return
        few = len(self._segments) <= MOST_SEGMENTS
        alone = self._segments if few else self._segments[: MOST_SEGMENTS - 1]
        yield from map(self._of, alone)
        if not few:
            yield self._any(self._segments[MOST_SEGMENTS - 1 :])

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

    def _of(self, segment: Segment) -> Select[Any]:
        condition = segment.condition
        return self._made(() if condition is None else (condition,), segment.order)

    def _any(self, segments: Sequence[Segment]) -> Select[Any]:
        choice = any_condition([condition for segment in segments if (condition := segment.condition) is not None])
        lead = None if self._starts else leading(self._terms[0], self._first)
        return self._made((choice,) if lead is None else (lead, choice), self._terms)

    def _made(self, conditions: tuple[ColumnElement[bool], ...], order: tuple[Term, ...]) -> Select[Any]:
        """The select with conditions and an order."""
        return self._select.where(*conditions).order_by(*(term.clause for term in order))


@lru_cache(maxsize=_REMEMBERED)
def _key_column(value: ColumnElement[Any], number: int) -> ColumnElement[Any]:
    """A term as a column of its own, which a cursor can carry."""
    exact = ExactFloat(value) if isinstance(value.type, Float) else value
    return type_coerce(exact, CarriedValue(value.type)).label(f"pyrsql_key_{number}")
