"""Hints that clients of a service read: each mistake with its advice, its place, and the text that mends it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import get


class Base(DeclarativeBase):
    """Flights."""


class Flight(Base):
    __tablename__ = "hint_flights"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    distance: Mapped[int | None]
    price: Mapped[float | None]
    departure: Mapped[dt.datetime | None]
    departure_delay: Mapped[int | None]


class FlightOut(BaseModel):
    id: int
    name: str
    distance: int | None
    price: float | None
    departure: dt.datetime | None
    departure_delay: int | None


FLIGHTS = Depends(FastAPISQLAlchemyIntegration().resource(Flight, item=FlightOut).select_dependency())
APP = FastAPI()


@APP.get("/flights")
async def list_flights(statement: Any = FLIGHTS) -> None:
    """Flights."""


MISTAKES: list[tuple[str, str, str, str | None]] = [
    # parameter, text, a part of the hint, the text that it makes
    ("filter", "distance==null", "'=na='", "distance=na="),
    ("filter", "departure!=null", "'=nn='", "departure=nn="),
    ("filter", "distance==1;", "Leave out the ';'", "distance==1"),
    ("filter", "price==1,5", "1.5", "price==1.5"),
    ("filter", "distance>1,000", "1000", "distance>1000"),
    ("filter", "name:x", "'=='", "name==x"),
    ("filter", "distance[gt]=1", "=gt=", "distance=gt=1"),
    ("filter", "distance==%1%", "'*'", None),
    ("filter", "name==“x”;distance==“1”", "quotes", None),
    ("filter", "distance=bt=(5,1)", "smaller bound first", "distance=bt=(1,5)"),
    ("filter", "departure_dely>1", "departure_delay", "departure_delay>1"),
    ("filter", "nam==x", "name", "name==x"),
    ("filter", "name NOT IN (x,y)", "'=out='", "name =out= (x,y)"),
    ("filter", "name not like x", "'=notlike='", "name =notlike= x"),
    ("filter", "distance BETWEEN 1 AND 5", "(1,5)", "distance =between=(1,5)"),
    ("filter", "distance not between 1 and 5", "(1,5)", "distance =notbetween=(1,5)"),
    ("filter", "name＝＝x", "'=='", "name==x"),
    ("filter", "name=='＝';distance≥1", "'>='", "name=='＝';distance>=1"),
    ("filter", "distance ≠ 1", "'!='", "distance != 1"),
    ("filter", "name%3D%3Dx", "encoded twice", None),
    ("sort", "distance:desc", "distance,desc", "distance,desc"),
    ("sort", "distance desc", "desc", "distance ,desc"),
]


@pytest.mark.parametrize(("parameter", "text", "hint", "corrected"), MISTAKES)
def test_each_mistake_has_its_hint(parameter: str, text: str, hint: str, corrected: str | None) -> None:
    response = get(APP, "/flights?" + urlencode({parameter: text}))
    if response.status_code == 200:
        pytest.fail(f"{text} is answered")
    error = response.json()["detail"]["errors"][-1]
    assert hint in (error["hint"] or ""), error
    assert error["parameter"] == parameter
    place, length = error["location"]["index"], error["location"]["length"]
    assert 0 <= place <= place + length <= len(text)
    if corrected is not None:
        assert text[:place] + error["replacement"] + text[place + length :] == corrected
        assert get(APP, "/flights?" + urlencode({parameter: corrected})).status_code == 200
