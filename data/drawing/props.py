"""The things of the story: boat, lighthouse, lantern, people, village, whale."""

import numpy as np

from drawing.brushes import (
    RED,
    SHADOW,
    YELLOW,
    Canvas,
    Light,
    Point,
    afloat,
    fill,
    glitter,
    glow,
    oval,
    paint,
    path,
    place,
    puffs,
    ramp,
    rgb,
    smooth,
    stencil,
    stroke,
    toned,
)

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
