"""Dates and times of SQLite files: a comparison finds the rows that Python finds, in whatever form they are stored."""

import operator
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pyrsql.cli.query as query_module
from pyrsql.cli.commands import app

MOMENTS = [datetime(2026, 1, 31, 23, 59, 58) + timedelta(seconds=second // 2) for second in range(7)]
FINE = [moment.replace(microsecond=500_000) if place % 3 == 0 else moment for place, moment in enumerate(MOMENTS)]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
FORMS: dict[str, tuple[str, list[Any], Callable[[Any], str]]] = {
    "SQLAlchemy": ("DATETIME", FINE, lambda value: value.isoformat(" ", "microseconds")),
    "CURRENT_TIMESTAMP": ("DATETIME", MOMENTS, lambda value: value.isoformat(" ", "seconds")),
    "str": ("TIMESTAMP", FINE, str),
    "isoformat": ("DATETIME", FINE, lambda value: value.isoformat()),
    "T and micros": ("DATETIME", FINE, lambda value: value.isoformat(timespec="microseconds")),
    "date": ("DATE", [moment.date() for moment in MOMENTS], str),
    "time": ("TIME", [moment.time() for moment in MOMENTS], str),
    "time with micros": ("TIME", [moment.time() for moment in FINE], lambda value: value.isoformat("microseconds")),
}
"""The type of a column, its values, and how they are stored."""


def stored(folder: Path, type_: str, values: list[Any]) -> str:
    path = folder / "times.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE times (id INTEGER PRIMARY KEY, at {type_})")
        connection.executemany("INSERT INTO times (at) VALUES (?)", [(value,) for value in (*values, None)])
        connection.commit()
    return str(path)


def rows(path: str, *arguments: str) -> list[int]:
    """The keys of the rows that `query` writes."""
    done = CliRunner().invoke(app, ["query", path, "times", *arguments, "--output", "csv"])
    assert done.exit_code == 0, done.output
    return [int(line.split(",")[0]) for line in done.output.splitlines()[1:]]


@pytest.mark.parametrize("form", FORMS)
def test_a_comparison_finds_the_same_rows_in_every_form(tmp_path: Path, form: str) -> None:
    type_, values, write = FORMS[form]
    path = stored(tmp_path, type_, [write(value) for value in values])
    for bound in (values[0], values[3], values[-1]):
        for spelling, holds in OPERATORS.items():
            expected = [place for place, value in enumerate(values, 1) if holds(value, bound)]
            found = rows(path, f"at{spelling}{bound.isoformat()}")
            # A row without a value is not equal to any.
            assert [row for row in found if row <= len(values)] == expected, (bound, spelling)


@pytest.mark.parametrize("form", FORMS)
def test_cursors_pass_every_row_in_every_form(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_module, "CHUNK", 1)
    type_, values, write = FORMS[form]
    path = stored(tmp_path, type_, [write(value) for value in values])
    places = sorted(range(len(values)), key=lambda place: (values[place], place))
    assert [row for row in rows(path, "--sort", "at") if row <= len(values)] == [place + 1 for place in places]


@pytest.mark.parametrize(
    ("type_", "values", "filter", "found"),
    [
        ("DATETIME", ["2026-01-31T10:00:00.000Z", "2026-01-31T10:00:01.000Z"], "at>='2026-01-31T10:00:01'", [2]),
        ("DATETIME", ["2026-01-31 10:00", "2026-01-31 10:00:00"], "at=='2026-01-31 10:00'", [1]),
        ("DATETIME", ["2026-01-31 10:00:00", "2026-01-31T10:00:00"], "at=='2026-01-31T10:00:00'", [2]),
        ("DATETIME", ["2026-01-31 10:00:00", "2026-01-31 10:00:00.000000"], "at=='2026-01-31 10:00:00'", [1]),
        ("DATETIME", [1_769_853_600, 1_769_853_601], "at>1769853600", [2]),
        ("DATETIME", [1_769_853_600, "2026-01-31 10:00:00"], "at=='2026-01-31 10:00:00'", [2]),
        ("DATE", ["2026-01-31", "31.01.2026"], "at==31.01.2026", [2]),
        ("DATE", ["2026-01-31 00:00:00"], "at==2026-01-31*", [1]),
        ("TIME", ["10:00", "10:01"], "at<'10:01'", [1]),
        ("DATETIME", [], "at==2026-01-31T10:00:00", []),
    ],
)
def test_other_forms_are_compared_as_they_are_stored(
    tmp_path: Path, type_: str, values: list[Any], filter: str, found: list[int]
) -> None:
    assert rows(stored(tmp_path, type_, values), filter) == found


def test_a_form_that_cannot_be_read_in_time_is_text(tmp_path: Path) -> None:
    many = [str(MOMENTS[0])] * 200_000
    path = stored(tmp_path, "DATETIME", many)
    assert rows(path, "id==1;at=='2026-01-31 23:59:58'", "--timeout", "0.01") == [1]
