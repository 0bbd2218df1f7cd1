"""The report names the fields that no index serves, with the index to declare."""

from typing import Any

import pytest
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import ALL_FIELDS
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, index_report
from pyrsql.testing import assert_indexed


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
