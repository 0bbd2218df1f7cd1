"""Hints that clients of a service read: each mistake with its advice, its place, and the text that mends it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyrsql.adapters.fastapi import in_body
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.asgi import get, request


class Base(DeclarativeBase):
    """Flights."""


class Airline(Base):
    __tablename__ = "hint_airlines"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Flight(Base):
    __tablename__ = "hint_flights"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    distance: Mapped[int | None]
    price: Mapped[float | None]
    departure: Mapped[dt.datetime | None]
    departure_delay: Mapped[int | None]
    day: Mapped[dt.date | None]
    late: Mapped[bool]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    secret: Mapped[str]
    airline_id: Mapped[int] = mapped_column(ForeignKey("hint_airlines.id"))
    airline: Mapped[Airline] = relationship()


class AirlineOut(BaseModel):
    name: str


class FlightOut(BaseModel):
    id: int
    name: str
    distance: int | None
    price: float | None
    departure: dt.datetime | None
    departure_delay: int | None
    day: dt.date | None
    late: bool
    document: dict[str, Any]
    airline: AirlineOut


FLIGHTS = Depends(FastAPISQLAlchemyIntegration().resource(Flight, item=FlightOut).select_dependency())
IN_BODY = Depends(in_body(FLIGHTS.dependency))
APP = FastAPI()


@APP.get("/flights")
async def list_flights(late: bool | None = None, statement: Any = FLIGHTS) -> None:
    """Flights. It has a parameter of its own."""


@APP.post("/flights")
async def search_flights(statement: Any = IN_BODY) -> None:
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
    ("filter", "name==“x”;distance==“1”", "quotes", "name==“x”;distance=='1'"),
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
    ("filter", "name==x；distance>1", "';' instead of '；'", "name==x;distance>1"),
    ("filter", "name==x，distance>1", "',' instead of '，'", "name==x,distance>1"),
    ("filter", "airline==null", "'=na='", "airline=na="),
    ("filter", "airline!=null", "'=nn='", "airline=nn="),
    ("filter", "airline==x", "Name a field of it", None),
    ("filter", "distance=not-in=(1,2)", "'=out='", "distance=out=(1,2)"),
    ("filter", "name=not_like=x", "'=notlike='", "name=notlike=x"),
    ("filter", "name=starts_with=x", "Write a pattern", None),
    ("filter", "distance:gt:1", "'=gt='", "distance=gt=1"),
    ("filter", "name:eq:x", "'=='", "name==x"),
    ("filter", "distance.gte=1", "'=ge='", "distance=ge=1"),
    ("filter", "name__exact=x", "'=='", "name==x"),
    ("filter", "price==1.000.000", "Leave out the points", "price==1000000"),
    ("filter", "price=='10.000,5'", "Write a point", "price==10000.5"),
    ("sort", "name,nullslast&distance", "Separate keys with ';'", "name,nullslast;distance"),
    ("sort", "name,desc||distance", "Separate keys with ';'", "name,desc;distance"),
    ("sort", "name,nulls,last", "'nullslast'", "name,nullslast"),
    ("sort", "name ascending", "',asc'", "name ,asc"),
    ("sort", "name,-", "a field", None),
    # Other languages.
    ("filter", '{"name":"x"}', "A filter is not JSON", None),
    ("filter", '[{"field":"name"}]', "A filter is not JSON", None),
    ("filter", "{'name': {'$gt': 1}}", "A filter is not JSON", None),
    ("filter", "not(distance==1)", "'!=' instead of '=='", None),
    ("filter", "NOT (name=in=(x,y))", "'=out=' instead of '=in='", None),
    ("filter", "!distance>=1", "'<' instead of '>='", None),
    ("filter", "name LIKE '%x%'", "'*', not '%'", "name =like='*x*'"),
    ("filter", "name not contains x", "=notlike=", "name =notlike= x"),
    ("filter", "name is not x", "!=", "name != x"),
    ("filter", "name ~* x", "=ilike=", "name =ilike= x"),
    ("filter", "name =~ /x/", "no regular expressions", None),
    ("filter", "WHERE name=='x'", "only the condition", "name=='x'"),
    ("filter", "name=='x' ORDER BY name", "parameters of their own", None),
    ("filter", "contains(name,'x')", "name=like='x'", "name=like='x'"),
    ("filter", "startswith(name,'x')", "name==x*", "name==x*"),
    ("filter", "name.endsWith('x y')", "name=='*x y'", "name=='*x y'"),
    ("filter", "gt(distance,5)", "distance=gt=5", "distance=gt=5"),
    ("filter", "and(gt(distance,5),late==true)", "Join comparisons", None),
    ("filter", "name^=x", "==x*", "name==x*"),
    ("filter", "name*=x", "=like=", "name=like=x"),
    ("filter", "distance=gt:5", "=gt=", "distance=gt=5"),
    ("filter", "airline->name==x", ".name", "airline.name==x"),
    ("filter", "airline[name]==x", "airline.name", "airline.name==x"),
    ("filter", "airline__name==x", "airline.name", "airline.name==x"),
    ("filter", "flight.airline.name==x", "airline.name", "airline.name==x"),
    ("filter", "Flights.name==x", "name", "name==x"),
    ("filter", "document[a]==1", "document.a", "document.a==1"),
    ("filter", "document['a']==1", ".a", "document.a==1"),
    ("filter", "document->>'a'==1", ".a", "document.a==1"),
    ("filter", "departure>now()", "Nothing in a value is computed", None),
    ("filter", "day==today", "nothing is computed", None),
    # Values.
    ("filter", "name=='O'Brien'", "whole value in quotes", 'name=="O\'Brien"'),
    ("filter", "name==O'Brien;late==true", "whole value in quotes", 'name=="O\'Brien";late==true'),
    ("filter", "name=='Don''t'", "whole value in quotes", 'name=="Don\'t"'),
    ("filter", "name==Ben & Jerry", "quotes", "name=='Ben & Jerry'"),
    ("filter", "name==Dune (1965);late==true", "quotes", "name=='Dune (1965)';late==true"),
    ("filter", "name==War and Peace", "needs quotes", None),
    ("filter", "name==“two words”", "straight quotes", "name=='two words'"),
    ("filter", "name==`two words`", "straight quotes", "name=='two words'"),
    ("filter", "day==2024-1-2", "two digits", "day==2024-01-02"),
    ("filter", "day==2024/01/02", "'-'", "day==2024-01-02"),
    ("filter", "day==20240102", "'-'", "day==2024-01-02"),
    ("filter", "day==2024-01-02T00:00:00", "Leave out the time", "day==2024-01-02"),
    ("filter", "day==2024-01-02T10:00:00", "Leave out the time", None),
    ("filter", "day==01/02/2024", "year, month and day in this order", None),
    ("filter", "departure>'2024-01-02 9:05'", "two digits", "departure>'2024-01-02 09:05'"),
    ("filter", "distance==''", "'=na='", "distance=na="),
    ("filter", "distance==1..5", "=bt=", "distance=bt=(1,5)"),
    ("filter", "price==$5", "number alone", None),
    ("filter", "late==yes", "true", "late==true"),
    # Lists and joints.
    ("filter", "distance==(1,5)", "=in=", "distance=in=(1,5)"),
    ("filter", "distance=in=(1;5)", "','", "distance=in=(1,5)"),
    ("filter", "distance=in=(1,5", "never closed", "distance=in=(1,5)"),
    ("filter", "distance=in=(1 5)", "','", None),
    ("filter", "distance=bt=1..5", "(1,5)", "distance=bt=(1,5)"),
    ("filter", ";distance==1", "Leave out the ';'", "distance==1"),
    ("filter", "distance==1 and and late==true", "Leave out the 'and'", "distance==1 and late==true"),
    ("filter", "distance==1 and", "Leave out the 'and' at the end", "distance==1"),
    ("filter", "distance==1 and or late==true", "not both", None),
    ("filter", "1<distance<5", "join two comparisons", None),
    ("filter", "name%253D%253Dx", "encoded twice", None),
    ("filter", "distance=%3D1", "encoded twice", None),
    ("filter", "filter=distance>1", "name of the parameter", "distance>1"),
    ("filter", "filter=name==x", "name of the parameter", "name==x"),
    ("filter", " q=distance=in=(1,2)", "name of the parameter", "distance=in=(1,2)"),
    ("filter", "name$='x'", "Write a pattern", None),
    ("filter", "name==x and $", "needs quotes", None),
    ("filter", "distance==1&&&late==true", "in quotes", None),
    # Signs mean something: a correction keeps them, or leaves the choice to the client.
    ("filter", "-distance==1", "'distance'", None),
    ("sort", "distance:desc", "distance,desc", "distance,desc"),
    ("sort", "distance_desc", "distance,desc", "distance,desc"),
    ("sort", "distanceDesc", "distance,desc", "distance,desc"),
    ("sort", "distanc_desc", "'distance'", None),
    ("sort", "desc distance", "distance,desc", "distance,desc"),
    ("sort", "distance(desc)", "distance,desc", "distance,desc"),
    ("sort", "distance=desc", ",desc", "distance,desc"),
    ("sort", "sort=distance", "name of the parameter", "distance"),
    ("sort", "distance NULLS LAST", ",nullslast", "distance ,nullslast"),
    ("sort", "order by distance", "only its keys", " distance"),
    ("sort", ";distance", "Leave out the ';'", "distance"),
    ("sort", "--distance", "'distance'", None),
    ("sort", "flight.name", "'name'", "name"),
    ("sort", '{"name":1}', "A sort is not JSON", None),
    ("sort", '["name"]', "A sort is not JSON", None),
    ("sort", "distance desc", "desc", "distance ,desc"),
    ("sort", "distance,nulls LAST", "'nullslast'", "distance,nullslast"),
    ("sort", "upper(name)", "'upper' may not be called", None),
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
    if corrected is None:
        assert error["replacement"] is None
    else:
        assert text[:place] + error["replacement"] + text[place + length :] == corrected
        assert get(APP, "/flights?" + urlencode({parameter: corrected})).status_code == 200


FIELDS = [
    # query, the parameter and the comparison to write
    ("name=x", "name", "name=="),
    ("airline.name=x", "airline.name", "airline.name=="),
    ("document.a=1", "document.a", "document.a=="),
    ("distance__gte=5", "distance__gte", "distance=ge="),
    ("distance[gt]=5", "distance[gt]", "distance=gt="),
    ("distance[$lt]=5&page=0&size=1", "distance[$lt]", "distance=lt="),
    ("filter=id==1&name=x", "name", "name=="),
    ("distance_gte=5", "distance_gte", "distance=ge="),
    ("distance.gte=5", "distance.gte", "distance=ge="),
    ("distance[]=5&distance[]=6", "distance[]", "distance=="),
    ("name:x", "name:x", "name=="),
    ("name~=x", "name~", "name=="),
    ("name__startswith=x", "name__startswith", "name=="),
    ("name[cont]=x", "name[cont]", "name=="),
    ("airline[name]=x", "airline[name]", "airline.name=="),
    ("airline[name][like]=x", "airline[name][like]", "airline.name=like="),
    ("airline__name=x", "airline__name", "airline.name=="),
    ("airline__name__icontains=x", "airline__name__icontains", "airline.name=ilike="),
]


@pytest.mark.parametrize(("query", "parameter", "comparison"), FIELDS)
def test_a_field_is_no_parameter(query: str, parameter: str, comparison: str) -> None:
    response = get(APP, f"/flights?{query}")
    assert response.status_code == 400
    error = response.json()["detail"]["errors"][0]
    assert error["detail"] == f"There is no parameter '{parameter}'."
    assert error["hint"] == f"Write it in 'filter', as in filter={comparison}…"


@pytest.mark.parametrize(
    "query",
    [
        *("utm_source=x", "nam=x", "Name=x", "name.x=1", "airline=1", "distance__x=5", "@lower[name]=x", "name" * 99),
        # A field that the client may not use is none.
        *("secret=x", "secret__gt=x", "secret[gt]=x", "secret[]=x", "secret_gt=x", "secret:x", "secret__startswith=x"),
        *("airline.id=1", "airline_id=1", "airline[id]=1", "airline__id=1", "airline__id__gt=1"),
        # Names that go on.
        *("name_x=1", "name_range_x=1", "distances[]=1", "_name=1", "name[0]=x", "[]=1", "__=1", "_=1", ":=1"),
        # The route declares it.
        "late=true",
        "&".join([*(f"x{number}=1" for number in range(50)), "name=x"]),
    ],
)
def test_any_other_parameter_passes(query: str) -> None:
    assert get(APP, f"/flights?{query}").status_code == 200


def test_a_field_is_no_member_of_a_body() -> None:
    assert request(APP, "POST", "/flights", json={"filter": "id==1", "secret": "x"}).status_code == 200
    response = request(APP, "POST", "/flights", json={"name": "x"})
    assert response.json()["detail"]["errors"][0]["hint"] == "Write it in 'filter', as in filter=name==…"
