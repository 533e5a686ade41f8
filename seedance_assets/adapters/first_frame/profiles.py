"""Build colour profiles for pictures that define their colours by a few numbers.

A PNG may define its colours in cICP (the codes of Rec. ITU-T H.273), or by primaries and gamma. An
equivalent profile lets one library convert them all. Priority of the chunks: PNG, third edition,
section 12.1.
"""

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seedance_assets.core.errors import FrameRefused

_D65 = (0.3127, 0.3290)
_C = (0.310, 0.316)
_REC_709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65)
_SMPTE_170M = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
_PRIMARIES = {
    1: _REC_709,
    2: _REC_709,  # not specified
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _SMPTE_170M,
    7: _SMPTE_170M,
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}
"""Red, green, blue and white by code."""

_SRGB = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_CURVES = {
    **dict.fromkeys(
        (1, 2, 6, 7, 11, 12, 13, 14, 15), _SRGB
    ),  # video curves: displayed on sRGB screens
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
    17: (2.6,),
}
_HDR = {16: "PQ", 18: "HLG"}
_USUAL_GAMMA = (0.45, 0.56)
"""The gammas of sRGB, BT.709 and old Macs, which all mean a picture made on a screen."""

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

Primaries = tuple[tuple[float, float], ...]
Curve = tuple[float, ...]


def profile_of_png(colours: Mapping[bytes, bytes], *, grey: bool, name: str) -> bytes | None:
    """The profile that a PNG's colour chunks define; None for sRGB or no definition.

    Raises `FrameRefused` (with `name` in the text) for HDR, which sRGB cannot represent.
    """
    if coded := _of_cicp(colours.get(b"cICP", b""), name):
        return _profile(*coded, grey=grey)
    if b"iCCP" in colours:
        return colours[b"iCCP"]
    if b"sRGB" in colours:
        return None
    primaries = _of_chrm(colours.get(b"cHRM", b""))
    curve = _of_gama(colours.get(b"gAMA", b""))
    if primaries is None and curve is None:
        return None
    return _profile(primaries or _REC_709, curve or _SRGB, grey=grey)


def _of_cicp(body: bytes, name: str) -> tuple[Primaries, Curve] | None:
    """Primaries and curve of a cICP chunk; None for unknown codes."""
    if len(body) != 4 or body[2]:  # noqa: PLR2004  # the length of every cICP; RGB has no matrix
        return None
    if hdr := _HDR.get(body[1]):
        raise FrameRefused(
            f"first frame {name} is an HDR picture ({hdr}), which would look pale",
            advice="Export it for standard dynamic range (sRGB) and run again.",
        )
    if not body[3]:
        raise FrameRefused(
            f"first frame {name} has video levels (16 to 235), which would look pale",
            advice="Export it with full levels (0 to 255) and run again.",
        )
    primaries, curve = _PRIMARIES.get(body[0]), _CURVES.get(body[1])
    return (primaries, curve) if primaries and curve else None


def _of_chrm(body: bytes) -> Primaries | None:
    if len(body) != 32:  # noqa: PLR2004  # white, red, green, blue: x and y of each
        return None
    values = [value / 100_000 for value in struct.unpack(">8I", body)]
    white, red, green, blue = zip(values[::2], values[1::2], strict=True)
    return red, green, blue, white


def _of_gama(body: bytes) -> Curve | None:
    gamma = int.from_bytes(body) / 100_000 if len(body) == 4 else 0  # noqa: PLR2004  # one number
    least, most = _USUAL_GAMMA
    if not 0.01 < gamma < 10 or least <= gamma <= most:  # noqa: PLR2004  # other values are invalid
        return None
    return (1 / gamma,)


def _profile(primaries: Primaries, curve: Curve, *, grey: bool) -> bytes | None:
    """The equivalent ICC profile; None for impossible colours. Source: ICC.1:2022."""
    tone = _curve(curve)
    tags = {b"wtpt": _xyz(np.array(_D50))}
    if grey:
        tags[b"kTRC"] = tone
    else:
        try:
            columns = _colorants(primaries).T
        except (np.linalg.LinAlgError, ZeroDivisionError):
            return None
        tags |= {tag: _xyz(c) for tag, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tone)
    at, table, bodies = 128 + 4 + 12 * len(tags), b"", b""
    for tag, body in tags.items():
        table += tag + struct.pack(">II", at + len(bodies), len(body))
        bodies += body
    space = b"GRAY" if grey else b"RGB "
    head = struct.pack(">I4xI4s4s4s", at + len(bodies), 0x0430_0000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + _xyz(np.array(_D50))[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + bodies


def _colorants(primaries: Primaries) -> NDArray[np.float64]:
    """The matrix from linear RGB to XYZ under D50; each column is one primary."""
    *colours, white = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in primaries)
    matrix = np.array(colours).T
    matrix = matrix * np.linalg.solve(matrix, white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adapted: NDArray[np.float64] = np.linalg.solve(_BRADFORD, cones @ _BRADFORD) @ matrix
    if not np.isfinite(adapted).all() or np.abs(adapted).max() > 8:  # noqa: PLR2004  # no light
        raise np.linalg.LinAlgError
    return adapted


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(curve: Curve) -> bytes:
    kind = {1: 0, 5: 3}[len(curve)]
    numbers = (round(value * 65536) for value in curve)
    return b"para" + bytes(4) + struct.pack(f">HH{len(curve)}i", kind, 0, *numbers)
