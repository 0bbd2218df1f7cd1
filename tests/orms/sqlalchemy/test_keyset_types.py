"""Pages by cursor over types that one database has, or that a driver changes: every row comes once, and no cursor that
a client sends fails in the database.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import (
    CHAR,
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    Time,
    Uuid,
    create_engine,
    insert,
    literal,
    literal_column,
    make_url,
    select,
    type_coerce,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import CompileError
from sqlalchemy.orm import Session, registry
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine, UserDefinedType

from property_tests.walks import at_once, in_turn, sought, walked, whole
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.errors import ValidationError
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.carried import CarriedValue, SelectedKey
from pyrsql.problems import CursorProblem, UnsupportedSort
from tests.databases import Database
from tests.orms.sqlalchemy.store import AsyncStore, Store
from tests.orms.sqlalchemy.test_keyset import refused_or_run

# SQLAlchemy 2.1 says of some of its own types that they do not say which operators they have.
pytestmark = pytest.mark.filterwarnings("ignore:Type object:sqlalchemy.exc.SADeprecationWarning")


class Typed(NamedTuple):
    """A type of one database.

    Args:
        store: the database.
        type_: the type.
        values: as SQL, none equal to another.
        sorts: clients sort by it.
    """

    store: str
    type_: TypeEngine[Any]
    values: list[str]
    sorts: bool = True


class Ratio(TypeDecorator[float]):
    """A developer's type over a float of 32 bits."""

    impl = Float(24)
    cache_ok = True


