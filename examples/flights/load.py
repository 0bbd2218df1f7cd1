"""Fills the database from the CSV files, once."""

import csv
import datetime as dt
import gzip
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, insert, text
from tqdm import tqdm

from .models import Airline, Airport, Base, Flight, Plane, Weather

DATA = Path(__file__).parent / "data"
BATCH = 1_000

Row = dict[str, str]
Values = dict[str, Any]
T = TypeVar("T")


def database_path() -> Path:
    """Where the database lies: `FLIGHTS_DATABASE`, or `.data/flights.db` in the working directory."""
    return Path(os.environ.get("FLIGHTS_DATABASE") or ".data/flights.db")


def prepare_database(path: Path) -> None:
    """Fill the database unless it is there. It gets its name when it is complete, so none is half full."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder, path.name)
        engine = create_engine(f"sqlite:///{unfinished}")
        try:
            fill(engine)
        finally:
            engine.dispose()
        unfinished.replace(path)


def fill(engine: Engine) -> None:
    """Create the tables and insert every row of the source, in its order."""
    tables = {model: [values(row) for row in read(name)] for name, model, values in SOURCES}
    total = sum(map(len, tables.values()))
    with engine.begin() as connection, tqdm(total=total, desc="Loading flights", unit=" rows") as bar:
        Base.metadata.create_all(connection)
        for model, rows in tables.items():
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                connection.execute(insert(model), batch)
                bar.update(len(batch))
        connection.execute(text("ANALYZE"))


def read(name: str) -> list[Row]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def airline(row: Row) -> Values:
    return {"code": row["carrier"], "name": row["name"]}


def airport(row: Row) -> Values:
    return {
        "code": row["faa"],
        "name": row["name"],
        "latitude": float(row["lat"]),
        "longitude": float(row["lon"]),
        "altitude": int(row["alt"]),
        "utc_offset": int(row["tz"]),
        "time_zone": known(str, row["tzone"]),
    }


def plane(row: Row) -> Values:
    return {
        "tailnum": row["tailnum"],
        "year": known(int, row["year"]),
        "type": row["type"],
        "manufacturer": row["manufacturer"],
        "model": row["model"],
        "engines": int(row["engines"]),
        "seats": int(row["seats"]),
        "speed": known(int, row["speed"]),
        "engine": row["engine"],
    }


def weather(row: Row) -> Values:
    return {
        "airport_code": row["origin"],
        "hour": dt.datetime.combine(day(row), dt.time(int(row["hour"]))),
        "temperature": known(float, row["temp"]),
        "dew_point": known(float, row["dewp"]),
        "humidity": known(float, row["humid"]),
        "wind_direction": known(int, row["wind_dir"]),
        "wind_speed": known(float, row["wind_speed"]),
        "wind_gust": known(float, row["wind_gust"]),
        "precipitation": float(row["precip"]),
        "pressure": known(float, row["pressure"]),
        "visibility": float(row["visib"]),
    }


def flight(row: Row) -> Values:
    scheduled = dt.datetime.combine(day(row), clock(row["sched_dep_time"]))
    delay = known(int, row["dep_delay"])
    return {
        "number": int(row["flight"]),
        "airline_code": row["carrier"],
        "origin_code": row["origin"],
        "destination_code": row["dest"],
        "tailnum": known(str, row["tailnum"]),
        "date": scheduled.date(),
        "scheduled_departure": scheduled,
        "scheduled_hour": scheduled.replace(minute=0),
        "departure": None if delay is None else scheduled + dt.timedelta(minutes=delay),
        "departure_delay": delay,
        "scheduled_arrival": clock(row["sched_arr_time"]),
        "arrival": known(clock, row["arr_time"]),
        "arrival_delay": known(int, row["arr_delay"]),
        "air_time": known(int, row["air_time"]),
        "distance": int(row["distance"]),
    }


def known(convert: Callable[[str], T], value: str) -> T | None:
    """The value, unless the source says that it is not available."""
    return None if value == "NA" else convert(value)


def day(row: Row) -> dt.date:
    return dt.date(int(row["year"]), int(row["month"]), int(row["day"]))


def clock(value: str) -> dt.time:
    """A time of day: `517` is 05:17, and midnight is `2400`."""
    hour, minute = divmod(int(value), 100)
    return dt.time(hour % 24, minute)


SOURCES: tuple[tuple[str, type[Base], Callable[[Row], Values]], ...] = (
    ("airlines", Airline, airline),
    ("airports", Airport, airport),
    ("planes", Plane, plane),
    ("weather", Weather, weather),
    ("flights", Flight, flight),
)
