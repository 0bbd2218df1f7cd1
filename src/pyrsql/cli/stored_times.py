"""The form in which a SQLite file keeps its dates and times. SQLite has no type for them, and compares them as texts.

SQLAlchemy writes `2026-01-31 12:00:00.000000`, CURRENT_TIMESTAMP of SQLite `2026-01-31 12:00:00`, other programs a `T`.
A filter finds the right rows only where it writes values in the form of the column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Column, Engine, Table, case, func, literal, select, types
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from pyrsql.cli.lenient import LENIENT

_DIGIT = "[0-9]"
_DATE = "-".join((_DIGIT * 4, _DIGIT * 2, _DIGIT * 2))
_TIME = ":".join([_DIGIT * 2] * 3)
_FRACTIONS = {"short": "", "zero": ".000000", "long": f".{_DIGIT * 6}"}
_FORMS: dict[type[TypeEngine[Any]], dict[str, str]] = {
    types.DateTime: {
        f"{separator}{name}": f"{_DATE}{separator}{_TIME}{fraction}"
        for separator in " T"
        for name, fraction in _FRACTIONS.items()
    },
    types.Date: {"date": _DATE},
    types.Time: {name: f"{_TIME}{fraction}" for name, fraction in _FRACTIONS.items()},
}
"""The forms of the values of a type, each as a pattern of GLOB; the first that matches counts."""

_WHOLE = "whole"
_OTHER = "other"


def keep_form(engine: Engine, tables: Iterable[Table]) -> None:
    """Give columns of dates and times a type that writes values in the form of the column.

    A column of whole numbers, such as seconds since 1970, becomes one of numbers. A column with values of several
    forms, or of another one, becomes one of text: its values are compared as they are stored. So does a column whose
    values cannot be read within the timeout of the engine.

    Args:
        engine: a SQLite database.
        tables: those whose rows are filtered.
    """
    with engine.connect() as connection:
        for table in tables:
            columns = {column: forms for column in table.c if (forms := _forms_of(column)) is not None}
            if not columns:
                continue
            shown = [_form(column, forms) for column, forms in columns.items()]
            try:
                found: list[Any] = [*connection.execute(select(*shown).distinct().select_from(table))]
            except DBAPIError:
                found = [(_OTHER,) * len(columns)]
            for place, column in enumerate(columns):
                column.type = _type(column.type, {row[place] for row in found} - {None})


def _forms_of(column: Column[Any]) -> dict[str, str] | None:
    return next((forms for type_, forms in _FORMS.items() if isinstance(column.type, type_)), None)


def _form(column: Column[Any], forms: dict[str, str]) -> Any:
    whens = [(column.op("GLOB")(literal(pattern, types.Text())), literal(name)) for name, pattern in forms.items()]
    is_whole = (func.typeof(column) == "integer", literal(_WHOLE))
    return case((column.is_(None), None), is_whole, *whens, else_=literal(_OTHER))


def _type(declared: TypeEngine[Any], found: set[str]) -> TypeEngine[Any]:
    """The type of a column whose values have these forms."""
    if found == {_WHOLE}:
        return types.BigInteger()
    fractions = {form.lstrip(" T") for form in found}
    separators = {form[0] for form in found if isinstance(declared, types.DateTime)}
    if found & {_WHOLE, _OTHER} or len(separators) > 1 or {"short", "zero"} <= fractions:
        return types.Text()
    if "short" not in fractions and separators <= {" "}:
        return declared
    timespec = "auto" if "short" in fractions else "microseconds"
    if isinstance(declared, types.DateTime):
        (separator,) = separators
        return _written(types.DateTime, lambda value: value.isoformat(separator, timespec))
    return _written(types.Time, lambda value: value.isoformat(timespec))


def _written(kind: type[TypeEngine[Any]], write: Callable[[Any], str]) -> TypeEngine[Any]:
    """The type of SQLite that reads anything, with another form of its values."""
    base: Any = LENIENT[kind]

    class Written(base):  # type: ignore[misc]  # its base is known at run time only
        def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
            return lambda value: None if value is None else write(value)

    return Written()
