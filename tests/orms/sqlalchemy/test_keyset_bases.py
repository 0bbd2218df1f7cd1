"""Pages by cursor of base statements of many forms, and of positions that no row has."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from returns.result import Success
from sqlalchemy import JSON, ForeignKey, String, select, text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    joinedload,
    mapped_column,
    relationship,
    subqueryload,
)

from property_tests.walks import at_once, in_turn, sought, walked, whole
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.errors import ValidationError
from pyrsql.models.backend import Position
from pyrsql.options import SortOptions
from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import PageRequest
from pyrsql.pipeline import apply_filter, apply_sort, paginate, parse, seek, validate
from pyrsql.problems import CursorProblem
from tests.databases import Database
from tests.orms.sqlalchemy.store import Store, stocked


class Own(DeclarativeBase):
    pass


class Counter(Own):
    __tablename__ = "keyset_counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None]


class Node(Own):
    __tablename__ = "keyset_nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    up_id: Mapped[int | None] = mapped_column(ForeignKey("keyset_nodes.id"))
    up: Mapped[Node | None] = relationship(remote_side=[id], back_populates="subs")
    subs: Mapped[list[Node]] = relationship(back_populates="up")


class NodeOfCounter(Own):
    """A class over an outer join: some rows lack the node, whose columns are NOT NULL in their table."""

    __table__ = Counter.__table__.outerjoin(Node.__table__, Node.__table__.c.id == Counter.__table__.c.id)
    id = column_property(Counter.__table__.c.id)
    node = column_property(Node.__table__.c.id)
    name = Node.__table__.c.name
    __mapper_args__ = {"primary_key": [Counter.__table__.c.id, Node.__table__.c.id]}


of_counter = select(Counter.id, Node.id.label("node"), Node.name).outerjoin(Node, Node.id == Counter.id).subquery()


class RowOfCounter(Own):
    """A class over a subquery with an outer join."""

    __table__ = of_counter
    __mapper_args__ = {"primary_key": [of_counter.c.id]}


COUNTERS = schema(Counter)


@pytest.mark.parametrize("root", [NodeOfCounter, RowOfCounter])
@pytest.mark.parametrize("sort", ["node", "-node", "name;-id", "-name;node"])
def test_rows_that_lack_what_an_outer_join_brings(any_database: Store, root: Any, sort: str) -> None:
    counters = [Counter(id=number) for number in range(1, 9)]
    nodes = [Node(id=number, name=f"n{number % 2}") for number in (1, 3, 4, 7)]

    def check(session: Session) -> None:
        for options in (SortOptions(), SortOptions(null_order="database")):
            places = schema(root, sort_options=options)
            expected = [(row.id, row.node) for row in session.scalars(whole(places, select(root), None, sort))]
            assert len(expected) == 8
            for size, backward, read in product((1, 3, 8), (False, True), (in_turn, at_once)):
                rows = walked(places, select(root), session.execute, sort=sort, size=size, backward=backward, read=read)
                assert [(row.id, row.node) for row in rows] == expected

    with stocked(any_database, Own.metadata, [*counters, *nodes]) as store:
        store.run(check)


def test_a_subclass_of_one_table_takes_no_part_in_the_pages_of_its_base(sqlite_database: Database) -> None:
    """The columns are the same, and SQLAlchemy takes them for equal; but the subclass has fewer rows."""

    class Apart(DeclarativeBase):
        pass

    class Person(Apart):
        __tablename__ = "keyset_people"

        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str] = mapped_column(String(10))
        name: Mapped[str] = mapped_column(String(20))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Manager(Person):
        __mapper_args__ = {"polymorphic_identity": "manager"}

    engine = sqlite_database.engine()
    Apart.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([(Manager if n % 3 else Person)(id=n, name=f"name {n % 5}") for n in range(1, 31)])
        session.commit()
        for model, count in ((Manager, 20), (Person, 30), (Manager, 20)):
            for sort in ("name", "-name", "-id"):
                found = walked(schema(model), select(model), session.execute, sort=sort, size=4)
                assert len(found) == count
    engine.dispose()


def test_subqueryload_beside_keys_of_related_rows(sqlite_database: Database) -> None:
    """It puts the page into a subquery, with every entity that a column of the page names."""
    engine = sqlite_database.engine()
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Node(id=n, name=f"name {n % 5}", up_id=n // 2 or None) for n in range(1, 16)])
        session.commit()
        base = select(Node).options(subqueryload(Node.subs))
        filter, sort = "up.up.name=nn=,up.name==*1", "-up.up.name;up.name"
        found = walked(schema(Node), base, session.execute, filter=filter, sort=sort, size=4)
        assert found == list(session.scalars(whole(schema(Node), select(Node), filter, sort)))
        assert len(found) == 14
        assert all(
            {sub.id for sub in node.subs} == {key for key in range(2, 16) if key // 2 == node.id} for node in found
        )
    engine.dispose()


def test_conditions_of_the_base_with_a_bare_or(sqlite_database: Database) -> None:
    engine = sqlite_database.engine()
    with engine.begin() as connection:
        Own.metadata.create_all(connection)
    with Session(engine) as session:
        session.add_all([Counter(id=n, small=n % 4) for n in range(40)])
        session.commit()
        base = select(Counter.id).where(text("small = 1 OR small = 2"))
        for sort in ("small", "-id", "small;-id"):
            expected = list(session.scalars(whole(COUNTERS, base, None, sort)))
            assert walked(COUNTERS, base, session.execute, sort=sort, size=3) == expected
            assert len(expected) == 20
    engine.dispose()


def test_a_cursor_with_null_where_no_row_has_it(sqlite_database: Database) -> None:
    """A forged position: no row stands there, so what follows is at most an empty page."""
    engine = sqlite_database.engine()
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Counter(id=n, small=n % 4) for n in range(10)])
        session.commit()
        for sort, keys in ((None, 1), ("small", 2), ("-small", 2)):
            page = sought(COUNTERS, select(Counter.id), None, sort, CursorRequest.first(3))
            for backward in (False, True):
                forged = CursorFormat().write(Payload(Position(backward, ((None,),) * keys), page.seek.digests))
                found = (
                    parse(None)
                    .bind(validate(COUNTERS))
                    .bind(apply_filter(select(Counter.id)))
                    .bind(apply_sort(sort))
                    .bind(seek(CursorRequest.at(forged, 3)))
                )
                if isinstance(found, Success):
                    everything = {*range(10)}
                    assert {*found.unwrap().collect(session.execute).items} <= everything
                    assert {*at_once(found.unwrap(), session.execute).items} <= everything
    engine.dispose()


def test_a_letter_that_no_row_of_mariadb_can_have_is_refused(mariadb_database: Database) -> None:
    """MariaDB compares no letter with a column whose character set lacks it: error 1267."""

    class Charsets(DeclarativeBase):
        pass

    class Word(Charsets):
        __tablename__ = "keyset_words"

        id: Mapped[int] = mapped_column(primary_key=True)
        latin: Mapped[str] = mapped_column(mysql.VARCHAR(20, charset="latin1"))
        ascii: Mapped[str] = mapped_column(mysql.VARCHAR(20, charset="ascii"))
        few: Mapped[str] = mapped_column(mysql.VARCHAR(20, charset="utf8mb3"))

    words = schema(Word)
    engine = mariadb_database.engine()
    Charsets.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Word(id=n + 1, latin=f"é{n % 7}", ascii=f"b{n % 3}", few=f"日{n % 5}") for n in range(30)])
        session.commit()
        for sort, forged, fits in (
            ("latin", "日", "é9"),
            ("-ascii", "é", "z"),
            ("few;-latin", "🙂", "日本"),
            ("latin;-ascii", "🙂", "é"),
        ):
            expected = list(session.scalars(whole(words, select(Word.id), None, sort)))
            assert walked(words, select(Word.id), session.execute, sort=sort, size=4) == expected
            page = sought(words, select(Word.id), None, sort, CursorRequest.first(3))
            keys = 2 if ";" not in sort else 3
            for value in (forged, fits):
                values = ((f"s{value}",), *((("sa",),) * (keys - 2)), ("i3",))
                text = CursorFormat().write(Payload(Position(False, values), page.seek.digests))
                following = sought(words, select(Word.id), None, sort, CursorRequest.at(text, 3))
                if value == fits:
                    assert {*following.collect(session.execute).items} <= {*expected}
                    continue
                with pytest.raises(ValidationError) as caught:
                    following.collect(session.execute)
                assert caught.value.problems == (CursorProblem(reason="unreadable"),)
    Charsets.metadata.drop_all(engine)
    engine.dispose()


def test_an_error_that_is_not_of_the_cursor_stays_one(sqlite_database: Database) -> None:
    page = sought(COUNTERS, select(Counter.id), None, None, CursorRequest.first(3))
    engine = sqlite_database.engine()
    with Session(engine) as session, pytest.raises(OperationalError, match="no such table"):
        page.collect(session.execute)
    engine.dispose()


def test_models_of_sqlmodel(sqlite_database: Database) -> None:
    sqlmodel: Any = pytest.importorskip("sqlmodel")

    class Runner(sqlmodel.SQLModel, table=True):  # type: ignore[misc, call-arg]  # SQLModel is no dependency of the type check
        __tablename__ = "keyset_runners"

        id: int | None = sqlmodel.Field(default=None, primary_key=True)
        name: str
        age: int | None = None

    runner: Any = Runner
    runners = schema(Runner)
    engine = sqlite_database.engine()
    Runner.__table__.create(engine)
    with Session(engine) as session:
        session.add_all([Runner(id=n + 1, name=f"name {n % 4}", age=n % 6 or None) for n in range(25)])
        session.commit()
        for sort in ("name", "-age", "age;-name"):
            expected = list(session.scalars(whole(runners, select(runner.id), None, sort)))
            for backward in (False, True):
                found = walked(runners, select(runner), session.execute, sort=sort, size=4, backward=backward)
                assert [one.id for one in found] == expected
    sqlmodel.SQLModel.metadata.remove(Runner.__table__)
    engine.dispose()


class Shelved(DeclarativeBase):
    pass


class Book(Shelved):
    __tablename__ = "keyset_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    rating: Mapped[int | None]
    notes: Mapped[Any] = mapped_column(JSON().with_variant(postgresql.JSONB(), "postgresql"))
    pages: Mapped[list[Leaf]] = relationship()


class Leaf(Shelved):
    __tablename__ = "keyset_leaves"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("keyset_books.id"))


@pytest.mark.parametrize(
    ("filter", "sort"),
    [
        ("notes.a>2", None),
        ("notes.a=na=,notes.a<9", "-rating"),
        (None, "rating"),
        (None, "notes.a"),
        (None, "-notes.a,ic"),
    ],
)
def test_joined_collections_with_what_only_some_databases_have(
    database: Database, filter: str | None, sort: str | None
) -> None:
    """SQLAlchemy writes the select inside of a page with joined collections for a dialect that no database has."""
    if database.name == "mariadb" and sort and "notes" in sort:
        pytest.skip("JSON sorts of MariaDB have tests on a server of their own")
    described = schema(Book, sort_options=SortOptions(null_order="database"))
    base = select(Book).options(joinedload(Book.pages))
    engine = database.engine()
    with Session(engine) as session:
        Shelved.metadata.create_all(session.connection())
        session.add_all(
            [Book(id=n, rating=n % 3 or None, notes={"a": n * 5 % 7}, pages=[Leaf(), Leaf()]) for n in range(1, 8)]
        )
        session.flush()
        session.expunge_all()
        expected = list(session.scalars(whole(described, select(Book.id), filter, sort)))
        narrowed = parse(filter).bind(validate(described)).bind(apply_filter(base)).bind(apply_sort(sort or "id"))
        paged = narrowed.bind(paginate(PageRequest.of(1, 2))).unwrap().statement
        assert [book.id for book in session.scalars(paged).unique()] == expected[2:4]
        for backward in (False, True):
            books = walked(described, base, session.execute, filter=filter, sort=sort, size=2, backward=backward)
            assert [book.id for book in books] == expected
            assert all(len(book.pages) == 2 for book in books)
        assert str(paged)
        session.rollback()
        Shelved.metadata.drop_all(engine)
    engine.dispose()
