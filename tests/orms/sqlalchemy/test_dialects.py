"""Each family of databases gets its own SQL, and a dialect that nobody listed gets standard SQL or an error."""

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy import JSON, Dialect, Select, String, column, make_url, select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import CompileError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from property_tests.walks import sought
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.models.backend import Position
from pyrsql.options import QueryOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.dialects import FAMILIES
from pyrsql.orms.sqlalchemy.dialects.families import form
from pyrsql.orms.sqlalchemy.dialects.sqlite import _ranges
from pyrsql.validation.text import fold
from tests.orms.sqlalchemy.store import paged
from tests.sample_models import User


def named(name: str) -> DefaultDialect:
    """A dialect without features of its own, of this name."""
    dialect: DefaultDialect = type("Dialect", (DefaultDialect,), {"name": name, "supports_statement_cache": True})()
    return dialect


def conditions(statement: Select[Any], dialect: DefaultDialect) -> str:
    text = " ".join(str(statement.compile(dialect=dialect)).split())
    return text.partition(" WHERE ")[2] or text.partition(" ORDER BY ")[2]


@pytest.mark.parametrize(
    ("filter", "standard"),
    [
        ("name==a", "users.name = :param_1"),
        ("name==a*", "(users.name LIKE :param_1 ESCAPE '!')"),
        ("name==^a*", "(lower(users.name) LIKE lower(:param_1) ESCAPE '!')"),
    ],
)
def test_an_unlisted_dialect_gets_standard_sql(filter: str, standard: str) -> None:
    assert conditions(paged(User, filter).statement, named("unlisted")) == standard


def test_a_developer_adds_a_dialect_to_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "maxscale", "mysql")
    assert "COLLATE utf8mb4" in conditions(paged(User, "name==a").statement, named("maxscale"))


class Untold(FunctionElement[Any]):
    """Something that only one database knows."""

    inherit_cache = True


form(Untold, on="sqlite")(lambda element, compiler, **options: "told")


def test_a_construct_without_a_form_is_refused_by_its_name() -> None:
    assert str(Untold(column("a")).compile(dialect=named("sqlite"))) == "told"
    with pytest.raises(CompileError, match=r"Untold \(Something that only one database knows\) .*'unlisted'"):
        Untold(column("a")).compile(dialect=named("unlisted"))


class Own(DeclarativeBase):
    pass


class Thing(Own):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    number: Mapped[int | None]
    ratio: Mapped[float | None]
    price: Mapped[Decimal | None]
    document: Mapped[Any] = mapped_column(JSON)


def cockroach() -> Dialect:
    found = pytest.importorskip("sqlalchemy_cockroachdb.psycopg2", reason="needs SQLAlchemy 2.0")
    dialect: Dialect = found.CockroachDBDialect_psycopg2(paramstyle="named")
    return dialect


OTHERS: dict[str, Callable[[], Dialect]] = {
    "cockroachdb": cockroach,
    "mssql": lambda: make_url("mssql+pyodbc://").get_dialect()(),
    "oracle": lambda: make_url("oracle+oracledb://").get_dialect()(),
    "duckdb": lambda: named("duckdb"),
    "clickhouse": lambda: named("clickhouse"),
}
TEXT = ["name==a", "name!=a", "name=in=(a,b)", "name==a*", "name==^a", "name=ic=a", "name=like=a"]
JSON_TESTS = ["document.a==1", "document.a=na=", "document.a=like=x", "document==x", "document.a=bt=(1,2)"]


def compiled(dialect: str, filter: str | None, sort: str | None = None) -> str:
    statement = paged(Thing, filter, sort, options=QueryOptions()).statement
    return " ".join(str(statement.compile(dialect=OTHERS[dialect]())).split())


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("filter", JSON_TESTS)
def test_documents_are_refused_by_name(dialect: str, filter: str) -> None:
    with pytest.raises(CompileError, match=r"cannot write \w+ \(.*\) for the dialect"):
        compiled(dialect, filter)
    with pytest.raises(CompileError):
        compiled(dialect, None, "document.a")


@pytest.mark.parametrize("dialect", ["cockroachdb", "oracle", "duckdb", "clickhouse"])
@pytest.mark.parametrize("filter", TEXT)
def test_text_is_compared_by_standard_sql(dialect: str, filter: str) -> None:
    sql = compiled(dialect, filter)
    assert "GLOB" not in sql
    assert "ILIKE" not in sql
    assert "COLLATE" not in sql


@pytest.mark.parametrize("filter", [*TEXT, "name==^a*"])
def test_sql_server_refuses_text(filter: str) -> None:
    with pytest.raises(CompileError, match="does not compare text on SQL Server"):
        compiled("mssql", filter)


CALLS = ["@length[name]>1", "@replace[name|#a|#b]==a", "@substring[name|#1|#2]==a", "@lower[name]==a"]


