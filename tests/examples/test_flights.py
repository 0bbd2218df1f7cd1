"""The example service gives the rows that SQL written by hand gives."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from examples.flights.load import prepare_database
from tests.examples.requests import ANSWERED, REFUSED, Answered, Refused

SIZE = 50


@pytest.fixture(scope="session")
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database)
    yield connection
    connection.close()


async def get(client: AsyncClient, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    body = response.json()
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    ("table", "rows"),
    [("airlines", 16), ("airports", 1_458), ("planes", 3_322), ("weather", 2_226), ("flights", 27_004)],
)
def test_every_row_is_loaded(connection: sqlite3.Connection, table: str, rows: int) -> None:
    assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,)


def test_a_departure_after_midnight_is_on_the_next_day(connection: sqlite3.Connection) -> None:
    late = connection.execute("SELECT count(*) FROM flights WHERE date(departure) > date").fetchone()
    assert late == (52,)


def test_a_loaded_database_is_kept(database: Path) -> None:
    before = database.stat().st_mtime_ns
    prepare_database(database)
    assert database.stat().st_mtime_ns == before
    assert list(database.parent.iterdir()) == [database]


@pytest.mark.parametrize("request_", ANSWERED, ids=lambda request: request.name)
async def test_the_service_answers_as_sql_does(
    client: AsyncClient, connection: sqlite3.Connection, request_: Answered
) -> None:
    expected = [row[0] for row in connection.execute(request_.sql)]
    assert len(expected) == request_.total

    for page in {0, (len(expected) - 1) // SIZE}:
        body = await get(client, request_.path, {**request_.parameters, "page": page, "size": SIZE})
        assert body["total"] == len(expected)
        assert [item[request_.key] for item in body["items"]] == expected[page * SIZE : (page + 1) * SIZE]


@pytest.mark.parametrize("request_", REFUSED, ids=lambda request: request.name)
async def test_the_service_names_every_mistake(client: AsyncClient, request_: Refused) -> None:
    response = await client.get(request_.path, params=request_.parameters)
    assert response.status_code == request_.status
    errors = response.json()["detail"]["errors"]
    assert [(error["parameter"], error["field"]) for error in errors] == request_.mistakes


async def test_the_count_is_the_total(client: AsyncClient) -> None:
    parameters = {"filter": "departure=na="}
    assert await get(client, "/flights/count", parameters) == {"count": 521}
    assert (await get(client, "/flights", parameters))["total"] == 521


async def test_a_page_has_twenty_rows_unless_asked_otherwise(client: AsyncClient) -> None:
    assert [flight["id"] for flight in (await get(client, "/flights", {}))["items"]] == [*range(1, 21)]
    refused = await client.get("/flights", params={"size": 101})
    assert refused.status_code == 400


async def test_a_flight_shows_its_relations_and_what_is_missing(client: AsyncClient) -> None:
    body = await get(client, "/flights", {"filter": "destination_code==SJU", "sort": "id", "size": 1})
    (flight,) = body["items"]
    assert flight["airline"] == {"code": "B6", "name": "JetBlue Airways"}
    assert flight["origin"] == {"code": "JFK", "name": "John F Kennedy Intl"}
    assert flight["destination"] is None
    assert flight["departure"] == "2013-01-01T06:15:00"
    assert flight["arrival"] == "10:39:00"


async def test_the_feed_walks_without_skipping(client: AsyncClient, connection: sqlite3.Connection) -> None:
    """The latest departure first, cancelled flights last: each page begins where the one before ended."""
    sql = (
        "SELECT f.id FROM flights f JOIN airports a ON a.code = f.origin_code"
        " WHERE a.code = 'JFK' AND date < '2013-01-03' ORDER BY f.departure DESC NULLS LAST, f.id DESC"
    )
    expected = [row[0] for row in connection.execute(sql)]
    walked: list[int] = []
    parameters = {"filter": "origin.code==JFK;date<2013-01-03", "size": 100}
    while True:
        body = await get(client, "/flights/feed", parameters)
        walked += [item["id"] for item in body["items"]]
        if body["next"] is None:
            break
        parameters["cursor"] = body["next"]
    assert walked == expected
    assert connection.execute("SELECT departure FROM flights WHERE id = ?", walked[-1:]).fetchone() == (None,)
