"""The advice on arguments that a field refuses, and the text that would be right."""

import enum
from typing import Any

import pytest
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyrsql.language.nodes import Comparison
from pyrsql.models.rights import field_rights
from pyrsql.operators import BETWEEN, EQUAL
from pyrsql.orms.sqlalchemy import schema
from pyrsql.pipeline import parse, validate
from pyrsql.problems import WrongValue


class Base(DeclarativeBase):
    pass


class Size(enum.Enum):
    SMALL = "s"
    FULL = "f"


class Parcel(Base):
    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[float]
    fragile: Mapped[bool]
    size: Mapped[Size]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    count: Mapped[int] = mapped_column(info={"pyrsql": field_rights(operators=["equal"])})


PARCELS = schema(Parcel)
STRAIGHT = "Write straight quotes, ' or \"."
WILDCARD = "The wildcard is '*', not '%', and only text has wildcards."
SMALLER = "Write the smaller bound first."


@pytest.mark.parametrize(
    ("text", "hint", "corrected"),
    [
        ("id==null", "Write '=na=' for the rows without a value.", "id=na="),
        ("id==1;weight == NULL", "Write '=na=' for the rows without a value.", "id==1;weight =na="),
        ("fragile!='none'", "Write '=nn=' for the rows with a value.", "fragile=nn="),
        ("size==null", "Write '=na=' for the rows without a value.", "size=na="),
        ("id>null", "Write '=na=' for the rows without a value.", None),
        ("id=in=(1,null)", "Write '=na=' for the rows without a value.", None),
        ("id=out=(1,null)", "Write '=nn=' for the rows with a value.", None),
        ("count==null", None, None),
        ("weight=bt=(5,1)", SMALLER, "weight=bt=(1,5)"),
        ("weight=nb=('5', 1.5);id==1", SMALLER, "weight=nb=(1.5,5);id==1"),
        ("weight=='1,000'", "Leave out the commas.", "weight==1000"),
        ("weight=='1,5'", "Write a point, not a comma.", "weight==1.5"),
        ("id=in=(1,2_000)", "Leave out the underscores.", "id=in=(1,2000)"),
        ("fragile==yes", "Write 'true'.", "fragile==true"),
        ("size==Small", "Did you mean 'SMALL'?", "size==SMALL"),
        ("size==“SMALL”", STRAIGHT, "size=='SMALL'"),
        ("id==‘5’", STRAIGHT, "id=='5'"),
        ("id==%5%", WILDCARD, None),
        ("size==zzzz%", WILDCARD, None),
        ("id==5%", "Write the number alone.", None),
        ("id==$5", "Write the number alone.", None),
        ("id=='5 px'", "Write the number alone.", None),
        ("id==''", "Write '=na=' for the rows without a value.", "id=na="),
        ("id==1..5", "Write '=bt=(1,5)'.", "id=bt=(1,5)"),
        ("id!=1..5", None, None),
        ("id==far", None, None),
    ],
)
def test_what_would_help(text: str, hint: str | None, corrected: str | None) -> None:
    problem, *others = parse(text).bind(validate(PARCELS)).failure()
    assert others == []
    assert isinstance(problem, WrongValue)
    assert problem.hint == hint
    assert problem.span is not None
    if corrected is None:
        assert problem.replacement is None
        return
    assert problem.replacement is not None
    assert text[: problem.span.start] + problem.replacement + text[problem.span.end :] == corrected
    parse(corrected).bind(validate(PARCELS)).unwrap()


def test_null_in_json_keeps_its_own_advice() -> None:
    problem, *others = parse("data.x==null").bind(validate(PARCELS)).failure()
    assert others == []
    assert str(problem.hint).startswith("'=na=' finds null.")


def test_without_a_text_there_is_nothing_to_replace() -> None:
    for node in (Comparison("id", EQUAL, ("null",)), Comparison("weight", BETWEEN, ("5", "1"))):
        problem, *others = validate(PARCELS)(node).failure()
        assert others == []
        assert problem.hint is not None
        assert (problem.span, problem.replacement) == (None, None)
