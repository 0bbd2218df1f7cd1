"""Eager loading by INNER JOIN: it leaves no row out that a total counts, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, and_, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Load,
    Mapped,
    ORMExecuteState,
    Session,
    contains_eager,
    defaultload,
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
    lazies: Mapped[list[Lazy]] = relationship(back_populates="eager")


class Above(Base):
    """Its mapping loads rows whose mapping loads others by INNER JOIN."""

    __tablename__ = "il_above"
    id: Mapped[int] = mapped_column(primary_key=True)
    eager_id: Mapped[int | None] = mapped_column(ForeignKey("il_eager.id"))
    eager: Mapped[Eager | None] = relationship(lazy="selectin")


class Lazy(Base):
    """Its mapping leaves to an option what it joins by INNER JOIN, and what that joins."""

    __tablename__ = "il_lazy"
    id: Mapped[int] = mapped_column(primary_key=True)
    eager_id: Mapped[int] = mapped_column(ForeignKey("il_eager.id"))
    eager: Mapped[Eager] = relationship(innerjoin=True, back_populates="lazies")


class Lead(Base):
    """Its mapping joins a row whose mapping joins others by INNER JOIN; nothing but an option loads it."""

    __tablename__ = "il_lead"
    id: Mapped[int] = mapped_column(primary_key=True)
    above_id: Mapped[int] = mapped_column(ForeignKey("il_above.id"))
    above: Mapped[Above] = relationship(innerjoin=True)


class Twice(Base):
    """Its mapping loads two rows of a class whose mapping loads others by INNER JOIN."""

    __tablename__ = "il_twice"
    id: Mapped[int] = mapped_column(primary_key=True)
    one_id: Mapped[int] = mapped_column(ForeignKey("il_eager.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("il_eager.id"))
    one: Mapped[Eager] = relationship(foreign_keys=one_id, lazy="joined")
    other: Mapped[Eager] = relationship(foreign_keys=other_id, lazy="joined")


class Node(Base):
    """A mapping loads no class below itself, but to the depth that it says."""

    __tablename__ = "il_node"
    id: Mapped[int] = mapped_column(primary_key=True)
    up_id: Mapped[int | None] = mapped_column(ForeignKey("il_node.id"))
    up: Mapped[Node | None] = relationship(remote_side=id, lazy="joined", innerjoin=True, viewonly=True)


class Deep(Base):
    __tablename__ = "il_deep"
    id: Mapped[int] = mapped_column(primary_key=True)
    up_id: Mapped[int | None] = mapped_column(ForeignKey("il_deep.id"))
    up: Mapped[Deep | None] = relationship(remote_side=id, lazy="joined", innerjoin=True, join_depth=1)


class Animal(Base):
    """Rows of all of its classes are read together."""

    __tablename__ = "il_animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal", "with_polymorphic": "*"}


class Dog(Animal):
    __tablename__ = "il_dog"
    id: Mapped[int] = mapped_column(ForeignKey("il_animal.id"), primary_key=True)
    home_id: Mapped[int] = mapped_column(ForeignKey("il_team.id"))
    home: Mapped[Team] = relationship(lazy="joined", innerjoin=True)
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Cage(Base):
    __tablename__ = "il_cage"
    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int | None] = mapped_column(ForeignKey("il_animal.id"))
    animal: Mapped[Animal | None] = relationship()


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
    eager, other = Eager(id=1, home=red), Eager(id=2, team=blue, home=blue)
    above = Above(id=1, eager=eager)
    return [
        *(Person(id=number, team=team, home=red) for number, team in enumerate((red, None, blue, None), 1)),
        *(Run(city_id=1, number=number) for number in (1, 7)),
        *(Job(id=number, city_id=1, number=team) for number, team in enumerate((1, 7), 1)),
        *(eager, other, above, Above(id=2), Lead(id=1, above=above)),
        *(Lazy(id=number, eager=each) for number, each in enumerate((eager, other, eager), 1)),
        *(Twice(id=1, one=eager, other=other), Twice(id=2, one=other, other=eager)),
        *(Node(id=1), Node(id=2, up_id=1), Animal(id=1, kind="animal"), Dog(id=2, home=red)),
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
    "a mapping below one of two relations": (Twice, lambda: select(Twice).options(lazyload(Twice.one)), "Eager.team"),
    "a mapping below an option": (Lazy, lambda: select(Lazy).options(joinedload(Lazy.eager)), "Eager.team"),
    "a mapping below another strategy": (Lazy, lambda: select(Lazy).options(selectinload(Lazy.eager)), "Eager.team"),
    "a mapping below a relation of a class that is lazy": (
        Twice,
        lambda: select(Twice).options(Load(Twice).lazyload("*"), joinedload(Twice.one)),
        "Eager.team",
    ),
    "a mapping below a join of the base": (
        Lazy,
        lambda: select(Lazy).join(Lazy.eager).options(contains_eager(Lazy.eager)),
        "Eager.team",
    ),
    "a mapping below all relations": (Lazy, lambda: select(Lazy).options(joinedload("*")), "Eager.team"),
    "a mapping of its own class": (Deep, lambda: select(Deep), "Deep.up"),
    "an option of its own class": (Node, lambda: select(Node).options(joinedload(Node.up)), "Node.up"),
    "a mapping of a subclass": (Animal, lambda: select(Animal), "Dog.home"),
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
    "a mapping below both of two relations": (
        Twice,
        lambda: select(Twice).options(*(defaultload(each).lazyload(Eager.team) for each in (Twice.one, Twice.other))),
    ),
    "a mapping below relations that are lazy": (
        Twice,
        lambda: select(Twice).options(lazyload(Twice.one), lazyload(Twice.other)),
    ),
    "a mapping that ends at its own class": (Node, lambda: select(Node)),
    "a mapping of a subclass that is overruled": (
        Animal,
        lambda: select(Animal).options(joinedload(Dog.home, innerjoin=False)),
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


LAZY, LEAD = reflect(Lazy), reflect(Lead)

ANSWERS: dict[str, list[tuple[str, ...]]] = {
    "the next rows": [("eager", "id")],
    "and what their mapping joins": [("eager", "id"), ("eager", "team", "id"), ("eager", "home", "id")],
    "and what is behind that": [("eager", "team", "city", "id"), ("eager", "home", "city", "id")],
}


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("paths", ANSWERS.values(), ids=ANSWERS)
def test_what_an_answer_reads_leaves_out_no_row(stored: Store, paths: list[tuple[str, ...]], *, only: bool) -> None:
    loaded = loading(LAZY, reading(LAZY, paths), only=only)(select(Lazy))
    pages = [paged(Lazy, "id>0", "id", PageRequest.of(number, 1), base=loaded) for number in range(3)]

    def ask(session: Session) -> None:
        for page, eager, team, home in zip(pages, (1, 2, 1), (None, 2, None), (1, 2, 1), strict=True):
            [row] = session.scalars(page.statement)
            assert "eager" in row.__dict__
            assert (row.eager.id, row.eager.team_id, row.eager.home.id) == (eager, team, home)
            assert session.scalar(page.count_statement) == 3

    stored.run(ask)


@pytest.mark.parametrize("only", [False, True])
def test_nor_a_row_of_a_collection_or_further_on(stored: Store, *, only: bool) -> None:
    eager = reflect(Eager)
    teams = lazyload(Eager.team), lazyload(Eager.home)
    read = reading(eager, [("lazies", "eager", "id")])
    collected = loading(eager, read, only=only)(select(Eager).options(*teams)).order_by(Eager.id)
    further = loading(LEAD, reading(LEAD, [("above", "eager", "id")]), only=only)(select(Lead))

    def ask(session: Session) -> None:
        assert [sorted(row.id for row in each.lazies) for each in session.scalars(collected)] == [[1, 3], [2]]
        session.expunge_all()
        [lead] = session.scalars(further)
        assert lead.above.eager is not None
        assert lead.above.eager.id == 1

    stored.run(ask)


@pytest.mark.parametrize("in_event", [False, True], ids=["in the base", "in an event"])
def test_nor_a_row_that_leads_to_a_hidden_one(stored: Store, *, in_event: bool) -> None:
    criteria = with_loader_criteria(Eager, Eager.id == 1)
    base = select(Lazy) if in_event else select(Lazy).options(criteria)
    loaded = loading(LAZY, reading(LAZY, [("eager", "id")]))(base)
    pages = [paged(Lazy, "id>0", "id", PageRequest.of(number, 1), base=loaded) for number in range(3)]

    def add_criteria(state: ORMExecuteState) -> None:
        if state.is_select and in_event:
            state.statement = state.statement.options(criteria)

    def ask(session: Session) -> None:
        event.listen(session, "do_orm_execute", add_criteria)
        found = [(row.id, row.eager and row.eager.id) for page in pages for row in session.scalars(page.statement)]
        assert found == [(1, 1), (2, None), (3, 1)]
        assert [session.scalar(page.count_statement) for page in pages] == [3, 3, 3]

    stored.run(ask)


def test_an_option_of_the_base_below_stays(stored: Store) -> None:
    base = select(Lazy).options(defaultload(Lazy.eager).selectinload(Eager.team))
    loaded = loading(LAZY, reading(LAZY, [("eager", "id")]))(base)
    sql = str(loaded)
    assert "il_team" in sql
    assert sql.count("JOIN il_team") == 1

    def ask(session: Session) -> None:
        assert [row.eager.id for row in session.scalars(loaded.order_by(Lazy.id))] == [1, 2, 1]

    stored.run(ask)


def test_a_join_of_the_base_takes_the_place_of_a_mapping(stored: Store) -> None:
    base = select(Eager).join(Eager.team).options(contains_eager(Eager.team), lazyload(Eager.home))
    page = paged(Eager, "id>0", "id", PageRequest.of(0, 2), base=base)

    def ask(session: Session) -> None:
        assert [row.id for row in session.scalars(page.statement)] == [2]
        assert session.scalar(page.count_statement) == 1

    stored.run(ask)


@pytest.mark.parametrize("lazy", [lazyload("*"), Load(Twice).lazyload("*")])
def test_an_answer_loads_both_of_two_rows_of_a_class(stored: Store, lazy: Any) -> None:
    twice = reflect(Twice)
    loaded = loading(twice, reading(twice, [("one", "id"), ("other", "id")]))(select(Twice).options(lazy))

    def ask(session: Session) -> None:
        rows = session.scalars(loaded.order_by(Twice.id)).all()
        assert all(name in row.__dict__ for row in rows for name in ("one", "other"))
        assert [(row.one.id, row.other.id) for row in rows] == [(1, 2), (2, 1)]

    stored.run(ask)


def test_an_answer_that_would_leave_out_rows_of_other_classes_is_refused() -> None:
    cage = reflect(Cage)
    with pytest.raises(ConfigurationError, match=r"the mapping loads Dog.home by INNER JOIN .* give the relationship"):
        loading(cage, reading(cage, [("animal", "id")]))(select(Cage))
