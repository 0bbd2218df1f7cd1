"""A value that a path through objects leads to is looked up; arrays and keys spelled otherwise are stepped through."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import JSON, Engine, create_engine, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.sql.expression import Executable

import pyrsql
from pyrsql.orms.sqlalchemy import SQLAlchemyORM
from tests.databases import sqlite_steps

ORM = SQLAlchemyORM()


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "lookup_note"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))


TEXTS = (
    '{"a": 1}',
    '{"\\u0061": 1}',
    '{"a": {"b": 1}}',
    '{"a": {"\\u0062": 1}}',
    '{"\\u0061": {"b": 1}}',
    '{"a": [{"b": 1}]}',
    '[{"a": {"b": 1}}]',
    '{"b": "\\\\"}',
    "{}",
    '{"a": null}',
    '"a"',
    "[1]",
    '{"0": 1}',
    '["x", 1]',
)


@pytest.fixture
def notes(engine: Engine) -> Iterator[Session]:
    if engine.dialect.name == "mysql":
        pytest.skip("MariaDB compares keys as they are written")
    Base.metadata.create_all(engine)
    cast = "CAST(:body AS JSONB)" if engine.dialect.name == "postgresql" else ":body"
    with Session(engine) as session:
        for number, body in enumerate(TEXTS):
            session.execute(
                text(f"INSERT INTO lookup_note (id, body) VALUES (:id, {cast})"), {"id": number, "body": body}
            )
        yield session
        session.rollback()
    Base.metadata.drop_all(engine)


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("body.a==1", [0, 1]),
        ("body.a!=1", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
        ("body.a.b==1", [2, 3, 4, 5, 6]),
        ("body.a.b!=1", [0, 1, 7, 8, 9, 10, 11, 12, 13]),
        ("body.a.b=bt=(1,2)", [2, 3, 4, 5, 6]),
        ("body.a=nn=", [0, 1, 2, 3, 4, 5, 6]),
        ("body.a=na=", [7, 8, 9, 10, 11, 12, 13]),
        ("body.0==1", [12]),
        ("body==1", [11, 13]),
        ("body==a*", [10]),
    ],
)
def test_however_a_document_spells_a_key(notes: Session, filter: str, expected: list[int]) -> None:
    found = pyrsql.parse(filter).apply(select(Note.id), Note, orm=ORM)
    assert sorted(notes.scalars(found)) == expected


def test_a_key_that_is_spelled_otherwise_has_its_place_in_an_order(notes: Session) -> None:
    found = notes.scalars(pyrsql.Sort.parse("body.a.b").apply(select(Note.id), Note, orm=ORM)).all()
    assert found == [2, 3, 4, 5, 6, 0, 1, 7, 8, 9, 10, 11, 12, 13]


@pytest.fixture(scope="module")
def many() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        bodies = [{"a": f"x{number % 100}", "b": {"c": number % 50}, "d": [1, 2]} for number in range(2_000)]
        session.execute(insert(Note), [{"id": place, "body": body} for place, body in enumerate(bodies)])
        yield session
    engine.dispose()


def narrowed(filter: str) -> Executable:
    return pyrsql.parse(filter).apply(select(Note.id, Note.body), Note, orm=ORM)


@pytest.mark.parametrize("filter", ["body.a==x7", "body.a==x7*", "body.b.c>47", "body.e==1", "body.b.e=na="])
def test_a_filter_looks_values_up(many: Session, filter: str) -> None:
    assert 3 * sqlite_steps(many, narrowed(filter)) < sqlite_steps(many, narrowed("body.d==7"))


def test_a_sort_looks_values_up(many: Session) -> None:
    def ordered(sort: str) -> Executable:
        return pyrsql.Sort.parse(sort).apply(select(Note.id, Note.body), Note, orm=ORM).limit(26)

    assert 3 * sqlite_steps(many, ordered("body.a")) < sqlite_steps(many, ordered("body.d"))
