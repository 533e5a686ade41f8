"""What a producer sees of a shot on each materialisation: its origin, what came of it, its price.

What people look at first stands first: Dagster shows metadata in the order in which it comes. The
pictures and files of single takes bear the take's name, if the shot has several. Figures never do:
Dagster draws a plot for each name of a figure, so they are few, and those of the newest take.
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from seedance_assets.core.quality import Family, Verdict, worst
from seedance_assets.core.scope import Scope
from seedance_assets.core.take import Take
from seedance_assets.defs.assets.tables import (
    Metadata,
    file_link,
    findings_table,
    first_frame_picture,
    picture,
    takes_table,
)
from seedance_assets.production.events import Clip, LineEvent, StageDone, TakeRunning

PLOTTED = {
    "first_frame": "SSIM",
    "black": "s",
    "bars": "%",
    "sharpness": "%",
    "freeze": "s",
    "motion": "levels",
    "cut": "cuts",
    "flicker": "levels",
    "camera": "% of the width",
    "loudness": "LUFS",
    "true_peak": "dBTP",
    "silence": "%",
    "sync": "s",
}
"""Rules whose figures Dagster plots, each in one unit; with `duration_s` and `size_bytes` that is
15 charts. A finding in another unit has no place on such a line."""


class ShotMetadata:
    """The metadata of one run's shots."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._began_at: dict[int, datetime] = {}
        """When each take was first seen in progress, by its id."""

    def on_event(self, event: LineEvent) -> None:
        """Note since when a take is in progress: nobody else writes that down."""
        if isinstance(event, TakeRunning):
            self._began_at.setdefault(event.take.id, event.began_at)

    def generation(self, event: StageDone) -> Metadata:
        """What was ordered, and paid for."""
        takes = [clip.take for clip in event.clips]
        bought = [clip.take for clip in event.clips if clip.bought]
        facts = {
            **self._origin(event),
            "takes": takes_table(takes, self._began_at),
            "bought_in_this_run": len(bought),
            "paid_in_this_run_usd": _sum_usd(bought),
            "fingerprint": event.request.fingerprint,
        }
        silent = [clip.take.name for clip in event.clips if clip.silent_fallback]
        return facts | ({"silent_by_fallback": ", ".join(silent)} if silent else {})

    def video(self, event: StageDone) -> Metadata:
        """The clip, and everything that led to it; its verdicts, if it was measured."""
        return {
            **_of_each(event.clips, "poster strip", _strips(event.clips)),
            **_of_each(event.clips, "verdict", _verdicts(event.clips)),
            **self._origin(event),
            **_of_each(event.clips, "file", _files(event.clips)),
            **_of_each(event.clips, "sha256", [c.take.video_sha256 or "" for c in event.clips]),
        }

    def measurements(self, event: StageDone) -> Metadata:
        """What was measured, and what every rule says."""
        clips = event.clips
        facts: Metadata = {
            **_of_each(clips, "poster strip", _strips(clips)),
            **_of_each(clips, "verdict", _verdicts(clips)),
            **_of_each(clips, "file", _files(clips)),
            "findings": findings_table(clips),
        }
        newest = clips[-1]
        facts |= {"figures of": newest.take.name} if len(clips) > 1 else {}
        return facts | _measured(newest)

    def _origin(self, event: StageDone) -> Metadata:
        takes = [clip.take for clip in event.clips]
        return {
            "prompt": event.request.prompt,
            **first_frame_picture(event.request),
            "take": ", ".join(take.name for take in takes),
            "request_id": ", ".join(take.request_id or "" for take in takes),
            **self._links(event.clips),
            "cost_usd": _sum_usd(takes),
            **self._times_s(takes),
        }

    def _links(self, clips: Sequence[Clip]) -> Metadata:
        """Where the service tells of each request; the address asks for the token."""
        addresses = [self._scope.request_url(clip.take.request_id or "") for clip in clips]
        links = [dg.MetadataValue.url(address) for address in addresses if address]
        return _of_each(clips, "request at the service", links) if all(addresses) else {}

    def _times_s(self, takes: Sequence[Take]) -> Metadata:
        """How long the takes waited, were generated, and both; each as far as it is known."""
        times = {
            "waited_s": [take.waited_s(self._began_at.get(take.id)) for take in takes],
            "generated_s": [take.generated_s(self._began_at.get(take.id)) for take in takes],
            "service_time_s": [take.service_time_s for take in takes],
        }
        known = {name: [s for s in found if s is not None] for name, found in times.items()}
        return {name: round(sum(found) / len(found), 2) for name, found in known.items() if found}


def _prefix(clip: Clip, clips: Sequence[Clip]) -> str:
    return "" if len(clips) == 1 else f"{clip.take.name} "


def _of_each(clips: Sequence[Clip], name: str, values: Sequence[object]) -> Metadata:
    """A value of each clip; none for a stage that has not made them yet."""
    return {
        f"{_prefix(clip, clips)}{name}": value
        for clip, value in zip(clips, values, strict=False)
        if value is not None
    }


def _strips(clips: Sequence[Clip]) -> list[dg.MetadataValue | None]:
    return [
        picture(c.strip, f"{c.take.name}, {_world(c.measurements.container.comment)}")
        if c.measurements
        else None
        for c in clips
    ]


def _world(comment: str) -> str:
    return "EMULATED" if comment.startswith("EMULATED") else "clip"


def _verdicts(clips: Sequence[Clip]) -> list[str | None]:
    return [_verdict(clip) if clip.measurements else None for clip in clips]


def _verdict(clip: Clip) -> str:
    """`pass`, or the worst word and the families of rules that say less than pass."""
    wrong = {f.family for f in clip.findings if f.verdict is not Verdict.PASS}
    families = [family.value for family in Family if family in wrong]
    word = worst(clip.findings).value
    return f"{word}: {', '.join(families)}" if families else word


def _files(clips: Sequence[Clip]) -> list[dg.MetadataValue]:
    return [file_link(clip.take.video_path or "") for clip in clips]


def _measured(clip: Clip) -> Metadata:
    m = clip.measurements
    if m is None:
        return {}
    return {
        "size": f"{m.video.width_px}×{m.video.height_px}",
        "duration_s": round(m.video.duration_s, 3),
        "frames": str(m.video.frames_decoded),
        "size_bytes": m.container.size_bytes,
        "sound": (
            f"{m.audio.codec}, {m.audio.sample_rate_hz} Hz, {m.audio.channels} ch"
            if m.audio
            else "none"
        ),
        **_plotted(clip),
    }


def _plotted(clip: Clip) -> dict[str, float]:
    """The figures of some rules with their units; those of the others are in the findings."""
    return {
        f"{f.rule} [{f.unit}]": f.measured_value
        for f in clip.findings
        if f.measured_value is not None and PLOTTED.get(f.rule) == f.unit
    }


def _sum_usd(takes: Sequence[Take]) -> float:
    """What they cost, as far as the service has told; else as estimated."""
    told = (t.cost_usd if t.cost_usd is not None else t.estimate_usd or 0.0 for t in takes)
    return round(sum(told), 4)
