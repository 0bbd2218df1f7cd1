"""The service: filters, sorts and pages come from the request, through pyrsql; rows come from SQLite."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from pyrsql.adapters.fastapi import FastAPICriteriaConfig
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration, SQLAlchemyPaginatedSelect

from .load import database_path, prepare_database
from .models import Airport, Flight, Plane

# --- what a client gets ---

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    total: int
    """Rows on all pages."""


class Count(BaseModel):
    count: int


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
    scheduled_departure: dt.datetime
    departure: dt.datetime | None
    departure_delay: int | None
    scheduled_arrival: dt.time
    arrival: dt.time | None
    arrival_delay: int | None
    air_time: int | None
    distance: int
    weather: WeatherView | None


# --- the service ---


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


app = FastAPI(title="Flights from New York, January 2013", lifespan=lifespan)
integration = FastAPISQLAlchemyIntegration(
    criteria_config=FastAPICriteriaConfig(default_page_size=20, max_page_size=100)
)

Session = Annotated[AsyncSession, Depends(get_session)]
FlightCount = Annotated[Any, Depends(integration.count_select_dependency(Flight))]
FlightPage = Annotated[SQLAlchemyPaginatedSelect, Depends(integration.paginated_select_dependency(Flight))]
PlanePage = Annotated[SQLAlchemyPaginatedSelect, Depends(integration.paginated_select_dependency(Plane))]
AirportPage = Annotated[SQLAlchemyPaginatedSelect, Depends(integration.paginated_select_dependency(Airport))]

# One query per relation and page; an async session cannot load them later, when the response reads them.
SHOWN_WITH_FLIGHT = (
    selectinload(Flight.airline),
    selectinload(Flight.origin),
    selectinload(Flight.destination),
    selectinload(Flight.plane),
    selectinload(Flight.weather),
)


@app.get("/flights", response_model=Page[FlightView])
async def list_flights(page: FlightPage, session: Session) -> dict[str, Any]:
    """Flights, with `airline`, `origin`, `destination`, `plane` and `weather` to filter and sort by.

    `destination.name==Chicago*;departure_delay>=60` · `departure=na=` (cancelled) · `weather.visibility<1`
    """
    flights = await session.scalars(page.statement.options(*SHOWN_WITH_FLIGHT))
    return {"items": flights.all(), "total": await session.scalar(page.count_statement)}


@app.get("/flights/count", response_model=Count)
async def count_flights(statement: FlightCount, session: Session) -> dict[str, Any]:
    """The number of flights that a filter selects."""
    return {"count": await session.scalar(statement)}


@app.get("/planes", response_model=Page[PlaneView])
async def list_planes(page: PlanePage, session: Session) -> dict[str, Any]:
    """Planes, with their `flights` to filter by.

    `manufacturer==BOEING;seats>=300` · `flights.distance>4000` · `flights=na=` (did not fly in January)
    """
    planes = await session.scalars(page.statement)
    return {"items": planes.all(), "total": await session.scalar(page.count_statement)}


@app.get("/airports", response_model=Page[AirportView])
async def list_airports(page: AirportPage, session: Session) -> dict[str, Any]:
    """Airports, with their `departures` and `arrivals` to filter by.

    `arrivals.plane.seats>=300` · `arrivals.airline.name==JetBlue*` · `altitude>5000`
    """
    airports = await session.scalars(page.statement)
    return {"items": airports.all(), "total": await session.scalar(page.count_statement)}


@app.get("/", include_in_schema=False)
async def index() -> RedirectResponse:
    return RedirectResponse("/docs")
