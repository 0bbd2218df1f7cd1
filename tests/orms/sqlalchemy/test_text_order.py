"""Text sorts by the collation of its column or by code point, and NULL where an option says."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Select, String, select
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyrsql.options import QueryOptions, SortOptions
from tests.orms.sqlalchemy.store import Store, ids, paged, stocked


class Base(DeclarativeBase):
    pass


class Word(Base):
    __tablename__ = "words"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String(10))
    number: Mapped[int | None]


WORDS = ("b", "a", "B", "A", "é", "e", "Z", "z")
DATABASE = QueryOptions()
CODE_POINT = QueryOptions(text_order="code_point")


@pytest.fixture(scope="module")
def words(store: Store) -> Iterator[Store]:
    rows = [Word(id=nth, text=text, number=nth if nth % 2 else None) for nth, text in enumerate(WORDS)]
    with stocked(store, Base.metadata, rows) as filled:
        yield filled


def scalars(statement: Select[Any], session: Session) -> list[int]:
    return list(session.scalars(statement))


def own(store: Store, condition: ColumnElement[bool]) -> list[int]:
    """The rows of a condition written by hand."""
    query = select(Word.id).where(condition).order_by(Word.id)
    return store.run(partial(scalars, query))


def test_comparisons_follow_the_collation_of_the_column(words: Store) -> None:
    for text in WORDS:
        assert ids(words, Word, f"text>{text}", options=DATABASE) == own(words, Word.text > text)
        assert ids(words, Word, f"text<={text}", options=DATABASE) == own(words, Word.text <= text)
        assert ids(words, Word, f"text=bt=(a,{text})", options=DATABASE) == own(words, Word.text.between("a", text))
        assert ids(words, Word, f"text=={text}", options=DATABASE) == [WORDS.index(text)], "equality stays exact"


@pytest.mark.parametrize(("sort", "descending"), [("text;id", False), ("-text;id", True)])
def test_sorts_follow_the_collation_of_the_column(words: Store, sort: str, descending: bool) -> None:
    term = Word.text.desc() if descending else Word.text
    by_hand = select(Word.id).order_by(term, Word.id)
    assert ids(words, Word, sort=sort, options=DATABASE) == words.run(partial(scalars, by_hand))


def test_code_points_give_the_same_order_everywhere(words: Store) -> None:
    in_order = sorted(range(len(WORDS)), key=lambda nth: WORDS[nth])
    assert ids(words, Word, sort="text", options=CODE_POINT) == in_order
    for text in WORDS:
        assert ids(words, Word, f"text>{text}", options=CODE_POINT) == [
            nth for nth, word in enumerate(WORDS) if word > text
        ]


def test_null_goes_where_the_database_puts_it(words: Store) -> None:
    options = SortOptions(null_order="database")
    for sort, term in (("number;id", Word.number), ("-number;id", Word.number.desc())):
        by_hand = select(Word.id).order_by(term, Word.id)
        assert ids(words, Word, sort=sort, sort_options=options) == words.run(partial(scalars, by_hand))


def test_null_goes_where_the_client_says(words: Store) -> None:
    options = SortOptions(null_order="database")
    assert ids(words, Word, sort="number,nullsfirst;id", sort_options=options) == [0, 2, 4, 6, 1, 3, 5, 7]
    assert ids(words, Word, sort="number,nullslast;id", sort_options=options) == [1, 3, 5, 7, 0, 2, 4, 6]
    assert ids(words, Word, sort="-number;id") == [0, 2, 4, 6, 7, 5, 3, 1], "as the largest value by default"


@pytest.mark.parametrize("dialect", [sqlite.dialect, postgresql.dialect, mysql.dialect])
def test_nothing_but_the_column_stands_in_order_by(dialect: type) -> None:
    options = SortOptions(null_order="database")
    statement = paged(Word, sort="text;-number", options=DATABASE, sort_options=options).statement
    order = " ".join(str(statement.compile(dialect=dialect())).split()).partition(" ORDER BY ")[2]
    assert order == "words.text, words.number DESC, words.id DESC"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (lambda: QueryOptions(text_order="binary"), "text_order is 'database' or 'code_point', not 'binary'"),  # type: ignore[arg-type]  # a caller without types
        (lambda: SortOptions(text_order="C"), "text_order is 'database' or 'code_point', not 'C'"),  # type: ignore[arg-type]  # a caller without types
        (lambda: SortOptions(null_order="first"), "null_order is 'largest' or 'database', not 'first'"),  # type: ignore[arg-type]  # a caller without types
    ],
)
def test_other_orders_are_refused(options: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        options()  # type: ignore[operator]  # each is a function
