"""A load of mixed requests, a tenth of them broken, gets nothing but the one right answer to each."""

import asyncio
import random
from collections import Counter
from typing import Any

from httpx import AsyncClient

from examples.flights.app import app

REQUESTS = 600
BROKEN = [
    ("/flights", {"filter": "distance==far;departure_dealy>60", "sort": "plane.yaer", "page": "-1"}),
    ("/flights/count", {"filter": "departure="}),
    ("/planes", {"filter": "seats=like=3", "size": "101"}),
    ("/airports", {"filter": "arrivals=na=,(name==a"}),
    ("/airports", {"sort": "arrivals"}),
]


def sound() -> list[tuple[str, dict[str, str]]]:
    """Every example of the OpenAPI document, alone."""
    return [
        (path, {parameter["name"]: example["value"], "size": "3"})
        for path, operations in app.openapi()["paths"].items()
        for operation in operations.values()
        for parameter in operation["parameters"]
        for example in parameter.get("examples", {}).values()
    ]


async def test_every_request_of_a_load_has_its_answer(client: AsyncClient) -> None:
    choice = random.Random(20130101)
    kinds = sound()
    requests = [choice.choice(BROKEN if number % 10 == 0 else kinds) for number in range(REQUESTS)]
    answers: dict[str, set[str]] = {}
    gate = asyncio.Semaphore(16)

    async def send(path: str, parameters: dict[str, Any]) -> int:
        async with gate:
            response = await client.get(path, params=parameters)
        answers.setdefault(str((path, parameters)), set()).add(response.text)
        return response.status_code

    statuses = Counter(await asyncio.gather(*(send(*request) for request in requests)))
    assert statuses.keys() == {200, 400, 422}
    assert statuses[200] == REQUESTS * 9 // 10
    # Whatever ran beside it, a request has one answer.
    assert all(len(different) == 1 for different in answers.values())
