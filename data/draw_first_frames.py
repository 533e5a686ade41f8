"""Draw the first frames of the sample production, "The Borrowed Light".

The sample has to run anywhere and belong to nobody else, so its pictures are made of numbers alone.
Each has its own seed and nothing is read from the machine: the same versions of NumPy and Pillow
write the same bytes on every run.

Distances are in picture heights: x runs from 0 to the picture's ratio, y from 0 (top) to 1.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFilter

Floats = NDArray[np.floating[Any]]
Point = tuple[float, float]
Points = Sequence[Point]
Light = tuple[str, float]  # the colour of the air round a thing, and how much of it the thing takes

SUPERSAMPLE = 2  # drawn twice as large, so that edges and ripples come out smooth
JPEG_QUALITY = 88
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


# Outlines of the props: facing right, about 1 long or 1 tall, y = 0 at the water or the ground.
HULL = smooth(path("-50,-20 -47,-4 -36,5 28,5 43,-5 56,-27 30,-16 0,-12 -30,-14"))
RAIL = HULL[61:108]
MAINSAIL = path("4,-108 5,-28 -43,-31 -36,-48 -28,-64 -19,-79 -8,-94")
FURLED = smooth(path("6,-39 -20,-38 -46,-33 -46,-29 -20,-32 6,-34"))
JIB = path("7,-101 8,-31 49,-31 41,-47 32,-63 20,-82")
COAT = smooth(path("-6,-72 -16,-45 -25,-16 0,-13 25,-16 17,-45 8,-72"))
HOOD = smooth(path("-17,-83 -12,-97 2,-103 15,-94 16,-80 8,-69 -10,-69"))
CAP = smooth(path("-13,-91 -13,-100 2,-105 15,-101 16,-94 27,-91 16,-90"))
BEARD = smooth(path("-7,-84 -3,-79 7,-79 16,-78 16,-69 9,-59 1,-63 -6,-72"))
DOME = smooth(path("-7,-90 0,-91 7,-90 3,-96 0,-98 -3,-96"))
WING = path("-100,-12 -55,-42 0,0 55,-46 100,-20 50,-34 0,12 -50,-30")
HULL_ABOVE = smooth(path("-48,-10 -30,-18 5,-20 32,-13 55,0 32,13 5,20 -30,18 -48,10"))
CARRYING, RESTING, WAVING = "2,-60 18,-50 36,-56", "5,-62 11,-48 7,-34", "3,-58 24,-61 34,-84"
WHALE = smooth(
    path("50,0 47,7 36,12 18,13 0,10 -20,5 -36,2 -44,3 -56,16 -53,5 -49,0 ")
    + path("-53,-5 -56,-16 -44,-3 -36,-2 -20,-5 0,-10 18,-13 36,-12 47,-7")
)
FIN = smooth(path("26,9 20,22 8,34 -4,40 -6,36 2,25 12,9"))


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


# Props


def sun(canvas: Canvas, at: Point, radius: float) -> None:
    """Set the low sun in its haze."""
    glow(canvas, at, radius * 7, "#ffb861", 0.85)
    fill(canvas, oval(at, radius, radius), "#fffbe0", "#ffe7a0")
    glow(canvas, at, radius * 1.6, "#fff0b8", 0.8)


def moon(canvas: Canvas, at: Point, radius: float) -> None:
    """Hang up the full moon with its seas."""
    glow(canvas, at, radius * 3.4, "#7fb2cf", 0.6)
    mask, under = stencil(canvas, oval(at, radius, radius), 0, 0)
    seas = 0.42 * ramp(puffs(under, 4, 4, 6), 0.42, 0.7)[..., None]
    paint(under, rgb("#fff6dc") * (1 - seas) + rgb("#7f97ad") * seas, mask)
    glow(canvas, at, radius * 1.25, "#fff0cf", 0.2)


def gulls(canvas: Canvas, at: Point, size: float, colour: str) -> None:
    """Let six gulls circle around a point."""
    for dx, dy, scale in canvas.rng.uniform((-5, -2.4, 0.5), (5, 2.4, 1.2), (6, 3)).tolist():
        spot = (at[0] + dx * size, at[1] + dy * size)
        fill(canvas, place(WING, spot, size * scale, dx * 0.06), colour)


def lantern(canvas: Canvas, at: Point, size: float) -> None:
    """Hang up the paper lantern of the story: `size` is half its height."""
    x, y = at
    stroke(canvas, [(x, y - 1.7 * size), (x, y - 0.9 * size)], 0.07 * size, "#3a2016")
    fill(canvas, oval(at, 0.84 * size, size), "#d9601c")
    fill(canvas, oval(at, 0.7 * size, 0.86 * size), "#ffb347", blur=0.16 * size)
    fill(canvas, oval((x, y + 0.2 * size), 0.34 * size, 0.46 * size), "#fff6d8", blur=0.2 * size)
    for rib in np.linspace(-0.75, 0.75, 7).tolist():
        half = 0.84 * size * (1 - rib**2) ** 0.5
        bow = [(x + half * s / 7, y + size * (rib + 0.07 - s * s / 700)) for s in range(-7, 8)]
        stroke(canvas, bow, 0.025 * size, "#f0933a")
    for end in (-0.97, 0.97):
        fill(canvas, oval((x, y + end * size), 0.34 * size, 0.1 * size), "#3a2016")


def person(
    canvas: Canvas,
    at: Point,
    size: float,
    light: Light,
    coat: str = YELLOW,
    arm: str = CARRYING,
    beard: str = "",
) -> None:
    """Draw somebody with feet at `at`, `size` tall: the girl in yellow, others in a cap."""
    colours = (coat, toned(coat, SHADOW), "#33303f", "#edba94", "#dd8a72", beard or coat)
    cloth, fold, boots, skin, cheek, hair = (toned(colour, light) for colour in colours)

    def dot(x: float, y: float, radius: float, colour: str) -> None:
        fill(canvas, place(oval((x, y), radius, radius * 1.15), at, size), colour)

    for leg in (-0.07, 0.08):
        foot = [(leg, -0.25), (leg, -0.02), (leg + 0.06, -0.02)]
        stroke(canvas, place(foot, at, size), 0.09 * abs(size), boots)
    fill(canvas, place(COAT, at, size), cloth, fold)
    if coat == YELLOW:
        fill(canvas, place(HOOD, at, size), cloth, fold)
        dot(0.085, -0.83, 0.085, skin)
    else:
        dot(0.02, -0.83, 0.125, skin)
        dot(0.15, -0.82, 0.03, skin)
        if beard:
            fill(canvas, place(BEARD, at, size), hair)
        fill(canvas, place(CAP, at, size), fold)
    dot(0.1, -0.795, 0.024, cheek)
    dot(0.125, -0.855, 0.011, boots)
    stroke(canvas, place(path(arm), at, size), 0.085 * abs(size), fold)


def rigging(canvas: Canvas, at: Point, size: float, light: Light, moored: bool) -> None:
    """Step a boat's mast, and set its sails or furl them."""
    sail, shade, wood = (toned(colour, light) for colour in ("#f6ead2", "#d8a888", "#4a3528"))
    unit = abs(size)
    stroke(canvas, place(path("6,-10 6,-114"), at, size), 0.022 * unit, wood)
    if moored:
        stroke(canvas, place(path("5,-33 -48,-28"), at, size), 0.022 * unit, wood)
        fill(canvas, place(FURLED, at, size), sail, shade)
        return
    fill(canvas, place(MAINSAIL, at, size), sail, shade)
    fill(canvas, place(JIB, at, size), sail, shade)
    for seam in ("-37,-47 4,-48", "-27,-66 4,-68", "-15,-86 4,-88"):
        stroke(canvas, place(path(seam), at, size), 0.006 * unit, shade)


