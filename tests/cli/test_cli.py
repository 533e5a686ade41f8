"""The command gives one clear message for everything that can be wrong, and a proper exit code."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seedance_assets.emulator.jobs.scenario import FailJob, LoseAnswer
from tests.command import Command, run_seedance
from tests.conftest import OpenStage
from tests.stage import Stage, when


def test_help_answers_without_loading_anything_heavy() -> None:
    script = (
        "import sys; sys.argv = ['seedance', '--help']\n"
        "from seedance_assets.cli import main\n"
        "try: main()\n"
        "except SystemExit as e: code = e.code\n"
        "heavy = {'dagster', 'pandas', 'av', 'sqlalchemy', 'httpx', 'numpy', 'PIL', 'starlette'}\n"
        "sys.exit(code or ','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "produce" in done.stdout


@pytest.mark.parametrize(
    "name", ["plan", "produce", "collect", "review", "ledger", "emulator", "ui", "doctor"]
)
def test_every_command_has_help(seedance: Command, name: str) -> None:
    said = seedance(name, "--help")

    assert said.code == 0
    assert name == "ledger" or "Example:" in said.out


BAD_SHEETS: dict[str, tuple[bytes | None, int, str]] = {
    "missing": (None, 66, "not"),
    "empty": (b"", 65, "empty"),
    "header only": (b"shot,prompt,first_frame\n", 65, "row"),
    "no prompt column": (b"shot,first_frame\nsh010,a.png\n", 65, "prompt"),
    "binary": (bytes(range(256)) * 40, 65, ""),
}


@pytest.mark.parametrize("name", BAD_SHEETS)
@pytest.mark.parametrize("command", ["plan", "produce"])
def test_a_bad_sheet_is_one_clear_message_and_an_exit_code(
    seedance: Command, tmp_path: Path, name: str, command: str
) -> None:
    content, code, word = BAD_SHEETS[name]
    sheet = tmp_path / "sheet.csv"
    if content is not None:
        sheet.write_bytes(content)

    said = seedance(command, sheet)

    if command == "produce" or name != "header only":
        assert said.code == code
        assert "sheet.csv" in said.err
        assert word in said.err
    assert "Traceback" not in said.err + said.out


def test_a_bad_setting_is_named_with_its_file(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    (plain_stage.folder / "production.toml").write_text("[concurrency]\nin_flite = 3\n")

    said = seedance("plan", plain_stage.sheet)

    assert said.code == 78
    assert "in_flite" in said.err
    assert "in_flight" in said.err
    assert "production.toml" in said.err


def test_produce_makes_the_good_shots_names_the_bad_ones_and_ends_with_1(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(when("gull", FailJob(message="no gulls today"))) as stage:
        rows = [
            {"shot": "sh010", "prompt": "A boat."},
            {"shot": "sh020", "prompt": "A gull."},
            {"shot": "sh030", "prompt": "Night.", "duration": "40"},
            {"shot": "sh040", "prompt": "Day.", "first_frame": "gone.png"},
        ]
        stage.write_sheet(rows)

        said = seedance("produce", stage.sheet, "--yes", "--json", **stage.environ)

        facts = said.json
        assert said.code == 1
        assert (facts["shots"], facts["succeeded"], facts["failed"]) == (4, 1, 3)
        assert facts["purchased"] == 1 + 1
        reasons = {f["shot"]: f["reason"] for f in facts["failures"]}
        assert "no gulls today" in reasons["sh020"]
        assert "duration" in reasons["sh030"]
        assert "gone.png" in reasons["sh040"]
        assert all(f["what_to_do"] for f in facts["failures"])
        assert Path(facts["review"]).is_file()


def test_produce_run_twice_purchases_nothing_the_second_time(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "takes": 2}])

    first = seedance("produce", plain_stage.sheet, "--yes", "--json", **plain_stage.environ).json
    second = seedance("produce", plain_stage.sheet, "--yes", "--json", **plain_stage.environ).json

    assert (first["purchased"], first["reused"]) == (2, 0)
    assert (second["purchased"], second["reused"]) == (0, 2)
    assert first["cost_usd"] > 0
    assert second["cost_usd"] == 0
    assert plain_stage.charges() == 2


def test_the_last_line_of_success_names_the_report(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})

    said = seedance("produce", plain_stage.sheet, **plain_stage.environ)

    assert said.code == 0, said.err
    last = said.out.strip().splitlines()[-1]
    assert last.startswith("Report: ")
    assert Path(last.removeprefix("Report: ")).is_file()
    assert "EMULATED" in said.out


def test_only_the_chosen_shots_are_made(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull.", "sh030": "Night."})

    said = seedance(
        "produce", plain_stage.sheet, "--shots", "sh010, sh030", "--json", **plain_stage.environ
    )

    assert said.json["succeeded"] == 2
    assert plain_stage.charges() == 2


def test_a_shot_that_is_not_in_the_sheet_is_a_usage_error(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})

    said = seedance("produce", plain_stage.sheet, "--shots", "sh999", **plain_stage.environ)

    assert said.code == 64
    assert "sh999" in said.err
    assert "sh010" in said.err


def test_the_plan_says_what_would_be_bought_and_buys_nothing(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat.", "sh020": "A gull."})

    said = seedance("plan", plain_stage.sheet, "--json", **plain_stage.environ)

    assert said.code == 0
    assert said.json["takes_to_buy"] == 2
    assert said.json["estimate_usd"] > 0
    assert plain_stage.charges() == 0


def test_the_plan_says_which_input_has_changed(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A red boat.", "camera_fixed": "false"}])

    line = seedance("plan", plain_stage.sheet, "--json", **plain_stage.environ).json["lines"][0]

    assert line["state"] == "changed"
    changes = {c["field"]: (c["old"], c["new"]) for c in line["changes"]}
    assert changes == {
        "prompt": ("A boat.", "A red boat."),
        "camera_fixed": ("True", "False"),
    }


def test_the_plan_ends_what_is_wrong_before_it_says_what_to_do(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "first_frame": "farme.png"}])

    wide = plain_stage.environ | {"COLUMNS": "1000"}
    said = seedance("plan", plain_stage.sheet, **wide).out

    looked = f"first frame 'farme.png' is not there: looked in {plain_stage.folder}"
    assert f"{looked}. Did you mean 'frame.png'?" in said


def test_the_ledger_lists_one_object_a_take(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()

    takes = json.loads(seedance("ledger", "list", "--json", **plain_stage.environ).out)
    shown = seedance("ledger", "show", "sh010_t001", **plain_stage.environ)

    assert len(takes) == 1
    assert takes[0]["shot"] == "sh010"
    assert takes[0]["take"] == 1
    assert takes[0]["state"] == "measured"
    assert takes[0]["request_id"]
    assert takes[0]["fingerprint"]
    assert takes[0]["cost_usd"] > 0
    assert "intent → submitted" in shown.out
    first, *lines = shown.out.splitlines()
    assert first.startswith("sh010_t001 · measured")
    facts = {line[:14].strip(): line[14:] for line in lines}
    assert facts["prompt"] == "A boat."
    assert "resolution 480p" in facts["settings"]
    assert facts["cost"].endswith(" USD")
    assert "{" not in shown.out


def test_a_clip_that_was_deleted_is_missing_on_the_page_and_comes_home_again_for_free(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    plain_stage.film()
    (take,) = plain_stage.takes()
    clip = Path(take.video_path or "")

    def page() -> str:
        said = seedance("review", plain_stage.sheet, "--no-open", **plain_stage.environ)
        path = said.out.strip().removeprefix("Report: ")
        return Path(path).read_text(encoding="utf-8")

    whole = page()
    clip.unlink()
    bereft = page()
    again = seedance("produce", plain_stage.sheet, "--json", **plain_stage.environ)

    missing = f"The file of {take.name} is missing."
    assert missing not in whole
    assert missing in bereft
    assert "Run <code>seedance produce</code> again" in bereft
    assert (again.code, again.json["purchased"], plain_stage.charges()) == (0, 0, 1)
    assert clip.is_file()
    assert missing not in page()


@pytest.mark.parametrize(
    "asked",
    [
        ("ledger", "list"),
        ("ledger", "list", "--json"),
        ("ledger", "show", "sh010_t001"),
        ("ledger", "adopt", "sh010", "some-id"),
        ("ledger", "write-off", "sh010"),
        ("collect",),
        ("review", "--no-open"),
    ],
    ids=" ".join,
)
def test_a_mistyped_home_is_said_and_not_made(
    seedance: Command, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    home = tmp_path / "sotrage"

    said = seedance(*asked, SEEDANCE_HOME=str(home))

    assert said.code == 66
    assert str(home) in said.err
    assert said.out == ""
    assert not home.exists()
    if asked[0] != "review":  # it misses the sheet that was read last
        assert f"there is no ledger at {home}/ledger.db" in said.err
        assert "Look at SEEDANCE_HOME" in said.err


def test_a_lost_answer_is_settled_by_adopting_the_generation(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(when("boat", LoseAnswer())) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()
        wrong = seedance("ledger", "adopt", "sh010_t001", "no-such-id", **stage.environ)
        lost = stage.requests()[0]

        assert wrong.code != 0
        assert seedance("ledger", "adopt", "sh010_t001", lost, **stage.environ).code == 0
        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1


def test_a_lost_answer_is_settled_by_writing_the_take_off(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(when("boat", LoseAnswer(taken=False), times=1)) as stage:
        stage.write_sheet({"sh010": "A boat."})
        stage.film()

        assert seedance("ledger", "write-off", "sh010_t001", **stage.environ).code == 0
        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1
        again = seedance("ledger", "write-off", "sh010_t002", **stage.environ)
        assert again.code == 64


def test_a_service_that_is_not_there_is_one_clear_message_and_buys_nothing(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    environ = plain_stage.environ | {"RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:9/v1"}

    said = seedance("produce", plain_stage.sheet, "--json", **environ)

    assert said.code == 1
    failure = said.json["failures"][0]
    assert failure["kind"] == "no_connection"
    assert "nothing was paid" in failure["what_to_do"]


def test_an_unknown_token_is_named_as_such(seedance: Command, open_stage: OpenStage) -> None:
    with open_stage(token="another") as stage:
        stage.write_sheet({"sh010": "A boat."})

        said = seedance("produce", stage.sheet, "--json", **stage.environ)

        assert said.json["failures"][0]["kind"] == "not_authorised"
        assert "tok-SENTINEL-123" not in said.out + said.err


def test_a_home_that_cannot_be_written_is_one_clear_message(
    seedance: Command, plain_stage: Stage, tmp_path: Path
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")

    said = seedance(
        "produce", plain_stage.sheet, **plain_stage.environ | {"SEEDANCE_HOME": str(blocked)}
    )

    assert said.code == 74
    assert "a-file" in said.err
    assert "Traceback" not in said.err


QUIET = """
import logging, sys
from seedance_assets.cli import main
try:
    main()
