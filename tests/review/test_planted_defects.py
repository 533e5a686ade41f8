"""Eight defects in the sample production give exactly eight failures, each for its reason."""

import asyncio
import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seedance_assets.adapters.review import write_review
from seedance_assets.core.review import Review, ReviewShot
from seedance_assets.core.summary import summarise
from seedance_assets.emulator import read_scenario
from seedance_assets.production.review import make_review
from seedance_assets.wiring import open_production, read_production
from tests.stage import Stage, stage

SAMPLE = Path(__file__).parents[2] / "data"
PLANTED = {
    "sq010_sh010": "black",
    "sq010_sh020": "camera",
    "sq010_sh030": "silence",
    "sq020_sh010": "cut",
    "sq020_sh020": "freeze",
    "sq020_sh030": "flashes",
    "sq030_sh020": "size",
    "sq030_sh030": "first_frame",
}
FOLLOWS = {
    "black": {"freeze"},  # nothing moves in the black
    "silence": {"audio"},
    "flashes": {"flicker"},  # the brightness jitters
}
"""What a defect brings about by its nature, and may be called as well."""


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The sample, smaller and shorter, filmed on an emulator that plays `data/defects.toml`."""
    folder = tmp_path_factory.mktemp("planted")
    rules = read_scenario(SAMPLE / "defects.toml").rules
    with stage(folder / "production", None, *rules, queue_s=0.0, service_s=0.0) as opened:
        shutil.copy(SAMPLE / "production.toml", opened.folder)
        shutil.copytree(SAMPLE / "first_frames", opened.folder / "first_frames")
        with (SAMPLE / "shots.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with opened.sheet.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(row | {"resolution": "480p", "duration": "4"} for row in rows)
        outcome = opened.film()
        assert outcome.failed == {}
        yield opened


@pytest.fixture(scope="module")
def review(filmed: Stage) -> Review:
    """What the report shows of it."""
    shot_list, settings = read_production(filmed.sheet)
    with open_production(filmed.environment, settings) as production:
        made = make_review(
            production, shot_list, page_folder=filmed.folder / "review", made_at=datetime.now(UTC)
        )
        return asyncio.run(made)


def failed_rules(shot: ReviewShot) -> set[str]:
    return {f.rule for take in shot.takes for f in take.findings if f.verdict == "fail"}


def test_exactly_the_eight_shots_are_red(review: Review) -> None:
    verdicts = {shot.key: shot.verdict for shot in review.shots}

    assert [key for key, verdict in verdicts.items() if verdict == "fail"] == list(PLANTED)
    assert len(verdicts) == 10
    assert all(shot.status == "done" for shot in review.shots)


@pytest.mark.parametrize("key", list(PLANTED))
def test_each_is_red_for_its_reason_and_for_nothing_else(review: Review, key: str) -> None:
    (shot,) = (shot for shot in review.shots if shot.key == key)
    rule = PLANTED[key]

    assert rule in failed_rules(shot)
    assert failed_rules(shot) - {rule} <= FOLLOWS.get(rule, set())


@pytest.mark.parametrize(
    ("key", "start_s", "end_s"),
    [
        ("sq010_sh010", 2.0, 2.75),
        ("sq020_sh010", 2.5, 2.5),
        ("sq020_sh020", 1.5, 3.5),
        ("sq020_sh030", 1.0, 2.5),
    ],
)
def test_the_finding_shows_its_place_in_the_clip(
    review: Review, key: str, start_s: float, end_s: float
) -> None:
    (shot,) = (shot for shot in review.shots if shot.key == key)
    (finding,) = (f for f in shot.takes[0].findings if f.rule == PLANTED[key])
    worst = finding.spans[0]

    assert start_s - 0.1 <= worst.start_s <= start_s + 0.2
    assert worst.end_s <= end_s + 0.1


def test_the_report_shows_them(review: Review, filmed: Stage) -> None:
    page = write_review(review, filmed.folder / "review")

    with page.with_name("report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["shot"]: row for row in csv.DictReader(file)}
    assert {key: PLANTED[key] in rows[key]["failed"].split() for key in PLANTED} == dict.fromkeys(
        PLANTED, True
    )
    assert page.read_text(encoding="utf-8").count('class="card fail"') == 8
    assert summarise(review).outcomes["fail"] == 8
    assert (page.parent / review.shots[0].takes[0].video).resolve().is_file()  # type: ignore[operator]  # it is at home
