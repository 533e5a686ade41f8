"""Workers measure clips side by side; one that dies, or hangs, costs one clip."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seedance_assets.adapters.probe import ProbeLimits, ProbePool, frame_picture, probe
from seedance_assets.core.errors import ClipCrashed, ClipRefused
from tests.probe.clips import make_clip

MORTAL = """
import os, pathlib, signal, time
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
    return answer(request)
worker._answer = mortal
worker.serve()
"""
COMMAND = (sys.executable, "-c", MORTAL)


def test_a_worker_measures_what_the_probe_measures(good_clip: Path) -> None:
    with ProbePool(1) as pool:
        far = pool.probe(good_clip)
        frame = pool.picture(good_clip, 0.5)

    assert far == probe(good_clip)
    assert frame == frame_picture(good_clip, 0.5)


def test_a_clip_that_kills_its_worker_costs_nobody_else(tmp_path: Path, good_clip: Path) -> None:
    deadly = make_clip(tmp_path / "deadly.mp4")

    with ProbePool(2, command=COMMAND) as pool, ThreadPoolExecutor(6) as threads:
        others = [threads.submit(pool.probe, good_clip) for _ in range(2)]
        crash = threads.submit(pool.probe, deadly)
        others += [threads.submit(pool.probe, good_clip) for _ in range(3)]

        with pytest.raises(ClipCrashed, match=r"deadly\.mp4 .* twice"):
            crash.result()
        assert {other.result().measurements.video.frames_decoded for other in others} == {25}


def test_a_clip_whose_worker_died_is_tried_once_more(tmp_path: Path) -> None:
    once = make_clip(tmp_path / "once.mp4")

    with ProbePool(1, command=COMMAND) as pool:
        assert pool.probe(once).measurements.video.frames_decoded == 25


def test_a_worker_that_hangs_is_ended(tmp_path: Path, good_clip: Path) -> None:
    hanging = make_clip(tmp_path / "hanging.mp4")

    with ProbePool(1, command=COMMAND, limits=ProbeLimits(wall_s=6), grace_s=0) as pool:
        with pytest.raises(ClipCrashed):
            pool.probe(hanging)
        assert pool.probe(good_clip).measurements.video.frames_decoded == 25


def test_refusals_come_through_in_their_own_words(tmp_path: Path) -> None:
    with ProbePool(1) as pool, pytest.raises(ClipRefused, match="no such file"):
        pool.probe(tmp_path / "nowhere.mp4")


def test_a_pool_that_was_closed_measures_nothing(good_clip: Path) -> None:
    pool = ProbePool(1)
    pool.probe(good_clip)
    pool.close()

    with pytest.raises(ClipRefused, match="ended"):
        pool.probe(good_clip)
