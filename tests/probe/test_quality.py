"""Each rule: a clip that has exactly its fault, and one that just lacks it."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from seedance_assets.adapters.probe import Probe, probe
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.picture import Size
from seedance_assets.core.quality import (
    RULES,
    Expectation,
    Finding,
    Verdict,
    expectation,
    judge,
    worst,
)
from seedance_assets.core.quality.limits import PRESETS, QualityLimits
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.settings import ProductionSettings
from tests.probe.clips import ClipSpec, make_clip

ASKED = Expectation(Size(128, 72), frames_per_second=24, frames=25, audio=True, ordered=True)
UNASKED = {"first_frame", "camera"}
"""No picture was given, and the camera was free."""
SILENT = Expectation(Size(128, 72), frames_per_second=24, frames=25, audio=False)
LIMITS = QualityLimits()


def complaints(m: Measurements, asked: Expectation = ASKED) -> dict[str, Verdict]:
    """The rules that do not pass, with their verdicts."""
    return {f.rule: f.verdict for f in judge(m, asked, LIMITS) if f.verdict is not Verdict.PASS}


def test_a_good_clip_passes_every_rule(good: Probe) -> None:
    findings = judge(good.measurements, ASKED, LIMITS)

    assert [f.rule for f in findings] == [rule.name for rule in RULES if rule.name not in UNASKED]
    assert worst(findings) is Verdict.PASS
    assert all(f.measured and f.limit and f.sentence for f in findings)


FAULTS: dict[str, tuple[ClipSpec, Expectation, dict[str, Verdict]]] = {
    "a gap": (ClipSpec(late_frames=1), ASKED, {"intact": Verdict.FAIL}),
    "hardly a gap": (ClipSpec(late_frames=0.4), ASKED, {}),
    "other pixels": (ClipSpec(pixel_format="yuv444p"), ASKED, {"streams": Verdict.WARN}),
    "other codec": (ClipSpec(codec="mpeg4"), ASKED, {"streams": Verdict.WARN}),
    "two pixels wider": (ClipSpec(width=130), ASKED, {"size": Verdict.FAIL}),
    "upright": (ClipSpec(width=72, height=128), ASKED, {"size": Verdict.FAIL}),
    "a variable rate": (
        ClipSpec(frames=17, at=lambda n: 3 * n // 2, sound_s=25 / 24),
        ASKED,
        {"frame_rate": Verdict.FAIL},
    ),
    "a variable rate, none asked": (
        ClipSpec(frames=17, at=lambda n: 3 * n // 2, sound_s=25 / 24),
        Expectation(),
        {},
    ),
    "25 fps": (ClipSpec(rate=Fraction(25)), ASKED, {"frame_rate": Verdict.FAIL}),
    "23.976 fps": (
        ClipSpec(rate=Fraction(24000, 1001)),
        ASKED,
        {"frame_rate": Verdict.FAIL},
    ),
    "five frames too many": (ClipSpec(frames=29), ASKED, {"length": Verdict.FAIL}),
    "four frames too few": (ClipSpec(frames=20), ASKED, {"length": Verdict.FAIL}),
    "two frames more": (ClipSpec(frames=27), ASKED, {}),
    "exactly rate times seconds": (ClipSpec(frames=24), ASKED, {}),
    "no sound": (ClipSpec(sound=None), ASKED, {"audio": Verdict.FAIL}),
    "no sound, none asked": (ClipSpec(sound=None), SILENT, {}),
    "silence": (
        ClipSpec(level=0.0),
        ASKED,
        {"audio": Verdict.FAIL, "silence": Verdict.FAIL},
    ),
    "silence, none asked": (ClipSpec(level=0.0), SILENT, {}),
    "very soft": (ClipSpec(level=0.004), ASKED, {"loudness": Verdict.WARN}),
    "sound nobody asked for": (ClipSpec(), SILENT, {"audio": Verdict.FAIL}),
    "sound ends early": (ClipSpec(sound_s=0.7), ASKED, {"sync": Verdict.FAIL}),
    "sound ends a little early": (ClipSpec(sound_s=0.85), ASKED, {}),
    "mono": (ClipSpec(sound="mono"), ASKED, {}),
}


@pytest.mark.parametrize(("spec", "asked", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_clip_fails_only_the_rule_of_its_fault(
    tmp_path: Path, spec: ClipSpec, asked: Expectation, expected: dict[str, Verdict]
) -> None:
    m = probe(make_clip(tmp_path / "clip.mp4", spec)).measurements

    assert complaints(m, asked) == expected


@pytest.mark.parametrize(
    ("asked", "measured", "verdict"),
    [
        (23.976, "24000/1001", Verdict.PASS),
        (23.98, "24000/1001", Verdict.PASS),
        (23.976, "24/1", Verdict.FAIL),
        (24.0, "24000/1001", Verdict.FAIL),
        (24, "24001/1000", Verdict.FAIL),
        (29.97, "30000/1001", Verdict.PASS),
        (59.94, "60/1", Verdict.FAIL),
        (12.5, "25/2", Verdict.PASS),
    ],
)
def test_a_decimal_rate_means_the_exact_fraction(
    good: Probe, asked: float, measured: str, verdict: Verdict
) -> None:
    video = good.measurements.video.model_copy(update={"frames_per_second": measured})
    m = good.measurements.model_copy(update={"video": video})

    found = complaints(m, Expectation(frames_per_second=asked))

    assert found.get("frame_rate", Verdict.PASS) is verdict


def test_a_foreign_clip_need_not_have_our_format(tmp_path: Path) -> None:
    odd = ClipSpec(
        codec="mpeg4",
        rate_hz=16_000,
        faststart=False,
        frames=17,
        at=lambda n: n + n // 2 + n // 5,
        sound_s=1.1,
    )
    findings = judge(
        probe(make_clip(tmp_path / "odd.mp4", odd)).measurements, Expectation(), LIMITS
    )

    assert worst(findings) is Verdict.PASS
    assert {"streams", "bit_rate", "sound_format", "frame_rate"}.isdisjoint(
        f.rule for f in findings
    )


def test_an_index_at_the_end_is_a_note_unless_the_settings_weigh_it(tmp_path: Path) -> None:
    m = probe(make_clip(tmp_path / "late.mp4", ClipSpec(faststart=False))).measurements

    def faststart(limits: QualityLimits) -> Finding:
        return next(f for f in judge(m, ASKED, limits) if f.rule == "faststart")

    assert faststart(PRESETS["social"]).verdict is Verdict.PASS
    assert "browser" in faststart(LIMITS).sentence
    assert faststart(QualityLimits(rules={"faststart": "fail"})).verdict is Verdict.FAIL


def test_a_second_file_after_the_clip_is_reported(tmp_path: Path, good_clip: Path) -> None:
    twice = tmp_path / "twice.mp4"
    twice.write_bytes(2 * good_clip.read_bytes())

    assert complaints(probe(twice).measurements) == {"intact": Verdict.FAIL}


def test_padding_before_the_first_box_is_accepted(tmp_path: Path) -> None:
    padded = make_clip(tmp_path / "padded.mp4", ClipSpec(faststart=False))
    content, padding = padded.read_bytes(), b"\0\0\0\x08free"
    assert content.index(padding) < 100  # right behind the first box
    padded.write_bytes(padding + content.replace(padding, b"", 1))

    assert probe(padded).measurements.container.brand == "isom"


def test_a_silent_track_that_was_not_ordered_is_padding(tmp_path: Path) -> None:
    m = probe(make_clip(tmp_path / "clip.mp4", ClipSpec(level=0.0))).measurements

    assert complaints(m, Expectation()) == {}
    assert complaints(m)["silence"] is Verdict.FAIL


def test_a_truncated_clip_is_not_intact(tmp_path: Path, good_clip: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(good_clip.read_bytes()[: good_clip.stat().st_size // 2])

    assert complaints(probe(cut).measurements)["intact"] is Verdict.FAIL


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"decode_errors": 1}, Verdict.FAIL),
        ({"frames_claimed": 26}, Verdict.FAIL),
        ({"timestamp_gaps": 1}, Verdict.FAIL),
        ({"frames_claimed": 0}, Verdict.PASS),
    ],
    ids=["an error", "a frame missing", "a gap", "a header that says nothing"],
)
def test_intact_checks_each_of_its_counts(
    good: Probe, change: dict[str, Any], verdict: Verdict
) -> None:
    m = good.measurements
    changed = m.model_copy(update={"video": m.video.model_copy(update=change)})

    assert complaints(changed).get("intact", Verdict.PASS) is verdict


def test_errors_in_the_sound_are_damage_too(good: Probe) -> None:
    m = good.measurements
    assert m.audio is not None
    changed = m.model_copy(update={"audio": m.audio.model_copy(update={"decode_errors": 1})})

    assert complaints(changed) == {"intact": Verdict.FAIL}


def test_verdicts_depend_on_the_limits(good: Probe) -> None:
    strict = QualityLimits(length_tolerance_s=0.0, audio_skew_s=0.0)
    m = good.measurements
    assert m.audio is not None
    # some versions of FFmpeg cut the sound's padding off, others leave 4 ms of it
    longer = m.audio.model_copy(update={"duration_s": m.video.duration_s + 0.004})

    findings = judge(m.model_copy(update={"audio": longer}), ASKED, strict)

    assert {f.rule for f in findings if f.verdict is Verdict.FAIL} == {"length", "sync"}


def test_a_warning_is_worse_than_a_pass_and_better_than_a_failure(tmp_path: Path) -> None:
    odd = ClipSpec(codec="mpeg4")
    m = probe(make_clip(tmp_path / "clip.mp4", odd)).measurements

    assert worst(judge(m, ASKED, LIMITS)) is Verdict.WARN
    assert worst(judge(m, SILENT, LIMITS)) is Verdict.FAIL


def test_121_frames_are_expected_of_five_seconds() -> None:
    inputs: dict[str, InputValue] = {
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "generate_audio": True,
    }
    request = GenerationRequest(ProductionSettings().model, inputs, None)

    expected = expectation(request)

    assert expected == Expectation(Size(1280, 720), 24, 121, audio=True, ordered=True)
