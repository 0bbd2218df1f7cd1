"""A CSV or Parquet file as a SQLite database of one table, so that it is filtered like any other."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Time,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from pyrsql.cli.csv_files import BATCH, columns_of, rows_of
from pyrsql.cli.lenient import for_json
from pyrsql.errors import ConfigurationError

ENDINGS = (".csv", ".tsv", ".parquet")
"""The endings of files that can be read; those of text also with `.gz`."""

Progress = Callable[[int, int], None]
"""Is told of the rows so far, and of all that there are; 0 while that is not known."""

_MEMORY = "192MB"
"""The most that the reader of Parquet keeps in memory; SQLite writes to the disk."""

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "BOOLEAN": Boolean,
    "TINYINT": Integer,
    "SMALLINT": Integer,
    "INTEGER": Integer,
    "UTINYINT": Integer,
    "USMALLINT": Integer,
    "UINTEGER": BigInteger,
    "BIGINT": BigInteger,
    "FLOAT": Double,
    "DOUBLE": Double,
    "DATE": Date,
    "TIME": Time,
    "TIMESTAMP": DateTime,
    "TIMESTAMP_S": DateTime,
    "TIMESTAMP_MS": DateTime,
    "TIMESTAMP_NS": DateTime,
    "TIMESTAMP WITH TIME ZONE": DateTime,
    "BLOB": LargeBinary,
}
"""SQLAlchemy's types for those of Parquet. All others are kept as text."""

_DECIMAL = re.compile(r"DECIMAL\(([0-9]+),[0-9]+\)")
_NESTED = re.compile(r"\]$|^(?:STRUCT|MAP|UNION)\(")
"""Lists, structs and maps: they become JSON, whose parts can be filtered by."""

_DIALECT = sqlite.dialect()


class _FarDateError(Exception):
    """A date that Parquet has and Python lacks."""


def is_file(target: str) -> bool:
    """Whether a target names a file that `load` reads."""
    return _ending(target) in ENDINGS


def load(source: Path, database: Path, progress: Progress) -> None:
    """Load a file into a new SQLite database: one table, named after the file, with a key `row` that counts its rows.

    Args:
        source: a CSV, TSV or Parquet file.
        database: the file of the database.
        progress: is told how far it is.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        if _ending(source.name) == ".parquet":
            _load_parquet(source, database, progress)
        else:
            _load_csv(source, database, progress)
    except _FarDateError as error:
        raise ConfigurationError(f"{source}: {error} is no date of the years 1 to 9999") from error
    except duckdb.Error as error:
        raise ConfigurationError(f"{source}: {str(error).splitlines()[0]}") from error
    except sqlite3.Error as error:
        raise ConfigurationError(f"{source}: it cannot be stored: {error}") from error


def _ending(name: str) -> str:
    return Path(name.removesuffix(".gz")).suffix.lower()


def _load_csv(source: Path, database: Path, progress: Progress) -> None:
    columns, total = columns_of(source, lambda done: progress(done, 0))
    table = _table(source, [(column.name, column.type) for column in columns])
    _store(rows_of(source, columns), table, database, lambda done: progress(done, total))


def _load_parquet(source: Path, database: Path, progress: Progress) -> None:
    connection = duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1, "preserve_insertion_order": True})
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET TimeZone = 'UTC'")
        counted = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(source)]).fetchone()
        total = counted[0] if counted else 0
        rows = connection.execute("SELECT * FROM read_parquet(?)", [str(source)])
        described = [(str(name), str(type_)) for name, type_, *_ in rows.description or ()]
        table = _table(source, [(name, _type(type_)) for name, type_ in described])
        _store(_plain(rows, table), table, database, lambda done: progress(done, total))
    finally:
        connection.close()


def _type(type_: str) -> TypeEngine[Any]:
    decimal = _DECIMAL.fullmatch(type_)
    if decimal is not None and int(decimal[1]) <= 15:
        return Double()
    return JSON() if _NESTED.search(type_) else _TYPES.get(type_, Text)()


def _plain(rows: duckdb.DuckDBPyConnection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a Parquet file in batches, with values that the types of a table take."""
    types = [column.type for column in table.columns if not column.primary_key]
    while batch := rows.fetchmany(BATCH):
        yield [tuple(map(_stored, row, types)) for row in batch]


def _stored(value: Any, type_: TypeEngine[Any]) -> Any:
    if value is None:
        return None
    if isinstance(type_, Double):
        return float(value)
    if isinstance(type_, Text):
        return str(value)
    if isinstance(type_, JSON):
        return for_json(value)
    if isinstance(type_, Date | DateTime) and not isinstance(value, dt.date):
        raise _FarDateError(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _table(source: Path, columns: list[tuple[str, TypeEngine[Any]]]) -> Table:
    name = re.sub(r"\W+", "_", source.name.split(".")[0]).strip("_").lower() or "rows"
    taken = {column.lower() for column, _ in columns}
    key = next(one for one in chain(["row"], (f"row_{place}" for place in count(2))) if one not in taken)
    # Every name is quoted: SQLite reserves more words than SQLAlchemy knows.
    typed = [Column(column, type_, quote=True) for column, type_ in columns]
    return Table(name, MetaData(), Column(key, Integer, primary_key=True), *typed, quote=True)


def _store(
    batches: Iterable[list[tuple[Any, ...]]], table: Table, database: Path, progress: Callable[[int], None]
) -> None:
    columns = [column for column in table.columns if not column.primary_key]
    preparer = _DIALECT.identifier_preparer
    names = ", ".join(preparer.format_column(column) for column in columns)
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({places})"
    processors = [column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) for column in columns]
    done = 0
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
        for batch in batches:
            connection.executemany(statement, _processed(batch, processors))
            done += len(batch)
            progress(done)
        connection.commit()
    finally:
        connection.close()


def _processed(batch: list[tuple[Any, ...]], processors: list[Any]) -> Iterable[tuple[Any, ...]]:
    stored = (
        values if process is None else map(process, values)
        for values, process in zip(zip(*batch, strict=True), processors, strict=True)
    )
    return zip(*stored, strict=True)
