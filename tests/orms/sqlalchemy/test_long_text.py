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
        with pytest.raises(ValidationError, match="sorts by a part of some values") if refused else nullcontext():
            for backward in (False, True):
                found = walked(described, select(Title.id), session.execute, sort=sort, size=3, backward=backward)
                assert found == expected

    with stocked(any_database, Titles.metadata, titles) as store:
        store.run(check)


# --- collations that compare accents or case after the letters --------------------------------------------------------


class Names(DeclarativeBase):
    pass


def _collated(length: int, collation: str) -> Any:
    return mapped_column(String(length).with_variant(mysql.VARCHAR(length, collation=collation), "mysql", "mariadb"))


class Name(Names):
    """The same names under several collations, which only MariaDB has."""

    __tablename__ = "levelled_names"
    __table_args__ = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_uca1400_as_cs"}

    id: Mapped[int] = mapped_column(primary_key=True)
    of_table: Mapped[str] = mapped_column(String(40))
    case: Mapped[str] = _collated(255, "utf8mb4_uca1400_ai_cs")
    accents: Mapped[str] = _collated(64, "utf8mb4_uca1400_as_ci")
    tones: Mapped[str] = _collated(200, "utf8mb4_thai_520_w2")
    short: Mapped[str] = _collated(20, "utf8mb4_uca1400_as_cs")
    letters: Mapped[str] = _collated(40, "utf8mb4_uca1400_ai_ci")
    bytes: Mapped[str] = _collated(40, "utf8mb4_bin")


class Coded(Names):
    """Rows without a sort are in the order of such a key."""

    __tablename__ = "levelled_codes"
    code: Mapped[str] = mapped_column(
        String(36).with_variant(mysql.VARCHAR(36, collation="utf8mb4_uca1400_as_cs"), "mysql", "mariadb"),
        primary_key=True,
    )
    number: Mapped[int]


LEVELLED = ("of_table", "case", "accents", "tones")
COLUMNS = (*LEVELLED, "short", "letters", "bytes")


def names() -> list[Any]:
    found: list[Any] = []
    for number in range(1, 31):
        text = "x" * (number // 6) + "aáAÁà"[number % 5]
        found.append(Name(id=number, **dict.fromkeys(COLUMNS, text)))
        found.append(Coded(code=f"{text}{number}", number=number % 3))
    return found


@pytest.fixture(scope="module")
def named(any_database: Store) -> Iterator[Store]:
    with stocked(any_database, Names.metadata, names()) as store:
        yield store


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("text_order", ["database", "code_point"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_text_that_is_sorted_by_its_letters_alone_is_no_place_to_continue_from(
    named: Store, column: str, text_order: TextOrder, backward: bool
) -> None:
    described = schema(Name, QueryOptions(text_order=text_order), SortOptions(text_order=text_order))

    def check(session: Session) -> None:
        expected = list(session.scalars(whole(described, select(Name.id), None, column)))
        refused = named.name == "mariadb" and text_order == "database" and column in LEVELLED
        with pytest.raises(ValidationError, match="sorts by a part of some values") if refused else nullcontext():
            found = walked(described, select(Name.id), session.execute, sort=column, size=4, backward=backward)
            assert found == expected

    named.run(check)


def test_a_key_that_completes_an_order_is_no_such_place_either(named: Store) -> None:
    def check(session: Session) -> None:
        refused = named.name == "mariadb"
        with pytest.raises(ValidationError, match="sorts by a part of some values") if refused else nullcontext():
            found = walked(schema(Coded), select(Coded.number), session.execute, sort="number", size=4)
            assert found == sorted(number % 3 for number in range(1, 31))

    named.run(check)
