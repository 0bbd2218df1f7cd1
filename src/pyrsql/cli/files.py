"""A CSV or Parquet file as a SQLite database of one table, so that it is filtered like any other."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
    create_engine,
    insert,
)
from sqlalchemy.types import TypeEngine

from pyrsql.errors import ConfigurationError

READERS = {".csv": "read_csv", ".tsv": "read_csv", ".parquet": "read_parquet"}
"""The endings of files that can be read, without `.gz`."""

_BATCH = 5_000
_MEMORY = "192MB"
"""The most that the reader keeps in memory; SQLite writes to the disk."""

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
}
"""SQLAlchemy's types for those of the reader. All others are kept as text."""


def is_file(target: str) -> bool:
    """Whether a target names a file that `load` reads."""
    return Path(target.removesuffix(".gz")).suffix.lower() in READERS


def load(source: Path, database: Path, progress: Callable[[int, int], None]) -> None:
    """Load a file into a new SQLite database: one table, named after the file, with a key `row` that counts its rows.

    Args:
        source: a CSV, TSV or Parquet file; the types of a CSV's columns are found out from its rows.
        database: the file of the database.
        progress: is told of the rows so far, and of all that there are.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    reader = READERS[Path(source.name.removesuffix(".gz")).suffix.lower()]
    connection = duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1, "preserve_insertion_order": True})
    try:
        connection.execute("SET enable_progress_bar = false")
        total = connection.execute(f"SELECT count(*) FROM {reader}(?)", [str(source)]).fetchone()
        rows = connection.execute(f"SELECT * FROM {reader}(?)", [str(source)])
        table = _table(source, [(str(name), str(type_)) for name, type_, *_ in rows.description or ()])
        _copy(rows, table, database, lambda done: progress(done, total[0] if total else 0))
    except duckdb.Error as error:
        raise ConfigurationError(f"{source}: {str(error).splitlines()[0]}") from error
    finally:
        connection.close()


def _table(source: Path, columns: list[tuple[str, str]]) -> Table:
    name = re.sub(r"\W+", "_", source.name.split(".")[0]).strip("_").lower() or "rows"
    taken = {column.lower() for column, _ in columns}
    key = next(one for one in ("row", "row_number", "pyrsql_row") if one not in taken)
    typed = [Column(column, _TYPES.get(type_, Text)) for column, type_ in columns]
    return Table(name, MetaData(), Column(key, Integer, primary_key=True), *typed)


def _copy(rows: duckdb.DuckDBPyConnection, table: Table, database: Path, progress: Callable[[int], None]) -> None:
    engine = create_engine(f"sqlite:///{database}")
    columns = [column for column in table.columns if not column.primary_key]
    as_text = [isinstance(column.type, Text) for column in columns]
    names = [column.name for column in columns]
    done = 0
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = OFF")
            table.create(connection)
            while batch := rows.fetchmany(_BATCH):
                values = [dict(zip(names, map(_stored, row, as_text), strict=True)) for row in batch]
                connection.execute(insert(table), values)
                done += len(batch)
                progress(done)
    finally:
        engine.dispose()


def _stored(value: object, as_text: bool) -> object:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    return value if value is None or not as_text else str(value)
