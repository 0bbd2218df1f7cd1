"""`pyrsql serve`: a database as a service, and what of it is shown."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.engine.url import make_url
from typer.testing import CliRunner

from pyrsql.cli.commands import app
from pyrsql.cli.database import read_only_engine, reflect_models, rows_of
from pyrsql.cli.exposure import exposed, is_loopback, read_allowed
from pyrsql.cli.service import service
from pyrsql.errors import ConfigurationError

TABLES = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY, name TEXT, password_hash TEXT, manager_id INTEGER REFERENCES users(id), photo BLOB
);
CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, "_odd name" TEXT, user_id INTEGER REFERENCES users(id));
CREATE TABLE parts (post INTEGER, place INTEGER, note TEXT, PRIMARY KEY (post, place));
CREATE TABLE log (line TEXT);
INSERT INTO users VALUES (1, 'ann', 'h1', NULL, x'00'), (2, 'bob', 'h2', 1, NULL);
INSERT INTO posts VALUES (1, 'one', 'x', 1), (2, 'two', NULL, 1), (3, 'three', NULL, 2);
INSERT INTO parts VALUES (1, 1, 'a'), (1, 2, 'b');
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(TABLES)
    connection.close()
    return path


@contextmanager
def reading(path: Path) -> Iterator[Engine]:
    engine = read_only_engine(make_url(f"sqlite:///{path}"), 2)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def served(path: Path, *allowed: str, host: str = "127.0.0.1") -> Iterator[TestClient]:
    with reading(path) as engine:
        models = reflect_models(engine).models
        yield TestClient(service(engine, models, exposed(models, read_allowed(allowed, None), host), "shop.db"))


@pytest.fixture
def client(shop: Path) -> Iterator[TestClient]:
    with served(shop) as opened:
        yield opened


def test_every_table_is_a_list_with_a_count_and_rows_by_key(client: TestClient) -> None:
    page = client.get("/posts", params={"filter": "user.name==ann", "sort": "-id", "size": 1}).json()
    assert page["items"] == [{"id": 2, "title": "two", "_odd name": None, "user_id": 1}]
    assert page["total"] == 2
    assert client.get("/posts/count", params={"filter": "user.manager.name==ann"}).json() == {"count": 1}
    assert client.get("/parts/1/2").json() == {"post": 1, "place": 2, "note": "b"}
    assert client.get("/users", params={"filter": "posts=any='title==three'"}).json()["total"] == 1
    assert client.get("/users", params={"filter": "@count[posts]>1"}).json()["items"][0]["name"] == "ann"


def test_the_count_is_the_count_also_where_a_key_is_this_word(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "words.db")
    connection.executescript("CREATE TABLE words (word TEXT PRIMARY KEY); INSERT INTO words VALUES ('count'), ('b');")
    connection.close()
    with served(tmp_path / "words.db") as client:
        assert client.get("/words/count").json() == {"count": 2}
        assert client.get("/words", params={"filter": "word==count"}).json()["items"] == [{"word": "count"}]
        assert client.get("/words/b").json() == {"word": "b"}


@pytest.mark.parametrize("target", ["nowhere(id)", "there(missing)"])
def test_a_foreign_key_that_leads_nowhere_is_a_column(tmp_path: Path, target: str) -> None:
    connection = sqlite3.connect(tmp_path / "broken.db")
    connection.executescript(
        "CREATE TABLE there (id INTEGER PRIMARY KEY); INSERT INTO there VALUES (7);"
        f"CREATE TABLE broken (id INTEGER PRIMARY KEY, other INTEGER REFERENCES {target});"
        "INSERT INTO broken VALUES (1, 7);"
    )
    connection.close()
    with served(tmp_path / "broken.db") as client:
        assert client.get("/broken", params={"filter": "other==7"}).json()["items"] == [{"id": 1, "other": 7}]
        assert client.get("/there/7").json() == {"id": 7}


def test_a_row_without_a_key_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE keys (k TEXT PRIMARY KEY); INSERT INTO keys VALUES (NULL), ('a');")
    connection.close()
    with served(path) as client:
        page = client.get("/keys").json()
        assert (page["items"], page["total"], client.get("/keys/count").json()) == ([{"k": "a"}], 1, {"count": 1})
    done = CliRunner().invoke(app, ["query", f"sqlite:///{path}", "keys", "--output", "ndjson"])
    assert (done.exit_code, done.stdout) == (0, '{"k": "a"}\n')


@pytest.mark.parametrize("table", ["", ".", "..", "a/b", "{x}", "?#%"])
def test_a_table_of_any_name_is_served(tmp_path: Path, table: str) -> None:
    connection = sqlite3.connect(tmp_path / "names.db")
    connection.executescript(f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY); INSERT INTO "{table}" VALUES (7);')
    connection.close()
    with served(tmp_path / "names.db") as client:
        (path,) = (path for path in client.get("/openapi.json").json()["paths"] if path.endswith("/count"))
        assert client.get(quote(path)).json() == {"count": 1}


def test_tables_whose_names_are_alike_are_apart(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "names.db")
    for table in ("order_items", "orderItems", "order items", "..", "."):
        connection.execute(f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY, "of {table}" TEXT)')
    connection.close()
    with served(tmp_path / "names.db") as client:
        for table in ("order_items", "orderItems", "order items"):
            assert client.get(f"/{quote(table)}", params={"filter": f"'of {table}'=na="}).json()["total"] == 0
        shown = [name for name in client.get("/openapi.json").json()["components"]["schemas"] if name.endswith("Out")]
        assert sorted(shown) == ["OrderItemsOut", "OrderItems_2Out", "OrderItems_3Out", "TableOut", "Table_2Out"]


def test_a_key_of_documents_is_no_key(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "keys.db")
    connection.executescript(
        "CREATE TABLE a (k JSON PRIMARY KEY); INSERT INTO a VALUES ('{}'); CREATE TABLE b (id INTEGER PRIMARY KEY)"
    )
    connection.close()
    with reading(tmp_path / "keys.db") as engine:
        reflected = reflect_models(engine)
    assert (list(reflected.models), reflected.keyless) == (["b"], ("a",))


def test_a_secret_does_not_exist(client: TestClient) -> None:
    assert "password_hash" not in client.get("/users").text
    for filter in ("password_hash==h1", "password_hash=na="):
        hidden = client.get("/users", params={"filter": filter})
        absent = client.get("/users", params={"filter": filter.replace("password_hash", "nothing_here1")})
        assert hidden.status_code == absent.status_code == 422
        assert hidden.json()["detail"]["errors"][0]["code"] == "unknown-field"
    assert client.get("/posts", params={"filter": "user.password_hash==h1"}).status_code == 422
    assert client.get("/posts", params={"sort": "user.password_hash"}).status_code == 422
    assert "password_hash" not in client.get("/openapi.json").text


def test_a_key_that_is_not_shown_finds_no_row(shop: Path) -> None:
    with served(shop, "users:name") as client:
        assert client.get("/users").json()["items"] == [{"name": "ann"}, {"name": "bob"}]
        assert client.get("/users/1").status_code == client.get("/users/9").status_code == 404
        assert "/users/{id}" not in client.get("/openapi.json").json()["paths"]


def test_the_indexes_of_virtual_tables_are_no_tables(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "texts.db")) as connection, connection:
        connection.execute("CREATE VIRTUAL TABLE texts USING fts5(title)")
    with reading(tmp_path / "texts.db") as engine:
        reflected = reflect_models(engine)
    assert (dict(reflected.models), reflected.keyless) == ({}, ("texts",))


def test_bytes_are_not_shown(client: TestClient) -> None:
    assert "photo" not in client.get("/users").json()["items"][0]


def test_rows_are_counted_where_that_is_quick(shop: Path) -> None:
    with reading(shop) as engine:
        models = reflect_models(engine).models
        assert rows_of(engine, models.values()) == 7
        with closing(sqlite3.connect(shop)) as connection, connection:
            connection.execute("DROP TABLE parts")
        assert rows_of(engine, models.values()) is None


def test_only_get_is_offered(client: TestClient) -> None:
    methods = {method for path in client.get("/openapi.json").json()["paths"].values() for method in path}
    assert methods == {"get"}
    assert client.post("/users").status_code == 405


def test_the_playground_knows_the_tables(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    names = {resource["title"] for resource in client.get("/resources").json()["resources"]}
    assert names == {"users", "posts", "parts"}


def test_only_what_is_named_is_shown(shop: Path) -> None:
    with served(shop, "posts:id,title", host="0.0.0.0") as client:
        assert client.get("/posts/1").json() == {"id": 1, "title": "one"}
        assert client.get("/users").status_code == 404
        assert client.get("/posts", params={"filter": "user.name==ann"}).status_code == 422
        assert client.get("/posts", params={"filter": "user=na="}).status_code == 422
        assert client.get("/posts", params={"filter": "user_id==1"}).status_code == 422


def test_all_columns_of_a_table_may_be_named(shop: Path) -> None:
    with served(shop, "users:*", host="0.0.0.0") as client:
        assert client.get("/posts").status_code == 404
        assert "password_hash" in client.get("/users/1").json()


@pytest.mark.parametrize(
    ("allowed", "host", "words"),
    [
        ((), "0.0.0.0", "--allow"),
        ((), "example.org", "--allow"),
        (("nothing:id",), "127.0.0.1", "no table 'nothing'"),
        (("users:nothing",), "127.0.0.1", "no column 'nothing'"),
        (("users",), "127.0.0.1", "table:column"),
        (("log:*",), "127.0.0.1", "log"),
    ],
)
def test_what_cannot_be_shown(shop: Path, allowed: tuple[str, ...], host: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words), served(shop, *allowed, host=host):
        pass


def test_a_toml_file_names_what_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "allow.toml"
    file.write_text("[allow]\nusers = ['id', 'name']\nposts = '*'\n")
    assert read_allowed(["users:manager_id"], file) == {"users": ("id", "name", "manager_id"), "posts": ("*",)}
    for text in ("users = 1", "[allow]\nusers = 1", "[allow", "[allow]\nusers = [1]"):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match=r"allow\.toml"):
            read_allowed([], file)


def test_hosts_of_this_machine() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.1.2.3", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org")))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing.db",), "is no database URL"),
        (("sqlite:///nothing.db",), "there is no file"),
        (("nothing.csv",), "there is no file"),
        (("{path}", "--host", "0.0.0.0"), "--allow"),
        (("sqlite://",), "no table with a key"),
        (("{shop}", "--host", "no.such.host.invalid", "--allow", "users:id"), "no.such.host.invalid port 8000: "),
        (("{shop}", "--allow-file", "nothing.toml"), "nothing.toml: No such file or directory\n"),
        (("{shop}", "--host", "0.0.0.0"), "--allow"),
        (("{shop}", "--key", "titles"), "--key"),
        (("{shop}", "--allow", "users"), "--allow"),
    ],
)
def test_mistakes(shop: Path, arguments: tuple[str, ...], words: str) -> None:
    given = [argument.format(shop=f"sqlite:///{shop}", path=shop) for argument in arguments]
    done = CliRunner().invoke(app, ["serve", *given])
    assert (done.exit_code, words in done.output) == (2, True), done.output
    assert len(done.output.splitlines()) == 1


def test_tables_may_lead_to_each_other(tmp_path: Path) -> None:
    path = tmp_path / "ring.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER REFERENCES b(id));"
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a(id));"
            "INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (2, 1);"
        )
    with served(path) as client:
        assert client.get("/a", params={"filter": "b.a.b_id==2"}).json()["items"] == [{"id": 1, "b_id": 2}]


def test_serve_greets_and_serves_until_it_is_interrupted(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[object] = []

    def serve(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        with TestClient(cast("FastAPI", server.config.app)) as client:
            for host in ("127.0.0.1:8000", "localhost", "[::1]:8000"):
                assert client.get("/posts/count", headers={"Host": host}).json() == {"count": 3}
            for path in ("/posts/count", "/", "/openapi.json"):
                assert client.get(path, headers={"Host": "rebound.example:8000"}).status_code == 403
            answers.append(client.get("/posts/count", headers={"Host": "localhost"}).json())
        answers.append(sockets[0].getsockname()[1])
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", serve)
    done = CliRunner().invoke(app, ["serve", f"sqlite:///{shop}", "--port", "0"])
    count, port = answers
    assert (done.exit_code, count) == (0, {"count": 3})
    assert done.output.splitlines() == [
        f"{shop}: 3 tables, 7 rows",
        "Hidden because of their names: users.password_hash",
        "Not served, because no key identifies their rows (--key): log",
        f"http://127.0.0.1:{port}/",
    ]


def test_a_port_that_is_taken_is_a_mistake(shop: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["serve", f"sqlite:///{shop}", "--port", str(port)])
    assert (done.exit_code, f"127.0.0.1 port {port}: " in done.output) == (2, True), done.output
