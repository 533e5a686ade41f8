"""The tables: safe in a spreadsheet, complete for a program."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from seedance_assets.adapters.review import write_review
from seedance_assets.adapters.review.tables import as_csv, as_json, as_parquet
from seedance_assets.core.review import Review
from tests.review.reviews import ORDERED, make_finding, make_review, make_shot, make_take


def rows_of(review: Review) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(review).decode("utf-8-sig"), newline="")))


def test_the_csv_starts_with_a_byte_order_mark() -> None:
    assert as_csv(make_review()).startswith(b"\xef\xbb\xbfshot,sequence,row,status,verdict,take,")


def test_there_is_one_row_a_take_and_one_for_a_shot_without_takes() -> None:
    several = make_shot("sh010", takes=(make_take("sh010", 1), make_take("sh010", 2)))
    none = make_shot("sh020", status="blocked", verdict=None, takes=(), reason="no picture")

    rows = rows_of(make_review(several, none))

    assert [(row["shot"], row["take"]) for row in rows] == [
        ("sh010", "1"),
        ("sh010", "2"),
        ("sh020", ""),
    ]
    assert rows[2]["reason"] == "no picture"


def test_a_row_has_the_facts_of_its_take() -> None:
    findings = (make_finding("size", "fail"), make_finding("length", "fail"))
    shot = make_shot(takes=(make_take(findings=findings, verdict="fail", current=False),))

    row = rows_of(make_review(shot))[0]

    assert row["failed"] == "size length"
    assert row["current"] == "false"
    assert (row["duration_s"], row["width_px"], row["audio_peak_dbfs"]) == (
        "5.041667",
        "864",
        "-6.0",
    )
    assert (row["cost_usd"], row["estimate_usd"]) == ("0.13", "0.1213")
    assert row["ordered_at"] == "2026-03-14T09:12:30+00:00"
    assert row["delivered_at"] == "2026-03-14T09:13:42+00:00"
    assert (row["setting_duration"], row["note_description"]) == ("5", "Harbour")
    assert (row["loudness_lufs"], row["opening_similarity"]) == ("-21.4", "0.987")
    assert (row["rule_size"], row["rule_length"]) == ("fail", "fail")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(start: str) -> None:
    formula = f'{start}HYPERLINK("https://evil.example","x")'
    shot = make_shot(prompt=formula, notes={"by": formula}, reason=formula)

    row = rows_of(make_review(shot))[0]

    assert row["prompt"] == row["note_by"] == row["reason"] == f"'{formula}"


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
@pytest.mark.parametrize("quote", ["", '"'])
def test_no_cell_runs_in_a_spreadsheet_that_splits_elsewhere(separator: str, quote: str) -> None:
    attack = f"A boat{separator}{quote}=cmd|'/C calc'!A0\n{quote}=1+1"
    written = as_csv(make_review(make_shot(prompt=attack, reason=attack))).decode("utf-8-sig")

    found = csv.reader(io.StringIO(written, newline=""), delimiter=separator)

    assert [cell for row in found for cell in row if cell.startswith("=")] == []
    assert not [line for line in written.splitlines() if line.startswith("=")]


def test_numbers_below_zero_stay_numbers() -> None:
    assert rows_of(make_review())[0]["audio_rms_dbfs"] == "-20.5"


def test_quotes_commas_and_line_breaks_survive() -> None:
    prompt = 'He said, "now"\nand left.'

    assert rows_of(make_review(make_shot(prompt=prompt)))[0]["prompt"] == prompt


def test_columns_of_every_shot_are_there_settings_before_notes() -> None:
    first = make_shot("a", settings={"ratio": "1:1"}, notes={"x": "1"})
    second = make_shot("b", settings={"seed": 7}, notes={"y": "2"})

    rows = rows_of(make_review(first, second))

    assert list(rows[0])[-4:] == ["setting_ratio", "setting_seed", "note_x", "note_y"]
    assert (rows[1]["setting_seed"], rows[1]["setting_ratio"]) == ("7", "")


def test_the_json_is_the_review_itself() -> None:
    review = make_review(make_shot(prompt="</script>\u2028“ü”"))

    written = as_json(review)

    assert json.loads(written)["schema"] == 1
    assert Review.model_validate_json(written) == review


def test_a_review_without_shots_is_written_too(tmp_path: Path) -> None:
    empty = make_review().model_copy(update={"shots": ()})

    page = write_review(empty, tmp_path)

    assert page.read_text(encoding="utf-8").count("<li>") == 0
    assert (tmp_path / "report.csv").read_text(encoding="utf-8-sig").count("\n") == 1


def test_the_folder_holds_page_and_tables_and_nothing_else(tmp_path: Path) -> None:
    page = write_review(make_review(), tmp_path / "new" / "review")
    write_review(make_review(), tmp_path / "new" / "review")

    assert page == tmp_path / "new" / "review" / "index.html"
    assert sorted(p.name for p in page.parent.iterdir()) == [
        "index.html",
        "report.csv",
        "report.json",
        "report.parquet",
        "summary.html",
    ]


def test_deleted_files_are_missing_in_the_report_but_remote_ones_are_not(
    tmp_path: Path,
) -> None:
    elsewhere = make_take(video="https://cdn.example/a.mp4", poster=None, strip=None)
    shots = make_shot("gone"), make_shot("elsewhere", takes=(elsewhere,))

    write_review(make_review(*shots), tmp_path)

    report = Review.model_validate_json((tmp_path / "report.json").read_bytes())
    gone, kept = (shot.takes[0] for shot in report.shots)
    assert (gone.missing, gone.video, gone.poster, gone.strip) == (True, None, None, None)
    assert "seedance produce" in (report.shots[0].advice or "")
    assert kept == elsewhere
    assert report.shots[1].reason is None


def test_half_a_surrogate_pair_does_not_cost_us_the_report(tmp_path: Path) -> None:
    write_review(make_review(make_shot(prompt="odd \ud800 text")), tmp_path)

    for name in ("index.html", "report.csv", "report.json"):
        assert "odd ? text" in (tmp_path / name).read_text(encoding="utf-8")


def parquet_of(review: Review) -> pyarrow.Table:
    return pyarrow.parquet.read_table(io.BytesIO(as_parquet(review)))


def test_parquet_holds_the_same_rows_with_their_types() -> None:
    finding = make_finding("length", measured_value=5.04, limit_value=5.0, unit="s")
    several = make_shot("sh010", takes=(make_take("sh010", 1, findings=(finding,)), make_take()))
    review = make_review(several, make_shot("sh020", takes=(), prompt="=1+1"))

    table = parquet_of(review)

    written = rows_of(review)
    assert table.column_names == list(written[0])
    assert table.num_rows == len(written) == 3
    assert table["cost_usd"].to_pylist() == [0.13, 0.13, None]
    assert table["ordered_at"].to_pylist()[0] == ORDERED
    assert table["current"].to_pylist() == [True, True, None]
    assert table["value_length"].to_pylist() == [5.04, None, None]
    assert table["setting_duration"].type == pyarrow.int64()
    assert table["prompt"].to_pylist()[2] == "=1+1"  # no spreadsheet: nothing runs


def test_parquet_takes_settings_that_change_their_type_and_moments_without_a_zone() -> None:
    naive = make_take(ordered_at=ORDERED.replace(tzinfo=None))
    mixed = make_review(
        make_shot("a", settings={"seed": 7}, takes=(naive,)),
        make_shot("b", settings={"seed": "any"}, prompt="odd \ud800 text"),
    )

    table = parquet_of(mixed)

    assert table["setting_seed"].to_pylist() == ["7", "any"]
    assert table["ordered_at"].to_pylist() == [ORDERED, ORDERED]
    assert table["prompt"].to_pylist()[1] == "odd ? text"


def test_without_pyarrow_there_is_a_report_without_parquet(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from importlib import util; found = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'pyarrow' else found(name, *rest)\n"
        "from pathlib import Path\n"
        "from seedance_assets.adapters.review import write_review\n"
        "from seedance_assets.core.review import Review\n"
        "write_review(Review.model_validate_json(sys.stdin.read()), Path(sys.argv[1]))\n"
    )

    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], input=as_json(make_review()), check=True
    )

    assert not (tmp_path / "report.parquet").exists()
    assert (tmp_path / "report.csv").exists()
    assert "report.parquet" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_report_of_a_reviewer_without_pyarrow_never_imports_it() -> None:
    program = "import sys, seedance_assets.adapters.review; print('pyarrow' in sys.modules)"

    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "False"
