"""A statement for a person: its SQL, its parameters, and the plan of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.expression import ClauseElement, Executable


@dataclass(frozen=True, slots=True)
class ShownSQL:
    """The SQL of a statement, and its parameters as the driver gets them."""

    text: str
    parameters: dict[str, object]


def sql_of(statement: Select[Any], dialect: Dialect) -> ShownSQL:
    """The SQL that a database gets of a select.

    Args:
        statement: the statement.
        dialect: the dialect of the database.
    """
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    parameters: dict[str, object] = {}
    for name, value in compiled.params.items():
        bind = compiled.binds.get(name)
        process = None if bind is None else bind.type.dialect_impl(dialect).bind_processor(dialect)
        parameters[name] = value if process is None else process(value)
    return ShownSQL(str(compiled), parameters)


class Explain(Executable, ClauseElement):
    """EXPLAIN of a select: nothing of it runs."""

    inherit_cache: bool | None = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


def explained(connection: Connection, statement: Select[Any]) -> CursorResult[Any]:
    """The answer of a database to EXPLAIN of a select.

    The execution options of the select count: `schema_translate_map` says whose tables it reads. An EXPLAIN takes no
    cursor of the server, as rows that are read in parts do.
    """
    options = {name: value for name, value in statement.get_execution_options().items() if name not in _IN_PARTS}
    return connection.execute(Explain(statement), execution_options=options)


_IN_PARTS = ("yield_per", "stream_results")


def plan_of(connection: Connection, statement: Select[Any]) -> list[str]:
    """The plan of a select, a line each.

    Args:
        connection: to the database that would run the statement.
        statement: the statement; it is planned, not run.
    """
    return _lines(connection, explained(connection, statement))


def plan_of_sent(connection: Connection, sql: str, parameters: Any) -> list[str]:
    """The plan of a select that the driver has got, a line each.

    Args:
        connection: to the database that ran it.
        sql: the text of the select, as the driver got it.
        parameters: its parameters, as the driver got them.
    """
    begin = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return _lines(connection, connection.exec_driver_sql(f"{begin} {sql}", parameters))


def _lines(connection: Connection, result: CursorResult[Any]) -> list[str]:
    rows = result.mappings().all()
    if connection.dialect.name == "sqlite":
        return [str(row["detail"]) for row in rows]
    if len(rows) and len(rows[0]) == 1:
        return [str(next(iter(row.values()))) for row in rows]
    return ["; ".join(f"{name}: {value}" for name, value in row.items() if value is not None) for row in rows]
