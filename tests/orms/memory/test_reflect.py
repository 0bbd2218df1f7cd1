import typing
from collections.abc import Callable
from typing import Annotated, Literal, NewType, TypedDict

import pytest
from pydantic import BaseModel

import pyrsql
from pyrsql.errors import ConfigurationError
from pyrsql.models import kinds
from pyrsql.models.backend import ORM
from pyrsql.models.model import Field, Relation
from pyrsql.models.rights import ALL_RIGHTS, field_rights
from pyrsql.orms.memory import MemoryORM
from tests import sample_models as models
from tests.orms.memory.sample import Company, Size, User

Name = NewType("Name", str)


class Address(TypedDict, total=False):
    street: str
    lines: typing.Required[list[str]]


class Person(TypedDict):
    name: str
    address: Address
    friends: list["Person"]


class Point:
    x: int
    y: float


class Page(BaseModel):
    text: str


class Card(BaseModel):
    number: int
    owner: Annotated[str | None, field_rights(sort=False)] = None
    pages: tuple[Page, ...] = ()
    sizes: frozenset[Size] = frozenset()
    status: Literal["open", "closed"] = "open"
    name: Name = Name("")
    extra: dict[str, object] | None = None
    ints: Annotated[list[int], kinds.Array(kinds.Integer(0, 9))] = []
    either: int | str = 0
    pair: tuple[int, str] = (0, "")


def member_kinds(entity: type) -> dict[str, object]:
    """The kinds of the fields of a class, and the relations as `one` or `many`."""
    members = MemoryORM().model(entity).members
    return {
        name: member.kind
        if isinstance(member, Field)
        else "many"
        if isinstance(member, Relation) and member.many
        else "one"
        for name, member in members.items()
    }


BIG = kinds.Integer(-(2**63), 2**63 - 1)


def test_a_dataclass_is_described() -> None:
    assert member_kinds(User) == {
        "id": BIG,
        "name": kinds.Text(),
        "age": BIG,
        "company": "one",
        "roles": "many",
        "tags": kinds.Array(kinds.Text()),
        "size": kinds.Enumeration.of(Size),
        "price": kinds.Decimal(),
        "ratio": kinds.Float(),
        "created": kinds.DateTime(),
        "seen": kinds.DateTime(aware=True),
        "born": kinds.Date(),
        "opens": kinds.Time(),
        "payload": kinds.Json(),
    }
    model = MemoryORM().model(User)
    assert isinstance(identity := model.members["id"], Field)
    assert isinstance(name := model.members["name"], Field)
    assert (identity.nullable, name.nullable, name.python_type) == (False, True, str)


def test_a_pydantic_model_is_described() -> None:
    described = member_kinds(Card)
    assert described | {"extra": None, "either": None, "pair": None} == {
        "number": BIG,
        "owner": kinds.Text(),
        "pages": "many",
        "sizes": kinds.Array(kinds.Enumeration.of(Size)),
        "status": kinds.Enumeration((("open", "open"), ("closed", "closed"))),
        "name": kinds.Text(),
        "extra": None,
        "ints": kinds.Array(kinds.Integer(0, 9)),
        "either": None,
        "pair": None,
    }
    assert all(isinstance(described[name], kinds.Opaque) for name in ("extra", "either", "pair"))
    model = MemoryORM().model(Card)
    assert model.members["owner"].rights == field_rights(sort=False)
    assert model.members["number"].rights == ALL_RIGHTS


def test_a_mapping_is_described_and_read() -> None:
    assert member_kinds(Person) == {"name": kinds.Text(), "address": "one", "friends": "many"}
    assert member_kinds(Address) == {"street": kinds.Text(), "lines": kinds.Array(kinds.Text())}
    ann: Person = {"name": "ann", "address": {"lines": ["a"]}, "friends": []}
    bob: Person = {"name": "bob", "address": {"lines": [], "street": "x"}, "friends": [ann]}
    orm = MemoryORM()
    assert pyrsql.apply([ann, bob], Person, "address.street=na=", orm=orm) == [ann]
    assert pyrsql.apply([ann, bob], Person, "friends.address.lines==a", orm=orm) == [bob]


def test_a_mapped_class_is_described_and_its_instances_are_read() -> None:
    described = member_kinds(models.User)
    assert described["id"] == BIG
    assert described["created"] == kinds.DateTime()
    assert (described["company"], described["roles"], described["manager"]) == ("one", "many", "one")
    rows = [row for row in models.rows() if isinstance(row, models.User)]
    text = "company.name==acme;roles.code==editor"
    assert [row.id for row in pyrsql.apply(rows, models.User, text, orm=MemoryORM())] == [1, 4]


def test_a_plain_class_is_described() -> None:
    assert member_kinds(Point) == {"x": BIG, "y": kinds.Float()}


def test_a_model_is_described_once() -> None:
    orm = MemoryORM()
    model = orm.model(User)
    assert orm.model(User) is model
    company = model.members["company"]
    assert isinstance(company, Relation)
    assert company.target() is orm.model(Company)


def test_a_class_without_hints_is_a_mistake_of_the_developer() -> None:
    with pytest.raises(ConfigurationError, match="no type hints"):
        MemoryORM().model(object)

    class Broken:
        x: "Missing"  # type: ignore[name-defined]  # noqa: F821  # a name that is nowhere: that is tested

    with pytest.raises(ConfigurationError, match="cannot be read"):
        MemoryORM().model(Broken)


def test_a_client_is_offered_what_the_rights_allow() -> None:
    card = Card(number=1, owner="a")
    orm: Callable[[], ORM] = MemoryORM
    assert pyrsql.apply([card], Card, "owner==a", orm=orm()) == [card]
    with pytest.raises(pyrsql.ValidationError):
        pyrsql.Sort.parse("owner").apply([card], Card, orm=orm())
