"""Accessibility of the page in a real browser: contrast, names, narrow screens, print."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from seedance_assets.core.review import Review
from tests.review.conftest import OpenReview

pytestmark = pytest.mark.browser

CONTRASTS = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = numbers(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [0, 0, 0];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !node.checkVisibility()) continue;
    if (node.disabled || node.closest("script, option, .why")) continue;
    const pair = [light(numbers(getComputedStyle(node).color)), light(ground(node))].sort();
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) poor.push(`${node.className || node.tagName} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}"""

NAMELESS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return [
    ...all("img").filter((image) => !image.alt),
    ...all("button, a").filter((control) => !control.textContent.trim()),
    ...all("video").filter((video) => !video.ariaLabel),
    ...all("input, select").filter((field) => !field.ariaLabel && !field.labels.length),
    ...all("table").filter((table) => !table.querySelector("th[scope=col]")),
  ].map((node) => node.outerHTML);
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_can_be_read_on_its_ground(
    open_review: OpenReview, production: Review, scheme: str
) -> None:
    page = open_review(production, scheme=scheme).page

    assert page.evaluate(CONTRASTS) == []
    page.locator(".card", has_text="sh030").click()
    assert page.evaluate(CONTRASTS) == []


def test_a_narrow_screen_needs_no_sideways_scrolling(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, size=(390, 844)).page
    width = "[document.documentElement.scrollWidth, document.querySelector('dialog').scrollWidth]"

    assert page.evaluate(width)[0] <= 390
    page.locator(".card").first.click()
    assert max(page.evaluate(width)) <= 390


def test_everything_has_a_name_for_a_screen_reader(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page
    page.locator(".card").first.click()

    nameless = page.evaluate(NAMELESS)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((h) => h.tagName)")

    assert nameless == []
    assert levels.count("H1") == 1
    assert levels[0] == "H1"
    for role in ("banner", "main", "contentinfo", "search", "dialog"):
        assert page.get_by_role(role, include_hidden=True).count() == 1


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_no_serious_barrier_on_the_sheet_in_a_panel_and_in_the_summary(
    open_review: OpenReview, production: Review, scheme: str
) -> None:
    page = open_review(production, scheme=scheme).page

    assert barriers(page) == []
    page.locator(".card", has_text="sh030").click()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="One-page summary").first.click()
    expect(page).to_have_title("The Keeper · summary")
    assert barriers(page) == []


def test_page_panel_and_summary_print_and_the_summary_on_one_sheet(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page
    printed = {"format": "A4", "prefer_css_page_size": True, "print_background": True}

    def sheets() -> int:
        return page.pdf(**printed).count(b"/Type /Page\n")  # type: ignore[arg-type]

    assert sheets() == 2
    page.locator(".card", has_text="sh030").click()
    assert sheets() <= 3
    page.keyboard.press("Escape")
    page.get_by_role("link", name="One-page summary").first.click()
    assert sheets() == 1
