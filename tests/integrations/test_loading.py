"""One request takes a fixed number of statements: trees, subclasses, aliases, SQLModel."""

import warnings
from collections.abc import Iterator
from typing import Any, Optional, cast

import pytest
from fastapi import FastAPI
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, field_validator
from pydantic import Field as PydanticField
from pydantic.alias_generators import to_camel
from sqlalchemy import Column, ForeignKey, Integer, StaticPool, Table, create_engine, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    mapped_column,
    registry,
    relationship,
    with_polymorphic,
)
from sqlalchemy.orm.collections import attribute_keyed_dict
from sqlmodel import Field, Relationship, SQLModel

from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.orms.sqlalchemy.loading import loading, reading
from pyrsql.orms.sqlalchemy.reflect import reflect
from tests.asgi import get


class Base(DeclarativeBase):
    pass


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))


class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list["Node"]] = relationship(back_populates="parent", foreign_keys=parent_id, order_by=id)
    parent: Mapped[Optional["Node"]] = relationship(back_populates="children", foreign_keys=parent_id, remote_side=id)
    labels: Mapped[list[Label]] = relationship()
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "node"}


class Leaf(Node):
    """In the table of the nodes."""

    __mapper_args__ = {"polymorphic_identity": "leaf"}
    colour: Mapped[str | None]
    twin_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    twin: Mapped[Node | None] = relationship(foreign_keys=twin_id, remote_side=Node.id)


class Heavy(Node):
    """In a table of its own."""

    __tablename__ = "heavy"
    id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    weight: Mapped[int]
    friend_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    friend: Mapped[Node | None] = relationship(foreign_keys=friend_id, remote_side=Node.id)
    __mapper_args__ = {"polymorphic_identity": "heavy", "inherit_condition": id == Node.id}


class LabelOut(BaseModel):
    text: str


