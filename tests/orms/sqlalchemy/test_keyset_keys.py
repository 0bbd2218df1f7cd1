"""Pages by cursor whose order is completed by a key that is no number: every row comes once, in both directions, and no
key that a client sends fails in the database.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BINARY, Date, DateTime, Enum, LargeBinary, Numeric, String, Uuid, select
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from property_tests.walks import at_once, in_turn, walked, whole
from pyrsql.orms.sqlalchemy import schema
from tests.orms.sqlalchemy.store import AsyncStore, Store, stocked
from tests.orms.sqlalchemy.test_keyset import refused_or_run

# SQLite keeps decimals as floats, and SQLAlchemy says so.
pytestmark = pytest.mark.filterwarnings("ignore:Dialect sqlite:sqlalchemy.exc.SAWarning")


class Mood(enum.Enum):
    """Members in an order that is not that of their texts."""

    SAD = "sad"
    GLAD = "glad"
    CALM = "calm"
    WILD = "wild"


class UuidInBytes(TypeDecorator[uuid.UUID]):
    """What many services made before SQLAlchemy had a type of its own."""

    impl = BINARY(16).with_variant(postgresql.BYTEA(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: uuid.UUID | None, dialect: Any) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Any) -> uuid.UUID | None:
        return None if value is None else uuid.UUID(bytes=bytes(value))


class Base(DeclarativeBase):
    pass


UUIDS = [uuid.UUID(int=number * 2**121 + 7 * number) for number in (3, 1, 60, 40, 90, 2, 127)]
BYTES = [b"", b"\x00", b"\x00\xff", b"abc", b"\xfe\xff", b"'", b"\x80"]

KEYS: dict[str, tuple[TypeEngine[Any], list[Any]]] = {
    "bytes": (LargeBinary().with_variant(mysql.VARBINARY(20), "mysql", "mariadb"), BYTES),
    "uuid_in_bytes": (UuidInBytes(), UUIDS),
    "uuid": (Uuid(), UUIDS),
    "uuid_in_letters": (Uuid(native_uuid=False), UUIDS),
    "mood": (Enum(Mood, name="keyset_mood"), list(Mood)),
    "mood_in_letters": (Enum(Mood, native_enum=False, length=10), list(Mood)),
    "mood_by_value": (
        Enum(Mood, values_callable=lambda moods: [mood.value for mood in moods], name="keyset_mood_value"),
        list(Mood),
    ),
    "day": (Date(), [dt.date(2024, 1, day) for day in (5, 1, 9, 3)]),
    "moment": (
        DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"),
        [dt.datetime(2024, 1, 1, 0, 0, 0, n) for n in (5, 1, 9)],
    ),
    "price": (Numeric(12, 4), [Decimal("1.5"), Decimal(-2), Decimal("0.0001"), Decimal(10)]),
    "name": (String(20), ["b", "Z", "c ", "", "é", "日本"]),
}


def _model(name: str, type_: TypeEngine[Any]) -> type[Any]:
    """A class whose key is one column of a type and a number."""
    return type(
        f"Kept{name.title().replace('_', '')}",
        (Base,),
        {
            "__tablename__": f"keyset_by_{name}",
            "__annotations__": {"key": Mapped[Any], "number": Mapped[int], "size": Mapped[int]},
            "number": mapped_column(primary_key=True, autoincrement=False),
            "key": mapped_column(type_, primary_key=True),
            "size": mapped_column(),
        },
    )


MODELS = {name: _model(name, type_) for name, (type_, _) in KEYS.items()}


def rows() -> Iterator[Any]:
    for name, (_, values) in KEYS.items():
        for number in range(2):
            for place, key in enumerate(values):
                yield MODELS[name](key=key, number=number, size=place % 2)


@pytest.fixture(scope="module")
def filled(store: Store) -> Iterator[Store]:
    if isinstance(store, AsyncStore) and store.name != "postgres":
        pytest.skip("the synchronous driver stores and sends values in the same way")
    with stocked(store, Base.metadata, rows()) as opened:
        yield opened


UNSORTED = ("bytes", "uuid_in_bytes")
"""Keys that complete an order, and that no client sorts by."""


@pytest.mark.parametrize(
    ("name", "sort"),
    [(name, sort) for name in KEYS for sort in ("size", "-size", "-key") if not (sort == "-key" and name in UNSORTED)],
)
def test_a_walk_gives_every_row_once(filled: Store, name: str, sort: str) -> None:
    model = MODELS[name]
    described = schema(model)

    def identity(row: Any) -> tuple[Any, int]:
        return row.key, row.number

    def check(session: Session) -> None:
        expected = [identity(row) for row in session.scalars(whole(described, select(model), None, sort))]
        assert len(set(expected)) == len(expected) == 2 * len(KEYS[name][1])
        for size, backward, read in ((1, False, in_turn), (3, True, in_turn), (4, False, at_once)):
            found = walked(
                described, select(model), session.execute, sort=sort, size=size, backward=backward, read=read
            )
            assert [identity(row) for row in found] == expected, (size, backward)

    filled.run(check)


@pytest.mark.parametrize("name", KEYS)
def test_no_key_that_a_client_can_send_fails_in_a_database(filled: Store, name: str) -> None:
    model = MODELS[name]
    filled.run(lambda session: refused_or_run(session, schema(model), select(model), "size", place=1))
