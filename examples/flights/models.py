"""The tables of the service.

Every time is local and naive, as in the source. The three origins lie in one time zone, so
`scheduled_departure` and `departure` are full timestamps of New York. Of an arrival the source has only the
time of day at the destination, without a day or an offset; it stays a time of day.

A flight may name what the source does not describe: 4,324 flights a plane, 680 a destination. These columns
carry no foreign key; where the row is missing, the relation reads as None.
"""

import datetime as dt

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The tables of this service."""


class Airline(Base):
    """An airline that flew from New York in 2013."""

    __tablename__ = "airlines"

    code: Mapped[str] = mapped_column(primary_key=True)
    """Two-letter code (`carrier`)."""
    name: Mapped[str]

    flights: Mapped[list["Flight"]] = relationship(back_populates="airline")


class Airport(Base):
    """An airport, mostly of the United States."""

    __tablename__ = "airports"

    code: Mapped[str] = mapped_column(primary_key=True)
    """Code of the FAA (`faa`)."""
    name: Mapped[str]
    latitude: Mapped[float]
    longitude: Mapped[float]
    altitude: Mapped[int]
    """Feet above the sea (`alt`)."""
    utc_offset: Mapped[int]
    """Hours from UTC in winter (`tz`)."""
    time_zone: Mapped[str | None]
    """Name in the IANA database (`tzone`)."""

    departures: Mapped[list["Flight"]] = relationship(back_populates="origin", foreign_keys="Flight.origin_code")
    arrivals: Mapped[list["Flight"]] = relationship(
        back_populates="destination",
        primaryjoin="Airport.code == foreign(Flight.destination_code)",
        viewonly=True,
    )


class Plane(Base):
    """A plane in the register of the FAA."""

    __tablename__ = "planes"

    tailnum: Mapped[str] = mapped_column(primary_key=True)
    """Number on the tail."""
    year: Mapped[int | None]
    """Year it was built."""
    type: Mapped[str]
    manufacturer: Mapped[str] = mapped_column(index=True)
    model: Mapped[str]
    engines: Mapped[int]
    seats: Mapped[int] = mapped_column(index=True)
    speed: Mapped[int | None]
    """Average cruising speed in miles per hour; known for 23 planes."""
    engine: Mapped[str]

    flights: Mapped[list["Flight"]] = relationship(
        back_populates="plane",
        primaryjoin="Plane.tailnum == foreign(Flight.tailnum)",
        viewonly=True,
    )


class Weather(Base):
    """The weather at one of the three origins during one hour."""

    __tablename__ = "weather"

    airport_code: Mapped[str] = mapped_column(ForeignKey("airports.code"), primary_key=True)
    hour: Mapped[dt.datetime] = mapped_column(primary_key=True)
    """Start of the hour, local (`year`, `month`, `day`, `hour`)."""
    temperature: Mapped[float | None]
    """Degrees Fahrenheit (`temp`)."""
    dew_point: Mapped[float | None]
    """Degrees Fahrenheit (`dewp`)."""
    humidity: Mapped[float | None]
    """Per cent (`humid`)."""
    wind_direction: Mapped[int | None]
    """Degrees (`wind_dir`)."""
    wind_speed: Mapped[float | None]
    """Miles per hour."""
    wind_gust: Mapped[float | None]
    """Miles per hour."""
    precipitation: Mapped[float]
    """Inches (`precip`)."""
    pressure: Mapped[float | None]
    """Millibars at sea level."""
    visibility: Mapped[float]
    """Miles, at most 10 (`visib`)."""


class Flight(Base):
    """A flight from Newark (EWR), Kennedy (JFK) or La Guardia (LGA); a cancelled one has no `departure`."""

    __tablename__ = "flights"

    id: Mapped[int] = mapped_column(primary_key=True)
    """Place in the source, from 1."""
    number: Mapped[int]
    """Flight number (`flight`)."""
    airline_code: Mapped[str] = mapped_column(ForeignKey("airlines.code"), index=True)
    origin_code: Mapped[str] = mapped_column(ForeignKey("airports.code"))
    destination_code: Mapped[str] = mapped_column(index=True)
    """Code of an airport (`dest`); those of Puerto Rico and the Virgin Islands are not in `airports`."""
    tailnum: Mapped[str | None] = mapped_column(index=True)
    """Number on the tail of the plane; missing for 155 flights that were cancelled."""

    date: Mapped[dt.date] = mapped_column(index=True)
    """Day of the scheduled departure (`year`, `month`, `day`)."""
    scheduled_departure: Mapped[dt.datetime] = mapped_column(index=True)
    """The day with `sched_dep_time`."""
    scheduled_hour: Mapped[dt.datetime]
    """`scheduled_departure`, cut to the hour: the hour of its weather."""
    departure: Mapped[dt.datetime | None] = mapped_column(index=True)
    """`scheduled_departure` plus `departure_delay`: `dep_time`, on the next day when it is after midnight."""
    departure_delay: Mapped[int | None] = mapped_column(index=True)
    """Minutes, negative when early (`dep_delay`)."""
    scheduled_arrival: Mapped[dt.time]
    """Time of day at the destination, the day is not known (`sched_arr_time`)."""
    arrival: Mapped[dt.time | None]
    """Time of day at the destination, the day is not known (`arr_time`, where 2400 is midnight)."""
    arrival_delay: Mapped[int | None] = mapped_column(index=True)
    """Minutes, negative when early; missing also for flights that landed elsewhere (`arr_delay`)."""
    air_time: Mapped[int | None]
    """Minutes in the air."""
    distance: Mapped[int] = mapped_column(index=True)
    """Miles."""

    airline: Mapped[Airline] = relationship(back_populates="flights")
    origin: Mapped[Airport] = relationship(back_populates="departures", foreign_keys=origin_code)
    destination: Mapped[Airport | None] = relationship(
        back_populates="arrivals",
        primaryjoin="foreign(Flight.destination_code) == Airport.code",
        viewonly=True,
    )
    plane: Mapped[Plane | None] = relationship(
        back_populates="flights",
        primaryjoin="foreign(Flight.tailnum) == Plane.tailnum",
        viewonly=True,
    )
    weather: Mapped[Weather | None] = relationship(
        primaryjoin="and_(foreign(Flight.origin_code) == Weather.airport_code,"
        " foreign(Flight.scheduled_hour) == Weather.hour)",
        viewonly=True,
    )
    """At the origin, in the hour of the scheduled departure; not measured for 52 flights."""

    # Without it SQLite may read all flights for each hour of weather.
    __table_args__ = (Index("ix_flights_weather", "origin_code", "scheduled_hour"),)