@pytest.mark.parametrize("call", CALLS)
def test_sql_server_refuses_functions_that_look_at_characters(call: str) -> None:
    options = QueryOptions(procedure_whitelist=[".*"])
    statement = paged(Thing, call, options=options).statement
    with pytest.raises(CompileError, match="does not compare text on SQL Server"):
        statement.compile(dialect=OTHERS["mssql"]())
    for other in ("oracle", "duckdb", "clickhouse"):
        assert str(statement.compile(dialect=OTHERS[other]()))


@pytest.mark.parametrize(
    ("call", "standard", "on_sql_server"),
    [
        ("@ceil[ratio]>1", "ceil(things.ratio)", "ceiling(things.ratio)"),
        ("@floor[ratio]>1", "floor(things.ratio)", "floor(things.ratio)"),
        ("@round[price]>1", "round(things.price)", "round(things.price, 0)"),
    ],
)
def test_whole_numbers_have_names_of_their_own_on_sql_server(call: str, standard: str, on_sql_server: str) -> None:
    statement = paged(Thing, call, options=QueryOptions(procedure_whitelist=[".*"])).statement
    assert standard in str(statement.compile(dialect=OTHERS["duckdb"]()))
    assert on_sql_server in str(statement.compile(dialect=OTHERS["mssql"]()))


def test_numbers_and_the_place_of_null_on_sql_server() -> None:
    assert "number > :param_1" in compiled("mssql", "number>1")
    order = compiled("mssql", None, "number").partition(" ORDER BY ")[2]
    assert order.startswith("CASE WHEN things.number IS NULL THEN 1 ELSE 0 END, things.number ASC")


@pytest.mark.parametrize("dialect", ["cockroachdb", "oracle", "duckdb"])
def test_null_is_placed_by_standard_sql(dialect: str) -> None:
    assert "number ASC NULLS LAST" in compiled(dialect, None, "number").replace('"', "")


@pytest.mark.parametrize("dialect", ["oracle", "mssql"])
def test_a_condition_is_no_value_where_a_database_has_no_booleans(dialect: str) -> None:
    statement = paged(User, "roles=all='level>0'", options=QueryOptions(quantifiers=True)).statement
    sql = " ".join(str(statement.compile(dialect=OTHERS[dialect]())).split()).replace('"', "")
    assert "CASE WHEN (roles_1.level > :param_1) THEN 0 ELSE 1 END = 1" in sql
    for word in ("coalesce", " IS 1", " IS 0", "IS true", "IS NOT true"):
        assert word not in sql


@pytest.mark.parametrize("dialect", ["oracle", "mssql", "clickhouse"])
def test_the_ranges_of_a_cursor_page_are_conditions_everywhere(dialect: str) -> None:
    things = schema(Thing)
    digests = sought(things, select(Thing), None, "number", CursorRequest.first(2)).seek.digests
    text = CursorFormat().write(Payload(Position(False, (("i5",), ("i1",))), digests))
    page = sought(things, select(Thing), None, "number", CursorRequest.at(text, 2))
    conditions = [
        " ".join(str(statement.compile(dialect=OTHERS[dialect]())).split())
        .partition(" WHERE ")[2]
        .partition(" ORDER ")[0]
        for statement in page.statements
    ]
    beyond, never, null = conditions
    assert re.fullmatch(
        r"\(things.number > :\w+ OR things.number = :\w+ AND things.id > :\w+\)", beyond.replace('"', "")
    )
    assert never == "1 = 0"
    assert null.replace('"', "") == "things.number IS NULL"


def test_a_column_that_compares_exactly_needs_one_test_on_mysql() -> None:
    class Own(DeclarativeBase):
        pass

    class Exact(Own):
        __tablename__ = "dialect_exact"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str] = mapped_column(String(9, collation="utf8mb4_0900_bin"))
        name: Mapped[str] = mapped_column(String(9, collation="utf8mb4_general_ci"))

    mysql: Any = make_url("mysql+pymysql://").get_dialect()()
    assert conditions(paged(Exact, "code==a").statement, mysql) == "dialect_exact.code = %s"
    assert conditions(paged(Exact, "name==a").statement, mysql).count("%s") == 2


@pytest.mark.parametrize("prefix", ["a", "AB", "kä", "åb", "a\u212bb", "skk", "\u212a", "ſ", "kkk"])
def test_the_ranges_of_a_prefix_hold_every_text_that_begins_with_it(prefix: str) -> None:
    low, behind, other_low, other_behind = _ranges(fold(prefix))
    for text in map(
        "".join, product(*({letter, letter.lower(), letter.upper(), *ODD.get(letter.lower(), "")} for letter in prefix))
    ):
        if fold(text) == fold(prefix):
            lowered = "".join(letter.lower() if letter.isascii() else letter for letter in text)
            assert low <= lowered < behind or other_low <= lowered < other_behind, text


ODD = {"k": "\u212a", "å": "\u212b", "s": "ſ"}
"""Letters beyond ASCII that are another one in lower case."""
