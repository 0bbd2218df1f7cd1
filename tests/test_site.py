"""The documentation in a browser: `make docs-check` builds it and runs this; without a built site it is skipped."""

import functools
import os
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import browser

SITE = Path(os.environ.get("PYRSQL_SITE", "no-site"))
PAGES = sorted(path.parent.relative_to(SITE).as_posix() for path in SITE.rglob("index.html"))

pytestmark = pytest.mark.skipif(not PAGES, reason="PYRSQL_SITE names no built site: run make docs-check")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page on a desktop that reaches this machine only."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.route(lambda url: not url.startswith("http://127.0.0.1"), lambda route: route.abort())
    yield page
    page.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_no_page_scrolls_sideways_and_no_table_is_cut_off(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    selectors = [":root"] if width == 375 else [":root", ".md-typeset__scrollwrap"]
    wide = "s => [...document.querySelectorAll(s)].some(e => e.scrollWidth > e.clientWidth + 1)"
    found = []
    for path in PAGES:
        page.goto(f"{address}/{path}/", wait_until="domcontentloaded")
        found += [(path, selector) for selector in selectors if page.evaluate(wide, selector)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("=ic=", "Operators"),
        ("=na=", "Operators"),
        ("=in=", "Operators"),
        ("=any=", "Ask about related rows"),
        ("tenants", "Tenants and roles"),
        ("rows", "Ask about related rows"),
    ],
)
def test_search_finds_operators_and_words(page: Page, address: str, text: str, title: str) -> None:
    page.goto(f"{address}/tutorial/")
    page.locator(".md-search__input").click()
    page.keyboard.type(text)
    results = page.locator(".md-search-result__item")
    expect(results.first).to_be_visible()
    expect(results.filter(has_text=title).first).to_be_visible()


def test_a_page_leads_to_its_neighbours_and_to_the_repository(page: Page, address: str) -> None:
    page.goto(f"{address}/tutorial/")
    assert page.locator(".md-footer__link--prev").get_attribute("href") == ".."
    assert page.locator(".md-footer__link--next").get_attribute("href") == "../demo/"
    assert page.locator(".md-header .md-source").get_attribute("href") == "https://github.com/pyrsql/pyrsql"


def test_the_dark_mode_is_a_click_away(page: Page, address: str) -> None:
    page.goto(f"{address}/tutorial/")
    scheme = "document.body.getAttribute('data-md-color-scheme')"
    assert page.evaluate(scheme) == "default"
    for title in ("Use the light mode", "Use the dark mode"):
        page.get_by_title(title).click()
    assert page.evaluate(scheme) == "slate"
