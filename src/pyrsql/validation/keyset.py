"""A page by position: the cursor checked against order and filter, and the page with its cursors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from returns.result import Failure, Result, Success

from pyrsql.cursor import CursorFormat, CursorRequest, Digests, Payload
from pyrsql.errors import ConfigurationError, ValidationError
from pyrsql.language.nodes import SortKey
from pyrsql.models.backend import Carried, Position, SortedInPart, Sought
from pyrsql.models.schema import Schema
from pyrsql.page import LARGEST_OFFSET
from pyrsql.problems import CursorProblem, Problem, Problems, UnsupportedSort
from pyrsql.validation.plan import Filter, Order, Seek, Statement
from pyrsql.validation.predicates import OrderKey
from pyrsql.validation.total_order import completing, is_total
from pyrsql.validation.validate import validate_sort

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, slots=True)
class Cut:
    """One page, read.

    Args:
        items: its rows, in the order of the request.
        next: the cursor of the page behind it; None where no row follows.
        prev: the cursor of the page before it; None on the first page.
    """

    items: list[Any]
    next: str | None
    prev: str | None


@dataclass(frozen=True, slots=True, eq=False)
class CursorSelect(Generic[TargetT]):
    """One page by position. `pipeline.seek` makes one.

    Args:
        whole: what it is a page of: narrowed, and sorted in a total order.
        order: that order.
        seek: the page.
        sought: the page as the backend made it.
    """

    whole: Statement[TargetT]
    order: Order
    seek: Seek
    sought: Sought[TargetT]

    @property
    def statement(self) -> TargetT:
        """One statement that gives the rows with their keys, one row more than the page has.

        With a forged cursor a database may refuse it, which `collect` turns into a problem.
        """
        return self.sought.statement

    @property
    def statements(self) -> tuple[TargetT, ...]:
        """The same rows as consecutive ranges of an index, each limited like the page.

        Run them in turn until the page is full, or let `collect` do so.
        """
        return self.sought.statements

    @property
    def count_statement(self) -> Any:
        """The count of all rows: a `Select[tuple[int]]`, or a number where there is no database."""
        return self.whole.count()

    @property
    def last_page(self) -> str:
        """The cursor of the last page."""
        return self._cursor(Position(True))

    def read(self, rows: Iterable[Any]) -> Cut:
        """The page of the rows of `statement`: without the keys and the extra row, with its cursors.

        Raises:
            ValidationError: a key has a value that no cursor carries.
        """
        return self._read(list(rows))[0]

    def collect(self, run: Callable[[TargetT], Any]) -> Cut:
        """Run the statements in turn until the page is full, and read it.

        Args:
            run: executes one: `session.execute`. It returns a `Result`, or rows.

        Raises:
            ValidationError: a key has a value that no cursor carries; the database refuses one of a forged cursor.
        """
        rows: list[Any] = []
        with self._refusing():
            for part in self.sought.parts():
                rows += _rows(run(part(self.seek.size + 1 - len(rows))))
                if len(rows) > self.seek.size:
                    break
        cut, behind = self._read(rows)
        for part in behind.parts() if behind is not None else ():
            if _rows(run(part(1))):
                return cut
        return cut if behind is None else replace(cut, next=None)

    async def acollect(self, run: Callable[[TargetT], Awaitable[Any]]) -> Cut:
        """`collect` with a function to await, such as `AsyncSession.execute`."""
        rows: list[Any] = []
        with self._refusing():
            for part in self.sought.parts():
                rows += _rows(await run(part(self.seek.size + 1 - len(rows))))
                if len(rows) > self.seek.size:
                    break
        cut, behind = self._read(rows)
        for part in behind.parts() if behind is not None else ():
            if _rows(await run(part(1))):
                return cut
        return cut if behind is None else replace(cut, next=None)

    def cursor(self, row: Any) -> str:
        """The cursor of the page behind a row of `statement`.

        Raises:
            ValidationError: a key has a value that no cursor carries.
        """
        return self._cursor(Position(False, self.sought.key(row)))

    @contextmanager
    def _refusing(self) -> Generator[None]:
        """Turns the error of a database that cannot compare the position into a problem with the cursor."""
        try:
            yield
        except Exception as error:
            if not self.sought.refuses(error):
                raise
            raise ValidationError((CursorProblem(reason="unreadable"),)) from error

    def _read(self, rows: list[Any]) -> tuple[Cut, Sought[TargetT] | None]:
        """The page, and the rows behind it where only the database knows whether there are any."""
        size, position = self.seek.size, self.seek.position
        backward, inside = position.backward, position.values is not None
        more = len(rows) > size
        rows = rows[:size]
        if backward:
            rows.reverse()
        # Only the database knows whether a row follows a page that was reached backward.
        asks = backward and inside
        if not rows:
            # Behind the last row stands the end of the list, and before the first one its start.
            other = self._cursor(Position(not backward)) if inside else None
            cut = Cut([], other if backward else None, None if backward else other)
            return cut, self._one_at(Position(False)) if asks else None
        has_prev, has_next = (more, inside) if backward else (inside, more)
        first, last = self.sought.key(rows[0]), self.sought.key(rows[-1])
        few = len(rows) // 5
        behind = Position(False, last, few_ties=self._are_apart(rows[-1 - few], rows[-1]))
        before = Position(True, first, few_ties=self._are_apart(rows[0], rows[few]))
        cut = Cut(
            [self.sought.item(row) for row in rows],
            self._cursor(behind) if has_next else None,
            self._cursor(before) if has_prev else None,
        )
        return cut, self._one_at(behind) if asks else None

    def _are_apart(self, one: Any, other: Any) -> bool:
        """Whether two rows differ in more than the last key."""
        return _tied(self.sought.key(one)) != _tied(self.sought.key(other))

    def _one_at(self, position: Position) -> Sought[TargetT]:
        return _sought(self.whole, self.order, position, 1)

    def _cursor(self, position: Position) -> str:
        self._refuse_unreadable(position)
        text = self.seek.format.write(Payload(position, self.seek.digests))
        if text is not None:
            return text
        lengths = [sum(len(value or "") for value in key) for key in position.values or ()]
        raise _no_cursor(self.order.schema, _keys(self.order)[lengths.index(max(lengths))], _TOO_LONG)

    def _refuse_unreadable(self, position: Position) -> None:
        """A row may hold what its column is not declared for: its cursor would be refused. A text may be longer than
        its database sorts by: its page would begin at another row.
        """
        schema = self.order.schema
        for key, value in zip(_keys(self.order), position.values or (), strict=False):
            if not schema.orm.can_seek((key,), schema.sort_options, (value,)):
                raise _no_cursor(schema, key, "a row has a value that its type does not have")
            if any(isinstance(part, SortedInPart) for part in value):
                raise _no_cursor(schema, key, _IN_PART)


_IN_PART = "the database sorts by a part of some values only, so that no page can continue from them"
_TOO_LONG = "a row has a value that is too long to continue from"


def _no_cursor(schema: Schema, key: OrderKey, reason: str) -> ValidationError:
    """The problem with a key. Only a key that the client may sort by has a name: it may know no other one."""
    path = key.operand.path
    known = isinstance(validate_sort(schema, (SortKey(path),)), Success)
    return ValidationError((UnsupportedSort(source="sort", field=path if known else None, reason=reason),))


def open_cursor(request: CursorRequest, filter: Filter, order: Order, format: CursorFormat) -> Result[Seek, Problems]:
    """Check a cursor against the filter and the order of the same request.

    Args:
        request: the requested page.
        filter: the filter.
        order: the order; `total_order` gives that of a request without a sort.
        format: how cursors are written.

    Problems: CursorProblem, LimitExceeded.
    """
    digests = Digests(order.digest, filter.digest)
    if request.cursor is None:
        return Success(Seek(request.size, Position(request.backward), digests, format))
    found = format.read(request.cursor)
    if not isinstance(found, Payload):
        return Failure((found,))
    if found.digests.sort != digests.sort:
        return Failure((CursorProblem(reason="sort"),))
    if found.digests.filter != digests.filter:
        return Failure((CursorProblem(reason="filter"),))
    schema, values = order.schema, found.position.values
    if values is not None and not schema.orm.can_seek(_keys(order), schema.sort_options, values):
        return Failure((CursorProblem(reason="unreadable"),))
    return Success(Seek(request.size, found.position, digests, format))


def unreadable_cursor(request: CursorRequest, format: CursorFormat) -> tuple[Problem, ...]:
    """The problem of a cursor, whatever filter and order it belongs to."""
    found = None if request.cursor is None else format.read(request.cursor)
    return () if found is None or isinstance(found, Payload) else (found,)


def total_order(schema: Schema, order: Order | None) -> Order:
    """The order of a page by position: that of the sort, or of the identity without a sort.

    Raises:
        ConfigurationError: the model has no unique key.
    """
    chosen = Order(schema, (), completing(schema.model)) if order is None else order
    if not is_total(schema.model, chosen.keys):
        raise ConfigurationError(
            f"{schema.model.name} has no unique key, which a page by cursor needs: map a primary key, or use pages"
        )
    return chosen


def cursor_select(statement: Statement[TargetT], order: Order, seek: Seek) -> CursorSelect[TargetT]:
    """The page of a statement that a cursor leads to.

    Args:
        statement: narrowed, and sorted if it is sorted at all.
        order: the order that the cursor was checked against.
        seek: the page.
    """
    whole = statement
    if whole.order is None:
        schema = statement.schema
        lowered = schema.orm.sort(statement.lowered, schema.model, (), order.completing, schema.sort_options)
        whole = replace(statement, lowered=lowered, order=order)
    limit = min(seek.size + 1, LARGEST_OFFSET)
    return CursorSelect(whole, order, seek, _sought(whole, order, seek.position, limit))


def _sought(whole: Statement[TargetT], order: Order, position: Position, limit: int) -> Sought[TargetT]:
    schema = whole.schema
    return schema.orm.seek(whole.lowered, schema.model, _keys(order), schema.sort_options, position, limit)


def _keys(order: Order) -> tuple[OrderKey, ...]:
    return order.keys + order.completing


def _tied(values: tuple[tuple[Carried, ...], ...]) -> list[str | None]:
    """The keys but the last, the same for rows that may tie: a collation may ignore case, or blanks at the end."""
    return [value and value.rstrip().casefold() for key in values[:-1] for value in key]


def _rows(result: Any) -> Sequence[Any]:
    """The rows of a `Result`, each once: a joined collection repeats them."""
    return cast("Sequence[Any]", result.unique().all() if hasattr(result, "unique") else list(result))
