"""Changes of shot: cuts, jumps and dissolves, and the shots between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

from seedance_assets.core.measurement import (
    Dissolve,
    Jump,
    Measurements,
    PictureStats,
    Span,
    SwingPair,
)
from seedance_assets.core.quality.cadence import moved_frames
from seedance_assets.core.quality.limits import QualityLimits

_LEVELS = 256
_FIRST = 1  # frame 0 has no frame before it
_FLASH_S = 0.35  # a longer bright or dark stretch is another scene
_SWING_FRAMES = 3  # the most frames of a swing
_SAME = 0.5  # of the difference of unrelated pictures: below it is the same picture, moved
_STILL_SAME = 1.0  # levels; coding alone can cause this in a flat picture
_OTHER = 5.0  # levels that light does not explain: above it is another scene
_AROUND = 4
_ANY_MOTION = 0.05  # levels; less is too little motion to compare with
_DARK_LEVELS = 1.2
_EXCEPTIONAL = 1.5
_EXPLAINED = 0.8  # of the difference of the two pictures


@dataclass(frozen=True, slots=True)
class ShotChange:
    """A change of shot: its first frame, and the first frame of the new shot."""

    frame: int
    end: int
    sure: bool
    """Whether it is another scene; else the same scene jumps, or it is uncertain."""


def shot_changes(m: Measurements, limits: QualityLimits) -> list[ShotChange]:
    """All changes of shot, in order; for a record of an early version only the hard cuts."""
    if m.seen is None:
        return []
    found = [*_hard(m, m.seen, limits), *_soft(m.seen, limits)]
    merged: list[ShotChange] = []
    for each in sorted(found, key=lambda change: (change.frame, not change.sure)):
        if merged and each.frame <= merged[-1].end and not (each.sure and each.end == each.frame):
            continue
        merged.append(each)
    return merged


def segments(m: Measurements, limits: QualityLimits) -> tuple[Span, ...]:
    """The shots of the clip, in order."""
    edges = [0, *(change.end for change in shot_changes(m, limits)), m.video.frames_decoded]
    return tuple(
        Span(start_s=m.frame_at_s(start), end_s=m.frame_at_s(end))
        for start, end in pairwise(edges)
        if end > start
    )


def _hard(m: Measurements, seen: PictureStats, limits: QualityLimits) -> list[ShotChange]:
    lit = lights(m)
    broken = {
        n
        for g in seen.glitches
        for n in range(g.frame, g.frame + g.frames + 1)
        if g.share >= limits.glitch_warn_share
    }
    jumps = {jump.frame: jump for jump in seen.jumps}
    frames = moved_frames(seen)
    levels = [seen.motion_levels[n] for n in frames]
    scores = cut_scores(levels)
    found = []
    for place, number in enumerate(frames):
        if number in lit or number in broken or not place:
            continue
        jump = None if _is_black(seen, number, limits) else jumps.get(number)
        sure = _is_cut(levels, place, scores[place], jump, limits)
        if sure or _is_jump(levels, place, jump, limits):
            found.append(ShotChange(number, number, sure))
    return found


def _is_black(seen: PictureStats, number: int, limits: QualityLimits) -> bool:
    """Whether it or the frame before is black, which the `black` rule reports."""
    return max(seen.dark_shares[number - 1 : number + 1], default=0.0) >= limits.black_pixel_share


def _is_cut(
    levels: Sequence[float], place: int, score: float, jump: Jump | None, limits: QualityLimits
) -> bool:
    """Whether a frame shows another scene: a large difference, and larger than the motion nearby.

    In a dark scene differences are small: there the picture must be unlike the one before.
    """
    before, after = contrasts(levels, place)
    contrast = min(before, after)
    if score > limits.cut_score:
        return contrast >= _EXCEPTIONAL
    unlike = jump is not None and _unlike(jump) >= limits.cut_unlike_share
    return unlike and levels[place] >= _DARK_LEVELS and contrast >= limits.cut_contrast


def _is_jump(levels: Sequence[float], place: int, jump: Jump | None, limits: QualityLimits) -> bool:
    """Whether part of the picture is suddenly elsewhere, while the rest moves as before."""
    if jump is None or levels[place] < limits.jump_levels:
        return False
    sides = levels[max(_FIRST, place - _AROUND) : place], levels[place + 1 : place + _AROUND + 1]
    before, after = (median(side) if side else 0.0 for side in sides)
    if before < _ANY_MOTION < limits.freeze_motion_levels <= after:
        return False  # a freeze ends, which the `freeze` rule reports
    return min(contrasts(levels, place)) >= limits.jump_contrast


def _soft(seen: PictureStats, limits: QualityLimits) -> list[ShotChange]:
    return [
        ShotChange(each.frame + 1, each.end, sure=True)
        for each in seen.dissolves
        if _is_dissolve(each, seen, limits)
    ]


def _is_dissolve(each: Dissolve, seen: PictureStats, limits: QualityLimits) -> bool:
    """Whether the frames are a mixture and change more than those before and after."""
    inside = seen.motion_levels[each.frame + 1 : each.end + 1]
    before = seen.motion_levels[max(1, each.frame - each.frames) : each.frame + 1]
    after = seen.motion_levels[each.end + 1 : each.end + each.frames + 1]
    usual = max(median(part) for part in (before, after) if part) if before or after else 0.0
    return (
        each.unmixed_share <= limits.dissolve_unmixed_share
        and each.unlike_share >= limits.dissolve_unlike_share
        and median(inside) >= limits.dissolve_contrast * usual
    )


def contrasts(motion_levels: Sequence[float], place: int) -> tuple[float, float]:
    """A frame's motion relative to the frames before it, and to those after it."""
    level = motion_levels[place]
    sides = (
        motion_levels[max(_FIRST, place - _AROUND) : place],
        motion_levels[place + 1 : place + _AROUND + 1],
    )
    medians = [median(side) if side else None for side in sides]
    before, after = (
        level / max(_ANY_MOTION, usual) if usual is not None else None for usual in medians
    )
    known = [each for each in (before, after) if each is not None]
    either = min(known, default=0.0)
    return (before if before is not None else either, after if after is not None else either)


