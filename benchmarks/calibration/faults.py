"""Clips with one fault each, of a stated size: what is seen."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks.calibration import filters as f
from benchmarks.calibration.pictures import Floats, Frames, hills, night, room, street
from benchmarks.calibration.spec import BASIC, CalibrationClip, Draw, Footage, seed_of
from benchmarks.calibration.takes import (
    FRAMES,
    Actor,
    dancer,
    emulated,
    film,
    opening_of,
    pan,
    push,
    shake,
    walker,
    wide,
)
from benchmarks.calibration.wrapping import cut_off, zeroed
from seedance_assets.core.quality import Expectation, Verdict
from seedance_assets.emulator.jobs.scenario import Defect

FAIL = frozenset({Verdict.FAIL})
_GREEN, _BLUE, _GREY = (20.0, 190.0, 20.0), (30.0, 50.0, 200.0), (110.0, 110.0, 110.0)


def fault(kind: str, grade: str, draw: Draw, *found_by: str, **more: Any) -> CalibrationClip:
    """A clip with a fault that one of these rules must find."""
    order = dict(BASIC) | {"frames": FRAMES} | more.pop("asked", {})

    def drawn(seed: int) -> Footage:
        footage = draw(seed)
        return footage if isinstance(footage, Footage) else Footage(footage)

    return CalibrationClip(
        name=f"{kind}: {grade}",
        kind=kind,
        grade=grade,
        draw=drawn,
        seed=more.pop("seed", seed_of(kind, grade)),
        asked=Expectation(**order),
        found_by=frozenset(found_by),
        **more,
    )


def walk(seed: int, **more: Any) -> Frames:
    """The take that most faults are put into."""
    return film(seed, actors=(walker(), dancer()), **more)


def seen_faults() -> Iterator[CalibrationClip]:
    """Faults of the picture and of its movement."""
    yield from _cuts()
    yield from _freezes()
    yield from _flickers()
    yield from _colours()
    yield from _broken_frames()
    yield from _repeats()
    yield from _bars_and_focus()
    yield from _cameras()


def _cuts() -> Iterator[CalibrationClip]:
    def to(ground: Any, start: Any = street, over: int = 0) -> Callable[[int], Frames]:
        return lambda s: f.joined(
            film(s, start, actors=(walker(),)), film(s + 1, ground, actors=(dancer(),)), 34, over
        )

    yield fault("cut", "street to hills", to(hills), "cut", verdicts=FAIL)
    yield fault("cut", "street to a room", to(room), "cut", verdicts=FAIL)
    yield fault("cut", "street to a like street", to(street), "cut", verdicts=FAIL)
    yield fault("cut", "between dark scenes", to(night, night), "cut")
    yield fault("cut", "in a moving camera's take", _cut_in_pan, "cut", verdicts=FAIL)
    yield fault("cut", "emulator", lambda s: emulated(s, Defect(what="cut")), "cut", verdicts=FAIL)
    for over in (4, 8, 12):
        yield fault("dissolve", f"{over} frames", to(room, over=over), "cut")
    yield fault(
        "jump",
        "closer by 15 %",
        lambda s: f.joined(walk(s), walk(s, camera=lambda _n: (0.0, 0.0, 1.15)), 34),
        "cut",
    )
    for pixels in (50, 100):
        yield fault("jump", f"figures by {pixels} px", _jumping(pixels), "cut")
    for period in (24, 36):
        yield fault("loop", f"every {period} frames", _looping(period), "cut")


def _cut_in_pan(seed: int) -> Frames:
    return f.joined(film(seed, camera=pan(1.5)), film(seed + 1, room, pan(1.5)), 40)


def _jumping(pixels: float) -> Callable[[int], Frames]:
    def actor(start: float) -> Actor:
        return Actor(90, 170, lambda n: (start + 1.2 * n + pixels * (n >= 34), 80))

    return lambda s: film(s, room, actors=(actor(50), actor(230)))


def _looping(period: int) -> Callable[[int], Frames]:
    def draw(seed: int) -> Frames:
        once = film(seed, camera=pan(2.0), actors=(walker(3.0),))
        return [once[n % period] for n in range(FRAMES)]

    return draw


def _freezes() -> Iterator[CalibrationClip]:
    for frames, verdicts in ((10, None), (15, FAIL), (30, FAIL)):
        yield fault(
            "freeze",
            f"{frames / 24:.2f} s",
            lambda s, n=frames: f.held(walk(s), 20, n),
            "freeze",
            **({"verdicts": verdicts} if verdicts else {}),
        )
    yield fault("freeze", "0.75 s at the end", lambda s: f.held(walk(s), 54, 30), "freeze")
    yield fault(
        "freeze", "0.8 s amid a pan", lambda s: f.held(film(s, hills, pan(1.2)), 30, 19), "freeze"
    )
    yield fault("freeze", "emulator, 1 s", lambda s: emulated(s, Defect(what="freeze")), "freeze")
    yield fault("freeze", "all of it", lambda s: f.held(walk(s), 0, FRAMES), "freeze")


def _flickers() -> Iterator[CalibrationClip]:
    def by(levels: Callable[[int], float]) -> Callable[[int], Frames]:
        return lambda s: f.each(walk(s), lambda p, n: p + levels(n))

    for levels in (4, 7, 12):
        yield fault("flicker", f"± {levels} levels", by(_alternating(levels)), "flicker")
    dice = np.random.default_rng(3).normal(0, 8, FRAMES)
    yield fault("flicker", "at random, 8 levels", by(lambda n: dice[n]), "flicker")
    yield fault(
        "flicker",
        "± 10 levels for a second",
        by(lambda n: 10 * (-1) ** n * (30 <= n < 54)),
        "flicker",
    )
    yield fault(
        "flicker", "emulator", lambda s: emulated(s, Defect(what="flicker", for_s=2)), "flicker"
    )
    yield fault(
        "flicker", "lower half, ± 14 levels", lambda s: f.each(walk(s), _lower_half), "flicker"
    )
    yield fault(
        "flashes",
        "6 in a second",
        lambda s: emulated(s, Defect(what="flash")),
        "flashes",
        verdicts=FAIL,
    )
    yield fault(
        "flashes",
        "5 in a second, all through",
        lambda s: f.each(walk(s), lambda p, n: p + (n // 2 % 2) * 90),
        "flashes",
        verdicts=FAIL,
    )


def _alternating(levels: float) -> Callable[[int], float]:
    return lambda n: levels * (-1) ** n


def _lower_half(picture: Floats, n: int) -> Floats:
    picture[len(picture) // 2 :] += 14 * (-1) ** n
    return picture


def _colours() -> Iterator[CalibrationClip]:
    def drift(goal: tuple[float, float, float], share: float) -> Callable[[int], Frames]:
        return lambda s: f.each(walk(s), lambda p, n: f.tinted(goal, share * n / FRAMES)(p, n))

    yield fault("drift", "20 % to green", drift(_GREEN, 0.2), "drift")
    yield fault("drift", "45 % to green", drift(_GREEN, 0.45), "drift")
    yield fault("drift", "30 % to blue", drift(_BLUE, 0.3), "drift")
    yield fault(
        "drift", "colour fades to grey", lambda s: f.each(walk(s), _fading), "drift", seed=23
    )
    yield fault(
        "colour shift",
        "25 % to green at once",
        lambda s: f.some(walk(s), 36, FRAMES, f.tinted(_GREEN, 0.25)),
        "drift",
    )
    yield fault(
        "colour shift",
        "red and blue swapped at once",
        lambda s: f.some(walk(s, ground=hills), 36, FRAMES, lambda p, _n: p[:, :, ::-1]),
        "drift",
    )
    openings: dict[str, Callable[[Floats], Floats]] = {
        "red and blue swapped": lambda p: p[:, :, ::-1],
        "without colour": lambda p: np.repeat(p.mean(axis=2, keepdims=True), 3, axis=2),
        "45 levels brighter": lambda p: p + 45,
        "mirrored": lambda p: p[:, ::-1],
        "30 % to green": lambda p: f.tinted(_GREEN, 0.3)(p, 0),
    }
    for grade, change in openings.items():
        yield fault(
            "first frame",
            grade,
            lambda s, c=change: f.each(film(s, hills, actors=(_late(),)), lambda p, _n: c(p)),
            "first_frame",
            first_frame=lambda s: opening_of(s, hills),
        )
    yield fault(
        "first frame",
        "another picture",
        lambda s: film(s + 1, hills),
        "first_frame",
        verdicts=FAIL,
        first_frame=lambda s: opening_of(s, room),
    )
    yield fault("range", "5 % out of gamut", _out_of_gamut, "range")


def _late() -> Actor:
    """Somebody who comes into the picture after it has opened."""
    return Actor(70, 150, lambda n: (-75 + 2.2 * n, 90))


def _fading(picture: Floats, n: int) -> Floats:
    grey = picture.mean(axis=2, keepdims=True)
    picture += (grey - picture) * np.float32(0.9 * n / FRAMES)
    return picture


def _out_of_gamut(seed: int) -> Frames:
    frames = emulated(seed)
    for frame in frames:
        frame[20:90, 60:160] = 252
    return frames


def _broken_frames() -> Iterator[CalibrationClip]:
    for count in (1, 2, 4, 12):
        yield fault(
            "black",
            _frames(count),
            lambda s, n=count: f.some(walk(s), 30, n, lambda p, _n: p * 0),
            "black",
            "glitch",
        )
    yield fault(
        "black",
        "emulator, 1 s",
        lambda s: emulated(s, Defect(what="black")),
        "black",
        verdicts=FAIL,
    )
    yield fault(
        "white",
        "1 frame",
        lambda s: f.some(walk(s, ground=hills), 30, 1, lambda p, _n: p * 0 + 235),
        "glitch",
    )
    for count in (1, 5):
        yield fault(
            "torn",
            f"half green, {_frames(count)}",
            lambda s, n=count: f.some(walk(s), 30, n, _half_green),
            "glitch",
        )
    for count in (1, 3):
        yield fault(
            "torn",
            f"band slips by 40 px, {_frames(count)}",
            lambda s, n=count: f.some(walk(s), 30, n, lambda p, _n: f.torn(p, 40)),
            "glitch",
        )
    yield fault(
        "torn",
        "25 % wrong blocks, 1 frame",
        lambda s: f.some(walk(s), 30, 1, lambda p, n: f.garbled(p, 0.25, n)),
        "glitch",
    )
    yield fault(
        "torn",
        "10 % wrong blocks, 4 frames",
        lambda s: f.some(walk(s), 30, 4, lambda p, n: f.garbled(p, 0.10, n)),
        "glitch",
    )


def _frames(count: int) -> str:
    return f"{count} frame" if count == 1 else f"{count} frames"


def _half_green(picture: Floats, _n: int) -> Floats:
    picture[:, picture.shape[1] // 2 :] = (0, 135, 0)
    return picture


def _repeats() -> Iterator[CalibrationClip]:
    for shown in (6, 8, 12, 18, 20):
        yield fault(
            "duplicates",
            f"{shown} at 24 fps",
            lambda s, n=shown: f.repeated(walk(s), n),
            "duplicates",
        )
    for times in (2, 3):
        yield fault(
            "duplicates",
            f"each picture {times} times, pan",
            lambda s, n=times: f.stepped(film(s, camera=pan(2.4)), n),
            "duplicates",
        )
    yield fault(
        "warped speed",
        "half speed from the middle on, by repeats",
        lambda s: _slowing(walk(s)),
        "duplicates",
        "frame_rate",
    )
    yield fault(
        "warped speed",
        "by time stamps",
        lambda s: Footage(
            walk(s, frames=61), stored={"at": lambda n: n if n < 36 else 36 + (n - 36) * 3 // 2}
        ),
        "frame_rate",
    )
    for rate in (25, 30):
        yield fault(
            "rate",
            f"{rate} fps",
            lambda s, r=rate: Footage(walk(s), stored={"rate": Fraction(r)}),
            "frame_rate",
            verdicts=FAIL,
        )
    for frames in (66, 85):
        yield fault(
            "length",
            f"{frames - FRAMES:+d} frames",
            lambda s, n=frames: walk(s, frames=n),
            "length",
            verdicts=FAIL,
        )
    for width, height in ((360, 202), (482, 270), (270, 480)):
        yield fault(
            "size",
            f"{width}×{height}",
            lambda s, w=width, h=height: walk(s, size=(w, h)),
            "size",
            verdicts=FAIL,
        )
    yield fault(
        "damage", "file cut off at 70 %", lambda s: Footage(walk(s), change=cut_off(0.7)), "intact"
    )
    yield fault(
        "damage", "2 kB of zeros", lambda s: Footage(walk(s), change=zeroed(0.55, 2048)), "intact"
    )
    yield fault(
        "damage",
        "a gap of 3 frames",
        lambda s: Footage(walk(s), stored={"late_frames": 3}),
        "intact",
        "frame_rate",
    )


def _slowing(frames: Frames) -> Frames:
    return [frames[n if n < 36 else 36 + (n - 36) // 2] for n in range(len(frames))]


def _bars_and_focus() -> Iterator[CalibrationClip]:
    def barred(rows: Any, columns: Any) -> Callable[[int], Frames]:
        def bar(picture: Floats, _n: int) -> Floats:
            picture[rows, columns] = 0
            return picture

        return lambda s: f.each(walk(s, ground=hills), bar)

    every = slice(None)
    yield fault(
        "bars",
        "emulator, 2 × 12 %",
        lambda s: emulated(s, Defect(what="letterbox")),
        "bars",
        verdicts=FAIL,
    )
    yield fault(
        "bars", "5 % on each side", barred(every, np.r_[0:24, 456:480]), "bars", verdicts=FAIL
    )
    yield fault("bars", "right half", barred(every, slice(240, None)), "bars", verdicts=FAIL)
    yield fault("bars", "8 % above", barred(slice(0, 22), every), "bars", verdicts=FAIL)
    for radius in (3.0, 5.0):
        yield fault(
            "softening",
            f"by {radius:g} px",
            lambda s, r=radius: [
                f.blurred(frame, r * n / FRAMES) for n, frame in enumerate(walk(s))
            ],
            "sharpness",
        )
    yield fault(
        "softening",
        "out of focus, 6 px",
        lambda s: [f.blurred(frame, 6) for frame in walk(s, grain=0)],
        "sharpness",
    )


def _cameras() -> Iterator[CalibrationClip]:
    moves = {
        "pan over 4 % of the width": (street, pan(0.27)),
        "pan over 10 % of the width": (hills, pan(0.67)),
        "pan over 2 widths": (wide(street), pan(14.0)),
        "tilt over 15 % of the height": (street, pan(0.0, 0.55)),
        "push by 8 %": (room, push(1.08)),
        "push by 160 %": (street, push(2.6)),
        "shake by 8 px": (street, shake(8)),
        "shake by 20 px": (room, shake(20)),
    }
    for grade, (ground, way) in moves.items():
        yield fault(
            "camera",
            grade,
            lambda s, g=ground, w=way: film(s, g, w, (dancer(),)),
            "camera",
            asked={"camera_fixed": True},
        )
    yield fault(
        "camera",
        "emulator",
        lambda s: emulated(s, Defect(what="moving_camera")),
        "camera",
        asked={"camera_fixed": True},
    )
