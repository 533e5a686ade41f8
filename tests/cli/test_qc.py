"""`seedance qc`: any MP4 measured and judged, with or without a request."""

import os
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from tests.command import Command
from tests.probe.clips import ClipSpec, make_clip
from tests.probe.scenes import big, blackened, scene
from tests.stage import Stage


def test_a_good_clip_ends_with_zero_and_a_bad_one_with_one(
    seedance: Command, tmp_path: Path
) -> None:
    good = make_clip(tmp_path / "good.mp4")
    bad = make_clip(tmp_path / "bad.mp4", ClipSpec(paint=blackened(5, 12)))

    fine, wrong = seedance("qc", good), seedance("qc", good, bad)

    assert (fine.code, wrong.code) == (0, 1), fine.out + wrong.err
    assert "✓" in fine.out
    assert "The picture is black for 0.33 s." in " ".join(wrong.out.split())
    assert "0.21-0.54 s" in wrong.out


def test_hostile_files_get_one_clear_line_each_and_hold_nobody_up(
    seedance: Command, tmp_path: Path
) -> None:
    good = make_clip(tmp_path / "good.mp4")
    (tmp_path / "page\x1b[31m.mp4").write_text("<html>", encoding="utf-8")

    os.mkfifo(tmp_path / "pipe.mp4")

    said = seedance("qc", tmp_path / "page\x1b[31m.mp4", "missing.mp4", tmp_path / "pipe.mp4", good)

    assert said.code == 1
    assert said.out.count(".mp4 cannot be measured") == 3
    assert len(said.out.strip().splitlines()) == 5
    assert said.out.splitlines()[-1] == "4 clips: 1 pass, 0 warn, 3 fail (3 cannot be measured)."
    assert "\x1b" not in said.out
    assert "Traceback" not in said.err


def test_a_name_that_is_no_utf_8_is_told_in_text_that_is(seedance: Command, tmp_path: Path) -> None:
    odd = make_clip(tmp_path / os.fsdecode(b"caf\xe9.mp4"))
    broken = tmp_path / os.fsdecode(b"\xff.mp4")
    broken.write_bytes(b"no clip")

    as_json, as_table = seedance("qc", odd, broken, "--json"), seedance("qc", odd, broken)

    clip, refused = as_json.json
    assert clip["file"] == f"{tmp_path}/caf\\xe9.mp4"
    assert refused["file"] == f"{tmp_path}/\\xff.mp4"
    assert refused["refused"].startswith(f"{tmp_path}/\\xff.mp4 cannot be measured")
    assert "/caf\\xe9.mp4 " in as_table.out
    assert "/\\xff.mp4 cannot be measured" in as_table.out


def test_a_file_says_what_is_expected(seedance: Command, tmp_path: Path) -> None:
    Image.fromarray(scene(0, 256, 144)).save(tmp_path / "first.png")
    (tmp_path / "asked.toml").write_text(
        "width_px = 256\nheight_px = 144\nframes_per_second = 24\nduration_s = 2\n"
        "audio = false\nfirst_frame = 'first.png'\n",
        encoding="utf-8",
    )
    clip = make_clip(tmp_path / "clip.mp4", big())

    said = seedance("qc", clip, "--expect", tmp_path / "asked.toml", "--json")

    (found,) = said.json
    verdicts = {f["rule"]: f["verdict"] for f in found["findings"]}
    assert (said.code, found["verdict"], found["schema"]) == (1, "fail", 1)
    assert {rule for rule, verdict in verdicts.items() if verdict == "fail"} == {"length", "audio"}
    assert verdicts["first_frame"] == "pass"
    assert found["measurements"]["seen"]["luma_levels"]


@pytest.mark.parametrize(
    ("rate", "failed"),
    [(Fraction(24000, 1001), set()), (Fraction(24), {"frame_rate"})],
    ids=["as asked", "24"],
)
def test_a_rate_of_23_976_can_be_expected(
    seedance: Command, tmp_path: Path, rate: Fraction, failed: set[str]
) -> None:
    (tmp_path / "asked.toml").write_text(
        "frames_per_second = 23.976\nduration_s = 2\n", encoding="utf-8"
    )
    clip = make_clip(tmp_path / "clip.mp4", ClipSpec(rate=rate, frames=49))

    said = seedance("qc", clip, "--expect", tmp_path / "asked.toml", "--all", "--json")

    found = {f["rule"]: f for f in said.json[0]["findings"]}
    assert {rule for rule, f in found.items() if f["verdict"] == "fail"} == failed
    assert found["frame_rate"]["limit"] == "23.976 fps"
    assert found["length"]["verdict"] == "pass"


def test_a_mistake_in_the_expectations_is_said_and_no_traceback(
    seedance: Command, tmp_path: Path
) -> None:
    (tmp_path / "asked.toml").write_text("widht_px = 256\n", encoding="utf-8")

    said = seedance("qc", "clip.mp4", "--expect", tmp_path / "asked.toml")

    assert said.code == 78
    assert "widht_px: is no setting; did you mean 'width_px'?" in said.err


@pytest.mark.parametrize(
    ("half", "other"),
    [
        ("duration_s = 50", "frames_per_second"),
        ("width_px = 99", "height_px"),
        ("height_px = 99", "width_px"),
    ],
)
def test_half_an_expectation_is_not_left_out_without_a_word(
    seedance: Command, tmp_path: Path, half: str, other: str
) -> None:
    (tmp_path / "asked.toml").write_text(half, encoding="utf-8")

    said = seedance("qc", "clip.mp4", "--expect", tmp_path / "asked.toml")

    assert said.code == 78
    assert f"but {other} is missing" in said.err


def test_a_first_frame_that_cannot_be_compared_is_not_left_out_without_a_word(
    seedance: Command, tmp_path: Path
) -> None:
    Image.new("RGB", (320, 184)).save(tmp_path / "first.bmp")
    (tmp_path / "asked.toml").write_text("first_frame = 'first.bmp'\n", encoding="utf-8")

    said = seedance("qc", "clip.mp4", "--expect", tmp_path / "asked.toml")

    assert said.code == 65
    assert "first.bmp cannot be compared" in said.err
    assert "PNG, JPEG, WEBP" in said.err


def test_a_shot_of_the_sheet_says_what_is_expected(
    seedance: Command, plain_stage: Stage, clip: Path
) -> None:
    Image.fromarray(scene(0, 320, 184)).resize((640, 367)).save(plain_stage.folder / "frame.png")
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat."}])

    as_asked = seedance(
        "qc",
        clip,
        "--expect",
        "sh010",
        "--sheet",
        plain_stage.sheet,
        "--json",
        **plain_stage.environ,
    )
    stranger = seedance("qc", clip, "--expect", "sh999", "--sheet", plain_stage.sheet)

    verdicts = {f["rule"]: f["verdict"] for f in as_asked.json[0]["findings"]}
    assert (verdicts["size"], verdicts["length"], verdicts["audio"]) == ("pass", "pass", "pass")
    assert verdicts["first_frame"] == "fail"  # the stage's clip is a grey ramp
    assert stranger.code == 64
    assert "sh999" in stranger.err
