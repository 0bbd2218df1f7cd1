"""The requests of README.md give the answers that it shows."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient

README = Path(__file__).parents[2] / "README.md"
REQUEST = re.compile(
    r"```http\nGET (?P<path>[^?\n]+)\?(?P<query>[^\n]+)\n```\n\n"
    r"(?:(?P<rows>[\d,]+) rows|(?P<status>\d+), with (?P<errors>\d+) errors):\n\n"
    r"(?P<table>(?:\|[^\n]*\n)+)"
)


class Shown(NamedTuple):
    """A request of the README, the number of rows or errors it claims, and the start of them as a table."""

    path: str
    parameters: dict[str, str]
    status: int
    number: int
    columns: list[str]
    cells: list[list[str]]


def shown() -> list[Shown]:
    """Every request of the README, in order."""
    found: list[Shown] = []
    for match in REQUEST.finditer(README.read_text()):
        header, _, *lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in match["table"].splitlines()]
        # As a person reads it: `;`, `+` and `%` stand for themselves, only `&` and the first `=` divide.
        parameters = {name: value for name, _, value in (part.partition("=") for part in match["query"].split("&"))}
        number = int((match["rows"] or match["errors"]).replace(",", ""))
        found.append(Shown(match["path"], parameters, int(match["status"] or 200), number, header, lines))
    return found


def test_every_request_of_the_readme_shows_its_answer() -> None:
    assert len(shown()) == README.read_text().count("```http") == 6


@pytest.mark.parametrize("example", shown(), ids=lambda example: str(example.parameters["filter"]))
async def test_the_readme_shows_what_the_service_answers(client: AsyncClient, example: Shown) -> None:
    response = await client.get(example.path, params=example.parameters)
    body = response.json()
    assert response.status_code == example.status
    items = body["items"] if response.is_success else body["detail"]["errors"]
    assert (body["total"] if response.is_success else len(items)) == example.number
    start = items[: len(example.cells)]
    assert [[cell(item, column) for column in example.columns] for item in start] == example.cells


def cell(item: dict[str, Any], column: str) -> str:
    """The value at the end of a dotted path, as the table shows it."""
    value: Any = item
    for key in column.split("."):
        value = None if value is None else value[key]
    return "" if value is None else str(value)
