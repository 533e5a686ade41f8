"""The probe's measurements, on clips with known facts."""

import hashlib
import io
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from seedance_assets.adapters.probe import Probe, probe
from seedance_assets.adapters.probe.timing import count_gaps, frame_rate
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import Measurements
from tests.probe.clips import ClipSpec, make_clip
from tests.probe.scenes import Sound, brightness, tone


def measure(folder: Path, spec: ClipSpec) -> Measurements:
    return probe(make_clip(folder / "clip.mp4", spec)).measurements


def test_the_facts_of_a_good_clip_are_measured(good: Probe, good_clip: Path) -> None:
    m = good.measurements

    assert m.sha256 == hashlib.sha256(good_clip.read_bytes()).hexdigest()
    assert m.container.size_bytes == good_clip.stat().st_size
    assert (m.container.brand, m.container.faststart) == ("isom", True)
    assert (m.video.codec, m.video.pixel_format) == ("h264", "yuv420p")
    assert (m.video.width_px, m.video.height_px) == (128, 72)
    assert m.video.frames_per_second == "24/1"
    assert (m.video.frames_decoded, m.video.frames_claimed) == (25, 25)
    assert m.video.duration_s == pytest.approx(25 / 24, abs=1e-5)
    assert (m.video.decode_errors, m.video.timestamp_gaps) == (0, 0)


def test_the_sound_is_measured_too(good: Probe) -> None:
    a = good.measurements.audio

    assert a is not None
    assert (a.codec, a.sample_rate_hz, a.channels, a.decode_errors) == ("aac", 48_000, 2, 0)
    assert a.duration_s == pytest.approx(25 / 24, abs=0.03)
    assert a.rms_dbfs == pytest.approx(20 * math.log10(0.12 / math.sqrt(2)), abs=0.3)
    assert a.peak_dbfs == pytest.approx(20 * math.log10(0.12), abs=1.0)


def test_measurements_survive_json(good: Probe) -> None:
    text = good.measurements.model_dump_json(by_alias=True)

    assert '"schema":1' in text
    assert Measurements.model_validate_json(text) == good.measurements


def test_a_clip_without_sound_has_no_audio_facts(tmp_path: Path) -> None:
    assert measure(tmp_path, ClipSpec(sound=None)).audio is None


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 6), ("7.1", 8)])
def test_every_legal_number_of_channels_is_read(tmp_path: Path, layout: str, channels: int) -> None:
    a = measure(tmp_path, ClipSpec(sound=layout, level=0.5)).audio

    assert a is not None
    assert (a.channels, a.decode_errors) == (channels, 0)
    assert a.rms_dbfs == pytest.approx(-9.0, abs=1.0)


def test_digital_silence_has_no_level(tmp_path: Path) -> None:
    a = measure(tmp_path, ClipSpec(level=0.0)).audio

    assert a is not None
    assert (a.peak_dbfs, a.rms_dbfs) == (None, None)
    assert a.duration_s > 1


@pytest.mark.parametrize(
    ("sound_s", "pause_s"),
    [(0.05, 0.1), (0.1, 0.1), (0.1, 0.2), (0.3, 0.2), (0.1, 0.9)],
    ids=["clicks", "as long as their pauses", "alarm", "long", "one a second"],
)
def test_beeps_are_not_dropouts(tmp_path: Path, sound_s: float, pause_s: float) -> None:
    def beeps(times: Sound) -> Sound:
        return np.where(times % (sound_s + pause_s) < sound_s, tone(times, 0.3, 1000), 0)

    heard = measure(tmp_path, ClipSpec(frames=73, play=beeps)).heard

    assert heard is not None
    assert heard.dropouts == ()


