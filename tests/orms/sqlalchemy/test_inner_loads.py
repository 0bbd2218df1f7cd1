"""Eager loading by INNER JOIN: it leaves no row out that a total counts, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, ForeignKeyConstraint, and_, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Load,
    Mapped,
    Session,
    contains_eager,
    foreign,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    remote,
    selectinload,
    subqueryload,
    with_loader_criteria,
)

from pyrsql.errors import ConfigurationError
from pyrsql.orms.sqlalchemy.loading import loading, reading
from pyrsql.orms.sqlalchemy.reflect import reflect
from pyrsql.page import PageRequest
from tests.orms.sqlalchemy.store import Store, paged, stocked


class Base(DeclarativeBase):
    pass


class City(Base):
    __tablename__ = "il_city"
    id: Mapped[int] = mapped_column(primary_key=True)


class Team(Base):
    __tablename__ = "il_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int | None] = mapped_column(ForeignKey("il_city.id"))
    city: Mapped[City | None] = relationship(innerjoin=True)
    """INNER JOIN only where an option joins it."""
    people: Mapped[list[Person]] = relationship(back_populates="team", foreign_keys="Person.team_id")


class Person(Base):
    __tablename__ = "il_person"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("il_team.id"))
    home_id: Mapped[int] = mapped_column(ForeignKey("il_team.id"))
    team: Mapped[Team | None] = relationship(back_populates="people", foreign_keys=team_id)
    home: Mapped[Team] = relationship(foreign_keys=home_id)


class Eager(Base):
    """Its mapping loads the teams itself."""

    __tablename__ = "il_eager"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("il_team.id"))
    home_id: Mapped[int] = mapped_column(ForeignKey("il_team.id"))
    team: Mapped[Team | None] = relationship(foreign_keys=team_id, lazy="joined", innerjoin=True)
    home: Mapped[Team] = relationship(foreign_keys=home_id, lazy="joined", innerjoin=True)


class Above(Base):
    """Its mapping loads rows whose mapping loads others by INNER JOIN."""

    __tablename__ = "il_above"
    id: Mapped[int] = mapped_column(primary_key=True)
    eager_id: Mapped[int | None] = mapped_column(ForeignKey("il_eager.id"))
    eager: Mapped[Eager | None] = relationship(lazy="selectin")


class Run(Base):
    __tablename__ = "il_run"
    city_id: Mapped[int] = mapped_column(ForeignKey("il_city.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


class Job(Base):
    """Its key refers to a run; what else it leads to has nothing that keeps it."""

    __tablename__ = "il_job"
    __table_args__ = (ForeignKeyConstraint(["city_id", "number"], ["il_run.city_id", "il_run.number"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int]
    number: Mapped[int]
    run: Mapped[Run] = relationship(lazy="joined", innerjoin=True)
    team: Mapped[Team] = relationship(
        viewonly=True, innerjoin=True, primaryjoin=lambda: foreign(Job.number) == remote(Team.id)
    )


class Guest(Base):
    """Its relations lead to a row that the foreign key keeps only under a condition, or by no equality."""

    __tablename__ = "il_guest"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("il_team.id"))
    first: Mapped[Team] = relationship(
        viewonly=True, innerjoin=True, primaryjoin=lambda: and_(foreign(Guest.team_id) == remote(Team.id), Team.id < 2)
    )
    later: Mapped[Team] = relationship(
        viewonly=True, innerjoin=True, primaryjoin=lambda: foreign(Guest.team_id) < remote(Team.id)
    )


def rows() -> list[Base]:
    city = City(id=1)
    red, blue = Team(id=1, city=city), Team(id=2)
    eager = Eager(id=1, home=red)
    return [
        *(Person(id=number, team=team, home=red) for number, team in enumerate((red, None, blue, None), 1)),
        *(Run(city_id=1, number=number) for number in (1, 7)),
        *(Job(id=number, city_id=1, number=team) for number, team in enumerate((1, 7), 1)),
        *(eager, Eager(id=2, team=blue, home=blue), Above(id=1, eager=eager), Above(id=2)),
    ]


@pytest.fixture(scope="module")
def stored(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        yield filled


UNNESTED: Any = "unnested"
"""SQLAlchemy takes it, but does not declare it."""

REFUSED: dict[str, tuple[type, Callable[[], Any], str]] = {
    "a key that may be NULL": (
        Person,
        lambda: select(Person).options(joinedload(Person.team, innerjoin=True)),
        "Person.team",
    ),
    "unnested": (
        Person,
        lambda: select(Person).options(joinedload(Person.home).joinedload(Team.city, innerjoin=UNNESTED)),
        "Team.city",
    ),
    "a collection": (Team, lambda: select(Team).options(joinedload(Team.people, innerjoin=True)), "Team.people"),
    "nested": (
        Person,
        lambda: select(Person).options(joinedload(Person.home, innerjoin=True).joinedload(Team.city, innerjoin=True)),
        "Team.city",
    ),
    "below a collection": (
        Team,
        lambda: select(Team).options(selectinload(Team.people).joinedload(Person.team, innerjoin=True)),
        "Person.team",
    ),
    "below subqueryload": (
        Team,
        lambda: select(Team).options(subqueryload(Team.people).joinedload(Person.team, innerjoin=True)),
        "Person.team",
    ),
    "as the mapping says": (Team, lambda: select(Team).options(joinedload(Team.city)), "Team.city"),
    "a foreign key to another table": (
        Job,
        lambda: select(Job).options(joinedload(Job.team)),
        "Job.team",
    ),
    "a condition beside the key": (Guest, lambda: select(Guest).options(joinedload(Guest.first)), "Guest.first"),
    "no equality": (Guest, lambda: select(Guest).options(joinedload(Guest.later)), "Guest.later"),
    "all relations": (Person, lambda: select(Person).options(joinedload("*", innerjoin=True)), "Person.team"),
    "all of a class": (Person, lambda: select(Person).options(Load(Person).joinedload("*", innerjoin=True)), "Person"),
    "under criteria": (
        Person,
        lambda: select(Person).options(
            joinedload(Person.home, innerjoin=True), with_loader_criteria(Team, Team.id > 1, include_aliases=True)
        ),
        "Person.home",
    ),
    "a mapping": (Eager, lambda: select(Eager), "Eager.team"),
    "a mapping that a mapping loads": (Above, lambda: select(Above), "Eager.team"),
    "a mapping with another option": (Eager, lambda: select(Eager).options(selectinload(Eager.home)), "Eager.team"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_load_that_may_leave_out_rows_is_refused(name: str) -> None:
    model, make, relation = REFUSED[name]
    for filter, page in ((None, None), ("id>0", None), (None, PageRequest.of(0, 2))):
        with pytest.raises(ConfigurationError, match=f"loads {relation}.* by INNER JOIN.*innerjoin=False"):
            paged(model, filter, page=page, base=make())


TEAM = reflect(Team)

KEPT: dict[str, tuple[type, Callable[[], Any]]] = {
    "a key that is never NULL": (Person, lambda: select(Person).options(joinedload(Person.home, innerjoin=True))),
    "an outer join": (Person, lambda: select(Person).options(joinedload(Person.team))),
    "an outer join below": (
        Person,
        lambda: select(Person).options(joinedload(Person.home, innerjoin=True).joinedload(Team.city, innerjoin=False)),
    ),
    "a mapping that is overruled": (Eager, lambda: select(Eager).options(joinedload(Eager.team, innerjoin=False))),
    "a mapping that is lazy here": (Eager, lambda: select(Eager).options(lazyload("*"))),
    "another strategy": (Eager, lambda: select(Eager).options(selectinload(Eager.team))),
    "columns": (Eager, lambda: select(Eager.id)),
    "a join of the base": (
        Person,
        lambda: select(Person).join(Person.team).options(contains_eager(Person.team)),
    ),
    "a foreign key of two columns": (Job, lambda: select(Job)),
    "a foreign key to another table, as an answer reads it": (
        Job,
        lambda: loading(reflect(Job), reading(reflect(Job), [("team", "id"), ("run", "number")]))(select(Job)),
    ),
    "as an answer reads it": (Team, lambda: loading(TEAM, reading(TEAM, [("city", "id")]))(select(Team))),
}


@pytest.mark.parametrize("name", KEPT)
def test_pages_and_totals_agree(stored: Store, name: str) -> None:
    model, make = KEPT[name]
    pages = [paged(model, "id>0", "id", PageRequest.of(number, 2), base=make()) for number in range(3)]

    def ask(session: Session) -> None:
        found = [row for page in pages for row in session.scalars(page.statement).unique()]
        whole = [1, 3] if "join of" in name else [1, 2, 3, 4] if model is Person else [1, 2]
        assert [row if isinstance(row, int) else row.id for row in found] == whole
        assert session.scalar(pages[0].count_statement) == len(whole)

    stored.run(ask)
