"""Where ORDER BY says the place of NULL, and where it would only keep a database from its index."""

import enum
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import pytest
from returns.result import Success
from sqlalchemy import Enum, ForeignKey, Index, Integer, Select, create_engine, func, select
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, column_property, mapped_column, relationship

from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_criteria, validate_request
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked
from tests.sample_models import Base, Company, User, rows


def order(statement: Select[Any], dialect: Any) -> str:
    """What stands in ORDER BY."""
    return " ".join(str(statement.compile(dialect=dialect())).split()).partition(" ORDER BY ")[2]


@pytest.mark.parametrize(
    ("sort", "on_sqlite", "on_mariadb"),
    [
        ("email", "users.email", "CONVERT(users.email USING utf8mb4) COLLATE utf8mb4_0900_bin"),
        ("-created", "users.created DESC, users.id DESC", "users.created DESC, users.id DESC"),
        ("age", "users.age ASC NULLS LAST, users.id", "users.age IS NULL, users.age ASC, users.id"),
        ("-age", "users.age DESC NULLS FIRST, users.id DESC", "users.age IS NULL DESC, users.age DESC, users.id DESC"),
    ],
)
def test_only_what_may_be_null_says_where_null_goes(sort: str, on_sqlite: str, on_mariadb: str) -> None:
    statement = paged(User, sort=sort).statement
    assert order(statement, sqlite.dialect) == on_sqlite
    assert order(statement, mysql.dialect) == on_mariadb


def test_a_place_that_the_client_names_changes_nothing_where_there_is_no_null() -> None:
    assert order(paged(User, sort="created,nullsfirst").statement, sqlite.dialect) == "users.created, users.id"
    assert "NULLS FIRST" in order(paged(User, sort="age,nullsfirst").statement, sqlite.dialect)


LACKING: dict[str, Any] = {
    "joined from another": select(User).select_from(Company).outerjoin(Company.users),
    "joined from another, both selected": select(Company, User).outerjoin(Company.users),
    "joined before another was selected": select(Company).outerjoin(Company.users).with_only_columns(User),
    "a full join": select(User).join(User.company, full=True),
}


@pytest.fixture(scope="module")
def people(store: Store) -> Iterator[Store]:
    nobody = Company(id=99, name="nobody", country=None)
    with stocked(store, Base.metadata, [*rows(), nobody]) as filled:
        yield filled


def lacks(statement: Select[Any], session: Session) -> list[bool]:
    return [row[-1] is None for row in session.execute(statement)]


@pytest.mark.parametrize("name", LACKING)
def test_a_row_that_lacks_its_root_goes_where_null_goes(people: Store, name: str) -> None:
    if people.name == "mariadb" and name == "a full join":
        pytest.skip("MariaDB has no FULL JOIN")
    for sort, first in (
        ("created", False),
        ("-created", True),
        ("created,nullsfirst", True),
        ("-created,nullslast", False),
    ):
        statement = paged(User, sort=sort, base=LACKING[name]).statement
        lacking = people.run(partial(lacks, statement))
        assert any(lacking)
        assert lacking == sorted(lacking, reverse=first)


class Own(DeclarativeBase):
    """Classes over more than a table."""


class Parent(Own):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "parent", "with_polymorphic": "*"}


class Child(Parent):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(ForeignKey("parents.id"), primary_key=True)
    weight: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "child"}


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Note(Own):
    __tablename__ = "notes"
    __table_args__ = (Index("by_length", "length"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[int] = mapped_column()
    colour: Mapped[Colour] = mapped_column(Enum(Colour, native_enum=False))
    twice = column_property(func.nullif(length * 2, 4, type_=Integer))


class Both(Own):
    """A class over an outer join."""

    __table__ = Parent.__table__.outerjoin(Note.__table__, Parent.__table__.c.id == Note.__table__.c.id)
    id = column_property(Parent.__table__.c.id, Note.__table__.c.id)
    kind = Parent.__table__.c.kind
    length = Note.__table__.c.length


def plain(model: Any, sort: str, base: Select[Any] | None = None) -> bool:
    """Whether ORDER BY says nothing of NULL."""
    return "NULLS" not in order(paged(model, sort=sort, base=base).statement, postgresql.dialect)


def test_what_only_some_rows_have_may_be_null() -> None:
    assert plain(Parent, "kind")
    assert not plain(Parent, "weight")
    assert not plain(Both, "length")
    assert plain(Both, "kind")
    assert plain(Child, "kind")
    assert plain(Note, "length")
    assert plain(Note, "length", select(aliased(Note)))
    assert not plain(Note, "twice")
    assert not plain(Note, "colour"), "a row may hold no member"
    outer = aliased(Note, select(Note).subquery())
    assert not plain(Note, "length", select(outer))
    assert not plain(User, "company.name")


def test_a_page_is_read_in_the_order_of_an_index() -> None:
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        Own.metadata.create_all(session.connection())
        for sort, base in product(("length", "-length"), (select(Note.length), select(aliased(Note).length))):
            found = validate_request(schema(Note), sort=sort, page=Success(PageRequest(0, 10)))
            statement = found.bind(apply_criteria(base)).unwrap().statement
            text = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = [row[-1] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            assert "by_length" in plan[0]
            assert not any("USE TEMP B-TREE FOR ORDER BY" in step for step in plan)
    engine.dispose()


class House(Base):
    __tablename__ = "order_house"
    id: Mapped[int] = mapped_column(primary_key=True)
    lots: Mapped[list["Lot"]] = relationship(back_populates="house")


class Lot(Base):
    __tablename__ = "order_lot"
    id: Mapped[int] = mapped_column(primary_key=True)
    sold: Mapped[bool | None]
    house_id: Mapped[int | None] = mapped_column(ForeignKey("order_house.id"))
    house: Mapped[House | None] = relationship(back_populates="lots")


def test_a_boolean_of_many_rows_is_false_before_true(any_database: Store) -> None:
    lots = [Lot(id=id, house_id=house, sold=sold) for id, house, sold in LOTS]
    with stocked(any_database, Base.metadata, [*(House(id=id) for id in (1, 2, 3)), *lots]) as store:
        assert ids(store, Lot, None, "house.lots.sold") == [2, 5, 1, 3, 4, 6]
        assert ids(store, Lot, None, "-house.lots.sold;id") == [4, 6, 1, 2, 3, 5]
        assert ids(store, House, None, "lots.sold") == [2, 1, 3]


LOTS = [(1, 1, True), (2, 2, False), (3, 1, None), (4, None, True), (5, 2, True), (6, 3, None)]
