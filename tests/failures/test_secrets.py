"""The token is in no file, no event and no line of output, whatever the service says back."""

import base64
import os
import re
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg

from seedance_assets.emulator.jobs.scenario import BreakDownload, FailJob, LoseAnswer, RefuseSubmit
from tests.command import Command, environment_of
from tests.conftest import OpenStage
from tests.runcomfy.contrary_server import ContraryServer, page
from tests.stage import Stage, when

TOKEN = "tok-SENTINEL-123"
IN_BASE64 = base64.b64encode(TOKEN.encode()).decode()
ECHO = f"bad header Authorization: Bearer {TOKEN} {IN_BASE64}"
OTHER_SECRETS = {
    "RUNCOMFY_API_TOKEN": "other-SENTINEL-1",
    "RUNCOMFY_API_KEY": "other-SENTINEL-2",
    "SEEDANCE_SLACK_WEBHOOK": "https://127.0.0.1:9/other-SENTINEL-3",
    "SEEDANCE_SMTP_URL": "smtps://person:other-SENTINEL-4@127.0.0.1:9",
    "SEEDANCE_UI_TOKEN": "other-SENTINEL-5-long-enough",
    "AWS_ACCESS_KEY_ID": "other-SENTINEL-6",
    "AWS_SECRET_ACCESS_KEY": "other-SENTINEL-7",
    "AWS_SESSION_TOKEN": "other-SENTINEL-8",
}
NEEDLES = (TOKEN, IN_BASE64.rstrip("=")[:-1], "other-SENTINEL")
FAULTS = (
    when("moderated", RefuseSubmit(answer="unprocessable", message=ECHO)),
    when("refused", RefuseSubmit(answer="server_error", message=ECHO)),
    when("failed", FailJob(message=ECHO, error="object")),
    when("lost", LoseAnswer()),
    when("broken", BreakDownload(how="not_a_video")),
    when("elsewhere", BreakDownload(how="redirect", location=f"https://a.example/{TOKEN}")),
)
SHOTS = ("well", "moderated", "refused", "failed", "lost", "broken", "elsewhere")


def contents(path: Path) -> Iterator[bytes]:
    """A file's bytes; of a database also every cell, unpacked where it is packed (Dagster does)."""
    yield path.read_bytes()
    if path.suffix != ".db":
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # our own
                yield from (_unpacked(cell) for cell in row if isinstance(cell, bytes))
                yield "\n".join(map(str, row)).encode()


def _unpacked(cell: bytes) -> bytes:
    try:
        return zlib.decompress(cell)
    except zlib.error:
        return cell


def holders(folder: Path) -> tuple[list[str], int]:
    """The files that hold the token, and how many were looked into."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    needles = [needle.encode() for needle in NEEDLES]
    found = [str(p) for p in files if any(n in text for text in contents(p) for n in needles)]
    return found, len(files)


def events_of(home: Path) -> str:
    """Every event and log line that Dagster's instance has."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = instance.get_runs()
        assert runs
        logs = [log for run in runs for log in instance.all_logs(run.run_id)]
        assert logs
        return dg.serialize_value([*logs, *runs])


def write_production(stage: Stage) -> None:
    stage.write_sheet({f"sh_{word}": f"A shot that is {word}." for word in SHOTS})


def test_the_token_is_nowhere_after_a_production_with_every_kind_of_trouble(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(*FAULTS) as stage:
        write_production(stage)
        home = Path(stage.environ["SEEDANCE_HOME"])
        environ = OTHER_SECRETS | stage.environ

        said = [
            seedance("produce", stage.sheet, "--yes", "--json", **environ),
            seedance("--debug", "produce", stage.sheet, "--yes", **environ),
        ]

        assert stage.environ["RUNCOMFY_TOKEN"] == TOKEN
        failures = {f["shot"]: f["reason"] for f in said[0].json["failures"]}
        assert said[0].json["succeeded"] == 1
        assert len(failures) == len(SHOTS) - 1
        assert "Bearer [token]" in failures["sh_moderated"] + failures["sh_failed"]
        for each in said:
            assert not [needle for needle in NEEDLES if needle in each.out + each.err]
        found, looked_into = holders(home)
        assert found == []
        assert looked_into > 10
        assert list(home.rglob("*.db"))
        events = events_of(home / "dagster")
        assert not [needle for needle in NEEDLES if needle in events]


def test_the_token_is_not_in_what_dagster_keeps_of_a_run_of_its_own(open_stage: OpenStage) -> None:
    with open_stage(*FAULTS) as stage:
        write_production(stage)
        home = Path(stage.environ["SEEDANCE_HOME"])
        (home / "dagster").mkdir(parents=True)
        (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        environ = environment_of(stage.folder, **stage.environ)
        environ |= OTHER_SECRETS | {
            "DAGSTER_HOME": str(home / "dagster"),
            "SEEDANCE_SHEET": str(stage.sheet),
        }
        module = ["-m", "seedance_assets.definitions"]

        said = b""
        for job in ("intake", "production"):
            command = [sys.executable, "-m", "dagster", "job", "execute", *module, "-j", job]
            done = subprocess.run(
                command, env=environ, cwd=stage.folder, capture_output=True, check=False
            )
            said += done.stdout + done.stderr

        assert stage.orders()
        assert re.search(rb"Bearer \[token\]", said)
        assert not [needle for needle in NEEDLES if needle.encode() in said]
        found, looked_into = holders(home)
        assert found == []
        assert looked_into > 10
        assert list((home / "dagster").rglob("*.err")), "compute logs were looked into"
        assert os.environ.get("RUNCOMFY_TOKEN") is None
        events = events_of(home / "dagster")
        assert not [needle for needle in NEEDLES if needle in events]


def test_no_key_of_a_link_is_on_a_page_or_in_what_dagster_keeps(
    open_stage: OpenStage, seedance: Command
) -> None:
    with open_stage() as stage, closing(ContraryServer()) as host:
        toml = stage.folder / "production.toml"
        near = "[sheet]\nprivate_hosts = true\n[first_frames]\nprivate_hosts = true\n"
        toml.write_text(toml.read_text("utf-8") + near, "utf-8")
        host.on("/a.png", page((stage.folder / "frame.png").read_bytes()))
        linked = f"{host.root}/a.png?signature={TOKEN}"
        stage.write_sheet([{"shot": "sh010", "prompt": "A boat.", "first_frame": linked}])
        host.on("/shots.csv", page(stage.sheet.read_bytes()))

        link = f"{host.root}/shots.csv?key={TOKEN}"
        said = seedance("produce", link, "--yes", cwd=stage.folder, **stage.environ)

        assert said.code == 0, said.err
        assert TOKEN not in said.out + said.err
        home = Path(stage.environ["SEEDANCE_HOME"])
        for folder in (home / "dagster", home / "review", home / "media"):
            kept, files = holders(folder)
            assert kept == []
            assert files
