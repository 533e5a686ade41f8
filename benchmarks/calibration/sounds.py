"""Sound to calibrate with: ambience, speech, music and drums, drawn from a seed; and faults."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.floating[Any]]
Play = Callable[[Sound], Sound]
_RATE_HZ = 48_000


def ambience(seed: int, level: float = 0.06) -> Play:
    """A soft rushing that swells and ebbs, not quite the same on both sides."""

    def play(times: Sound) -> Sound:
        dice = np.random.default_rng(seed)
        both = [_noise(dice, len(times), 900.0) for _ in range(2)]
        swell = 1 + 0.35 * np.sin(2 * np.pi * 0.4 * times + seed)
        left = 0.8 * both[0] + 0.4 * both[1]
        right = 0.8 * both[0] - 0.4 * both[1]
        rushing: Sound = np.stack([left, right]) * swell * level
        return rushing

    return play


def speech(seed: int, level: float = 0.16) -> Play:
    """Syllables with the closures of plosives between them, over the hush of a room."""

    def play(times: Sound) -> Sound:
        dice = np.random.default_rng(seed)
        voice = np.zeros_like(times)
        start = 0.12
        while start < times[-1] - 0.3:
            length = dice.uniform(0.11, 0.22)
            voice += _syllable(times - start, length, dice)
            start += length + dice.choice([0.045, 0.065, 0.09, 0.25], p=[0.35, 0.3, 0.25, 0.1])
        hush = 0.0012 * _noise(dice, len(times), 2500.0)
        spoken: Sound = level * voice + hush
        return spoken

    return play


def music(seed: int, level: float = 0.12) -> Play:
    """Plucked notes that ring out."""

    def play(times: Sound) -> Sound:
        dice = np.random.default_rng(seed)
        sound = np.zeros_like(times)
        for beat in np.arange(0.0, times[-1], 0.31):
            after = times - beat
            hertz = 220 * 2 ** (dice.choice([0, 3, 5, 7, 10, 12]) / 12)
            ring = np.exp(-after.clip(0) * 3.2) * (after >= 0) * np.minimum(1, after.clip(0) * 400)
            sound += ring * (
                np.sin(2 * np.pi * hertz * after) + 0.4 * np.sin(4.01 * np.pi * hertz * after)
            )
        played: Sound = level * sound
        return played

    return play


def drums(seed: int, level: float = 0.5) -> Play:
    """Hard hits with quiet between them."""

    def play(times: Sound) -> Sound:
        dice = np.random.default_rng(seed)
        sound = 0.002 * _noise(dice, len(times), 2000.0)
        for beat in np.arange(0.1, times[-1], 0.42):
            after = times - beat
            hit = np.exp(-after.clip(0) * 22) * (after >= 0)
            sound += level * hit * np.sin(2 * np.pi * 90 * after)
            sound += 0.2 * level * hit * dice.normal(0, 1, len(times)) * (after < 0.02)
        hits: Sound = sound.clip(-0.85, 0.85)
        return hits

    return play


def changed(play: Play, change: Callable[[Sound, Sound], Sound]) -> Play:
    """Sound after something has been done to it; `change` takes the sound and the times."""
    return lambda times: change(np.broadcast_to(play(times), (2, len(times))).copy(), times)


def holes(*starts_s: float, length_s: float = 0.06) -> Callable[[Sound, Sound], Sound]:
    """Nothing at all for a moment."""

    def change(sound: Sound, times: Sound) -> Sound:
        for start in starts_s:
            sound[:, (times >= start) & (times < start + length_s)] = 0
        return sound

    return change


def silent_but(share: float) -> Callable[[Sound, Sound], Sound]:
    """Only the first part of the clip is to be heard."""
    return lambda sound, times: sound * (times < share * times[-1])


def driven(gain: float) -> Callable[[Sound, Sound], Sound]:
    """Driven into full scale."""
    return lambda sound, _times: (sound * gain).clip(-1, 1)


def lifted(share: float) -> Callable[[Sound, Sound], Sound]:
    """With an offset from zero."""
    return lambda sound, _times: sound + share


def _noise(dice: np.random.Generator, count: int, hertz: float) -> Sound:
    """Rushing that is weaker above `hertz`, of deviation 1."""
    pitch = np.fft.rfftfreq(count, 1 / _RATE_HZ)
    shape = (pitch > 60) / (1 + (pitch / hertz) ** 2)
    noise = np.fft.irfft(shape * np.exp(2j * np.pi * dice.random(len(pitch))), count)
    rushing: Sound = noise / noise.std()
    return rushing


def _syllable(after: Sound, length: float, dice: np.random.Generator) -> Sound:
    hertz = dice.uniform(105, 190) * (1 - 0.15 * after.clip(0, length) / length)
    envelope = np.clip(after / 0.012, 0, 1) * np.clip((length - after) / 0.03, 0, 1)
    weights = 1 / np.arange(1, 9) * dice.uniform(0.3, 1, 8)
    tone = sum(w * np.sin(2 * np.pi * k * hertz * after) for k, w in enumerate(weights, 1))
    voiced: Sound = envelope * tone
    return voiced
