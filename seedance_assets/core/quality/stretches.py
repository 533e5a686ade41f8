"""Stretches of a clip, from figures of individual frames."""

from collections.abc import Sequence

from seedance_assets.core.measurement import Measurements, Span

_MOST_SPANS = 50
_LONG_RUN = 3


def spans_of(m: Measurements, flags: Sequence[bool], *, bridge: int = 0) -> tuple[Span, ...]:
    """The spans of flagged frames, at most 50, longest first.

    Gaps of up to `bridge` frames between runs of three or more frames are ignored: a key frame may
    refresh a frozen picture, but a clip that moves with every second frame does move.
    A frame lasts until the next one.
    """
    runs: list[list[int]] = []
    for number, flag in enumerate(flags):
        if flag and runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        elif flag:
            runs.append([number, number])
    spans = (
        Span(start_s=m.frame_at_s(first), end_s=m.frame_at_s(last + 1))
        for first, last in _bridged(runs, bridge)
    )
    return tuple(sorted(spans, key=lambda span: -span.length_s)[:_MOST_SPANS])


def _bridged(runs: list[list[int]], bridge: int) -> list[list[int]]:
    joined: list[list[int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] - 1 <= bridge and _long(joined[-1], [first, last]):
            joined[-1][1] = last
        else:
            joined.append([first, last])
    return joined


def _long(*runs: list[int]) -> bool:
    return all(last - first + 1 >= _LONG_RUN for first, last in runs)


def longest_s(spans: Sequence[Span]) -> float:
    """Length of the longest span in seconds; 0 without spans."""
    return max((span.length_s for span in spans), default=0.0)


def moment(at_s: float, length_s: float = 0.0) -> Span:
    """A point in time as a span."""
    return Span(start_s=round(at_s, 3), end_s=round(at_s + length_s, 3))


def percentile(values: Sequence[float], share: float) -> float:
    """The percentile by nearest rank; 0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
