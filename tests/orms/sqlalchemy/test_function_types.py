"""Attributes made of functions that SQLAlchemy gives no type are filtered and sorted as what the functions return."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, String, case, func, select
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
