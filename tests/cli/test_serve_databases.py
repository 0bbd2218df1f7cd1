"""`pyrsql serve` on each database: any table is served, nothing is written, nothing runs on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import DBAPIError

from pyrsql.cli.database import read_only_engine, reflect_models
from pyrsql.cli.exposure import exposed
from pyrsql.cli.service import service
from pyrsql.errors import ConfigurationError
from tests.databases import Database

ODD = [
    "id col",
    "a.b",
    "select",
    "class",
    "metadata",
    "registry",
    "_x",
    "__init__",
    "model_config",
    "1st",
    "naïve",
    "a,b",
]
WRITTEN = {"a.b": "a_b", "__init__": "column__init__", "a,b": "a_b_2"}
"""The names of columns that clients write in another way."""

TABLES = """
CREATE TABLE "docs" ("id" INTEGER PRIMARY KEY, "name" VARCHAR(20))
CREATE TABLE "resources" ("id" INTEGER PRIMARY KEY)
CREATE TABLE "order" ("id" INTEGER PRIMARY KEY, "nothing" VARCHAR(20))
CREATE TABLE "nothing" ("id" INTEGER PRIMARY KEY, "group" VARCHAR(20))
CREATE TABLE "a/b" ("id" INTEGER PRIMARY KEY)
CREATE TABLE "{x}" ("id" INTEGER PRIMARY KEY)
CREATE TABLE "Object" ("Base" INTEGER PRIMARY KEY)
CREATE TABLE "odd key" ("self" VARCHAR(20), "my id" INTEGER, "session" INTEGER, PRIMARY KEY ("self", "my id", "session"))
CREATE TABLE "pair" ("a" INTEGER, "b" INTEGER, PRIMARY KEY ("a", "b"))
CREATE TABLE "pairs" ("id" INTEGER PRIMARY KEY, "pa" INTEGER, "pb" INTEGER, FOREIGN KEY ("pa", "pb") REFERENCES "pair" ("a", "b"))
CREATE TABLE "tree" ("id" INTEGER PRIMARY KEY, "parent_id" INTEGER, FOREIGN KEY ("parent_id") REFERENCES "tree" ("id"))
CREATE TABLE "trip" ("id" INTEGER PRIMARY KEY, "start_id" INTEGER, "end_id" INTEGER, FOREIGN KEY ("start_id") REFERENCES "docs" ("id"), FOREIGN KEY ("end_id") REFERENCES "docs" ("id"))
CREATE TABLE "keyless" ("line" INTEGER)
CREATE VIEW "seen" AS SELECT "id", "name" FROM "docs"
INSERT INTO "docs" VALUES (1, 'one'), (2, 'two')
INSERT INTO "order" VALUES (1, 'x')
INSERT INTO "odd key" VALUES ('x', 1, 2)
INSERT INTO "pair" VALUES (1, 2)
INSERT INTO "pairs" VALUES (1, 1, 2), (2, NULL, NULL)
INSERT INTO "tree" VALUES (1, NULL), (2, 1)
INSERT INTO "trip" VALUES (1, 1, 2)
INSERT INTO "odd" ("id col", "a.b", "__init__", "a,b") VALUES (1, 'p', 'q', 'r')
"""  # noqa: E501 - one statement in each line


def statements() -> list[str]:
    columns = ", ".join(
        f'"{name}" {"INTEGER PRIMARY KEY" if not place else "VARCHAR(20)"}' for place, name in enumerate(ODD)
    )
    return [f'CREATE TABLE "odd" ({columns})', *TABLES.strip().splitlines()]  # fmt: skip


@pytest.fixture(scope="module")
def url(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A database with tables whose names collide with everything."""
    found = database.sync_url
    if database.name == "sqlite":
        found = make_url(f"sqlite:///{tmp_path_factory.mktemp('odd')}/odd.db")
    engine = create_engine(found)
    quote = "`" if database.name == "mariadb" else '"'
    made = [statement.replace('"', quote) for statement in statements()]
    with engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    yield found
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP VIEW {quote}seen{quote}")
        for statement in reversed(made):
            if statement.startswith("CREATE TABLE"):
                connection.exec_driver_sql(f"DROP TABLE {statement[12:].partition(' (')[0]}")
    engine.dispose()


