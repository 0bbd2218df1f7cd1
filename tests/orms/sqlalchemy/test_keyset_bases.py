"""Pages by cursor of base statements of many forms, and of positions that no row has."""

from __future__ import annotations

from returns.result import Success
from sqlalchemy import String, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from property_tests.walks import at_once, sought, walked, whole
from pyrsql.cursor import CursorFormat, CursorRequest, Payload
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import apply_filter, apply_sort, parse, seek, validate
from pyrsql.position import Position
from tests.databases import Database


class Own(DeclarativeBase):
    pass


class Counter(Own):
    __tablename__ = "keyset_counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None]


COUNTERS = schema(Counter)


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
