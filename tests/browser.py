"""A real browser for tests: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.databases import is_set

# The last six keep Chromium from calling hosts of its maker.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser; without one the test is skipped, or fails where `PYRSQL_REQUIRE_BROWSER` asks for it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "there is no Chromium on this machine: apt-get install chromium"
        if is_set("PYRSQL_REQUIRE_BROWSER"):
            pytest.fail(f"PYRSQL_REQUIRE_BROWSER is set, but {reason}", pytrace=False)
        pytest.skip(reason)
    # A busy machine may take a while to show what a click has asked for.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@contextmanager
def opened(browser: Browser, service: str) -> Iterator[Page]:
    """A page of a service. At the end it has asked no other host, and broken neither its policy nor its script."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.goto(service)
    yield page
    context.close()
    host = "/".join(service.split("/")[:3])
    assert [url for url in requested if not url.startswith((f"{host}/", "data:"))] == []
    # Chromium notes each answer with an error status, and each that does not come.
    assert [text for text in complaints if not text.startswith("Failed to load resource: ")] == []
