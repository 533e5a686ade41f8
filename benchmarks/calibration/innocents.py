"""Clips without a fault that resemble one: what the rules must let pass."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.calibration import filters as f
from benchmarks.calibration.faults import walk
from benchmarks.calibration.pictures import (
    CANVAS,
    Floats,
    Frames,
    fog,
    hills,
    night,
    room,
    street,
    texture,
)
from benchmarks.calibration.spec import BASIC, CalibrationClip, Draw, Footage, seed_of
from benchmarks.calibration.takes import (
    FRAMES,
    Actor,
    Way,
    dancer,
    emulated,
    film,
    fixed,
    opening_of,
    pan,
    push,
    shake,
    walker,
)
from benchmarks.calibration.wrapping import in_clock
from seedance_assets.core.quality import Expectation

_STILL = {"asked": {"camera_fixed": True}}


def innocent(kind: str, grade: str, draw: Draw, **more: Any) -> CalibrationClip:
    """A clip on which no rule may complain."""
    order = dict(BASIC) | {"frames": FRAMES} | more.pop("asked", {})

    def drawn(seed: int) -> Footage:
        footage = draw(seed)
        return footage if isinstance(footage, Footage) else Footage(footage)

    return CalibrationClip(
        name=f"innocent {kind}: {grade}",
        kind=kind,
        grade=grade,
        draw=drawn,
        seed=more.pop("seed", seed_of(kind, grade)),
        asked=Expectation(**order),
        **more,
    )


def innocents() -> Iterator[CalibrationClip]:
    """All of them."""
    yield from _plain()
    yield from _light()
    yield from _passing()
    yield from _cameras()
    yield from _still()
    yield from _intended()
    yield from _colours()
    yield from _files()


def _plain() -> Iterator[CalibrationClip]:
    grounds = {"street": street, "hills": hills, "room": room, "night": night, "fog": fog}
    for name, ground in grounds.items():
        yield innocent(
            "take",
            f"{name}, fixed camera",
            lambda d, g=ground: film(d, g, fixed, (walker(),)),
            **_STILL,
        )
        yield innocent(
            "take",
            f"{name}, dancer",
            lambda d, g=ground: film(d, g, pan(0.5), (dancer(),)),
            seed=31,
        )
    for seed in (41, 42):
        yield innocent(
            "emulator",
            f"fixed camera, seed {seed}",
            emulated,
            seed=seed,
            first_frame=opening_of,
            **_STILL,
        )
        yield innocent(
            "emulator",
            f"moving camera, seed {seed}",
            lambda d: emulated(d, camera_fixed=False, ground=hills),
            seed=seed,
        )


def _light() -> Iterator[CalibrationClip]:
    def lit(gain: Callable[[int], float], ground: Any = street) -> Callable[[int], Frames]:
        return lambda d: film(
            d, ground, actors=(walker(),), light=lambda p, n: p * np.float32(gain(n))
        )

    yield innocent(
        "lightning", "one flash of 2 frames", lit(lambda n: 2.2 if n in (30, 31) else 1.0, night)
    )
    yield innocent("lightning", "two flashes", lit(lambda n: 1.9 if n in (30, 31, 36, 37) else 1.0))
    yield innocent(
        "lightning",
        "a flash that fades",
        lit(lambda n: 1 + 1.2 * math.exp(-(n - 30) / 4) * (n >= 30), night),
    )
    yield innocent("camera flash", "one frame", lit(lambda n: 1.8 if n == 33 else 1.0, room))
    yield innocent("light", "goes on", lit(lambda n: 0.45 if n < 30 else 1.0, room))
    yield innocent("light", "goes off", lit(lambda n: 1.0 if n < 40 else 0.4, room))
    yield innocent("light", "sunrise, by 35 %", lit(lambda n: 0.8 + 0.35 * n / FRAMES, hills))
    yield innocent(
        "light",
        "candle",
        lit(lambda n: 1 + 0.03 * math.sin(n / 1.9) + 0.02 * math.sin(n / 0.83), night),
    )
    yield innocent(
        "light",
        "a screen plays in the room",
        lambda d: film(d, room, actors=(walker(),), light=_screen),
    )
    yield innocent(
        "light",
        "shadows of trees pass",
        lambda d: film(d, room, actors=(walker(),), light=_shadows),
    )
    yield innocent(
        "explosion",
        "a ball of fire grows and fades",
        lambda d: film(d, night, actors=(walker(),), light=_fire),
    )


def _screen(picture: Floats, n: int) -> Floats:
    picture[60:130, 300:420] += 25 * math.sin(n / 2.1) + 10 * math.sin(n / 0.9)
    return picture


def _shadows(picture: Floats, n: int) -> Floats:
    across = np.arange(picture.shape[1], dtype=np.float32)[None, :, None]
    return picture * (0.8 + 0.2 * np.sin(across / 40 + n / 3))


def _fire(picture: Floats, n: int) -> Floats:
    age = n - 25
    if age < 0:
        return picture
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    radius = 15 + 14 * min(age, 9)
    ball = np.exp(-(((x - 240) ** 2 + (y - 130) ** 2) / (2 * radius**2)))
    glow = 235 * math.exp(-max(0, age - 9) / 12)
    picture += ball[:, :, None] * np.array([glow, glow * 0.7, glow * 0.3], np.float32)
    return picture


def _passing() -> Iterator[CalibrationClip]:
    def past(
        width: int, height: int, speed: float, colour: Any = None, ground: Any = street
    ) -> Any:
        actor = Actor(width, height, lambda n: (480 - speed * (n - 20), 135 - height / 2), colour)
        return lambda d: film(d, ground, actors=(dancer(), actor))

    yield innocent("passing object", "close by, fills the frame", past(620, 360, 46))
    yield innocent("passing object", "a lorry", past(500, 240, 24))
    yield innocent("passing object", "dark, fills the frame", past(620, 360, 40, (30, 28, 26)))
    yield innocent("passing object", "a green bus", past(420, 200, 22, (40, 150, 45)), seed=18)
    yield innocent("passing object", "a red car", past(260, 110, 18, (190, 30, 25)), seed=19)
    yield innocent(
        "passing object", "white, close by", past(500, 300, 30, (225, 225, 220)), seed=20
    )
    yield innocent("white skirt", "swings", _skirt(110, 14))
    yield innocent("white skirt", "turns fast", _skirt(70, 7), seed=21)
    for period in (5.0, 8.0):
        yield innocent(
            "strobing action",
            f"arms swing, {period:g} frames",
            lambda d, p=period: film(
                d, street, pan(1.0), (dancer(55, p), dancer(40, p * 1.3), walker(4.0))
            ),
        )
    yield innocent(
        "strobing action",
        "a runner in a fast pan",
        lambda d: film(d, street, pan(3.0), (dancer(30, 6), dancer(14, 4))),
    )
    yield innocent(
        "loop", "a pendulum of 24 frames", lambda d: film(d, room, actors=(dancer(60, 24),))
    )
    yield innocent(
        "loop",
        "marching on the spot",
        lambda d: film(d, street, actors=(dancer(12, 12), dancer(20, 12))),
    )
    yield innocent("weather", "snow", lambda d: film(d, street, actors=(walker(),), light=_snow))
    yield innocent(
        "weather",
        "glittering water",
        lambda d: film(d, hills, actors=(walker(),), light=_water),
        **_STILL,
    )
    yield innocent(
        "curtain",
        "a dark curtain opens",
        lambda d: film(d, room, actors=(dancer(),), light=_curtain),
    )


def _skirt(swing: float, period: float) -> Callable[[int], Frames]:
    actor = Actor(
        210, 150, lambda n: (140 + swing * math.sin(2 * math.pi * n / period), 110), (232, 232, 228)
    )
    return lambda d: film(d, street, actors=(dancer(), actor))


def _snow(picture: Floats, n: int) -> Floats:
    dice = np.random.default_rng(9)
    x, y = dice.uniform(0, 480, 160), dice.uniform(0, 270, 160)
    fall = dice.uniform(1.5, 4.5, 160)
    rows, columns = (
        ((y + fall * n) % 268).astype(int),
        ((x + np.sin(n / 6 + x) * 4) % 478).astype(int),
    )
    for k in range(2):
        for j in range(2):
            picture[rows + k, columns + j] = 225
    return picture


_WAVES = texture(np.random.default_rng(2), 480, 110, 1.0)


def _water(picture: Floats, n: int) -> Floats:
    shine = np.roll(_WAVES, 2 * n, axis=1) + np.roll(_WAVES[::-1], -3 * n, axis=1)
    picture[160:] += 13 * shine[:, :, None]
    return picture


def _curtain(picture: Floats, n: int) -> Floats:
    away = max(0, 240 - 5 * n)
    folds = 34 + 12 * np.sin(np.arange(480) / 6)[None, :, None]
    for side in (np.s_[:, :away], np.s_[:, 480 - away :]):
        picture[side] = np.broadcast_to(folds, picture.shape)[side]
    return picture


def _cameras() -> Iterator[CalibrationClip]:
    ways: dict[str, tuple[Any, Way]] = {
        "slow pan, allowed": (street, pan(0.3)),
        "fast pan, allowed": (hills, pan(3.0)),
        "whip pan": (street, lambda n: (min(max(0, n - 25), 12) * 18.0, 0.0, 1.0)),
        "push by 40 %": (room, push(1.4)),
        "in a hand": (street, shake(5)),
        "push by 160 %": (hills, push(2.6)),
    }
    for grade, (ground, way) in ways.items():
        yield innocent("camera", grade, lambda d, g=ground, w=way: film(d, g, w, (dancer(),)))
    yield innocent(
        "camera", "push to a smooth face", lambda d: film(d, _portrait, push(2.6), grain=0.6)
    )
    yield innocent(
        "camera", "push to a plain wall", lambda d: film(d, _plain_wall, push(2.2), (walker(),))
    )
    yield innocent("focus", "pulled from near to far", _focus_pull)


def _portrait(seed: int) -> Floats:
    return _with_disc(street(seed), (205, 165, 140), 62, 80)


def _plain_wall(seed: int) -> Floats:
    return _with_disc(room(seed), (176, 150, 96), 110, 90)


def _with_disc(
    picture: Floats, colour: tuple[float, float, float], wide: float, high: float
) -> Floats:
    y, x = np.mgrid[: CANVAS[1], : CANVAS[0]].astype(np.float32)
    away = ((x - CANVAS[0] / 2) / wide) ** 2 + ((y - CANVAS[1] / 2) / high) ** 2
    share = np.clip((1.0 - away) * 5, 0, 1)[:, :, None]
    shade = np.array(colour, np.float32) * (1.05 - 0.1 * away.clip(0, 1))[:, :, None]
    picture += (shade - picture) * share
    return picture


def _focus_pull(seed: int) -> Frames:
    frames = film(seed, street, actors=(dancer(),))
    found = []
    for n, frame in enumerate(frames):
        way = min(1.0, max(0.0, (n - 20) / 30))
        far, near = f.blurred(frame, 4 * (1 - way)), f.blurred(frame, 4 * way)
        mixed = far.copy()
        mixed[80:, 180:320] = near[80:, 180:320]
        found.append(mixed)
    return found


def _still() -> Iterator[CalibrationClip]:
    breath = Actor(140, 200, lambda n: (170, 70 + 1.4 * math.sin(n / 9)))
    yield innocent(
        "still scene",
        "asked for; somebody breathes",
        lambda d: film(d, room, actors=(breath,), grain=2.5),
        still=True,
        **_STILL,
    )
    yield innocent(
        "still scene",
        "asked for; steam over a cup",
        lambda d: film(d, room, light=_steam, grain=2.5),
        still=True,
        **_STILL,
    )
    yield innocent(
        "still scene",
        "a pose held for half a second",
        lambda d: film(
            d,
            street,
            actors=(
                Actor(80, 160, lambda n: (100 + 2.0 * (n if n < 25 else max(25, n - 12)), 80)),
            ),
            grain=2.0,
        ),
    )
    yield innocent(
        "slow movement",
        "0.4 px a frame",
        lambda d: film(d, street, actors=(walker(0.4),)),
        **_STILL,
    )
    yield innocent(
        "slow movement", "drifting clouds", lambda d: film(d, hills, light=_clouds), **_STILL
    )
    yield innocent(
        "crowd",
        "six people, fixed camera",
        lambda d: film(
            d, street, actors=tuple(walker((-1) ** k * (1 + 0.4 * k), 60.0 * k) for k in range(6))
        ),
        **_STILL,
    )
    yield innocent(
        "crowd",
        "somebody leaves at the border",
        lambda d: film(d, room, actors=(walker(3.4, 260),), grain=2.5),
        **_STILL,
    )
    yield innocent(
        "dark edges", "vignette", lambda d: film(d, street, actors=(walker(),), light=_vignette)
    )
    yield innocent(
        "dark edges", "through a window", lambda d: film(d, hills, pan(0.4), light=_window)
    )


def _steam(picture: Floats, n: int) -> Floats:
    part = np.roll(_WAVES[:100, :60], -2 * n, axis=0)
    picture[40:140, 210:270] += 9 * part[:, :, None] + 8
    return picture


def _clouds(picture: Floats, n: int) -> Floats:
    picture[:90] += 14 * np.roll(_WAVES[:90], n, axis=1)[:, :, None]
    return picture


def _vignette(picture: Floats, _n: int) -> Floats:
    y, x = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    shade: Floats = picture * np.clip(1.15 - 0.55 * (x**2 + y**2), 0, 1)[:, :, None]
    return shade


def _window(picture: Floats, _n: int) -> Floats:
    frame = 26 + 10 * _WAVES[:, :480]
    picture[:30], picture[-24:] = frame[:30, :, None], frame[:24, :, None]
    picture[:, 226:252] = np.resize(frame, (270, 26))[:, :, None]
    return picture


def _intended() -> Iterator[CalibrationClip]:
    def cutting(*at: int) -> Callable[[int], Frames]:
        def draw(d: int) -> Frames:
            scenes = [
                film(d + k, g, actors=(walker(),))
                for k, g in enumerate((street, room, hills, night))
            ]
            return [scenes[sum(n >= a for a in at)][n] for n in range(FRAMES)]

        return draw

    yield innocent("intended cuts", "one", cutting(36), asked={"cuts": 1})
    yield innocent("intended cuts", "two", cutting(24, 48), asked={"cuts": 2})
    yield innocent(
        "intended cuts", "three, to a dark scene", cutting(18, 36, 54), asked={"cuts": 3}
    )
    yield innocent("intended cuts", "fast action in each", _fast_shots, asked={"cuts": 1})


def _fast_shots(seed: int) -> Frames:
    one = film(seed, street, pan(2.0), (dancer(55, 6),))
    return f.joined(one, film(seed + 1, room, pan(-2.0), (dancer(45, 5),)), 36)


def _colours() -> Iterator[CalibrationClip]:
    yield innocent(
        "first frame",
        "3 levels brighter",
        lambda d: f.each(film(d, hills, actors=(walker(2.2, -70),)), lambda p, _n: p + 3),
        first_frame=lambda d: opening_of(d, hills),
    )
    yield innocent(
        "first frame",
        "2 % closer",
        lambda d: film(d, street, push(1.2), grain=1.5),
        first_frame=opening_of,
    )
    yield innocent(
        "first frame",
        "slightly warmer",
        lambda d: f.each(
            film(d, room, actors=(walker(2.2, -70),)),
            lambda p, _n: p * np.array([1.03, 1.0, 0.97], np.float32),
        ),
        first_frame=lambda d: opening_of(d, room),
    )


def _files() -> Iterator[CalibrationClip]:
    for ticks in (30, 60, 1000):
        yield innocent(
            "time stamps",
            f"rounded to 1/{ticks} s",
            lambda d, t=ticks: Footage(walk(d), change=in_clock(t)),
        )
    yield innocent(
        "index", "last in the file", lambda d: Footage(walk(d), stored={"faststart": False})
    )
    yield innocent("length", "one frame less", lambda d: walk(d, frames=72))
    ntsc = Fraction(24000, 1001)
    yield innocent(
        "rate",
        "23.976, as asked",
        lambda d: Footage(walk(d), stored={"rate": ntsc}),
        asked={"frames_per_second": 23.976},
    )
    for rate in (8, 12, 15):
        yield innocent(
            "low frame rate",
            f"{rate} fps, nothing asked",
            lambda d, r=rate: Footage(
                film(d, street, pan(2.0), (walker(6.0), dancer(40, 9)), frames=30),
                stored={"rate": Fraction(r)},
            ),
            asked={"frames_per_second": None, "frames": None, "ordered": False},
        )
    yield innocent(
        "low frame rate",
        "breaking waves at 10 fps",
        lambda d: Footage(
            film(d, hills, light=_breakers, frames=30), stored={"rate": Fraction(10)}
        ),
        asked={"frames_per_second": None, "frames": None, "ordered": False},
    )


def _breakers(picture: Floats, n: int) -> Floats:
    foam = np.roll(_WAVES, (9 * n, 25 * n), axis=(0, 1)) + np.roll(_WAVES, -31 * n, axis=1)
    picture[160:] += 38 * foam[:, :, None]
    return picture
