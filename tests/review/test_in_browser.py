"""The page in a real browser, opened from disk as a client would open it."""

import io
import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from seedance_assets.core.review import Review
from tests.review.conftest import OpenReview
from tests.review.long_review import SCROLL, TRACED, longest_task, make_long_review
from tests.review.reviews import make_review, make_shot, make_take
from tests.review.test_page import HOSTILE, hostile_review

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


CLIP = "document.querySelector('.take.chosen video')"


def comes_true(page: Page, condition: str) -> None:
    """Come back once a condition holds; the policy of the page forbids `wait_for_function`."""
    page.evaluate(
        f"""() => new Promise((done, fail) => {{
          const end = performance.now() + 30000;
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


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_opens_from_disk_in_dark_and_light(
    open_review: OpenReview, production: Review, scheme: str
) -> None:
    seen = open_review(production, scheme=scheme)

    expect(seen.page).to_have_title("The Keeper · shot review")
    expect(seen.page.locator(".emulated-banner")).to_be_visible()
    assert cards(seen.page) == ["sh010", "sh020", "sh030", "sh040", "sh050", "sh060"]
    red = seen.page.evaluate(
        "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
    )
    assert red < 40 if scheme == "dark" else red > 220
    assert any(url.endswith("sh010_t002.jpg") for url in seen.requests)
    assert not any(url.endswith(".mp4") for url in seen.requests)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_can_be_read_on_its_ground(
    open_review: OpenReview, production: Review, scheme: str
) -> None:
    page = open_review(production, scheme=scheme).page

    assert page.evaluate(CONTRASTS) == []
    page.locator(".card", has_text="sh030").click()
    assert page.evaluate(CONTRASTS) == []


def test_filters_narrow_the_sheet_and_say_how_many_are_left(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page

    page.get_by_label("Sequence").select_option("sq020")
    assert cards(page) == ["sh030", "sh040", "sh050"]
    page.get_by_role("button", name="Failed").click()
    page.get_by_role("button", name="Blocked").click()
    assert cards(page) == ["sh040", "sh050"]
    expect(page.locator("#count")).to_have_text("2 of 6 shots")
    page.get_by_role("button", name="Failed").click()
    assert cards(page) == ["sh050"]


def test_search_finds_words_of_prompts_and_a_way_back(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page

    page.keyboard.press("/")
    page.keyboard.type("GULL circles")
    assert cards(page) == ["sh020"]
    page.keyboard.type(" nothing like it")
    expect(page.locator("#nothing")).to_be_visible()
    page.get_by_role("button", name="Show all shots").click()
    expect(page.locator("#count")).to_have_text("6 of 6 shots")


def test_sorting_brings_the_worst_to_the_front(open_review: OpenReview, production: Review) -> None:
    page = open_review(production).page

    page.get_by_label("Sort").select_option("Worst first")

    assert cards(page) == ["sh040", "sh030", "sh050", "sh020", "sh060", "sh010"]


def test_a_click_opens_the_panel_with_everything_about_the_shot(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page

    page.locator(".card", has_text="sh030").click()

    panel = page.get_by_role("dialog", name="sh030")
    expect(panel).to_be_visible()
    expect(panel.get_by_alt_text("First frame of sh030, as given to the model")).to_be_visible()
    expect(panel.get_by_role("slider")).to_have_count(1)
    expect(panel.get_by_alt_text("Frames of take 1, from first to last")).to_be_visible()
    expect(panel.locator(".badge")).to_have_text(["EMULATED", "EMULATED"])  # head and clip
    for text in (
        "Dusk over the bay.",
        "The sound track holds nothing but silence.",
        "req-sh030_t001",
        "2026-03-14 09:12 UTC",
        "1 min 12 s",
        "$0.13",
        "$0.12",
        "run-7",
        "2026-03-14 09:13 UTC",
        "-21.4 LUFS",
        "128 × 72, 24 fps, h264",
        "Harbour",
    ):
        expect(panel.get_by_text(text).locator("visible=true").first).to_be_visible()


def test_the_keyboard_is_enough(open_review: OpenReview, production: Review) -> None:
    page = open_review(production).page
    title, pressed = page.locator("#panel-title"), page.locator(".pick[aria-pressed=true]")

    page.locator(".card").first.focus()
    page.keyboard.press("Enter")
    expect(title).to_have_text("sh010")
    expect(pressed).to_have_text("Take 2")
    page.keyboard.press("1")
    expect(pressed).to_have_text("Take 1")
    page.keyboard.press("ArrowRight")
    expect(title).to_have_text("sh020")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text("sh020")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator(".card", has_text="sh020")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card", has_text="sh030")).to_be_focused()


def test_the_address_follows_the_shot_and_survives_a_reload(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh010").page

    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("#/sh030$"))
    page.reload()
    expect(page.locator("#panel-title")).to_have_text("sh030")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page).to_have_url(re.compile("#/$"))


def test_space_plays_the_chosen_take_and_pauses_it(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh010").page

    page.keyboard.press("2")
    page.keyboard.press(" ")
    played(page)
    assert page.evaluate(f"[{CLIP}.videoWidth, {CLIP}.videoHeight]") == [128, 72]
    paused = "[...document.querySelectorAll('.take video')].map((video) => video.paused)"
    assert page.evaluate(paused) == [True, False]
    page.keyboard.press(" ")
    assert page.evaluate(paused) == [True, True]


def test_nothing_plays_on_behind_a_closed_panel(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh020").page
    page.keyboard.press(" ")
    played(page)

    page.get_by_role("button", name="Close").click()

    expect(page.locator("video")).to_have_count(0)


def test_the_arrows_follow_the_filtered_and_sorted_sheet(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page
    page.get_by_label("Sequence").select_option("sq020")
    page.get_by_label("Sort").select_option("Worst first")

    page.locator(".card").first.click()
    expect(page.locator("#panel-place")).to_have_text("1 of 3 · sq020 · row 5")
    page.get_by_role("button", name="Next").click()

    expect(page.locator("#panel-title")).to_have_text("sh030")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()


def test_a_shot_without_a_clip_says_why_and_what_to_do(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh040").page

    panel = page.get_by_role("dialog", name="sh040")
    expect(panel.get_by_text("The service delivered no video.")).to_be_visible()
    expect(panel.get_by_text("Pay for another try.")).to_be_visible()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#panel-title")).to_have_text("sh050")
    expect(page.locator("#panel .trouble")).to_contain_text("The first frame is no picture.")


def test_a_link_of_the_attention_list_opens_its_shot(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production).page

    page.get_by_role("link", name="Needs attention").click()
    page.locator("#attention").get_by_role("link", name="sh030").first.click()

    expect(page.locator("#panel-title")).to_have_text("sh030")


def test_the_whole_fingerprint_is_one_press_away(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh010").page
    row = page.locator(".lineage .record div", has_text="Fingerprint")
    full = make_take(number=2).fingerprint

    expect(row.get_by_role("button")).to_have_attribute("title", full)
    row.get_by_role("button").click()

    expect(row.locator("code")).to_have_text(full)


def test_hostile_texts_stay_texts(open_review: OpenReview) -> None:
    seen = open_review(hostile_review())
    seen.media_are_missing = True
    dialogs: list[str] = []
    seen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    seen.page.locator(".card").first.click()

    expect(seen.page.locator("#panel-title")).to_have_text(HOSTILE)
    expect(seen.page.locator(".prompt")).to_have_text(HOSTILE)
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page.locator("#panel-title")).to_have_text("b")
    assert dialogs == []


def test_the_policy_keeps_even_our_own_script_from_calling_out(open_review: OpenReview) -> None:
    seen = open_review(make_review(make_shot(takes=(), first_frame=None)))

    answer = seen.page.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'stopped')")

    assert answer == "stopped"
    assert all("Content Security Policy" in text for text in seen.complaints)
    seen.complaints.clear()


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


def test_a_press_on_a_fault_goes_to_its_moment(open_review: OpenReview, production: Review) -> None:
    page = open_review(production, "#/sh030").page

    places = page.locator(".fault").all_text_contents()
    assert places == ["silence 0.25–0.30 s", "silence 0.50–0.75 s", "camera 0.80 s"]
    page.get_by_role("button", name="Go to silence, Fail, 0.50–0.75 s").first.click()
    stands_at(page, 0.5)
    expect(page.locator("#moment")).to_have_text("0.50 s · frame 12")
    page.locator(".places button").first.click()
    stands_at(page, 0.25)


def test_a_press_on_the_curves_goes_to_the_fault_or_the_moment_under_it(
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


def test_what_passed_is_one_press_away_and_the_request_too(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh030").page

    passed = page.locator(".passed").get_by_role("row", name="size")
    expect(passed).to_have_count(0)
    page.get_by_text("1 rule passed").click()
    expect(passed).to_be_visible()
    page.get_by_text("The whole request").click()
    expect(page.locator(".lineage .record", has_text="first_frame_image_url")).to_be_visible()


def test_a_rule_narrows_the_sheet_and_sorts_it(open_review: OpenReview, production: Review) -> None:
    page = open_review(production).page

    page.get_by_label("Rule", exact=True).select_option("silence")
    assert cards(page) == ["sh030"]
    page.get_by_label("Rule", exact=True).select_option("All")
    page.get_by_label("Sort").select_option("Rule")
    assert cards(page)[:2] == ["sh030", "sh020"]
    page.get_by_label("Sort").select_option("Sequence")
    assert cards(page) == ["sh010", "sh020", "sh030", "sh040", "sh050", "sh060"]


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


def test_the_summary_leads_to_its_shots(open_review: OpenReview, production: Review) -> None:
    page = open_review(production).page
    page.get_by_role("link", name="One-page summary").first.click()

    page.get_by_role("link", name="sh030").first.click()

    expect(page.locator("#panel-title")).to_have_text("sh030")


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


def test_a_thousand_shots_scroll_without_a_long_task_and_load_pictures_as_they_come(
    open_review: OpenReview, browser: Browser, home: Path
) -> None:
    seen = open_review(make_long_review(home, 1000))
    at_first = sum(url.endswith(".jpg") for url in seen.requests)

    browser.start_tracing(page=seen.page, categories=TRACED)
    seen.page.evaluate(SCROLL)
    longest = longest_task(browser.stop_tracing())

    assert 0 < longest.cpu_ms < 200
    assert at_first < 250
    assert sum(url.endswith(".jpg") for url in seen.requests) > 900


def test_a_thousand_shots_are_searched_and_walked_through(open_review: OpenReview) -> None:
    shots = [make_shot(f"sh{n:04d}", row=n + 2, takes=(), first_frame=None) for n in range(1000)]
    page = open_review(make_review(*shots)).page

    page.get_by_role("searchbox").fill("sh09")
    expect(page.locator("#count")).to_have_text("100 of 1000 shots")
    page.locator(".card").last.click()

    expect(page.locator("#panel-place")).to_contain_text("100 of 100")
