"""Sound statistics: sums, levels, peaks and dropouts, second by second, in little memory."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.true_peak import true_peak
from seedance_assets.core.measurement import (
    LEVEL_STEP_S,
    QUIETEST_DBFS,
    SoundStats,
    Span,
    thinned,
)

_PARTS_A_SECOND = 200
_PARTS_A_STEP = round(LEVEL_STEP_S * _PARTS_A_SECOND)
_FULL = 0.985  # a lossy codec turns flat tops into ripples
_RUN = 3  # samples at full scale in a row
_POINTS = 240
_HOLE_PARTS = 50  # 250 ms: a longer one is a pause
_EDGE_PARTS = 4  # within 20 ms: a codec spreads an edge over its window
_SUDDEN_PARTS, _FALL_DB, _SPOKEN_PARTS = 2, 6.0, 10  # a stop consonant decays over 30 ms
_AROUND, _SILENT_AROUND = 3, 0.27  # beeps twice as long as their pauses have a third
_HOLE_DB, _SOUND_DB, _DEPTH_DB = -55.0, -45.0, 25.0
_MOST_HOLES = 50
_STEREO = 2

Floats = npt.NDArray[np.floating[Any]]
Piece = list[npt.NDArray[np.float32]]
"""Some samples of each channel; full scale is 1.0."""


class SoundMeter:
    """Measures the samples of one track, piece by piece."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz = rate_hz
        self._part = max(1.0, rate_hz / _PARTS_A_SECOND)
        self._pieces: list[Piece] = []
        self._waiting = 0
        self._samples = 0
        self._sums = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._product = 0.0
        self._powers: list[float] = []
        self._peaks: list[float] = []
        self._true_peak = 0.0
        self._clipped = 0
        self.flaws = 0
        """Seconds with values that are not numbers or out of range."""

    def add(self, pieces: list[Piece]) -> None:
        """Add the next pieces."""
        self._pieces.extend(pieces)
        self._waiting += sum(len(piece[0]) for piece in pieces)
        if self._waiting >= self._rate_hz:
            self._process(self._rate_hz)

    @property
    def peak(self) -> float:
        """The highest sample so far; call `figures` first to include all samples."""
        return max(self._peaks, default=0.0)

    @property
    def rms(self) -> float:
        """The mean level over all channels."""
        return math.sqrt(float(self._squares.mean()) / self._samples) if self._samples else 0.0

    def _process(self, length: int) -> None:
        """Process the first waiting samples: a whole second, which the parts divide evenly."""
        samples = np.array([np.concatenate(pieces) for pieces in zip(*self._pieces, strict=True)])
        while samples.shape[1] >= length > 0:
            self._accumulate(samples[:, :length])
            samples = samples[:, length:]
        self._pieces, self._waiting = ([list(samples)] if samples.size else []), samples.shape[1]

    def _accumulate(self, samples: Floats) -> None:
        starts = np.arange(0.0, samples.shape[1], self._part).astype(int)
        powers = np.add.reduceat(np.square(samples), starts, axis=1)
        if not np.isfinite(powers).all():
            self.flaws += 1
            samples = np.where(np.isfinite(np.square(samples)), samples, 0)
            powers = np.add.reduceat(np.square(samples), starts, axis=1)
        self._samples += samples.shape[1]
        self._sums += samples.sum(axis=1)
        self._squares += powers.sum(axis=1, dtype=np.float64)
        if len(samples) == _STEREO:
            self._product += float((samples[0] * samples[1]).sum())
        counts = np.diff(starts, append=samples.shape[1])
        self._powers.extend((powers.mean(axis=0) / counts).tolist())
        self._measure_peaks(samples, starts)

    def _measure_peaks(self, samples: Floats, starts: npt.NDArray[np.int_]) -> None:
        loud = np.abs(samples)
        peaks = np.maximum.reduceat(loud, starts, axis=1)
        if peaks.max() >= _FULL:
            self._clipped += sum(_clipped(channel) for channel in loud)
        self._peaks.extend(peaks.max(axis=0).tolist())
        self._true_peak = max(self._true_peak, true_peak(samples, starts, peaks))

    def figures(self, loudness: tuple[float | None, float | None]) -> SoundStats | None:
        """The statistics, with the (LUFS, LU) of another meter; None without samples."""
        if self._waiting:
            self._process(self._waiting)
        if not self._samples:
            return None
        means = self._sums / self._samples
        channels = self._squares / self._samples
        return SoundStats(
            levels_dbfs=tuple(self._levels()),
            waveform=tuple(round(peak, 3) for peak in thinned(self._peaks, _POINTS)),
            loudness_lufs=loudness[0],
            loudness_range_lu=loudness[1],
            true_peak_dbtp=_decibels(self._true_peak**2) if self._true_peak else None,
            clipped_samples=self._clipped,
            dc_offset_share=round(float(means[np.abs(means).argmax()]), 5),
            dropouts=tuple(self._holes()),
            channel_levels_dbfs=tuple(_decibels(float(power)) for power in channels),
            correlation=self._correlation(),
        )

    def _levels(self) -> list[float]:
        starts = range(0, len(self._powers), _PARTS_A_STEP)
        steps = (self._powers[at : at + _PARTS_A_STEP] for at in starts)
        return [_decibels(sum(step) / len(step)) for step in steps]

    def _correlation(self) -> float | None:
        if len(self._squares) != _STEREO or not self._squares.all():
            return None
        return round(self._product / math.sqrt(float(self._squares.prod())), 3)

    def _holes(self) -> list[Span]:
        """Silence of 5 to 250 ms that starts and ends suddenly in the middle of sound.

        Pauses between beeps do not count: there are more of them nearby.
        """
        levels = 10 * np.log10(np.maximum(np.array(self._powers), 1e-12))
        quiet = levels <= _HOLE_DB
        framed = np.concatenate([[False], quiet, [False]])
        edges = np.flatnonzero(framed[1:] != framed[:-1])
        part_s = self._part / self._rate_hz
        found = []
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            before = levels[max(0, start - _EDGE_PARTS) : start].max(initial=QUIETEST_DBFS)
            after = levels[end : end + _EDGE_PARTS].max(initial=QUIETEST_DBFS)
            floor = max(_SOUND_DB, float(levels[start:end].max()) + _DEPTH_DB)
            deep = end - start <= _HOLE_PARTS and min(before, after) >= floor
            if deep and _sudden(levels, start) and _in_the_midst(quiet, start, end):
                found.append(Span(start_s=round(start * part_s, 3), end_s=round(end * part_s, 3)))
        return found[:_MOST_HOLES]


def _sudden(levels: Floats, start: int) -> bool:
    """Whether the sound keeps its level until 10 ms before the silence at `start`."""
    last = levels[max(0, start - _SUDDEN_PARTS) : start]
    before = levels[max(0, start - _SPOKEN_PARTS) : start - _SUDDEN_PARTS]
    return not len(before) or bool(last.max() >= np.median(before) - _FALL_DB)


def _in_the_midst(quiet: npt.NDArray[np.bool_], start: int, end: int) -> bool:
    """Whether there is sound on both sides for about three times the length of a silence."""
    around = _AROUND * (end - start)
    sides = quiet[max(0, start - around) : start], quiet[end : end + around]
    return all(side.mean() <= _SILENT_AROUND for side in sides if len(side))


def _clipped(loud: Floats) -> int:
    """Samples in runs of three or more at full scale, from the magnitudes of one channel."""
    full = np.concatenate([[False], loud >= _FULL, [False]])
    edges = np.flatnonzero(full[1:] != full[:-1])
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _RUN].sum())


def _decibels(power: float) -> float:
    return round(10 * math.log10(power), 2) if power > 1e-12 else QUIETEST_DBFS  # noqa: PLR2004
