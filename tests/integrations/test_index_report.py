"""The report names the fields that no index serves, with the index to declare."""

from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import ALL_FIELDS, QueryOptions, SortOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, index_report
from pyrsql.orms.sqlalchemy.indexes import _plain_columns  # pyright: ignore[reportPrivateUsage]  # the part of it that is tested
from pyrsql.testing import assert_indexed
from tests.databases import Database


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"
    __table_args__ = (Index("by_born", "born", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    born: Mapped[int | None]
    email: Mapped[str] = mapped_column(String(40), unique=True)
    active: Mapped[bool]
    notes: Mapped[Any] = mapped_column(JSONB)
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(40), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(viewonly=True)


def resource(*fields: str) -> Any:
    integration = FastAPISQLAlchemyIntegration()
    return integration.resource(Author, filterable_fields=set(fields) if fields else ALL_FIELDS)


def test_what_is_missing_on_postgresql() -> None:
    found = {(missing.field, missing.use): missing.line for missing in index_report(resource())}
    assert found["name", "filter"] == "Index('ix_authors_name', 'name')"
    assert found["name", "keyset"] == "Index('ix_authors_name_id', 'name', 'id')"
    assert found["notes", "filter"] == "Index('ix_authors_notes', 'notes', postgresql_using=\"gin\")"
    assert {field for field, _ in found}.isdisjoint({"id", "email", "born"})
    assert ("active", "filter") not in found


def test_a_foreign_key_of_a_related_table() -> None:
    report = index_report(resource("books.title"))
    assert [(missing.field, missing.line) for missing in report if missing.use == "filter"] == [
        ("books.title", "Index('ix_books_author_id', 'author_id')")
    ]


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
def test_a_path_that_ends_on_a_relation_needs_the_foreign_key(dialect: str) -> None:
    report = index_report(resource("books", "books.id"), dialect=dialect)
    assert {(missing.field, missing.use, missing.line) for missing in report if missing.use == "filter"} == {
        (field, "filter", "Index('ix_books_author_id', 'author_id')") for field in ("books", "books.id")
    }


def test_a_key_along_which_a_path_goes_twice_is_named_once() -> None:
    report = index_report(resource("books.author"))
    assert [(missing.field, missing.line) for missing in report] == [
        ("books.author", "Index('ix_books_author_id', 'author_id')")
    ]


def test_null_has_no_index_on_mysql() -> None:
    (missing,) = index_report(resource("born"), dialect="mysql")
    assert "NOT NULL" in missing.line
    assert not index_report(resource("born"), dialect="sqlite")


def test_a_test_of_the_developer_fails_with_the_lines_to_add() -> None:
    assert_indexed(resource("email", "born"))
    assert_indexed(resource("name", "email"), dialect="sqlite", except_={"name"})
    with pytest.raises(AssertionError, match=r"name \(filter\): Index\('ix_authors_name', 'name'\)"):
        assert_indexed(resource("name"))
    with pytest.raises(AssertionError, match="email: needs no exception"):
        assert_indexed(resource("email"), except_={"email"})


def report_of(
    *indexes: Index | UniqueConstraint, dialect: str = "postgresql", field: str = "name", **options: Any
) -> set[str]:
    """The uses of a field that the report names, where a table has these indexes."""

    class Apart(DeclarativeBase):
        pass

    class Thing(Apart):
        __tablename__ = "things"
        __table_args__ = indexes

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(40))
        day: Mapped[int]

        @hybrid_property
        def double(self) -> int:
            return self.day * 2

    config = FastAPICriteriaConfig(**options)
    thing = FastAPISQLAlchemyIntegration(criteria_config=config).resource(Thing, filterable_fields={field})
    return {missing.use for missing in index_report(thing, dialect=dialect)}


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite", "oracle"])
def test_an_index_that_does_not_serve_every_row(dialect: str) -> None:
    unserved = {"filter", "sort"} if dialect == "sqlite" else {"filter", "sort", "keyset"}
    partial = Index("x", "name", "id", postgresql_where=text("day > 3"), sqlite_where=text("day > 3"))
    assert report_of(partial, dialect=dialect) == unserved
    assert report_of(Index("x", func.lower(text("name"))), dialect=dialect) == unserved
    assert report_of(Index("x", "day", "name", "id"), dialect=dialect) == unserved


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "oracle"])
def test_a_unique_key_needs_no_other_key_behind_it(dialect: str) -> None:
    assert report_of(Index("x", "name", unique=True), dialect=dialect) == set()
    assert report_of(UniqueConstraint("name"), dialect=dialect) == set()
    assert report_of(UniqueConstraint("name", "day"), dialect="postgresql") == {"keyset"}
    some_rows = Index("x", "name", unique=True, postgresql_where=text("day > 3"))
    assert report_of(some_rows, dialect="postgresql") == {"filter", "sort", "keyset"}


