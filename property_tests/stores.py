"""The same random rows in every database that can be had."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Select

from property_tests.models import Base, World
from tests.databases import Database

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
SEEDS = (1, 2, 3) if DEEP else (1,)
"""What the rows are made from."""
ON_DATABASES = settings(max_examples=500 if DEEP else settings().max_examples)
"""For laws that ask every database, each time: five thousand examples of each would take hours."""


@dataclass(frozen=True, eq=False, repr=False)
class Store:
    """One database with the rows in it."""

    name: str
    connection: Connection

    def rows(self, statement: Select[Any]) -> Sequence[Any]:
        """The first column of every row, in the order in which the database returns them."""
        return self.connection.scalars(statement).all()

    def number(self, statement: object) -> int:
        """The one number that a count statement gives."""
        return cast("int", self.connection.scalar(cast("Select[tuple[int]]", statement)))


@dataclass(frozen=True, eq=False, repr=False)
class Stores:
    """All databases, and the rows that each of them holds."""

    world: World
    databases: tuple[Store, ...]


@contextmanager
def stored(databases: Sequence[Database], rows: World) -> Iterator[Stores]:
    """The rows, in each of the databases, while the context lasts."""
    with ExitStack() as stack:
        opened: list[Store] = []
        for database in databases:
            engine = database.engine()
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            Base.metadata.drop_all(connection)
            Base.metadata.create_all(connection)
            rows.insert(connection)
            connection.commit()
            opened.append(Store(database.name, connection))
        yield Stores(rows, tuple(opened))


def available(request: pytest.FixtureRequest) -> list[Database]:
    """SQLite, and the servers that answer. Where all databases are required, one that is missing fails."""
    found: list[Database] = []
    for name in ("sqlite", "postgres", "mariadb"):
        try:
            found.append(request.getfixturevalue(f"{name}_database"))
        except pytest.skip.Exception:
            continue
    return found
