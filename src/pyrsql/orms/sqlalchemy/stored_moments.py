"""Moments and times of day on SQLite, which keeps them as texts, in a form that the writer of a row chooses.

SQLAlchemy writes `2026-01-31 12:00:00.000000`, CURRENT_TIMESTAMP (`server_default=func.now()`) `2026-01-31 12:00:00`,
and a date beside them is `2026-01-31`. All are read as a moment. Each form begins with the shorter ones, so that all
forms of a moment lie between its shortest and its longest one. A time of day has forms with and without a fraction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import DateTime, NullType, Time, TypeDecorator, TypeEngine

from pyrsql.models import kinds
from pyrsql.orms.sqlalchemy.dialects.families import SQLITE

_LENGTHS: tuple[tuple[type[TypeEngine[Any]], tuple[int, ...]], ...] = ((DateTime, (10, 19, 23)), (Time, (8, 12)))
"""The lengths of the shorter forms that SQLite's own functions give: of a date, to the second, to the millisecond."""

_SAMPLE = dt.datetime(2001, 2, 3, 4, 5, 6, 789012)
_ASCENDING = (
    dt.datetime(1999, 12, 31, 23, 59, 59, 999999),
    dt.datetime(2001, 1, 2, 3, 4, 5),
    dt.datetime(2001, 1, 2, 10, 0, 1),
    dt.datetime(2001, 2, 1),
    dt.datetime(2010, 1, 1, 1, 1, 1),
)


class ShortMoment(TypeDecorator[Any]):
    """Binds a moment as a text of a length, if the rest of it says nothing: zeros, and what stands between them.

    Args:
        column_type: the type that binds the moment in its longest form.
        lengths: the first that the moment allows counts.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = NullType
    cache_ok: bool | None = True

    def __init__(self, column_type: TypeEngine[Any], lengths: tuple[int, ...]) -> None:
        super().__init__()
        self.column_type = column_type
        self.lengths = lengths

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # pyright: ignore[reportIncompatibleMethodOverride]  # the base names the parameter
        """The text of SQLite. No other database gets one of these."""
        written: Any = self.column_type.dialect_impl(dialect).bind_processor(dialect)

        def shortened(value: object) -> object:
            text = written(value) if written else value
            if not isinstance(text, str):
                return text
            return next((text[:length] for length in self.lengths if not text[length:].strip(" :.0")), text)

        return shortened


def short_forms(form: TypeEngine[Any]) -> tuple[int, ...]:
    """The lengths of the shorter forms of a type's values; none where SQLite does not keep them as texts of which each
    begins with its shorter forms.
    """
    lengths = next((lengths for known, lengths in _LENGTHS if isinstance(form, known)), ())
    sample = _of_type(form, _SAMPLE)
    return lengths if lengths and str(sample).startswith(str(_written(form, sample))) else ()


def shortest(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """The lengths that a value may have at least: any number of digits of a second may be written."""
    *shorter, to_the_second, _ = lengths
    return (*shorter, *range(to_the_second, to_the_second + 7))


def kept_as_text(
    name: str, forms: Iterable[TypeEngine[Any]], kind: kinds.Kind, accepts: Callable[[object], bool] | None
) -> tuple[kinds.Kind, Callable[[object], bool] | None]:
    """The kind of the values of a type whose `storage_format` SQLite follows, and whether it takes a value: without
    ranges where the texts have another order, and without values that are read as other ones.

    Args:
        name: of the type.
        forms: those that databases have for it.
        kind: of its values.
        accepts: whether the type takes a value, as far as is known.
    """
    formatted = [form for form in forms if isinstance(form, sqlite.DATE | sqlite.TIME | sqlite.DATETIME)]
    ordered = all(map(_keeps_order, formatted))
    if ordered and all(_keeps_value(form, _of_type(form, _SAMPLE)) for form in formatted):
        return kind, accepts

    def is_taken(value: object) -> bool:
        return (accepts is None or accepts(value)) and all(_keeps_value(form, value) for form in formatted)

    return kind if ordered or isinstance(kind, kinds.Opaque) else kinds.Opaque(name, object, kind), is_taken


def _keeps_order(form: TypeEngine[Any]) -> bool:
    """Whether the texts have the order of the values: not so where a format begins with the day."""
    values: list[Any] = sorted(_of_type(form, moment) for moment in _ASCENDING)
    texts = [_written(form, value) for value in values]
    return texts == sorted(texts)


def _keeps_value(form: TypeEngine[Any], value: Any) -> bool:
    """Whether a value is read as it was written: not so where a format lacks the fraction of a second."""
    with suppress(Exception):
        read: Any = form.dialect_impl(SQLITE).result_processor(SQLITE, None)
        plain = value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value
        return bool(read(_written(form, value)) == plain)
    return True


def _of_type(form: TypeEngine[Any], moment: dt.datetime) -> Any:
    if isinstance(form, sqlite.DATE):
        return moment.date()
    return moment.time() if isinstance(form, Time) else moment


def _written(form: TypeEngine[Any], value: object) -> Any:
    process: Any = form.dialect_impl(SQLITE).bind_processor(SQLITE)
    return process(value) if process else value
