"""Loudness, by FFmpeg's `ebur128` filter."""

from collections import deque
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame

_INTEGRATED, _RANGE = "lavfi.r128.I", "lavfi.r128.LRA"
_GATED_LUFS = -70.0  # the filter's result if no block passes the absolute gate
_RATES_HZ = range(8_000, 192_001)


class LoudnessMeter:
    """Measures a whole take, frame by frame; all frames have one layout and rate."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._broken = False
        self._heard: deque[AudioFrame | VideoFrame] = deque(maxlen=2)
        """The last frames: each has the result up to it, except an incomplete last one."""

    def add(self, frames: list[AudioFrame]) -> None:
        """Add the next frames. If the filter refuses the layout, the take stays unmeasured."""
        if self._broken or not frames or frames[0].sample_rate not in _RATES_HZ:
            return
        try:
            if self._graph is None:
                self._graph = _graph_for(frames[0])
            for frame in frames:
                self._graph.push(frame)
            self._drain(self._graph)
        except (FFmpegError, ValueError):
            self._broken = True

    def _drain(self, graph: Graph) -> None:
        while True:
            try:
                self._heard.append(graph.pull())
            except (av.BlockingIOError, av.EOFError):
                return

    def result(self) -> tuple[float | None, float | None]:
        """Integrated loudness in LUFS and loudness range in LU; None if not measurable."""
        if self._graph is not None and not self._broken:
            try:
                self._graph.push(None)
                self._drain(self._graph)
            except (FFmpegError, ValueError):
                self._broken = True
        figures = next((f.metadata for f in self._heard if _INTEGRATED in f.metadata), {})
        integrated = _number(figures.get(_INTEGRATED))
        if self._broken or integrated is None or integrated <= _GATED_LUFS:
            return None, None
        return integrated, _number(figures.get(_RANGE))


def _graph_for(frame: AudioFrame) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base or Fraction(1, frame.sample_rate),
    )
    meter, sink = graph.add("ebur128", "metadata=1:framelog=quiet"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return round(value, 2) if value is not None and abs(value) < 1000 else None  # noqa: PLR2004  # inf, nan
