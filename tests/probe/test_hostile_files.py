"""For any bytes, a clip is measured or refused with a reason; nothing else happens."""

import os
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from seedance_assets.adapters.probe import ProbeLimits, probe
from seedance_assets.core.errors import ClipRefused
from tests.probe.clips import (
    ClipSpec,
    make_clip,
    make_size_change,
    make_sound_only,
    make_webm,
)
from tests.probe.damage import box, mutated, with_box

MUTATIONS = 400


def refusal(path: Path, limits: ProbeLimits | None = None) -> str:
    with pytest.raises(ClipRefused) as caught:
        probe(path, limits or ProbeLimits())
    assert path.name in str(caught.value)
    assert caught.value.advice
    return str(caught.value)


def make_png(path: Path) -> Path:
    Image.new("RGB", (64, 64), "red").save(path, "PNG")
    return path


def make_empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def make_text(path: Path) -> Path:
    path.write_text("<html><title>403 Forbidden</title></html>", encoding="utf-8")
    return path


def make_playlist(path: Path) -> Path:
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n", encoding="utf-8")
    return path


def make_only_ftyp(path: Path) -> Path:
    path.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0))
    return path


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_png, "not an MP4"),
        (make_webm, "not an MP4"),
        (make_text, "not an MP4"),
        (make_playlist, "not an MP4"),
        (make_empty, "empty"),
        (make_only_ftyp, "no index"),
        (make_sound_only, "no video stream"),
        (make_size_change, "changes size"),
        (make_folder, "not a regular file"),
        (lambda path: path, "no such file"),
    ],
    ids=["png", "webm", "html", "hls", "empty", "ftyp", "sound", "size", "folder", "missing"],
)
def test_a_file_that_is_not_a_clip_is_refused_with_a_reason(
    tmp_path: Path, make: Callable[[Path], Path], reason: str
) -> None:
    assert reason in refusal(make(tmp_path / "clip.mp4"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")

    assert "not a regular file" in refusal(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ProbeLimits(max_bytes=1000), "bytes"),
        (ProbeLimits(max_boxes=5), "boxes"),
        (ProbeLimits(max_samples=10), "samples"),
        (ProbeLimits(max_pixels=100 * 50), "128 × 72 pixels; 5000 are allowed"),
        (ProbeLimits(max_frames=24), "more than 24 frames"),
        (ProbeLimits(max_audio_s=0.5), "0.5 s of sound"),
        (ProbeLimits(max_channels=1), "channels"),
    ],
    ids=["bytes", "boxes", "samples", "pixels", "frames", "audio", "channels"],
)
def test_a_clip_beyond_a_limit_is_refused(
    good_clip: Path, limits: ProbeLimits, reason: str
) -> None:
    assert reason in refusal(good_clip, limits)


def test_a_clip_that_takes_too_long_is_refused(good_clip: Path) -> None:
    ticks: Iterator[float] = iter(range(1000))

    with pytest.raises(ClipRefused, match="longer than the limit of 5 s"):
        probe(good_clip, ProbeLimits(wall_s=5), clock=lambda: next(ticks))


