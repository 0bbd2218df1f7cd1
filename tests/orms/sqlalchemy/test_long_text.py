"""Texts that are longer than MariaDB sorts by: no page by cursor loses a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from property_tests.walks import walked, whole
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
