"""The playground in a real browser, over the example service."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, Route, expect

from examples.flights.app import app as flights_app
from examples.flights.app import planes
from examples.flights.load import prepare_database
from pyrsql.errors import ConfigurationError
from pyrsql.integrations.fastapi import playground
from pyrsql.integrations.fastapi.playground.router import SECURITY_HEADERS
from tests.browser import browser as any_browser
from tests.browser import opened
from tests.service import running

SCREENSHOT = Path(__file__).parents[2] / "docs/images/playground.png"
LARGEST_PAGE = 80 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example service on a port of its own, below a path that a proxy would add."""
    path = tmp_path_factory.mktemp("flights") / "flights.db"
    prepare_database(path)
    before = os.environ.get("FLIGHTS_DATABASE")
    os.environ["FLIGHTS_DATABASE"] = str(path)
    with running(flights_app) as address:
        yield address
    os.environ.pop("FLIGHTS_DATABASE")
    if before is not None:
        os.environ["FLIGHTS_DATABASE"] = before


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with any_browser() as found:
        yield found


@pytest.fixture
def page(browser: Browser, service: str) -> Iterator[Page]:
    with opened(browser, f"{service}/") as found:
        expect(found.locator("#rows tbody tr").first).to_be_visible()
        yield found


def test_type_complete_and_run(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.press_sequentially("plane.manu")
    expect(page.get_by_role("option", name="plane.manufacturer")).to_be_visible()
    filter_.press("ArrowDown")
    filter_.press("Enter")
    expect(filter_).to_have_value("plane.manufacturer")
    filter_.press("Control+z")
    expect(filter_).not_to_have_value("plane.manufacturer")
    filter_.press("Control+Shift+z")
    expect(filter_).to_have_value("plane.manufacturer")
    expect(page.get_by_role("option", name="=like=")).to_be_visible()
    filter_.press_sequentially("=")
    expect(page.get_by_role("option", name="==")).to_be_visible()
    filter_.press_sequentially("=AIRBUS*")
    expect(page.locator("#filter-words")).to_have_text("Rows where plane.manufacturer begins with 'AIRBUS'.")
    filter_.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("of 7,283 rows")


def test_a_late_answer_keeps_what_was_chosen(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.press_sequentially("plane.m")
    expect(page.get_by_role("option")).to_have_count(2)  # the answer to the last letter, not to an earlier one
    held: list[Route] = []
    page.route("**/assist?*", lambda route: held.append(route))
    with page.expect_request("**/assist?*"):
        filter_.press_sequentially("anu")
    filter_.press("ArrowDown")
    chosen = page.get_by_role("option", name="plane.manufacturer")
    expect(chosen).to_have_attribute("aria-selected", "true")
    with page.expect_response("**/assist?*"):
        held[0].continue_()
    expect(page.get_by_role("option")).to_have_count(1)
    page.unroute("**/assist?*")
    expect(chosen).to_have_attribute("aria-selected", "true")
    filter_.press("Enter")
    expect(filter_).to_have_value("plane.manufacturer")


def test_a_problem_has_a_caret_and_its_hint_is_applied_by_a_click(page: Page) -> None:
    page.get_by_role("combobox", name="Filter").fill("plane.yaer>2010;distance>1000")
    problem = page.locator("#filter-problems li")
    expect(problem).to_contain_text("Did you mean 'plane.year'?")
    expect(problem.locator(".caret")).to_have_text("^" * len("plane.yaer"))
    problem.get_by_role("button").click()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("plane.year>2010;distance>1000")
    expect(problem).to_have_count(0)
    expect(page.locator("#rows tbody tr").first).to_be_visible()


def test_the_advice_of_the_same_row_is_applied_by_a_click(page: Page) -> None:
    page.get_by_role("button", name="airports", exact=True).click()
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.fill("arrivals.plane.seats>200;arrivals.arrival_delay>60")
    advice = page.locator("#filter-problems .advice")
    expect(advice).to_contain_text("Did you mean the same row of 'arrivals'?")
    advice.get_by_role("button").click()
    expect(filter_).to_have_value("arrivals=any='plane.seats=gt=200;arrival_delay=gt=60'")
    expect(advice).to_have_count(0)
    expect(page.locator("#rows tbody tr").first).to_be_visible()


def test_back_and_forward_go_through_the_requests(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    shown = page.get_by_role("status")
    expect(shown).to_contain_text(" in ")
    totals = [shown.inner_text().split(" in ")[0]]
    for text in ("airline.code==UA", "airline.code==B6", ""):
        filter_.fill(text)
        filter_.press("Control+Enter")
        # Other rows than before, in one look: between two requests the status is "Loading…".
        expect(shown).to_have_text(re.compile(rf"^(?!{re.escape(totals[-1])} in ).* in "))
        expect(page.get_by_role("button", name="Filter by airline.code").first).to_be_visible()
        totals.append(shown.inner_text().split(" in ")[0])
    page.get_by_role("button", name="airports", exact=True).click()
    expect(page.get_by_role("button", name="latitude", exact=True)).to_be_visible()
    page.go_back()
    expect(filter_).to_have_value("")
    expect(shown).to_contain_text(totals[3])
    for text in ("airline.code==B6", "airline.code==UA"):
        page.go_back()
        expect(filter_).to_have_value(text)
    page.go_forward()
    expect(filter_).to_have_value("airline.code==B6")
    # Its rows are there: what is typed before would run with it.
    expect(shown).to_contain_text(totals[2])
    # What is typed and not run is an entry of its own.
    filter_.press_sequentially(";distance>1")
    page.go_back()
    expect(filter_).to_have_value("airline.code==B6")


def test_sort_by_clicking_heads_and_go_through_pages(page: Page) -> None:
    head = page.get_by_role("button", name="distance", exact=True)
    head.click()
    expect(page.get_by_role("combobox", name="Sort")).to_have_value("distance")
    page.get_by_role("button", name="distance ↑").click()
    expect(page.get_by_role("combobox", name="Sort")).to_have_value("-distance")
    expect(page.locator("#rows tbody tr").first).to_contain_text("4983")
    first = page.locator("#rows tbody td .value").first
    id = first.inner_text()
    page.get_by_role("button", name="Next").click()
    expect(first).not_to_have_text(id)
    assert "page=1" in page.evaluate("location.hash")
    page.get_by_role("button", name="Previous").click()
    expect(first).to_have_text(id)


def test_filter_by_a_value_and_keep_the_state_in_the_address(page: Page, service: str) -> None:
    page.get_by_role("button", name="Filter by airline.code UA").first.click()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("airline.code==UA")
    address = page.url
    again = page.context.new_page()
    again.goto(address)
    expect(again.get_by_role("combobox", name="Filter")).to_have_value("airline.code==UA")
    expect(again.get_by_role("status")).to_contain_text(page.get_by_role("status").inner_text().split(" in ")[0])
    again.close()


def test_copy_the_request(page: Page, service: str) -> None:
    page.get_by_role("combobox", name="Filter").fill("plane.seats>300;airline.code==UA")
    page.get_by_role("combobox", name="Filter").press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("rows in")
    copied = {}
    for name in ("URL", "curl", "httpx", "fetch", "Python builder"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("status")).to_have_text(f"Copied as {name}.")
        copied[name] = page.locator("#copied").inner_text()
    assert copied["URL"] == f"{service}/flights?filter=plane.seats%3E300%3Bairline.code%3D%3DUA"
    assert copied["curl"] == f"curl '{copied['URL']}'"
    assert 'params={"filter": "plane.seats>300;airline.code==UA"}' in copied["httpx"]
    assert "URLSearchParams" in copied["fetch"]
    assert "str((f.plane.seats > 300) & (f.airline.code == 'UA'))" in copied["Python builder"]


def test_the_keyboard_is_enough(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the filter")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Filter")).to_be_focused()
    assert "#resource=flights" in page.url
    page.keyboard.type("destination.na")
    expect(page.get_by_role("option", name="destination.name")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("destination.name")
    page.keyboard.type("==Chicago*")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("of 1,")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="Sort")).to_be_focused()


def test_completions_of_an_earlier_text_are_narrowed_at_once(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.press_sequentially("dest")
    expect(page.get_by_role("option", name="destination.name")).to_be_visible()
    # The server does not answer any more: what is offered fits the text all the same.
    page.route("**/assist?*", lambda route: None)
    filter_.press_sequentially("ination.na")
    expect(page.get_by_role("option")).to_have_count(1)
    filter_.press("ArrowDown")
    filter_.press("Tab")
    expect(filter_).to_have_value("destination.name")
    filter_.press_sequentially("==C")
    expect(page.get_by_role("option")).to_have_count(0)


def test_completions_stay_away_behind_a_run(page: Page) -> None:
    filter_ = page.get_by_role("combobox", name="Filter")
    filter_.press_sequentially("airline.code==U")
    filter_.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("0 rows")
    page.wait_for_timeout(500)
    expect(page.get_by_role("option")).to_have_count(0)


def test_it_fits_on_a_phone_and_has_a_dark_side(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    widths = page.evaluate_handle("[document.documentElement.scrollWidth, innerWidth]").json_value()
    assert widths[0] <= widths[1]
    before = page.locator("body").evaluate_handle("body => getComputedStyle(body).backgroundColor").json_value()
    page.get_by_role("button", name="Switch between light and dark").click()
    after = page.locator("body").evaluate_handle("body => getComputedStyle(body).backgroundColor").json_value()
    assert before != after


def test_a_screenshot(page: Page, tmp_path: Path) -> None:
    page.get_by_role("combobox", name="Filter").fill("destination.name==Chicago*;plane.yaer>2000")
    expect(page.locator("#filter-problems li")).to_have_count(1)
    page.get_by_role("heading").click()
    path = SCREENSHOT if os.environ.get("PYRSQL_WRITE_SCREENSHOTS") else tmp_path / "playground.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 20_000


# --- without a browser ---


def test_the_page_is_small_and_strict() -> None:
    client = TestClient(flights_app)
    size = 0
    for path in ("/", "/playground.css", "/playground.js"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        size += len(answer.content)
    assert size < LARGEST_PAGE
    assert "set-cookie" not in client.get("/").headers


@pytest.mark.parametrize("root_path", ["", "/api/v1", "/api/v1/"])
def test_it_stands_below_a_prefix_and_in_a_sub_application(root_path: str) -> None:
    outer = FastAPI()
    outer.mount("/inner", flights_app)
    client = TestClient(outer, root_path=root_path)
    described = client.get(f"{root_path}/inner/resources").json()
    assert described["resources"][0]["url"] == f"{root_path.rstrip('/')}/inner/flights"


def test_a_playground_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        playground()
    roles: Any = object()
    with pytest.raises(ConfigurationError, match="shows resources, not object"):
        playground(roles)


def test_a_resource_without_a_list_says_nothing_of_its_fields() -> None:
    app = FastAPI()
    app.include_router(playground(planes), prefix="/playground")
    client = TestClient(app)
    assert client.get("/playground/resources").json()["resources"] == []
    assert client.get("/playground/resources/plane/fields").status_code == 404
    assert client.get("/playground/resources/plane/assist").status_code == 404
