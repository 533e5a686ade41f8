"""The report keeps every paid clip and adds up to what the ledger says, whatever the sheet says."""

import asyncio
from datetime import UTC, datetime

import pytest
from PIL import Image

from seedance_assets.core.budget import total
from seedance_assets.core.review import Review
from seedance_assets.core.summary import summarise
from seedance_assets.production.review import make_review
from seedance_assets.wiring import open_production, read_production
from tests.stage import Stage

BOAT = {"shot": "boat", "prompt": "A boat drifts."}
GULL = {"shot": "gull", "prompt": "A gull rests.", "first_frame": "gull.png"}
NIGHT = {"shot": "night", "prompt": "Night falls."}
ALSO_A_BOAT = {"shot": "boat2", "prompt": "A boat drifts."}


def review_of(stage: Stage) -> Review:
    shot_list, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        folder = stage.environment.home.review
        made = make_review(production, shot_list, page_folder=folder, made_at=datetime.now(UTC))
        return asyncio.run(made)


@pytest.fixture
def filmed(plain_stage: Stage) -> Stage:
    Image.new("RGB", (640, 360), (90, 90, 20)).save(plain_stage.folder / "gull.png")
    plain_stage.write_sheet([BOAT, GULL, NIGHT, ALSO_A_BOAT])
    plain_stage.film()
    assert plain_stage.charges() == 3
    return plain_stage


def spoil(stage: Stage) -> None:
    """A row becomes invalid, a first frame vanishes, a row goes; one was bad from the first."""
    stage.write_sheet([BOAT | {"duration": "soon"}, GULL, ALSO_A_BOAT, {"shot": "x", "prompt": ""}])
    (stage.folder / "gull.png").unlink()


def test_a_row_that_breaks_keeps_its_clip_with_its_verdict(filmed: Stage) -> None:
    before = {shot.key: shot for shot in review_of(filmed).shots}
    spoil(filmed)

    after = {shot.key: shot for shot in review_of(filmed).shots}

    statuses = {key: shot.status for key, shot in after.items()}
    assert statuses == {
        "boat": "blocked",
        "gull": "blocked",
        "boat2": "done",
        "x": "blocked",
        "night": "retired",
    }
    for key in ("boat", "gull", "night"):
        assert after[key].takes == before[key].takes
        assert after[key].verdict == before[key].verdict
        assert after[key].takes[0].video
        assert after[key].first_frame == before[key].first_frame
        assert after[key].reason
    assert "duration" in str(after["boat"].reason)
    assert after["x"].takes == ()


def test_report_and_ledger_say_the_same_sum(filmed: Stage) -> None:
    committed = total(filmed.takes()).committed_usd
    assert review_of(filmed).cost_usd == pytest.approx(committed)

    spoil(filmed)

    review = review_of(filmed)
    assert review.cost_usd == pytest.approx(committed)
    assert summarise(review).money.total_usd == pytest.approx(committed)
    assert sum(usd for _, usd in summarise(review).money.by_sequence_usd) == pytest.approx(
        committed
    )
    assert len(review.takes) == 3
    assert len(review.in_sheet) == 4
