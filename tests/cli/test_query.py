"""`pyrsql query`, and the databases and files that it reads."""

import csv
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from pyrsql.cli.commands import app
from pyrsql.cli.database import read_only_engine, reflect_models, relations_of
from pyrsql.cli.files import load
from pyrsql.errors import ConfigurationError
from tests.databases import Database

TABLES = """
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, mentor_id INTEGER REFERENCES author(id));
CREATE TABLE post (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER REFERENCES author(id),
    editor_id INTEGER REFERENCES author(id), metadata TEXT
);
CREATE TABLE part (post INTEGER, place INTEGER, PRIMARY KEY (post, place));
CREATE TABLE log (line TEXT);
CREATE VIEW titles AS SELECT id, title FROM post;
INSERT INTO author VALUES (1, 'ann', NULL), (2, 'bob; =1', 1), (3, '=cmd()', 1);
INSERT INTO post VALUES (1, 'one', 1, 2, 'm'), (2, 'two', 1, NULL, NULL), (3, 'three', 2, 2, NULL);
INSERT INTO part VALUES (1, 1), (1, 2);
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.executescript(TABLES)
    connection.close()
    return path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["query", *arguments])
    return done.exit_code, done.output


def test_a_sqlite_file_is_named_by_its_path(shop: Path) -> None:
    assert run(str(shop), "part", "--output", "csv") == (0, "post,place\n1,1\n1,2\n")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("postgres://me@host/shop", "write postgresql://"),
        ("postgresql://me@host:port/shop", "its port is no number"),
        ("sales.xlsx", "save the sheet as CSV"),
        ("https://example.org/sales", "download it first"),
        ("mysql:shop", "write dialect://user@host/database"),
        ("shop", "is no database URL and no file of SQLite, CSV or Parquet"),
        ("a\0b", "is no database URL"),
        ("-", "is no database URL"),
    ],
)
def test_another_form_of_target_says_what_to_write(target: str, message: str) -> None:
    code, printed = run(target, "post")
    assert code == 2
    assert message in printed
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("Post", "there is no table 'Post'. Did you mean 'post'?"),
        ("zzz", "there is no table 'zzz'; there are: author, part, post"),
        ("log", "no key identifies the rows of 'log': name its columns with --key 'log:column'"),
        ("titles", "no key identifies the rows of 'titles': name its columns with --key 'titles:column'"),
        ("broken", "'broken' cannot be read: it may name tables or columns that are gone"),
    ],
)
def test_another_table_says_what_to_write(shop: Path, table: str, message: str) -> None:
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("CREATE VIEW broken AS SELECT gone FROM nowhere")
    assert run(str(shop), table) == (2, f"{message}\n")


def test_only_some_of_many_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    with closing(sqlite3.connect(path)) as connection:
        for number in range(30):
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY)")
    assert run(str(path), "nothing_like_it")[1].endswith(" and 10 more\n")
    assert run("sqlite://", "x") == (2, "there is no table 'x'; there are: none with a key\n")


def test_what_cannot_be_read_is_left_out(shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("CREATE VIEW broken AS SELECT gone FROM nowhere")
        connection.execute("CREATE VIEW fine AS SELECT id FROM post")
        connection.execute('CREATE TABLE blank (id INTEGER PRIMARY KEY, "" TEXT)')
        connection.execute(
            "CREATE TABLE loose (id INTEGER PRIMARY KEY, a INT REFERENCES author (gone), b INT REFERENCES nowhere (id),"
            " c INT REFERENCES blank (id), d INT REFERENCES post (id))"
        )
        connection.execute("INSERT INTO loose VALUES (1, 1, 1, 1, 1)")
        connection.commit()
    engine = read_only_engine(make_url(f"sqlite:///{shop}"))
    reflected = reflect_models(engine)
    assert reflected.unreadable == ("blank", "broken")
    assert reflected.keyless == ("fine", "log", "titles")
    assert relations_of(reflected.models["loose"]) == {"post": reflected.models["post"]}
    engine.dispose()
    # A join proxies every foreign key of a table.
    assert run(str(shop), "author", "--sort", "-name")[0] == run(str(shop), "loose", "--sort", "post.title")[0] == 0


def test_rows_are_filtered_sorted_and_limited(shop: Path) -> None:
    code, printed = run(
        f"sqlite:///{shop}", "post", "author.name==ann", "--sort", "-id", "--limit", "1", "--output", "json"
    )
    assert code == 0
    assert [row["title"] for row in json.loads(printed)] == ["two"]


@pytest.mark.parametrize("limit", [str(2**63 - 1), str(2**63), "9" * 5_000])
def test_any_limit_has_an_answer(shop: Path, limit: str) -> None:
    code, printed = run(str(shop), "post", "--limit", limit, "--output", "ndjson")
    assert "Traceback" not in printed
    assert code == (0 if limit == str(2**63 - 1) else 2)


def test_relations_are_named_after_their_keys(shop: Path) -> None:
    for filter, ids in {
        "author.mentor.name==ann": [3],
        "editor=na=": [2],
        "author.post_by_editor.title==one": [3],
    }.items():
        code, printed = run(f"sqlite:///{shop}", "post", filter, "--output", "ndjson")
        assert code == 0, printed
        assert [json.loads(line)["id"] for line in printed.splitlines()] == ids
    engine = create_engine(f"sqlite:///{shop}")
    models = reflect_models(engine).models
    engine.dispose()
    names = {table: set(relations_of(model)) for table, model in models.items()}
    assert names["author"] == {"mentor", "author_by_mentor", "post_by_author", "post_by_editor"}
    assert names["post"] == {"author", "editor"}


def test_a_csv_file_is_no_spreadsheet_formula(shop: Path) -> None:
    code, printed = run(f"sqlite:///{shop}", "author", "--sort", "id", "--output", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["name"] for row in rows] == ["ann", "bob;' =1", "'=cmd()"]
    assert [row["mentor_id"] for row in rows] == ["", "1", "1"]


def test_a_table_says_when_there_is_more(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyrsql.cli.query.TABLE_ROWS", 2)
    code, printed = run(f"sqlite:///{shop}", "post")
    assert code == 0
    assert "There are more than 2 rows" in printed


def test_a_table_is_aligned_and_nothing_of_it_acts_on_the_terminal(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("CREATE TABLE x (id INTEGER PRIMARY KEY, name TEXT, note TEXT)")
        connection.execute("INSERT INTO x VALUES (1, '漢字', 'a' || char(10) || 'b'), (2, 'é', char(27) || '[2J')")
    code, printed = run(f"sqlite:///{tmp_path}/x.db", "x")
    assert (code, printed) == (0, "id  name  note\n1   漢字  a\ufffdb\n2   é     \ufffd[2J\n")


def test_many_chunks_are_one_answer(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyrsql.cli.query.CHUNK", 2)
    code, printed = run(f"sqlite:///{shop}", "post", "--sort", "-title", "--output", "ndjson")
    assert code == 0
    assert [json.loads(line)["title"] for line in printed.splitlines()] == ["two", "three", "one"]


def test_a_sort_that_cannot_go_on_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyrsql.cli.query.CHUNK", 1)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("CREATE TABLE x (id INTEGER PRIMARY KEY, at BOOLEAN)")
        connection.execute("INSERT INTO x VALUES (1, 'soon'), (2, 'never')")
    code, printed = run(f"sqlite:///{tmp_path}/x.db", "x", "--sort", "at", "--output", "csv")
    assert (code, printed.count("\n")) == (2, 2)
    assert "Cannot sort by 'at': a row has a value that its type does not have." in printed
    assert run(f"sqlite:///{tmp_path}/x.db", "x", "--sort", "id", "--output", "csv")[0] == 0


def test_json_has_no_infinite_numbers(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("CREATE TABLE x (id INTEGER PRIMARY KEY, size REAL)")
        connection.execute("INSERT INTO x VALUES (1, -9e999)")
    code, printed = run(f"sqlite:///{tmp_path}/x.db", "x", "--output", "ndjson")
    assert (code, json.loads(printed)) == (0, {"id": 1, "size": "-Infinity"})


def test_a_view_needs_a_key(shop: Path) -> None:
    code, printed = run(f"sqlite:///{shop}", "titles")
    assert code == 2
    assert "no key identifies the rows of 'titles'" in printed
    code, printed = run(f"sqlite:///{shop}", "titles", "id>2", "--key", "titles:id", "--output", "ndjson")
    assert (code, json.loads(printed)) == (0, {"id": 3, "title": "three"})


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("post", "titel==x"), 1, "Did you mean 'title'?"),
        (("post", "title=="), 1, "^"),
        (("post", "", "--sort", "titel"), 1, "Did you mean 'title'?"),
        (("nothing",), 2, "there is no table"),
        (("post", "--key", "titles"), 2, "--key"),
        (("post", "--key", "nothing:id"), 2, "nothing"),
        (("post", "--key", "titles:nothing"), 2, "'titles' has no column 'nothing'"),
    ],
)
def test_mistakes(shop: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    found, printed = run(f"sqlite:///{shop}", *arguments)
    assert (found, words in printed) == (code, True), printed


@pytest.mark.parametrize("output", ["csv", "json", "ndjson", "table"])
def test_a_wrong_filter_writes_no_rows(shop: Path, output: str) -> None:
    done = CliRunner().invoke(app, ["query", f"sqlite:///{shop}", "post", "titel==x", "--output", output])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "^^^^^" in done.stderr


@pytest.mark.parametrize("target", ["nothing.csv", "sqlite:///nothing.db", "nothing", "mssql://x"])
def test_a_target_that_is_not_there(target: str) -> None:
    assert run(target, "x")[0] == 2


@pytest.fixture
def read_only(database: Database) -> Iterator[Engine]:
    if database.name == "sqlite":
        pytest.skip("a database in memory is empty: see the next test")
    engine = read_only_engine(database.sync_url, 0.5)
    yield engine
    engine.dispose()


def test_nothing_is_written_on_a_server(read_only: Engine) -> None:
    for statement in ("CREATE TABLE written (a INTEGER)", "CREATE DATABASE written"):
        with read_only.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))


def test_a_statement_is_stopped_on_a_server(read_only: Engine, database: Database) -> None:
    sleep = "SELECT pg_sleep(5)" if database.name == "postgres" else "SELECT sleep(5) FROM information_schema.tables"
    with read_only.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(sleep))


def test_postgresql_compiles_no_query(read_only: Engine, database: Database) -> None:
    if database.name == "postgres":
        with read_only.connect() as connection:
            assert connection.scalar(text("SHOW jit")) == "off"


def test_nothing_is_written_and_nothing_runs_on_in_sqlite(shop: Path) -> None:
    from sqlalchemy.engine.url import make_url

    engine = read_only_engine(make_url(f"sqlite:///{shop}"), 0.3)
    endless = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT max(n) FROM x"
    for statement in ("DELETE FROM post", "CREATE TABLE written (a)", "DROP TABLE post", endless):
        with engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM post")) == 3
    engine.dispose()


def test_an_unknown_engine_cannot_be_opened() -> None:
    from sqlalchemy.engine.url import URL

    with pytest.raises(ConfigurationError, match="read-only"):
        read_only_engine(URL.create("oracle"))


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "tsv"])
def test_a_file_is_a_table(tmp_path: Path, ending: str) -> None:
    source = tmp_path / f"My rows.{ending}"
    options = "(DELIMITER '\t')" if ending == "tsv" else ""
    duckdb.sql(
        f"COPY (SELECT range AS id, 'n' || range AS name, range / 2 AS half, range % 2 = 0 AS even, "
        f"DATE '2024-01-31' AS day FROM range(5)) TO '{source}' {options}"
    )
    code, printed = run(str(source), "my_rows", "even==true;half>0;day==2024-01-31", "--output", "ndjson")
    assert code == 0, printed
    assert [json.loads(line)["name"] for line in printed.splitlines()] == ["n2", "n4"]


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    source = tmp_path / "rows.parquet"
    source.write_text("no parquet")
    with pytest.raises(ConfigurationError, match=r"rows\.parquet"):
        load(source, tmp_path / "rows.db", lambda done, total: None)


def test_a_terminal_gets_a_table_of_all_rows(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr("pyrsql.cli.show.out", Console(file=shown, force_terminal=True, no_color=True, width=80))
    code, _ = run(f"sqlite:///{shop}", "author", "--sort", "id", "--output", "table")
    assert code == 0
    lines = [line.split() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown.getvalue()).splitlines()]
    assert [line[:2] for line in lines] == [["id", "name"], ["1", "ann"], ["2", "bob;"], ["3", "=cmd()"]]


def test_a_reader_may_leave(shop: Path) -> None:
    """`pyrsql query … | head -1`: no traceback, also where the rows do not fit in the pipe."""
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.executemany("INSERT INTO post VALUES (?, 'x', 1, 1, 'm')", [(number,) for number in range(4, 5_000)])
    command = [sys.executable, "-m", "pyrsql", "query", f"sqlite:///{shop}", "post", "--output", "ndjson"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        assert json.loads(reading.stdout.readline())["id"] == 1
        reading.stdout.close()
        assert reading.stderr.read() == ""
    assert reading.returncode == 0
