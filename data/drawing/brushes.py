"""Canvas, colour, light, shapes, air, land and water: what the pictures are painted with.

Distances are in picture heights: x runs from 0 to the picture's ratio, y from 0 (top) to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFilter

Floats = NDArray[np.floating[Any]]
Point = tuple[float, float]
Points = Sequence[Point]
Light = tuple[str, float]  # the colour of the air round a thing, and how much of it the thing takes

SUPERSAMPLE = 2  # drawn twice as large, so that edges and ripples come out smooth
RED = "#d0392b"
YELLOW = "#f5c02f"
SHADOW: Light = ("#5a2a1a", 0.4)


def path(text: str) -> list[Point]:
    """Read "x,y x,y …", in hundredths, as points."""
    pairs = (pair.split(",") for pair in text.split())
    return [(int(x) / 100, int(y) / 100) for x, y in pairs]


def smooth(points: Points, steps: int = 12) -> list[Point]:
    """Round off a closed outline (a Catmull-Rom curve through all its points)."""
    p = np.asarray(points, np.float64)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    cubic = (3 * p - before - 3 * after + beyond) * t**3
    square = (2 * before - 5 * p + 4 * after - beyond) * t**2
    curve = (2 * p + (after - before) * t + square + cubic) / 2
    return [(float(x), float(y)) for x, y in curve.swapaxes(0, 1).reshape(-1, 2)]


def place(points: Points, at: Point, size: float, turn: float = 0.0) -> list[Point]:
    """Scale an outline, turn it clockwise by `turn` radians and set it down; size < 0 mirrors x."""
    cos, sin, tall = float(np.cos(turn)), float(np.sin(turn)), abs(size)
    return [
        (at[0] + x * cos * size - y * sin * tall, at[1] + x * sin * size + y * cos * tall)
        for x, y in points
    ]


def oval(at: Point, rx: float, ry: float) -> list[Point]:
    """Outline an ellipse."""
    angles = np.linspace(0, 2 * np.pi, 72).tolist()
    return [(at[0] + rx * float(np.cos(a)), at[1] + ry * float(np.sin(a))) for a in angles]


@dataclass
class Canvas:
    """A picture in the making: premultiplied RGBA in 0..1, and the slopes of its waves."""

    pixels: Floats
    rng: np.random.Generator
    waves: Floats

    @classmethod
    def blank(cls, width: int, height: int, seed: int) -> "Canvas":
        """Start a picture that will be `width` x `height` pixels when it is finished."""
        pixels = np.zeros((height * SUPERSAMPLE, width * SUPERSAMPLE, 4), np.float32)
        return cls(pixels, np.random.default_rng(seed), np.zeros(pixels.shape[:2], np.float32))

    def layer(self) -> "Canvas":
        """Open a clear sheet of the same size, for things that the water is to mirror."""
        return Canvas(np.zeros_like(self.pixels), self.rng, self.waves)

    @property
    def height(self) -> int:
        """Pixels down, and so the length of one unit."""
        return len(self.pixels)

    @property
    def width(self) -> int:
        """Pixels across."""
        return len(self.pixels[0])

    @cached_property
    def x(self) -> Floats:
        """Distance from the left edge, shape (1, width)."""
        return ((np.arange(self.width, dtype=np.float32) + 0.5) / self.height)[None, :]

    @cached_property
    def y(self) -> Floats:
        """Distance from the top edge, shape (height, 1)."""
        return ((np.arange(self.height, dtype=np.float32) + 0.5) / self.height)[:, None]


# Colour and light


def rgb(colour: str) -> Floats:
    """Turn "#rrggbb" into three numbers in 0..1."""
    return np.asarray(ImageColor.getrgb(colour)[:3], np.float32) / 255


def toned(colour: str, light: Light) -> str:
    """Bend a thing's own colour towards the light that it stands in."""
    mixed = rgb(colour) * (1 - light[1]) + rgb(light[0]) * light[1]
    return "#" + "".join(f"{round(float(c) * 255):02x}" for c in mixed)


def paint(canvas: Canvas, colour: Floats, mask: Floats) -> None:
    """Lay `colour` over the canvas where `mask` is 1."""
    cover = np.asarray(mask, np.float32)[..., None]
    canvas.pixels[..., :3] += (colour - canvas.pixels[..., :3]) * cover
    canvas.pixels[..., 3:] += (1 - canvas.pixels[..., 3:]) * cover


def shine(canvas: Canvas, colour: str, mask: Floats) -> None:
    """Add light; as on film, what is already bright takes only a little more."""
    light = rgb(colour) * np.asarray(mask, np.float32)[..., None]
    canvas.pixels[..., :3] += (1 - canvas.pixels[..., :3]) * light


def ramp(values: Floats, low: float, high: float) -> Floats:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def hump(values: Floats, width: float) -> Floats:
    """Fall off on both sides of 0, as a bell does."""
    return np.asarray(np.exp(-((values / width) ** 2)), np.float32)


