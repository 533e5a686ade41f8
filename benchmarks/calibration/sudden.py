"""Innocent clips in which something sudden or slow is meant to happen: no glitch, no drift."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.calibration import filters as f
from benchmarks.calibration import sounds as s
from benchmarks.calibration.faults import walk
from benchmarks.calibration.innocents import innocent
from benchmarks.calibration.pictures import (
    Floats,
    Frames,
    figure,
    fog,
    hills,
    night,
    put,
    room,
    street,
    texture,
)
from benchmarks.calibration.spec import CalibrationClip, Footage
from benchmarks.calibration.takes import FRAMES, Actor, dancer, film, opening_of, pan, walker

_SMOKE = texture(np.random.default_rng(3), 480, 270, 1.6)


def sudden_innocents() -> Iterator[CalibrationClip]:
    """All of them."""
    yield from _fast()
    yield from _slow()
    yield from _framed()
    yield from _sounds()


def _fast() -> Iterator[CalibrationClip]:
    def with_actor(actor: Actor, ground: Any = street) -> Any:
        return lambda d: film(d, ground, actors=(dancer(), actor))

    thrown = Actor(24, 24, lambda n: (-40.0 + 55 * (n - 30), 60 + 0.8 * (n - 34) ** 2))
    yield innocent("fast object", "a ball crosses in ten frames", with_actor(thrown))
    bird = Actor(200, 130, lambda n: (-260.0 + 190 * (n - 30), 40), (40, 38, 36))
    yield innocent("fast object", "a bird close to the lens", with_actor(bird, hills))
    leap = Actor(
        80, 150, lambda n: (120.0 + 22 * min(max(n - 30, 0), 6), 90 - 12 * (n in (32, 33, 34)))
    )
    yield innocent("fast object", "somebody leaps", with_actor(leap))
    yield innocent(
        "flash",
        "from a muzzle, one frame",
        lambda d: film(d, night, actors=(walker(),), light=_muzzle),
    )
    yield innocent(
        "flash",
        "a lamp flickers in a corner",
        lambda d: film(d, room, actors=(walker(),), light=_lamp),
    )
    yield innocent(
        "camera",
        "bumped",
        lambda d: film(
            d,
            street,
            lambda n: (9.0 * (n == 33) - 5.0 * (n == 34) + 2.0 * (n == 35), 0, 1),
            (dancer(),),
        ),
    )
    yield innocent(
        "camera",
        "crash zoom",
        lambda d: film(
            d, street, lambda n: (0, 0, 1 + 0.5 * min(max(n - 30, 0), 12) / 12), (dancer(),)
        ),
    )
    robot = Actor(80, 160, lambda n: (90.0 + 24 * (n // 6), 80))
    yield innocent(
        "cadence", "a robot's dance in a pan", lambda d: film(d, street, pan(0.8), (robot,))
    )


def _muzzle(picture: Floats, n: int) -> Floats:
    if n in (30, 44):
        y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
        glow = np.exp(-(((x - 200) ** 2 + (y - 140) ** 2) / (2 * 22**2)))
        picture += glow[:, :, None] * np.array([220, 200, 120], np.float32)
    return picture


def _lamp(picture: Floats, n: int) -> Floats:
    picture[20:80, 390:460] += 60.0 * (n % 11 in (0, 1, 4))
    return picture


def _slow() -> Iterator[CalibrationClip]:
    yield innocent(
        "slow change",
        "sunset, 12 % warmer and darker",
        lambda d: f.each(film(d, hills, actors=(walker(),)), _sunset),
    )
    yield innocent(
        "slow change",
        "fog rolls in",
        lambda d: f.joined(film(d, hills, actors=(walker(),)), _foggy(d), 10, 60),
    )
    yield innocent(
        "slow change", "smoke passes", lambda d: film(d, street, actors=(walker(),), light=_smoke)
    )
    yield innocent("slow change", "somebody fades in", _ghost)
    yield innocent(
        "slow change",
        "from shade into the light",
        lambda d: film(d, street, pan(2.2), (dancer(),), light=_shade),
    )
    yield innocent(
        "slow change",
        "stage lights go from blue to amber",
        lambda d: film(d, room, actors=(dancer(),), light=_stage),
    )


def _sunset(picture: Floats, n: int) -> Floats:
    way = n / FRAMES
    picture *= np.array([1 - 0.04 * way, 1 - 0.10 * way, 1 - 0.16 * way], np.float32)
    return picture


def _foggy(seed: int) -> Frames:
    bright = film(seed, hills, actors=(walker(),))
    return f.each(bright, lambda p, _n: 0.55 * p + 0.45 * 170)


def _smoke(picture: Floats, n: int) -> Floats:
    thick = np.clip(np.roll(_SMOKE, 4 * n, axis=1) * 0.3, 0, 0.55)[:, :, None]
    picture += (150 - picture) * thick
    return picture


def _ghost(seed: int) -> Frames:
    body, share = figure(seed + 3, 90, 170)

    def appear(picture: Floats, n: int) -> Floats:
        put(picture, (body, share * np.float32(min(max((n - 24) / 16, 0), 1))), 300, 70)
        return picture

    return film(seed, street, actors=(walker(),), light=appear)


def _shade(picture: Floats, n: int) -> Floats:
    across = np.arange(picture.shape[1], dtype=np.float32)[None, :, None] + 2.2 * n
    picture *= 0.55 + 0.45 / (1 + np.exp(-(across - 330) / 60))
    return picture


def _stage(picture: Floats, n: int) -> Floats:
    way = np.float32(0.5 - 0.5 * math.cos(math.pi * n / FRAMES))
    blue, amber = np.array([0.85, 0.9, 1.05], np.float32), np.array([1.05, 0.95, 0.8], np.float32)
    spot = np.zeros((picture.shape[0], 1, 1), np.float32)
    spot[: picture.shape[0] // 3] = 1
    picture *= 1 + spot * (blue + (amber - blue) * way - 1)
    return picture


def _framed() -> Iterator[CalibrationClip]:
    yield innocent(
        "dark edges",
        "a screen in a dark hall",
        lambda d: film(d, street, pan(0.5), (dancer(),), light=_hall),
    )
    yield innocent(
        "dark edges",
        "an alley between dark walls",
        lambda d: film(d, hills, actors=(walker(1.6, 170),), light=_alley),
    )
    yield innocent(
        "first frame",
        "with grain",
        lambda d: film(d, street, actors=(walker(2.2, -70),), grain=4.0),
        first_frame=opening_of,
    )
    yield innocent(
        "first frame",
        "a night scene",
        lambda d: film(d, night, actors=(walker(2.2, -70),)),
        first_frame=lambda d: opening_of(d, night),
    )
    yield innocent("focus", "everything in fog", lambda d: film(d, fog, pan(0.4), (dancer(),)))


def _hall(picture: Floats, n: int) -> Floats:
    hall = 24 + 7 * np.roll(_SMOKE, n // 3, axis=0)[:, :, None] + np.zeros(3, np.float32)
    hall[40:230, 70:410] = picture[40:230, 70:410]
    return hall


def _alley(picture: Floats, _n: int) -> Floats:
    wall = 27 + 9 * _SMOKE[:, :, None]
    picture[:, :100], picture[:, 390:] = wall[:, :100], wall[:, 390:]
    return picture


def _sounds() -> Iterator[CalibrationClip]:
    def sounding(play: s.Play, **stored: Any) -> Any:
        return lambda d: Footage(walk(d), sound=play, stored=stored)

    def faded(sound: s.Sound, times: s.Sound) -> s.Sound:
        sound *= np.clip(times[-1] - times, 0, 1)
        return sound

    def after_a_pause(sound: s.Sound, times: s.Sound) -> s.Sound:
        sound *= np.clip(np.abs(times - 1.5) / 0.02 - 14, 0.01, 1)
        return sound

    more = {"asked": {"audio": True}}
    yield innocent("sound", "music fades out", sounding(s.changed(s.music(12), faded)), **more)
    yield innocent(
        "sound",
        "a pause between sentences",
        sounding(s.changed(s.speech(13), after_a_pause)),
        **more,
    )
    yield innocent(
        "sound",
        "drums over ambience",
        sounding(lambda t: s.drums(14, 0.4)(t) + s.ambience(15, 0.02)(t)),
        **more,
    )
    yield innocent(
        "plosives",
        "speech over music",
        sounding(lambda t: s.speech(16)(t) + 0.3 * s.music(17)(t)),
        **more,
    )
    yield innocent(
        "sound",
        "20 ms late, 48 ms longer",
        sounding(s.ambience(18), sound_start_s=0.02, sound_s=FRAMES / 24 + 0.048),
        **more,
    )
