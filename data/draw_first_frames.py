"""Draw the first frames of the sample production, "The Borrowed Light".

The sample has to run anywhere and belong to nobody else, so its pictures are made of numbers alone.
Each has its own seed and nothing is read from the machine: the same versions of NumPy and Pillow
write the same bytes on every run.

Distances are in picture heights: x runs from 0 to the picture's ratio, y from 0 (top) to 1.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from drawing.brushes import (
    RED,
    SUPERSAMPLE,
    Canvas,
    afloat,
    clouds,
    fill,
    glitter,
    glow,
    hump,
    mist,
    oval,
    paint,
    puffs,
    ramp,
    rgb,
    ridge,
    sea,
    shine,
    sky,
    spark,
    stars,
    stencil,
    stroke,
)
from drawing.props import (
    RESTING,
    boat,
    boat_from_above,
    gulls,
    jetty,
    lantern,
    lighthouse,
    moon,
    person,
    sun,
    village,
    whale,
)
from PIL import Image, ImageFilter

JPEG_QUALITY = 88

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
