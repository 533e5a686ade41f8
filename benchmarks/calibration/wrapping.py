"""What happens to a finished file: cut off, damaged, its time stamps rounded."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av


def cut_off(share: float) -> Callable[[bytes], bytes]:
    """Only the first part of the file is there."""
    return lambda content: content[: int(len(content) * share)]


def zeroed(at: float, count: int) -> Callable[[bytes], bytes]:
    """Some bytes in the midst are zeros."""

    def change(content: bytes) -> bytes:
        start = int(len(content) * at)
        return content[:start] + bytes(count) + content[start + count :]

    return change


def in_clock(ticks_a_second: int) -> Callable[[bytes], bytes]:
    """The same packets with time stamps rounded to a coarser clock, as muxers do."""

    def change(content: bytes) -> bytes:
        with TemporaryDirectory() as folder:  # an index in front needs a file, not a buffer
            target = Path(folder) / "clip.mp4"
            _remux(content, target, Fraction(1, ticks_a_second))
            return target.read_bytes()

    return change


def _remux(content: bytes, target: Path, clock: Fraction) -> None:
    options = {"movflags": "+faststart"}
    with (
        av.open(io.BytesIO(content), mode="r", format="mp4") as source,
        av.open(target, mode="w", format="mp4", options=options) as out,
    ):
        streams: dict[int, Any] = {
            stream.index: out.add_stream_from_template(stream) for stream in source.streams
        }
        for packet in source.demux():
            if packet.dts is None or packet.pts is None:
                continue  # the end of the file
            if packet.stream.type == "video":
                _round(packet, clock)
            packet.stream = streams[packet.stream.index]
            out.mux(packet)


def _round(packet: Any, clock: Fraction) -> None:
    pts, dts, lasts = (
        round(stamp * packet.time_base / clock)
        for stamp in (packet.pts, packet.dts, packet.duration)
    )
    packet.time_base, packet.pts, packet.dts, packet.duration = clock, pts, min(dts, pts), lasts
