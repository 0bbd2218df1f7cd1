"""The service: filters, sorts and pages come from the request, through pyrsql; rows come from SQLite."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request
from pydantic import BaseModel, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from pyrsql import QueryOptions
from pyrsql.adapters.fastapi import FastAPICriteriaConfig, install_openapi
from pyrsql.integrations.fastapi import CursorPage, FastAPISQLAlchemyIntegration, Page, playground

from .load import database_path, prepare_database
from .models import Airline, Airport, Flight, Plane, Weather

# --- what a client gets ---


class Count(BaseModel):
    count: int


# Every time of the service is local, without an offset: in OpenAPI it is not `date-time`, which has one.
LocalDateTime = Annotated[dt.datetime, WithJsonSchema({"type": "string", "format": "date-time-local"})]
LocalTime = Annotated[dt.time, WithJsonSchema({"type": "string", "format": "time-local"})]


class AirlineView(BaseModel):
    code: str
    name: str


class AirportView(BaseModel):
    code: str
    name: str
    latitude: float
    longitude: float
    altitude: int
    utc_offset: int
    time_zone: str | None


class PlaneView(BaseModel):
    tailnum: str
    year: int | None
    type: str
    manufacturer: str
    model: str
    engines: int
    seats: int
    speed: int | None
    engine: str


class PlaceView(BaseModel):
    code: str
    name: str


class WeatherView(BaseModel):
    temperature: float | None
    wind_speed: float | None
    precipitation: float
    visibility: float


class FlightView(BaseModel):
    id: int
    number: int
    airline: AirlineView
    origin: PlaceView
    destination_code: str
    destination: PlaceView | None
    tailnum: str | None
    plane: PlaneView | None
    date: dt.date
    scheduled_departure: LocalDateTime
    departure: LocalDateTime | None
    departure_delay: int | None
    scheduled_arrival: LocalTime
    arrival: LocalTime | None
    arrival_delay: int | None
    air_time: int | None
    distance: int
    weather: WeatherView | None


class HourlyWeatherView(WeatherView):
    airport_code: str
    hour: LocalDateTime
    humidity: float | None
    pressure: float | None


# --- the service ---

ABOUT = """
Every list takes `filter`, `sort`, `page` and `size`. Pick an example or write your own filter. If it is wrong, the
response says where and how to fix it.
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Fill the database before the first request, and close it after the last."""
    path = database_path()
    prepare_database(path)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


app = FastAPI(title="Flights from New York, January 2013", description=ABOUT, lifespan=lifespan)
install_openapi(app)
integration = FastAPISQLAlchemyIntegration(
    criteria_config=FastAPICriteriaConfig(
        default_page_size=20, max_page_size=100, query_options=QueryOptions(quantifiers=True)
    )
)

# The response model says what clients may filter and sort by, and which related rows are loaded with a page.
flights = integration.resource(
    Flight,
    item=FlightView,
    filter_examples={
        "late to Chicago": "destination.name==Chicago*;departure_delay>=60",
        "cancelled": "departure=na=",
        "in fog": "weather.visibility<1",
        "by Airbus, or plane unknown": "plane.manufacturer==AIRBUS*,tailnum=na=",
    },
    sort_examples={"latest first": "-departure_delay", "by airline": "airline.name;scheduled_departure"},
)
# The same flights, newest first: paged by cursor, so that no page skips or repeats a flight.
feed = integration.resource(
    Flight,
    item=FlightView,
    default_sort="-departure,nullslast",
    filter_examples={"from JFK": "origin.code==JFK", "cancelled": "departure=na="},
    sort_examples={"most delayed first": "-departure_delay,nullslast"},
)
# A list says what else clients may use: here rows that the response does not show.
planes = integration.resource(
    Plane,
    filterable_fields=[*PlaneView.model_fields, "flights", "flights.distance", "flights.date"],
    sortable_fields=[*PlaneView.model_fields, "flights"],
    default_sort="tailnum",
    filter_examples={
        "large Boeings": "manufacturer==BOEING;seats>=300",
        "on long flights": "flights.distance>4000",
        "did not fly": "flights=na=",
        "flew every day": "@count[flights]>=31",
    },
    sort_examples={"oldest first": "year", "largest first": "-seats;tailnum", "busiest first": "-@count[flights]"},
)
airports = integration.resource(
    Airport,
    filterable_fields=[
        *AirportView.model_fields,
        "departures",
        "departures.date",
        "arrivals",
        "arrivals.date",
        "arrivals.arrival_delay",
        "arrivals.airline.name",
        "arrivals.plane.seats",
    ],
    sortable_fields=AirportView.model_fields,
    default_sort="code",
    filter_examples={
        "reached by large planes": "arrivals.plane.seats>=300",
        "reached by JetBlue": "arrivals.airline.name==JetBlue*",
        "high up": "altitude>5000",
        "on time, always": "arrivals=all='arrival_delay<=15';arrivals=nn=",
        "by a large plane of United": "arrivals=any='plane.seats>=300;airline.name==United*'",
    },
    sort_examples={"by name": "name", "highest first": "-altitude"},
)

airlines = integration.resource(
    Airline,
    item=AirlineView,
    default_sort="code",
    filter_examples={"express": "name==^*express*"},
)
weather = integration.resource(
    Weather,
    item=HourlyWeatherView,
    default_sort="hour;airport_code",
    filter_examples={"storm at night": "wind_speed>30;hour=bt=(2013-01-31T00:00,2013-01-31T06:00)"},
    sort_examples={"coldest first": "temperature", "windiest first": "-wind_speed,nullslast"},
)

FLIGHT_LOADING = [
    selectinload(relation)
    for relation in (Flight.airline, Flight.origin, Flight.destination, Flight.plane, Flight.weather)
]

Session = Annotated[AsyncSession, Depends(get_session)]
FlightCount = Annotated[Any, Depends(flights.count_select_dependency())]
FlightPage = Annotated[Page[FlightView], Depends(flights.page_dependency(FlightView, get_session))]
FlightFeed = Annotated[CursorPage[FlightView], Depends(feed.cursor_page_dependency(FlightView, get_session))]
PlanePage = Annotated[Page[PlaneView], Depends(planes.page_dependency(PlaneView, get_session))]
AirlinePage = Annotated[Page[AirlineView], Depends(airlines.page_dependency(AirlineView, get_session))]
WeatherPage = Annotated[Page[HourlyWeatherView], Depends(weather.page_dependency(HourlyWeatherView, get_session))]
AirportPage = Annotated[Page[AirportView], Depends(airports.page_dependency(AirportView, get_session))]


@app.get("/flights")
async def list_flights(page: FlightPage) -> Page[FlightView]:
    """Flights, with `airline`, `origin`, `destination`, `plane` and `weather` to filter and sort by."""
    return page


@app.get("/flights/count")
async def count_flights(statement: FlightCount, session: Session) -> Count:
    """The number of flights that a filter selects."""
    return Count(count=(await session.scalars(statement)).one())


@app.get("/flights/feed")
async def feed_of_flights(page: FlightFeed) -> CursorPage[FlightView]:
    """Flights page by page without offsets, the latest departure first and cancelled flights last."""
    return page


@app.get("/flights/{id}", responses={404: {"description": "There is no flight with this number."}})
async def get_flight(id: Annotated[int, Path(ge=1, le=2**31 - 1)], session: Session) -> FlightView:
    """One flight."""
    found = await session.scalar(select(Flight).where(Flight.id == id).options(*FLIGHT_LOADING))
    if found is None:
        raise HTTPException(404, "There is no flight with this number.")
    return FlightView.model_validate(found, from_attributes=True)


@app.get("/airlines")
async def list_airlines(page: AirlinePage) -> Page[AirlineView]:
    """Airlines."""
    return page


@app.get("/weather")
async def list_weather(page: WeatherPage) -> Page[HourlyWeatherView]:
    """The weather at the three airports of New York, hour by hour."""
    return page


@app.get("/planes")
async def list_planes(page: PlanePage) -> Page[PlaneView]:
    """Planes, with their `flights` to filter by."""
    return page


@app.get("/airports")
async def list_airports(page: AirportPage) -> Page[AirportView]:
    """Airports, with their `departures` and `arrivals` to filter by."""
    return page


app.include_router(playground(flights, planes, airports, airlines, weather, title=app.title))
