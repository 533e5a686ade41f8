"""`seedance qc` on folders: which clips, what they are compared with, the report, going on."""

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from seedance_assets.core.checked_clip import shot_in_name
from tests.command import AS_USUAL, Command, environment_of, stop, wait_for
from tests.probe.clips import ClipSpec, make_clip
from tests.probe.scenes import big, blackened
from tests.stage import Stage, draw_clip

BLACK = ClipSpec(paint=blackened(5, 12))
SMALL = ClipSpec(frames=3, sound=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good clip, a bad one further down, a broken one, and files that are no clips."""
    place = tmp_path / "clips"
    (place / "day 2").mkdir(parents=True)
    (place / ".trash").mkdir()
    make_clip(place / "good.mp4", big())
    make_clip(place / "day 2" / "BLACK.MP4", BLACK)
    make_clip(place / ".trash" / "deleted.mp4", SMALL)
    (place / "._good.mp4").write_bytes(b"what macOS leaves on a stick")
    (place / "notes.txt").write_text("no clip", encoding="utf-8")
    (place / "broken.mp4").write_bytes(b"no clip either")
    return place


def rows(report: Path) -> list[dict[str, str]]:
    text = (report / "clips.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def records(report: Path) -> dict[str, int]:
    """Each kept record, and when it was written."""
    return {p.name: p.stat().st_mtime_ns for p in (report / "measurements").iterdir()}


def test_a_folder_stands_for_all_clips_in_it_and_below(seedance: Command, folder: Path) -> None:
    done = seedance("qc", folder, folder / "good.mp4")

    names = [line.split("  ")[0] for line in done.out.splitlines() if line[0] in "✓!✗"]
    assert done.code == 1
    assert [name.removeprefix(f"✗ {folder}/")[:20] for name in names if "✗" in name] == [
        "broken.mp4 cannot be",
        "day 2/BLACK.MP4",
    ]
    assert len(names) == 3
    assert "deleted" not in done.out
    assert "3 clips: 1 pass, 0 warn, 2 fail (1 cannot be measured)." in done.out
    counts = done.out[done.out.index("3 clips:") :]
    assert ["black", "1", "0", "1"] in [line.split() for line in counts.splitlines()]


def test_a_folder_whose_clips_pass_ends_with_zero(seedance: Command, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for name in ("a", "b"):
        make_clip(tmp_path / "clips" / f"{name}.mp4", big())

    done = seedance("qc", tmp_path / "clips")

    assert (done.code, done.err) == (0, "")


def test_no_clips_at_all_is_an_error_and_an_empty_folder_among_others_is_told(
    seedance: Command, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()

    nothing = seedance("qc", tmp_path / "empty")
    some = seedance("qc", tmp_path / "empty", folder / "good.mp4")

    assert nothing.code == 66
    assert f"no clips in {tmp_path}/empty" in nothing.err
    assert some.code == 0
    assert f"no clips in {tmp_path}/empty" in some.err


def test_the_report_is_a_page_and_a_table(seedance: Command, folder: Path, tmp_path: Path) -> None:
    make_clip(folder / "=HYPERLINK(1),@x.mp4", SMALL)
    make_clip(folder / "<img src=x onerror=alert(1)>.mp4", SMALL)

    done = seedance("qc", folder, "--report", tmp_path / "check")

    page = (tmp_path / "check" / "index.html").read_text(encoding="utf-8")
    table = {Path(row["file"].replace("'", "")).name: row for row in rows(tmp_path / "check")}
    assert done.code == 1
    assert f"Report: {tmp_path}/check/index.html" in done.out
    assert f"✗ {folder}/day 2/BLACK.MP4: black" in done.out
    assert (table["BLACK.MP4"]["verdict"], table["BLACK.MP4"]["black"]) == ("fail", "fail")
    assert table["good.mp4"]["duration_s"] == "1.042"
    assert "cannot be measured" in table["broken.mp4"]["reasons"]
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(
    seedance: Command, tmp_path: Path
) -> None:
    make_clip(tmp_path / "=1+1.mp4", SMALL)

    seedance("qc", "=1+1.mp4", "--report", "check")

    assert rows(tmp_path / "check")[0]["file"] == "'=1+1.mp4"


def test_a_check_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    clips, report = tmp_path / "clips", tmp_path / "check"
    clips.mkdir()
    for number in range(12):
        draw_clip(clips / f"c{number:02}.mp4", frames=97 + number)
    command = [sys.executable, *AS_USUAL, "qc", str(clips), "--report", str(report)]
    environment = environment_of(tmp_path)
    process = subprocess.Popen(
        [*command, "--workers", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    measurements = report / "measurements"
    wait_for(lambda: measurements.is_dir() and len(list(measurements.glob("*.json"))) >= 2)

    stop(process, signal.SIGINT)
    before = records(report)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    after = records(report)
    assert process.returncode == 130
    assert 2 <= len(before) < 12
    assert not (report / "index.html").exists() or len(rows(report)) == 12
    assert done.returncode in {0, 1}, done.stderr
    assert len(after) == 12
    assert {name: after[name] for name in before} == before


def test_a_clip_is_known_by_what_it_holds_and_judged_by_the_limits_of_the_day(
    seedance: Command, folder: Path, tmp_path: Path
) -> None:
    report, settings = tmp_path / "check", tmp_path / "production.toml"
    settings.write_text("[quality]\nblack_warn_s = 1\nblack_fail_s = 2\n", encoding="utf-8")
    seedance("qc", folder, "--report", report)
    before = records(report)
    (folder / "good.mp4").rename(folder / "renamed.mp4")

    seedance("qc", folder, "--report", report, "--settings", settings)
    renamed = records(report)
    make_clip(folder / "renamed.mp4", big(frames=30))
    seedance("qc", folder, "--report", report)

    assert renamed == before
    assert {Path(r["file"]).name: r["black"] for r in rows(report)}["BLACK.MP4"] == "fail"
    assert len(records(report)) == len(before) + 1


def test_a_report_never_replaces_a_page_of_somebody_else(
    seedance: Command, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("mine", encoding="utf-8")

    done = seedance("qc", folder, "--report", tmp_path / "site")

    assert done.code == 64
    assert (tmp_path / "site" / "index.html").read_text(encoding="utf-8") == "mine"


def test_each_clip_is_compared_with_the_shot_of_its_name(
    seedance: Command, plain_stage: Stage, clip: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (640, 367)).save(plain_stage.folder / "frame.png")
    plain_stage.write_sheet(
        [
            {"shot": "sh010", "prompt": "A boat."},
            {"shot": "sh010_b", "prompt": "A gull."},
            {"shot": "sh020", "prompt": "Night."},
        ]
    )
    clips = tmp_path / "clips"
    (clips / "sh020").mkdir(parents=True)
    names = ["sh010_t001.mp4", "SH010_B_t002.mp4", "sh020/final.mp4", "from the service.mp4"]
    for name in names:
        (clips / name).write_bytes(clip.read_bytes())
    (clips / "from the service.json").write_text(json.dumps({"shot": "sh020"}), encoding="utf-8")
    make_clip(clips / "holiday.mp4", big())
    make_clip(clips / "sh010 (2).mp4", SMALL)

    done = seedance(
        "qc", clips, "--expect", plain_stage.sheet, "--report", "check", **plain_stage.environ
    )

    table = {Path(row["file"]).name: row for row in rows(tmp_path / "check")}
    assert {name: table[name]["shot"] for name in table} == {
        "sh010_t001.mp4": "sh010",
        "SH010_B_t002.mp4": "sh010_b",
        "final.mp4": "sh020",
        "from the service.mp4": "sh020",
        "sh010 (2).mp4": "sh010",
        "holiday.mp4": "",
    }
    assert table["sh010_t001.mp4"]["size"] == "pass"
    assert table["sh010 (2).mp4"]["size"] == "fail"
    assert table["holiday.mp4"]["size"] == ""
    assert "No usable row of shots.csv has its name." in table["holiday.mp4"]["reasons"]
    assert f"has its name. ({clips}/holiday.mp4)" in done.out


def test_a_shot_whose_first_frame_is_missing_is_told_and_holds_no_other_up(
    seedance: Command, plain_stage: Stage, clip: Path, tmp_path: Path
) -> None:
    plain_stage.write_sheet(
        [
            {"shot": "sh010", "prompt": "A boat."},
            {"shot": "sh020", "prompt": "Night.", "first_frame": "gone.png"},
        ]
    )
    for name in ("sh010", "sh020"):
        (tmp_path / f"{name}.mp4").write_bytes(clip.read_bytes())

    seedance(
        "qc",
        "sh010.mp4",
        "sh020.mp4",
        "--sheet",
        plain_stage.sheet,
        "--report",
        "check",
        **plain_stage.environ,
    )

    table = {row["file"]: row for row in rows(tmp_path / "check")}
    assert table["sh010.mp4"]["size"] == "pass"
    assert table["sh020.mp4"]["size"] == ""
    assert "gone.png" in table["sh020.mp4"]["reasons"]


@pytest.mark.parametrize(
    ("file", "shot"),
    [
        ("sh010.mp4", "sh010"),
        ("sh010_t001.mp4", "sh010"),
        ("sh010b_t001.mp4", ""),
        ("sh0100.mp4", ""),
        ("sq1_sh010-take2.mp4", "sq1_sh010"),
        ("Sh010 final.mp4", "sh010"),
        ("sh010/clip.mp4", "sh010"),
        ("sq1_sh010/sh010.mp4", "sh010"),
        ("xsh010.mp4", ""),
    ],
)
def test_a_clip_belongs_to_the_longest_shot_that_its_name_begins_with(file: str, shot: str) -> None:
    assert shot_in_name(Path(file), ["sh010", "sq1_sh010", "sh01"]) == shot


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must not complain."""
    complaints: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


@pytest.mark.browser
def test_the_page_is_filtered_by_verdict_rule_and_name_at_every_width(
    seedance: Command, folder: Path, tmp_path: Path, page: Page
) -> None:
    seedance("qc", folder, "--report", tmp_path / "check")
    shown = page.locator(".clip:visible h3")
    for width in (390, 1000, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto((tmp_path / "check" / "index.html").as_uri())
        expect(shown).to_have_count(3)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_label("Fail").uncheck()
        expect(shown).to_have_text([f"{folder}/good.mp4"])
        page.get_by_label("Fail").check()
        page.get_by_role("combobox").select_option("black")
        expect(shown).to_have_text([f"{folder}/day 2/BLACK.MP4"])
        page.get_by_role("searchbox").fill("good")
        expect(page.get_by_text("No clip matches these filters.")).to_be_visible()
    picture = page.locator("img").first
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