def boat(
    canvas: Canvas,
    at: Point,
    size: float,
    light: Light,
    hull: str = RED,
    moored: bool = False,
    lit: float = 0,
) -> None:
    """Float a boat, `size` long; the red one under sail has the girl aboard, `lit` her lantern."""
    layer, unit = canvas.layer(), abs(size)
    colours = (hull, toned(hull, ("#1a1020", 0.6)), "#f3e3c3", "#4a3528")
    side, keel, rail, wood = (toned(colour, light) for colour in colours)
    rigging(layer, at, size, light, moored)
    if hull == RED and not moored:
        person(layer, place([(-0.2, -0.05)], at, size)[0], size * 0.34, light)
    stroke(layer, place(path("44,-18 60,-56 64,-56"), at, size), 0.016 * unit, wood)
    fill(layer, place(HULL, at, size), side, keel)
    stroke(layer, place(RAIL, at, size), 0.026 * unit, rail)
    lamp = place([(0.64, -0.46)], at, size)[0]
    if lit:
        glitter(canvas, (lamp[0], at[1]), 0.14 * unit, "#ffb55c", lit)
        lantern(layer, lamp, unit * 0.075)
    afloat(canvas, layer, at[1])
    if lit:
        glow(canvas, lamp, unit * 0.34, "#ffa845", 0.8 * lit)


