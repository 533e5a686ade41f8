"""Ambience for a clip: a soft chord and some wind, different for every seed."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE_HZ = 44_100
_LEVEL_RMS = 0.095  # about -21.4 LUFS for this mixture, as measured
_ROOTS_HZ = (146.8, 164.8, 174.6, 196.0, 220.0)
_CHORD = (1.0, 1.5, 2.0, 2.52, 3.0)
_WIND_SHARE = 0.35
_FADE_S = (0.05, 0.25)
_OVERDRIVE = 40.0


def ambience(seed: np.random.Generator, seconds: float) -> Samples:
    """Mono sound at `RATE_HZ`, full scale 1.0, between -23 and -18 LUFS."""
    count = round(seconds * RATE_HZ)
    moments = np.arange(count, dtype=np.float32) / np.float32(RATE_HZ)
    sound = _chord(seed, moments) + np.float32(_WIND_SHARE) * _wind(seed, count)
    sound *= np.float32(_LEVEL_RMS) / np.sqrt(np.mean(np.square(sound)))
    rise, fall = (min(round(s * RATE_HZ), count // 2) for s in _FADE_S)
    sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    sound[count - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
    return np.clip(sound, -0.9, 0.9)


def clipped(seed: np.random.Generator, seconds: float) -> Samples:
    """The ambience clipped hard at full scale, like a broken mix."""
    sound = ambience(seed, seconds) * np.float32(_OVERDRIVE)
    return np.clip(sound, -1.0, 1.0, out=sound)


def silence(seconds: float) -> Samples:
    """Silence, at `RATE_HZ`."""
    return np.zeros(round(seconds * RATE_HZ), dtype=np.float32)


def _chord(seed: np.random.Generator, moments: Samples) -> Samples:
    root = seed.choice(_ROOTS_HZ)
    total = np.zeros_like(moments)
    for step in _CHORD:
        turn = np.float32(2 * np.pi * root * step * seed.uniform(0.998, 1.002))
        swell = np.float32(2 * np.pi * seed.uniform(0.08, 0.25))
        loudness = 0.7 + 0.3 * np.sin(swell * moments + np.float32(seed.uniform(0, 6)))
        total += np.sin(turn * moments) * loudness / np.float32(step)
    return total


def _wind(seed: np.random.Generator, count: int) -> Samples:
    """Noise, low-passed in its spectrum, at an RMS of 1."""
    length = 1 << 16
    bins = np.arange(length // 2 + 1, dtype=np.float32)
    shape = 1 / (1 + (bins / 600) ** 2) * (bins > 80)  # noqa: PLR2004 - bins of 0.67 Hz
    spectrum = shape * np.exp(2j * np.pi * seed.random(bins.size, dtype=np.float32))
    noise = np.fft.irfft(spectrum).astype(np.float32)  # it is periodic, so it can repeat
    noise /= np.sqrt(np.mean(np.square(noise)))
    return np.resize(noise, count)
