"""The keys that complete an order: which, in which direction, and after which order of the base statement."""

from typing import Any

import pytest
from sqlalchemy import Index, Select, String, UniqueConstraint, func, not_, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

import pyrsql
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import order
from pyrsql.validation.predicates import FieldOperand
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked
from tests.sample_models import Company, User


class Own(DeclarativeBase):
    """Keys of several columns, and keys beside the primary one."""


class Seat(Own):
    __tablename__ = "order_seats"
    __table_args__ = (UniqueConstraint("code"),)

    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(20))
    price: Mapped[int | None]


SEATS = [
    Seat(row=row, place=place, code=f"{'cab'[row % 3]}{place}", price=None if place == 3 else place % 2)
    for row in range(4)
    for place in range(4)
    if (row, place) not in {(1, 3), (3, 0)}
]
for number, seat in enumerate(SEATS):
    seat.code += str(number)


@pytest.mark.parametrize(
    ("sort", "completing"),
    [
        ("price", ["+row", "+place"]),
        ("-price", ["-row", "-place"]),
        ("-price,nullslast", ["-row", "-place"]),
        ("-price;row", ["+place"]),
        ("row;-price", ["-place"]),
        ("place;-row", []),
        ("price;-code", []),
        ("-code,ic", ["-row", "-place"]),
    ],
)
def test_the_identity_completes_an_order_in_the_direction_of_its_last_key(sort: str, completing: list[str]) -> None:
    validated = order(schema(Seat))(sort).unwrap()
    assert validated is not None
    assert [("-" if key.descending else "+") + key.operand.path for key in validated.completing] == completing
    assert all(isinstance(key.operand, FieldOperand) and not key.operand.relations for key in validated.completing)


class Coding(DeclarativeBase):
    pass


class Coded(Coding):
    __tablename__ = "coded"
    __table_args__ = (
        Index("coded_by_code", "code", unique=True),
        Index("coded_by_part", "part", unique=True, postgresql_where=text("part <> ''")),
        Index("coded_by_lower", func.lower(text("folded")), unique=True),
        UniqueConstraint("name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(9))
    part: Mapped[str] = mapped_column(String(9))
    folded: Mapped[str] = mapped_column(String(9))
    name: Mapped[str] = mapped_column(String(9))


@pytest.mark.parametrize(
    ("sort", "completing"), [("code", []), ("name", []), ("part", ["id"]), ("folded", ["id"]), ("code,ic", ["id"])]
)
def test_a_unique_index_or_constraint_makes_an_order_total(sort: str, completing: list[str]) -> None:
    validated = order(schema(Coded))(sort).unwrap()
    assert validated is not None
    assert [key.operand.path for key in validated.completing] == completing


def test_a_unique_field_of_a_related_row_completes_nothing() -> None:
    validated = order(schema(User))("-company.id").unwrap()
    assert validated is not None
    assert [(key.operand.path, key.descending) for key in validated.completing] == [("id", True)]


def terms(statement: Select[Any]) -> list[str]:
    """The ORDER BY terms."""
    written = " ".join(str(statement.compile(dialect=sqlite.dialect())).split())
    return written.partition(" ORDER BY ")[2].partition(" LIMIT ")[0].split(", ")


@pytest.mark.parametrize(
    ("base", "sort", "expected"),
    [
        (select(User), None, ["users.id"]),
        (select(User).order_by(User.age), None, ["users.age", "users.id"]),
        (select(User).order_by(User.id.desc()), None, ["users.id DESC"]),
        (select(User).order_by(User.age), "-created", ["users.created DESC", "users.age", "users.id DESC"]),
        (select(User).order_by(User.id), "-created", ["users.created DESC", "users.id"]),
        (select(User).order_by(func.length(User.name)), None, ["length(users.name)", "users.id"]),
        (select(User).join(User.company).order_by(Company.id), None, ["companies.id", "users.id"]),
    ],
)
def test_an_order_of_the_base_statement_stands_between(
    base: Select[Any], sort: str | None, expected: list[str]
) -> None:
    assert terms(paged(User, sort=sort, page=PageRequest.of(0, 2), base=base).statement) == expected


def test_the_key_of_an_alias_is_not_that_of_its_table() -> None:
    other = aliased(User)
    base = select(other).join(User, User.id == other.id).order_by(User.id)
    assert terms(paged(User, page=PageRequest.of(0, 2), base=base).statement) == ["users.id", "users_1.id"]


def test_the_object_surface_completes_an_order_once() -> None:
    orm = SQLAlchemyORM()
    ordered = pyrsql.Sort.parse("-age").apply(select(User), User, orm=orm)
    assert terms(ordered) == ["users.age DESC NULLS FIRST", "users.id DESC"]
    assert terms(PageRequest.of(1, 3).apply(ordered, User, orm=orm)) == terms(ordered)
    assert terms(PageRequest.of(1, 3).apply(select(User), User, orm=orm)) == ["users.id"]


@pytest.mark.parametrize("sort", [None, "price", "-price", "price,nullsfirst;-place", "-price;row", "place"])
def test_pages_give_each_row_once(store: Store, sort: str | None) -> None:
    def fresh() -> list[Seat]:
        return [Seat(row=seat.row, place=seat.place, code=seat.code, price=seat.price) for seat in SEATS]

    def walk(session: Session) -> list[tuple[int, int]]:
        found = [
            row
            for number in range(6)
            for row in session.scalars(paged(Seat, sort=sort, page=PageRequest.of(number, 3)).statement)
        ]
        return [(seat.row, seat.place) for seat in found]

    with stocked(store, Own.metadata, fresh()):
        walked = store.run(walk)
        assert sorted(walked) == sorted((seat.row, seat.place) for seat in SEATS)
        if sort is not None:
            assert walked == ids(store, Seat, sort=sort)


def test_the_negation_of_a_key_is_no_total_order() -> None:
    """SQLite and MariaDB negate integers: all keys but 0 are equal then."""
    ordered = paged(User, base=select(User).order_by(not_(User.id)), page=PageRequest(0, 2)).statement
    assert "ORDER BY NOT users.id, users.id" in str(ordered.compile(dialect=sqlite.dialect()))
