"""A worker decodes untrusted files: what it can see and use of the machine."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seedance_assets.adapters.probe import ProbePool, probe
from seedance_assets.adapters.probe.confinement import MEMORY_BYTES
from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture
from seedance_assets.adapters.probe.worker import as_request
from seedance_assets.adapters.probe.worker_environment import PACKAGE_ROOT, worker_environment
from seedance_assets.adapters.probe.worker_process import WORKER, WorkerProcess
from seedance_assets.core.errors import ClipRefused
from tests.command import environment_of
from tests.hostile_folder import imported, plant
from tests.probe.clips import make_clip
from tests.stage import Stage

SECRET = "sentinel-7f3a"
SECRETS = (
    "RUNCOMFY_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "SEEDANCE_SLACK_WEBHOOK",
    "SEEDANCE_SMTP_URL",
    "SEEDANCE_UI_TOKEN",
    "SEEDANCE_LEDGER_URL",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "HTTPS_PROXY",
    "PYTHONSTARTUP",
)
SPY = """
import json, os, resource, socket, sys
from seedance_assets.adapters.probe import worker
def spy(request):
    def tried(what):
        try:
            what()
        except OSError as exc:
            return type(exc).__name__
        return "done"
    def write():
        with open(request["path"] + ".written", "wb", buffering=0) as file:
            file.write(b"x")
    def connect():
        port = int(os.path.basename(request["path"]))
        socket.create_connection(("127.0.0.1", port), 2).close()
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "path": sys.path,
        "memory": resource.getrlimit(resource.RLIMIT_AS),
        "written": tried(write),
        "connected": tried(connect),
    }
worker._answer = spy
worker.serve()
"""
HOG = """
from seedance_assets.adapters.probe import worker
worker.probe = lambda *_, **__: bytearray({bytes})
worker.serve()
"""
SPINNING = """
from seedance_assets.adapters.probe import worker
def spin(*_, **__):
    while True:
        pass
worker.probe = spin
worker.serve()
"""
BUSY = """
import time
from seedance_assets.adapters.probe import worker
measure = worker.probe
def busy(*given, **named):
    until = time.process_time() + 0.5
    while time.process_time() < until:
        pass
    return measure(*given, **named)
worker.probe = busy
worker.serve()
"""


def inspect_worker(path: Path) -> dict[str, Any]:
    """What a worker reports about itself."""
    worker = WorkerProcess((sys.executable, "-P", "-c", SPY))
    try:
        return worker.request(as_request(path, ProbeLimits(), None, None), 60)
    finally:
        worker.end()


def test_a_worker_gets_no_secret_under_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", str(tmp_path), "", "here"]))
    monkeypatch.setenv("LD_LIBRARY_PATH", os.pathsep.join(["", str(tmp_path)]))

    seen = inspect_worker(tmp_path / "1")

    assert SECRET not in json.dumps(seen)
    assert seen["environment"].keys() <= worker_environment().keys()
    assert seen["environment"]["PYTHONPATH"] == f"{PACKAGE_ROOT}{os.pathsep}{tmp_path}"
    assert seen["environment"]["LD_LIBRARY_PATH"] == str(tmp_path)
    assert seen["folder"] == str(PACKAGE_ROOT)
    assert "" not in seen["path"]


@pytest.mark.skipif(sys.platform != "linux", reason="what other systems bound differs")
def test_a_worker_cannot_write_files_and_has_limited_memory(tmp_path: Path) -> None:
    seen = inspect_worker(tmp_path / "1")

    assert seen["memory"] == [MEMORY_BYTES, MEMORY_BYTES]
    assert seen["written"] == "OSError"


@pytest.mark.skipif(
    not hasattr(os, "unshare"), reason="Python 3.12 and Linux can leave the network"
)
def test_a_worker_has_no_network_where_the_system_permits_it(tmp_path: Path) -> None:
    may = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    if may.returncode:
        pytest.skip("this process may not have a network of its own")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert inspect_worker(tmp_path / str(port))["connected"] != "done"


def test_a_clip_that_needs_too_much_memory_is_refused_and_the_next_is_measured(
    tmp_path: Path, good_clip: Path
) -> None:
    hog = (sys.executable, "-c", HOG.format(bytes=MEMORY_BYTES + 1))

    with ProbePool(1, command=hog) as pool:
        with pytest.raises(ClipRefused, match=r"clip\.mp4 .* needs too much memory"):
            pool.probe(make_clip(tmp_path / "clip.mp4"))
        assert len(pool.peak_memory_mb()) == 1  # it lives
    with ProbePool(1) as pool:
        assert pool.probe(good_clip) == probe(good_clip)


def test_the_system_ends_a_worker_that_spins_without_a_parent(tmp_path: Path) -> None:
    request = as_request(tmp_path / "clip.mp4", ProbeLimits(wall_s=0.2), None, None)

    process = subprocess.run(
        [sys.executable, "-c", SPINNING],
        input=f"{request}\n",
        env=worker_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert process.returncode == -signal.SIGXCPU


def test_many_clips_do_not_exhaust_a_worker(good_clip: Path) -> None:
    """The CPU time of one clip is limited, not that of all clips."""
    with ProbePool(1, command=(sys.executable, "-c", BUSY), limits=ProbeLimits(wall_s=2)) as pool:
        for _ in range(16):  # 8 s in all; the system would end the process after 6 s for one clip
            assert pool.probe(good_clip).measurements.video.frames_decoded == 25
        (worker,) = pool.peak_memory_mb()
    assert worker


def test_a_first_frame_named_from_the_current_folder_is_found(
    tmp_path: Path, good_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(good_clip.read_bytes())
    (tmp_path / "first.jpg").write_bytes(probe(good_clip).poster)

    with ProbePool(1) as pool:
        found = pool.probe(Path("clip.mp4"), InputPicture(Path("first.jpg"), "sha"))

    assert found.measurements.opening is not None


def test_a_worker_imports_nothing_from_the_current_folder(tmp_path: Path, good_clip: Path) -> None:
    plant(tmp_path)

    worker = subprocess.run(
        WORKER,
        cwd=tmp_path,
        env=worker_environment(),
        input=f"{as_request(good_clip, ProbeLimits(), None, None)}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert imported(tmp_path) == ""
    assert "measurements" in worker.stdout


@pytest.mark.parametrize("command", [["qc", "clip.mp4"], ["produce", "shots.csv", "--yes"]])
def test_a_command_in_a_hostile_folder_runs_nothing_from_it(
    plain_stage: Stage, good_clip: Path, command: list[str]
) -> None:
    plain_stage.write_sheet({"sh010": "A boat."})
    folder = plain_stage.folder
    (folder / "clip.mp4").write_bytes(good_clip.read_bytes())
    plant(folder)

    done = subprocess.run(
        [sys.executable, "-P", "-m", "seedance_assets", *command],
        cwd=folder,
        env=environment_of(folder, **plain_stage.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert imported(folder) == ""
    assert done.returncode == 0, done.stdout + done.stderr