def lighthouse(canvas: Canvas, at: Point, size: float, light: Light, lamp: str) -> None:
    """Draw the lighthouse, its foot at `at` and `size` tall, with glass of the colour `lamp`."""
    white, grey, red, maroon, iron = (
        toned(colour, light) for colour in ("#fbeedd", "#8d7f9c", "#c8402f", "#6e2233", "#3b3346")
    )

    def slab(low: float, high: float, wide: Point, *colours: str) -> None:
        corners = [(-wide[0], -low), (-wide[1], -high), (wide[1], -high), (wide[0], -low)]
        fill(canvas, place(corners, at, size), *colours, across=True)

    slab(-0.02, 0.76, (0.115, 0.072), white, grey)
    for low, high in ((0.14, 0.3), (0.46, 0.62)):
        slab(low, high, (0.115 - 0.057 * low, 0.115 - 0.057 * high), red, maroon)
    for window in (0.07, 0.38, 0.68):
        slab(window, window + 0.045, (0.011, 0.011), iron)
    slab(0.78, 0.91, (0.055, 0.055), lamp)
    for post in (-0.054, -0.02, 0.02, 0.054):
        stroke(canvas, place([(post, -0.79), (post, -0.92)], at, size), 0.007 * size, iron)
    slab(0.755, 0.785, (0.098, 0.098), red, maroon)
    stroke(canvas, place(path("-9,-77 -9,-83 9,-83 9,-77"), at, size), 0.006 * size, iron)
    fill(canvas, place(DOME, at, size), red, maroon, across=True)
    stroke(canvas, place(path("0,-97 0,-103"), at, size), 0.009 * size, iron)


def jetty(canvas: Canvas, left: float, right: float, top: float, colour: str) -> None:
    """Build a jetty on piles, its deck at height `top`."""
    stroke(canvas, [(left, top + 0.01), (right, top + 0.01)], 0.02, colour)
    for x in np.arange(right - 0.02, left, -0.14).tolist():
        lean = float(canvas.rng.uniform(-0.006, 0.006))
        stroke(canvas, [(x, top - 0.035), (x + lean, top + 0.2)], 0.018, colour)


def house(canvas: Canvas, at: Point, size: float, wall: str) -> None:
    """Build a house with a pitched roof and lit windows."""
    box = path("-45,60 -45,-50 45,-50 45,60")
    fill(canvas, place(box, at, size), wall, toned(wall, ("#8c7a8a", 0.35)), across=True)
    fill(canvas, place(path("-53,-48 -22,-90 22,-90 53,-48"), at, size), "#c8553f", "#9a4038")
    for pane in ("-27,-8 -27,-32 -11,-32 -11,-8", "11,-8 11,-32 27,-32 27,-8"):
        fill(canvas, place(path(pane), at, size), "#ffdf95")