except SystemExit:
    logging.getLogger("sqlalchemy.pool.impl.NullPool").error("cannot close", exc_info=ValueError())
"""


@pytest.mark.parametrize(("option", "shown"), [("--help", False), ("--debug", True)])
def test_tracebacks_of_the_database_layer_are_for_those_who_ask(option: str, shown: bool) -> None:
    said = subprocess.run(
        [sys.executable, "-c", QUIET, option, "--help"], capture_output=True, text=True, check=True
    )

    assert ("Traceback" in said.stderr or "cannot close" in said.stderr) is shown


def test_spending_without_a_terminal_needs_yes(seedance: Command, plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})

    said = seedance("produce", plain_stage.sheet, RUNCOMFY_TOKEN="live-looking")

    assert said.code == 64
    assert "--yes" in said.err


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
@pytest.mark.parametrize(
    ("mode", "folders", "files"),
    [(None, 0o700, 0o600), (0o755, 0o700, 0o600), (0o770, 0o770, 0o660)],
    ids=["a new home", "a home others may read", "a home of a group"],
)
def test_what_a_production_makes_is_private(
    open_stage: OpenStage, mode: int | None, folders: int, files: int
) -> None:
    """A shared home stays shared with its group; nobody else reads frames, links or the ledger."""
    with open_stage() as stage:
        stage.write_sheet({"sh010": "A boat."})
        home = stage.folder / "home"
        if mode is not None:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            home.chmod(mode)

        said = run_seedance(stage.folder, "produce", stage.sheet, cwd=stage.folder, **stage.environ)

        assert said.code == 0, said.err
        made = [path for path in home.rglob("*") if "emulator" not in path.parts]
        too_open = [
            (str(path.relative_to(home)), oct(path.stat().st_mode & 0o777))
            for path in made
            if path.stat().st_mode & 0o777 & ~(folders if path.is_dir() else files)
        ]
        assert too_open == []
        if mode is None:
            assert home.stat().st_mode & 0o777 == 0o700


def test_the_ui_reads_no_env_file_of_the_current_folder(seedance: Command, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RUNCOMFY_MODEL_API_BASE=https://evil.example\n")

    said = seedance("ui", "--port", "1")

    assert said.code == 64
    assert "Dagster would set its variables" in said.err
    assert "--load-env-file" in said.err
