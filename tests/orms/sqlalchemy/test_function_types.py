"""Attributes made of functions that SQLAlchemy gives no type are filtered and sorted as what the functions return."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, column_property, mapped_column, relationship

from pyrsql.problems import UnsupportedOperator
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


def add(session: Any, rows: list[Person]) -> None:
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
