"""Pages by cursor on every driver: what a cursor carries equals what was ordered by, and nothing that a client sends
in its place fails in the database.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
import uuid
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    REAL,
    BigInteger,
    Boolean,
    Dialect,
    Double,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Interval,
    Numeric,
    SmallInteger,
    String,
    Time,
    Uuid,
    and_,
    func,
    insert,
    null,
    select,
    text,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
)
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeDecorator

from property_tests.walks import at_once, in_turn, pages, sought, walked, whole
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.errors import ConfigurationError, ValidationError
from pyrsql.models.schema import Schema
from pyrsql.options import JSONOptions, JSONSortScalarType, QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.carried import CarriedValue
from pyrsql.pipeline import CursorSelect, apply_filter, parse, seek, validate
from pyrsql.problems import CursorProblem
from tests.orms.sqlalchemy.store import AsyncStore, Store, stocked

# SQLite keeps decimals as floats, and SQLAlchemy says so.
pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")


class Mood(enum.Enum):
    SAD = 1
    GLAD = 2


class Hundredths(TypeDecorator[Decimal]):
    """Stores money as a whole number."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Own(DeclarativeBase):
    """One table with a column of every kind."""


class Thing(Own):
    __tablename__ = "keyset_things"

    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None] = mapped_column(SmallInteger)
    big: Mapped[int | None] = mapped_column(BigInteger)
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    rate: Mapped[float | None] = mapped_column(Numeric(12, 4, asdecimal=False))
    ratio: Mapped[float | None] = mapped_column(Double)
    single: Mapped[float | None] = mapped_column(REAL().with_variant(mysql.FLOAT(), "mysql", "mariadb"))
    flag: Mapped[bool | None] = mapped_column(Boolean)
    name: Mapped[str | None] = mapped_column(String(60))
    day: Mapped[dt.date | None]
    clock: Mapped[dt.time | None] = mapped_column(Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb"))
    moment: Mapped[dt.datetime | None] = mapped_column(
        postgresql.TIMESTAMP().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    )
    span: Mapped[dt.timedelta | None] = mapped_column(Interval)
    key: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    key_in_letters: Mapped[uuid.UUID | None] = mapped_column(Uuid(native_uuid=False))
    mood: Mapped[Mood | None] = mapped_column(Enum(Mood, native_enum=False, length=10))
    money: Mapped[Decimal | None] = mapped_column(Hundredths)


COLUMNS = [column.key for column in Thing.__table__.columns if column.key != "id"]

VALUES: dict[str, list[Any]] = {
    "small": [-32_768, 0, 7, 7],
    "big": [-(2**63), 2**63 - 1, 2**53 + 1, 2**53],
    "price": [Decimal("0.1"), Decimal("0.3"), Decimal("-0.000001"), Decimal("12345678.123456")],
    "rate": [0.1, 1234.5678, 1234.5679, -0.0001],
    "ratio": [0.1, 0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3],
    "single": [0.1, 0.2, 16_777_217.0, -0.0, 3.4028234e38, 1 / 3],
    "flag": [True, False],
    "name": ["", "a", "A", "ä", "a ", "日本", "it's", "\\", "%", "🙂"],
    "day": [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(9999, 12, 31)],
    "clock": [dt.time(0, 0), dt.time(12, 30, 0, 1), dt.time(23, 59, 59, 999_999)],
    "moment": [
        dt.datetime(1, 1, 1),
        dt.datetime(2024, 2, 29, 12, 0, 0, 123_456),
        dt.datetime(9999, 12, 31, 23, 59, 59),
    ],
    "span": [dt.timedelta(0), dt.timedelta(days=-1, seconds=5), dt.timedelta(days=10_000)],
    "key": [uuid.UUID(int=2**120 + 5, version=4), uuid.UUID(int=9, version=4), uuid.UUID(int=2**127, version=4)],
    "key_in_letters": [uuid.UUID(int=2**120 + 5), uuid.UUID(int=9), uuid.UUID(int=2**127)],
    "mood": [Mood.GLAD, Mood.SAD],
    "money": [Decimal("1.23"), Decimal("-4.5"), Decimal(0)],
}


def things() -> Iterator[Thing]:
    number = 0
    for column, values in VALUES.items():
        for value in (*values, values[0], None):
            number += 1
            # Ids neither ascend nor descend, so that no database returns rows in their order by chance.
            yield Thing(id=(number * 37) % 1_009, **{column: value})


@pytest.fixture(scope="module")
def filled(store: Store) -> Iterator[Store]:
    if isinstance(store, AsyncStore) and store.name != "postgres":
        pytest.skip("the synchronous driver stores and sends values in the same way")
    with stocked(store, Own.metadata, things()) as opened:
        yield opened


THINGS = schema(Thing)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("direction", ["", "-"])
def test_a_walk_by_every_kind_is_the_unpaged_list(filled: Store, column: str, direction: str) -> None:
    sort = f"{direction}{column}"

    def check(session: Session) -> None:
        expected = list(session.scalars(whole(THINGS, select(Thing.id), None, sort)))
        for size, backward, read in ((7, False, in_turn), (30, True, in_turn), (40, False, at_once)):
            found = walked(
                THINGS, select(Thing.id), session.execute, sort=sort, size=size, backward=backward, read=read
            )
            assert found == expected, (size, backward)

    filled.run(check)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_carried_value_equals_what_was_ordered_by(filled: Store, column: str) -> None:
    def check(session: Session) -> None:
        page = sought(THINGS, select(Thing), None, column, CursorRequest.first(500))
        for row in session.execute(page.statement):
            ((carried,), _) = page.sought.key(row)
            expression = page.statement.get_final_froms()[0].c[column] if column != "mood" else None
            if expression is None:
                continue
            same = (
                expression.is_(null())
                if carried is None
                else expression.op("=")(BindParameter(None, carried, CarriedValue(expression.type)))
            )
            found = session.scalar(select(func.count()).where(and_(Thing.id == page.sought.item(row).id, same)))
            assert found == 1, (column, carried)

    filled.run(check)


def test_what_no_float_equals_has_its_place(filled: Store) -> None:
    """NaN and the infinities, where a database stores them; PostgreSQL's NUMERIC has a NaN too."""
    if filled.name == "mariadb":
        pytest.skip("MariaDB stores no NaN and no infinity")
    odd = [math.inf, -math.inf, math.inf] + ([] if filled.name == "sqlite" else [math.nan, math.nan])

    def check(session: Session) -> None:
        rows: list[dict[str, Any]] = [{"id": 2_000 + place, "ratio": value} for place, value in enumerate(odd)]
        session.execute(insert(Thing), rows)
        if filled.name == "postgres":
            for place, value in enumerate(("NaN", "NaN", "1")):
                session.execute(
                    text("INSERT INTO keyset_things (id, price) VALUES (:id, CAST(:value AS numeric))"),
                    {"id": 3_000 + place, "value": value},
                )
        for sort in ("ratio", "-ratio", "price", "-price", "ratio;-price"):
            expected = list(session.scalars(whole(THINGS, select(Thing.id), None, sort)))
            for size in (1, 4):
                assert walked(THINGS, select(Thing.id), session.execute, sort=sort, size=size) == expected
                found = walked(THINGS, select(Thing.id), session.execute, sort=sort, size=size, backward=True)
                assert found == expected
        session.rollback()

    filled.run(check)


ALPHABET = "Az9_"


@pytest.mark.parametrize("sort", COLUMNS)
def test_every_changed_character_is_refused_or_runs(filled: Store, sort: str) -> None:
    request = CursorRequest.first(2)

    def check(session: Session) -> None:
        base = parse(f"{sort}=nn=").bind(validate(THINGS)).bind(apply_filter(select(Thing.id)))
        sorted_ = sought(THINGS, select(Thing.id), f"{sort}=nn=", sort, request)
        cursor = sorted_.collect(session.execute).next
        assert cursor is not None
        everything = set(session.scalars(base.unwrap().select))
        ran = 0
        for place in range(20, len(cursor)):
            for character in ALPHABET:
                changed = cursor[:place] + character + cursor[place + 1 :]
                try:
                    page = sought(THINGS, select(Thing.id), f"{sort}=nn=", sort, CursorRequest.at(changed, 2))
                except Exception:
                    continue
                ran += 1
                assert {*collected(session, page)} <= everything
        assert ran

    filled.run(check)


FORGED = ["i0", "i-9223372036854775808", "i18446744073709551615", "f1e300", "finf", "fnan", "f-inf", "d1E+4000", "dNaN"]
FORGED += ["s", "s\0", "sx\0y", "s2024-01-31", "s0001-01-01 00:00:00+14:00", "s9999-12-31T23:59:59-12:00", "s12:30"]
FORGED += [
    "s12:30+05:00",
    "s" + "é" * 2_000,
    "s00000000000000000000000000000000",
    "strue",
    "d-Infinity",
    "d0." + "1" * 900,
    "b",
    "b00ff",
    "b0",
]


def refused_or_run(session: Session, schema: Schema, base: Any, sort: str, place: int = 0) -> None:
    """Whatever passes the check of its kind, in place of a key, runs: in one statement, in turn, in both directions."""
    cursors = CursorFormat()
    made = sought(schema, base, None, sort, CursorRequest.first(2)).collect(session.execute).next
    assert made is not None
    payload = cursors.read(made)
    assert isinstance(payload, Payload)
    values = payload.position.values
    assert values is not None
    size = len(values[place])
    keys = [key for value in (*FORGED, None) for key in alone(value, size)]
    for key, backward in product(keys, (False, True)):
        position = payload.position._replace(backward=backward, values=(*values[:place], key, *values[place + 1 :]))
        forged = cursors.write(payload._replace(position=position))
        assert forged is not None
        try:
            page = sought(schema, base, None, sort, CursorRequest.at(forged, 2))
        except Exception as refused:  # UnwrapFailedError, which holds the problems
            problems = refused.halted_container.failure()  # type: ignore[attr-defined]  # returns types its error without it
            assert [problem.code for problem in problems] == ["cursor-error"], key
            continue
        if collected(session, page):
            page.read(session.execute(page.statement))


def collected(session: Session, page: CursorSelect[Any]) -> list[Any]:
    """The rows of a page by a cursor that a client sent; none where the database says that no row gave it."""
    try:
        with session.begin_nested():
            return page.collect(session.execute).items
    except ValidationError as refused:
        if refused.problems == (CursorProblem(reason="unreadable"),):
            return []
        raise


def alone(value: str | None, size: int) -> Iterator[tuple[str | None, ...]]:
    """A value in each part of a key, and NULL in its other parts."""
    return (tuple(value if place == chosen else None for place in range(size)) for chosen in range(size))


@pytest.mark.parametrize("column", COLUMNS)
def test_no_value_that_a_client_can_send_fails_in_a_database(filled: Store, column: str) -> None:
    filled.run(lambda session: refused_or_run(session, THINGS, select(Thing.id), column))


# --- keys of several columns, several entities, loading ---


class Seat(Own):
    __tablename__ = "keyset_seats"

    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(String(10), primary_key=True)
    price: Mapped[int | None]
    tickets: Mapped[list[Ticket]] = relationship(back_populates="seat", order_by="Ticket.id")


class Ticket(Own):
    __tablename__ = "keyset_tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int]
    place: Mapped[str] = mapped_column(String(10))
    seat: Mapped[Seat] = relationship(back_populates="tickets")
    __table_args__ = (ForeignKeyConstraint(["row", "place"], ["keyset_seats.row", "keyset_seats.place"]),)


PLACES = ("a", "bb", "c")


def seats() -> list[Any]:
    found: list[Any] = [
        Seat(row=row, place=place, price=(row * 3 + len(place)) % 4 or None)
        for row in range(4)
        for place in ("a", "bb", "c")
    ]
    return found + [Ticket(row=number % 4, place=PLACES[number % 3]) for number in range(20)]


@pytest.fixture(scope="module")
def seated(store: Store) -> Iterator[Store]:
    with stocked(store, Own.metadata, seats()) as opened:
        yield opened


SEATS = schema(Seat)


def key_of(seat: Seat) -> tuple[int, str]:
    return seat.row, seat.place


@pytest.mark.parametrize("sort", ["price", "-price", "price,nullsfirst;-place", "place", "-row"])
def test_composite_keys_collections_and_aliases(seated: Store, sort: str) -> None:
    other = aliased(Seat)

    def check(session: Session) -> None:
        expected = [key_of(seat) for seat in session.scalars(whole(SEATS, select(Seat), None, sort))]
        for base in (select(Seat), select(Seat).options(joinedload(Seat.tickets)), select(other)):
            for backward in (False, True):
                found = walked(SEATS, base, session.execute, sort=sort, size=5, backward=backward)
                assert [key_of(seat) for seat in found] == expected
        loaded = walked(SEATS, select(Seat).options(joinedload(Seat.tickets)), session.execute, sort=sort, size=5)
        assert sum(len(seat.tickets) for seat in loaded) == 20

    seated.run(check)


def test_a_select_of_several_things_gives_rows(seated: Store) -> None:
    def check(session: Session) -> None:
        cut = next(pages(SEATS, select(Seat, Seat.price), session.execute, sort="-row", size=2))
        assert [(key_of(seat), price) for seat, price in cut.items] == [
            (key_of(seat), seat.price) for seat, _ in cut.items
        ]

    seated.run(check)


@pytest.mark.parametrize("sort", ["price", "-price", "price;-place", "-row;price"])
def test_null_may_be_where_the_database_puts_it(seated: Store, sort: str) -> None:
    described = schema(Seat, sort_options=SortOptions(null_order="database"))

    def check(session: Session) -> None:
        expected = [key_of(seat) for seat in session.scalars(whole(described, select(Seat), None, sort))]
        for size in (1, 2, 5):
            for backward in (False, True):
                found = walked(described, select(Seat), session.execute, sort=sort, size=size, backward=backward)
                assert [key_of(seat) for seat in found] == expected

    seated.run(check)


def test_a_cursor_behind_any_row_and_a_count(seated: Store) -> None:
    def check(session: Session) -> None:
        page = sought(SEATS, select(Seat), "row>0", "price", CursorRequest.first(9))
        rows = session.execute(page.statement).all()
        rest = sought(SEATS, select(Seat), "row>0", "price", CursorRequest.at(page.cursor(rows[3]), 9))
        assert rest.collect(session.execute).items == [row[0] for row in rows[4:]]
        assert session.scalar(page.count_statement) == 9

    seated.run(check)


# --- refusals of the developer's mistakes, and of values that are too long ---


@pytest.mark.parametrize(
    "base",
    [
        lambda: select(Seat).order_by(Seat.price),
        lambda: select(Seat).group_by(Seat.row, Seat.place),
    ],
)
def test_a_base_statement_has_no_order_and_no_groups_of_its_own(base: Any) -> None:
    with pytest.raises(ConfigurationError):
        sought(SEATS, base(), None, "price", CursorRequest.first(2))


def test_a_value_that_no_cursor_has_room_for_is_a_problem() -> None:
    page = sought(THINGS, select(Thing), None, "name", CursorRequest.first(2), cursor_length=60)
    with pytest.raises(ValidationError) as caught:
        page.read([(None, "s" + "x" * 50, "i1")] * 3)
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [("unsupported-sort", "name")]


def test_other_positions_share_a_compiled_statement() -> None:
    def key(value: str) -> Any:
        cursors = CursorFormat()
        page = sought(THINGS, select(Thing), "id>1", "-name;price", CursorRequest.first(2))
        position = page.seek.position._replace(values=((f"s{value}",), ("d1.5",), ("i3",)))
        text = cursors.write(Payload(position, page.seek.digests))
        made = sought(THINGS, select(Thing), "id>1", "-name;price", CursorRequest.at(text, 2))
        return [statement._generate_cache_key().key for statement in (made.statement, *made.statements)]

    assert key("a") == key("b")


class Noted(DeclarativeBase):
    pass


class Note(Noted):
    __tablename__ = "keyset_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    doc: Mapped[Any] = mapped_column(JSON().with_variant(postgresql.JSONB(), "postgresql"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("keyset_notes.id"))


def test_documents_and_functions_are_sought_in_one_statement(store: Store) -> None:
    if store.name == "mariadb":
        pytest.skip("JSON sorts of MariaDB have tests on a server of their own")
    documents = [
        {"a": 1},
        {"a": "x"},
        {"a": 1.5},
        {"a": True},
        {"a": None},
        {},
        {"a": "X"},
        {"a": [3, 1]},
        {"a": 10**20},
    ]
    described = schema(Note, QueryOptions(procedure_whitelist=[".*"]))

    def check(session: Session) -> None:
        for sort in ("doc.a", "-doc.a", "doc.a,ic;-id", "@length[@concat[#x|#y]];doc.a"):
            expected = list(session.scalars(whole(described, select(Note.id), None, sort)))
            assert len(sought(described, select(Note.id), None, sort, CursorRequest.first(2)).statements) == 1
            for size in (1, 2, 5):
                for backward in (False, True):
                    found = walked(described, select(Note.id), session.execute, sort=sort, size=size, backward=backward)
                    assert found == expected, sort

    notes = [Note(id=(number * 7) % 19, doc=document) for number, document in enumerate(documents * 2)]
    with stocked(store, Noted.metadata, notes):
        store.run(check)


MIXED = [1, "x", 1.5, True, None, "2024-01-31", "2024-01-31T12:30:00Z", "12:30", [3, 1], 10**20]


@pytest.mark.parametrize("declared", [None, *JSONSortScalarType])
def test_no_value_that_a_client_can_send_fails_in_a_document(store: Store, declared: JSONSortScalarType | None) -> None:
    if store.name == "mariadb":
        pytest.skip("JSON sorts of MariaDB have tests on a server of their own")
    json_options = JSONOptions(sort_field_types={} if declared is None else {"doc.a": declared})
    described = schema(Note, QueryOptions(json_options=json_options))

    def check(session: Session) -> None:
        for sort in ("doc.a", "-doc.a"):
            expected = list(session.scalars(whole(described, select(Note.id), None, sort)))
            assert walked(described, select(Note.id), session.execute, sort=sort, size=1) == expected
        refused_or_run(session, described, select(Note.id), "doc.a")

    with stocked(store, Noted.metadata, [Note(doc={"a": value}) for value in MIXED]):
        store.run(check)


def test_cursors_of_a_stage_are_signed() -> None:
    narrowed = parse(None).bind(validate(THINGS)).bind(apply_filter(select(Thing)))
    signed = narrowed.bind(seek(CursorRequest.first(1), secrets=["a"])).unwrap()
    cursor = signed.read([(None, "i1"), (None, "i2")]).next
    narrowed.bind(seek(CursorRequest.at(cursor, 1), secrets=["b", "a"])).unwrap()
    assert narrowed.bind(seek(CursorRequest.at(cursor, 1), secrets=["b"])).failure() == (
        CursorProblem(reason="signature"),
    )