def village(canvas: Canvas, quay: float) -> None:
    """Stack houses up the hill, nearest last, and let everybody come out on the quay."""
    walls = ["#f6dcc0", "#f2b8a0", "#e9cfa0", "#cfdcd2", "#f4ead8", "#e59a86"]
    for row, size in enumerate((0.062, 0.072, 0.085, 0.1)):
        for x in np.arange(1.52, 1.1 - 0.11 * row, -size * 1.12).tolist():
            y = quay - 0.3 + 0.083 * row + 0.05 * (1.5 - x) + float(canvas.rng.normal(0, 0.006))
            house(canvas, (x, y), size, str(canvas.rng.choice(walls)))
    fill(canvas, [(0.7, quay), (1.6, quay), (1.6, 0.8), (0.7, 0.8)], "#b9a793", "#776d70")
    coats = ["#39507a", "#7a3f4f", "#3f6b63", "#8a5a3c", "#59507e"]
    for x in np.arange(0.75, 1.5, 0.062).tolist():
        spot = (x + float(canvas.rng.normal(0, 0.01)), quay + 0.006)
        size = -float(canvas.rng.uniform(0.07, 0.1))
        person(canvas, spot, size, ("#f0cdb0", 0.12), str(canvas.rng.choice(coats)), WAVING)


def whale(canvas: Canvas, at: Point, size: float, turn: float) -> None:
    """Draw a humpback from above, softened by the water over it."""
    for side in (1, -1):
        fin = place([(x, y * side) for x, y in FIN], at, size, turn)
        fill(canvas, fin, "#1c5f77", "#2f8c98", blur=0.005)
    fill(canvas, place(WHALE, at, size, turn), "#2f8c9e", "#1a6480", blur=0.005)
    back = [(x * 0.78 + 0.05, y * 0.5) for x, y in WHALE]
    fill(canvas, place(back, at, size, turn), "#63c6c6", "#2a7f94", blur=0.03)
    stroke(canvas, place(path("40,0 0,0 -38,0"), at, size, turn), 0.008, "#1a6880", 0.006)


def boat_from_above(canvas: Canvas, at: Point, size: float, turn: float) -> None:
    """Draw the red boat as a gull sees it: the girl amidships, her lantern at the bow."""
    fill(canvas, place(HULL_ABOVE, (at[0] + 0.02, at[1] + 0.03), size, turn), "#03101f", blur=0.015)
    for scale, light, dark in (
        (1.0, RED, "#8a2026"),
        (0.84, "#f3e3c3", "#d9bd94"),
        (0.76, "#4a2a20", "#7c4a30"),
    ):
        hull = [(x * scale, y * scale**1.6) for x, y in HULL_ABOVE]
        fill(canvas, place(hull, at, size, turn), light, dark)
    for bench in ("-24,-12 -24,12", "16,-13 16,13"):
        stroke(canvas, place(path(bench), at, size, turn), 0.07 * size, "#b98a58")
    fill(canvas, place(oval((-0.05, 0), 0.12, 0.13), at, size, turn), "#e0a526", "#a86a14")
    fill(canvas, place(oval((-0.02, 0), 0.08, 0.08), at, size, turn), "#ffd75e", "#f0b32a")
    lamp = place([(0.64, 0)], at, size, turn)[0]
    fill(canvas, oval(lamp, 0.08 * size, 0.08 * size), "#ffb347")
    fill(canvas, oval(lamp, 0.05 * size, 0.05 * size), "#fff6d8", blur=0.004)
    glow(canvas, lamp, 0.05, "#ffc36b", 0.95)


# Sequence 10: dusk

DUSK = "#262a5c #514080 #a04f86 #e8735f #ffb265 #ffe3a3"


def dusk(c: Canvas, down_to: float) -> None:
    """Wash the evening sky and streak it with cloud."""
    sky(c, DUSK, down_to)
    clouds(c, "#6f3a7d", (0.3 * down_to, 0.2 * down_to), 0.55, 8)
    clouds(c, "#ff9d7a", (0.6 * down_to, 0.16 * down_to), 0.6, 14)