def puffs(canvas: Canvas, across: int, down: int, octaves: int = 5) -> Floats:
    """Fractal noise in 0..1, its coarsest grain `across` x `down` over the canvas."""
    total = np.zeros((canvas.height, canvas.width), np.float32)
    for octave in range(octaves):
        grid = canvas.rng.random((down * 2**octave + 1, across * 2**octave + 1), np.float32)
        size = (canvas.width, canvas.height)
        total += (
            np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)) / 2**octave
        )
    return np.asarray((total - total.min()) / np.ptp(total), np.float32)


# Shapes


def stencil(canvas: Canvas, points: Points, line: float, blur: float) -> tuple[Floats, Canvas]:
    """Cut out an outline, or a path if `line` is a width: its mask, and the canvas under it."""
    drawn = np.asarray(points) * canvas.height
    pad = int((line + 3 * blur) * canvas.height) + 2
    left, top = np.maximum(np.floor(drawn.min(0)).astype(int) - pad, 0).tolist()
    right, bottom = (np.ceil(drawn.max(0)).astype(int) + pad).tolist()
    pixels = canvas.pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    under = Canvas(pixels, canvas.rng, canvas.waves)
    if not pixels.size:  # wholly out of the picture
        return np.zeros(pixels.shape[:2], np.float32), under
    sheet = Image.new("L", (under.width * 2, under.height * 2))
    corners = [((x - left) * 2, (y - top) * 2) for x, y in drawn.tolist()]
    if line:
        width = max(round(line * canvas.height * 2), 1)
        ImageDraw.Draw(sheet).line(corners, 255, width, joint="curve")
    else:
        ImageDraw.Draw(sheet).polygon(corners, 255)
    softness = ImageFilter.GaussianBlur(float(blur * canvas.height * 2))
    return np.asarray(sheet.filter(softness).reduce(2), np.float32) / 255, under


def fill(
    canvas: Canvas, points: Points, *colours: str, blur: float = 0, across: bool = False
) -> None:
    """Fill an outline; two colours make a gradient down the shape, or `across` it."""
    mask, under = stencil(canvas, points, 0, blur)
    t = np.linspace(0, 1, mask.shape[1 if across else 0], dtype=np.float32)
    t = t[None, :, None] if across else t[:, None, None]
    paint(under, rgb(colours[0]) * (1 - t) + rgb(colours[-1]) * t, mask)


def stroke(canvas: Canvas, points: Points, line: float, colour: str, blur: float = 0) -> None:
    """Draw along a path with a pen `line` wide."""
    mask, under = stencil(canvas, points, line, blur)
    paint(under, rgb(colour), mask)


def spark(canvas: Canvas, at: Point, radius: float, colour: str, strength: float) -> None:
    """Set a small soft point of light."""
    mask, under = stencil(canvas, oval(at, radius, radius), 0, radius / 2)
    shine(under, colour, mask * np.float32(strength))


# Air, land and water


def sky(canvas: Canvas, colours: str, down_to: float) -> None:
    """Wash the air with evenly spaced colours, from the top to `down_to`."""
    bands = np.stack([rgb(colour) for colour in colours.split()])
    stops = np.linspace(0, down_to, len(bands))
    wash = np.stack([np.interp(canvas.y[:, 0], stops, band) for band in bands.T], -1)
    cover = np.ones((canvas.height, canvas.width), np.float32)
    paint(canvas, np.asarray(wash[:, None, :], np.float32), cover)


def clouds(canvas: Canvas, colour: str, at: Point, thick: float, streaks: int) -> None:
    """Draw a bank of cloud at height `at[0]`, `at[1]` deep; `thick` (0..1) is how much it hides."""
    cover = ramp(puffs(canvas, 3, streaks, 6), 0.72 - 0.4 * thick, 0.98 - 0.2 * thick)
    paint(canvas, rgb(colour), cover * hump(canvas.y - at[0], at[1]))


def glow(canvas: Canvas, at: Point, radius: float, colour: str, strength: float) -> None:
    """Let light bleed into the air around a point."""
    far = ((canvas.x - at[0]) ** 2 + (canvas.y - at[1]) ** 2) / radius**2
    shine(canvas, colour, strength / (1 + far) ** 1.7)


def stars(canvas: Canvas, count: int, down_to: float) -> None:
    """Scatter stars: few are bright, and those near the horizon are faint."""
    ratio = canvas.width / canvas.height
    for x, y, magnitude in canvas.rng.random((count, 3)).tolist():
        strength = (1 - 0.8 * y) * (0.35 + 0.65 * magnitude)
        spark(canvas, (x * ratio, y * down_to), 0.0005 + 0.0014 * magnitude**9, "#eaf2ff", strength)