@pytest.fixture(scope="module")
def engine_of_url(url: URL) -> Iterator[Engine]:
    engine = read_only_engine(url, 0.5)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def client(engine_of_url: Engine) -> Iterator[TestClient]:
    reflected = reflect_models(engine_of_url, {"seen": ("id",)})
    assert reflected.keyless == ("keyless",)
    app = service(engine_of_url, reflected.models, exposed(reflected.models, {}, "127.0.0.1"), "odd")
    with TestClient(app) as opened:
        yield opened


def items(client: TestClient, path: str, filter: str = "", sort: str = "") -> Any:
    answer = client.get(path, params={"filter": filter, "sort": sort})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_every_column_has_a_name_for_clients(client: TestClient) -> None:
    (row,) = items(client, "/odd")
    assert list(row) == [WRITTEN.get(name, name) for name in ODD]
    assert (row["a_b"], row["column__init__"], row["a_b_2"]) == ("p", "q", "r")
    for name in row:
        quoted = f"'{name}'" if " " in name else name
        assert len(items(client, "/odd", f"{quoted}=nn=,{quoted}=na=", f"-{quoted}")) == 1


def test_every_table_has_a_path_and_help(client: TestClient) -> None:
    lists = client.get("/resources").json()["resources"]
    assert {one["url"] for one in lists} >= {
        "/docs_2",
        "/resources_2",
        "/order",
        "/nothing",
        "/a_b",
        "/_x_",
        "/odd%20key",
    }
    for one in lists:
        assert client.get(one["url"]).status_code == 200
        found = client.get(f"/resources/{one['name']}/fields", params={"list": one["list"]})
        assert found.json()["filter"], one
    assert client.get("/openapi.json").status_code == 200
    assert client.get("/docs").headers["content-type"].startswith("text/html")


def test_keys_and_relations(client: TestClient) -> None:
    assert client.get("/odd%20key/x/1/2").json() == {"self": "x", "my id": 1, "session": 2}
    assert client.get("/seen/2").json() == {"id": 2, "name": "two"}
    assert [row["id"] for row in items(client, "/pairs", "pair.b==2")] == [1]
    assert [row["a"] for row in items(client, "/pair", "pairs.id==1")] == [1]
    assert [row["id"] for row in items(client, "/tree", "parent.id==1")] == [2]
    assert [row["id"] for row in items(client, "/tree", "tree_by_parent.id==2")] == [1]
    assert [row["id"] for row in items(client, "/trip", "start.name==one;end.name==two")] == [1]
    assert [row["id"] for row in items(client, "/docs_2", "trip_by_end.id==1")] == [2]
    assert items(client, "/Object") == []


def test_nothing_is_written(engine_of_url: Engine) -> None:
    docs = "`docs`" if engine_of_url.dialect.name == "mysql" else '"docs"'
    for statement in (
        f"INSERT INTO {docs} VALUES (9, 'x')",
        f"UPDATE {docs} SET name = 'x'",
        f"DELETE FROM {docs}",
        "CREATE TABLE written (a INTEGER)",
        f"DROP TABLE {docs}",
    ):
        with pytest.raises(DBAPIError), engine_of_url.begin() as connection:
            connection.execute(text(statement))
    with engine_of_url.connect() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {docs}")) == 2
        assert connection.scalar(text(f"SELECT max(name) FROM {docs}")) == "two"


def test_a_statement_does_not_run_on(engine_of_url: Engine) -> None:
    numbers = "SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 1000000000"
    with engine_of_url.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(f"WITH RECURSIVE x AS ({numbers}) SELECT count(*) FROM x, x AS y, x AS z"))


def test_sqlite_keeps_anything_in_any_column(tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, d DECIMAL(5, 2), m DATETIME, j JSON, b BOOLEAN, n, w REAL, x TEXT)"
        )
        connection.exec_driver_sql(
            "INSERT INTO t VALUES (1, 1.5, '2024-01-31 10:00:00', '{\"a\": 1}', 1, 'n', 5, 'x'), "
            "(2, 'abc', 1700000000, '[1', 'maybe', x'ff', x'ff', x'01')"
        )
    engine.dispose()
    reading = read_only_engine(make_url(f"sqlite:///{path}"), 2)
    models = reflect_models(reading).models
    with TestClient(service(reading, models, exposed(models, {}, "::1"), "any")) as opened:
        right, odd = items(opened, "/t", sort="id")
    assert right == {
        "id": 1,
        "d": "1.50",
        "m": "2024-01-31 10:00:00",  # beside a number it is text
        "j": {"a": 1},
        "b": True,
        "n": "n",
        "w": 5.0,
        "x": "x",
    }
    assert odd == {"id": 2, "d": "abc", "m": 1700000000, "j": "[1", "b": "maybe", "n": "ff", "w": "ff", "x": "01"}
    reading.dispose()