def sq010_sh010(c: Canvas) -> None:
    """Establish the bay: the sun goes down between the islands, the red boat is moored."""
    dusk(c, 0.64)
    sun(c, (1.38, 0.545), 0.075)
    ridge(c, "0,42 50,50 100,58 150,61 190,55 240,47", 0.05, "#c06d86", "#f3a27a")
    mist(c, 0.63, 0.05, "#ffc58c", 0.6)
    ridge(c, "0,33 35,46 80,60 105,66 240,70", 0.06, "#6f4277", "#c46980")
    gulls(c, (1.7, 0.25), 0.022, "#3b2456")
    headland = c.layer()
    lighthouse(headland, (2.06, 0.575), 0.44, ("#6b4079", 0.3), "#ffdf9a")
    ridge(headland, "0,90 160,90 178,66 195,56 215,53 240,45", 0.03, "#33234f", "#5a3561")
    sea(c, 0.64, "#2f2c62")
    afloat(c, headland, 0.66)
    glow(c, (2.06, 0.203), 0.05, "#ffdf9a", 0.8)
    glitter(c, (1.38, 0.645), 0.07, "#ffdd94")
    pier = c.layer()
    jetty(pier, -0.1, 0.5, 0.76, "#2a1c45")
    afloat(c, pier, 0.87)
    boat(c, (0.78, 0.845), 0.3, ("#4a2d63", 0.22), moored=True)


def sq010_sh020(c: Canvas) -> None:
    """Look up at the lighthouse at the very moment when its lamp fails."""
    dusk(c, 0.86)
    stars(c, 60, 0.35)
    sun(c, (0.04, 0.83), 0.04)
    ridge(c, "0,80 20,83 60,84", 0.02, "#b0607f", "#f0a07c")
    sea(c, 0.85, "#33295f", 1.3, 0.75)
    glitter(c, (0.05, 0.852), 0.05, "#ffd48a")
    boat(c, (0.13, 0.89), 0.085, ("#4a2d63", 0.2), moored=True)
    gulls(c, (0.16, 0.42), 0.02, "#3b2456")
    lighthouse(c, (0.37, 0.88), 0.72, ("#7a4a80", 0.2), "#ffcf7a")
    glow(c, (0.37, 0.27), 0.06, "#ffcf7a", 0.7)
    ridge(c, "0,106 12,98 24,88 37,84 60,81", 0.05, "#35244f", "#191233")
    ridge(c, "0,99 10,97 30,99 60,93", 0.05, "#1d1436", "#100b24")


def sq010_sh030(c: Canvas) -> None:
    """On the jetty the girl holds up her own small lantern against the afterglow."""
    sky(c, "#1c2354 #3d3a78 #7a4a86 #c8637a #f59a6c #ffcf8e", 0.66)
    clouds(c, "#50407f", (0.24, 0.18), 0.7, 6)
    clouds(c, "#f08a76", (0.44, 0.09), 0.6, 12)
    stars(c, 90, 0.4)
    ridge(c, "0,60 40,53 80,62 134,65", 0.05, "#a05a80", "#f0946f")
    headland = c.layer()
    lighthouse(headland, (0.2, 0.6), 0.2, ("#6b4079", 0.55), "#3a3158")
    ridge(headland, "0,53 20,58 42,67 60,80 134,90", 0.03, "#4a3066", "#7a4875")
    sea(c, 0.65, "#27265a")
    afloat(c, headland, 0.66)
    glitter(c, (0.625, 0.68), 0.07, "#ffb555")
    boat(c, (0.34, 0.86), 0.34, ("#3b2a60", 0.3), moored=True)
    near = c.layer()
    jetty(near, 0.62, 1.5, 0.75, "#1f1638")
    person(near, (0.76, 0.753), -0.26, ("#8a4a50", 0.15))
    person(near, (1.0, 0.753), -0.37, ("#4a2c55", 0.35), "#34406e", RESTING, "#f3efe6")
    stroke(near, [(0.668, 0.605), (0.64, 0.52), (0.625, 0.515)], 0.006, "#2a1a2c")
    lantern(near, (0.625, 0.57), 0.035)
    afloat(c, near, 0.87)
    glow(c, (0.625, 0.57), 0.13, "#ffae4d", 0.8)


# Sequence 20: night

NIGHT = "#040818 #081331 #0d2550 #174672 #2f7490"
MOONLIT = ("#12284a", 0.36)


