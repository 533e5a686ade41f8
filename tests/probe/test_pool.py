"""Workers measure clips in parallel; one that crashes or hangs costs one clip."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seedance_assets.adapters.probe import ProbeLimits, ProbePool, frame_picture, probe
from seedance_assets.adapters.probe.worker_process import error_line
from seedance_assets.core.errors import ClipCrashed, ClipRefused
from tests.probe.clips import make_clip

MORTAL = """
import os, pathlib, signal, sys, time
from seedance_assets.adapters.probe import worker
answer = worker._answer
def mortal(request):
    path = pathlib.Path(request["path"])
    if path.stem == "deadly":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.stem == "hanging":
        time.sleep(600)
    if path.stem == "once" and not path.with_suffix(".met").exists():
        path.with_suffix(".met").touch()
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.stem == "defect":
        print("x" * 100_000, file=sys.stderr)
        raise TypeError("open() got an unexpected argument")
    return answer(request)
worker._answer = mortal
worker.serve()
"""
COMMAND = (sys.executable, "-c", MORTAL)


def test_a_worker_returns_the_probes_result(good_clip: Path) -> None:
    with ProbePool(1) as pool:
        far = pool.probe(good_clip)
        frame = pool.picture(good_clip, 0.5)

    assert far == probe(good_clip)
    assert frame == frame_picture(good_clip, 0.5)


def test_a_clip_that_crashes_its_worker_affects_no_other_clip(
    tmp_path: Path, good_clip: Path
) -> None:
    deadly = make_clip(tmp_path / "deadly.mp4")

    with ProbePool(2, command=COMMAND) as pool, ThreadPoolExecutor(6) as threads:
        others = [threads.submit(pool.probe, good_clip) for _ in range(2)]
        crash = threads.submit(pool.probe, deadly)
        others += [threads.submit(pool.probe, good_clip) for _ in range(3)]

        with pytest.raises(
            ClipCrashed, match=r"deadly\.mp4 .* failed twice \(killed by signal SIGSEGV\)"
        ):
            crash.result()
        assert {other.result().measurements.video.frames_decoded for other in others} == {25}


def test_a_clip_is_tried_again_after_a_crash(tmp_path: Path) -> None:
    once = make_clip(tmp_path / "once.mp4")

    with ProbePool(1, command=COMMAND) as pool:
        assert pool.probe(once).measurements.video.frames_decoded == 25


def test_a_worker_that_hangs_is_killed(tmp_path: Path, good_clip: Path) -> None:
    hanging = make_clip(tmp_path / "hanging.mp4")

    with ProbePool(1, command=COMMAND, limits=ProbeLimits(wall_s=6), grace_s=0) as pool:
        with pytest.raises(ClipCrashed, match="no answer within 6 s"):
            pool.probe(hanging)
        assert pool.probe(good_clip).measurements.video.frames_decoded == 25


def test_refusals_keep_their_text(tmp_path: Path) -> None:
    with ProbePool(1) as pool, pytest.raises(ClipRefused, match="no such file"):
        pool.probe(tmp_path / "nowhere.mp4")


def test_a_closed_pool_refuses_clips(good_clip: Path) -> None:
    pool = ProbePool(1)
    pool.probe(good_clip)
    pool.close()

    with pytest.raises(ClipRefused, match="ended"):
        pool.probe(good_clip)


def test_a_bug_in_a_worker_is_named_and_its_output_is_limited(
    tmp_path: Path, good_clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    defect = make_clip(tmp_path / "defect.mp4")

    with ProbePool(1, command=COMMAND) as pool:
        with pytest.raises(ClipCrashed) as caught:
            pool.probe(defect)
        assert pool.probe(good_clip).measurements.video.frames_decoded == 25

    reason = "exit code 1, TypeError: open() got an unexpected argument"
    assert str(caught.value) == (
        f"defect.mp4 cannot be measured: the measuring process failed twice ({reason})."
    )
    assert "in mortal" in caplog.text  # the traceback, for `--debug`
    assert len(caplog.text) < 30_000


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("./no-such-program",), "./no-such-program: "),
        ((sys.executable, "-c", "import no_such_module"), "exit code 1, ModuleNotFoundError: "),
        ((sys.executable, "-c", "print('not our protocol'); exit(3)"), "exit code 3"),
    ],
    ids=["no such program", "a library is missing", "it speaks and ends"],
)
def test_a_worker_that_cannot_start_gives_the_reason(
    good_clip: Path, command: tuple[str, ...], reason: str
) -> None:
    with ProbePool(1, command=command) as pool:
        for _ in range(2):  # its place is free again
            with pytest.raises(ClipCrashed, match=re.escape(reason)):
                pool.probe(good_clip)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("", ""),
        ("one\n\ntwo\n  \n", "two"),
        ("warning\nTraceback (most recent call last):\n  File x\nA: b\nmore\n", "A: b"),
        ("Traceback (most recent call last):\n  File x\n", "File x"),
        ("\x1b[31mred\u202e", "[31mred"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_the_most_useful_line_of_an_error_output_is_reported(output: str, line: str) -> None:
    assert error_line(output) == line
