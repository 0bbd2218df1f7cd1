"""The endpoints of docs/comparison.md give the answers that the page shows, where their library is installed.

`make compare` installs all of them; `make test` runs pyrsql's alone.
"""

import re
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient

PAGE = (Path(__file__).parents[2] / "docs" / "comparison.md").read_text(encoding="utf-8")
CODE = re.compile(r'^```py title="(?P<library>[^"]+)"\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL)
ENDPOINTS = {found["library"]: found["code"] for found in CODE.finditer(PAGE)}


class Request(NamedTuple):
    """A request to the endpoint of a library, and the answer that the page shows."""

    library: str
    query: str
    answer: str


def requests() -> Iterator[Request]:
    """Every row of a table headed `request to LIBRARY`."""
    library = ""
    for line in PAGE.splitlines():
        if header := re.match(r"\| request to (\S+) \| answer \|", line):
            library = header[1]
        elif library and (row := re.match(r"\| `(.*)` \| ([^|]+) \|", line)):
            yield Request(library, row[1], row[2])
        elif not line.startswith("|"):
            library = ""


def client_of(library: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The endpoint of a library; a library that is not installed is a skip."""
    if find_spec(library.replace("-", "_")) is None:
        pytest.skip(f"{library} is not installed: run make compare")
    module = ModuleType(f"comparison_{library.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other libraries warn of is theirs
        exec(compile(ENDPOINTS[library], library, "exec", dont_inherit=True), module.__dict__)
    return TestClient(module.app, raise_server_exceptions=False)


@pytest.mark.parametrize("library", ENDPOINTS)
def test_an_endpoint_answers_as_the_page_says(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(library, monkeypatch)
    asked = [request for request in requests() if request.library == library]
    assert len(asked) >= 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [(request.query, told(client, request.query)) for request in asked] == [
            (request.query, request.answer) for request in asked
        ]


def told(client: TestClient, query: str) -> str:
    """The status, and the numbers of the people of an answer that has some."""
    response = client.get(f"/people?{query}")
    if response.status_code != 200:
        return str(response.status_code)
    body = response.json()
    return "200: " + ", ".join(str(person["id"]) for person in (body["items"] if isinstance(body, dict) else body))


def test_the_versions_are_those_of_the_page() -> None:
    if find_spec("fastapi_filters") is None:
        pytest.skip("the other libraries are not installed: run make compare")
    shown = dict(re.findall(r"^\| ([\w-]+) \| (\d+\.\d+\.\d+) \|$", PAGE.split("## What was run")[1], re.MULTILINE))
    assert len(shown) == 6
    assert {library: version(library) for library in shown} == shown