class Named(UserDefinedType[Any]):
    """A type that SQLAlchemy has not; without a name, a column of SQLite that holds anything."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


def quoted(*values: str) -> list[str]:
    return [f"'{value}'" for value in values]


TYPES: dict[str, Typed] = {
    # 360 days are a year to PostgreSQL, 365 to its drivers.
    "months": Typed("postgres", pg.INTERVAL(), quoted("1 year", "361 days", "-1 month", "31 days", "1 day", "0")),
    "ages": Typed("postgres", pg.INTERVAL(), quoted("170000000 years", "1 year", "-3 years 2 mons", "0.000001 s")),
    "moments": Typed(
        "postgres",
        DateTime(),
        # asyncpg sends the largest time of Python's as infinity.
        quoted(
            "infinity", "-infinity", "9999-12-31 23:59:59.999999", "0044-03-15 BC", "12000-01-01", "2024-02-29 12:30"
        ),
    ),
    "zoned": Typed(
        "postgres",
        DateTime(timezone=True),
        quoted("infinity", "-infinity", "9999-12-31 23:59:59.999999+00", "0001-01-01+00", "2024-02-29 12:30:00.5+14"),
    ),
    "days": Typed("postgres", Date(), quoted("infinity", "-infinity", "9999-12-31", "0044-03-15 BC", "0001-01-01")),
    "clocks": Typed("postgres", Time(), quoted("24:00", "00:00", "23:59:59.999999")),
    "zoned_clocks": Typed(
        "postgres", Time(timezone=True), quoted("24:00+00", "12:00:00+15:59:59", "12:00+00", "13:00+01", "11:00-01")
    ),
    "ratio": Typed("postgres", Ratio(), quoted("0.1", "0.3", "1e30")),
    "ages_of_a_domain": Typed("postgres", pg.DOMAIN("keyset_age", pg.INTERVAL()), quoted("1 year", "361 days")),
    "address": Typed("postgres", pg.INET(), quoted("10.0.0.1", "10.0.0.0/8", "::1", "192.168.0.1"), sorts=False),
    "hardware": Typed("postgres", pg.MACADDR(), quoted("08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"), sorts=False),
    "money": Typed("postgres", pg.MONEY(), quoted("-5", "1.23", "12345.67"), sorts=False),
    "bits": Typed("postgres", pg.BIT(3), quoted("101", "001"), sorts=False),
    "oid": Typed("postgres", pg.OID(), ["1", "4294967295"], sorts=False),
    "range": Typed("postgres", pg.INT4RANGE(), quoted("[1,5)", "empty", "[2,)", "(,3]"), sorts=False),
    "array": Typed("postgres", pg.ARRAY(Integer), quoted("{}", "{1,NULL}", "{2}"), sorts=False),
    "words": Typed("postgres", pg.ARRAY(Text), quoted("{NULL}", '{"NULL"}', '{"a,b"}'), sorts=False),
    "document": Typed("postgres", pg.JSONB(), quoted("1", '"a"', '{"a": [1]}'), sorts=False),
    "set": Typed("mariadb", mysql.SET("z", "a", "m"), quoted("a", "z,m", "", "m")),
    "bit": Typed("mariadb", mysql.BIT(8), ["5", "0", "255"], sorts=False),
    "inet6": Typed("mariadb", Named("INET6"), quoted("::1", "1::", "::ffff:1.2.3.4"), sorts=False),
    "hstore": Typed("postgres", pg.HSTORE(), quoted("a=>1", "b=>2, a=>1", "a=>NULL", ""), sorts=False),
    "table": Typed("postgres", pg.REGCLASS(), quoted("pg_class", "pg_type", "pg_attribute"), sorts=False),
    "own_table": Typed("postgres", Named("regtype"), quoted("int4", "text"), sorts=False),
    "own_time": Typed("mariadb", Named("TIME(6)"), quoted("10:00:00.5", "-11:00", "109:00:00"), sorts=False),
    "own_float": Typed("mariadb", Named("FLOAT"), ["0.1", "0.2", "1e30"], sorts=False),
    "own_bits": Typed("mariadb", Named("BIT(8)"), ["1", "0", "255"], sorts=False),
    "own_bytes": Typed("mariadb", Named("VARBINARY(9)"), ["'a'", "x'ff00'", "''"], sorts=False),
    "own_day": Typed("mariadb", Named("DATE"), quoted("2024-01-01", "1000-01-01"), sorts=False),
    "own_number": Typed("mariadb", Named("BIGINT UNSIGNED"), ["1", "18446744073709551615"], sorts=False),
    "own_text": Typed("mariadb", Named("VARCHAR(255)"), quoted("a", "b ", "é", ""), sorts=False),
    "typeless": Typed(
        "sqlite", Named(""), ["1", "2.5", "'a'", "x'61'", "''", "9007199254740993", "1e100"], sorts=False
    ),
}

tables = registry()


def _model(name: str, typed: Typed) -> type[Any]:
    """A class with a key of two columns, one of them of the type, which also stands in a nullable column."""
    table = Table(
        f"keyset_type_{name}",
        tables.metadata,
        Column("key", typed.type_, primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("value", typed.type_, nullable=True),
        Column("number", Integer, nullable=False),
    )
    model = type(f"Typed{name.title()}", (), {})
    tables.map_imperatively(model, table)
    return model


MODELS: dict[str, Any] = {name: _model(name, typed) for name, typed in TYPES.items()}


def create(session: Session, name: str) -> None:
    table = MODELS[name].__table__
    if isinstance(TYPES[name].type_, pg.HSTORE):
        session.connection().exec_driver_sql("CREATE EXTENSION IF NOT EXISTS hstore")
    table.create(session.connection())
    number = 0
    for part in range(2):
        for key in TYPES[name].values:
            number += 1
            value: ColumnElement[Any] = literal_column("NULL" if number % 4 == 0 else key)
            row = {"key": literal_column(key), "part": part, "value": value, "number": number * 7 % 31}
            session.execute(insert(table).inline().values(row))


@pytest.fixture(params=TYPES)
def filled(request: pytest.FixtureRequest, store: Store) -> Iterator[tuple[Store, str]]:
    name: str = request.param
    if TYPES[name].store != store.name:
        pytest.skip("another database has the type")
    if isinstance(store, AsyncStore) and store.name != "postgres":
        pytest.skip("the synchronous driver stores and sends values in the same way")
    table = MODELS[name].__table__
    store.run(lambda session: create(session, name))
    yield store, name
    store.run(lambda session: table.drop(session.connection()))


def test_every_row_comes_once(filled: tuple[Store, str]) -> None:
    store, name = filled
    model, typed = MODELS[name], TYPES[name]
    described, base = schema(model), select(model.number)

    def check(session: Session) -> None:
        for sort in ("part", "-part", *(("value", "-value,nullsfirst", "part;-value") if typed.sorts else ())):
            expected = list(session.scalars(whole(described, base, None, sort)))
            assert len(set(expected)) == len(expected) == 2 * len(typed.values)
            for size, backward, read in ((1, False, in_turn), (3, True, in_turn), (2, False, at_once)):
                found = walked(described, base, session.execute, sort=sort, size=size, backward=backward, read=read)
                assert found == expected, (sort, size, backward)

    store.run(check)


def test_no_key_that_a_client_can_send_fails(filled: tuple[Store, str]) -> None:
    store, name = filled
    model = MODELS[name]
    base = select(model.number)
    store.run(lambda session: refused_or_run(session, schema(model), base, "part", place=1))


@pytest.mark.parametrize("text", ["pg_class", "no_such_table", "1"])
def test_no_cursor_tells_which_tables_there_are(postgres_database: Database, text: str) -> None:
    """PostgreSQL would look for a table of this name, and say whether there is one."""
    model, cursors = MODELS["table"], CursorFormat()
    engine = postgres_database.engine()
    with Session(engine) as session:
        create(session, "table")
        made = sought(schema(model), select(model.number), None, "part", CursorRequest.first(2))
        payload = cursors.read(made.collect(session.execute).next or "")
        assert isinstance(payload, Payload)
        assert payload.position.values is not None
        part, _ = payload.position.values
        position = payload.position._replace(values=(part, (f"s{text}",)))
        forged = cursors.write(payload._replace(position=position))
        page = sought(schema(model), select(model.number), None, "part", CursorRequest.at(forged, 2))
        if text == "1":
            assert len(page.collect(session.execute).items) == 2
        else:
            with pytest.raises(ValidationError) as refused:
                page.collect(session.execute)
            assert refused.value.problems == (CursorProblem(reason="unreadable"),)
    engine.dispose()


@pytest.mark.parametrize("name", ["ENUM('z', 'a')", "SET('z', 'a')"])
def test_members_that_only_the_database_knows_are_no_key_of_a_cursor(name: str) -> None:
    """MariaDB orders them by their places, and compares them as text."""
    key = type_coerce(literal_column("kind"), Named(name))
    with pytest.raises(CompileError, match="needs the members of an enumeration"):
        SelectedKey(key).compile(dialect=mysql.dialect())


class Leaf:
    """A document of a row."""

    __table__ = Table("keyset_leaves", tables.metadata, Column("id", Integer, primary_key=True), Column("doc", JSON))
    id: Any


tables.map_imperatively(Leaf, Leaf.__table__)


@pytest.mark.parametrize("sort", ["doc.a", "-doc.a", "doc.a,ic"])
def test_lone_surrogates_in_a_document_have_cursors(sqlite_database: Database, sort: str) -> None:
    """SQLite keeps them, and its driver gives no text that holds one."""
    values = ["a", "\ud800", "\udfff", "b\ud800", "\uffff", "🙂", "\ud800", "a\0b", "", 5, True, None]
    engine = sqlite_database.engine()
    Leaf.__table__.create(engine)
    with Session(engine) as session:
        session.execute(insert(Leaf), [{"id": id_, "doc": {"a": value}} for id_, value in enumerate(values)])
        expected = list(session.scalars(whole(schema(Leaf), select(Leaf.id), None, sort)))
        assert sorted(expected) == list(range(len(values)))
        for size, backward, read in ((1, False, in_turn), (3, True, in_turn), (2, False, at_once)):
            settings: dict[str, Any] = {"sort": sort, "size": size, "backward": backward, "read": read}
            assert walked(schema(Leaf), select(Leaf.id), session.execute, **settings) == expected
    engine.dispose()


def test_a_value_that_its_type_does_not_have_is_a_problem(any_database: Store) -> None:
    """The row is shown, but its cursor would be refused, or skip rows."""
    odd = {"sqlite": "'many'", "postgres": "1.5", "mariadb": "1.5"}[any_database.name]
    kept = {"sqlite": "INTEGER", "postgres": "NUMERIC", "mariadb": "DECIMAL(10,1)"}[any_database.name]

    def check(session: Session) -> None:
        connection = session.connection()
        connection.exec_driver_sql(f"CREATE TABLE keyset_odd (id INTEGER PRIMARY KEY, size {kept})")
        connection.exec_driver_sql(f"INSERT INTO keyset_odd VALUES (1, 1), (2, {odd}), (3, 3)")
        described = schema(Odd)
        page = sought(described, select(Odd.id), None, "-size", CursorRequest.first(3))
        assert len(page.collect(session.execute).items) == 3
        with pytest.raises(ValidationError) as caught:
            walked(described, select(Odd.id), session.execute, sort="size", size=1)
        assert caught.value.problems == (
            UnsupportedSort(source="sort", field="size", reason="a row has a value that its type does not have"),
        )

    try:
        any_database.run(check)
    finally:
        any_database.run(lambda session: Odd.__table__.drop(session.connection()))


class Odd:
    """A column that is declared as another type than it has."""

    __table__ = Table("keyset_odd", tables.metadata, Column("id", Integer, primary_key=True), Column("size", Integer))
    id: Any


tables.map_imperatively(Odd, Odd.__table__)


ZONE = dt.timezone(dt.timedelta(hours=2))
MOMENT = dt.datetime(2024, 2, 29, 12, 30, 0, 5)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Boolean(), True),
        (Integer(), -5),
        (Float(), 0.1),
        (Numeric(), decimal.Decimal("1.50")),
        (pg.INTERVAL(), dt.timedelta(-1, 5, 7)),
        (DateTime(), MOMENT),
        (DateTime(timezone=True), MOMENT.replace(tzinfo=ZONE)),
        (Date(), MOMENT.date()),
        (Time(), MOMENT.time()),
        (Time(timezone=True), MOMENT.time().replace(tzinfo=ZONE)),
        (Uuid(), uuid.UUID(int=7)),
        (Text(), "it's"),
        (CHAR(9), "a"),
        (LargeBinary(), b"\x00\xff"),
        (NullType(), "anything"),
    ],
)
def test_a_value_travels_to_a_database_that_is_not_listed(type_: TypeEngine[Any], value: Any) -> None:
    carrier, dialect = CarriedValue(type_), DefaultDialect()
    assert carrier.process_bind_param(carrier.process_result_value(value, dialect), dialect) == value
    assert carrier.process_bind_param(None, dialect) is None


@pytest.mark.parametrize(
    ("type_", "text", "bound"),
    [
        (Float(), f"i{10**400}", None),
        (Float(), "sx", None),
        (pg.INTERVAL(), f"i{10**19}", None),
        (Date(), "sx", None),
        (DateTime(timezone=True), "s2024-02-29 12:30:00", dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC)),
        (DateTime(), "s2024-02-29 12:30:00+00:00", dt.datetime(2024, 2, 29, 12, 30)),
        (Time(timezone=True), "s12:30:00", dt.time(12, 30, tzinfo=dt.UTC)),
        (LargeBinary(), "sx", None),
        (NullType(), "i1", None),
    ],
)
def test_a_value_of_another_type_is_bound_as_one_of_the_type_or_as_null(
    type_: TypeEngine[Any], text: str, bound: Any
) -> None:
    assert CarriedValue(type_).process_bind_param(text, DefaultDialect()) == bound


def test_a_position_is_written_into_a_statement_for_people() -> None:
    type_, dialect = Named(""), make_url("sqlite://").get_dialect()()
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for value in (1, 2.5, "it's", "", b"\x00'", None):
            carrier = CarriedValue(type_)
            bound = literal(carrier.process_result_value(value, dialect), carrier)
            written = select(bound).compile(engine, compile_kwargs={"literal_binds": True})
            assert connection.exec_driver_sql(str(written)).scalar() == value
    engine.dispose()
