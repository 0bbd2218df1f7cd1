"""The rows next to a position, found by comparing each row with it: what segments of an index are tested against."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

from pyrsql.models import kinds
from pyrsql.models.backend import Carried, Position
from pyrsql.models.kinds import Kind
from pyrsql.options import FieldOptions, JSONSortScalarType
from pyrsql.orms.memory.functions import Functions
from pyrsql.orms.memory.order import sort_value
from pyrsql.orms.memory.rows import Row, rows_of
from pyrsql.validation.predicates import FieldOperand, OrderKey
from pyrsql.validation.text import UNBINDABLE

NumberT = TypeVar("NumberT", float, decimal.Decimal)


class PlacedRow(NamedTuple):
    """A row, and the values that it is ordered by."""

    row: Row
    values: tuple[Any, ...]


class SoughtRows:
    """The page of a sorted list by position.

    Args:
        rows: the rows of the page, the nearest to the position first.
    """

    def __init__(self, rows: list[PlacedRow]) -> None:
        self.statement = rows
        self.statements: tuple[list[PlacedRow]] = (rows,)

    def parts(self) -> Iterator[Callable[[int], list[PlacedRow]]]:
        """The one part."""
        yield lambda limit: self.statement[:limit]

    def item(self, row: PlacedRow) -> Row:
        """The row itself."""
        return row.row

    def key(self, row: PlacedRow) -> tuple[tuple[Carried, ...], ...]:
        """The carried values of a row."""
        return tuple((_carried(value),) for value in row.values)

    def refuses(self, error: Exception) -> bool:
        """Every value can be compared."""
        return False


def sought(
    target: object,
    keys: tuple[OrderKey, ...],
    options: FieldOptions,
    functions: Functions,
    position: Position,
    limit: int,
) -> SoughtRows:
    """The page of a sorted list that a position leads to.

    Args:
        target: the sorted rows.
        keys: what they are sorted by, those that complete the order included.
        options: what the order was validated under.
        functions: what calls call.
        position: where the page begins.
        limit: the most rows.
    """
    placed = [
        PlacedRow(row, tuple(sort_value(row, key, options, functions) for key in keys)) for row in rows_of(target)
    ]
    if position.backward:
        placed.reverse()
    if position.values is not None:
        place = tuple(_value(carried) for (carried,) in position.values)
        wanted = -1 if position.backward else 1
        placed = [one for one in placed if _compared(one.values, place, keys) == wanted]
    return SoughtRows(placed[:limit])


def can_seek(keys: tuple[OrderKey, ...], options: FieldOptions, values: tuple[tuple[Carried, ...], ...]) -> bool:
    """Whether values that a client sent can be carried values of these keys."""
    return len(values) == len(keys) and all(
        len(carried) == 1 and (carried[0] is None or _fits(key, options, carried[0]))
        for key, carried in zip(keys, values, strict=True)
    )


def _compared(values: tuple[Any, ...], place: tuple[Any, ...], keys: tuple[OrderKey, ...]) -> int:
    """-1 for values before a place, 1 for values behind it, 0 for the place itself."""
    for value, other, key in zip(values, place, keys, strict=True):
        if value is None or other is None:
            if value is not other:
                nulls_first = key.descending if key.nulls_first is None else key.nulls_first
                return -1 if (value is None) is nulls_first else 1
        elif value != other:
            return -1 if (value < other) is not key.descending else 1
    return 0


def _fits(key: OrderKey, options: FieldOptions, text: str) -> bool:
    """Whether a text can be a carried value of a key: one of the types that its values have, and no other."""
    try:
        value = _value(text)
    except (ValueError, ArithmeticError, IndexError, KeyError):
        return False
    operand = key.operand
    if isinstance(operand, FieldOperand) and operand.keys:
        by_type = options.json_options.sort_field_types.get(operand.path)
        if by_type is None:
            return _is_pair(value) and value[0] < len(_BY_RANK) and type(value[1]) is _BY_RANK[value[0]]
        return type(value) is _BY_SCALAR_TYPE[by_type]
    if isinstance(operand.kind, kinds.Integer | kinds.Decimal | kinds.Float):
        # NaN has a rank of its own, behind all numbers.
        return _is_pair(value) and value[0] in (0, 1) and type(value[1]) in _NUMBERS
    return type(value) is _type(operand.kind)


def _is_pair(value: Any) -> bool:
    """Whether a value has a rank before it."""
    return isinstance(value, tuple)


def _type(kind: Kind) -> type:
    match kind:
        case kinds.Boolean():
            return bool
        case kinds.Enumeration():
            return int
        case kinds.DateTime():
            return dt.datetime
        case kinds.Date():
            return dt.date
        case kinds.Time():
            return dt.time
        case kinds.Duration():
            return dt.timedelta
        case kinds.Uuid(as_text):
            return str if as_text else uuid.UUID
        case kinds.Binary():
            return bytes
        case (
            kinds.Integer()
            | kinds.Decimal()
            | kinds.Float()
            | kinds.Text()
            | kinds.Opaque()
            | kinds.Json()
            | kinds.Array()
        ):
            return str


_NUMBERS = (int, float, decimal.Decimal)

_BY_RANK: tuple[type, ...] = (str, decimal.Decimal, bool)

_BY_SCALAR_TYPE: Mapping[JSONSortScalarType, type] = {
    JSONSortScalarType.TEXT: str,
    JSONSortScalarType.INTEGER: decimal.Decimal,
    JSONSortScalarType.FLOAT: decimal.Decimal,
    JSONSortScalarType.NUMERIC: decimal.Decimal,
    JSONSortScalarType.BOOLEAN: bool,
    JSONSortScalarType.DATE: dt.datetime,
    JSONSortScalarType.TIME: dt.time,
    JSONSortScalarType.DATETIME: dt.datetime,
    JSONSortScalarType.DATETIME_TZ: dt.datetime,
}


def _carried(value: object) -> Carried:
    """A value as text: a letter for its type, then what Python writes for it."""
    match value:
        case None:
            return None
        case tuple():
            rank, scalar = cast("tuple[int, object]", value)
            return f"j{int(rank)}{_carried(scalar)}"
        case bool():
            return f"b{int(value)}"
        case int():
            # Python writes no number of many thousand digits in decimal.
            return f"i{value:x}"
        case float():
            return f"f{value!r}"
        case decimal.Decimal():
            return f"d{value}"
        case dt.datetime():
            return f"m{value.isoformat()}"
        case dt.date():
            return f"y{value.isoformat()}"
        case dt.time():
            return f"t{value.isoformat()}"
        case dt.timedelta():
            return f"l{value // dt.timedelta(microseconds=1)}"
        case uuid.UUID():
            return f"u{value}"
        case bytes():
            return f"h{value.hex()}"
        case str() if UNBINDABLE.search(value):
            # A cursor is UTF-8, which has no lone surrogates.
            return f"x{value.encode('utf-8', 'surrogatepass').hex()}"
        case _:
            return f"s{value}"


def _value(text: Carried) -> Any:
    """The value of a text. Raises what Python raises for a text that is none."""
    if text is None:
        return None
    body = text[1:]
    return (int(body[0]), _READ[body[1]](body[2:])) if text[0] == "j" else _READ[text[0]](body)


def _moment(body: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(body)
    if found.tzinfo is None:
        raise ValueError("a point in time without an offset cannot be compared")
    return found


def _time(body: str) -> dt.time:
    found = dt.time.fromisoformat(body)
    if found.tzinfo is None:
        raise ValueError("a time without an offset cannot be compared")
    return found


def _number(read: Callable[[str], NumberT], body: str) -> NumberT:
    number = read(body)
    if number != number:
        raise ValueError("NaN has a rank, and cannot be compared")
    return number


_READ: Mapping[str, Callable[[str], Any]] = {
    "b": lambda body: bool(int(body)),
    "i": lambda body: int(body, 16),
    "f": partial(_number, float),
    "d": partial(_number, decimal.Decimal),
    "m": _moment,
    "y": dt.date.fromisoformat,
    "t": _time,
    "l": lambda body: dt.timedelta(microseconds=int(body)),
    "u": uuid.UUID,
    "h": bytes.fromhex,
    "s": str,
    "x": lambda body: bytes.fromhex(body).decode("utf-8", "surrogatepass"),
}
