"""Our measurements agree with ffmpeg's filters and MediaInfo, for some of the clips.

`benchmarks/agreement.py` compares all 65; its table is in `docs/agreement.md`.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.probe.clips import make_clip
from tests.probe.oracles import clips, compare

SOME = ("plain", "black 3", "freeze 4", "cut 2", "cut 8", "pan 1", "light 2", "pause 4", "level 3")


@pytest.fixture(scope="module")
def _ffmpeg() -> None:
    if shutil.which("ffmpeg") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have the ffmpeg command")
        pytest.skip("the ffmpeg command is not installed")


@pytest.mark.usefixtures("_ffmpeg")
@pytest.mark.parametrize("name", SOME)
def test_our_figures_agree_with_other_tools(tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", clips()[name])

    apart = [each for each in compare(name, clip) if not each.agrees]

    assert apart == []


def test_there_are_at_least_sixty_clips_to_compare() -> None:
    assert len(clips()) >= 60
