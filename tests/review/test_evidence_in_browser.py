"""The evidence in a real browser: faults, curves, wipe, all takes."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from seedance_assets.core.review import Review
from tests.review.conftest import OpenReview
from tests.review.looking import comes_true, stands_at

pytestmark = pytest.mark.browser


def test_clicking_a_fault_seeks_to_it(open_review: OpenReview, production: Review) -> None:
    page = open_review(production, "#/sh030").page

    places = page.locator(".fault").all_text_contents()
    assert places == ["silence 0.25–0.30 s", "silence 0.50–0.75 s", "camera 0.80 s"]
    page.get_by_role("button", name="Go to silence, Fail, 0.50–0.75 s").first.click()
    stands_at(page, 0.5)
    expect(page.locator("#moment")).to_have_text("0.50 s · frame 12")
    page.locator(".places button").first.click()
    stands_at(page, 0.25)


def test_clicking_the_curves_seeks_to_the_fault_or_time(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh030").page
    curves = page.locator(".curves svg")
    box = curves.bounding_box()
    assert box

    page.locator(".band.fail").first.scroll_into_view_if_needed()
    page.locator(".band.fail").first.click()
    stands_at(page, 0.5)  # its beginning, wherever it was met
    curves.click(position={"x": box["width"] * 0.9, "y": 10})
    stands_at(page, 0.9 * 25 / 24)
    assert page.locator(".curve").count() == 3
    assert "2 faults" not in (curves.get_attribute("aria-label") or "")
    assert "3 faults marked" in (curves.get_attribute("aria-label") or "")


def test_keys_go_from_frame_to_frame_and_from_fault_to_fault(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh030").page

    for at_s in (0.25, 0.5, 0.8, 0.25):
        page.keyboard.press("f")
        stands_at(page, at_s)
    page.keyboard.press(".")
    stands_at(page, 0.25 + 1 / 24)
    page.keyboard.press(",")
    stands_at(page, 0.25)


def colours(page: Page, *places: float) -> list[tuple[int, int, int]]:
    """The colours on the middle line of the wipe, at shares of its width."""
    field = Image.open(io.BytesIO(page.locator(".wipe").screenshot())).convert("RGB")
    found = [field.getpixel((int(field.width * x), field.height // 4)) for x in places]
    return [c for c in found if isinstance(c, tuple)]  # type: ignore[misc]  # of an RGB picture


def test_the_wipe_shows_the_given_picture_on_its_left_and_frame_0_on_its_right(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh020").page
    comes_true(page, "document.querySelector('.wipe video').readyState > 1")
    given = (0x33, 0x44, 0x55)

    left, right = colours(page, 0.3, 0.7)
    assert left == given != right
    page.get_by_role("slider").fill("80")
    assert colours(page, 0.3, 0.7) == [given, given]
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("slider")).to_have_value("79")
    expect(page.locator("#panel-title")).to_have_text("sh020")  # the arrow was the slider's
    page.get_by_role("slider").fill("0")
    assert given not in colours(page, 0.3, 0.7)


def test_the_difference_of_what_is_the_same_is_black(
    open_review: OpenReview, production: Review, home: Path
) -> None:
    page = open_review(production, "#/sh020").page
    comes_true(page, "document.querySelector('.wipe video').readyState > 1")
    _, shown = colours(page, 0.3, 0.7)

    page.get_by_role("button", name="Difference").click()

    given = (0x33, 0x44, 0x55)
    (seen,) = colours(page, 0.7)
    wanted = [abs(a - b) for a, b in zip(given, shown, strict=True)]
    assert max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) < 12


def test_the_wipe_and_the_findings_follow_the_chosen_take(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh010").page

    page.keyboard.press("1")
    expect(page.get_by_role("slider")).to_have_attribute(
        "aria-label", "Wipe from the first frame to frame 0 of take 1"
    )
    expect(page.locator("#take-lineage h3")).to_have_text("Lineage of take 1")
    expect(page.locator(".timeline h3")).to_have_text("Timeline of take 1")


def test_passed_rules_and_the_request_are_one_click_away(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh030").page

    passed = page.locator(".passed").get_by_role("row", name="size")
    expect(passed).to_have_count(0)
    page.get_by_text("1 rule passed").click()
    expect(passed).to_be_visible()
    page.get_by_text("The complete request").click()
    expect(page.locator(".lineage .record", has_text="first_frame_image_url")).to_be_visible()
