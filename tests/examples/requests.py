"""Requests that a person would send to the flights, and what SQL written by hand answers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A request and the query that means the same.

    `sql` gives every row in order; its first column is the key of the item, `id`, `code` or `tailnum`.
    """

    name: str
    path: str
    key: str
    parameters: dict[str, str]
    sql: str
    total: int


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A request with mistakes, and the parameter and field of each."""

    name: str
    path: str
    parameters: dict[str, str]
    status: int
    mistakes: list[tuple[str, str | None]]


ANSWERED = (
    Answered(
        name="an OR over a relation whose row may be missing",
        path="/flights",
        key="id",
        parameters={"filter": "plane.manufacturer==AIRBUS*,tailnum=na=", "sort": "scheduled_departure"},
        sql="""
            SELECT f.id, f.scheduled_departure, f.tailnum, p.manufacturer
            FROM flights f
            LEFT JOIN planes p ON p.tailnum = f.tailnum
            WHERE p.manufacturer GLOB 'AIRBUS*' OR f.tailnum IS NULL
            ORDER BY f.scheduled_departure, f.id
        """,
        total=7_438,
    ),
    Answered(
        name="airports by the flights that reach them",
        path="/airports",
        key="code",
        parameters={"filter": "arrivals.plane.seats>=300", "sort": "name"},
        sql="""
            SELECT a.code, a.name
            FROM airports a
            WHERE EXISTS (
                SELECT 1
                FROM flights f
                JOIN planes p ON p.tailnum = f.tailnum
                WHERE f.destination_code = a.code AND p.seats >= 300
            )
            ORDER BY a.name, a.code
        """,
        total=13,
    ),
    Answered(
        name="wildcards, with and without case",
        path="/planes",
        key="tailnum",
        parameters={"filter": "manufacturer==^*douglas*;model==DC-*", "sort": "year"},
        sql="""
            SELECT p.tailnum, p.year, p.manufacturer, p.model
            FROM planes p
            WHERE lower(p.manufacturer) GLOB '*douglas*' AND p.model GLOB 'DC-*'
            ORDER BY p.year NULLS LAST, p.tailnum
        """,
        total=90,
    ),
    Answered(
        name="a range of times",
        path="/flights",
        key="id",
        parameters={
            "filter": "scheduled_departure=bt=(2013-01-30T16:00,2013-01-30T22:00);departure=na=",
            "sort": "scheduled_departure",
        },
        sql="""
            SELECT f.id, f.scheduled_departure, f.airline_code, f.origin_code, f.destination_code
            FROM flights f
            WHERE f.scheduled_departure BETWEEN '2013-01-30 16:00:00.000000' AND '2013-01-30 22:00:00.000000'
              AND f.departure IS NULL
            ORDER BY f.scheduled_departure, f.id
        """,
        total=48,
    ),
    Answered(
        name="a sort over a relation, the unknown last",
        path="/flights",
        key="id",
        parameters={"filter": "destination.name==Chicago*;date==2013-01-01", "sort": "plane.year"},
        sql="""
            SELECT f.id, p.year, f.tailnum, p.model
            FROM flights f
            LEFT JOIN airports d ON d.code = f.destination_code
            LEFT JOIN planes p ON p.tailnum = f.tailnum
            WHERE d.name GLOB 'Chicago*' AND f.date = '2013-01-01'
            ORDER BY p.year NULLS LAST, f.id
        """,
        total=56,
    ),
    Answered(
        name="a sort over a relation, the unknown first",
        path="/flights",
        key="id",
        parameters={"filter": "destination.name==Chicago*;date==2013-01-01", "sort": "-plane.year"},
        sql="""
            SELECT f.id, p.year, f.tailnum, p.model
            FROM flights f
            LEFT JOIN airports d ON d.code = f.destination_code
            LEFT JOIN planes p ON p.tailnum = f.tailnum
            WHERE d.name GLOB 'Chicago*' AND f.date = '2013-01-01'
            ORDER BY p.year DESC NULLS FIRST, f.id DESC
        """,
        total=56,
    ),
    Answered(
        name="airports that no flight reaches",
        path="/airports",
        key="code",
        parameters={"filter": "arrivals=na=;altitude>8000", "sort": "-altitude"},
        sql="""
            SELECT a.code, a.name, a.altitude
            FROM airports a
            WHERE NOT EXISTS (SELECT 1 FROM flights f WHERE f.destination_code = a.code)
              AND a.altitude > 8000
            ORDER BY a.altitude DESC, a.code DESC
        """,
        total=2,
    ),
    Answered(
        name="a relation by two columns",
        path="/flights",
        key="id",
        parameters={"filter": "weather.visibility<1;departure_delay>=120", "sort": "-departure_delay"},
        sql="""
            SELECT f.id, f.departure_delay, w.visibility, f.origin_code
            FROM flights f
            LEFT JOIN weather w ON w.airport_code = f.origin_code AND w.hour = f.scheduled_hour
            WHERE w.visibility < 1 AND f.departure_delay >= 120
            ORDER BY f.departure_delay DESC, f.id DESC
        """,
        total=45,
    ),
)

REFUSED = (
    Refused(
        name="a misspelt field and a wrong value",
        path="/flights",
        parameters={"filter": "departure_dealy>60;distance==far"},
        status=422,
        mistakes=[("filter", "departure_dealy"), ("filter", "distance")],
    ),
    Refused(
        name="a single equals sign",
        path="/flights",
        parameters={"filter": "departure_delay=60"},
        status=400,
        mistakes=[("filter", None)],
    ),
    Refused(
        name="mistakes in the filter, the sort and the page",
        path="/flights",
        parameters={"filter": "distance==far", "sort": "plane.yaer", "page": "-1"},
        status=400,
        mistakes=[("filter", "distance"), ("sort", "plane.yaer"), ("page", None)],
    ),
)
