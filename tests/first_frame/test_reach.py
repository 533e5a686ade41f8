"""Which paths a sheet may use, by its source; tested with the command."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import AS_USUAL, environment_of, run_seedance
from tests.first_frame.drawings import drawing, saved
from tests.runcomfy.contrary_server import ContraryServer, page

_ALLOWING = "[sheet]\nprivate_hosts = true\n[first_frames]\noutside = true\n"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Pictures and keys of the person who runs the command."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "passport.png").write_bytes(saved(drawing()))
    (secrets / "id_rsa").write_text("key")
    return secrets


def _sheet(*frames: object) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["shot", "prompt", "first_frame"])
    rows.writerows([f"sh{n}", "A gull over the harbour.", f] for n, f in enumerate(frames))
    return text.getvalue()


def _states(out: str) -> list[str]:
    return [line["state"] for line in json.loads(out.strip().splitlines()[-1])["lines"]]


@pytest.mark.parametrize(("settings", "state"), [("", "blocked"), (_ALLOWING, "new")])
def test_a_sheet_on_disk_may_leave_its_folder_if_allowed(
    folder: Path, secrets: Path, settings: str, state: str
) -> None:
    (folder / "production.toml").write_text(settings)
    (folder / "shots.csv").write_text(_sheet(secrets / "passport.png", "../secrets/passport.png"))

    ran = run_seedance(folder, "plan", "shots.csv", "--json", cwd=folder)

    assert _states(ran.out) == [state, state], ran.err


def test_a_sheet_from_a_link_cannot_leave_the_current_folder(
    folder: Path, secrets: Path, server: ContraryServer
) -> None:
    (folder / "production.toml").write_text(_ALLOWING)
    (folder / "here.png").write_bytes(saved(drawing()))
    (folder / "linked").symlink_to(secrets)
    frames = ("here.png", secrets / "passport.png", "../secrets/id_rs", "linked/passport.png")
    server.on("/shots.csv", page(_sheet(*frames).encode()))

    ran = run_seedance(
        folder,
        *("plan", f"{server.root}/shots.csv", "--json", "--problems", "page.html"),
        cwd=folder,
    )

    assert _states(ran.out) == ["new", "blocked", "blocked", "blocked"], ran.err
    told = ran.out + ran.err + (folder / "page.html").read_text()
    assert "id_rsa" not in told


def test_a_sheet_from_a_pipe_cannot_leave_the_current_folder(folder: Path, secrets: Path) -> None:
    (folder / "production.toml").write_text(_ALLOWING)

    ran = subprocess.run(
        [sys.executable, *AS_USUAL, "plan", "-", "--json"],
        input=_sheet(secrets / "passport.png"),
        cwd=folder,
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=False,
    )

    assert _states(ran.stdout) == ["blocked"], ran.stderr


def test_a_sheet_from_a_named_pipe_is_one_from_a_pipe(folder: Path, secrets: Path) -> None:
    (folder / "production.toml").write_text(_ALLOWING)
    os.mkfifo(folder / "shots")
    writing = subprocess.Popen(["sh", "-c", "cat > shots"], cwd=folder, stdin=subprocess.PIPE)
    assert writing.stdin
    writing.stdin.write(_sheet(secrets / "passport.png").encode())
    writing.stdin.close()

    ran = run_seedance(folder, "plan", "shots", "--json", cwd=folder)

    assert _states(ran.out) == ["blocked"], ran.err
    assert writing.wait(timeout=60) == 0


def test_a_link_with_an_impossible_port_affects_no_other_shot(folder: Path) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    links = (f"https://127.0.0.1:{port}/a.png" for port in (70000, 10**20))
    (folder / "shots.csv").write_text(_sheet("a.png", *links))

    ran = run_seedance(folder, "plan", "shots.csv", "--json", cwd=folder)

    assert _states(ran.out) == ["new", "blocked", "blocked"], ran.err
