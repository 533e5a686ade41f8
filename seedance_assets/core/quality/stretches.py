"""Stretches of a clip, from figures of its single frames."""

from collections.abc import Sequence

from seedance_assets.core.measurement import Measurements, Span

_MOST_SPANS = 50


def spans_of(m: Measurements, flags: Sequence[bool], *, bridge: int = 0) -> tuple[Span, ...]:
    """Where frames are flagged; gaps of up to `bridge` frames between them are passed over.

    At most 50 spans, the longest first. A frame lasts until the next one.
    """
    found: list[list[int]] = []
    for number, flag in enumerate(flags):
        if not flag:
            continue
        if found and number - found[-1][1] <= bridge + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    spans = (Span(start_s=m.frame_at_s(a), end_s=m.frame_at_s(b + 1)) for a, b in found)
    return tuple(sorted(spans, key=lambda span: -span.length_s)[:_MOST_SPANS])


def longest_s(spans: Sequence[Span]) -> float:
    """Seconds of the longest of them; 0 if there is none."""
    return max((span.length_s for span in spans), default=0.0)


def moment(at_s: float, length_s: float = 0.0) -> Span:
    """A moment as a span."""
    return Span(start_s=round(at_s, 3), end_s=round(at_s + length_s, 3))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not pass, by the nearest rank; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
