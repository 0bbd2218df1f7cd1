"""Corrections of wrong texts: what a client is told to write fits the field, or is not suggested."""

import datetime as dt
from typing import Any

import pytest
from returns.result import Success
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import validate_request
from pyrsql.problems import Problem


class Base(DeclarativeBase):
    """A model of a table."""


class Shop(Base):
    __tablename__ = "corrected_shops"

    number: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[float]
    name: Mapped[str]
    opened: Mapped[dt.datetime]


SHOPS = schema(Shop)


def problem_of(**texts: Any) -> Problem:
    return validate_request(SHOPS, **texts).failure()[0]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("price==1,5", "price==1.5"),
        ("price>1.234,50", "price>1234.50"),
        ("price>1,234.50", "price>1234.50"),
        ("number==1,000", "number==1000"),
        ("number==1,234,567", "number==1234567"),
        ("name==two words", "name=='two words'"),
        ("number in [1,2]", "number =in=(1,2)"),
        ("number=in=[1,2]", "number=in=(1,2)"),
        ("number=out={1,2}", "number=out=(1,2)"),
        ("number==[1,2]", "number=in=(1,2)"),
        ('name=in=["a","b"]', 'name=in=("a","b")'),
        ("number[$gt]=1", "number=gt=1"),
        ("name~a", "name=like=a"),
        ("name=i=a", "name=ic=a"),
        ("number=nbetween=(1,2)", "number=notbetween=(1,2)"),
        ("name=nlike=a", "name=notlike=a"),
    ],
)
def test_a_correction_is_right(text: str, meant: str) -> None:
    problem = problem_of(filter=text)
    assert problem.span is not None
    assert problem.replacement is not None
    assert text[: problem.span.start] + problem.replacement + text[problem.span.end :] == meant
    assert isinstance(validate_request(SHOPS, filter=meant), Success)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("number==1,5", "The field 'number' takes a whole number, but the value is '1.5'."),
        (
            "price>5 EUR;name==x",
            "The field 'price' takes a finite number that 64 bits can hold, but the value is '5 EUR'.",
        ),
        (
            "opened>Jan 1 2024",
            "The field 'opened' takes a date and time, YYYY-MM-DDThh:mm:ss with or without an offset, "
            "but the value is 'Jan 1 2024'.",
        ),
        (
            "number~1",
            "The field 'number' does not take '=like='; it takes '==', '!=', '=gt=', '=ge=', '=lt=', '=le=', '=in=', "
            "'=out=', '=na=', '=nn=', '=bt=' and '=nb='.",
        ),
        ("lower(name)==a", "The function 'lower' may not be called."),
        ("@lower(name)==a", "The function 'lower' may not be called."),
        ("number=", "The operator '==' takes one value, but none is given."),
        ("name startswith a", "Write a pattern, such as name==abc* or name==*abc."),
        ("name=startswith=a", "Write a pattern, such as name==abc* or name==*abc."),
        ("name=regex=a.*", "There are no regular expressions: the wildcard is '*', as in name==abc*."),
    ],
)
def test_a_correction_that_does_not_fit_says_why(text: str, hint: str) -> None:
    problem = problem_of(filter=text)
    assert (problem.hint, problem.replacement) == (hint, None)


def test_corrections_of_one_text_are_tried_together() -> None:
    found = validate_request(SHOPS, filter="name=contains=x;number=contains=1;price=gte=1;number>1,5").failure()
    assert [problem.replacement for problem in found] == ["=like=", None, "=ge=", None]


def test_a_sort() -> None:
    assert problem_of(sort="number,price").replacement == ";price"
    found = problem_of(sort="number,dwon")
    assert (found.hint, found.replacement) == ("There is no field 'dwon' to sort by.", None)
