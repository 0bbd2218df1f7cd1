"""Attributes made of functions that SQLAlchemy gives no type are filtered and sorted as what the functions return."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    DateTime,
    Double,
    ForeignKey,
    String,
    case,
    extract,
    false,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, column_property, mapped_column, relationship
from sqlalchemy.types import NullType

from property_tests.walks import walked
from pyrsql.orms.sqlalchemy import schema
from pyrsql.orms.sqlalchemy.function_types import type_of
from pyrsql.problems import UnsupportedOperator, WrongValue
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "ft_person"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(String(20))
    balance: Mapped[int | None]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("ft_person.id"))
    boss: Mapped[Any] = relationship("Person", remote_side=id)
    folded: Mapped[Any] = column_property(func.lower(name))

    @hybrid_property
    def upper(self) -> Any:
        return func.upper(self.name)

    @hybrid_property
    def trimmed(self) -> Any:
        return func.trim(func.replace(self.name, "-", " "))

    @hybrid_property
    def size(self) -> Any:
        return func.length(self.name)

    @hybrid_property
    def distance(self) -> Any:
        return func.abs(self.balance)

    @hybrid_property
    def unknown(self) -> Any:
        return func.function_of_the_service(self.name)


class Task(Base):
    """Values that may have a fraction, although SQLAlchemy takes them for whole numbers; and negations."""

    __tablename__ = "ft_task"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    done: Mapped[int | None]
    total: Mapped[int | None]
    open: Mapped[bool | None]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("ft_task.id"))
    boss: Mapped[Any] = relationship("Task", remote_side=id)

    @hybrid_property
    def share(self) -> Any:
        return self.done / func.nullif(self.total, 0)

    @hybrid_property
    def percent(self) -> Any:
        return func.coalesce(self.done / func.nullif(self.total, 0) * 100, 0)

    @hybrid_property
    def part(self) -> Any:
        return case((self.total > 0, self.done / func.nullif(self.total, 0)), else_=0)  # type: ignore[operator,arg-type]  # SQL

    @hybrid_property
    def most(self) -> Any:
        other = aliased(Task)
        return select(func.max(other.done / func.nullif(other.total, 0))).where(other.id <= self.id).scalar_subquery()

    @hybrid_property
    def twice(self) -> Any:
        return self.done * 2  # type: ignore[operator]  # SQL

    @hybrid_property
    def closed(self) -> Any:
        return ~self.open  # type: ignore[operator]  # SQL


class Part(Base):
    """Values of which SQLAlchemy takes the type of the first part for that of all."""

    __tablename__ = "ft_part"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int | None] = mapped_column()
    size: Mapped[float | None] = mapped_column(Double)
    large: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[dt.date | None] = mapped_column()
    at: Mapped[dt.datetime | None] = mapped_column(DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"))
    either: Mapped[Any] = column_property(func.coalesce(number, size))
    graded: Mapped[Any] = column_property(case((number > 0, 1), else_=0.5))
    longer: Mapped[Any] = column_property(func.coalesce(number, large))
    second: Mapped[Any] = column_property(extract("second", at), deferred=True)
    yes: Mapped[Any] = column_property(true())
    no: Mapped[Any] = column_property(false())
    third: Mapped[Any] = column_property(literal(3))
    fourth: Mapped[Any] = column_property(literal_column("4", BigInteger()))

    @hybrid_property
    def moment(self) -> Any:
        return case((self.number > 0, self.day), else_=self.at)  # type: ignore[operator,arg-type]  # SQL


TASKS = [(1, 1, 8, True, None), (2, 3, 8, False, 1), (3, 1, 4, None, 2), (4, 8, 8, True, 3), (5, None, 0, False, 4)]


@pytest.fixture(scope="module")
def tasks(any_database: Store) -> Iterator[Store]:
    rows = [Task(id=key, done=done, total=total, open=open_, boss_id=boss) for key, done, total, open_, boss in TASKS]
    with stocked(any_database, Base.metadata) as filled:
        filled.run(lambda session: add(session, rows))
        yield filled


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("share==0.125", [1]),
        ("share=bt=(0.2,0.4)", [2, 3]),
        ("share=na=", [5]),
        ("percent==12.5", [1]),
        ("percent>30", [2, 4]),
        ("part==0.25", [3]),
        ("part==0", [5]),
        ("most==0.375", [2, 3]),
        ("twice==2", [1, 3]),
        ("boss.share==0.125", [2]),
        ("closed==true", [2, 5]),
        ("closed==false", [1, 4]),
        ("closed!=true", [1, 4]),
        ("closed=in=(true,false)", [1, 2, 4, 5]),
        ("closed=na=", [3]),
        ("closed=nn=", [1, 2, 4, 5]),
        ("boss.closed=na=", [1, 4]),
        ("boss.closed==true", [3]),
    ],
)
def test_fractions_and_negations(tasks: Store, filter: str, found: list[int]) -> None:
    assert ids(tasks, Task, filter) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("share", [1, 3, 2, 4, 5]),
        ("-percent", [4, 2, 3, 1, 5]),
        ("part", [5, 1, 3, 2, 4]),
        ("most;-id", [1, 3, 2, 5, 4]),
        ("closed", [1, 4, 2, 5, 3]),
        ("-closed,nullslast;id", [2, 5, 1, 4, 3]),
        ("boss.closed;id", [2, 5, 3, 1, 4]),
    ],
)
def test_pages_by_cursor_of_fractions_and_negations_end(tasks: Store, sort: str, found: list[int]) -> None:
    assert ids(tasks, Task, sort=sort) == found

    def walk(session: Session) -> list[Any]:
        return [row.id for row in walked(schema(Task), select(Task), session.execute, sort=sort, size=2)]

    assert tasks.run(walk) == found


@pytest.mark.parametrize("filter", ["twice==1.5", "total==1.5"])
def test_whole_numbers_stay_whole(filter: str) -> None:
    assert isinstance(problems(Task, filter)[0], WrongValue)


@pytest.fixture(scope="module")
def parts(any_database: Store) -> Iterator[Store]:
    evening = dt.datetime(2024, 5, 1, 20, 15, 30, 250000)
    rows = [
        Part(id=1, number=5, day=dt.date(2024, 5, 2), at=evening),
        Part(id=2, size=1.5, large=2**40, at=evening + dt.timedelta(seconds=1)),
        Part(id=3, size=0.25, large=2**33, at=evening - dt.timedelta(days=9)),
        Part(id=4, number=-1, at=evening.replace(microsecond=0)),
    ]
    with stocked(any_database, Base.metadata, rows) as filled:
        yield filled


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("either==1.5", [2]),
        ("either!=1.5", [1, 3, 4]),
        ("either<5", [2, 3, 4]),
        ("graded==0.5", [2, 3, 4]),
        ("longer==1099511627776", [2]),
        ("longer>8589934591", [2, 3]),
        ("yes==true", [1, 2, 3, 4]),
        ("no==true", []),
        ("third==3", [1, 2, 3, 4]),
    ],
)
def test_a_value_has_the_widest_type_of_its_parts(parts: Store, filter: str, found: list[int]) -> None:
    assert ids(parts, Part, filter) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("either", [4, 3, 2, 1]),
        ("-graded", [1, 4, 3, 2]),
        ("longer", [4, 1, 3, 2]),
        ("yes", [1, 2, 3, 4]),
        ("-no", [4, 3, 2, 1]),
        ("third;-id", [4, 3, 2, 1]),
        ("fourth", [1, 2, 3, 4]),
        ("fourth;-either", [1, 2, 3, 4]),
    ],
)
def test_pages_by_values_of_several_types_and_by_constants(parts: Store, sort: str, found: list[int]) -> None:
    assert walked_parts(parts, sort) == (found, found)


def test_points_in_time_beside_dates_and_fractions_of_seconds(parts: Store) -> None:
    """SQLite has texts for both, which compare as such, and SQLAlchemy reads no fraction of a second there."""
    if parts.name == "sqlite":
        return
    assert walked_parts(parts, "moment") == ([3, 4, 2, 1], [3, 4, 2, 1])
    assert ids(parts, Part, "moment=bt=(2024-05-01T20:15:30.5,2024-05-02)") == [1, 2]
    if parts.name == "postgres":
        assert walked_parts(parts, "second;id") == ([4, 1, 3, 2], [4, 1, 3, 2])


def walked_parts(parts: Store, sort: str) -> tuple[list[int], list[int]]:
    """The rows of all pages of one row, forward and backward; both the same as those without pages."""
    whole = ids(parts, Part, sort=sort)

    def walk(session: Session) -> list[list[int]]:
        given = [
            walked(schema(Part), select(Part), session.execute, sort=sort, size=1, backward=b) for b in (False, True)
        ]
        return [[row.id for row in rows] for rows in given]

    forward, backward = parts.run(walk)
    assert forward == whole == backward
    return forward, backward


def add(session: Any, rows: Iterable[object]) -> None:
    for row in rows:
        session.add(row)
        session.flush()


@pytest.fixture(scope="module")
def people(any_database: Store) -> Iterator[Store]:
    rows = [
        Person(id=1, name="Ann-", balance=-5),
        Person(id=2, name="bob", balance=3, boss_id=1),
        Person(id=3, name=None, balance=None, boss_id=2),
    ]
    with stocked(any_database, Base.metadata) as filled:
        filled.run(lambda session: add(session, rows))
        yield filled


FILTERS = {
    "upper==BOB": [2],
    "upper=like=NN": [1],
    "upper==B*": [2],
    "upper=in=(BOB,ann)": [2],
    "upper!=BOB": [1],
    "upper=na=": [3],
    "upper=ic=bob": [2],
    "folded==bob": [2],
    "folded==^ANN*": [1],
    "trimmed==Ann": [1],
    "size==3": [2],
    "size=bt=(1,4)": [1, 2],
    "distance==5": [1],
    "distance>3": [1],
    "boss.upper=='ANN-'": [2],
    "boss.folded=na=": [1],
    "boss.size==3": [3],
}
SORTS = {
    "upper": [1, 2, 3],
    "-folded": [3, 2, 1],
    "size": [2, 1, 3],
    "-distance,nullslast": [1, 2, 3],
    "boss.size": [3, 2, 1],
}


def test_a_function_has_the_operators_of_what_it_returns(people: Store) -> None:
    for base in (None, select(aliased(Person))):
        for filter, wanted in FILTERS.items():
            assert ids(people, Person, filter, base=base) == wanted, filter
        for sort, wanted in SORTS.items():
            assert ids(people, Person, None, sort, base=base) == wanted, sort


def test_a_function_that_nobody_knows_takes_null_checks_alone() -> None:
    problem = problems(Person, "unknown==a")[0]
    assert isinstance(problem, UnsupportedOperator)
    assert problem.offered == ("=na=", "=nn=")


def test_what_is_computed_of_an_unknown_type_has_none() -> None:
    unknown = func.mystery(Person.name)
    for value in (unknown, -unknown, unknown + unknown, (-unknown).label("x")):
        assert isinstance(type_of(value), NullType)
