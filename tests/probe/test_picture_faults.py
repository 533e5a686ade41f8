"""Glitches, tints, cadences, fast cameras and flicker, and clips that only look like them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedance_assets.adapters.probe import InputPicture, probe
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import Expectation, Finding, QualityLimits, Verdict, judge
from tests.probe.clips import ClipSpec, Paint, Pixels, make_clip
from tests.probe.scenes import GROUND, HIGH, WIDE, big, brightness, panned, scene

PASS = Verdict.PASS
LIMITS = QualityLimits()
FIXED = Expectation(camera_fixed=True)


def found(
    folder: Path, spec: ClipSpec, rule: str, expected: Expectation | None = None
) -> Finding | None:
    m = probe(make_clip(folder / "clip.mp4", spec)).measurements
    findings = judge(m, expected or Expectation(), LIMITS)
    return next((each for each in findings if each.rule == rule), None)


def verdict(
    folder: Path, spec: ClipSpec, rule: str, expected: Expectation | None = None
) -> Verdict:
    finding = found(folder, spec, rule, expected)
    assert finding is not None
    return finding.verdict


def broken(first: int, frames: int, change: Callable[[Pixels], None]) -> ClipSpec:
    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = scene(number, width, height)
        if first <= number < first + frames:
            change(pixels)
        return pixels

    return big(paint, frames=49)


def half_green(pixels: Pixels) -> None:
    pixels[HIGH // 2 :] = (0, 135, 0)


def torn(pixels: Pixels) -> None:
    pixels[50:90] = np.roll(pixels[50:90], 60, axis=1)


def white(pixels: Pixels) -> None:
    pixels[:] = 255


def black(pixels: Pixels) -> None:
    pixels[:] = 0


@pytest.mark.parametrize("change", [half_green, torn, white, black])
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_glitches_are_found(tmp_path: Path, change: Callable[[Pixels], None], frames: int) -> None:
    m = probe(make_clip(tmp_path / "clip.mp4", broken(20, frames, change))).measurements
    complaints = {f.rule: f for f in judge(m, Expectation(), LIMITS) if f.verdict is not PASS}

    rule = "black" if change is black and frames > 1 else "glitch"
    assert complaints[rule].spans[0].start_s == pytest.approx(20 / 24, abs=0.01)
    assert "cut" not in complaints


@pytest.mark.parametrize("gain", [0.5, 1.7])
@pytest.mark.parametrize("frames", [1, 3])
def test_a_short_change_of_light_is_not_a_glitch(tmp_path: Path, gain: float, frames: int) -> None:
    def light(pixels: Pixels) -> None:
        pixels[:] = np.clip(pixels * gain, 0, 255)

    assert verdict(tmp_path, broken(20, frames, light), "glitch") is PASS


def coloured(number: int, width: int, height: int) -> Pixels:
    """A ground in two colours, with a ball."""
    pixels = scene(number, width, height).astype(np.float32)
    pixels[:, : width // 2] *= (1.0, 0.8, 0.6)
    pixels[:, width // 2 :] *= (0.7, 0.8, 1.0)
    return pixels.clip(0, 255).astype(np.uint8)


def tinted(share: Callable[[int], float]) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = coloured(number, width, height).astype(np.float32)
        part = share(number)
        mixed = pixels * (1 - part) + np.array((20.0, 190.0, 20.0)) * part
        return mixed.astype(np.uint8)

    return paint


def warmer_and_brighter(number: int, width: int, height: int) -> Pixels:
    lit = coloured(number, width, height) * (0.8 + 0.008 * number)
    return lit.clip(0, 255).astype(np.uint8)


def swapped(number: int, width: int, height: int) -> Pixels:
    pixels = coloured(number, width, height)
    return pixels if number < 20 else np.ascontiguousarray(pixels[:, :, ::-1])


def test_a_tint_is_found(tmp_path: Path) -> None:
    def judged(paint: Paint, rule: str = "drift") -> Verdict:
        return verdict(tmp_path, big(paint, frames=49), rule)

    assert judged(tinted(lambda n: 0.4 * n / 48)) is Verdict.WARN
    assert judged(tinted(lambda n: 0.2 * (n >= 20))) is Verdict.WARN
    assert judged(swapped, "cut") is Verdict.WARN
    assert judged(coloured) is PASS
    assert judged(warmer_and_brighter) is PASS


def opening(folder: Path, change: Callable[[Pixels], Pixels]) -> Verdict:
    shown = coloured(0, WIDE, HIGH)
    path = folder / "first.png"
    Image.fromarray(np.ascontiguousarray(change(shown))).save(path)
    clip = make_clip(folder / "clip.mp4", big(coloured))
    m = probe(clip, opening=InputPicture(path, "abc")).measurements
    return next(f for f in judge(m, Expectation(), LIMITS) if f.rule == "first_frame").verdict


def test_a_clip_opens_on_its_picture_in_its_colours(tmp_path: Path) -> None:
    assert opening(tmp_path, lambda p: p) is PASS
    assert (
        opening(tmp_path, lambda p: (p * (1.03, 1.0, 0.97)).clip(0, 255).astype(np.uint8)) is PASS
    )
    assert opening(tmp_path, lambda p: p[:, :, ::-1]) is not PASS
    grey = [0.2126, 0.7152, 0.0722]
    assert (
        opening(tmp_path, lambda p: np.repeat((p @ grey)[:, :, None], 3, axis=2).astype(np.uint8))
        is not PASS
    )


@pytest.mark.parametrize("made", [6, 8, 10, 12, 15, 18, 20])
def test_a_cadence_of_repeated_frames_is_found_at_any_rate(tmp_path: Path, made: int) -> None:
    def paint(number: int, width: int, height: int) -> Pixels:
        return panned(2.4)(number * made // 24, width, height)

    repeats = found(tmp_path, big(paint, frames=61), "duplicates")

    assert repeats is not None
    assert repeats.verdict is Verdict.WARN
    assert repeats.measured_value == pytest.approx(100 * (1 - made / 24), abs=5)


@pytest.mark.parametrize("period", [8, 14, 24])
def test_a_swinging_motion_is_not_a_cadence(tmp_path: Path, period: int) -> None:
    def paint(number: int, width: int, height: int) -> Pixels:
        way = 12 * np.sin(2 * np.pi * number / period)
        return scene(0, width, height, right=float(way))

    assert verdict(tmp_path, big(paint, frames=61), "duplicates") is PASS


def zoomed(number: int, width: int, height: int) -> Pixels:
    grow = 1.026**number
    left, top = 40 + width * (1 - 1 / grow) / 2, 40 + height * (1 - 1 / grow) / 2
    box = (left, top, left + width / grow, top + height / grow)
    ground = Image.fromarray(GROUND).resize((width, height), Image.Resampling.BILINEAR, box=box)
    grey = np.asarray(ground).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def shaken(number: int, width: int, height: int) -> Pixels:
    """Back where it was every half second, so that few samples would show it."""
    way = 6 * np.sin(2 * np.pi * number / 6)
    return scene(0, width, height, right=20.0 + float(way))


@pytest.mark.parametrize("paint", [zoomed, panned(5.0), shaken], ids=["push", "pan", "shake"])
def test_a_fast_camera_is_a_moving_camera(tmp_path: Path, paint: Paint) -> None:
    assert verdict(tmp_path, big(paint, frames=37), "camera", FIXED) is Verdict.FAIL


def growing_skirt(number: int, width: int, height: int) -> Pixels:
    y, x = np.mgrid[:height, :width]
    wide = width * (0.2 + 0.1 * np.sin(number * 1.7))
    inside = ((x - width / 2) / wide) ** 2 + ((y - height / 2) / (height * 0.3)) ** 2 < 1
    pixels = scene(0, width, height) // 4
    pixels[inside] = 235
    return pixels


def test_flicker_is_light_and_not_motion(tmp_path: Path) -> None:
    def judged(paint: Paint) -> Finding:
        finding = found(tmp_path, big(paint, frames=61), "flicker")
        assert finding is not None
        return finding

    assert judged(growing_skirt).verdict is PASS
    assert judged(panned(2.5)).verdict is PASS
    in_one_second = judged(brightness(lambda n: 10 * (-1) ** n * (24 <= n < 44)))
    assert in_one_second.verdict is Verdict.FAIL
    assert 0.9 <= in_one_second.spans[0].start_s <= in_one_second.spans[0].end_s <= 2.0


def test_a_bar_on_only_one_side_is_found(tmp_path: Path) -> None:
    def half(number: int, width: int, height: int) -> Pixels:
        pixels = scene(number, width, height)
        pixels[:, width // 2 :] = 0
        return pixels

    assert verdict(tmp_path, big(half), "bars") is Verdict.FAIL


def test_a_record_of_an_early_version_gets_no_verdict_on_missing_figures(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", big(coloured))
    record = probe(clip).measurements.model_dump(mode="json", by_alias=True)
    new = ("light_steps", "chroma_levels", "glitches", "dissolves", "tint", "sharpest")
    for later in (*new, "sharpness_times_s"):
        del record["seen"][later]
    del record["container"]["files"]

    findings = judge(Measurements.model_validate(record), FIXED, LIMITS)

    assert {"glitch", "drift"}.isdisjoint(f.rule for f in findings)
    assert {f.rule for f in findings if f.verdict is Verdict.FAIL} == set()
