"""Clips whose sound has a fault of a stated size, and clips whose sound only seems to."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.calibration import sounds as s
from benchmarks.calibration.faults import FAIL, fault, walk
from benchmarks.calibration.innocents import innocent
from benchmarks.calibration.spec import CalibrationClip, Footage
from benchmarks.calibration.takes import FRAMES

_SECONDS = FRAMES / 24


def _with(play: Any, **stored: Any) -> Any:
    return lambda seed: Footage(walk(seed), sound=play, stored=stored)


def sound_faults() -> Iterator[CalibrationClip]:
    """Faults of the sound."""
    with_sound = {"asked": {"audio": True}}
    yield fault("no sound", "no track", walk, "audio", verdicts=FAIL, **with_sound)
    yield fault(
        "silence",
        "all through",
        _with(lambda t: 0 * t),
        "audio",
        "silence",
        verdicts=FAIL,
        **with_sound,
    )
    for share in (0.12, 0.33):
        play = s.changed(s.ambience(2), s.silent_but(share))
        yield fault("silence", f"{1 - share:.0%}", _with(play), "silence", **with_sound)
    for late in (0.2, 0.3):
        yield fault(
            "sound late",
            f"{late:g} s",
            _with(s.speech(4), sound_start_s=late),
            "sync",
            **with_sound,
        )
    for early in (0.4, 0.8):
        yield fault(
            "sound ends early",
            f"{early:g} s",
            _with(s.music(4), sound_s=_SECONDS - early),
            "sync",
            **with_sound,
        )
    for count in (1, 2, 5):
        play = s.changed(s.music(5), s.holes(*np.linspace(0.5, 2.4, count)))
        yield fault("dropouts", f"{count} of 60 ms", _with(play), "dropouts", **with_sound)
    yield fault(
        "clipping",
        "music × 12",
        _with(s.changed(s.music(6), s.driven(12))),
        "clipping",
        **with_sound,
    )
    yield fault(
        "clipping",
        "speech × 8",
        _with(s.changed(s.speech(6), s.driven(8))),
        "clipping",
        **with_sound,
    )
    for share in (0.03, 0.08):
        play = s.changed(s.ambience(7), s.lifted(share))
        yield fault("DC offset", f"{share:.0%}", _with(play), "dc_offset", **with_sound)
    one_side = s.changed(s.music(8), lambda x, _t: x * np.array([[1.0], [0.02]]))
    yield fault("stereo", "right side 34 dB softer", _with(one_side), "stereo", **with_sound)
    inverse = s.changed(s.speech(9), lambda x, _t: x * np.array([[1.0], [-1.0]]))
    yield fault("stereo", "out of phase", _with(inverse), "stereo", **with_sound)
    yield fault(
        "loudness", "25 LU too soft", _with(s.ambience(10, 0.003)), "loudness", **with_sound
    )
    yield fault(
        "true peak",
        "0 dBTP",
        _with(s.changed(s.music(3), s.driven(4))),
        "true_peak",
        "clipping",
        **with_sound,
    )
    yield fault(
        "sound unasked",
        "speech",
        _with(s.speech(12)),
        "audio",
        verdicts=FAIL,
        asked={"audio": False},
    )


def sound_innocents() -> Iterator[CalibrationClip]:
    """Sound without a fault that resembles one."""

    with_sound = {"asked": {"audio": True}}
    for seed in (4, 5, 6):
        yield innocent("plosives", f"speech {seed}", _with(s.speech(seed)), **with_sound)
    yield innocent("plosives", "loud speech", _with(s.speech(7, 0.3)), **with_sound)
    for name, play in {"ambience": s.ambience(1), "music": s.music(2), "drums": s.drums(3)}.items():
        yield innocent("sound", name, _with(play), **with_sound)
    yield innocent(
        "sound",
        "the last 40 % are silent",
        _with(s.changed(s.music(4), s.silent_but(0.6))),
        **with_sound,
    )
    yield innocent(
        "sound",
        "60 ms shorter than the picture",
        _with(s.ambience(5), sound_s=FRAMES / 24 - 0.06),
        **with_sound,
    )
    yield innocent(
        "sound", "begins 40 ms late", _with(s.speech(8), sound_start_s=0.04), **with_sound
    )
    yield innocent(
        "sound",
        "mono",
        _with(s.speech(9), sound="mono"),
        **with_sound,
    )
    yield innocent("sound", "soft, 8 LU below", _with(s.ambience(11, 0.03)), **with_sound)
    yield innocent("sound", "not asked for or against; silent track", _with(lambda t: 0 * t))
    yield innocent(
        "sound",
        "asked to be silent; silent track",
        _with(lambda t: 0 * t),
        asked={"audio": False},
    )