@pytest.mark.parametrize(
    "options",
    [
        {"postgresql_using": "hash"},
        {"postgresql_using": "gin"},
        {"postgresql_using": "brin"},
        {"postgresql_ops": {"name": "text_pattern_ops"}},
    ],
)
def test_an_index_of_another_kind_on_postgresql(options: dict[str, Any]) -> None:
    assert report_of(Index("x", "name", **options)) == {"filter", "sort", "keyset"}


@pytest.mark.parametrize("options", [{"mysql_prefix": "FULLTEXT"}, {"mysql_length": 5}, {"mysql_length": {"name": 5}}])
def test_an_index_of_another_kind_on_mysql(options: dict[str, Any]) -> None:
    found = report_of(Index("x", "name", **options), dialect="mysql")
    assert found == ({"filter", "sort"} if "mysql_prefix" in options else {"sort"})
    assert report_of(Index("x", "name", **options), dialect="sqlite") == set()


def test_directions_of_an_index() -> None:
    assert report_of(Index("x", text("name DESC"))) == {"filter", "sort", "keyset"}  # the text is not read
    down = Column("name", String(40))
    assert report_of(Index("x", "name", "id")) == set()
    table = Table("t", Base.metadata, down, Column("id", primary_key=True))
    assert [*_plain_columns(Index("y", down.desc(), table.c.id.desc()), "postgresql", True)] == ["name", "id"]
    assert [*_plain_columns(Index("z", down.desc(), table.c.id), "postgresql", True)] == ["name"]
    nulls = Index("n", down.desc().nulls_last(), table.c.id)
    assert [*_plain_columns(nulls, "postgresql", True)] == []
    assert [*_plain_columns(nulls, "postgresql", False)] == ["name", "id"]
    Base.metadata.remove(table)


def test_an_order_that_is_not_the_order_of_the_column() -> None:
    options: Any = {
        "query_options": QueryOptions(text_order="code_point"),
        "sort_options": SortOptions(text_order="code_point"),
    }
    assert report_of(Index("x", "name", "id"), **options) == {"filter", "sort"}
    assert report_of(Index("x", "name", "id"), dialect="mysql", **options) == {"filter", "sort"}
    assert report_of(Index("x", "name", "id"), dialect="sqlite", **options) == set()


def test_computed_values_and_documents_have_no_index() -> None:
    assert report_of(field="double") == {"filter", "sort"}
    found = {(missing.field, missing.use) for missing in index_report(resource("notes"), dialect="sqlite")}
    assert ("notes", "filter") in found


class Apart(DeclarativeBase):
    pass


links = Table(
    "links",
    Apart.metadata,
    Column("node_id", ForeignKey("nodes.id"), primary_key=True),
    Column("label_id", ForeignKey("labels.id"), primary_key=True),
)


class Label(Apart):
    __tablename__ = "labels"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(9), index=True)


class Place(Apart):
    __tablename__ = "places"

    row: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(9), index=True)
    nodes: Mapped[list["Node"]] = relationship(back_populates="place")