def sq020_sh010(c: Canvas) -> None:
    """The red boat crosses the path of a huge moon."""
    sky(c, NIGHT, 0.66)
    stars(c, 260, 0.6)
    moon(c, (1.05, 0.4), 0.235)
    clouds(c, "#1c4a70", (0.56, 0.06), 0.75, 14)
    ridge(c, "0,58 30,61 60,66 130,68 180,63", 0.03, "#15395c", "#2b6a88")
    sea(c, 0.66, "#06152f", 1.2, 0.85)
    glitter(c, (1.05, 0.665), 0.15, "#fff0c8")
    boat(c, (0.9, 0.84), 0.38, MOONLIT, lit=1.0)


def sq020_sh020(c: Canvas) -> None:
    """From above: a whale glides under the little boat, and the plankton lights up round it."""
    sky(c, "#051a38 #073050 #0a4660 #09405c #052444", 1)
    shine(c, "#0f6f86", ramp(puffs(c, 3, 3), 0.35, 1) * 0.5)
    whale(c, (0.5, 0.6), 0.9, -0.62)
    caustics = 1 - np.abs(2 * puffs(c, 12, 12, 2) - 1)
    shine(c, "#4fd0d6", ramp(caustics, 0.75, 1) * 0.1)
    for x, y, z in (c.rng.random((520, 3)) - 0.5).tolist():
        at = (0.46 + 1.0 * x + 0.4 * y, 0.56 - 0.7 * x + 0.62 * y)
        spark(c, at, 0.0015 + 0.003 * (z + 0.5) ** 4, "#8ff5e6", 0.3 + 0.6 * (z + 0.5) ** 2)
    for ring, strength in ((0.15, 0.4), (0.21, 0.25), (0.28, 0.14)):
        mask, under = stencil(c, oval((0.6, 0.26), ring, ring), 0.003, 0.003)
        shine(under, "#9fe8e4", mask * strength)
    glow(c, (0.68, 0.2), 0.2, "#ff9c3d", 0.7)
    boat_from_above(c, (0.6, 0.26), 0.22, -0.62)


def milky_way(c: Canvas) -> None:
    """Draw the galaxy as a slanting, dusty band."""
    along = (c.x - 1.2) * 0.55 + (c.y - 0.3)
    dust = puffs(c, 6, 4, 6)
    shine(c, "#6d86c9", hump(along, 0.17) * (0.3 + 0.9 * dust))
    shine(c, "#e3b9c9", hump(along, 0.07) * ramp(dust, 0.3, 0.8) * 0.8)
    lanes = hump(along + 0.02, 0.06) * ramp(puffs(c, 8, 5, 6), 0.5, 0.75) * ramp(0.6 - c.y, 0, 0.3)
    paint(c, rgb("#0b1b3d"), 0.5 * lanes)


def sq020_sh030(c: Canvas) -> None:
    """Tiny between the cliffs, the boat sails under the whole Milky Way."""
    sky(c, NIGHT, 0.74)
    milky_way(c)
    stars(c, 900, 0.74)
    stroke(c, [(0.5, 0.13), (0.66, 0.2)], 0.002, "#dff3ff", 0.0008)
    glow(c, (0.66, 0.2), 0.012, "#ffffff", 0.9)
    ridge(c, "0,70 70,72 120,73 200,69", 0.02, "#123a5c", "#2f7490")
    mist(c, 0.73, 0.03, "#4b93a8", 0.5)
    cliffs = c.layer()
    crest = "0,18 14,24 20,40 27,46 32,72 34,90 43,90 46,57 51,52 56,92 161,92 165,44 174,40 177,66"
    ridge(cliffs, f"{crest} 180,64 186,30 200,12", 0.13, "#071328", "#12385a")
    sea(c, 0.74, "#05122b", 0.7, 0.88)
    afloat(c, cliffs, 0.78)
    boat(c, (1.05, 0.86), 0.15, ("#12284a", 0.3), lit=1.0)


