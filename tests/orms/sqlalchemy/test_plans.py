"""EXPLAIN names the index that serves each operator: the table in docs/how-to/databases.md, on 50,000 rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import JSON, Engine, ForeignKey, Select, String, event, text
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql.options import ParseLimits, QueryOptions, SortOptions
from pyrsql.page import PageRequest
from tests.databases import Database
from tests.orms.sqlalchemy.store import paged

ROWS = 50_000


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "plan_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    amount: Mapped[int | None]
    document: Mapped[Any] = mapped_column(JSON().with_variant(JSONB, "postgresql"))
    words: Mapped[Any] = mapped_column(JSON().with_variant(ARRAY(String(40)), "postgresql"))
    parts: Mapped[list[Part]] = relationship(back_populates="item")


class Kept(Base):
    """The same items in a character set of their own on MariaDB."""

    __tablename__ = "plan_kept"
    __table_args__ = {"mysql_charset": "latin1"}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)


class Part(Base):
    __tablename__ = "plan_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("plan_items.id"))
    code: Mapped[str] = mapped_column(String(40))
    item: Mapped[Item] = relationship(back_populates="parts")


NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) ",
    "postgres": "WITH n AS (SELECT i FROM generate_series(1, {rows}) AS g(i)) ",
    "mariadb": "WITH n AS (SELECT seq AS i FROM seq_1_to_{rows}) ",
}
# The rows lie in another order than their names and numbers, so that no index has to be of no use.
PLACE = "(i * 7919 % {rows})"
PADDED = {
    "sqlite": "printf('%05d', {place})",
    "postgres": "lpad(CAST({place} AS TEXT), 5, '0')",
    "mariadb": "lpad({place}, 5, '0')",
}
DOCUMENTS = {
    "sqlite": "json_object('code', 'c' || {place}), '[]'",
    "postgres": "jsonb_build_object('code', 'c' || {place}), ARRAY['w' || {place}]",
    "mariadb": "JSON_OBJECT('code', CONCAT('c', {place})), '[]'",
}

INDEXES = {
    "sqlite": ["plan_name ON plan_items (name)", "plan_lower ON plan_items (lower(name))"],
    "postgres": [
        "plan_name ON plan_items (name)",
        "plan_pattern ON plan_items (name text_pattern_ops)",
        "plan_lower ON plan_items (lower(name))",
        "plan_lower_pattern ON plan_items (lower(name) text_pattern_ops)",
        "plan_document ON plan_items USING gin (document jsonb_path_ops)",
        "plan_words ON plan_items USING gin (words)",
    ],
    "mariadb": ["plan_name ON plan_items (name)"],
}
EVERYWHERE = [
    "plan_number ON plan_items (number)",
    "plan_amount ON plan_items (amount)",
    "plan_code ON plan_parts (code)",
    "plan_item ON plan_parts (item_id)",
]


def fill(engine: Engine, name: str) -> None:
    """The tables with their rows, indexes and statistics."""
    # The drivers of PostgreSQL and MariaDB take a percent sign for a parameter.
    place = PLACE.format(rows=ROWS) if name == "sqlite" else PLACE.format(rows=ROWS).replace("%", "%%")
    label = f"{PADDED[name].format(place=place)}"
    named = f"CONCAT('Name-', {label})" if name == "mariadb" else f"'Name-' || {label}"
    numbers = NUMBERS[name].format(rows=ROWS)
    documents = DOCUMENTS[name].format(place=place)

    def into(table: str, query: str) -> str:
        # MariaDB takes the WITH behind the INTO, the others before it.
        return f"INSERT INTO {table} {numbers}{query}" if name != "sqlite" else f"{numbers}INSERT INTO {table} {query}"

    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
        connection.exec_driver_sql(
            into(
                "plan_items (id, name, number, amount, document, words)",
                f"SELECT i, {named}, {place}, {place}, {documents} FROM n",
            )
        )
        connection.exec_driver_sql(into("plan_parts (id, item_id, code)", f"SELECT i, 1 + {place}, {named} FROM n"))
        for index in [*EVERYWHERE, *INDEXES[name]]:
            connection.exec_driver_sql(f"CREATE INDEX {index}")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tables = ("plan_items", "plan_parts")
        for table in tables:
            analyze = f"ANALYZE TABLE {table}" if name == "mariadb" else f"ANALYZE {table}"
            connection.execute(text(analyze)).close()


class Planned(NamedTuple):
    """A database with the rows."""

    name: str
    engine: Engine

    def plan(self, statement: Select[Any]) -> str:
        """What EXPLAIN says of a statement."""
        explain = "EXPLAIN QUERY PLAN " if self.name == "sqlite" else "EXPLAIN "
        with self.engine.connect() as connection:
            event.listen(
                connection,
                "before_cursor_execute",
                lambda connection, cursor, sql, parameters, context, many: (explain + sql, parameters),
                retval=True,
            )
            cursor: Any = connection.execute(statement).cursor
            return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


@pytest.fixture(scope="module")
def planned(database: Database) -> Iterator[Planned]:
    engine = database.engine()
    fill(engine, database.name)
    yield Planned(database.name, engine)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
    engine.dispose()


class Row(NamedTuple):
    """A row of the table: a filter or a sort, and the index that serves it in each database; None where none does."""

    filter: str | None
    sort: str | None
    sqlite: str | None
    postgres: str | None
    mariadb: str | None


TABLE = [
    Row("name==Name-00042", None, "plan_name", "plan_name|plan_pattern", "plan_name"),
    Row("name=in=(Name-00042,Name-00043)", None, "plan_name", "plan_name|plan_pattern", "plan_name"),
    Row("name==Name-0004*", None, "plan_name", "plan_pattern", "plan_name"),
    Row("name>Name-49990", None, "plan_name", "plan_name", "plan_name"),
    Row("name=bt=(Name-00042,Name-00049)", None, "plan_name", "plan_name", "plan_name"),
    Row("name==^name-00042", None, "plan_lower", "plan_lower", None),
    Row("name=ic=name-00042", None, "plan_lower", "plan_lower", None),
    Row("name==^name-0004*", None, "plan_lower", "plan_lower_pattern", None),
    Row("name==*42", None, None, None, None),
    Row("number==42", None, "plan_number", "plan_number", "plan_number"),
    Row("number>49990", None, "plan_number", "plan_number", "plan_number"),
    Row("number=in=(1,2,3)", None, "plan_number", "plan_number", "plan_number"),
    Row("number=bt=(1,5)", None, "plan_number", "plan_number", "plan_number"),
    Row("amount=na=", None, "plan_amount", "plan_amount", "plan_amount"),
    Row("parts.code==Name-00042", None, "plan_code", "plan_code", "plan_code"),
    Row("parts.code==Name-0004*;number>10", None, "plan_code", "plan_item", "plan_code"),
    Row(None, "name", "plan_name", "plan_name", "plan_name"),
    Row(None, "-name", "plan_name", "plan_name", "plan_name"),
    Row(None, "number", "plan_number", "plan_number", "plan_number"),
    Row(None, "-number", "plan_number", "plan_number", "plan_number"),
    Row(None, "name,ic", None, "plan_lower", None),
    Row(None, "amount", "plan_amount", "plan_amount", None),
    Row(None, "-amount", "plan_amount", "plan_amount", None),
]


def statement_of(row: Row, **options: Any) -> Select[Any]:
    page = None if row.sort is None else PageRequest(0, 10)
    return paged(Item, row.filter, row.sort, page, options=QueryOptions(), **options).statement


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.filter or f"sort={row.sort}")
def test_the_index_that_serves(planned: Planned, row: Row) -> None:
    plan = planned.plan(statement_of(row))
    served: str | None = getattr(row, planned.name)
    if served is None:
        assert "plan_" not in plan.replace("plan_items", ""), "an index serves it: say so in the table"
    else:
        assert any(index in plan for index in served.split("|")), plan
        assert "DEPENDENT" not in plan, "a subquery for each row"
        assert "CORRELATED" not in plan, "a subquery for each row"


def test_a_nocase_index_serves_as_well_on_sqlite(sqlite_database: Database) -> None:
    engine = sqlite_database.engine()
    fill(engine, "sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX plan_lower")
        connection.exec_driver_sql("CREATE INDEX plan_nocase ON plan_items (name COLLATE NOCASE)")
    for filter in ("name==^name-00042", "name==^name-0004*"):
        assert "plan_nocase" in Planned("sqlite", engine).plan(paged(Item, filter).statement)
    engine.dispose()


class Alike(Base):
    """The same items under collations that ignore case on MariaDB."""

    __tablename__ = "plan_alike"
    __table_args__ = {"mysql_collate": "utf8mb4_unicode_ci"}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    general: Mapped[str] = mapped_column(
        String(40).with_variant(mysql.VARCHAR(40, collation="utf8mb4_general_ci"), "mysql", "mariadb"), index=True
    )


@pytest.mark.parametrize("column", ["name", "general"])
@pytest.mark.parametrize("filter", ["==^name-00042", "=ic=name-00042", "==^name-0004*", "==^n*-00042", "==^näm*"])
def test_a_collation_that_ignores_case_serves_ignoring_case(planned: Planned, column: str, filter: str) -> None:
    if planned.name != "mariadb":
        pytest.skip("only MariaDB has collations that ignore case")
    with planned.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM plan_alike")
        connection.exec_driver_sql("INSERT INTO plan_alike SELECT id, name, name FROM plan_items WHERE id <= 1000")
        # Other names keep the range from being the whole table.
        connection.exec_driver_sql("INSERT INTO plan_alike SELECT id, id, id FROM plan_items WHERE id > 1000")
    plan = planned.plan(paged(Alike, f"{column}{filter}", options=QueryOptions()).statement)
    assert f"range ix_plan_alike_{column}" in plan
    assert planned.plan(paged(Alike, f"{column}==^*42", options=QueryOptions()).statement).startswith(
        "1 SIMPLE plan_alike ALL"
    )


def test_a_column_of_another_character_set_is_served(planned: Planned) -> None:
    if planned.name != "mariadb":
        pytest.skip("only MariaDB has a character set for each column")
    with planned.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM plan_kept")
        connection.exec_driver_sql("INSERT INTO plan_kept (id, name) SELECT id, name FROM plan_items WHERE id <= 5000")
    for filter in ("name==Name-00042", "name=in=(Name-00042,Name-00043)", "name==Name-0004*", "name<Name-00004"):
        assert "ix_plan_kept_name" in planned.plan(paged(Kept, filter, options=QueryOptions()).statement), filter


def test_null_where_the_database_puts_it_is_served_everywhere(planned: Planned) -> None:
    for sort in ("amount", "-amount"):
        statement = statement_of(Row(None, sort, None, None, None), sort_options=SortOptions(null_order="database"))
        assert "plan_amount" in planned.plan(statement)


class Listed(DeclarativeBase):
    """A base of its own: the same table again, with the array that only PostgreSQL has."""


class Words(Listed):
    __tablename__ = "plan_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[Any] = mapped_column(JSONB)
    words: Mapped[list[str]] = mapped_column(ARRAY(String(40)))


@pytest.mark.parametrize(
    ("filter", "index"),
    [
        ("document.code==c42", "plan_document"),
        ("document.code=in=(c42,c43)", "plan_document"),
        ("words==w42", "plan_words"),
        ("words=in=(w42,w43)", "plan_words"),
    ],
)
def test_a_gin_index_serves_documents_and_arrays(planned: Planned, filter: str, index: str) -> None:
    if planned.name != "postgres":
        pytest.skip("only PostgreSQL has GIN indexes")
    statement = paged(Words, filter).statement
    assert index in planned.plan(statement)
    with planned.engine.connect() as connection:
        assert len(connection.execute(statement).all()) == (2 if "=in=" in filter else 1)


@pytest.mark.parametrize("filter", ["words==nothing", "words==" + "w42".ljust(41, "x")])
def test_a_value_longer_than_an_element_is_not_cut(planned: Planned, filter: str) -> None:
    if planned.name == "postgres":
        with planned.engine.connect() as connection:
            assert connection.execute(paged(Words, filter).statement).all() == []


QUANTIFIERS = {
    "any": "parts=any='code>Name-{}'",
    "none": "parts=none='code==Name-{}'",
    "all": "parts=all='code>=Name-{}'",
    "count": "@count[parts]>{}",
    "count of some": "'@count[parts|#code>Name-{}]'>1",
    "two levels": "parts=any='item=none=\"number=={}\"'",
}


@pytest.mark.parametrize("text", QUANTIFIERS.values(), ids=QUANTIFIERS)
def test_the_index_of_the_foreign_key_serves_sixteen_quantifiers(planned: Planned, text: str) -> None:
    """A page of them is found row by row; no subquery reads the related table from its start for each row."""
    filter = ";".join(text.format(number) for number in range(1, 17))
    options = QueryOptions(quantifiers=True, parse_limits=ParseLimits(to_many_tests=None))
    found = paged(Item, filter, None, PageRequest(0, 10), options=options)
    for statement in (found.statement, found.count_statement):
        plan = planned.plan(statement)
        assert "plan_item" in plan or "Hash" in plan, plan
        assert not READ_AGAIN[planned.name].search(plan), plan


READ_AGAIN = {
    "sqlite": re.compile(r"SCAN plan_parts"),
    "postgres": re.compile(r"SubPlan.*\n\s*->  Seq Scan"),
    "mariadb": re.compile(r"DEPENDENT SUBQUERY plan_parts_?\d* ALL"),
}


@pytest.mark.parametrize("filter", ["name==*-00042*", "name=like=-00042"])
def test_a_trigram_index_serves_what_stands_within_a_text(planned: Planned, filter: str) -> None:
    if planned.name != "postgres":
        pytest.skip("only PostgreSQL has trigram indexes")
    with planned.engine.connect() as connection:
        if not connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")):
            pytest.skip("this PostgreSQL has no pg_trgm")
    with planned.engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        connection.execute(text("CREATE INDEX IF NOT EXISTS plan_trigrams ON plan_items USING gin (name gin_trgm_ops)"))
    try:
        statement = paged(Item, filter, options=QueryOptions()).statement
        assert "plan_trigrams" in planned.plan(statement)
        with planned.engine.connect() as connection:
            assert len(connection.execute(statement).all()) == 1
    finally:
        with planned.engine.begin() as connection:
            connection.execute(text("DROP INDEX plan_trigrams"))
