"""Rules for picture, movement and sound: a clip with exactly one fault, and one that just lacks it.

The clips are drawn and encoded by the test, so their content is known.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seedance_assets.adapters.probe import InputPicture, probe
from seedance_assets.core.measurement import Bars, Measurements
from seedance_assets.core.picture import Size
from seedance_assets.core.quality import Expectation, Finding, Verdict, judge
from seedance_assets.core.quality.limits import QualityLimits
from seedance_assets.core.quality.shot_changes import cut_scores
from tests.probe.clips import ClipSpec, Pixels, make_clip
from tests.probe.scenes import (
    GROUND,
    HIGH,
    WIDE,
    barred,
    big,
    blackened,
    blob,
    brightness,
    captioned_bars,
    clouded,
    dim_then,
    heard,
    holes,
    panned,
    scene,
    softening,
    spotlit,
    stopped,
    tone,
    two_dim_scenes,
    two_scenes,
    under_a_night_sky,
    vignetted,
    walker,
    white_patch,
)

WARN, FAIL = Verdict.WARN, Verdict.FAIL


@dataclass(frozen=True)
class Case:
    """A rule, a clip that breaks it, and one that just does not."""

    rule: str
    guilty: ClipSpec
    innocent: ClipSpec
    verdict: Verdict = FAIL
    companions: frozenset[str] = frozenset()
    """Rules that the faulty clip breaks as well."""
    limits: dict[str, Any] = field(default_factory=dict)
    camera_fixed: bool = False


CASES = [
    Case(
        "black",
        ClipSpec(paint=blackened(5, 12)),
        ClipSpec(paint=blackened(5, 5)),
        companions=frozenset({"cut", "freeze", "flashes", "flicker"}),
    ),
    Case("bars", big(barred(25)), big(barred(12))),
    Case("range", ClipSpec(paint=white_patch(252)), ClipSpec(paint=white_patch(243)), WARN),
    Case("sharpness", big(softening(6.0)), big(softening(0.5)), WARN),
    Case("freeze", big(stopped(6, 21)), big(stopped(6, 10))),
    Case(
        "motion", big(blob(4)), big(blob(24)), WARN, companions=frozenset({"sharpness", "bit_rate"})
    ),
    Case("cut", big(two_scenes(1)), big(panned(2.0))),
    Case("cut", big(two_scenes(12)), big(panned(1.0))),
    Case(
        "flicker",
        big(brightness(lambda n: 12 * (n % 2))),
        big(brightness(lambda n: 12 * np.sin(n / 4))),
    ),
    Case(
        "flashes",
        big(brightness(lambda n: 100 * (n // 3 % 2)), frames=49),
        big(brightness(lambda n: 100 * (n // 6 % 2)), frames=49),
        companions=frozenset({"flicker"}),
    ),
    Case("duplicates", big(lambda n, w, h: scene(n // 2 * 2, w, h)), big(), WARN),
    Case("camera", big(panned(0.6)), big(panned(0.1)), camera_fixed=True),
    Case("colour", ClipSpec(matrix=9), ClipSpec(matrix=1), WARN),
    Case(
        "geometry", ClipSpec(pixel_aspect=Fraction(4, 3)), ClipSpec(pixel_aspect=Fraction(1)), WARN
    ),
    Case(
        "bit_rate",
        ClipSpec(crf=51),
        ClipSpec(crf=18),
        WARN,
        limits={"bits_per_pixel_warn": 0.12},
        companions=frozenset({"range"}),
    ),
    Case(
        "faststart",
        ClipSpec(faststart=False),
        ClipSpec(),
        WARN,
        limits={"rules": {"faststart": "warn"}},
    ),
    Case("sync", ClipSpec(sound_start_s=0.22), ClipSpec(sound_start_s=0.1)),
    Case("sync", ClipSpec(sound_start_s=0.15), ClipSpec(sound_start_s=0.08), WARN),
    Case("sound_format", ClipSpec(rate_hz=16_000), ClipSpec(rate_hz=32_000), WARN),
    Case("silence", heard(lambda t: tone(t) * (t < 0.1)), heard(lambda t: tone(t) * (t < 0.5))),
    Case("loudness", ClipSpec(level=0.7), ClipSpec(level=0.3), WARN),
    Case(
        "true_peak",
        ClipSpec(level=0.97),
        ClipSpec(level=0.8),
        WARN,
        limits={"loudness_warn_lu": 60},
    ),
    Case(
        "clipping",
        heard(lambda t: np.clip(tone(t, 6.0), -1, 1)),
        heard(lambda t: tone(t, 0.85)),
        companions=frozenset({"true_peak", "loudness"}),
        limits={"loudness_warn_lu": 60},
    ),
    Case("dc_offset", heard(lambda t: tone(t) + 0.1), heard(lambda t: tone(t) + 0.005)),
    Case("dropouts", heard(holes(0.2, 0.4, 0.6, 0.8)), heard(holes(0.3, length_s=0.4))),
    Case(
        "stereo",
        heard(lambda t: np.stack([tone(t, 0.2), tone(t, 0.002)])),
        heard(lambda t: np.stack([tone(t, 0.2), tone(t, 0.05)])),
        WARN,
    ),
    Case(
        "stereo",
        heard(lambda t: np.stack([tone(t), -tone(t)])),
        heard(lambda t: np.stack([tone(t), np.roll(tone(t), 20)])),
        WARN,
    ),
]


def judged(folder: Path, spec: ClipSpec, case: Case) -> dict[str, Finding]:
    clip = make_clip(folder / "clip.mp4", spec)
    asked = Expectation(
        Size(spec.width, spec.height),
        24,
        spec.frames,
        audio=True,
        camera_fixed=case.camera_fixed,
        ordered=True,
    )
    found = judge(probe(clip).measurements, asked, QualityLimits(**case.limits))
    return {finding.rule: finding for finding in found}


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{c.rule}" for n, c in enumerate(CASES)])
def test_a_rule_finds_its_fault_and_passes_a_clip_that_just_lacks_it(
    tmp_path: Path, case: Case
) -> None:
    guilty = judged(tmp_path, case.guilty, case)
    innocent = judged(tmp_path, case.innocent, case)

    wrong = {rule: f.verdict for rule, f in guilty.items() if f.verdict is not Verdict.PASS}
    assert wrong.pop(case.rule, None) is case.verdict
    assert wrong.keys() <= case.companions
    assert innocent[case.rule].verdict is Verdict.PASS


PLACES = {
    "black": (ClipSpec(paint=blackened(5, 12)), 5 / 24, 13 / 24),
    "freeze": (big(stopped(6, 21)), 6 / 24, 22 / 24),
    "cut": (big(two_scenes(1)), 11 / 24, 11 / 24),
    "dropouts": (heard(holes(0.2, 0.4, 0.6, 0.8)), 0.2, 0.26),
}


@pytest.mark.parametrize("rule", PLACES)
def test_a_finding_gives_the_place_of_the_fault(tmp_path: Path, rule: str) -> None:
    spec, start_s, end_s = PLACES[rule]

    finding = judged(tmp_path, spec, Case(rule, spec, spec))[rule]

    assert finding.spans[0].start_s == pytest.approx(start_s, abs=0.05)
    assert finding.spans[0].end_s == pytest.approx(end_s, abs=0.03)


def similarity(folder: Path, shown: Pixels, spec: ClipSpec) -> Finding:
    path = folder / "first.png"
    Image.fromarray(shown).save(path)
    clip = make_clip(folder / "clip.mp4", spec)
    found = judge(
        probe(clip, opening=InputPicture(path, "abc")).measurements, Expectation(), QualityLimits()
    )
    return next(f for f in found if f.rule == "first_frame")


def test_a_clip_that_opens_on_its_picture_passes_and_on_another_fails(tmp_path: Path) -> None:
    own, other = scene(0, WIDE, HIGH), scene(0, WIDE, HIGH, right=60, down=30)

    assert similarity(tmp_path, own, big()).verdict is Verdict.PASS
    assert similarity(tmp_path, other, big()).verdict is Verdict.FAIL


@pytest.mark.parametrize(("given", "verdict"), [(100, "pass"), (135, "warn"), (190, "fail")])
def test_different_flat_greys_are_not_similar(tmp_path: Path, given: int, verdict: str) -> None:
    def grey(level: int) -> Pixels:
        return np.full((HIGH, WIDE, 3), level, np.uint8)

    assert similarity(tmp_path, grey(given), big(lambda *_: grey(100))).verdict == verdict


def test_a_picture_of_another_shape_is_compared_after_the_crop(tmp_path: Path) -> None:
    wider = np.concatenate(
        [scene(0, WIDE, HIGH)[:, :40], scene(0, WIDE, HIGH), scene(0, WIDE, HIGH)[:, :40]], axis=1
    )

    assert similarity(tmp_path, wider, big()).verdict is Verdict.PASS


def test_a_cut_to_a_brighter_scene_is_a_cut_and_not_a_flash(tmp_path: Path) -> None:
    def paint(number: int, width: int, height: int) -> Pixels:
        shown = scene(number, width, height) // 2
        return shown if number < 12 else 100 + shown[::-1, ::-1]

    brighter = big(paint)

    assert judged(tmp_path, brighter, Case("cut", brighter, brighter))["cut"].verdict is FAIL


def shown_by_turns(*lengths: int) -> ClipSpec:
    """A scene, and for every second length another one; the last length has a third."""
    shown = [
        by % 2 if by < len(lengths) - 1 else 2 for by, n in enumerate(lengths) for _ in range(n)
    ]

    def paint(number: int, width: int, height: int) -> Pixels:
        which = shown[number]
        own = scene(number, width, height, right=70.0 * which, down=40.0 * which) // 3
        return own + (150 if which == 1 else 0)

    return big(paint, frames=len(shown))


def flashed(light: Callable[[Pixels], Pixels], frames: int = 4, pan: float = 0.0) -> ClipSpec:
    def paint(number: int, width: int, height: int) -> Pixels:
        own = scene(number, width, height, right=pan * number)
        return light(own) if 20 <= number < 20 + frames else own

    return big(paint, frames=49)


def cut_of(folder: Path, spec: ClipSpec) -> Finding:
    return judged(folder, spec, Case("cut", spec, spec))["cut"]


def test_a_short_glimpse_of_another_scene_is_a_cut(tmp_path: Path) -> None:
    found = cut_of(tmp_path, shown_by_turns(20, 8, 20, 0))

    assert found.verdict is FAIL
    assert sorted(round(span.start_s * 24) for span in found.spans) == [20, 28]


def test_swings_do_not_hide_a_change_of_scene(tmp_path: Path) -> None:
    found = cut_of(tmp_path, shown_by_turns(16, 8, 8, 8, 20))

    assert found.verdict is FAIL
    assert sorted(round(span.start_s * 24) for span in found.spans) == [16, 24, 32, 40]


def test_a_flash_between_two_scenes_is_a_cut(tmp_path: Path) -> None:
    def paint(number: int, width: int, height: int) -> Pixels:
        white = np.full((height, width, 3), 255, np.uint8)
        away = 0 if number < 20 else 70
        return white if 20 <= number < 23 else scene(number, width, height, right=away, down=away)

    assert cut_of(tmp_path, big(paint, frames=41)).verdict is FAIL


LIGHTS: dict[str, Callable[[Pixels], Pixels]] = {
    "white": lambda own: np.full_like(own, 255),
    "black": np.zeros_like,
    "half lit": lambda own: (own // 2).astype(np.uint8),
}


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("frames", [1, 4, 8])
def test_a_flash_is_not_a_cut(tmp_path: Path, light: str, frames: int) -> None:
    assert cut_of(tmp_path, flashed(LIGHTS[light], frames)).verdict is Verdict.PASS


def test_the_camera_may_move_during_a_flash(tmp_path: Path) -> None:
    assert cut_of(tmp_path, flashed(LIGHTS["white"], pan=0.5)).verdict is Verdict.PASS


def test_a_flat_picture_may_flash_too(tmp_path: Path) -> None:
    def paint(number: int, width: int, height: int) -> Pixels:
        return np.full((height, width, 3), 235 if 20 <= number < 24 else 60, np.uint8)

    assert cut_of(tmp_path, big(paint, frames=41)).verdict is Verdict.PASS


def test_a_flash_in_a_record_of_an_early_version_is_judged_as_a_cut(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", flashed(LIGHTS["white"]))
    measured = probe(clip).measurements.model_dump(mode="json", by_alias=True)
    for later in ("swing_pairs", "glitches", "light_steps"):
        del measured["seen"][later]

    found = judge(Measurements.model_validate(measured), Expectation(), QualityLimits())

    assert next(f for f in found if f.rule == "cut").verdict is FAIL


def test_a_camera_that_was_free_to_move_is_not_judged(tmp_path: Path) -> None:
    assert "camera" not in judged(tmp_path, big(panned(0.6)), Case("camera", big(), big()))


def test_a_moving_actor_is_not_a_moving_camera(tmp_path: Path) -> None:
    still = Case("camera", big(), big(), camera_fixed=True)

    assert judged(tmp_path, big(), still)["camera"].verdict is Verdict.PASS


def test_drifting_clouds_are_not_a_moving_camera(tmp_path: Path) -> None:
    fixed = Case("camera", big(), big(), camera_fixed=True)

    assert judged(tmp_path, big(clouded), fixed)["camera"].verdict is Verdict.PASS


def test_a_zoom_is_a_moving_camera_too(tmp_path: Path) -> None:
    def zoomed(number: int, width: int, height: int) -> Pixels:
        grow = 1 + 0.006 * number
        left, top = 40 + width * (1 - 1 / grow) / 2, 40 + height * (1 - 1 / grow) / 2
        box = (left, top, left + width / grow, top + height / grow)
        ground = Image.fromarray(GROUND).resize((width, height), Image.Resampling.BILINEAR, box=box)
        return np.repeat(np.asarray(ground).clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)

    fixed = Case("camera", big(), big(), camera_fixed=True)

    assert judged(tmp_path, big(zoomed), fixed)["camera"].verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "clip",
    [
        big(spotlit),
        big(under_a_night_sky),
        ClipSpec(width=4 * WIDE, height=4 * HIGH, frames=9, crf=18, paint=vignetted),
    ],
    ids=["spotlight", "night sky", "vignette"],
)
def test_dark_parts_of_the_picture_are_not_bars(tmp_path: Path, clip: ClipSpec) -> None:
    measured = probe(make_clip(tmp_path / "clip.mp4", clip)).measurements

    assert measured.seen is not None
    assert measured.seen.bars == Bars()


def test_a_bar_opposite_a_caption_is_still_a_bar(tmp_path: Path) -> None:
    assert judged(tmp_path, big(captioned_bars), Case("bars", big(), big()))["bars"].verdict is FAIL


def test_a_clip_may_open_on_a_fast_move_and_a_cut_after_the_first_frame_is_still_one() -> None:
    panned_from_the_start = [0.0, 60.0, 58.0, 61.0, 60.0]
    cut_at_once = [0.0, 60.0, 2.0, 2.0, 2.0]

    assert max(cut_scores(panned_from_the_start)) < 8
    assert cut_scores(cut_at_once)[1] > 8


@pytest.mark.parametrize(
    "levels",
    [
        lambda n: 60 * (n == 10),
        lambda n: 60 * (n >= 10),
        lambda n: -50 * (n >= 10),
    ],
    ids=["lightning", "a lamp goes on", "a lamp goes off"],
)
def test_a_change_of_light_on_a_dim_picture_is_not_a_cut(tmp_path: Path, levels: Any) -> None:
    clip = make_clip(tmp_path / "clip.mp4", big(dim_then(levels)))

    found = judge(probe(clip).measurements, Expectation(), QualityLimits())

    assert {f.rule: f.verdict for f in found}["cut"] is Verdict.PASS


def test_another_scene_of_the_same_light_is_a_cut(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", big(two_dim_scenes))

    found = judge(probe(clip).measurements, Expectation(), QualityLimits())

    assert {f.rule: f.verdict for f in found}["cut"] is Verdict.FAIL


def test_a_person_in_a_plain_studio_is_not_a_moving_camera(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", big(walker))

    found = judge(probe(clip).measurements, Expectation(camera_fixed=True), QualityLimits())

    assert {f.rule: f.verdict for f in found}.get("camera") is not Verdict.FAIL
