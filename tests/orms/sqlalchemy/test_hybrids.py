"""Hybrids whose code names their class, or its table, and not the entity that they are given: the same row."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Select, String, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship

from tests.orms.sqlalchemy.store import Store, ids, stocked


class Base(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Person(Base):
    __tablename__ = "hybrids_person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("hybrids_person.id"))
    boss: Mapped["Person | None"] = relationship(remote_side=id, back_populates="staff")
    staff: Mapped[list["Person"]] = relationship(back_populates="boss")
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner", foreign_keys="Pet.owner_id")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    @hybrid_property
    def own(self) -> Any:
        return self.name

    @own.inplace.expression
    @classmethod
    def _own(cls) -> Any:
        return Person.name

    @hybrid_property
    def lower(self) -> Any:
        return self.name.lower()

    @lower.inplace.expression
    @classmethod
    def _lower(cls) -> Any:
        return func.lower(Person.name)

    @hybrid_property
    def stored(self) -> Any:
        return self.name

    @stored.inplace.expression
    @classmethod
    def _stored(cls) -> Any:
        return Person.__table__.c.name

    @hybrid_property
    def count(self) -> Any:
        return len(self.pets)

    @count.inplace.expression
    @classmethod
    def _count(cls) -> Any:
        return select(func.count(Pet.id)).where(Pet.owner_id == Person.id).scalar_subquery()

    @hybrid_property
    def correlated(self) -> Any:
        return len(self.pets)

    @correlated.inplace.expression
    @classmethod
    def _correlated(cls) -> Any:
        return select(func.count(Pet.id)).where(Pet.owner_id == Person.id).correlate(Person).scalar_subquery()


class Manager(Person):
    __tablename__ = "hybrids_manager"
    id: Mapped[int] = mapped_column(ForeignKey("hybrids_person.id"), primary_key=True)
    level: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}

    @hybrid_property
    def rank(self) -> Any:
        return self.level

    @rank.inplace.expression
    @classmethod
    def _rank(cls) -> Any:
        return Manager.__table__.c.level

    @hybrid_property
    def title(self) -> Any:
        return self.name

    @title.inplace.expression
    @classmethod
    def _title(cls) -> Any:
        return Person.name


class Pet(Base):
    __tablename__ = "hybrids_pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("hybrids_person.id"))
    owner: Mapped[Person] = relationship(back_populates="pets", foreign_keys=owner_id)
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("hybrids_manager.id"))
    keeper: Mapped[Manager | None] = relationship(foreign_keys=keeper_id)


def rows() -> list[Base]:
    ann = Manager(id=1, name="Ann", level=5)
    bob = Person(id=2, name="Bob", boss=ann)
    cyd = Manager(id=3, name="Cyd", boss=bob, level=3)
    return [
        *(ann, bob, cyd, Person(id=4, name="Dan")),
        *(Pet(id=1, owner=ann, keeper=cyd), Pet(id=2, owner=ann), Pet(id=3, owner=bob, keeper=ann)),
    ]


@pytest.fixture(scope="module")
def people(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, rows()) as filled:
        yield filled


def of_alias() -> Select[Any]:
    return select(aliased(Person))


@pytest.mark.parametrize("base", [lambda: select(Person), of_alias, lambda: select(Person).distinct()])
@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        *((f"{name}=={value}", [1]) for name, value in (("own", "Ann"), ("stored", "Ann"), ("lower", "ann"))),
        *((f"boss.{name}=={value}", [2]) for name, value in (("own", "Ann"), ("stored", "Ann"), ("lower", "ann"))),
        *((f"staff.{name}=={value}", [1]) for name, value in (("own", "Bob"), ("stored", "Bob"), ("lower", "bob"))),
        *((f"{name}==2", [1]) for name in ("count", "correlated")),
        *((f"boss.{name}==2", [2]) for name in ("count", "correlated")),
        *((f"staff.{name}==1", [1]) for name in ("count", "correlated")),
        ("boss.own=na=", [1, 4]),
        ("boss.boss.lower==ann", [3]),
        ("staff.staff.stored==Cyd", [1]),
        ("pets.owner.lower==bob", [2]),
        ("pets.keeper.rank==5", [2]),
        ("pets.keeper.title==Cyd", [1]),
        ("rank==5", [1]),
        ("rank=na=", [2, 4]),
        ("title==Cyd", [3]),
        ("boss.rank==5", [2]),
        ("staff.rank==3", [2]),
        ("staff.title==Cyd", [2]),
    ],
)
def test_a_hybrid_that_names_its_class_is_about_the_row_at_the_end_of_the_path(
    people: Store, base: Any, filter: str, expected: list[int]
) -> None:
    assert ids(people, Person, filter, base=base()) == expected


@pytest.mark.parametrize("base", [lambda: select(Person), of_alias])
def test_an_order_by_it_is_too(people: Store, base: Any) -> None:
    assert ids(people, Person, None, "-boss.stored;id", base=base()) == [1, 4, 3, 2]
    assert ids(people, Person, None, "-boss.count;-rank;id", base=base()) == [4, 1, 2, 3]
