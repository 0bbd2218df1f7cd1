"""`load_only`: columns that an item does not read stay in the database, and the answers are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    load_only,
    mapped_column,
    relationship,
)

from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration
from tests.asgi import get
from tests.integrations.sessions import SessionDependency, filled, session_dependency


class Base(DeclarativeBase):
    """Books with large columns."""


class Writer(Base):
    __tablename__ = "lo_writers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    biography: Mapped[str]


class Chapter(Base):
    __tablename__ = "lo_chapters"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("lo_books.id"))
    title: Mapped[str]
    content: Mapped[str]


class Book(Base):
    __tablename__ = "lo_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column()
    scan: Mapped[str]
    blurb: Mapped[str] = mapped_column(deferred=True)
    writer_id: Mapped[int] = mapped_column(ForeignKey("lo_writers.id"))
    writer: Mapped[Writer] = relationship()
    chapters: Mapped[list[Chapter]] = relationship()
    shout: Mapped[str] = column_property(title + "!")

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "book"}

    @property
    def label(self) -> str:
        return f"{self.title} ({self.scan})"


class Novel(Book):
    __mapper_args__ = {"polymorphic_identity": "novel"}


class WriterOut(BaseModel):
    name: str


class ChapterOut(BaseModel):
    title: str


class BookOut(BaseModel):
    id: int
    title: str
    blurb: str
    shout: str
    writer: WriterOut
    chapters: list[ChapterOut]


class Labelled(BaseModel):
    id: int
    label: str
    writer: WriterOut


statements: list[str] = []


@pytest.fixture(params=["sync", "async"])
def get_session(request: pytest.FixtureRequest, tmp_path: Path) -> SessionDependency:
    writers = [Writer(id=number, name=f"w{number}", biography="long") for number in (1, 2)]
    books = [
        (Novel if number % 2 else Book)(
            id=number,
            title=f"b{number}",
            scan="scan",
            blurb="blurb",
            writer=writers[number % 2],
            chapters=[Chapter(title=f"c{number}", content="long")],
        )
        for number in range(1, 7)
    ]
    return session_dependency(request.param, filled(tmp_path, Base.metadata, books), statements)


def service(get_session: Callable[..., Any], item: Any = BookOut, **settings: Any) -> FastAPI:
    books = FastAPISQLAlchemyIntegration().resource(Book, item=item, **settings)
    app = FastAPI()
    app.include_router(books.router(get_session), prefix="/books")
    cursors = Depends(books.cursor_page_dependency(item, get_session))
    rows = Depends(books.stream_dependency(item, get_session))

    @app.get("/feed", response_model=CursorPage.__class_getitem__(item))
    async def feed(page: Any = cursors) -> Any:
        return page

    @app.get("/all", response_class=StreamingResponse)
    async def everything(stream: Any = rows) -> Any:
        return stream

    return app


PATHS = ["/books?sort=writer.name;-title", "/books/3", "/feed?size=2&sort=-title", "/all?filter=chapters.title==c*"]
UNREAD = ("scan", "biography", "content")


def columns(names: tuple[str, ...]) -> list[str]:
    """The columns that some statement selects."""
    selected = [statement.partition(" FROM ")[0].partition("\nFROM ")[0] for statement in statements]
    return [name for name in names if any(f".{name}" in one for one in selected)]


@pytest.mark.parametrize("path", PATHS)
def test_the_answer_is_the_same_with_the_columns_that_are_read(get_session: Callable[..., Any], path: str) -> None:
    whole = get(service(get_session), path)
    assert whole.status_code == 200
    count = len(statements)
    assert columns(UNREAD) == list(UNREAD)
    statements.clear()
    assert get(service(get_session, load_only=True), path).text == whole.text
    assert columns(UNREAD) == []
    assert len(statements) == count


def test_code_that_reads_other_columns_gets_them(get_session: Callable[..., Any]) -> None:
    shown = get(service(get_session, Labelled, load_only=True), "/books").json()["items"]
    assert [item["label"] for item in shown] == [f"b{number} (scan)" for number in range(1, 7)]
    # The book is loaded whole, since only its code knows what it reads; the writer is not.
    assert columns(UNREAD) == ["scan"]
    assert len(statements) == 1


def test_a_base_statement_that_says_which_columns_it_loads_keeps_them(get_session: Callable[..., Any]) -> None:
    base = select(Book).options(load_only(Book.title, Book.scan))
    app = service(get_session, load_only=True, statement_factory=lambda: base)
    assert get(app, "/books").json()["items"][0]["blurb"] == "blurb"
    assert columns(UNREAD) == ["scan"]
