"""Texts that are longer than MariaDB sorts by: no page by cursor loses a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from property_tests.walks import walked, whole
from pyrsql.errors import ValidationError
from pyrsql.options import QueryOptions, SortOptions, TextOrder
from pyrsql.orms.sqlalchemy import schema
from tests.orms.sqlalchemy.store import Store, stocked


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "long_pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(600))
    path: Mapped[str] = mapped_column(String(600), unique=True)
    short: Mapped[str] = mapped_column(String(256))
    folded: Mapped[str] = mapped_column(
        Text().with_variant(mysql.TEXT(collation="utf8mb4_unicode_ci"), "mysql", "mariadb")
    )
    doc: Mapped[Any] = mapped_column(JSON().with_variant(postgresql.JSONB(), "postgresql"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("long_pages.id"))
    parent: Mapped[Page | None] = relationship(remote_side=[id], back_populates="children")
    children: Mapped[list[Page]] = relationship(back_populates="parent")


NUMBERS = range(1, 14)


def pages() -> list[Page]:
    """Pages whose texts differ in the last characters only, which do not ascend with the key."""
    found: list[Page] = []
    for number in NUMBERS:
        end = f"{(number * 7) % 13:02}{number:02}"
        text = "x" * 596 + end
        found.append(
            Page(
                id=number,
                body=text,
                title=text,
                path=text,
                short="x" * 252 + end,
                folded=text,
                doc={"a": text},
                parent_id=number // 2 or None,
            )
        )
    return found


@pytest.fixture(scope="module")
def filled(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Base.metadata, pages()) as store:
        yield store


SORTS = [
    "body",
    "-title",
    "path",
    "short",
    "folded;-title",
    "body,ic",
    "parent.body",
    "-children.body",
    "@lower[body]",
    "@concat[title|#x];-body",
]


@pytest.mark.parametrize("text_order", ["database", "code_point"])
@pytest.mark.parametrize("sort", SORTS)
def test_a_walk_by_long_texts_is_the_unpaged_list(filled: Store, sort: str, text_order: TextOrder) -> None:
    options: dict[str, Any] = {"text_order": text_order, "procedure_whitelist": [".*"]}
    described = schema(Page, QueryOptions(**options), SortOptions(**options))

    def check(session: Session) -> None:
        expected = list(session.scalars(whole(described, select(Page.id), None, sort)))
        assert sorted(expected) == list(NUMBERS)
        for backward in (False, True):
            found = walked(described, select(Page.id), session.execute, sort=sort, size=3, backward=backward)
            assert found == expected

    filled.run(check)


class Titles(DeclarativeBase):
    pass


class Title(Titles):
    """Titles under a collation that sorts by several weights for some characters."""

    __tablename__ = "long_titles"

    id: Mapped[int] = mapped_column(primary_key=True)
    expanded: Mapped[str] = mapped_column(
        String(256).with_variant(mysql.VARCHAR(256, collation="utf8mb4_unicode_ci"), "mysql", "mariadb")
    )


@pytest.mark.parametrize("sort", ["expanded", "-expanded"])
@pytest.mark.parametrize("letter", ["\ufdfa", "\u2026", "\u6f22", "\xdf", "x"])
def test_a_text_that_is_sorted_in_part_is_no_place_to_continue_from(
    any_database: Store, letter: str, sort: str
) -> None:
    """No row is lost or repeated: pages are right, or refused."""
    titles = [Title(id=number, expanded=letter * 250 + f"{number * 5 % 13:02}") for number in NUMBERS]

    def check(session: Session) -> None:
        described = schema(Title)
        expected = list(session.scalars(whole(described, select(Title.id), None, sort)))
        refused = any_database.name == "mariadb" and letter in "\ufdfa\u2026"
        with pytest.raises(ValidationError, match="too long to continue from") if refused else nullcontext():
            for backward in (False, True):
                found = walked(described, select(Title.id), session.execute, sort=sort, size=3, backward=backward)
                assert found == expected

    with stocked(any_database, Titles.metadata, titles) as store:
        store.run(check)