def test_a_schema_of_postgresql(postgres_database: Database) -> None:
    engine = create_engine(postgres_database.sync_url)
    with engine.begin() as connection:
        for statement in (
            "CREATE SCHEMA stock",
            "CREATE TABLE stock.shelf (id INTEGER PRIMARY KEY)",
            "CREATE TABLE shelf (id INTEGER PRIMARY KEY, other INTEGER REFERENCES stock.shelf)",
            "INSERT INTO stock.shelf VALUES (7)",
        ):
            connection.exec_driver_sql(statement)
    try:
        for schema, rows in ((None, []), ("stock", [{"id": 7}])):
            models = reflect_models(engine, schema_name=schema).models
            with TestClient(service(engine, models, exposed(models, {}, "localhost"), "s")) as opened:
                assert items(opened, "/shelf") == rows
        with pytest.raises(ConfigurationError, match="no schema 'nothing'"):
            reflect_models(engine, schema_name="nothing")
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE shelf")
            connection.exec_driver_sql("DROP SCHEMA stock CASCADE")
        engine.dispose()


def test_values_of_postgresql_that_python_or_json_lack(postgres_database: Database) -> None:
    engine = create_engine(postgres_database.sync_url)
    columns = {
        "d": ("date", "infinity"),
        "s": ("timestamp", "20000-01-01 00:00:00"),
        "z": ("timestamptz", "-infinity"),
        "t": ("time", "24:00:00"),
        "n": ("numeric", "NaN"),
        "f": ("float8", "-Infinity"),
        "p": ("point", "(1,2)"),
    }
    with engine.begin() as connection:
        declared = ", ".join(f"{name} {type_}" for name, (type_, _) in columns.items())
        connection.exec_driver_sql(f"CREATE TABLE far (id integer PRIMARY KEY, {declared})")
        values = ", ".join(f"'{value}'" for _, value in columns.values())
        connection.exec_driver_sql(f"INSERT INTO far VALUES (1, {values})")
    reading = read_only_engine(postgres_database.sync_url)
    try:
        models = reflect_models(reading).models
        with TestClient(service(reading, models, exposed(models, {}, "localhost"), "s")) as opened:
            assert items(opened, "/far") == [{"id": 1, **{name: value for name, (_, value) in columns.items()}}]
    finally:
        reading.dispose()
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE far")
        engine.dispose()


def test_values_of_mariadb_that_python_lacks(mariadb_database: Database) -> None:
    engine = create_engine(mariadb_database.sync_url)
    far: list[dict[str, Any]] = [
        {"id": 1, "t": "30:00:00", "u": "-838:59:59.500000", "s": "x,y", "d": "0000-00-00"},
        {"id": 2, "t": "23:59:59", "u": "00:00:00.250000", "s": "x", "d": "2024-02-29"},
    ]
    with engine.begin() as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql("CREATE TABLE far (id INT PRIMARY KEY, t TIME, u TIME(6), s SET('x', 'y'), d DATE)")
        for row in far:
            connection.exec_driver_sql("INSERT INTO far VALUES (%(id)s, %(t)s, %(u)s, %(s)s, %(d)s)", row)
    reading = read_only_engine(mariadb_database.sync_url)
    try:
        models = reflect_models(reading).models
        with TestClient(service(reading, models, exposed(models, {}, "localhost"), "s")) as opened:
            assert items(opened, "/far", sort="-t") == far
            assert items(opened, "/far", "s=='x,y';u<00:00") == far[:1]
    finally:
        reading.dispose()
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE far")
        engine.dispose()


def test_text_of_sqlite_that_is_no_utf8_is_served(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path}/x.db")
    written = create_engine(url)
    with written.begin() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, size REAL)"))
        connection.execute(text("INSERT INTO t VALUES (1, CAST(x'61ff' AS TEXT), 1), (2, 'ü', 1e999)"))
    written.dispose()
    engine = read_only_engine(url)
    models = reflect_models(engine).models
    client = TestClient(service(engine, models, exposed(models, {}, "127.0.0.1"), "x"))
    answer = client.get("/t", params={"sort": "id", "filter": "name==*"})
    assert [row["name"] for row in answer.json()["items"]] == ["a\ufffd", "ü"]
    engine.dispose()
