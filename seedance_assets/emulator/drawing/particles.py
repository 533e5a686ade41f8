"""A few glowing motes that drift over the picture: what moves when the camera does not."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
_Glow = npt.NDArray[np.float32]

_FADE_IN_S = 0.6
_WARM = (-14.0, 12.0)  # what a bright mote adds to U and V at its heart
_REACH = 2.6  # a mote ends after so many of its radii
_HOMES = (0.3, 0.7)  # with sway and reach, the outer tenth stays still: there a fixed camera shows
_FLAT = 6.0  # standard deviation of the luma, in grey levels, under which a picture is flat


@dataclass(frozen=True, slots=True)
class _Manner:
    """How many motes there are and how they look; radii as shares of the shorter side."""

    with_camera: int
    alone: int
    radius: tuple[float, float]
    glow: float
    """Grey levels at a mote's heart."""
    shade: float
    """The same over bright ground, where only a dark mote shows."""
    bright_ground: int


_SUBTLE = _Manner(5, 24, (0.010, 0.026), glow=82.0, shade=-48.0, bright_ground=200)
# Over a flat picture even a camera's move does not show: there the motes are all that moves.
_BOLD = _Manner(12, 18, (0.022, 0.040), glow=90.0, shade=-90.0, bright_ground=150)


@dataclass(frozen=True, slots=True)
class Particle:
    """One mote: home and sway as shares of the frame, radius as a share of its shorter side."""

    home: tuple[float, float]
    sway: tuple[float, float]
    turns_a_second: tuple[float, float]
    phase: tuple[float, float]
    radius: float
    level: float

    def place(self, at_s: float) -> tuple[float, float]:
        """Where it is, as shares of width and height."""
        x, y = (
            home + sway * math.sin(2 * math.pi * turns * at_s + phase)
            for home, sway, turns, phase in zip(
                self.home, self.sway, self.turns_a_second, self.phase, strict=True
            )
        )
        return x, y

    def strength(self, at_s: float) -> float:
        """How strongly it glows, 0 to 1: it fades in, then twinkles."""
        fade = min(at_s / _FADE_IN_S, 1.0)
        return fade * (0.75 + 0.25 * math.sin(4.1 * at_s + self.phase[0]))


def choose_particles(
    seed: np.random.Generator, luma: Plane, *, camera_moves: bool
) -> tuple[Particle, ...]:
    """Motes of the seed's choosing; over bright ground they are dark, so that they show."""
    manner = _BOLD if float(luma.std()) < _FLAT else _SUBTLE
    count = manner.with_camera if camera_moves else manner.alone
    return tuple(_choose_particle(seed, luma, manner) for _ in range(count))


def _choose_particle(seed: np.random.Generator, luma: Plane, manner: _Manner) -> Particle:
    def pair(low: float, high: float) -> tuple[float, float]:
        return float(seed.uniform(low, high)), float(seed.uniform(low, high))

    home = pair(*_HOMES)
    ground = luma[int(home[1] * luma.shape[0]), int(home[0] * luma.shape[1])]
    return Particle(
        home=home,
        sway=pair(0.05, 0.09),
        turns_a_second=pair(0.15, 0.25),
        phase=pair(0, 2 * math.pi),
        radius=float(seed.uniform(*manner.radius)),
        level=manner.glow if ground < manner.bright_ground else manner.shade,
    )


def add_particles(
    planes: tuple[Plane, Plane, Plane], particles: tuple[Particle, ...], at_s: float
) -> None:
    """Draw the motes of a moment into the Y, U and V planes of a frame."""
    height, width = planes[0].shape
    for particle in particles:
        x, y = particle.place(at_s)
        radius = particle.radius * min(width, height)
        glow, left, top = _glow(x * width, y * height, radius, particle.strength(at_s))
        _add(planes[0], glow, left, top, particle.level)
        if particle.level > 0:
            for plane, warmth in zip(planes[1:], _WARM, strict=True):
                _add(plane, glow[::2, ::2], left // 2, top // 2, warmth)


def _glow(x: float, y: float, radius: float, strength: float) -> tuple[_Glow, int, int]:
    """A soft round light at a place, and the even column and row where it begins."""
    reach = int(_REACH * radius) + 1
    left, top = (int(x) - reach) // 2 * 2, (int(y) - reach) // 2 * 2
    steps = np.arange(2 * reach + 2, dtype=np.float32)
    across = np.exp(-0.5 * ((steps + np.float32(left - x)) / np.float32(radius)) ** 2)
    down = np.exp(-0.5 * ((steps + np.float32(top - y)) / np.float32(radius)) ** 2)
    return np.outer(down * np.float32(strength), across), left, top


def _add(plane: Plane, glow: _Glow, left: int, top: int, level: float) -> None:
    part = plane[top : top + glow.shape[0], left : left + glow.shape[1]]
    lit = glow[: part.shape[0], : part.shape[1]] * np.float32(level)
    lit += part
    np.clip(lit, 16, 240, out=lit)
    part[:] = lit