def cut_scores(motion_levels: Sequence[float]) -> list[float]:
    """For each frame the score of a cut, 0 to 100, like ffmpeg's scdet.

    The smaller of the frame's difference and the change of that difference. The first difference
    has none before it, so the one after it is used: a clip may open on a fast move.
    """
    differences = [100 * level / _LEVELS for level in motion_levels]
    jumps = [0.0, *(abs(b - a) for a, b in pairwise(differences))]
    if len(jumps) > _FIRST + 1:
        jumps[_FIRST] = jumps[_FIRST + 1]
    return [min(pair) for pair in zip(differences, jumps, strict=True)]


def lights(m: Measurements) -> set[int]:
    """Frames at which the light of one picture changes suddenly."""
    if m.seen is None:
        return set()
    return _flash_edges(m, m.seen) | {
        jump.frame for jump in m.seen.jumps if _is_light(jump, m.seen.motion_levels[jump.frame])
    }


def _flash_edges(m: Measurements, seen: PictureStats) -> set[int]:
    """Frames at which a flash begins or ends, and the ones just before."""
    rate: Fraction = m.video.frame_rate
    frames = [round(time_s * rate) for time_s in seen.flash_times_s]
    longest = _FLASH_S * rate
    flashes = [
        edges
        for edges, pair in zip(pairwise(frames), seen.swing_pairs, strict=False)
        if edges[1] - edges[0] <= longest and _is_flash(pair)
    ]
    return {edge - back for edges in flashes for edge in edges for back in range(_SWING_FRAMES)}


def _is_flash(pair: SwingPair) -> bool:
    """Whether one picture was lit differently; a short glimpse of another scene is not a flash."""
    same = pair.return_levels <= max(_STILL_SAME, _SAME * pair.stranger_levels)
    return same and pair.other_levels <= _OTHER


def _is_light(jump: Jump, moved_levels: float) -> bool:
    """Whether one picture is suddenly lit differently; two different pictures share less.

    The light must also explain some of the difference, else part of the picture has only moved.
    """
    return _unlike(jump) <= _SAME and jump.other_levels <= _EXPLAINED * moved_levels


def _unlike(jump: Jump) -> float:
    """The difference apart from light, relative to an unrelated picture."""
    return jump.other_levels / jump.stranger_levels if jump.stranger_levels else 0.0
