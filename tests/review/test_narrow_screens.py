"""On a phone, and in a narrow window: prompt and clip come first, and no column is cut."""

import pytest
from playwright.sync_api import Page, expect

from seedance_assets.core.review import Review
from tests.review.conftest import OpenReview

pytestmark = pytest.mark.browser
WIDTHS = pytest.mark.parametrize(("width", "height"), [(390, 844), (1000, 800), (1400, 900)])


def cut(page: Page) -> list[str]:
    """What is wider than its place, so that one would have to scroll sideways."""
    found: list[str] = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(".scroll, dialog, main")]
        .filter((e) => e.scrollWidth > e.clientWidth + 1)
        .map((e) => `${e.tagName} ${e.getAttribute("aria-label")}: ${e.scrollWidth}`)"""
    )
    return found


def lower_edge(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@WIDTHS
def test_the_first_card_and_its_prompt_are_above_the_fold(
    open_review: OpenReview, production: Review, width: int, height: int
) -> None:
    page = open_review(production).page
    page.set_viewport_size({"width": width, "height": height})

    assert lower_edge(page, ".card .frame") < height
    assert lower_edge(page, ".card-prompt") < height
    assert cut(page) == []


@WIDTHS
@pytest.mark.parametrize("shot", ["sh010", "sh030"], ids=["two takes", "one take"])
def test_clip_and_prompt_of_a_shot_are_above_the_fold(
    open_review: OpenReview, production: Review, shot: str, width: int, height: int
) -> None:
    page = open_review(production).page
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(f"location.hash = '#/{shot}'")
    expect(page.locator("#panel-title")).to_have_text(shot)

    assert lower_edge(page, "figure.take .screen") < height
    assert lower_edge(page, "p.prompt") < height
    assert cut(page) == []
