"""What only returns a column has its rights: labels, brackets, a second property, in classes, subclasses and groups."""

from __future__ import annotations

from typing import Any

import pytest
from returns.pipeline import is_successful
from sqlalchemy import ForeignKey, Integer, String, create_engine, func, insert, select, type_coerce
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    composite,
    mapped_column,
    relationship,
    synonym,
)
from sqlalchemy.sql.elements import Grouping

import pyrsql
from pyrsql import QueryOptions, SortOptions, field_rights
from pyrsql.orms.sqlalchemy import SQLAlchemyORM, schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import UnknownField, UnsupportedOperator

CLOSED: Any = {"pyrsql": field_rights(filter=False, sort=False)}
EXACT: Any = {"pyrsql": field_rights(operators=["equal"])}


class Base(DeclarativeBase):
    pass


class Pair:
    def __init__(self, left: str, right: str) -> None:
        self.left = left
        self.right = right


class Person(Base):
    __tablename__ = "same_people"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    secret: Mapped[str]
    closed: Mapped[str] = mapped_column(info=CLOSED)
    exact: Mapped[str] = mapped_column(info=EXACT)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("same_people.id"))
    boss: Mapped[Person | None] = relationship(remote_side=id)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    @hybrid_property
    def returned(self) -> Any:
        return self.secret

    @hybrid_property
    def labelled(self) -> Any:
        return self.secret.label("l")  # type: ignore[attr-defined]  # of the class it is a column

    @hybrid_property
    def twice(self) -> Any:
        return self.labelled.label("m")

    @hybrid_property
    def coerced(self) -> Any:
        return type_coerce(self.secret, String(9))

    @hybrid_property
    def grouped(self) -> Any:
        return Grouping(type_coerce(self.secret, String(9)))

    @hybrid_property
    def of_table(self) -> Any:
        return Person.__table__.c.secret

    @hybrid_property
    def of_again(self) -> Any:
        return self.again  # type: ignore[attr-defined]  # added below

    @hybrid_property
    def labelled_closed(self) -> Any:
        return self.closed.label("l")  # type: ignore[attr-defined]  # of the class it is a column

    @hybrid_property
    def labelled_exact(self) -> Any:
        return self.exact.label("l")  # type: ignore[attr-defined]  # of the class it is a column

    @hybrid_property
    def labelled_loud(self) -> Any:
        return self.loud.label("l")  # type: ignore[attr-defined]  # added below

    @hybrid_property
    def changed(self) -> Any:
        return func.upper(self.secret)


table: Any = Person.__table__
more: Any = Person
more.again = column_property(table.c.secret)
more.again_labelled = column_property(table.c.secret.label("s"))
more.again_closed = column_property(table.c.closed.label("c"))
more.again_exact = column_property(table.c.exact.label("e"))
more.loud = column_property(func.lower(table.c.name), info=CLOSED)
more.pair = composite(Pair, more.again_labelled, table.c.name)
more.other = synonym("again")


class Boss(Person):
    """One in the table of its base."""

    below = column_property(table.c.secret.label("b"))
    below_closed = column_property(table.c.closed.label("b"))
    __mapper_args__ = {"polymorphic_identity": "boss"}


class Chief(Person):
    """One with a table of its own."""

    __tablename__ = "same_chiefs"
    id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)
    rank: Mapped[int] = mapped_column(Integer)
    __mapper_args__ = {"polymorphic_identity": "chief"}

    @hybrid_property
    def ranked(self) -> Any:
        return self.secret.label("r")  # type: ignore[attr-defined]  # of the class it is a column


OF_SECRET = [
    *("secret", "returned", "labelled", "twice", "coerced", "grouped", "of_table", "of_again", "again"),
    *("again_labelled", "other", "pair.left"),
]
PLACES = [
    *((Person, path) for path in OF_SECRET),
    *((Person, f"boss.{path}") for path in OF_SECRET),
    *((Boss, path) for path in (*OF_SECRET, "below")),
    *((Chief, path) for path in (*OF_SECRET, "ranked")),
    *((Person, path) for path in ("below", "ranked", "boss.below", "boss.ranked")),
]


def problem(entity: type, filter: str, **settings: Any) -> object:
    """What is wrong with a filter; None where it is accepted."""
    judged = validate_request(schema(entity, QueryOptions(**settings)), filter=filter)
    return None if is_successful(judged) else judged.failure()[0]


@pytest.mark.parametrize(("entity", "path"), PLACES)
@pytest.mark.parametrize("listed", ["secret", "again", "labelled", "pair.left"])
def test_a_blacklist_covers_all_that_only_returns_the_column(entity: type, path: str, listed: str) -> None:
    assert problem(entity, f"{path}==x") is None
    for settings in ({"field_blacklist": {listed}}, {"model_field_blacklist": {Person: {listed}}}):
        assert isinstance(problem(entity, f"{path}==x", **settings), UnknownField)


@pytest.mark.parametrize("path", ["labelled", "again", "boss.again_labelled"])
def test_a_sort_has_the_same_blacklist(path: str) -> None:
    described = schema(Person, sort_options=SortOptions(field_blacklist={"secret"}))
    assert is_successful(validate_request(schema(Person), sort=path))
    assert isinstance(validate_request(described, sort=path).failure()[0], UnknownField)


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        *((entity, path) for entity in (Person, Boss, Chief) for path in ("closed", "labelled_closed", "again_closed")),
        *((Person, path) for path in ("boss.labelled_closed", "boss.again_closed", "below_closed", "labelled_loud")),
        (Boss, "below_closed"),
    ],
)
def test_what_only_returns_a_hidden_column_is_hidden(entity: type, path: str) -> None:
    assert isinstance(problem(entity, f"{path}==x"), UnknownField)
    assert isinstance(validate_request(schema(entity), sort=path).failure()[0], UnknownField)


@pytest.mark.parametrize("path", ["exact", "labelled_exact", "again_exact", "boss.again_exact"])
def test_what_only_returns_a_column_takes_its_operators(path: str) -> None:
    assert problem(Person, f"{path}==x") is None
    assert isinstance(problem(Person, f"{path}>x"), UnsupportedOperator)
    assert isinstance(validate_request(schema(Person), sort=path).failure()[0], UnknownField)


def test_what_computes_another_value_has_its_own_rights() -> None:
    assert problem(Person, "changed==X", field_blacklist={"secret"}) is None
    assert problem(Person, "name==n", field_blacklist={"loud", "secret"}) is None


def test_all_names_find_the_row() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    row = {"kind": "boss", "name": "n", "closed": "c", "exact": "e"}
    rows = [{**row, "id": 1, "secret": "x"}, {**row, "id": 2, "secret": "y", "boss_id": 1}]
    with Session(engine) as session:
        for values in rows:
            session.execute(insert(table).values(values))
        for path in (*OF_SECRET, "below"):
            statement = pyrsql.apply(select(Person), Person, f"{path}==x", orm=SQLAlchemyORM())
            assert [each.id for each in session.scalars(statement)] == [1], path
        for path in ("again", "again_labelled", "labelled", "twice", "coerced", "grouped", "below"):
            statement = pyrsql.apply(select(Person), Person, f"boss.{path}==x", orm=SQLAlchemyORM())
            assert [each.id for each in session.scalars(statement)] == [2], path
    engine.dispose()
