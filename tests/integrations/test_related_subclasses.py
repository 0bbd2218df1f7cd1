"""The statement of a request for a subclass, whose rows a relation to one of its base classes leads back to."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import Engine, ForeignKey, Integer, Select, String, select
from sqlalchemy.ext.declarative import ConcreteBase
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    foreign,
    mapped_column,
    relationship,
    remote,
    with_loader_criteria,
)

from pyrsql import ALL_FIELDS, ConfigurationError
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import get


class Family(NamedTuple):
    """Managers and engineers are employees, and these are persons."""

    person: Any
    employee: Any
    manager: Any
    engineer: Any
    session: Callable[[], Iterator[Session]]


def classes(kind: str) -> tuple[Any, ...]:
    class Base(DeclarativeBase):
        type_annotation_map = {str: String(20)}

    class Person(Base):
        __tablename__ = f"scope_{kind}_person"
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        type: Mapped[str]
        name: Mapped[str]
        tenant: Mapped[int]
        boss_id: Mapped[int | None]
        __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "Person"}

    def below(base: Any, name: str, **members: Any) -> Any:
        members["__mapper_args__"] = {"polymorphic_identity": name}
        if kind == "joined":
            members["__tablename__"] = f"scope_{kind}_{name.lower()}"
            members["id"] = mapped_column(ForeignKey(f"{base.__tablename__}.id"), primary_key=True)
        return type(name, (base,), members)

    employee = below(Person, "Employee")
    manager = below(employee, "Manager", level=mapped_column(Integer, nullable=True))
    engineer = below(employee, "Engineer")
    for name, target in {"friend": Person, "boss": employee, "twin": manager, "engineer": engineer}.items():
        here, there = Person.boss_id, target.id if target is Person else Person.id
        relation = relationship(target, viewonly=True, primaryjoin=foreign(here) == remote(there))
        setattr(manager, name, relation)
    return Base, Person, employee, manager, engineer


@pytest.fixture(scope="module", params=["joined", "single"])
def people(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Family]:
    base, person, employee, manager, engineer = classes(request.param)
    base.metadata.create_all(engine)
    with Session(engine) as filled:
        filled.add(manager(id=1, tenant=1, name="mine", level=1))
        filled.add(manager(id=2, tenant=2, name="secret", level=2, boss_id=1))
        filled.add(employee(id=3, tenant=2, name="other"))
        filled.add(engineer(id=4, tenant=2, name="smith"))
        filled.add_all(manager(id=10 + boss, tenant=1, name="m", level=1, boss_id=boss) for boss in (1, 2, 3, 4))
        filled.commit()

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    yield Family(person, employee, manager, engineer, session)
    base.metadata.drop_all(engine)


class Name(BaseModel):
    name: str


class WithBoss(Name):
    id: int
    boss: Name | None


class WithFriend(Name):
    id: int
    friend: Name | None


class WithTwin(Name):
    id: int
    twin: Name | None


class WithEngineer(Name):
    id: int
    engineer: Name | None


def current_tenant() -> int:
    return 1


Tenant = Annotated[int, Depends(current_tenant)]


def by_column(manager: Any, tenant: int) -> Select[Any]:
    return select(manager).where(manager.tenant == tenant)


def by_own_column(manager: Any, tenant: int) -> Select[Any]:
    return select(manager).where(manager.level == tenant)


def of_an_alias(manager: Any, tenant: int) -> Select[Any]:
    alias = aliased(manager, flat=True)
    return select(alias).where(alias.tenant == tenant)


def by_criteria(manager: Any, tenant: int) -> Select[Any]:
    return select(manager).options(with_loader_criteria(manager, manager.tenant == tenant, include_aliases=True))


STATEMENTS = [by_column, by_own_column, of_an_alias, by_criteria]


def app_of(people: Family, item: Any, statement: Callable[[int], Select[Any]], **settings: Any) -> FastAPI:
    def factory(tenant: Tenant) -> Select[Any]:
        return statement(tenant)

    opened = FastAPISQLAlchemyIntegration().resource(
        people.manager, item=item, statement_factory=factory, default_sort="id", **settings
    )
    app = FastAPI()
    app.include_router(opened.router(people.session), prefix="/managers")
    return app


def found(app: FastAPI, filter: str) -> list[int]:
    body = get(app, "/managers", params={"filter": filter}).json()
    assert get(app, "/managers/count", params={"filter": filter}).json() == {"count": body["total"]}
    assert len(body["items"]) == body["total"]
    return [item["id"] for item in body["items"]]


@pytest.mark.parametrize("made", STATEMENTS)
@pytest.mark.parametrize(
    ("item", "fields", "base"),
    [
        (WithBoss, ["id", "name"], "Employee"),
        (WithFriend, ["id", "name"], "Person"),
        (Name, ["id", "name", "boss.name"], "Employee"),
        (Name, ["id", "name", "friend.level"], "Person"),
        (Name, ["id", "name", "twin.boss.name"], "Employee"),
        (WithBoss, ALL_FIELDS, "Person"),
    ],
)
def test_a_base_class_that_a_relation_leads_to_needs_criteria(
    people: Family, made: Any, item: Any, fields: Any, base: str
) -> None:
    app = app_of(people, item, lambda tenant: made(people.manager, tenant), filterable_fields=fields)
    with pytest.raises(ConfigurationError, match=f"leads back to Manager as {base}, its base .* add with_loader_crit"):
        get(app, "/managers")


@pytest.mark.parametrize("made", STATEMENTS)
@pytest.mark.parametrize("aliases", [True, False])
def test_with_criteria_no_question_reaches_a_row_of_another_tenant(people: Family, made: Any, aliases: bool) -> None:
    def statement(tenant: int) -> Select[Any]:
        above = [people.person] if aliases else [people.person, people.employee]
        narrowed: Select[Any] = made(people.manager, tenant)
        return narrowed.options(
            *(with_loader_criteria(each, each.tenant == tenant, include_aliases=aliases) for each in above)
        )

    app = app_of(people, WithBoss, statement, filterable_fields=ALL_FIELDS)
    assert get(app, "/managers").json()["items"] == [
        {"id": 1, "name": "mine", "boss": None},
        {"id": 11, "name": "m", "boss": {"name": "mine"}},
        *({"id": each, "name": "m", "boss": None} for each in (12, 13, 14)),
    ]
    for path in ("boss", "friend", "twin"):
        assert found(app, f"{path}.name==mine") == [11]
        assert found(app, f"{path}.level==1") == [11]
        assert found(app, f"{path}.level==2,{path}.name=in=(secret,other,smith)") == []
        assert found(app, f"{path}=na=") == [1, 12, 13, 14]


@pytest.mark.parametrize("made", STATEMENTS)
def test_rows_of_the_subclass_itself_need_none(people: Family, made: Any) -> None:
    app = app_of(people, WithTwin, lambda tenant: made(people.manager, tenant))
    assert found(app, "twin.name==mine") == [11]
    assert found(app, "twin.name==secret") == []
    assert found(app, "twin=na=") == [1, 12, 13, 14]


def test_nor_do_a_subclass_beside_it_and_a_statement_of_all_rows(people: Family) -> None:
    app = app_of(people, WithEngineer, lambda tenant: by_column(people.manager, tenant))
    assert found(app, "engineer.name==smith") == [14]
    app = app_of(people, WithBoss, lambda _: select(people.manager).order_by(people.manager.name))
    assert found(app, "boss.name==secret") == [12]


class Concrete(DeclarativeBase):
    type_annotation_map = {str: String(20)}


class Clerk(Concrete):
    __tablename__ = "scope_concrete_clerk"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Chief(Clerk):
    """Its rows are in a table of its own."""

    __tablename__ = "scope_concrete_chief"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("scope_concrete_clerk.id"))
    boss: Mapped[Clerk | None] = relationship(foreign_keys=boss_id)
    __mapper_args__ = {"concrete": True}


class Part(ConcreteBase, Concrete):
    """A relation to it leads to a union of the tables."""

    __tablename__ = "scope_concrete_part"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "part", "concrete": True}


class Wheel(Part):
    __tablename__ = "scope_concrete_wheel"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boss_id: Mapped[int | None]
    boss: Mapped[Part | None] = relationship(
        viewonly=True, primaryjoin=lambda: foreign(Wheel.__table__.c.boss_id) == remote(Part.id)
    )
    __mapper_args__ = {"polymorphic_identity": "wheel", "concrete": True}


def test_only_a_union_of_tables_has_rows_of_a_concrete_subclass(engine: Engine) -> None:
    Concrete.metadata.create_all(engine)

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    with Session(engine) as filled:
        filled.add_all([Clerk(id=1, name="ann"), Part(id=1, name="hub"), Wheel(id=2, name="secret")])
        filled.flush()
        filled.add_all([Chief(id=3, name="cyd", boss_id=1), Wheel(id=3, name="a", boss_id=1)])
        filled.add(Wheel(id=4, name="b", boss_id=2))
        filled.commit()
    none = Family(None, None, None, None, session)
    chiefs = app_of(none._replace(manager=Chief), WithBoss, lambda _: select(Chief).where(Chief.id > 2))
    assert found(chiefs, "boss.name==ann") == [3]

    def wheels(*options: Any) -> FastAPI:
        made = select(Wheel).where(Wheel.id > 2).options(*options)
        return app_of(none._replace(manager=Wheel), WithBoss, lambda _: made)

    with pytest.raises(ConfigurationError, match="leads back to Wheel as Part"):
        get(wheels(), "/managers")
    visible = with_loader_criteria(Part, Part.name != "secret")
    assert found(wheels(visible), "boss.name==hub") == [3]
    assert found(wheels(visible), "boss.name==secret") == []
    Concrete.metadata.drop_all(engine)
