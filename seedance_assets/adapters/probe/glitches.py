"""Glitches: black, green, torn or broken frames between good ones."""

from statistics import median

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.flashes import unlit_map
from seedance_assets.adapters.probe.luma import Stack
from seedance_assets.core.measurement import Glitch

_AROUND = 6
_SPIKE, _LEAST_STEP = 2.0, 0.5  # times the usual step around it; levels
_LONGEST_FRAMES = 8
_FOREIGN = 14  # levels
_LIT = 0.5  # of the difference
_FLAT, _FLATTER = 4.0, 0.25
_ALIKE = 0.5  # of the difference to the frame in between
_MOST = 20
_LEAST_SHARE = 0.02

Deep = npt.NDArray[np.int16]


def glitches(luma: Stack, chroma: Stack) -> list[Glitch]:
    """Runs of up to eight frames that appear and disappear at once."""
    pictures = luma.reshape(len(luma), -1).astype(np.int16)
    colours = chroma.reshape(len(chroma), -1).astype(np.int16)
    steps = (_steps(pictures) + _steps(colours)).tolist()
    edges = [n for n in range(1, len(steps)) if _is_spike(steps, n)]
    found: list[Glitch] = []
    for start in edges:
        if found and start <= found[-1].frame + found[-1].frames:
            continue
        ends = [end for end in edges if start < end <= start + _LONGEST_FRAMES]
        runs = (_glitch(pictures, colours, start, end) for end in ends)
        best = max(runs, key=lambda run: run.share, default=None)
        if best is not None and best.share >= _LEAST_SHARE:
            found.append(best)
    return sorted(found, key=lambda run: -run.share)[:_MOST]


def _steps(pictures: Deep) -> npt.NDArray[np.float64]:
    steps = np.zeros(len(pictures))
    steps[1:] = np.abs(np.diff(pictures, axis=0)).mean(axis=1)
    return steps


def _is_spike(steps: list[float], number: int) -> bool:
    if steps[number] < _LEAST_STEP:
        return False
    around = steps[max(1, number - _AROUND) : number] + steps[number + 1 : number + _AROUND + 1]
    return not around or steps[number] >= _SPIKE * median(around)


def _glitch(pictures: Deep, colours: Deep, start: int, end: int) -> Glitch:
    """How much the frames from `start` to `end` differ from those before and after."""
    share = 0.0
    if not _is_light(pictures[start - 1], pictures[start]):
        share = max(_foreign(pictures, start, end), _foreign(colours, start, end))
    flat = _is_flat(pictures, start, end)
    return Glitch(frame=start, frames=end - start, share=1.0 if flat else round(share, 3))


def _is_light(before: Deep, now: Deep) -> bool:
    """Whether a change of light explains most of the difference."""
    apart = float(np.abs(now - before).mean())
    return float(unlit_map(before.astype(np.uint8), now.astype(np.uint8)).mean()) < _LIT * apart


def _foreign(pictures: Deep, start: int, end: int) -> float:
    """The smallest share of the picture that is foreign in these frames."""
    before, after = pictures[start - 1], pictures[end]
    moved = np.abs(before - after)
    shares = []
    for now in pictures[start:end]:
        apart = np.minimum(np.abs(now - before), np.abs(now - after))
        if float(moved.mean()) > _ALIKE * float(np.abs(now - before).mean()):
            return 0.0
        shares.append(float((apart - moved > _FOREIGN).mean()))
    return min(shares)


def _is_flat(pictures: Deep, start: int, end: int) -> bool:
    """Whether these frames are blank, but those before and after are not."""
    before, after = pictures[start - 1], pictures[end]
    strangers = np.abs(before - np.random.default_rng(0).permutation(after)).mean()
    if float(np.abs(before - after).mean()) > _ALIKE * float(strangers):
        return False
    flat = max(float(now.std()) for now in pictures[start:end])
    beside = min(float(before.std()), float(after.std()))
    return flat <= _FLAT and flat <= _FLATTER * beside
