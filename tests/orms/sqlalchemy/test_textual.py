"""SQL that a developer wrote as text: OR in it takes in no other rows, and it is about the row that a path reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, ForeignKey, Integer, String, and_, func, literal_column, select, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, column_property, foreign, mapped_column, relationship

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
