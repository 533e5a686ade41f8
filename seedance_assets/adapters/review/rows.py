"""The review as rows, one per take, for every kind of table.

The columns, the same for every review except the last groups:

- `shot`, `sequence`, `row`, `status`, `verdict`: of the shot;
- `take`, `take_name`, `state`, `current` (of the request that the sheet asks for now),
  `take_verdict`, `warned`, `failed` (names of rules), `error`,
  `error_kind`, `silent_by_fallback` (sound was refused, this take stands in);
- `duration_s`, `width_px`, `height_px`, `frames_per_second`, `frames`, `size_bytes`,
  `audio_channels`, `audio_peak_dbfs`, `audio_rms_dbfs`, `loudness_lufs`, `true_peak_dbtp`,
  `luma_levels`, `motion_levels` (means over the clip), `opening_similarity`: as measured;
- `estimate_usd`, `cost_usd`, `ordered_at`, `delivered_at` (UTC), `service_time_s`, `request_id`,
  `run_id`, `fingerprint`, `frame_sha256`, `video_sha256`, `video` (link, relative to the review
  folder), `emulated`;
- `reason`, `advice`: why the shot failed or is blocked, and what to do; `prompt`;
- `rule_…`: the verdict of each rule; `value_…`: its measured figure, where it has one;
- `setting_…`: the model's inputs, by the service's names;
- `note_…`: the sheet's free columns.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from seedance_assets.core.measurement import Measurements
from seedance_assets.core.review import Review, ReviewShot, ReviewTake

Cell = str | int | float | bool | datetime | None
Kind = Literal["text", "whole", "number", "truth", "moment"]
_KINDS: dict[Kind, str] = {
    "whole": "row take width_px height_px frames size_bytes audio_channels",
    "number": "duration_s frames_per_second audio_peak_dbfs audio_rms_dbfs loudness_lufs "
    "true_peak_dbtp luma_levels motion_levels opening_similarity estimate_usd cost_usd "
    "service_time_s",
    "truth": "current silent_by_fallback emulated",
    "moment": "ordered_at delivered_at",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_COLUMNS = (
    *("shot", "sequence", "row", "status", "verdict"),
    *("take", "take_name", "state", "current", "take_verdict", "warned", "failed", "error"),
    *("error_kind", "silent_by_fallback"),
    *("duration_s", "width_px", "height_px", "frames_per_second", "frames", "size_bytes"),
    *("audio_channels", "audio_peak_dbfs", "audio_rms_dbfs", "loudness_lufs", "true_peak_dbtp"),
    *("luma_levels", "motion_levels", "opening_similarity"),
    *("estimate_usd", "cost_usd", "ordered_at", "delivered_at", "service_time_s"),
    *("request_id", "run_id", "fingerprint", "frame_sha256", "video_sha256"),
    *("video", "emulated", "reason", "advice", "prompt"),
)
_FREE = ("rule_", "value_", "setting_", "note_")


@dataclass(frozen=True, slots=True)
class Rows:
    """The review as a table: names with their kinds, and the rows; missing values are None."""

    columns: dict[str, Kind]
    rows: list[dict[str, Cell]]


def rows_of(review: Review) -> Rows:
    """One row per take; one row for a shot without takes."""
    rows = list(_rows(review))
    named = dict.fromkeys(name for row in rows for name in row if name not in _COLUMNS)
    free = sorted(
        named, key=lambda name: next(n for n, p in enumerate(_FREE) if name.startswith(p))
    )
    columns = {name: _kind(name, rows) for name in (*_COLUMNS, *free)}
    return Rows(columns, rows)


def _kind(name: str, rows: Iterable[dict[str, Cell]]) -> Kind:
    if name.startswith("value_"):
        return "number"
    if not name.startswith("setting_"):
        return _KIND_OF.get(name, "text")
    types = {type(row[name]) for row in rows if row.get(name) is not None}
    found: dict[type, Kind] = {bool: "truth", int: "whole", float: "number"}
    return found.get(types.pop(), "text") if len(types) == 1 else "text"


def _rows(review: Review) -> Iterator[dict[str, Cell]]:
    for shot in review.shots:
        shared = _shot_cells(shot) | {"emulated": review.emulated}
        for take in shot.takes:
            yield shared | _take_cells(take) | _measured_cells(take.measurements)
        if not shot.takes:
            yield shared


def _shot_cells(shot: ReviewShot) -> dict[str, Cell]:
    return {
        "shot": shot.key,
        "sequence": shot.sequence,
        "row": shot.row,
        "status": shot.status,
        "verdict": shot.verdict,
        "reason": shot.reason,
        "advice": shot.advice,
        "prompt": shot.prompt,
        **{f"setting_{name}": value for name, value in shot.settings.items()},
        **{f"note_{name}": text for name, text in shot.notes.items()},
    }


def _take_cells(take: ReviewTake) -> dict[str, Cell]:
    def ruled(verdict: str) -> str:
        return " ".join(f.rule for f in take.findings if f.verdict == verdict)

    return {
        "take": take.number,
        "take_name": take.name,
        "state": take.state.value,
        "current": take.current,
        "take_verdict": take.verdict,
        "warned": ruled("warn"),
        "failed": ruled("fail"),
        "error": take.error,
        "error_kind": take.error_kind,
        "silent_by_fallback": take.silent_by_fallback,
        "estimate_usd": take.estimate_usd,
        "cost_usd": take.cost_usd,
        "ordered_at": take.ordered_at,
        "delivered_at": take.delivered_at,
        "service_time_s": take.service_time_s,
        "request_id": take.request_id,
        "run_id": take.run_id,
        "fingerprint": take.fingerprint,
        "frame_sha256": take.frame_sha256,
        "video_sha256": take.video_sha256,
        "video": take.video,
        **{f"rule_{f.rule}": f.verdict for f in take.findings},
        **{
            f"value_{f.rule}": f.measured_value
            for f in take.findings
            if f.measured_value is not None
        },
    }


def _measured_cells(measured: Measurements | None) -> dict[str, Cell]:
    if measured is None:
        return {}
    video, audio = measured.video, measured.audio
    cells: dict[str, Cell] = {
        "duration_s": video.duration_s,
        "width_px": video.width_px,
        "height_px": video.height_px,
        "frames_per_second": float(video.frame_rate),
        "frames": video.frames_decoded,
        "size_bytes": measured.container.size_bytes,
    }
    if audio:
        cells["audio_channels"] = audio.channels
        cells["audio_peak_dbfs"], cells["audio_rms_dbfs"] = audio.peak_dbfs, audio.rms_dbfs
    if heard := measured.heard:
        cells["loudness_lufs"] = heard.loudness_lufs
        cells["true_peak_dbtp"] = heard.true_peak_dbtp
    if seen := measured.seen:
        cells["luma_levels"] = _mean(seen.luma_levels)
        cells["motion_levels"] = _mean(seen.motion_levels[1:])
    if measured.opening:
        cells["opening_similarity"] = measured.opening.similarity
    return cells


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None
