"""Glowing particles that drift over the picture: the movement of a clip with a fixed camera."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
_Glow = npt.NDArray[np.float32]

_FADE_IN_S = 0.6
_WARM = (-14.0, 12.0)  # what a bright particle adds to U and V at its centre
_REACH = 2.6  # a particle is drawn out to this many radii
_CENTRES = (
    0.3,
    0.7,
)  # with sway and reach, the outer tenth stays still, so a fixed camera can be measured
_FLAT = 6.0  # a picture is flat below this standard deviation of its luma, in grey levels


@dataclass(frozen=True, slots=True)
class _ParticleStyle:
    """Number and look of the particles; radii as shares of the shorter side."""

    with_camera: int
    alone: int
    radius: tuple[float, float]
    glow: float
    """Grey levels at a particle's centre."""
    shade: float
    """The same over bright ground, where only a dark particle is visible."""
    bright_ground: int


_SUBTLE = _ParticleStyle(5, 24, (0.010, 0.026), glow=82.0, shade=-48.0, bright_ground=200)
# On a flat picture a camera move is invisible: only the particles move.
_BOLD = _ParticleStyle(12, 18, (0.022, 0.040), glow=90.0, shade=-90.0, bright_ground=150)


@dataclass(frozen=True, slots=True)
class Particle:
    """One particle: centre and sway as shares of the frame, radius of its shorter side."""

    centre: tuple[float, float]
    sway: tuple[float, float]
    turns_a_second: tuple[float, float]
    phase: tuple[float, float]
    radius: float
    level: float

    def place(self, at_s: float) -> tuple[float, float]:
        """Its position, as shares of width and height."""
        x, y = (
            centre + sway * math.sin(2 * math.pi * turns * at_s + phase)
            for centre, sway, turns, phase in zip(
                self.centre, self.sway, self.turns_a_second, self.phase, strict=True
            )
        )
        return x, y

    def strength(self, at_s: float) -> float:
        """Its brightness, 0 to 1: it fades in, then twinkles."""
        fade = min(at_s / _FADE_IN_S, 1.0)
        return fade * (0.75 + 0.25 * math.sin(4.1 * at_s + self.phase[0]))


def choose_particles(
    seed: np.random.Generator, luma: Plane, *, camera_moves: bool
) -> tuple[Particle, ...]:
    """Particles chosen by the seed; over bright ground they are dark, so that they are visible."""
    style = _BOLD if float(luma.std()) < _FLAT else _SUBTLE
    count = style.with_camera if camera_moves else style.alone
    return tuple(_choose_particle(seed, luma, style) for _ in range(count))


def _choose_particle(seed: np.random.Generator, luma: Plane, style: _ParticleStyle) -> Particle:
    def pair(low: float, high: float) -> tuple[float, float]:
        return float(seed.uniform(low, high)), float(seed.uniform(low, high))

    centre = pair(*_CENTRES)
    ground = luma[int(centre[1] * luma.shape[0]), int(centre[0] * luma.shape[1])]
    return Particle(
        centre=centre,
        sway=pair(0.05, 0.09),
        turns_a_second=pair(0.15, 0.25),
        phase=pair(0, 2 * math.pi),
        radius=float(seed.uniform(*style.radius)),
        level=style.glow if ground < style.bright_ground else style.shade,
    )


def add_particles(
    planes: tuple[Plane, Plane, Plane], particles: tuple[Particle, ...], at_s: float
) -> None:
    """Draw the particles at a time into the Y, U and V planes of a frame."""
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
    """A soft round light at a position, and the even column and row where it begins."""
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
