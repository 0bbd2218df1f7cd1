"""Relations, hybrids, composites and their like that only a subclass has, reached from the base class.

Of a row of any other class they are NULL, or lead nowhere: the oracle reads the objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import pytest
from sqlalchemy import Column, ForeignKey, Integer, Select, String, Table, func, select, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    composite,
    mapped_column,
    registry,
    relationship,
    synonym,
    with_loader_criteria,
    with_polymorphic,
)

from pyrsql.cursor import CursorRequest
from pyrsql.errors import ConfigurationError
from pyrsql.models.rights import field_rights
from pyrsql.operators import ComparisonOperator
from pyrsql.options import CustomPredicateDefinition, JoinHint, QueryOptions, SortOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.orms.sqlalchemy.orm import refuse_unpaged
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, paginate, parse, seek, validate
from pyrsql.problems import UnknownField
from tests.orms.sqlalchemy.store import Store, ids, paged, problems, stocked

NAMED = ComparisonOperator(name="named", spellings=("=named=",), minimum_arguments=1, maximum_arguments=1)


@dataclass
class Address:
    street: str | None
    town: str | None


def family(prefix: str, *, joined: bool) -> dict[str, Any]:
    """A base class with subclasses, all in one table or each in a table of its own."""

    class Base(DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = f"{prefix}_team"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(String(20))

    person_skills = Table(
        f"{prefix}_skills",
        Base.metadata,
        Column("worker_id", ForeignKey(f"{prefix}_person.id"), primary_key=True),
        Column("skill_id", ForeignKey(f"{prefix}_skill.id"), primary_key=True),
    )

    class Skill(Base):
        __tablename__ = f"{prefix}_skill"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(String(20))

    class Person(Base):
        __tablename__ = f"{prefix}_person"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(String(20))
        kind: Mapped[str] = mapped_column(String(20))
        friend_id: Mapped[int | None] = mapped_column(ForeignKey(f"{prefix}_person.id"))
        friend: Mapped[Any] = relationship("Person", remote_side=[id], foreign_keys=[friend_id])
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Worker(Person):
        if joined:
            __tablename__ = f"{prefix}_worker"
            id: Mapped[int] = mapped_column(ForeignKey(f"{prefix}_person.id"), primary_key=True, autoincrement=False)
            __mapper_args__ = {"polymorphic_identity": "worker", "inherit_condition": id == Person.id}
        else:
            __mapper_args__ = {"polymorphic_identity": "worker"}
        salary: Mapped[Any] = mapped_column(Integer, nullable=True)
        team_id: Mapped[int | None] = mapped_column(ForeignKey(f"{prefix}_team.id"))
        boss_id: Mapped[int | None] = mapped_column(ForeignKey(f"{prefix}_person.id"))
        street: Mapped[str | None] = mapped_column(String(20))
        town: Mapped[str | None] = mapped_column(String(20))
        team: Mapped[Any] = relationship("Team")
        boss: Mapped[Any] = relationship("Person", remote_side=[Person.id], foreign_keys=[boss_id])
        skills: Mapped[list[Any]] = relationship("Skill", secondary=person_skills)
        home: Mapped[Address] = composite(Address, "street", "town")
        pay: Mapped[Any] = synonym("salary")
        team_name: AssociationProxy[Any] = association_proxy("team", "name")
        skill_names: AssociationProxy[list[Any]] = association_proxy("skills", "name")
        raised: Mapped[Any] = column_property(func.coalesce(salary, 0) + 1)

        @hybrid_property
        def double(self) -> Any:
            return self.salary * 2

        @hybrid_property
        def label(self) -> Any:
            return self.name + "!"

        @hybrid_property
        def paid(self) -> Any:
            return self.salary

    class Chief(Worker):
        if joined:
            __tablename__ = f"{prefix}_chief"
            id: Mapped[int] = mapped_column(ForeignKey(f"{prefix}_worker.id"), primary_key=True, autoincrement=False)
        bonus: Mapped[Any] = mapped_column(Integer, nullable=True)
        __mapper_args__ = {"polymorphic_identity": "chief"}

        @hybrid_property
        def total(self) -> Any:
            return self.salary + self.bonus

    class Guest(Person):
        __mapper_args__ = {"polymorphic_identity": "guest"}

    return {each.__name__: each for each in (Base, Team, Skill, Person, Worker, Chief, Guest)}


SINGLE, JOINED = family("sub_single", joined=False), family("sub_joined", joined=True)
FAMILIES = {"single table": SINGLE, "joined tables": JOINED}


@pytest.fixture(scope="module", params=FAMILIES)
def people(request: pytest.FixtureRequest, any_database: Store) -> Iterator[tuple[Store, dict[str, Any]]]:
    family = FAMILIES[request.param]
    with stocked(any_database, family["Base"].metadata) as filled:
        filled.run(lambda session: fill(session, family))
        yield filled, family


def fill(session: Any, family: dict[str, Any]) -> None:
    session.add_all([family["Team"](id=1, name="red"), family["Team"](id=2, name="blue")])
    sql, golf = family["Skill"](id=1, name="sql"), family["Skill"](id=2, name="golf")
    ann = family["Person"](id=1, name="ann")
    bob = family["Guest"](id=2, name="bob")
    cid = family["Worker"](id=3, name="cid", salary=10, team_id=1, boss_id=1, street="a", town="x", skills=[sql, golf])
    dan = family["Worker"](id=4, name="dan", boss_id=3)
    eve = family["Chief"](id=5, name="eve", salary=30, bonus=5, team_id=2, boss_id=4, street="b", skills=[golf])
    for one in (ann, bob, cid, dan, eve):
        session.add(one)
        session.flush()
    ann.friend_id, bob.friend_id, cid.friend_id, eve.friend_id = 3, 1, 5, 2


def of(row: Any, *path: str) -> Any:
    for name in path:
        row = getattr(row, name, None)
    return row


def some(rows: Any, test: Callable[[Any], bool]) -> bool:
    return any(map(test, rows or ()))


FILTERS: dict[str, Callable[[Any], bool]] = {
    "team.name==red": lambda row: of(row, "team", "name") == "red",
    "team.name!=red": lambda row: of(row, "team", "name") not in (None, "red"),
    "team.name=na=": lambda row: of(row, "team") is None,
    "team=na=": lambda row: of(row, "team") is None,
    "team=nn=": lambda row: of(row, "team") is not None,
    "team.name==red,name==ann": lambda row: of(row, "team", "name") == "red" or row.name == "ann",
    "boss.name==ann": lambda row: of(row, "boss", "name") == "ann",
    "boss.team.name==red": lambda row: of(row, "boss", "team", "name") == "red",
    "boss.boss.boss.name==ann": lambda row: of(row, "boss", "boss", "boss", "name") == "ann",
    "friend.team.name=in=(red,blue)": lambda row: of(row, "friend", "team", "name") in ("red", "blue"),
    "friend.team=na=": lambda row: of(row, "friend", "team") is None,
    "friend.double==60": lambda row: of(row, "friend", "double") == 60,
    "skills.name==golf": lambda row: some(of(row, "skills"), lambda one: one.name == "golf"),
    "skills=na=": lambda row: not of(row, "skills"),
    "skills=nn=;name==c*": lambda row: bool(of(row, "skills")) and row.name == "cid",
    "friend.skills.name==sql": lambda row: some(of(row, "friend", "skills"), lambda one: one.name == "sql"),
    "skill_names==sql": lambda row: some(of(row, "skills"), lambda one: one.name == "sql"),
    "skill_names=na=": lambda row: not of(row, "skills"),
    "team_name==blue": lambda row: of(row, "team", "name") == "blue",
    "double==20": lambda row: of(row, "salary") == 10,
    "double=na=": lambda row: of(row, "salary") is None,
    "double!=20": lambda row: of(row, "salary") not in (None, 10),
    "label=='*!'": lambda row: of(row, "label") is not None,
    "label=na=": lambda row: of(row, "label") is None,
    "paid>9": lambda row: (of(row, "salary") or 0) > 9,
    "pay==30": lambda row: of(row, "salary") == 30,
    "raised==1": lambda row: of(row, "raised") == 1,
    "raised=na=": lambda row: of(row, "raised") is None,
    "total==35": lambda row: of(row, "total") == 35,
    "home.street==a": lambda row: of(row, "street") == "a",
    "home.town=na=": lambda row: of(row, "town") is None,
    "friend.home.street==b": lambda row: of(row, "friend", "street") == "b",
    "friend.boss.label=='dan!'": lambda row: of(row, "friend", "boss", "label") == "dan!",
}

SORTS: dict[str, Callable[[Any], Any]] = {
    "team.name": lambda row: of(row, "team", "name"),
    "double": lambda row: of(row, "salary"),
    "label": lambda row: of(row, "label"),
    "home.street": lambda row: of(row, "street"),
    "friend.boss.name": lambda row: of(row, "friend", "boss", "name"),
    "skills.name": lambda row: min((one.name for one in of(row, "skills") or ()), default=None),
    "raised": lambda row: of(row, "raised"),
}


def base_of(family: dict[str, Any], kind: str) -> Select[Any] | None:
    person, worker, chief = family["Person"], family["Worker"], family["Chief"]
    match kind:
        case "alias":
            return select(aliased(person))
        case "subquery":
            return select(aliased(person, select(person).where(person.id > 0).subquery()))
        case "polymorphic":
            return select(with_polymorphic(person, [worker, chief]))
        case "flat polymorphic":
            return select(with_polymorphic(person, "*", aliased=True, flat=True))
        case "joined":
            return select(person).outerjoin(person.friend.of_type(aliased(person)))
        case _:
            return None


BASES = ("class", "alias", "subquery", "polymorphic", "flat polymorphic", "joined")


def everyone(store: Store, family: dict[str, Any], test: Callable[[Any], bool]) -> list[int]:
    return store.run(lambda session: [row.id for row in session.scalars(select(family["Person"])) if test(row)])


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_by_what_a_subclass_has(people: tuple[Store, dict[str, Any]], text: str) -> None:
    store, family = people
    wanted = sorted(everyone(store, family, FILTERS[text]))
    kinds = BASES if store.name == "sqlite" else ("class", "flat polymorphic")
    for kind in kinds:
        assert ids(store, family["Person"], text, base=base_of(family, kind)) == wanted, kind


@pytest.mark.parametrize("text", SORTS)
def test_a_sort_by_what_a_subclass_has(people: tuple[Store, dict[str, Any]], text: str) -> None:
    store, family = people
    key = SORTS[text]

    def ask(session: Any) -> list[tuple[Any, int]]:
        return [(key(row), row.id) for row in session.scalars(select(family["Person"]))]

    wanted = [one for _, one in sorted(store.run(ask), key=lambda pair: (pair[0] is None, pair[0] or 0, pair[1]))]
    for kind in BASES if store.name == "sqlite" else ("class", "flat polymorphic"):
        base = base_of(family, kind)
        assert ids(store, family["Person"], None, text, base=base) == wanted, kind
        pages = [
            ids(store, family["Person"], None, text, base=base, page=PageRequest.of(place, 2)) for place in range(3)
        ]
        assert [one for page in pages for one in page] == wanted, kind


def test_a_grouped_base_is_sorted_by_what_a_subclass_has(people: tuple[Store, dict[str, Any]]) -> None:
    store, family = people
    person = family["Person"]
    base = select(person).join(person.friend.of_type(aliased(person))).group_by(person.id)
    for sort, wanted in {"label": [3, 5, 1, 2], "-double": [2, 1, 5, 3], "team.name": [5, 3, 1, 2]}.items():
        assert ids(store, person, None, sort, base=base) == wanted


def test_a_relation_of_a_subclass_counts_rows_and_takes_custom_operators(people: tuple[Store, dict[str, Any]]) -> None:
    store, family = people
    options = QueryOptions(quantifiers=True)
    assert ids(store, family["Person"], "@count[skills]==2", options=options) == [3]
    assert ids(store, family["Person"], "@count[skills]==0", options=options) == [1, 2, 4]
    definition = CustomPredicateDefinition(operator=NAMED, argument_type=str)
    orm = SQLAlchemyORM({"named": lambda payload: payload.expression.has(name=payload.values[0])})
    described = schema(family["Person"], QueryOptions(custom_predicates={"named": definition}), orm=orm)
    found = (
        parse("team=named=red", described)
        .bind(validate(described))
        .bind(apply_filter(select(family["Person"])))
        .bind(paginate(None))
        .unwrap()
    )
    assert store.run(lambda session: [one.id for one in session.scalars(found.statement)]) == [3]


def test_criteria_of_a_subclass_count_for_what_it_has(people: tuple[Store, dict[str, Any]]) -> None:
    """With criteria on the subclass its rows are none of it, as in a hand-written join."""
    store, family = people
    person, worker = family["Person"], family["Worker"]
    for everywhere in (False, True):
        base = select(person).options(with_loader_criteria(worker, worker.salary > 20, include_aliases=everywhere))
        assert ids(store, person, "team=nn=", base=base) == [5]
        assert ids(store, person, "double=nn=", base=base) == [5]
        of_team = select(person).options(
            with_loader_criteria(family["Team"], family["Team"].name == "red", include_aliases=everywhere)
        )
        assert ids(store, person, "team=nn=", base=of_team) == [3]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize(
    ("options", "allowed", "forbidden"),
    [
        ({"model_field_blacklist": "boss"}, "team.name", "boss.name"),
        ({"model_field_blacklist": "boss.name"}, "boss.id", "boss.name"),
        ({"model_field_blacklist": "double"}, "label", "double"),
        ({"model_field_blacklist": "salary"}, "double", "pay"),
        ({"model_field_blacklist": "home"}, "double", "home.street"),
        ({"model_field_blacklist": "street"}, "home.town", "home.street"),
        ({"model_field_blacklist": "team"}, "boss.name", "team_name"),
        ({"model_field_whitelist": "team"}, "team.name", "boss.name"),
        ({"model_field_whitelist": "double"}, "double", "label"),
    ],
)
def test_the_lists_of_a_subclass_count_for_what_it_has(
    family: dict[str, Any], options: dict[str, str], allowed: str, forbidden: str
) -> None:
    person, worker = family["Person"], family["Worker"]
    for prefix in ("", "friend."):
        for option, name in options.items():
            listed = {worker: {name}}
            if option == "model_field_whitelist" and prefix:
                listed |= {person: {"friend", name}}
            made = QueryOptions(**cast("Any", {option: listed}))
            paged(person, f"{prefix}{allowed}=nn=", options=made)
            assert isinstance(problems(person, f"{prefix}{forbidden}=nn=", options=made)[0], UnknownField)
            assert isinstance(problems(person, None, f"{prefix}{forbidden}", options=made)[0], UnknownField)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_mappings_converters_and_hints_of_a_subclass_count(family: dict[str, Any]) -> None:
    person, worker = family["Person"], family["Worker"]
    mapping = QueryOptions(model_field_mapping={worker: {"squad": "team", "twofold": "double"}})
    for filter in ("squad.name==red", "twofold==20", "friend.squad.name==red"):
        paged(person, filter, options=mapping)
    converted = QueryOptions(model_field_value_converters={worker: {"double": lambda text: int(text, 16)}})
    found = str(
        paged(person, "double==ff", options=converted).statement.compile(compile_kwargs={"literal_binds": True})
    )
    assert "= 255" in found
    inner = SortOptions(join_hints={"Worker.team": JoinHint.INNER})
    assert " JOIN " in str(paged(person, None, "team.name", sort_options=inner).statement)


def test_the_rights_of_a_member_of_a_subclass_count() -> None:
    class Base(DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "sub_animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Dog(Animal):
        owner_id: Mapped[int | None] = mapped_column(ForeignKey("sub_animal.id"))
        secret: Mapped[str | None] = mapped_column(info={"pyrsql": field_rights(filter=False, sort=False)})
        owner: Mapped[Any] = relationship(
            "Animal", remote_side=[Animal.id], info={"pyrsql": field_rights(filter=False, sort=False)}
        )
        hidden: Mapped[Any] = column_property(
            func.lower(secret), info={"pyrsql": field_rights(filter=False, sort=False)}
        )
        pair: Mapped[Address] = composite(Address, "owner_id", "secret")
        __mapper_args__ = {"polymorphic_identity": "dog"}

        @hybrid_property
        def shown(self) -> Any:
            return self.secret

    for path in ("owner.id", "secret", "hidden", "pair.town", "shown"):
        assert isinstance(problems(Animal, f"{path}=nn=")[0], UnknownField), path
        assert isinstance(problems(Animal, None, path)[0], UnknownField), path
    paged(Animal, "pair.street=nn=")


def test_no_code_of_a_subclass_runs_before_a_path_names_it() -> None:
    calls: list[str] = []

    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "sub_thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    class Special(Thing):
        __mapper_args__ = {"polymorphic_identity": "special"}

        @hybrid_property
        def costly(self) -> Any:
            calls.append("costly")
            return self.id + 1

    described = schema(Thing)
    assert calls == []
    assert "costly" in described.model.members
    paged(Thing, "costly==1")
    assert calls


def test_a_name_with_several_meanings_is_refused_when_the_schema_is_built() -> None:
    class Base(DeclarativeBase):
        pass

    class Shape(Base):
        __tablename__ = "sub_shape"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "shape"}

    class Circle(Shape):
        radius: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "circle"}

        @hybrid_property
        def area(self) -> Any:
            return self.radius * self.radius * 3

    class Square(Shape):
        side: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "square"}

        @hybrid_property
        def area(self) -> Any:
            return self.side * self.side

    assert isinstance(problems(Shape, "area==1")[0], UnknownField)
    for options in (
        QueryOptions(field_whitelist={"area"}),
        QueryOptions(field_mapping={"size": "area"}),
        QueryOptions(model_field_whitelist={Shape: {"area"}}),
    ):
        with pytest.raises(ConfigurationError, match=r"area.*it is not the same in Circle, Square: give each a name"):
            schema(Shape, options)
    paged(Circle, "area==1")


def test_a_concrete_class_keeps_its_members_to_itself() -> None:
    class Base(DeclarativeBase):
        pass

    class Tool(ConcreteBase, Base):
        __tablename__ = "sub_tool"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "tool", "concrete": True}

    class Saw(Tool):
        __tablename__ = "sub_saw"
        id: Mapped[int] = mapped_column(primary_key=True)
        maker_id: Mapped[int | None] = mapped_column(ForeignKey("sub_tool.id"))
        __mapper_args__ = {"polymorphic_identity": "saw", "concrete": True}

        @hybrid_property
        def sharp(self) -> Any:
            return self.id > 1

    registry.configure(Base.registry)
    assert isinstance(problems(Tool, "sharp==true")[0], UnknownField)
    with pytest.raises(ConfigurationError, match=r"sharp.*Saw keeps it in a table of its own"):
        schema(Tool, QueryOptions(field_whitelist={"sharp"}))
    paged(Saw, "sharp==true")


@pytest.mark.parametrize("strict", [True, False])
def test_rows_of_concrete_classes_are_not_paged_together(store: Store, strict: bool) -> None:
    class Base(DeclarativeBase):
        pass

    class Shape(AbstractConcreteBase, Base):
        strict_attrs = strict
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(String(9))

    class Square(Shape):
        __tablename__ = "sub_square"
        __mapper_args__ = {"polymorphic_identity": "square", "concrete": True}

    class Circle(Shape):
        __tablename__ = "sub_circle"
        __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}

    registry.configure(Base.registry)
    with stocked(store, Base.metadata, [Square(id=1, name="a"), Circle(id=1, name="a"), Circle(id=2, name="b")]):
        assert ids(store, Shape, "name==a") == [1, 1]
        assert ids(store, Circle, None, "name", page=PageRequest.of(1, 1)) == [2]
    with pytest.raises(ConfigurationError, match=r"Shape has the rows of Circle, Square.*page each class by itself"):
        paged(Shape, None, "name", PageRequest.of(0, 1))
    unfiltered = validate(schema(Shape))(None).bind(apply_filter(select(Shape))).unwrap()
    with pytest.raises(ConfigurationError, match="several rows may have one key"):
        refuse_unpaged(unfiltered.lowered, schema(Shape).model)
    filtered = parse("name==a").bind(validate(schema(Shape))).bind(apply_filter(select(Shape)))
    with pytest.raises(ConfigurationError, match="several rows may have one key"):
        filtered.bind(seek(CursorRequest.first(1)))


def test_a_concrete_class_with_its_subclasses(store: Store) -> None:
    class Base(DeclarativeBase):
        pass

    class Animal(ConcreteBase, Base):
        __tablename__ = "sub_animals"
        __mapper_args__ = {"polymorphic_identity": "animal", "concrete": True}
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(String(9))

    class Owner(Base):
        __tablename__ = "sub_owners"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(9))

    class Dog(Animal):
        __tablename__ = "sub_dogs"
        __mapper_args__ = {"polymorphic_identity": "dog", "concrete": True}
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        name: Mapped[str] = mapped_column(String(9))
        owner_id: Mapped[int | None] = mapped_column(ForeignKey(Owner.id))
        owner: Mapped[Owner | None] = relationship()
        toys: Mapped[list[Toy]] = relationship(back_populates="dog")

    class Toy(Base):
        __tablename__ = "sub_toys"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(String(9))
        dog_id: Mapped[int] = mapped_column(ForeignKey(Dog.id))
        dog: Mapped[Dog] = relationship(back_populates="toys")

    registry.configure(Base.registry)
    animals = [Animal(id=1, name="a"), Animal(id=2, name="b")]
    dogs = [Dog(id=2, name="b", owner=Owner(id=1, name="x")), Dog(id=3, name="a"), Dog(id=4, name="a")]
    toys = [
        Toy(id=1, kind="ball", dog=dogs[0]),
        Toy(id=2, kind="ball", dog=dogs[2]),
        Toy(id=3, kind="bone", dog=dogs[2]),
    ]
    with stocked(store, Base.metadata, [*animals, *dogs, *toys]):
        # Rows, totals and pages are those of the union.
        assert ids(store, Animal, "name==a") == [1, 3, 4]
        assert ids(store, Animal, "id>=2") == [2, 2, 3, 4]
        assert ids(store, Animal, base=select(Animal).where(Animal.id > 2)) == [3, 4]
        assert ids(store, Dog, "id==3,id==4") == [3, 4]
        assert ids(store, Dog, "owner.name==x") == [2]
        assert ids(store, Dog, "toys.kind==ball;id>2") == [4]
        assert ids(store, Dog, "toys=na=") == [3]
        assert ids(store, Dog, None, "-toys.kind;-id") == [3, 4, 2]
        assert ids(store, Dog, "name==a", base=select(Dog).join(Dog.toys)) == [4]
        assert ids(store, Dog, "id>2", "name", base=select(Dog).where(text("name = 'a' OR name = 'b'"))) == [3, 4]
        assert ids(store, Dog, "id>2", "-id", page=PageRequest.of(0, 1)) == [4]
        assert ids(store, Toy, "dog.name==a;dog.id==4") == [2, 3]
    with pytest.raises(ConfigurationError, match=r"Animal has the rows of Animal, Dog.*several rows may have one key"):
        paged(Animal, "id>1", base=select(Animal).where(text("name = 'a' OR name = 'b'")))


def test_a_base_that_joins_beside_subclasses_which_every_select_loads(store: Store) -> None:
    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "sub_persons"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(String(9))
        tasks: Mapped[list[Task]] = relationship()
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "sub_engineers"
        id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
        skill: Mapped[str] = mapped_column(String(9))
        __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "inline"}

    class Task(Base):
        __tablename__ = "sub_tasks"
        id: Mapped[int] = mapped_column(primary_key=True)
        person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))

    registry.configure(Base.registry)
    people = [Person(id=1, tasks=[Task(id=1), Task(id=2)]), Engineer(id=2, skill="x", tasks=[Task(id=3)]), Person(id=3)]
    with stocked(store, Base.metadata, people):
        joined = select(Person).join(Person.tasks)
        for base in (joined, joined.distinct()):
            assert ids(store, Person, "id>0", "-id", base=base) == [2, 1]
            assert ids(store, Person, "id>0", "-id", base=base, page=PageRequest.of(1, 1)) == [1]
            assert ids(store, Person, "skill==x", base=base) == [2]


@pytest.mark.parametrize("joined", [False, True])
def test_a_base_that_joins_a_subclass_beside_its_base_class_needs_an_alias(
    people: tuple[Store, dict[str, Any]], joined: bool
) -> None:
    """SQLAlchemy would make an alias by itself, and read the attributes of the base class from there."""
    refused = family(f"beside{joined}", joined=joined)
    bases: list[Any] = [
        select(refused["Person"]).outerjoin(refused["Worker"], refused["Worker"].id == refused["Person"].friend_id),
        select(refused["Person"]).join(refused["Person"].friend.of_type(refused["Worker"])),
        select(refused["Team"])
        .join(refused["Person"], refused["Person"].id == refused["Team"].id)
        .join(refused["Worker"], refused["Worker"].team_id == refused["Team"].id),
    ]
    for model, base in zip(("Person", "Person", "Team"), bases, strict=True):
        with pytest.raises(
            ConfigurationError, match=r"joins Worker, .*: join an alias, as in aliased\(Worker, flat=True"
        ):
            paged(refused[model], "id>0", base=base)
    store, real = people
    person, worker = real["Person"], aliased(real["Worker"], flat=True)
    for base in (
        select(person).join(worker, worker.id == person.friend_id),
        select(person).join(person.friend.of_type(worker)),
    ):
        wanted = store.run(partial(_ids_by_hand, base))
        assert wanted
        assert ids(store, person, base=base) == wanted
        assert ids(store, person, "id>1", base=base) == [one for one in wanted if one > 1]


def _ids_by_hand(base: Select[Any], session: Session) -> list[int]:
    return sorted(one.id for one in session.scalars(base))


# --- base statements that join another class than a relation leads to ---


class Joined(DeclarativeBase):
    type_annotation_map = {str: String(20)}


class Company(Joined):
    __tablename__ = "sub_company"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "company"}


class Bank(Company):
    __mapper_args__ = {"polymorphic_identity": "bank"}


class Client(Joined):
    __tablename__ = "sub_client"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("sub_company.id"))
    company: Mapped[Company | None] = relationship()
    bank: Mapped[Bank | None] = relationship(viewonly=True)


@pytest.fixture(scope="module")
def clients(any_database: Store) -> Iterator[Store]:
    companies = [Company(id=1, name="acme"), Bank(id=2, name="acme")]
    rows = [*companies, Client(id=1, company_id=1), Client(id=2, company_id=2), Client(id=3)]
    with stocked(any_database, Joined.metadata, rows) as filled:
        yield filled


@pytest.mark.parametrize(
    "base",
    [
        select(Client),
        select(Client).outerjoin(Client.company),
        select(Client).outerjoin(Company, Client.bank),
        select(Client).outerjoin(Client.bank),
        select(Client).outerjoin(Client.company.of_type(Bank)),
        select(Client).outerjoin(aliased(Company), Client.company),
        select(Client).outerjoin(aliased(Company), Client.bank),
    ],
)
def test_a_path_leads_to_the_rows_of_its_relation_whatever_the_base_joins(clients: Store, base: Select[Any]) -> None:
    wanted = {"company.name==acme": [1, 2], "bank.name==acme": [2], "company=na=": [3], "bank=na=": [1, 3]}
    for filter, found in wanted.items():
        assert ids(clients, Client, filter, base=base) == found, filter
    assert ids(clients, Client, None, "bank.name,nullslast;-id", base=base) == [2, 3, 1]
    assert ids(clients, Client, None, "company.name,nullsfirst;-id", base=base) == [3, 2, 1]
