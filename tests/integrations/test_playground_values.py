"""The cells of the playground, in a real browser over a database with values of every kind."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine.url import make_url

from pyrsql.cli.database import read_only_engine, reflect_models
from pyrsql.cli.exposure import exposed
from pyrsql.cli.service import service
from tests.browser import browser as any_browser
from tests.browser import opened
from tests.service import running

ROWS = [
    (1, 2**53 + 1, 1e-7, "2026-01-31", '{"a": 1}', "x"),
    (2, -(2**63), float("inf"), "infinity", "[1, 2.50]", "x" * 5_000),
    (3, None, None, None, None, None),
    (4, 10**16, 5e-324, "0001-01-01", '{"a": {"b": true}}', ""),
    (5, 2**53, 1e22, "9999-12-31", '"text"', " שלום *"),
    (6, 0, -0.0, "2026-02-30", "[]", "\x00"),
]
REFUSED = {(2, "ratio"), (2, "name"), (6, "name")}
"""The cells whose field does not take their value. Dates in other forms are text to `serve`."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with any_browser() as found:
        yield found


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with sqlite3.connect(tmp_path / "values.db") as connection:
        connection.execute(
            'CREATE TABLE "values" (id INTEGER PRIMARY KEY, big BIGINT, ratio FLOAT, day DATE, of JSON, name TEXT)'
        )
        connection.executemany('INSERT INTO "values" VALUES (?, ?, ?, ?, ?, ?)', ROWS)
    connection.close()
    engine = read_only_engine(make_url(f"sqlite:///{tmp_path / 'values.db'}"))
    models = reflect_models(engine).models
    app = service(engine, models, exposed(models, {}, "127.0.0.1"), "Values")
    with running(app) as address, opened(browser, address) as found:
        expect(found.locator("#rows tbody tr")).to_have_count(len(ROWS))
        yield found
    engine.dispose()


def test_a_value_narrows_the_list_to_its_rows_or_leaves_it_as_it_is(page: Page) -> None:
    heads = page.locator("#rows thead th").all_text_contents()
    filter_, result = page.get_by_role("combobox", name="Filter"), page.locator("#status")
    for id, *_ in ROWS:
        for place, name in enumerate(heads, 1):
            button = page.locator(f"#rows tbody tr:nth-child({id}) td:nth-child({place}) button")
            if button.count() == 0:
                continue
            button.dispatch_event("click")
            if (id, name) in REFUSED:
                expect(result).to_have_attribute("data-failed", "")
                expect(filter_).to_have_value("")
            else:
                expect(filter_).not_to_have_value("")
                expect(result).to_contain_text("rows in")
                assert str(id) in page.locator("#rows tbody td:first-child .value").all_text_contents(), (id, name)
                page.evaluate("location.hash = ''")
                expect(filter_).to_have_value("")
            expect(page.locator("#rows tbody tr")).to_have_count(len(ROWS))


def test_every_value_is_shown_as_it_is(page: Page) -> None:
    heads = page.locator("#rows thead th").all_text_contents()
    columns = {
        name: page.locator(f"#rows tbody td:nth-child({place})").all_text_contents()
        for place, name in enumerate(heads, 1)
    }
    assert columns["big"] == ["9007199254740993", "-9223372036854775808", "NULL", "1" + "0" * 16, str(2**53), "0"]
    assert columns["of"] == ["—", "[1,2.5]", "NULL", "—", "text", "0 of"]
    assert columns["of.a"] == ["1", "—", "—", "—", "—", "—"]
    assert columns["of.a.b"] == ["—", "—", "—", "true", "—", "—"]
    assert columns["ratio"][1] == "Infinity"
