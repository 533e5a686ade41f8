"""What happens to a finished file: cut off, damaged, its time stamps rounded."""

import io
from collections.abc import Callable
from fractions import Fraction
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
        target = io.BytesIO()
        with (
            av.open(io.BytesIO(content), mode="r", format="mp4") as source,
            av.open(target, mode="w", format="mp4") as out,
        ):
            streams: dict[int, Any] = {
                stream.index: out.add_stream_from_template(stream) for stream in source.streams
            }
            for packet in source.demux():
                if packet.dts is None or packet.pts is None:
                    continue
                if packet.stream.type == "video":
                    _round(packet, ticks_a_second)
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
        return target.getvalue()

    return change


def _round(packet: Any, ticks_a_second: int) -> None:
    clock = Fraction(1, ticks_a_second)
    pts, dts = (round(stamp * packet.time_base / clock) for stamp in (packet.pts, packet.dts))
    packet.time_base, packet.pts, packet.dts = clock, pts, min(dts, pts)
