"""The page in a real browser, opened from disk."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from seedance_assets.core.review import Review
from tests.review.conftest import OpenReview
from tests.review.long_review import SCROLL, TRACED, longest_task, make_long_review
from tests.review.looking import CLIP, cards, played
from tests.review.reviews import make_review, make_shot, make_take, real_take
from tests.review.test_page import HOSTILE, hostile_review

pytestmark = pytest.mark.browser


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


def test_filters_narrow_the_sheet_and_show_the_count(
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


def test_search_finds_words_of_prompts_and_can_be_cleared(
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


def test_sorting_puts_the_worst_first(open_review: OpenReview, production: Review) -> None:
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
        "The sound track is completely silent.",
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


def test_a_shot_without_a_clip_shows_reason_and_advice(
    open_review: OpenReview, production: Review
) -> None:
    page = open_review(production, "#/sh040").page

    panel = page.get_by_role("dialog", name="sh040")
    expect(panel.get_by_text("The service delivered no video.")).to_be_visible()
    expect(panel.get_by_text("Pay for another try.")).to_be_visible()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#panel-title")).to_have_text("sh050")
    expect(page.locator("#panel .trouble")).to_contain_text("The first frame is not a picture.")


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


def test_a_deleted_clip_is_shown_as_missing_without_a_player(
    open_review: OpenReview, home: Path
) -> None:
    take = real_take(home, "sh070", 1)
    (home / "media" / "sh070" / f"{take.name}.mp4").unlink()
    page = open_review(make_review(make_shot("sh070", takes=(take,)))).page

    gone = f"The file of {take.name} is missing."
    expect(page.locator(".card .why")).to_have_text(gone)
    expect(page.locator("#attention")).to_contain_text(gone)
    page.locator(".card").click()

    expect(page.locator("#panel .trouble")).to_contain_text(gone)
    expect(page.locator("#panel .trouble")).to_contain_text("What to do: Run seedance produce")
    expect(page.locator("#panel .slate")).to_have_text("Its file is missing.")
    expect(page.locator("#panel video")).to_have_count(0)
    expect(page.locator("#panel .take .chip")).to_have_text("Pass")


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
    seen.calls_out = True

    answer = seen.page.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'stopped')")

    assert answer == "stopped"


def test_a_rule_narrows_the_sheet_and_sorts_it(open_review: OpenReview, production: Review) -> None:
    page = open_review(production).page

    page.get_by_label("Rule", exact=True).select_option("silence")
    assert cards(page) == ["sh030"]
    page.get_by_label("Rule", exact=True).select_option("All")
    page.get_by_label("Sort").select_option("Rule")
    assert cards(page)[:2] == ["sh030", "sh020"]
    page.get_by_label("Sort").select_option("Sequence")
    assert cards(page) == ["sh010", "sh020", "sh030", "sh040", "sh050", "sh060"]


def test_the_summary_links_to_its_shots(open_review: OpenReview, production: Review) -> None:
    page = open_review(production).page
    page.get_by_role("link", name="One-page summary").first.click()

    page.get_by_role("link", name="sh030").first.click()

    expect(page.locator("#panel-title")).to_have_text("sh030")


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
