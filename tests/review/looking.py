"""Shared by the browser tests: finding elements and waiting for them."""

import json

from playwright.sync_api import Page

from tests.browser import PATIENCE_MS

CLIP = "document.querySelector('.take.chosen video')"


def comes_true(page: Page, condition: str) -> None:
    """Come back once a condition holds; the policy of the page forbids `wait_for_function`."""
    page.evaluate(
        f"""() => new Promise((done, fail) => {{
          const end = performance.now() + {PATIENCE_MS};
          const look = () => {condition} ? done()
            : performance.now() > end ? fail(new Error({json.dumps(condition)}))
            : setTimeout(look, 20);
          look();
        }})"""
    )


def played(page: Page) -> None:
    """Come back when the chosen clip has played for a moment."""
    comes_true(page, f"{CLIP}.currentTime > 0.1")


def stands_at(page: Page, at_s: float) -> None:
    """Come back when the chosen clip shows the frame of a moment, and the playhead stands there."""
    comes_true(page, f"{CLIP}.readyState > 1 && Math.abs({CLIP}.currentTime - {at_s}) < 0.02")
    length_s = page.evaluate(f"{CLIP}.duration")
    left = float(page.evaluate("parseFloat(document.querySelector('#playhead').style.left)"))
    assert abs(left / 100 * length_s - at_s) < 0.06
    assert page.evaluate(f"{CLIP}.paused")


def cards(page: Page) -> list[str]:
    return page.locator(".card .key").all_text_contents()
