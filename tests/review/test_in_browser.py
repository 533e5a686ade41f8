"""The page in a real browser, opened from disk as a client would open it."""

import re

import pytest
from playwright.sync_api import Page, expect

from seedance_assets.core.review import Review
from tests.review.conftest import OpenReview
from tests.review.reviews import make_review, make_shot, make_take
from tests.review.test_page import HOSTILE, hostile_review

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

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


def played(page: Page, place: int) -> None:
    """Come back when a video has played for a moment; the policy forbids `wait_for_function`."""
    page.evaluate(
        """(place) => new Promise((done) => {
          const video = document.querySelectorAll("video")[place];
          const look = () => video.currentTime > 0.1 ? done() : requestAnimationFrame(look);
          look();
        })""",
        place,
    )


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
    expect(panel.get_by_alt_text("Frames of take 1, from first to last")).to_be_visible()
    expect(panel.locator(".badge")).to_have_text(["EMULATED", "EMULATED"])  # head and clip
    for text in (
        "Dusk over the bay.",
        "The sound track holds nothing but silence.",
        "req-sh030_t001",
        "2026-03-14 09:12 UTC",
        "1 min 12 s",
        "$0.13 charged, $0.12 estimated",
        "128 × 72, 24 fps, h264",
        "Harbour",
    ):
        expect(panel.get_by_text(text).first).to_be_visible()


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
    second = "document.querySelectorAll('video')[1]"

    page.keyboard.press("2")
    page.keyboard.press(" ")
    played(page, 1)
    assert page.evaluate(f"[{second}.videoWidth, {second}.videoHeight]") == [128, 72]
    assert page.evaluate("document.querySelector('video').paused")
    page.keyboard.press(" ")
    assert page.evaluate(f"{second}.paused")


def test_nothing_plays_on_behind_a_closed_panel(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh020").page
    page.keyboard.press(" ")
    played(page, 0)

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
    page.locator("#attention").get_by_role("link", name="sh030").click()

    expect(page.locator("#panel-title")).to_have_text("sh030")


def test_the_whole_fingerprint_is_one_press_away(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh010").page
    row = page.locator(".record div", has_text="Fingerprint")
    full = make_take(number=2).fingerprint

    expect(row.get_by_role("button")).to_have_attribute("title", full)
    row.get_by_role("button").click()

    expect(row.locator("code")).to_have_text(full)


def test_hostile_texts_stay_texts(open_review: OpenReview) -> None:
    seen = open_review(hostile_review())
    dialogs: list[str] = []
    seen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    seen.page.locator(".card").first.click()

    expect(seen.page.locator("#panel-title")).to_have_text(HOSTILE)
    expect(seen.page.locator(".prompt")).to_have_text(HOSTILE)
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page.locator("#panel-title")).to_have_text("b")
    assert dialogs == []
    seen.complaints[:] = [c for c in seen.complaints if "ERR_FILE_NOT_FOUND" not in c]


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


def test_a_thousand_shots_are_searched_and_walked_through(open_review: OpenReview) -> None:
    shots = [make_shot(f"sh{n:04d}", row=n + 2, takes=(), first_frame=None) for n in range(1000)]
    page = open_review(make_review(*shots)).page

    page.get_by_role("searchbox").fill("sh09")
    expect(page.locator("#count")).to_have_text("100 of 1000 shots")
    page.locator(".card").last.click()

    expect(page.locator("#panel-place")).to_contain_text("100 of 100")
