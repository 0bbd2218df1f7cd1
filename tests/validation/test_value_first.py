"""The advice on a comparison whose value comes first, and the text that would be right."""

import datetime as dt

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql import QueryOptions
from pyrsql.models.rights import field_rights
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import UnknownField


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    words: Mapped[int]


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[int]
    printed: Mapped[dt.date]
    cost: Mapped[int] = mapped_column(info={"pyrsql": field_rights(filter=False)})
    code: Mapped[str] = mapped_column(info={"pyrsql": field_rights(operators=["equal"])})
    pages: Mapped[list[Page]] = relationship()


BOOKS = schema(Book, QueryOptions(quantifiers=True))


def problem_of(text: str) -> UnknownField:
    problem, *others = validate_request(BOOKS, filter=text).failure()
    assert not others
    assert isinstance(problem, UnknownField)
    return problem


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1==price", "price==1"),
        ("18!=price", "price!=18"),
        ("18<price", "price>18"),
        ("18<=price", "price>=18"),
        ("18>price", "price<18"),
        ("18=ge=price", "price<=18"),
        ("'war and peace'==title", "title=='war and peace'"),
        ("'titel'==title", "title=='titel'"),
        ("wars==title", "title==wars"),
        ("2024-01-01 < printed", "printed>2024-01-01"),
        ("100<pages.words", "pages.words>100"),
        ("pages=any='100<words'", "pages=any='words>100'"),
        ("id==1;(7==code,id==2)", "id==1;(code==7,id==2)"),
    ],
)
def test_a_value_before_its_field(text: str, meant: str) -> None:
    problem = problem_of(text)
    assert problem.hint is not None
    assert problem.hint.startswith("The field comes first: write ")
    assert problem.span is not None
    assert problem.replacement is not None
    corrected = text[: problem.span.start] + problem.replacement + text[problem.span.end :]
    assert corrected == meant
    assert validate_request(BOOKS, filter=corrected).value_or(None) is not None


@pytest.mark.parametrize(
    "text",
    [
        "1==2",
        "demo==price",  # no value of the field
        "1<code",  # an operator that the field does not take
        "1==pages",  # a relation takes no value
        "1=in=price",
        "1=='price'",  # a value in quotes is a value
        "1=na=",
    ],
)
def test_other_unknown_fields(text: str) -> None:
    assert problem_of(text).hint is None


def test_a_field_that_is_near_comes_before() -> None:
    assert problem_of("titel==title").hint == "Did you mean 'title'?"


def test_a_hidden_field_answers_like_an_absent_one() -> None:
    hidden, absent = problem_of("1==cost"), problem_of("1==absent")
    assert hidden == absent


def test_advice_on_many_comparisons_is_bounded() -> None:
    problems = validate_request(BOOKS, filter=";".join(["1==price"] * 30)).failure()
    assert [problem.hint is None for problem in problems] == [False] * 10 + [True] * (len(problems) - 10)
