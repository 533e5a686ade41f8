"""Cuts, dissolves and jumps, clips that only look like them, and ordered cuts."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from seedance_assets.adapters.probe import probe
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import Expectation, Finding, QualityLimits, Verdict, judge
from seedance_assets.core.quality.shot_changes import segments
from tests.probe.clips import ClipSpec, Paint, Pixels, make_clip
from tests.probe.scenes import big, panned, scene, two_scenes

LIMITS = QualityLimits()


def measured(folder: Path, spec: ClipSpec) -> Measurements:
    return probe(make_clip(folder / "clip.mp4", spec)).measurements


def found(m: Measurements, rule: str, expected: Expectation | None = None) -> Finding:
    findings = judge(m, expected or Expectation(), LIMITS)
    return next(each for each in findings if each.rule == rule)


def dark(paint: Paint) -> Paint:
    return lambda n, width, height: (paint(n, width, height) // 12 + 16).astype(np.uint8)


def turned(after: int) -> Paint:
    """The same grey levels elsewhere from a frame on."""

    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = scene(number, width, height)
        return pixels if number < after else np.ascontiguousarray(pixels[::-1, ::-1])

    return paint


def jumping(pixels: int) -> Paint:
    """A figure that is elsewhere all at once, before a ground that stays."""

    def paint(number: int, width: int, height: int) -> Pixels:
        shown = scene(0, width, height)
        left = 60 + pixels * (number >= 20)
        figure = scene(0, width, height, right=90.0, down=50.0)
        shown[20:124, left : left + 70] = figure[20:124, 60:130]
        return shown

    return paint


def at_low_rate(every: int, shift: float) -> Paint:
    """A fast pan of which only some pictures were made, and shown several times."""
    return lambda n, width, height: panned(shift)(n // every * every, width, height)


@pytest.mark.parametrize(
    "paint",
    [dark(turned(20)), two_scenes(8), two_scenes(12), jumping(50)],
    ids=["between dark scenes", "dissolve of 8", "dissolve of 12", "jump"],
)
def test_a_change_of_shot_is_found_at_its_place(tmp_path: Path, paint: Paint) -> None:
    cut = found(measured(tmp_path, big(paint, frames=49)), "cut")

    assert cut.verdict is not Verdict.PASS
    assert cut.measured.startswith("1 cut; shots 0.00-")
    assert 10 / 24 <= cut.spans[0].start_s <= 21 / 24


@pytest.mark.parametrize(
    "paint",
    [at_low_rate(3, 3.0), at_low_rate(4, 2.0), panned(3.0)],
    ids=["8 at 24", "6 at 24", "fast pan"],
)
def test_motion_at_a_low_rate_is_not_a_cut(tmp_path: Path, paint: Paint) -> None:
    assert found(measured(tmp_path, big(paint, frames=61)), "cut").verdict is Verdict.PASS


def two_cuts(number: int, width: int, height: int) -> Pixels:
    at = sum(number >= edge for edge in (16, 33))
    shown = scene(number, width, height, right=70.0 * at, down=40.0 * at)
    return shown if at != 1 else 255 - shown


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [(None, "fail"), (0, "fail"), (1, "fail"), (2, "pass"), (3, "warn"), ("any", "pass")],
)
def test_cuts_are_compared_with_the_ordered_number(
    tmp_path: Path, asked: int | Literal["any"] | None, verdict: str
) -> None:
    m = measured(tmp_path, big(two_cuts, frames=49))

    cut = found(m, "cut", Expectation(cuts=asked))

    assert cut.verdict == verdict
    assert cut.measured == "2 cuts; shots 0.00-0.67, 0.67-1.38, 1.38-2.04 s"


def test_the_shots_between_cuts_are_segments(tmp_path: Path) -> None:
    m = measured(tmp_path, big(two_cuts, frames=49))

    shots = segments(m, LIMITS)

    edges = [0, 16 / 24, 33 / 24, 49 / 24]
    assert [s.start_s for s in shots] == pytest.approx(edges[:-1], abs=0.01)
    assert [s.end_s for s in shots] == pytest.approx(edges[1:], abs=0.01)
