"""SQL that a developer wrote as text: OR in it takes in no other rows, and it is about the row that a path reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, ForeignKey, Integer, String, and_, func, literal_column, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    contains_eager,
    defer,
    foreign,
    joinedload,
    load_only,
    mapped_column,
    query_expression,
    relationship,
    selectinload,
    undefer,
    undefer_group,
    with_expression,
)

import pyrsql
from pyrsql.errors import ConfigurationError
from pyrsql.operators import ComparisonOperator
from pyrsql.options import CustomPredicateDefinition, QueryOptions
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.problems import UnknownField
from tests.orms.sqlalchemy.store import Store, ids, problems, stocked

# SQLAlchemy 2.1 says of an alias that the text stays what it is.
pytestmark = pytest.mark.filterwarnings("ignore:Did not locate an expression:sqlalchemy.exc.SAWarning")

LOW = "n = 1 or n = 2"


class Base(DeclarativeBase):
    type_annotation_map = {str: String(50)}


class Place(Base):
    __tablename__ = "textual_places"

    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    tenant: Mapped[int]
    up_id: Mapped[int | None] = mapped_column(ForeignKey("textual_places.id"))
    up: Mapped["Place | None"] = relationship(remote_side=[id], back_populates="subs")
    subs: Mapped[list["Place"]] = relationship(back_populates="up")
    is_low: Mapped[bool] = column_property(literal_column(LOW, type_=Boolean), deferred=True)
    one: Mapped[int] = column_property(literal_column("1", type_=Integer), deferred=True)

    @hybrid_property
    def tenfold(self) -> int:
        return self.n * 10

    @tenfold.inplace.expression
    @classmethod
    def _tenfold(cls) -> Any:
        return literal_column("textual_places.n * 10", type_=Integer)


class Note(Base):
    __tablename__ = "textual_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey(Place.id))
    value: Mapped[int]


class Zone(Base):
    __tablename__ = "textual_zones"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]


class Node(Base):
    """A class whose every select has a text that names a column."""

    __tablename__ = "textual_nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    zone_id: Mapped[int | None] = mapped_column(ForeignKey(Zone.id))
    zone: Mapped[Zone | None] = relationship()
    place_id: Mapped[int | None] = mapped_column(ForeignKey("textual_places.id"))
    place: Mapped[Place | None] = relationship()
    up_id: Mapped[int | None] = mapped_column(ForeignKey("textual_nodes.id"))
    up: Mapped["Node | None"] = relationship(remote_side=[id], back_populates="subs")
    subs: Mapped[list["Node"]] = relationship(back_populates="up")
    more: Mapped[int] = column_property(literal_column("n + 1", type_=Integer))
    quoted: Mapped[str] = column_property(literal_column("'id up_id'", type_=String))
    others: Mapped[int] = column_property(
        select(func.count()).select_from(Zone).where(text("label <> 'n' and textual_zones.id <> 9")).scalar_subquery()
    )


class Shop(Base):
    """A class with a text that options load, and relations to classes with texts."""

    __tablename__ = "textual_shops"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    zone_id: Mapped[int] = mapped_column(ForeignKey(Zone.id))
    zone: Mapped[Zone] = relationship()
    owner_id: Mapped[int] = mapped_column(ForeignKey("textual_owners.id"))
    owner: Mapped["Owner"] = relationship()
    next_id: Mapped[int | None] = mapped_column(ForeignKey("textual_shops.id"))
    next: Mapped["Shop | None"] = relationship(remote_side=[id])
    larger: Mapped[int] = column_property(literal_column("size + 1", type_=Integer), deferred=True, group="sizes")
    given: Mapped[int | None] = query_expression()


class Owner(Base):
    __tablename__ = "textual_owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    loud: Mapped[str] = column_property(literal_column("upper(label)", type_=String))


class Noted(Base):
    """The places again, with relations that are joined by text."""

    __table__ = Place.__table__

    notes: Mapped[list[Note]] = relationship(
        primaryjoin=lambda: and_(foreign(Note.place_id) == Place.__table__.c.id, text("value = 1 or value = 2")),
        viewonly=True,
    )
    named: Mapped[list[Note]] = relationship(
        primaryjoin=lambda: and_(foreign(Note.place_id) == Place.__table__.c.id, text("textual_notes.value = 1")),
        viewonly=True,
    )


@pytest.fixture(scope="module")
def places(any_database: Store) -> Iterator[Store]:
    """A chain of three places, the second of another tenant; the first two have a note."""
    rows = [(1, 1, 1, None), (2, 2, 2, 1), (3, 3, 1, 2)]
    found: list[Base] = [Place(id=key, n=n, tenant=tenant, up_id=up) for key, n, tenant, up in rows]
    notes = [Note(id=1, place_id=1, value=1), Note(id=2, place_id=2, value=2)]
    with stocked(any_database, Base.metadata, found) as store:
        store.run(lambda session: session.add_all(notes))
        yield store


@pytest.mark.parametrize("written", [text(LOW), literal_column(LOW, Boolean), text(LOW) & (Place.id > 0)], ids=str)
@pytest.mark.parametrize("filter", ["n=low=", "n=low=;n<3", "n<3;n=low=", "(n=low=,n==1)"])
def test_the_text_of_a_custom_operator_takes_in_no_row_of_another_tenant(
    places: Store, written: Any, filter: str
) -> None:
    low = ComparisonOperator("low", ("=low=",), 0, 0)
    options = QueryOptions(custom_predicates={"low": CustomPredicateDefinition(operator=low)})
    orm = SQLAlchemyORM(custom_predicates={"low": lambda payload: written})
    base = select(Place).where(Place.tenant == 1)

    def ask(session: Session) -> list[int]:
        return [place.id for place in session.scalars(pyrsql.apply(base, Place, filter, orm=orm, options=options))]

    assert places.run(ask) == [1]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("is_low==true", [1]),
        ("is_low!=true", [3]),
        ("is_low=out=(true)", [3]),
        ("is_low=na=", []),
        ("is_low=nn=", [1, 3]),
    ],
)
def test_the_text_of_a_value_takes_in_no_row_of_another_tenant(places: Store, filter: str, found: list[int]) -> None:
    assert ids(places, Place, filter, base=select(Place).where(Place.tenant == 1)) == found


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("tenfold==20", [2]),
        ("up.tenfold==20", [3]),
        ("up.up.tenfold==10", [3]),
        ("subs.tenfold==20", [1]),
        ("subs.up.tenfold==20", [2]),
        ("up.tenfold=na=", [1]),
        ("up.is_low==true", [2, 3]),
        ("up.is_low!=true", []),
        ("up.one==1", [2, 3]),
        ("up.one=na=", [1]),
    ],
)
def test_the_text_of_a_value_is_about_the_row_that_a_path_reads(places: Store, filter: str, found: list[int]) -> None:
    assert ids(places, Place, filter) == found


@pytest.mark.parametrize(
    ("sort", "found"), [("up.tenfold", [2, 3, 1]), ("-up.tenfold", [1, 3, 2]), ("-subs.tenfold", [3, 2, 1])]
)
def test_a_sort_by_text_is_about_the_row_that_a_path_reads(places: Store, sort: str, found: list[int]) -> None:
    assert ids(places, Place, sort=sort) == found


@pytest.mark.parametrize(("filter", "found"), [("notes.value==2", True), ("notes.value==7", False)])
def test_a_condition_counts_beside_the_text_of_a_join(places: Store, filter: str, found: bool) -> None:
    # As SQL reads the condition, every place has the note whose value is 2.
    assert ids(places, Noted, filter) == ([1, 2, 3] if found else [])


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("is_low==true;up.n==1", [2]),
        ("is_low==false,up.n==1", [2, 3]),
        ("is_low!=true;up.up.tenant==1", [3]),
        ("up.n==2;tenfold==30", [3]),
        ("up=na=;one==1", [1]),
    ],
)
def test_the_text_of_a_value_stands_beside_joined_tables(places: Store, filter: str, found: list[int]) -> None:
    assert ids(places, Place, filter) == found


def test_a_sort_by_the_text_of_a_value_beside_joined_tables(places: Store) -> None:
    assert ids(places, Place, "up.n=nn=,n==1", "is_low;-up.n") == [3, 1, 2]


@pytest.fixture(scope="module")
def nodes(places: Store) -> Store:
    rows = [(1, 5, 1, None), (2, 6, 2, 1), (3, 7, None, 1)]
    added: list[Base] = [Zone(id=1, label="a"), Zone(id=2, label="b")]
    added += [Node(id=key, n=n, zone_id=zone, up_id=up) for key, n, zone, up in rows]
    places.run(lambda session: session.add_all(added))
    return places


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("more==7", [2]),
        ("zone.label==a", [1]),
        ("zone.label==b,more==8", [2, 3]),
        ("subs.n==7", [1]),
        ("subs.more==7;more==6", [1]),
        ("subs.zone.label==b", [1]),
    ],
)
def test_paths_that_join_no_table_with_a_name_of_a_text(nodes: Store, filter: str, found: list[int]) -> None:
    assert ids(nodes, Node, filter) == found
    assert sorted(ids(nodes, Node, filter, "zone.label;-subs.n")) == found


@pytest.mark.parametrize("path", ["up.id", "place.tenant"])
def test_a_relation_to_a_table_with_a_name_of_a_text_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="a column property of Node is text that names 'n', which"):
        schema(Node, QueryOptions(field_whitelist={path}))
    assert isinstance(problems(Node, f"{path}==1")[0], UnknownField)


def test_a_relation_whose_text_names_its_table_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="text in its join condition names a table"):
        schema(Noted, QueryOptions(model_field_whitelist={Noted: {"id", "named"}}))


@pytest.fixture(scope="module")
def shops(places: Store) -> Store:
    added: list[Base] = [Zone(id=3, label="c"), Zone(id=4, label="d"), Owner(id=1, label="c"), Owner(id=2, label="d")]
    rows = [(1, 5, 3, 2, None), (2, 6, 4, 1, 1), (3, 7, 4, 2, 2)]
    added += [Shop(id=key, size=size, zone_id=zone, owner_id=owner, next_id=to) for key, size, zone, owner, to in rows]
    places.run(lambda session: session.add_all(added))
    return places


OF_OWNER = select(Shop).join(Shop.owner)
LABEL = literal_column("label", String)
LOADED_BESIDE_PATHS = {
    "an owner of a join": OF_OWNER.options(contains_eager(Shop.owner)),
    "an owner": select(Shop, Owner).join(Shop.owner),
    "a name of a joined table": OF_OWNER.add_columns(LABEL),
    "a condition": OF_OWNER.add_columns(Owner.id).where(text("label <> 'x' or label = 'x'")),
    "an order": OF_OWNER.add_columns(Owner.id).order_by(LABEL),
    "a name among attributes": select(Shop, Shop.id + literal_column("size", Integer)),
    "undefer": select(Shop).options(undefer(Shop.larger)),
    "undefer all": select(Shop).options(undefer("*")),
    "undefer_group": select(Shop).options(undefer_group("sizes")),
    "load_only": select(Shop).options(load_only(Shop.id, Shop.larger)),
    "with_expression": select(Shop).options(with_expression(Shop.given, literal_column("size * 2", Integer))),
}


@pytest.mark.parametrize("base", LOADED_BESIDE_PATHS.values(), ids=LOADED_BESIDE_PATHS)
@pytest.mark.parametrize("filter", ["id>0", "zone.label==d", "next.size==5"])
def test_a_base_with_a_text_that_a_joined_table_makes_ambiguous_is_refused(base: Any, filter: str) -> None:
    with pytest.raises(ConfigurationError, match=r"selects a text that names '(label|size)', which"):
        pyrsql.apply(base, Shop, filter, orm=SQLAlchemyORM())


BESIDE_PATHS = {
    "joinedload": select(Shop).options(joinedload(Shop.owner)),
    "joinedload, nested": select(Shop).options(joinedload(Shop.next).undefer(Shop.larger)),
    "selectinload": select(Shop).options(selectinload(Shop.owner), selectinload(Shop.next).undefer(Shop.larger)),
    "a condition": OF_OWNER.where(text("label <> 'x' or label = 'x'")),
    "with its table": select(Shop).options(with_expression(Shop.given, literal_column("textual_shops.size", Integer))),
    "attributes": select(Shop).options(with_expression(Shop.given, Shop.size * 2)),
    "defer": select(Shop).options(defer(Shop.size)),
}


@pytest.mark.parametrize("base", BESIDE_PATHS.values(), ids=BESIDE_PATHS)
@pytest.mark.parametrize(
    ("filter", "found"), [("zone.label==d", [2, 3]), ("next.size==5", [2]), ("owner.label==d;zone.label==d", [3])]
)
def test_a_base_with_a_text_that_is_right_beside_paths(shops: Store, base: Any, filter: str, found: list[int]) -> None:
    assert ids(shops, Shop, filter, base=base) == found
    assert sorted(ids(shops, Shop, filter, "-zone.label;next.size", base=base)) == found
