"""One production saved by different programs orders the same takes."""

import asyncio
import csv
import io
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.shot import ShotList
from seedance_assets.production.planning.requests import prepare_request
from seedance_assets.wiring import read_production
from tests.sheet.workbooks import workbook

DATA = Path(__file__).resolve().parents[2] / "data"
PINNED = {
    "sq010_sh010": "81eaabbfc91cd29a354092e7d08d3810bee34ede6adb1919a58a94b9db9b6094",
    "sq010_sh020": "ca7d1f12911947d51225eb58b35328b5530a4890d1bc0c615bf99b521b4dd790",
    "sq010_sh030": "5ea89be171307955598fd189d769c372467d883d00827c9518aea81259e531e3",
    "sq020_sh010": "f5b45e6ad1071b1d1c548d869f561448546b4d0fbf824e5c235013a0e3c71fb2",
    "sq020_sh020": "161e9ab1b88df2f91dad3c6d557a711aeb7f0ca9b9c8114d6b578c6b3d7941b6",
    "sq020_sh030": "523a0e44a8f8bad0d30afde82fc3f53540f7cc756be93d69666348e18960a9e8",
    "sq020_sh040": "df849770952e1ecd419fff1aecc6df6bf5208bf75083e25c3f2bdd66e2d8644b",
    "sq030_sh010": "0c4c4c3fb7ec15e8cd698711517bf47ab6db9d8f64a691a07ebf30b6ef814e54",
    "sq030_sh020": "0605b5bec69aa206b4cd59c85403ccea95706f214b5d5a74f2593e455e6bf104",
    "sq030_sh030": "93fa35531a50780c3edbcfeddc032a4843a405ad51e5ee213c321a78f7f1e726",
}
"""What the sample asked for before sheets of other forms were read: nobody buys it twice."""

Rows = list[dict[str, str]]

with (DATA / "shots.csv").open(encoding="utf-8-sig", newline="") as file:
    SAMPLE: Rows = list(csv.DictReader(file))


def separated(rows: Rows, separator: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def utf_16() -> bytes:
    return separated(SAMPLE, "\t").encode("utf-16")


def windows() -> bytes:
    """Semicolons, decimal commas, German words; the prompt in Japanese has no place there."""
    rows = [dict(row) for row in SAMPLE if row["prompt"].isascii() or _fits(row)]
    for row in rows:
        row["duration"] = row["duration"] and f"{row['duration']},0"
        row["max_cost_usd"] = row["max_cost_usd"].replace(".", ",")
        row["generate_audio"] = {"TRUE": "WAHR", "FALSE": "FALSCH", "": ""}[row["generate_audio"]]
    return separated(rows, ";").encode("cp1252")


def _fits(row: dict[str, str]) -> bool:
    return "".join(row.values()).encode("cp1252", "replace").decode("cp1252") == "".join(
        row.values()
    )


def excel() -> bytes:
    """Typed cells, as Excel makes of a CSV: numbers, booleans, empty cells."""
    typed = {"TRUE": True, "FALSE": False, "": None}

    def cell(name: str, text: str) -> object:
        if name in {"duration", "takes", "priority", "max_cost_usd"} and text:
            return float(text)
        return typed.get(text, text)

    rows = [[cell(name, text) for name, text in row.items()] for row in SAMPLE]
    return workbook([list(SAMPLE[0]), *rows], others={"Read me": [["How this list is kept"]]})


def kitsu() -> bytes:
    return separated([_kitsu(row) for row in SAMPLE], ",").encode("utf-8-sig")


def _kitsu(row: dict[str, str]) -> dict[str, str]:
    return {
        "Episode": row["episode"],
        "Sequence": row["sequence"],
        "Name": row["shot"].removeprefix(f"{row['sequence']}_"),
        "Description": row["prompt"],
        "Nb Frames": row["duration"] and str(25 * int(row["duration"])),
        "FPS": "25",
        **_metadata(row),
    }


def ayon() -> bytes:
    return separated([_ayon(row) for row in SAMPLE], ",").encode()


def _ayon(row: dict[str, str]) -> dict[str, str]:
    shot = row["shot"].removeprefix(f"{row['sequence']}_")
    frames = row["duration"] and 24 * int(row["duration"])
    return {
        "Folder Path": f"/shots/{row['sequence']}/{shot}",
        "Frame Start": "1001",
        "Frame End": str(1000 + frames) if frames else "",
        "Handle Start": "8",
        "Handle End": "8",
        "FPS": "24.0",
        "Prompt": row["prompt"],
        **_metadata(row),
    }


def _metadata(row: dict[str, str]) -> dict[str, str]:
    """Columns that a studio adds to its tool, as these tools spell them."""
    return {
        "First Frame": row["first_frame"],
        "Resolution": row["resolution"],
        "Aspect Ratio": row["ratio"],
        "Generate Audio": row["generate_audio"],
        "Camera Fixed": row["camera_fixed"],
        "Takes": row["takes"],
        "Dialogue": row["dialogue"],
    }


FORMS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "as it is": ("shots.csv", (DATA / "shots.csv").read_bytes),
    "UTF-16 TSV": ("shots.tsv", utf_16),
    "Windows-1252 with decimal commas": ("shots.csv", windows),
    "xlsx": ("shots.xlsx", excel),
    "Kitsu": ("kitsu.csv", kitsu),
    "AYON": ("ayon.csv", ayon),
}


def fingerprints(listed: ShotList, frames: FrameStore) -> dict[str, str]:
    async def of_all() -> Iterable[tuple[str, str]]:
        return [
            (shot.key, request.fingerprint)
            for shot in listed.shots
            for request in [
                await prepare_request(
                    shot, model_id=listed.model_id, sheet=listed.place, frames=frames
                )
            ]
        ]

    return dict(asyncio.run(of_all()))


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_the_sample_in_every_form_has_the_same_fingerprints(
    tmp_path: Path, name: str, content: Callable[[], bytes]
) -> None:
    shutil.copytree(DATA / "first_frames", tmp_path / "first_frames")
    (tmp_path / "production.toml").write_bytes((DATA / "production.toml").read_bytes())
    (tmp_path / name).write_bytes(content())

    listed, _ = read_production(tmp_path / name)

    assert {problem.rule for problem in listed.problems} == {"columns_unused"}
    found = fingerprints(listed, FrameStore(tmp_path / "kept"))
    assert found == {key: PINNED[key] for key in found}
    assert len(found) >= len(PINNED) - 1  # one prompt cannot be written in Windows-1252


def test_the_dialect_of_a_tool_is_reported(tmp_path: Path) -> None:
    for name, content in (("Kitsu", kitsu()), ("AYON", ayon())):
        sheet = tmp_path / "shots.csv"
        sheet.write_bytes(content)

        assert f"{name} columns" in read_production(sheet)[0].read_as
