"""A real headless Chromium: the machine's own."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

PATIENCE_MS = 120_000
"""With a browser on a machine that may stall."""

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module", name="browser")
def open_browser() -> Iterator[Browser]:
    """The machine's own Chromium. Without one the tests are skipped, but not in CI.

    It ends with its module: while it is open, no other event loop can run in this thread.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no `chromium` on the path: no page was looked at"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        chrome = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_ARGUMENTS, timeout=PATIENCE_MS
        )
        yield chrome
        chrome.close()
