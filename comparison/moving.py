"""The tables of docs/how-to/moving.md, asked of whichever pyrsql is installed: 0.0.6 or this one.

`python -m comparison.moving` runs the column of the installed version and prints each row that answers differently.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import pyrsql
from comparison.people import Company, Level, Person, engine, get_session
from pyrsql.adapters.fastapi import FastAPICriteriaConfig
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from pyrsql.orms.sqlalchemy import SQLAlchemyORM

PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "moving.md"
PUBLISHED = "0.0.6"
# Markdown has no code of no letters.
EMPTY = "*empty*"
NAMES = {"Company": Company, "Level": Level, "Person": Person, "QueryOptions": pyrsql.QueryOptions}

orm = SQLAlchemyORM()
app = FastAPI()
integration = FastAPISQLAlchemyIntegration(criteria_config=FastAPICriteriaConfig(max_page_size=100))
listed = integration.resource(Person, filterable_fields={"id", "name"}, sortable_fields={"name"})


@app.get("/people")
def list_people(
    statement: Annotated[Any, Depends(integration.select_dependency(Person))],
    session: Annotated[Session, Depends(get_session)],
) -> list[int]:
    return [person.id for person in session.scalars(statement)]


@app.get("/listed")
def list_listed(
    statement: Annotated[Any, Depends(listed.select_dependency())],
    session: Annotated[Session, Depends(get_session)],
) -> list[int]:
    return [person.id for person in session.scalars(statement)]


client = TestClient(app, raise_server_exceptions=False)


class Row(NamedTuple):
    """A row of a table of the page: the kind of the table, its cells before the answers, and both answers."""

    kind: str
    asked: tuple[str, ...]
    published: str
    here: str


def rows(page: str) -> Iterator[Row]:
    """Every row of a table with the columns `0.0.6` and `here`."""
    header: list[str] = []
    for line in page.splitlines():
        if not line.startswith("|"):
            header = []
            continue
        # A | inside a cell is escaped, as Markdown wants it.
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not header:
            header = cells
        elif PUBLISHED in header and not set(cells[0]) <= {"-"}:
            at = header.index(PUBLISHED)
            asked = tuple("" if cell == EMPTY else cell.removeprefix("`").removesuffix("`") for cell in cells[:at])
            yield Row(header[0], asked, cells[at], cells[at + 1])


def answer(row: Row, column: str) -> str:
    """The answer of the installed version, as the page writes it."""
    try:
        match row.kind:
            case "filter":
                return found(pyrsql.parse(row.asked[0]).apply(select(Person), Person, orm=orm))
            case "sort":
                return found(pyrsql.Sort.parse(row.asked[0]).apply(select(Person), Person, orm=orm))
            case "options":
                options = eval(f"QueryOptions({row.asked[0]})", dict(NAMES))
                return found(pyrsql.parse(row.asked[1], options=options).apply(select(Person), Person, orm=orm))
            case "request":
                return told(row.asked[0])
            case "to get":
                exec(column.strip("`"), {"pyrsql": pyrsql})
                return column
            case _:
                raise LookupError(f"moving.md has a table of an unknown kind: {row.kind}")
    except Exception as error:
        if row.kind == "to get":
            raise
        return f"`{type(error).__name__}`"


def found(statement: Any) -> str:
    """The numbers of the rows of a statement."""
    with Session(engine) as session:
        return ", ".join(str(person.id) for person in session.scalars(statement)) or "none"


def told(request: str) -> str:
    """The status of an answer and its rows or codes."""
    response = client.get(request)
    if response.status_code == 200:
        return "200: " + (", ".join(map(str, response.json())) or "none")
    if response.status_code == 500:
        return "500"
    detail = response.json()["detail"]
    codes = [error["type"] for error in detail] if isinstance(detail, list) else [e["code"] for e in detail["errors"]]
    return f"{response.status_code}: " + ", ".join(f"`{code}`" for code in codes)


def main() -> None:
    """Print the rows that the installed version answers otherwise."""
    installed = version("pyrsql")
    wrong = 0
    checked = list(rows(PAGE.read_text(encoding="utf-8")))
    for row in checked:
        shown = row.published if installed == PUBLISHED else row.here
        if (actual := answer(row, shown)) != shown:
            wrong += 1
            print(f"{row.kind} {row.asked}: the page says {shown}, pyrsql {installed} says {actual}")
    print(f"pyrsql {installed}: {len(checked) - wrong} of {len(checked)} rows are as the page says")
    sys.exit(wrong > 0 or not checked)


if __name__ == "__main__":
    main()