def ridge(canvas: Canvas, crest: str, rough: float, colour: str, foot: str) -> None:
    """Raise land under a crest line; haze makes it paler towards its `foot`."""
    xs, ys = np.asarray(path(crest)).T
    fine = np.linspace(0, float(canvas.x[0, -1]), 500)
    line = np.convolve(np.pad(np.interp(fine, xs, ys), 8, "edge"), np.ones(17) / 17, "valid")
    for octave in range(1, 7):
        knots = np.linspace(0, fine[-1], 6 * 2**octave)
        line += rough * 0.52**octave * np.interp(fine, knots, canvas.rng.uniform(-1, 1, len(knots)))
    top = np.interp(canvas.x, fine, line).astype(np.float32)
    depth = ramp((canvas.y - top) / max(float(np.ptp(ys)), 0.12), 0, 1.3)[..., None]
    edge = np.clip((canvas.y - top) * canvas.height + 0.5, 0, 1)
    paint(canvas, rgb(colour) * (1 - depth) + rgb(foot) * depth, edge)


def mist(canvas: Canvas, at: float, depth: float, colour: str, strength: float) -> None:
    """Lay a torn veil of mist around height `at`."""
    veil = hump(canvas.y - at, depth) * (0.35 + 0.65 * puffs(canvas, 4, 6))
    paint(canvas, rgb(colour), veil * strength)


def swell(canvas: Canvas, horizon: float) -> Floats:
    """Slopes of crossing waves in perspective, about -1..1; those too fine to be seen fade away."""
    near = np.maximum(canvas.y - horizon, 1 / canvas.height)
    beside, ahead = (canvas.x - canvas.x.mean()) / near, 1 / near
    slopes = np.zeros((canvas.height, canvas.width), np.float32)
    for k in np.geomspace(1.5, 60, 24) * canvas.rng.uniform(0.85, 1.15, 24):
        heading = canvas.rng.normal(0.1, 0.3)
        kx, kz = k * np.sin(heading), k * np.cos(heading)
        unseen = np.exp(-0.8 * ((kz + kx * beside * near) / near**2 / canvas.height) ** 2)
        slopes += unseen * np.cos(kx * beside + kz * ahead + canvas.rng.uniform(0, 6.28))
    return np.asarray(slopes / 3.6 * (canvas.y > horizon), np.float32)


def sea(canvas: Canvas, horizon: float, deep: str, chop: float = 1.0, clear: float = 0.8) -> None:
    """Fill the picture below `horizon` with water; `clear` is how much it mirrors what is above."""
    canvas.waves = swell(canvas, horizon) * np.float32(chop)
    near = np.maximum(canvas.y - horizon, 0)
    reach = 0.95 * min(1.0, horizon / (1 - horizon))
    source = horizon - near * reach - np.abs(canvas.waves) * (0.012 + 0.22 * near)
    rows = np.clip(source * canvas.height, 0, horizon * canvas.height - 1).astype(int)
    mirrored = canvas.pixels[rows, np.arange(canvas.width)[None, :], :3]
    depth = np.clip(1 - clear + 0.7 * near + 0.16 * canvas.waves, 0, 1)[..., None]
    edge = np.clip((canvas.y - horizon) * canvas.height + 0.5, 0, 1)
    paint(canvas, mirrored * (1 - depth) + rgb(deep) * depth, edge)


def glitter(canvas: Canvas, at: Point, width: float, colour: str, strength: float = 0.9) -> None:
    """Lay the broken path of a light on the water, from the point `at` towards us."""
    near = canvas.y - at[1]
    fan = hump((canvas.x - at[0]) / (0.35 + 2.2 * np.maximum(near, 0)), width) * (near > 0)
    crests = ramp(canvas.waves, 0.15, 0.9) + 0.5 * np.exp(-np.maximum(near, 0) / 0.03)
    shine(canvas, colour, np.clip(crests, 0, 1) * fan * strength)


def afloat(canvas: Canvas, layer: Canvas, waterline: float, strength: float = 0.55) -> None:
    """Set a layer down in the water up to its waterline, over its own broken mirror image."""
    below = np.maximum(canvas.y - waterline, 0)
    sway = canvas.waves * (0.004 + 0.10 * below)
    rows = (2 * waterline - canvas.y - sway * 0.8) * canvas.height
    columns = (canvas.x + sway * 0.6) * canvas.height
    rows = np.clip(rows, 0, canvas.height - 1).astype(int)
    columns = np.clip(columns, 0, canvas.width - 1).astype(int)
    fade = (strength * np.exp(-below * 1.8) * (canvas.y > waterline))[..., None]
    dry = np.clip((waterline + canvas.waves * 0.003 - canvas.y) * canvas.height + 0.5, 0, 1)
    for image in (layer.pixels[rows, columns] * fade, layer.pixels * dry[..., None]):
        canvas.pixels *= 1 - image[..., 3:]
        canvas.pixels += image
