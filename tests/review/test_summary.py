"""The summary: counts, money, time and what to do next, on one page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seedance_assets.adapters.review.summary_page import build_summary
from seedance_assets.core.review import Review, ReviewShot
from seedance_assets.core.summary import summarise
from tests.review.reviews import (
    ORDERED,
    make_finding,
    make_problem,
    make_review,
    make_shot,
    make_take,
    without_clip,
)
from tests.review.test_page import HOSTILE, Outline, hostile_review


def judged(key: str, *rules: tuple[str, str], **changes: Any) -> ReviewShot:
    findings = tuple(make_finding(rule, verdict) for rule, verdict in rules)
    words = [verdict for _, verdict in rules]
    worst = next(word for word in ("fail", "warn", "pass") if word in words)
    take = make_take(key, findings=findings, verdict=worst, **changes)
    return make_shot(key, verdict=worst, takes=(take,))


def mixed_review() -> Review:
    lost = without_clip(make_take("e", state="failed", error="no", cost_usd=None))
    return make_review(
        judged("a", ("size", "pass"), ("cut", "pass")),
        judged("b", ("size", "pass"), ("cut", "fail"), cost_usd=0.5),
        judged("c", ("size", "warn"), ("cut", "fail"), cost_usd=None, estimate_usd=0.25),
        judged("d", ("size", "warn"), ("cut", "pass")),
        make_shot(
            "e", sequence="sq020", status="failed", verdict=None, advice="Try again.", takes=(lost,)
        ),
        make_shot("f", sequence="", status="pending", verdict=None, advice="Run `x`.", takes=()),
        problems=(make_problem(), make_problem(severity="warning", shot="sh099")),
    )


def test_rules_are_counted_over_the_clips_of_now_the_worst_first() -> None:
    old = make_take("a", 2, current=False, findings=(make_finding("cut", "fail"),))
    review = mixed_review()
    first = review.shots[0].model_copy(update={"takes": (*review.shots[0].takes, old)})

    rules = summarise(review.model_copy(update={"shots": (first, *review.shots[1:])})).rules

    assert [(r.rule, r.passed, r.warned, r.failed) for r in rules] == [
        ("cut", 2, 0, 2),
        ("size", 2, 2, 0),
    ]


def test_money_is_charged_or_estimated_by_sequence() -> None:
    money = summarise(mixed_review()).money

    assert money.charged_usd == pytest.approx(0.13 + 0.5 + 0.13)
    assert money.estimated_usd == pytest.approx(0.25 + 0.1213)
    assert money.total_usd == pytest.approx(mixed_review().cost_usd)
    assert money.on_failed_clips_usd == pytest.approx(0.75)
    assert money.at_order_usd == pytest.approx(0.1213 * 4 + 0.25)
    assert dict(money.by_sequence_usd) == pytest.approx({"sq010": 1.01, "sq020": 0.1213, "–": 0})


def test_time_is_video_and_waiting() -> None:
    later: dict[str, Any] = {"ordered_at": ORDERED + timedelta(seconds=60), "service_time_s": 100.0}
    late = make_take("b", delivered_at=datetime(2026, 3, 14, 9, 15, 10, tzinfo=UTC), **later)
    review = make_review(make_shot("a"), make_shot("b", takes=(late,)))

    time = summarise(review).time

    assert time.video_s == pytest.approx(2 * 5.041667)
    assert (time.median_service_s, time.longest_service_s) == (85.75, 100.0)
    assert time.first_order_to_last_delivery_s == 160


def test_what_to_do_next_begins_with_what_stopped() -> None:
    steps = summarise(mixed_review()).steps

    assert [(step.action, step.shots, step.urgency) for step in steps] == [
        ("Try again.", ("e",), "fail"),
        ("Correct the rows of the sheet that have errors.", ("sh090",), "fail"),
        ("Cut failed: watch the clips and decide.", ("b", "c"), "fail"),
        ("Size warns: check it.", ("d",), "warn"),
        ("Run `x`.", ("f",), "pending"),
    ]


def test_the_page_shows_all_of_it() -> None:
    outline = Outline(build_summary(mixed_review()))
    text = " ".join(outline.text.split())

    for words in (
        "6 shots",
        "2 Fail",
        "1 Failed",
        "In all $1.13",
        "For failed clips $0.75",
        "cut 2 – 2",
        "Cut failed: watch the clips and decide. b , c",
        "Run x .",
    ):
        assert words in text
    assert {"href": "./index.html#/b"} in outline.all("a")
    assert {"href": "./index.html#/sh090"} not in outline.all("a")  # it has no panel


def test_when_all_is_well_there_is_nothing_to_do() -> None:
    html = build_summary(make_review())

    assert "ready for the edit" in html
    assert "2 rules passed every clip." in html


def test_a_production_of_a_thousand_shots_is_still_one_page_long() -> None:
    shots = [
        judged(f"sh{n:04d}", *((f"rule_{k}", "fail" if k == n % 31 else "pass") for k in range(31)))
        for n in range(1000)
    ]

    outline = Outline(build_summary(make_review(*shots)))
    text = " ".join(outline.text.split())

    assert len(outline.all("li")) == 11
    assert len(outline.all("tr")) == 15
    assert "and 27 more" in text
    assert "17 more rules with faults" in text
    assert "21 more things" in text


def test_no_text_becomes_markup_and_nothing_is_asked_of_anybody() -> None:
    outline = Outline(build_summary(hostile_review()))
    metas = [m["content"] for m in outline.all("meta") if m.get("http-equiv")]

    assert outline.all("script") == []
    assert outline.all("img") == []
    assert "alert(1)" in outline.text
    assert HOSTILE.split("\u2028")[0] in outline.text
    assert "script-src 'none'" in str(metas[0])


def test_a_production_without_shots_has_a_summary_too() -> None:
    html = build_summary(make_review().model_copy(update={"shots": ()}))

    assert "The sheet has no shots." in html