class Node(Apart):
    __tablename__ = "nodes"
    __table_args__ = (ForeignKeyConstraint(["place_row", "place_seat"], ["places.row", "places.seat"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(9), index=True)
    place_row: Mapped[int]
    place_seat: Mapped[int]
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"))
    place: Mapped[Place] = relationship(back_populates="nodes")
    label: Mapped[Label] = relationship()
    labels: Mapped[list[Label]] = relationship(secondary=links)


@pytest.mark.parametrize(
    ("model", "field", "lines"),
    [
        (Node, "label.code", ["Index('ix_nodes_label_id', 'label_id')"]),
        (Node, "place.code", ["Index('ix_nodes_place_row_place_seat', 'place_row', 'place_seat')"]),
        (Place, "nodes.code", ["Index('ix_nodes_place_row_place_seat', 'place_row', 'place_seat')"]),
        (Node, "labels.code", ["Index('ix_links_label_id', 'label_id')"]),
    ],
)
def test_the_columns_that_lead_back_from_related_rows(model: type, field: str, lines: list[str]) -> None:
    thing = FastAPISQLAlchemyIntegration().resource(model, filterable_fields={field}, sortable_fields=set())
    assert [missing.line for missing in index_report(thing)] == lines


def test_an_index_ends_with_the_row_id_only_where_that_is_the_key() -> None:
    class Other(DeclarativeBase):
        pass

    class Named(Other):
        __tablename__ = "named"

        code: Mapped[str] = mapped_column(String(9), primary_key=True)
        day: Mapped[int] = mapped_column(index=True)

    thing = FastAPISQLAlchemyIntegration().resource(Named, filterable_fields={"day"}, sortable_fields={"day"})
    assert [missing.use for missing in index_report(thing, dialect="sqlite")] == ["keyset"]
    assert [missing.use for missing in index_report(thing, dialect="mysql")] == []


class Long(DeclarativeBase):
    pass


class Unindexed(Long):
    __tablename__ = "index_report_of_a_table_with_a_name_that_is_rather_long"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(900))
    name: Mapped[str] = mapped_column("a name", String(40))
    other: Mapped[str] = mapped_column("called otherwise", String(40), key="called")
    document: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    day: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("index_report_of_a_table_with_a_name_that_is_rather_long.id")
    )
    parent: Mapped["Unindexed | None"] = relationship(remote_side=[id])


def test_each_line_runs_and_is_enough(database: Database) -> None:
    engine = database.engine()
    dialect = engine.dialect.name
    fields = {"body", "title", "name", "other", "document", "day", "parent.day"}
    thing = FastAPISQLAlchemyIntegration().resource(Unindexed, filterable_fields=fields)
    table: Any = Unindexed.__table__
    for line in {missing.line for missing in index_report(thing, dialect=dialect)}:
        if line.startswith("Index("):
            # As in `__table_args__`: the names are those of the table.
            table.append_constraint(eval(line, {"Index": Index}))
    try:
        with engine.begin() as connection:
            Long.metadata.drop_all(connection)
            Long.metadata.create_all(connection)
            Long.metadata.drop_all(connection)
        assert not [missing for missing in index_report(thing, dialect=dialect) if missing.line.startswith("Index(")]
    finally:
        table.indexes.clear()
        engine.dispose()


def test_a_text_that_may_be_too_long_for_an_index_of_postgresql() -> None:
    class Apart(DeclarativeBase):
        pass

    class Note(Apart):
        __tablename__ = "notes"

        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[str] = mapped_column(Text)
        name: Mapped[str]
        code: Mapped[str] = mapped_column(String(676))

    fields = {"body", "name", "code"}
    notes = FastAPISQLAlchemyIntegration().resource(Note, filterable_fields=fields)
    said = {missing.field for missing in index_report(notes) if missing.line.endswith("2,704 bytes then")}
    assert said == {"body", "name"}
    for missing in index_report(notes):
        assert isinstance(eval(missing.line), Index)  # the comment stands behind the line
    assert not any("#" in missing.line for missing in index_report(notes, dialect="sqlite"))