def sq020_sh040(c: Canvas) -> None:
    """The lost fleet in the fog, and out of it comes one warm light."""
    sky(c, "#122a44 #27506a #4d7f8e #86aeb0 #9fc0bb", 0.66)
    glow(c, (0.5, 0.15), 0.16, "#e9efdc", 0.75)
    fill(c, oval((0.5, 0.15), 0.04, 0.04), "#f6f5e2", blur=0.006)
    sea(c, 0.58, "#173a50", 0.7, 0.7)
    for x, y, size, haze in (
        (0.4, 0.595, 0.11, 0.82),
        (0.15, 0.62, 0.19, 0.68),
        (0.6, 0.67, 0.33, 0.45),
    ):
        mist(c, y - 0.03, 0.1, "#9dbdba", 0.6)
        boat(c, (x, y), -size, ("#86aab0", haze), "#2f4a5c")
    mist(c, 0.7, 0.08, "#9dbdba", 0.55)
    boat(c, (0.27, 0.885), 0.36, ("#2a4b60", 0.25), lit=1.0)
    mist(c, 0.97, 0.05, "#8fb3b4", 0.35)


# Sequence 30: dawn

DAWN = "#5f8fbd #8fb8d0 #c9d3d6 #f6cdbf #ffcf9c #ffe0b0"
FLEET = ["#3d6f8f", "#e0b04a", "#4d8a7a", "#efe6d2", "#35527d"]


def sq030_sh010(c: Canvas) -> None:
    """At first light the red boat leads the fleet home in one long line."""
    sky(c, DAWN, 0.56)
    clouds(c, "#fff1e2", (0.2, 0.12), 0.6, 8)
    clouds(c, "#f2a99a", (0.38, 0.06), 0.6, 16)
    sun(c, (0.82, 0.52), 0.055)
    ridge(c, "0,44 30,50 70,56 100,54 125,47", 0.05, "#b9a9bd", "#f8d2b8")
    ridge(c, "0,50 25,55 50,58 125,60", 0.04, "#8f93b0", "#e0bdb6")
    mist(c, 0.55, 0.04, "#fff0da", 0.8)
    sea(c, 0.56, "#5f8ba6", 0.8, 0.85)
    glitter(c, (0.82, 0.565), 0.07, "#fff2c4")
    line = ((0.8, 0.58, 0.06), (0.69, 0.593, 0.08), (0.88, 0.615, 0.11), (0.7, 0.65, 0.16))
    for i, (x, y, size) in enumerate((*line, (1.02, 0.71, 0.25))):
        boat(c, (x, y), -size, ("#f3d6c0", 0.55 - 0.08 * i), FLEET[i])
    boat(c, (0.46, 0.84), -0.42, ("#c9a9a0", 0.12), lit=0.7)
    gulls(c, (0.6, 0.16), 0.024, "#5b6b85")


def sq030_sh020(c: Canvas) -> None:
    """The village wakes: lanterns over the quay, and everybody looks out to sea."""
    sky(c, DAWN, 0.6)
    clouds(c, "#fff1e2", (0.15, 0.12), 0.6, 8)
    sun(c, (0.14, 0.53), 0.05)
    ridge(c, "0,56 40,53 90,45 150,34", 0.05, "#aebfc6", "#f3d6bd")
    ridge(c, "0,66 40,60 70,50 100,34 150,20", 0.03, "#6f9484", "#c3c4a4")
    harbour = c.layer()
    village(harbour, 0.66)
    sea(c, 0.6, "#5f8ba6", 0.8, 0.85)
    glitter(c, (0.14, 0.605), 0.07, "#fff2c4")
    afloat(c, harbour, 0.75)
    boat(c, (0.42, 0.84), 0.3, ("#c9a9a0", 0.1), lit=0.7)
    rope = [(x / 40, 0.1 + 0.12 * float(np.sin(x / 60 * np.pi))) for x in range(61)]
    stroke(c, rope, 0.003, "#4a3a3a")
    for x, y in rope[2::5]:
        lantern(c, (x, y + 0.036), 0.024)


