"""Our small SSIM and loudness against those who are known for theirs."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.metrics import structural_similarity as reference

from seedance_assets.adapters.probe import probe
from seedance_assets.adapters.probe.similarity import structural_similarity
from tests.probe.clips import ClipSpec, make_clip

Sound = np.ndarray[Any, np.dtype[np.floating[Any]]]


def wave(times: Sound, level: float, hertz: float, phase: float = 0.0) -> Sound:
    """A tone that swells: a sudden one would overshoot in the codec."""
    swell = np.clip(np.minimum(times, times[-1] - times) / 0.1, 0, 1)
    tone: Sound = swell * level * np.sin(2 * math.pi * hertz * times + phase)
    return tone


@pytest.mark.parametrize("noise", [0.0, 3.0, 40.0])
def test_our_ssim_equals_scikit_images(noise: float) -> None:
    dice = np.random.default_rng(7)
    one = dice.integers(0, 256, (90, 160)).astype(np.uint8)
    other = (one + dice.normal(0, noise, one.shape)).clip(0, 255).astype(np.uint8)

    ours = structural_similarity(one, other)
    theirs = float(reference(one, other, data_range=255))  # type: ignore[no-untyped-call]

    assert ours == pytest.approx(theirs, abs=1e-7)


@pytest.mark.parametrize("lufs", [-23.0, -33.0])
def test_the_loudness_of_a_known_tone_is_exact(tmp_path: Path, lufs: float) -> None:
    """EBU Tech 3341, cases 1 and 2: 1 kHz in both channels, shorter, and through AAC."""
    level = 10 ** (lufs / 20)
    spec = ClipSpec(frames=73, sound="stereo", play=lambda t: wave(t, level, 1000))

    heard = probe(make_clip(tmp_path / "tone.mp4", spec)).measurements.heard

    assert heard is not None
    assert heard.loudness_lufs == pytest.approx(lufs, abs=0.15)
    assert heard.true_peak_dbtp == pytest.approx(lufs, abs=0.2)


def test_a_peak_between_the_samples_is_found(tmp_path: Path) -> None:
    """A quarter of the sample rate at 45°: no sample is above 0.71 of the wave."""
    spec = ClipSpec(sound="mono", play=lambda t: wave(t, 0.5, 12_000, math.pi / 4))

    m = probe(make_clip(tmp_path / "tone.mp4", spec)).measurements

    assert m.heard is not None
    assert m.heard.true_peak_dbtp == pytest.approx(-6.02, abs=0.4)
    assert m.audio is not None
    assert m.audio.peak_dbfs is not None
    assert m.audio.peak_dbfs < -7
