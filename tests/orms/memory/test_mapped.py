"""Instances of a mapped class in memory have the rights and the names of its mapping."""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import pytest
from returns.result import Success
from sqlalchemy import ForeignKey, String
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    mapped_column,
    relationship,
    synonym,
)

import pyrsql
from pyrsql import QueryOptions, SortOptions, field_rights
from pyrsql.models.backend import ORM
from pyrsql.models.rights import FieldRights
from pyrsql.models.schema import schema_for
from pyrsql.orms.memory import MemoryORM
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from pyrsql.validation.validate import read_filter, read_sort

HIDDEN = field_rights(filter=False, sort=False)
EXACT = field_rights(operators={"equal"})


@dataclass
class Range:
    low: int | None
    high: int | None


class Pair:
    def __init__(self, left: int, right: int) -> None:
        self.left = left
        self.right = right

    def __composite_values__(self) -> tuple[int, int]:
        return self.left, self.right


def mapped(**rights: FieldRights) -> tuple[type, type]:
    """The classes of a firm and a user, with rights in the `info` of some attributes."""
    infos: dict[str, Any] = {name: {"pyrsql": given} for name, given in rights.items()}

    class Base(DeclarativeBase):
        pass

    class Firm(Base):
        __tablename__ = "firms"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(info=infos.get("firm.name", {}))

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(info=infos.get("name", {}))
        nick: Mapped[str] = synonym("name", info=infos.get("nick", {}))
        alias: Mapped[str] = synonym("nick")
        first: Mapped[int] = mapped_column(info=infos.get("first", {}))
        second: Mapped[int]
        range: Mapped[Range] = composite("first", "second", info=infos.get("range", {}))
        pair: Mapped[Pair] = composite(Pair, "first", "second")
        own: Mapped[Range] = composite(mapped_column("own_low", info=infos.get("own", {})), mapped_column("own_high"))
        firm_id: Mapped[int] = mapped_column(ForeignKey("firms.id"))
        firm: Mapped[Firm] = relationship(info=infos.get("firm", {}))
        firm_name: AssociationProxy[str] = association_proxy("firm", "name")

    copy: Any = column_property(User.__table__.c.name.label("copy_of_name"))
    User.__annotations__["copy"] = Mapped[str]
    User.copy = copy
    return Firm, User


PATHS = [
    *("name", "nick", "alias", "copy", "first", "range.low", "range.high", "pair.left", "own.low", "own.high"),
    *("firm", "firm.name", "firm_name"),
]


class May(NamedTuple):
    """What clients may do with a path."""

    check: bool
    compare: bool
    sort: bool


def may(entity: type, orm: ORM, lists: dict[str, Any]) -> dict[str, May]:
    schema = schema_for(entity, orm=orm, options=QueryOptions(**lists), sort_options=SortOptions(**lists))

    def is_right(found: object) -> bool:
        return isinstance(found, Success)

    return {
        path: May(
            is_right(read_filter(schema, f"{path}=nn=")),
            is_right(read_filter(schema, f"{path}==1")),
            is_right(read_sort(schema, path)),
        )
        for path in PATHS
    }


NAMES = ["name", "nick", "first", "range", "own", "firm.name", "firm"]


@pytest.mark.parametrize("rights", [HIDDEN, EXACT], ids=["hidden", "exact"])
@pytest.mark.parametrize("name", NAMES)
def test_rights_of_a_mapping_are_those_of_its_instances(name: str, rights: FieldRights) -> None:
    _, user = mapped(**{name: rights})
    found = may(user, MemoryORM(), {})
    assert found == may(user, SQLAlchemyORM(), {})
    # A composite is no value itself, and a relation is checked for NULL alone.
    assert not all(found[{"range": "range.high", "own": "own.low"}.get(name, name)])


@pytest.mark.parametrize("name", [*PATHS, "second"])
def test_a_list_covers_the_same_names(name: str) -> None:
    _, user = mapped()
    for lists in ({"field_blacklist": {name}}, {"model_field_blacklist": {user: {name}}}, {"field_whitelist": {name}}):
        assert may(user, MemoryORM(), lists) == may(user, SQLAlchemyORM(), lists)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(
            ("nick==ann", [1]),
            ("alias==ann", [1]),
            ("copy==ann", [1]),
            ("range.low>1", [2]),
            ("range.high=bt=(3,4)", [1]),
        ),
        *(("pair.right==4", [1]), ("pair=nn=", None), ("firm_name==acme", [1, 2]), ("firm_name=na=", [])),
    ],
)
def test_the_values_are_those_of_the_rows(text: str, found: list[int] | None) -> None:
    firm_class, user = mapped()
    firm: Any = firm_class(id=1, name="acme")
    rows: list[Any] = [user(id=1, name="ann", first=1, second=4, firm=firm), user(id=2, name="bob", first=2, second=5)]
    rows[1].firm = firm
    for row in rows:
        row.copy = row.name
        row.range, row.pair = Range(row.first, row.second), Pair(row.first, row.second)
    if found is None:
        with pytest.raises(pyrsql.ValidationError):
            pyrsql.apply(rows, user, text, orm=MemoryORM())
    else:
        assert [row.id for row in pyrsql.apply(rows, user, text, orm=MemoryORM())] == found


# --- rights in annotations -------------------------------------------------------------------------------------------

Secret = Annotated[str, HIDDEN]


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "mapped_tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("mapped_notes.id"))


class Note(Base):
    __tablename__ = "mapped_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    secret: Mapped[Secret]
    later: Mapped[Secret | None]
    sized: Mapped[Secret] = mapped_column(String(20))
    pin: Mapped[Annotated[str, EXACT]]
    both: Mapped[Annotated[Secret, EXACT]]
    again: Mapped[str] = synonym("secret")
    tags: Mapped[Annotated[list[Tag], HIDDEN]] = relationship(Tag)
    from_column: Mapped[Annotated[str, mapped_column(info={"pyrsql": HIDDEN})]]
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "note"}


class Letter(Note):
    """It inherits the rights."""

    __mapper_args__ = {"polymorphic_identity": "letter"}
    address: Mapped[Secret | None]


def hidden_in(entity: type, orm: ORM) -> set[str]:
    schema = schema_for(entity, orm=orm)
    names = [*schema.model.members, "tags.id"]
    return {
        name
        for name in names
        if not isinstance(read_filter(schema, f"{name}=nn="), Success)
        and not isinstance(read_filter(schema, f"{name}==1"), Success)
        and not isinstance(read_sort(schema, name), Success)
    }


@pytest.mark.parametrize("orm", [MemoryORM(), SQLAlchemyORM()], ids=["memory", "sqlalchemy"])
def test_an_annotation_may_have_rights(orm: ORM) -> None:
    found = {"secret", "later", "sized", "both", "again", "tags", "tags.id", "from_column"}
    assert hidden_in(Letter, orm) == found | {"address"}
    assert hidden_in(Note, orm) - {"address"} == found
    schema = schema_for(Note, orm=orm)
    assert isinstance(read_filter(schema, "pin==1"), Success)
    for text in ("pin==1*", "pin=nn=", "pin>1"):
        assert not isinstance(read_filter(schema, text), Success)
    assert not isinstance(read_sort(schema, "pin"), Success)