def sq030_sh030(c: Canvas) -> None:
    """Up in the lamp room the paper lantern hangs where the great lamp was, over the bay."""
    sky(c, DAWN, 0.42)
    clouds(c, "#fff1e2", (0.16, 0.1), 0.6, 8)
    sun(c, (1.25, 0.37), 0.05)
    ridge(c, "0,33 50,38 90,41 140,40 180,34", 0.04, "#a9a9c0", "#f8d8bc")
    mist(c, 0.42, 0.03, "#fff0da", 0.7)
    sea(c, 0.42, "#4f86a0", 0.6)
    glitter(c, (1.25, 0.425), 0.08, "#fff2c4")
    line = ((1.02, 0.49), (1.16, 0.54), (0.99, 0.6), (1.24, 0.68))
    for (x, y), hull in zip(line, [*FLEET[:3], RED], strict=True):
        boat(c, (x, y), -0.035 - 0.27 * (y - 0.49), ("#e9d2c0", 0.2), hull)
    gulls(c, (1.4, 0.22), 0.02, "#5b6b85")
    for rail in (0.77, 0.84):
        stroke(c, [(-0.1, rail), (1.9, rail)], 0.01, "#6d4a50")
    for x in (0.06, 0.86, 1.7):
        stroke(c, [(x, -0.05), (x, 1.05)], 0.035, "#3b2b3c")
    fill(c, [(-0.1, -0.1), (1.9, -0.1), (1.9, 0.05), (-0.1, 0.05)], "#3b2b3c")
    fill(c, [(-0.1, 0.88), (1.9, 0.88), (1.9, 1.1), (-0.1, 1.1)], "#6a464a", "#2a1e30")
    glow(c, (0.46, 0.45), 0.5, "#ffae4d", 0.6)
    lantern(c, (0.46, 0.44), 0.25)
    glow(c, (0.46, 0.5), 0.2, "#ffc46b", 0.35)


# Printing

PICTURES: dict[Callable[[Canvas], None], tuple[int, int]] = {
    sq010_sh010: (1470, 630),
    sq010_sh020: (720, 1280),
    sq010_sh030: (1280, 960),
    sq020_sh010: (1280, 720),
    sq020_sh020: (960, 960),
    sq020_sh030: (1280, 640),  # 2:1, which is no ratio of the model: `adaptive` picks the nearest
    sq020_sh040: (900, 1200),
    sq030_sh010: (1280, 1024),
    sq030_sh020: (1260, 840),  # 3:2 for a shot in 16:9: the service crops top and bottom
    sq030_sh030: (1280, 720),
}


def finish(canvas: Canvas) -> Image.Image:
    """Develop the picture: bloom, vignette, down to size, and a little grain against banding."""
    image = np.clip(canvas.pixels[..., :3], 0, 1)
    small = Image.fromarray((image * 255).astype(np.uint8)).reduce(4)
    bright = small.point(lambda value: max(0, value - 150) * 2)
    bloom = bright.filter(ImageFilter.GaussianBlur(canvas.height / 160))
    bloom = bloom.resize((canvas.width, canvas.height), Image.Resampling.BICUBIC)
    image = 1 - (1 - image) * (1 - 0.22 * np.asarray(bloom, np.float32) / 255)
    corner = np.hypot(canvas.x / canvas.x[0, -1] - 0.5, canvas.y - 0.5)
    image *= (1 - 0.35 * ramp(corner, 0.35, 0.85))[..., None]
    plain = Image.fromarray((image * 255).astype(np.uint8)).reduce(SUPERSAMPLE)
    grain = canvas.rng.normal(0, 1.3, (plain.height, plain.width, 1))
    return Image.fromarray(np.clip(np.asarray(plain) + grain, 0, 255).astype(np.uint8))


def main() -> None:
    """Write every first frame of the sample sheet."""
    parser = argparse.ArgumentParser(description="Draw the first frames of the sample production.")
    beside = Path(__file__).parent / "first_frames"
    parser.add_argument("outdir", nargs="?", type=Path, default=beside, help="folder for the JPEGs")
    args = parser.parse_args()
    outdir: Path = args.outdir
    outdir.mkdir(parents=True, exist_ok=True)
    for draw, (width, height) in PICTURES.items():
        seed = int("".join(filter(str.isdigit, draw.__name__)))
        canvas = Canvas.blank(width, height, seed)
        draw(canvas)
        file = outdir / f"{draw.__name__}.jpg"
        finish(canvas).save(file, quality=JPEG_QUALITY, optimize=True, progressive=True)


if __name__ == "__main__":
    main()
