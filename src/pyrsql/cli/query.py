"""`pyrsql query`: the rows of a table that a filter keeps, streamed by keyset pages."""

# `bind` of returns emulates higher kinds, which pyright knows in part; the type of its result is known.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import csv
import enum
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from typing import Annotated, Any

import typer
from returns.result import Failure
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Select
from sqlalchemy.orm import Session

from pyrsql.cli.database import Reflected, columns_of, read_only_engine, reflect_models, select_rows
from pyrsql.cli.lenient import for_json
from pyrsql.cli.refusals import WRONG_TEXT, refusing
from pyrsql.cli.show import err, out, show_problems, show_table
from pyrsql.cli.sources import keys_of, url_of
from pyrsql.cli.texts import FilterText, SortOption
from pyrsql.cursor import CursorRequest
from pyrsql.errors import ConfigurationError, ValidationError
from pyrsql.formulas import without_formulas
from pyrsql.language.nearest import nearest
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import LARGEST_OFFSET
from pyrsql.pipeline import apply_filter, apply_sort, order, parse, seek, validate
from pyrsql.validation.plan import Statement

CHUNK = 1_000
"""Rows of a statement."""

FEW_NAMES = 20
"""The most tables that are named where another one was asked for."""

TABLE_ROWS = 1_000
"""The most rows of a table."""


class Output(enum.StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def query(
    target: Annotated[str, typer.Argument(metavar="URL", help="A SQLAlchemy URL, or a CSV, TSV or Parquet file.")],
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table or a view of it.")],
    filter: FilterText = "",
    sort: SortOption = "",
    limit: Annotated[int | None, typer.Option(min=1, max=LARGEST_OFFSET, help="The most rows.")] = None,
    output: Annotated[Output, typer.Option(help="How rows are written.")] = Output.TABLE,
    key: Annotated[
        list[str] | None, typer.Option(metavar="VIEW:COLUMNS", help="The columns that identify a row of a view.")
    ] = None,
    schema_name: Annotated[str | None, typer.Option("--schema", help="The schema of the tables.")] = None,
    timeout: Annotated[float, typer.Option(min=0.01, help="Seconds that a statement may take.")] = 60.0,
) -> None:
    """Write the rows of a table that a filter keeps. The database is only read."""
    with refusing(), ExitStack() as stack:
        engine = read_only_engine(url_of(target, stack), timeout)
        stack.callback(engine.dispose)
        model = _model(reflect_models(engine, keys_of(key or []), schema_name), table)
        session = stack.enter_context(Session(engine))
        columns = columns_of(model)
        rows = _rows(session, _statement(model, filter, sort), columns)
        try:
            _write(islice(rows, limit), columns, output, stack)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader of the pipe has seen enough. Python would complain once more when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _model(reflected: Reflected, table: str) -> type:
    """The mapped class of a table.

    Raises:
        ConfigurationError: the database has no table of this name.
    """
    if table in reflected.models:
        return reflected.models[table]
    if table in reflected.keyless:
        raise ConfigurationError(
            f"no key identifies the rows of {table!r}: name its columns with --key '{table}:column'"
        )
    if table in reflected.unreadable:
        raise ConfigurationError(f"{table!r} cannot be read: it may name tables or columns that are gone")
    near = nearest(table, list(reflected.models))
    if near is not None:
        raise ConfigurationError(f"there is no table {table!r}. Did you mean {near!r}?")
    few = ", ".join(islice(reflected.models, FEW_NAMES)) or "none with a key"
    more = len(reflected.models) - FEW_NAMES
    raise ConfigurationError(f"there is no table {table!r}; there are: {few}{f' and {more} more' if more > 0 else ''}")


def _statement(model: type, filter: str, sort: str) -> Statement[Select[Any]]:
    """The rows that are wanted.

    Raises:
        typer.Exit: code 1 for a filter or a sort that is wrong, after carets on stderr: stdout has rows only.
    """
    offered = schema(model, QueryOptions(quantifiers=True))
    base = select_rows(model)
    filtered = parse(filter, offered.query_options).bind(validate(offered)).bind(apply_filter(base))
    ordered = order(offered)(sort)
    wrong = False
    for text, result in ((filter, filtered), (sort, ordered)):
        if isinstance(result, Failure):
            show_problems(text, result.failure(), err)
            wrong = True
    if wrong:
        raise typer.Exit(WRONG_TEXT)
    statement: Statement[Select[Any]] = filtered.bind(apply_sort(ordered.unwrap())).unwrap()
    return statement


def _rows(
    session: Session, statement: Statement[Select[Any]], columns: tuple[str, ...]
) -> Iterator[Mapping[str, object]]:
    cursor: str | None = None
    while True:
        page = seek(CursorRequest.at(cursor, CHUNK))(statement).unwrap()
        try:
            cut = page.collect(session.execute)
        except ValidationError as error:
            raise ConfigurationError(
                f"{error} Then the next rows cannot be asked for: sort by other fields, or filter such rows out"
            ) from error
        for row in cut.items:
            yield {column: getattr(row, column) for column in columns}
        session.expunge_all()
        cursor = cut.next
        if cursor is None:
            return


def _write(rows: Iterator[Mapping[str, object]], columns: tuple[str, ...], output: Output, stack: ExitStack) -> None:
    match output:
        case Output.TABLE:
            _write_table(rows, columns)
        case Output.JSON:
            _write_json(_counted(rows, stack))
        case Output.NDJSON:
            for row in _counted(rows, stack):
                sys.stdout.write(f"{_json(row)}\n")
        case Output.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            for row in _counted(rows, stack):
                writer.writerow([_cell(value) for value in row.values()])


def _write_table(rows: Iterator[Mapping[str, object]], columns: tuple[str, ...]) -> None:
    """The first rows as a table, whose columns are as wide as their widest value, and a note where there are more."""
    show_table(columns, ([_shown(value) for value in row.values()] for row in islice(rows, TABLE_ROWS)))
    if next(rows, None) is not None:
        err.print(f"There are more than {TABLE_ROWS} rows: write them with --output csv, json or ndjson.")


def _write_json(rows: Iterator[Mapping[str, object]]) -> None:
    sys.stdout.write("[")
    for place, row in enumerate(rows):
        sys.stdout.write(f"{',' if place else ''}\n{_json(row)}")
    sys.stdout.write("\n]\n")


def _counted(rows: Iterator[Mapping[str, object]], stack: ExitStack) -> Iterator[Mapping[str, object]]:
    """The rows, counted on stderr while they are written into a pipe or a file."""
    if not err.is_terminal or out.is_terminal:
        return rows
    columns = (TextColumn("{task.completed:,} rows"), BarColumn(), TimeElapsedColumn())
    progress = stack.enter_context(Progress(*columns, console=err, transient=True))
    return iter(progress.track(rows, total=None))


def _json(row: Mapping[str, object]) -> str:
    return json.dumps(for_json(row), ensure_ascii=False)


def _shown(value: object) -> str:
    if value is None:
        return "NULL"
    shown = for_json(value)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def _cell(value: object) -> object:
    """A value of a CSV file."""
    shown = "" if value is None else _shown(value)
    return without_formulas(shown) if isinstance(value, str) else shown
