"""The documentation in a browser: `make docs-check` builds it and runs this; without a built site it is skipped."""

import functools
import os
import re
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
def test_no_page_table_or_line_of_code_is_cut_off(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    selectors = [":root", ".md-typeset__scrollwrap", ".md-content pre > code"]
    wide = "s => [...document.querySelectorAll(s)].some(e => e.scrollWidth > e.clientWidth + 1)"
    found = []
    for path in PAGES:
        page.goto(f"{address}/{path}/", wait_until="domcontentloaded")
        found += [(path, selector) for selector in selectors if page.evaluate(wide, selector)]
    assert found == []


def test_the_grammar_breaks_no_line_on_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{address}/reference/language/")
    fits = "e => { e.style.whiteSpace = 'pre'; return e.scrollWidth <= e.clientWidth + 1 }"
    assert [code.evaluate(fits) for code in page.locator(".md-content pre > code").all()] == [True, True]


def test_the_first_screen_has_a_request_its_sql_its_answer_and_the_playground(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    shown = page.locator(".md-content")
    for part in ("GET /people", "SELECT people.id", "total_is_exact"):
        expect(shown.locator(".highlight", has_text=part)).to_be_in_viewport(ratio=1)
    expect(shown.get_by_role("img", name="playground")).to_be_in_viewport(ratio=0.5)


def test_every_link_leads_somewhere() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in SITE.resolve().rglob("index.html")}
    targets = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    broken = []
    for path, text in pages.items():
        for link in set(re.findall(r'(?:href|src)="(?!https?:|data:)([^"]+)"', text)):
            place, _, anchor = link.partition("#")
            found = (path.parent / place).resolve() if place else path
            found = found / "index.html" if found.is_dir() else found
            if not found.exists() or (anchor and found in targets and anchor not in targets[found]):
                broken.append((path.parent.name, link))
    assert broken == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("=ic=", "Operators"),
        ("=na=", "Operators"),
        ("=in=", "Operators"),
        ("=any=", "Ask about related rows"),
        ("=all=", "Ask about related rows"),
        ("@count", "Ask about related rows"),
        ("tenants", "Tenants and roles"),
        ("rows", "Ask about related rows"),
        ("pagination", "Page through results"),
        ("testing", "Test an endpoint"),
        *(
            (sign, "Signs")
            for sign in ("==", "!=", ">", ">=", "<", "<=", ";", ",", "(", "*", "^", "'", "-", "+", "@", "&", "%")
        ),
    ],
)
def test_search_finds_operators_and_words(page: Page, address: str, text: str, title: str) -> None:
    page.goto(f"{address}/tutorial/")
    page.locator(".md-search__input").click()
    page.keyboard.type(text)
    results = page.locator(".md-search-result__item")
    expect(results.first).to_be_visible()
    expect(results.filter(has_text=title).first).to_be_visible()


@pytest.mark.parametrize(
    ("sign", "meaning"),
    [
        (">=", "Greater > >="),
        ("*", "wildcard"),
        ("^", "any letter case"),
        (";", "AND"),
        (",", "OR"),
        ("!=", "not equal"),
    ],
)
def test_a_sign_finds_its_meaning_first(page: Page, address: str, sign: str, meaning: str) -> None:
    page.goto(f"{address}/tutorial/")
    page.locator(".md-search__input").click()
    page.keyboard.type(sign)
    expect(page.locator(".md-search-result__item").first).to_contain_text(meaning)


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
