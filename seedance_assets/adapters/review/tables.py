"""The review as tables: `report.csv` for a spreadsheet, `report.json` for a program."""

import csv
import io
import json
from collections.abc import Iterator

from seedance_assets.core.measurement import Measurements
from seedance_assets.core.review import Review, ReviewTake

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_COLUMNS = (
    *("shot", "sequence", "row", "status", "verdict"),
    *("take", "take_name", "state", "current", "take_verdict", "warned", "failed", "error"),
    *("error_kind", "silent_by_fallback"),
    *("duration_s", "width_px", "height_px", "frames_per_second", "frames", "size_bytes"),
    *("audio_channels", "audio_peak_dbfs", "audio_rms_dbfs"),
    *("estimate_usd", "cost_usd", "ordered_at", "service_time_s", "request_id", "fingerprint"),
    *("video", "emulated", "reason", "advice", "prompt"),
)

Cell = str | int | float | bool | None


def as_json(review: Review) -> bytes:
    """The review itself, `"schema": 1` first."""
    text = json.dumps(review.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2)
    return text.encode(errors="replace")  # half a surrogate pair must not cost us the report


def as_csv(review: Review) -> bytes:
    """One row a take; one row for a shot without takes. UTF-8 with a byte order mark, for Excel.

    The columns, the same for every review but for the last two groups:

    - `shot`, `sequence`, `row`, `status`, `verdict`: of the shot;
    - `take`, `take_name`, `state`, `current` (of the request that the sheet asks for now),
      `take_verdict`, `warned`, `failed` (names of rules), `error`,
      `error_kind`, `silent_by_fallback` (sound was refused, this take stands in);
    - `duration_s`, `width_px`, `height_px`, `frames_per_second`, `frames`, `size_bytes`,
      `audio_channels`, `audio_peak_dbfs`, `audio_rms_dbfs`: as measured;
    - `estimate_usd`, `cost_usd`, `ordered_at` (ISO 8601), `service_time_s`, `request_id`,
      `fingerprint`, `video` (link, relative to the review folder), `emulated`;
    - `reason`, `advice`: why the shot failed or is blocked, and what to do; `prompt`;
    - `setting_…`: the model's inputs, by the service's names;
    - `note_…`: the sheet's free columns.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    rows = list(_rows(review))
    free = dict.fromkeys(name for row in rows for name in row if name not in _COLUMNS)
    columns = [*_COLUMNS, *sorted(free, key=lambda name: not name.startswith("setting_"))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_defused(name) for name in columns])
    writer.writerows([_defused(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _defused(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(_RUNS_AS_FORMULA):
        return f"'{cell}"
    return str(cell).lower() if isinstance(cell, bool) else cell


def _rows(review: Review) -> Iterator[dict[str, Cell]]:
    for shot in review.shots:
        shared: dict[str, Cell] = {
            "shot": shot.key,
            "sequence": shot.sequence,
            "row": shot.row,
            "status": shot.status,
            "verdict": shot.verdict,
            "emulated": review.emulated,
            "reason": shot.reason,
            "advice": shot.advice,
            "prompt": shot.prompt,
            **{f"setting_{name}": value for name, value in shot.settings.items()},
            **{f"note_{name}": text for name, text in shot.notes.items()},
        }
        for take in shot.takes:
            yield shared | _take_cells(take) | _measured_cells(take.measurements)
        if not shot.takes:
            yield shared


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
        "ordered_at": take.ordered_at.isoformat() if take.ordered_at else None,
        "service_time_s": take.service_time_s,
        "request_id": take.request_id,
        "fingerprint": take.fingerprint,
        "video": take.video,
    }


def _measured_cells(measured: Measurements | None) -> dict[str, Cell]:
    if measured is None:
        return {}
    video, audio = measured.video, measured.audio
    return {
        "duration_s": video.duration_s,
        "width_px": video.width_px,
        "height_px": video.height_px,
        "frames_per_second": float(video.frame_rate),
        "frames": video.frames_decoded,
        "size_bytes": measured.container.size_bytes,
        "audio_channels": audio.channels if audio else None,
        "audio_peak_dbfs": audio.peak_dbfs if audio else None,
        "audio_rms_dbfs": audio.rms_dbfs if audio else None,
    }
