"""The requests of README.md and of the documentation give the answers that they show."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from fastapi.testclient import TestClient
from httpx import AsyncClient
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import psycopg2

from pyrsql.orms.sqlalchemy import schema
from pyrsql.page import page_request
from pyrsql.pipeline import apply_criteria, validate_request
from tests.pages import run_page

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
REQUEST = re.compile(
    r"```http\nGET (?P<path>[^?\n]+)\?(?P<query>[^\n]+)\n```\n\n"
    r"(?:(?P<rows>[\d,]+) rows|(?P<status>\d+), with (?P<errors>\d+) errors):\n\n"
    r"(?P<table>(?:\|[^\n]*\n)+)"
)


class Shown(NamedTuple):
    """A request of a page, the number of rows or errors it claims, and the start of them as a table."""

    path: str
    parameters: dict[str, str]
    status: int
    number: int
    columns: list[str]
    cells: list[list[str]]


def parameters_of(query: str) -> dict[str, str]:
    """As a person reads them: `;`, `+` and `%` stand for themselves, only `&` and the first `=` divide."""
    return {name: value for name, _, value in (part.partition("=") for part in query.split("&"))}


def shown() -> list[Shown]:
    """Every request of the demo page, in order."""
    found: list[Shown] = []
    for match in REQUEST.finditer(DEMO):
        header, _, *lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in match["table"].splitlines()]
        number = int((match["rows"] or match["errors"]).replace(",", ""))
        status = int(match["status"] or 200)
        found.append(Shown(match["path"], parameters_of(match["query"]), status, number, header, lines))
    return found


def test_every_request_of_the_demo_shows_its_answer() -> None:
    assert len(shown()) == DEMO.count("```http") == 6


@pytest.mark.parametrize("example", shown(), ids=lambda example: str(example.parameters["filter"]))
async def test_the_demo_shows_what_the_service_answers(client: AsyncClient, example: Shown) -> None:
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


def block(language: str, text: str) -> str:
    """The first block of a language."""
    return text.split(f"```{language}\n", 1)[1].split("```", 1)[0]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_first_screen_shows_a_request_its_sql_and_its_answer(page: str) -> None:
    """The code further down in README.md gives the statement and the answer that both first screens show."""
    text = (ROOT / page).read_text(encoding="utf-8")
    request = block("http", text).removeprefix("GET ").strip()
    path, _, query = request.partition("?")
    parameters = parameters_of(query)
    module = run_page(README, "README.md")

    answer = TestClient(module.app).get(path, params=parameters)
    assert answer.json() == json.loads(block("json", text))

    criteria = validate_request(
        schema(module.Person),
        filter=parameters["filter"],
        sort=parameters["sort"],
        page=page_request(0, int(parameters["size"])),
    )
    base: Select[Any] = select(module.Person)
    statement = criteria.bind(apply_criteria(base)).unwrap().statement
    named = cast(Any, psycopg2.dialect)(paramstyle="named")
    compiled = statement.compile(dialect=named, compile_kwargs={"literal_binds": True})
    assert str(compiled).split() == block("sql", text).split()


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_on_a_package_index_every_link_of_the_readme_is_absolute() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    published = README
    for substitution in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        published = re.sub(substitution["pattern"], substitution["replacement"], published)
    relative, absolute = (re.findall(r"\]\(([^)]+)\)", text) for text in (README, published))
    assert all((ROOT / link).is_file() for link in relative)
    hosts = ("https://github.com/pyrsql/pyrsql/blob/main/", "https://raw.githubusercontent.com/pyrsql/pyrsql/main/")
    assert [link.removeprefix(hosts[link.endswith(".png")]) for link in absolute] == relative