class Tree(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    id: int
    first_name: str
    labels: list[LabelOut]
    children: list["Tree"]


class Chain(BaseModel):
    id: int
    parent: "Chain | None"


class Any1(BaseModel):
    id: int
    colour: str | None = None
    weight: int | None = None


class Named(BaseModel):
    first_name: str


class Linked(BaseModel):
    id: int
    twin: Named | None = None
    friend: Named | None = None


class Parent(BaseModel):
    id: int
    children: list[Linked]


class Squad(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    secret: str
    heroes: list["Player"] = Relationship(back_populates="team")


class Player(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    secret: str
    team_id: int | None = Field(default=None, foreign_key="squad.id")
    team: Squad | None = Relationship(back_populates="heroes")


class TeamPublic(SQLModel):
    name: str


class HeroPublic(SQLModel):
    id: int
    name: str
    team: TeamPublic | None


class HeroOfTeam(SQLModel):
    name: str


class TeamWithHeroes(TeamPublic):
    heroes: list[HeroOfTeam]


statements: list[str] = []
integration = FastAPISQLAlchemyIntegration()


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            Node(
                id=number, first_name=f"n{number}", kind="node", parent_id=number // 2 or None, labels=[Label(text="a")]
            )
            for number in range(1, 32)
        )
        session.add_all(
            Leaf(
                id=number, first_name="leaf", colour="red", twin_id=number - 39, parent_id=None if number == 40 else 40
            )
            for number in range(40, 60)
        )
        session.add_all(
            Heavy(id=number, first_name="heavy", weight=number, friend_id=number - 59, parent_id=41)
            for number in range(60, 80)
        )
        teams = [Squad(name=f"team {number}", secret="s") for number in range(5)]
        session.add_all(Player(name=f"hero {number}", secret="s", team=teams[number % 5]) for number in range(40))
        session.commit()
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI()
    for path, model, item in (
        ("/tree", Node, Tree),
        ("/chain", Node, Chain),
        ("/any", Node, Any1),
        ("/linked", Node, Linked),
        ("/parents", Node, Parent),
        ("/heroes", Player, HeroPublic),
        ("/teams", Squad, TeamWithHeroes),
    ):
        resource = integration.resource(model, item=item, default_sort="id")
        app.include_router(resource.router(get_session, total=False), prefix=path)
    yield app
    engine.dispose()


def ask(app: FastAPI, url: str) -> tuple[Any, int]:
    statements.clear()
    response = get(app, url)
    assert response.status_code == 200, response.text
    return response.json()["items"], len(statements)


def test_a_tree_takes_statements_for_its_levels_not_for_its_rows(app: FastAPI) -> None:
    small, few = ask(app, "/tree?filter=firstName==n8")
    assert small[0]["children"][1] == {"id": 17, "firstName": "n17", "labels": [{"text": "a"}], "children": []}
    whole, many = ask(app, "/tree?filter=firstName==n1")
    assert whole[0]["children"][0]["children"][0]["children"][0]["children"][0]["labels"] == [{"text": "a"}]
    # The rows and their labels, on each of 2 and of 5 levels, and the empty level below.
    assert (few, many) == (5, 11)
    assert ask(app, "/tree?filter=id=in=(2,3)")[1] == ask(app, "/tree?filter=id==2")[1]
    assert [node["id"] for node in ask(app, "/tree?filter=children.firstName==n9")[0]] == [4]


def test_a_chain_of_to_one_relations(app: FastAPI) -> None:
    items, number = ask(app, "/chain?filter=id=in=(31,30,29,28)")
    assert items[-1]["parent"]["parent"]["parent"]["parent"] == {"id": 1, "parent": None}
    assert number == ask(app, "/chain?filter=id==31")[1]
    assert number <= 6


def test_columns_of_subclasses(app: FastAPI) -> None:
    leaves, one = ask(app, "/any?filter=colour==red&size=1")
    assert leaves == [{"id": 40, "colour": "red", "weight": None}]
    assert ask(app, "/any?filter=colour==red&size=20")[1] == one
    everything, number = ask(app, "/any?size=500")
    assert everything[-1] == {"id": 79, "colour": None, "weight": 79}
    assert number <= 3


def test_relations_of_subclasses(app: FastAPI) -> None:
    """Those that a page shows are loaded with it, and paths lead over them."""
    linked, few = ask(app, "/linked?filter=twin.first_name==n2,friend.first_name==n3")
    assert linked == [
        {"id": 41, "twin": {"first_name": "n2"}, "friend": None},
        {"id": 62, "twin": None, "friend": {"first_name": "n3"}},
    ]
    everything, number = ask(app, "/linked?size=500")
    assert everything[0] == {"id": 1, "twin": None, "friend": None}
    assert number == few <= 4
    parents, number = ask(app, "/parents?filter=children.twin.first_name==n3,children.friend.first_name==n1")
    assert [parent["id"] for parent in parents] == [40, 41]
    assert parents[0]["children"][0] == {"id": 41, "twin": {"first_name": "n2"}, "friend": None}
    assert parents[1]["children"][0] == {"id": 60, "twin": None, "friend": {"first_name": "n1"}}
    assert ask(app, "/parents?size=500")[1] == number <= 5


def test_relations_of_subclasses_of_an_alias() -> None:
    """SQLAlchemy has no options for them, but for an alias that names the subclasses."""
    read = reading(reflect(Node), [("twin", "first_name")])
    loaded = loading(reflect(Node), read)
    loaded(select(with_polymorphic(Node, [Leaf])))
    with pytest.raises(ConfigurationError, match=r"or with_polymorphic\(Node, \[Leaf\]\)"):
        loaded(select(aliased(Node)))


class Card(Base):
    __tablename__ = "cards"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    box_id: Mapped[int] = mapped_column(ForeignKey("boxes.id"))
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"))
    label: Mapped[Label] = relationship()


class Box(Base):
    __tablename__ = "boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    cards: Mapped[dict[str, Card]] = relationship(collection_class=attribute_keyed_dict("name"))
    ordered: Mapped[list[Card]] = relationship(order_by=Card.id, viewonly=True)


class CardOut(BaseModel):
    name: str
    label: LabelOut


class KeyedOut(BaseModel):
    id: int
    cards: dict[str, CardOut]


class FirstOut(BaseModel):
    id: int
    first: CardOut = PydanticField(validation_alias=AliasPath("ordered", 0))


class FirstTextOut(BaseModel):
    id: int
    text: str = PydanticField(validation_alias=AliasPath("ordered", 0, "label", "text"))


class ElsewhereOut(BaseModel):
    id: int
    text: str = PydanticField(
        "", validation_alias=AliasChoices(AliasPath("ordered", 5, "name"), AliasPath("cards", "x"))
    )


class NamesOut(BaseModel):
    id: int
    names: list[str] = PydanticField(validation_alias="ordered")

    @field_validator("names", mode="before")
    @classmethod
    def names_of(cls, cards: list[Card]) -> list[str]:
        return [card.name for card in cards]


@pytest.mark.parametrize(
    ("item", "shown", "number"),
    [
        (NamesOut, {"names": ["a"]}, 2),
        (KeyedOut, {"cards": {"a": {"name": "a", "label": {"text": "x"}}}}, 2),
        (FirstOut, {"first": {"name": "a", "label": {"text": "x"}}}, 2),
        (FirstTextOut, {"text": "x"}, 2),
        (ElsewhereOut, {"text": ""}, 3),
    ],
)
@pytest.mark.parametrize("load_only", [False, True])
def test_mappings_of_rows_and_the_first_of_several(
    item: Any, shown: dict[str, Any], number: int, load_only: bool
) -> None:
    """What an answer reads is loaded for all rows at once, also where a client may not name it."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Node(id=1, first_name="", kind="node"))
        session.add(Label(id=1, text="x", node_id=1))
        session.add_all([Box(id=i, cards={"a": Card(name="a", label_id=1)}) for i in range(1, 21)])
        session.commit()
    resource = FastAPISQLAlchemyIntegration().resource(Box, item=item, load_only=load_only)
    assert resource.endpoint.schema.query_options.public_fields == {"id": "id"}

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI()
    app.include_router(resource.router(get_session, total=False), prefix="/boxes")
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for size in (1, 20):
        assert ask(app, f"/boxes?size={size}") == ([{"id": i, **shown} for i in range(1, size + 1)], number)
    engine.dispose()


def test_sqlmodel(app: FastAPI) -> None:
    heroes, one = ask(app, "/heroes?filter=team.name=='team 1'&sort=-id&size=2")
    assert heroes[0] == {"id": 37, "name": "hero 36", "team": {"name": "team 1"}}
    assert (one, ask(app, "/heroes?size=40")[1]) == (1, 1)
    teams, two = ask(app, "/teams?filter=heroes.name=='hero 3'")
    assert (teams[0]["name"], len(teams[0]["heroes"]), two) == ("team 3", 8, 2)
    for path in (
        "heroes?filter=secret",
        "heroes?filter=team.secret",
        "heroes?filter=team_id",
        "teams?filter=heroes.secret",
    ):
        assert get(app, f"/{path}==1").status_code == 422


def test_what_a_mapping_never_loads_is_loaded_for_an_answer_that_reads_it() -> None:
    """A filter by it would tell what the answer shows as null."""
    registered = registry()
    owners = Table("owners", registered.metadata, Column("id", Integer, primary_key=True))
    pets = Table("pets", registered.metadata, Column("id", ForeignKey("owners.id"), primary_key=True))

    class Owner:
        pets: list[Any]

    class Pet:
        id: int

    registered.map_imperatively(Pet, pets)
    registered.map_imperatively(Owner, owners, properties={"pets": relationship(Pet, lazy="noload")})
    with warnings.catch_warnings():
        # It is deprecated since SQLAlchemy 2.1.
        warnings.simplefilter("ignore")
        registered.configure()
    engine = create_engine("sqlite://")
    registered.metadata.create_all(engine)
    with Session(engine) as session:
        session.execute(owners.insert(), {"id": 1})
        session.execute(pets.insert(), {"id": 1})
        loaded = loading(reflect(Owner), reading(reflect(Owner), [("pets", "id")]))
        assert [pet.id for pet in session.scalars(loaded(select(Owner))).one().pets] == [1]


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("read_with", ["*", None])
def test_relations_of_subclasses_behind_a_relation(read_with: Any, *, only: bool) -> None:
    class Own(DeclarativeBase):
        pass

    class Food(Own):
        __tablename__ = "food"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Pet(Own):
        __tablename__ = "pet"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet", "with_polymorphic": read_with}

    class Cat(Pet):
        __tablename__ = "cat"
        id: Mapped[int] = mapped_column(ForeignKey("pet.id"), primary_key=True)
        food_id: Mapped[int] = mapped_column(ForeignKey("food.id"))
        food: Mapped[Food] = relationship()
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Home(Own):
        __tablename__ = "home"
        id: Mapped[int] = mapped_column(primary_key=True)
        pet_id: Mapped[int] = mapped_column(ForeignKey("pet.id"))
        pet: Mapped[Pet] = relationship()

    engine = create_engine("sqlite://", poolclass=StaticPool)
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Home(pet=Cat(food=Food())), Home(pet=Pet(kind="pet"))])
        session.commit()
        session.expunge_all()
        homes = reflect(Home)
        statement = loading(homes, reading(homes, [("pet", "food", "id")]), only=only)(select(Home))
        first, second = session.scalars(statement.order_by(Home.id))
        session.expunge_all()
        assert (cast("Cat", first.pet).food.id, type(second.pet)) == (1, Pet)
