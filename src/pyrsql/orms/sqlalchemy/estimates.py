"""How many rows a database expects of a select, by its statistics: no row is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, FromClause, Select, Table, event, inspect
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session

from pyrsql.orms.sqlalchemy import select_parts as parts
from pyrsql.orms.sqlalchemy.dialects.families import family_of
from pyrsql.orms.sqlalchemy.explain import explained

_ROWS = re.compile(r"\brows=(\d+)")
_SAME_ROW = ("FirstMatch", "LooseScan", "Start temporary")
"""Notes of MariaDB and MySQL on a table of a subquery that is read as a join: it multiplies no rows."""

_PLANNED = "pyrsql_planned"
"""The execution option of a select that is only planned."""


class Planned(NamedTuple):
    """A select as a session would run it.

    Args:
        statement: with the conditions and the execution options that the session's own events add.
        bind_arguments: the session chooses a database by them.
    """

    statement: Select[Any]
    bind_arguments: Mapping[str, Any]


def estimated_rows(session: Session, statement: Select[Any]) -> int | None:
    """The number of rows that a database expects of a select.

    Args:
        session: would run the select.
        statement: the select. Its order and loader options do not count.

    Returns:
        None where the database has no estimate.
    """
    found = planned(session, parts.without_lock(parts.without_loading(statement)).order_by(None))
    if found is None:
        return None
    connection = session.connection(bind_arguments={**found.bind_arguments, "clause": found.statement})
    match family_of(connection.dialect):
        case "postgresql":
            return _of_postgresql(connection, found.statement)
        case "mysql":
            return _of_mysql(connection, found.statement)
        case "sqlite" | None:
            return None


def planned(session: Session, statement: Select[Any]) -> Planned | None:
    """A select after the session's events; None where an event returns a result itself.

    A session may add conditions to each of its selects, for a tenant for example: `do_orm_execute`.
    """
    found: list[Planned] = []

    def note(state: ORMExecuteState) -> IteratorResult[Any] | None:
        if not state.execution_options.get(_PLANNED):
            # A statement that another listener runs.
            return None
        added = {name: value for name, value in state.local_execution_options.items() if name != _PLANNED}
        statement = cast("Select[Any]", state.statement).execution_options(**added)
        found.append(Planned(statement, state.bind_arguments))
        # With a result the session runs nothing.
        return IteratorResult(SimpleResultMetaData(()), iter(()))

    event.listen(session, "do_orm_execute", note)
    try:
        session.execute(statement, execution_options={_PLANNED: True})
    finally:
        event.remove(session, "do_orm_execute", note)
    return found[0] if len(found) == 1 else None


def shows_all_rows(session: Session, statement: Select[Any]) -> bool:
    """Whether a select shows every row of its table, so that statistics of the table tell nothing of hidden rows.

    Args:
        session: would run the select.
        statement: a select of one entity.
    """
    found = planned(session, statement)
    if found is None or not parts.is_plain(found.statement) or parts.conditions(found.statement):
        return False
    if parts.criteria(found.statement) or len(parts.columns(found.statement)) != 1:
        return False
    entity = inspect(parts.entity_of(parts.columns(found.statement)[0]), raiseerr=False)
    if entity is None or entity.mapper.inherits is not None:
        return False
    selectable: FromClause = entity.selectable
    return isinstance(getattr(selectable, "element", selectable), Table)


def _of_postgresql(connection: Connection, statement: Select[Any]) -> int | None:
    line = explained(connection, statement).scalars().first()
    found = _ROWS.search(str(line))
    return None if found is None else int(found[1])


def _of_mysql(connection: Connection, statement: Select[Any]) -> int | None:
    """The product of the rows that each table of the outer select gives to the join."""
    try:
        tables = explained(connection, statement).mappings().all()
    except DBAPIError:
        # EXPLAIN of a view needs rights on its tables, which the select itself does not.
        return None
    product = 1.0
    for table in tables:
        if table["select_type"] not in ("SIMPLE", "PRIMARY"):
            continue
        if table["rows"] is None:
            # "Impossible WHERE" and the like. Without a table, there is no row.
            return 0 if table["table"] is None else None
        if not any(note in str(table["Extra"]) for note in _SAME_ROW):
            product *= int(table["rows"]) * float(table.get("filtered") or 100) / 100
    return round(product)
