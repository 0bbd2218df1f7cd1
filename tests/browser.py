"""A real browser for tests: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

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