def test_a_truncated_file_is_measured_as_far_as_possible(tmp_path: Path, good_clip: Path) -> None:
    content = good_clip.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content[: len(content) // 2])

    video = probe(cut).measurements.video

    assert video.frames_claimed == 25
    assert 0 < video.frames_decoded < 25


def test_a_file_truncated_before_its_index_is_refused(tmp_path: Path) -> None:
    content = make_clip(tmp_path / "late.mp4", ClipSpec(faststart=False)).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content[: len(content) // 2])

    assert "no index" in refusal(cut)


def test_a_comment_with_invalid_text_is_cleaned(tmp_path: Path) -> None:
    odd = make_clip(tmp_path / "odd.mp4", ClipSpec(comment="EMULATED"))
    odd.write_bytes(odd.read_bytes().replace(b"EMULATED", b"EM\xff\xfeLATED"[:8]))

    assert probe(odd).measurements.container.comment.startswith("EM\N{REPLACEMENT CHARACTER}")


def test_damaged_frames_are_counted(tmp_path: Path, good_clip: Path) -> None:
    content = bytearray(good_clip.read_bytes())
    start = content.index(b"mdat") + 4
    for at in range(start + 3000, len(content), 97):
        content[at] ^= 0xFF
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)

    m = probe(broken).measurements

    assert m.audio is not None
    assert m.video.decode_errors + m.audio.decode_errors > 0


def test_an_index_of_fifty_million_samples_costs_no_memory(tmp_path: Path, good_clip: Path) -> None:
    """FFmpeg alone would need 1.8 GB and five seconds for these few bytes."""
    content = bytearray(good_clip.read_bytes())
    struct.pack_into(">II", content, content.index(b"stsz") + 8, 1, 50_000_000)
    struct.pack_into(">II", content, content.index(b"stts") + 8, 1, 50_000_000)
    struct.pack_into(">III", content, content.index(b"stsc") + 12, 1, 50_000_000, 1)
    bomb = tmp_path / "bomb.mp4"
    bomb.write_bytes(content)

    assert "claims 50000" in refusal(bomb)


def edit_list(edits: int, *, claimed: int) -> bytes:
    edit = struct.pack(">IiI", 1000, 0, 0x10000)
    return box(b"elst", struct.pack(">II", 0, claimed) + edits * edit)


@pytest.mark.parametrize("claimed", [400, 1], ids=["as many as there are", "one"])
def test_an_edit_list_does_not_multiply_the_index(tmp_path: Path, claimed: int) -> None:
    """FFmpeg alone would need 2 GB for these 10 kB: it copies the index for every edit."""
    content = bytearray(make_clip(tmp_path / "late.mp4", ClipSpec(faststart=False)).read_bytes())
    struct.pack_into(">II", content, content.index(b"stsz") + 8, 1, 400_000)
    bomb = tmp_path / "bomb.mp4"
    edits = edit_list(400, claimed=claimed)
    bomb.write_bytes(with_box(bytes(content), (b"moov", b"trak", b"edts"), edits))

    assert "edit list" in refusal(bomb)


def test_a_few_edits_are_accepted(tmp_path: Path) -> None:
    content = make_clip(tmp_path / "late.mp4", ClipSpec(faststart=False)).read_bytes()
    edited = tmp_path / "edited.mp4"
    edits = edit_list(3, claimed=3)
    edited.write_bytes(with_box(content, (b"moov", b"trak", b"edts"), edits))

    assert probe(edited).measurements.video.frames_decoded


def test_chunks_of_sound_do_not_multiply_the_index(tmp_path: Path) -> None:
    """FFmpeg alone would need 1.4 GB for these 4 kB: it counts such sound by chunks."""
    content = make_clip(tmp_path / "late.mp4", ClipSpec(faststart=False, sound=None)).read_bytes()
    sound = _table(b"stts", (1024, 1)) + _table(b"stsc", (1, 2_000_000_000, 1))
    track = box(b"trak", box(b"stbl", sound + _table(b"stco", *((48,) for _ in range(30)))))
    bomb = tmp_path / "bomb.mp4"
    bomb.write_bytes(with_box(content, (b"moov",), track))

    assert "claims 3750" in refusal(bomb)


def _table(kind: bytes, *rows: tuple[int, ...]) -> bytes:
    numbers = [0, len(rows), *(number for row in rows for number in row)]
    return box(kind, struct.pack(f">{len(numbers)}I", *numbers))


_BOMB = box(b"stsz", struct.pack(">III", 0, 1, 50_000_000))
_META = bytes(4) + box(b"hdlr", bytes(25)) + _BOMB


@pytest.mark.parametrize(
    ("parents", "hidden"),
    [
        ((), box(b"hoov", box(b"mvhd", bytes(100)) + box(b"trak", box(b"stbl", _BOMB)))),
        ((b"stbl",), box(b"meta", _META)),
        ((b"stbl", b"stsd", b"avc1"), _BOMB),
        *(((b"stbl",), box(kind, _BOMB)) for kind in (b"ilst", b"wave", b"schi", b"sinf")),
    ],
    ids=["hoov", "meta", "stsd", "ilst", "wave", "schi", "sinf"],
)
def test_an_index_is_found_wherever_ffmpeg_would_find_it(
    tmp_path: Path, parents: tuple[bytes, ...], hidden: bytes
) -> None:
    content = make_clip(tmp_path / "late.mp4", ClipSpec(faststart=False)).read_bytes()
    bomb = tmp_path / "bomb.mp4"
    if parents:
        content = with_box(content, (b"moov", b"trak", b"mdia", b"minf", *parents), hidden)
    bomb.write_bytes(content if parents else content + hidden)

    assert "claims 50000" in refusal(bomb)


def test_endlessly_nested_boxes_are_refused(tmp_path: Path) -> None:
    nested = tmp_path / "nested.mp4"
    inner = b"".join(struct.pack(">I4s", 8 * (20_000 - n), b"moov") for n in range(20_000))
    nested.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + inner)

    assert "boxes" in refusal(nested)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_are_measured_or_refused(tmp_path: Path, seed: int) -> None:
    originals = [
        make_clip(tmp_path / f"{fast}.mp4", ClipSpec(width=64, height=48, frames=8, faststart=fast))
        for fast in (True, False)
    ]
    contents = [path.read_bytes() for path in originals]
    dice = random.Random(seed)  # noqa: S311  # repeatable damage, no secret
    target, ends = tmp_path / "clip.mp4", Counter[str]()

    for _ in range(MUTATIONS // 4):
        target.write_bytes(mutated(dice.choice(contents), dice))
        try:
            result = probe(target)
        except ClipRefused as refused:
            assert str(refused).startswith("clip.mp4 cannot be measured: ")
            ends["refused"] += 1
        else:
            assert len(result.strip) < 25_000
            assert result.measurements.video.frames_decoded > 0
            ends["measured"] += 1

    assert min(ends["refused"], ends["measured"]) > 5