def test_a_gap_in_a_word_is_a_dropout_and_the_pause_after_it_is_not(tmp_path: Path) -> None:
    def words(times: Sound) -> Sound:
        spoken = (times % 0.8 < 0.5) & (times % 0.8 // 0.06 != 4)
        return np.where(spoken, tone(times, 0.3), 0)

    heard = measure(tmp_path, ClipSpec(frames=73, play=words)).heard

    assert heard is not None
    starts = [hole.start_s for hole in heard.dropouts]
    assert starts == pytest.approx([0.24, 1.04, 1.84, 2.64], abs=0.02)


@pytest.mark.parametrize("fall_s", [0.02, 0.03, 0.05])
def test_a_stop_consonant_is_not_a_dropout(tmp_path: Path, fall_s: float) -> None:
    """The mouth closes within a few hundredths of a second and bursts open."""

    def speech(times: Sound) -> Sound:
        level = np.ones_like(times)
        for start in (0.3, 0.8, 1.3):
            closing = np.clip((times - start) / fall_s, 0, 1)
            level *= np.where(times < start + fall_s + 0.04, 10 ** (-3.5 * closing), 1)
        noise = np.random.default_rng(1).normal(0, 0.1, len(times))
        return level * noise

    heard = measure(tmp_path, ClipSpec(frames=49, play=speech)).heard

    assert heard is not None
    assert heard.dropouts == ()


def test_an_index_at_the_end_is_not_faststart(tmp_path: Path) -> None:
    assert not measure(tmp_path, ClipSpec(faststart=False)).container.faststart


@pytest.mark.parametrize(
    ("rate", "text"),
    [(Fraction(25), "25/1"), (Fraction(24000, 1001), "24000/1001"), (Fraction(12), "12/1")],
    ids=str,
)
def test_the_frame_rate_is_an_exact_fraction(tmp_path: Path, rate: Fraction, text: str) -> None:
    m = measure(tmp_path, ClipSpec(rate=rate))

    assert m.video.frames_per_second == text
    assert m.video.duration_s == pytest.approx(25 / float(rate), abs=1e-5)


def test_a_late_frame_is_a_gap_and_does_not_change_the_rate(tmp_path: Path) -> None:
    late = measure(tmp_path, ClipSpec(late_frames=1)).video
    hardly = measure(tmp_path, ClipSpec(late_frames=0.4)).video

    assert (late.timestamp_gaps, late.frames_per_second) == (1, "24/1")
    assert (hardly.timestamp_gaps, hardly.frames_per_second) == (0, "24/1")


@pytest.mark.parametrize(
    ("at", "shown_for"),
    [(lambda n: n + max(0, n - 12), 38), (lambda n: 3 * n // 2, 38), (lambda n: 4 * n // 3, 34)],
    ids=["slower from the middle on", "every third dropped", "every fourth dropped"],
)
def test_frames_at_a_variable_rate_are_not_gaps_and_keep_their_durations(
    tmp_path: Path, at: Callable[[int], int], shown_for: int
) -> None:
    video = measure(tmp_path, ClipSpec(at=at)).video

    assert video.variable_rate
    assert (video.frames_decoded, video.timestamp_gaps) == (25, 0)
    assert video.duration_s == pytest.approx(shown_for / 24, abs=1.01 / 24)
    assert video.duration_s == pytest.approx(25 / float(video.frame_rate), abs=1e-5)


def test_a_few_gaps_do_not_make_a_rate_variable(tmp_path: Path) -> None:
    video = measure(tmp_path, ClipSpec(at=lambda n: n + (n > 5) + (n > 12) + (n > 19))).video

    assert not video.variable_rate
    assert (video.timestamp_gaps, video.frames_per_second) == (3, "24/1")
    assert video.duration_s == pytest.approx(25 / 24, abs=1e-5)


def test_reordered_frames_are_measured_in_display_order(tmp_path: Path) -> None:
    measured = measure(tmp_path, ClipSpec(preset="veryfast", paint=brightness(lambda n: 4 * n)))

    assert measured.video.timestamp_gaps == 0
    assert measured.seen is not None
    assert len(measured.seen.luma_levels) == 25
    assert list(measured.seen.luma_levels) == sorted(measured.seen.luma_levels)


def test_frames_that_an_edit_list_hides_are_not_missing(tmp_path: Path) -> None:
    """As in a clip that was trimmed without re-encoding."""
    clip = make_clip(tmp_path / "clip.mp4", ClipSpec(sound=None))
    with av.open(clip) as container:
        time_base = container.streams.video[0].time_base
        assert time_base is not None
        hidden = round(10 / (24 * time_base))
    content = bytearray(clip.read_bytes())
    media_time = slice(content.index(b"elst") + 16, content.index(b"elst") + 20)
    content[media_time] = (int.from_bytes(content[media_time], "big") + hidden).to_bytes(4, "big")
    clip.write_bytes(content)

    video = probe(clip).measurements.video

    assert (video.frames_decoded, video.frames_claimed) == (15, 15)
    assert video.decode_errors == 0


def test_the_pixel_aspect_comes_from_the_stream_if_the_container_has_none(
    tmp_path: Path,
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", ClipSpec(pixel_aspect=Fraction(4, 3)))
    clip.write_bytes(clip.read_bytes().replace(b"pasp", b"free"))

    assert probe(clip).measurements.video.pixel_aspect == "4/3"


@pytest.mark.parametrize(
    ("times", "base", "claimed", "rate", "gaps"),
    [
        ([0, 33, 67, 100, 133], Fraction(1, 1000), Fraction(30), "30", 0),
        ([0, 512, 1024, 1536], Fraction(1, 12288), Fraction(11), "24", 0),
        ([0, 512, None, 1536], Fraction(1, 12288), None, "24", 2),
        ([0, 0, 0], Fraction(1, 12288), Fraction(24), "24", 2),
        ([7], None, Fraction(24), "24", 0),
        ([0, 1, 2], Fraction(1, 2**40), None, str(2**40), 0),
        ([0, 2**40, 2**41], Fraction(1), None, "1/1001", 2),
    ],
    ids=["coarse clock", "lying header", "timeless", "standing", "single", "racing", "crawling"],
)
def test_the_rate_follows_the_time_stamps_and_not_the_header(
    times: list[int | None], base: Fraction | None, claimed: Fraction | None, rate: str, gaps: int
) -> None:
    found = frame_rate(times, base, claimed)

    assert str(found) == rate
    assert count_gaps(times, base, found) == gaps


def test_without_any_rate_the_clip_is_refused() -> None:
    with pytest.raises(ClipRefused, match="frame rate"):
        frame_rate([0, 0], Fraction(1, 24), None)


def test_the_comment_is_one_bounded_line_without_control_characters(tmp_path: Path) -> None:
    comment = "EMULATED\x07 by\nseedance \u202egnp.exe " + "x" * 5000

    read = measure(tmp_path, ClipSpec(comment=comment)).container.comment

    assert read.startswith("EMULATED by seedance gnp.exe xxx")
    assert len(read) == 500


def test_the_pictures_are_jpegs_of_the_promised_sizes(good: Probe) -> None:
    poster, strip, large = (
        Image.open(io.BytesIO(content)) for content in (good.poster, good.strip, good.strip_large)
    )

    assert {poster.format, strip.format, large.format} == {"JPEG"}
    assert poster.size == (128, 72)
    assert strip.width == 6 * 128 + 5 * 2
    assert large.width == 8 * 128 + 7 * 2


def test_a_large_clip_gives_small_pictures(tmp_path: Path) -> None:
    result = probe(make_clip(tmp_path / "hd.mp4", ClipSpec(width=1280, height=720, frames=9)))

    assert Image.open(io.BytesIO(result.poster)).size == (640, 360)
    assert Image.open(io.BytesIO(result.strip_large)).size == (8 * 320 + 7 * 2, 180)
    assert len(result.strip) < 25_000


def test_an_upright_clip_stays_upright(tmp_path: Path) -> None:
    result = probe(make_clip(tmp_path / "up.mp4", ClipSpec(width=720, height=1280, frames=9)))

    assert Image.open(io.BytesIO(result.poster)).size == (360, 640)
    assert len(result.strip) < 25_000


def test_the_strip_runs_from_the_first_frame_to_the_last(good: Probe) -> None:
    strip = np.asarray(Image.open(io.BytesIO(good.strip)).convert("L")).astype(float)

    bars = [int(strip[20:50, 130 * cell : 130 * cell + 128].mean(0).argmax()) for cell in (0, 5)]

    assert bars[0] == pytest.approx(2, abs=6)
    assert bars[1] == pytest.approx(48, abs=8)


def test_a_clip_of_one_frame_still_has_its_pictures(tmp_path: Path) -> None:
    result = probe(make_clip(tmp_path / "one.mp4", ClipSpec(frames=1, sound=None)))

    assert result.measurements.video.frames_decoded == 1
    assert Image.open(io.BytesIO(result.strip)).size == (128, 72)
