"""Tables, texts and pictures for the Dagster UI, small enough for the event log."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.picture import Crop
from seedance_assets.core.quality import Family
from seedance_assets.core.request import FirstFrame, GenerationRequest
from seedance_assets.core.scope import Scope
from seedance_assets.core.sentences import in_a_row
from seedance_assets.core.shot import Problem, ShotList
from seedance_assets.core.take import Take
from seedance_assets.defs.assets.columns import schema_of
from seedance_assets.production.events import Clip

if TYPE_CHECKING:
    from seedance_assets.production.planning.plan import Plan

MAX_ROWS = 500
MAX_NOTES = 20  # free columns of a sheet that a table shows
MAX_PICTURE_BYTES = 25_000
_PLACES_TOLD = 5
_STRING, _INT, _FLOAT = "string", "int", "float"

Metadata = dict[str, Any]


def table(
    rows: Iterable[Mapping[str, str | int | float | None]], columns: Mapping[str, str]
) -> dg.TableMetadataValue:
    """A table of at most `MAX_ROWS` rows; `columns` maps names to Dagster's column types."""
    records = [
        dg.TableRecord({name: _cell(row.get(name)) for name in columns})
        for _, row in zip(range(MAX_ROWS), rows, strict=False)
    ]
    return dg.MetadataValue.table(records, schema_of(columns))


def _cell(value: str | float | None) -> str | int | float:
    return "" if value is None else value


def shots_table(shot_list: ShotList) -> dg.TableMetadataValue:
    """The good shots of a sheet, with the columns that are only carried along."""
    from seedance_assets.adapters.first_frame import shown

    settings = list(dict.fromkeys(name for shot in shot_list.shots for name in shot.settings))
    columns = {"row": _INT, "shot": _STRING, "sequence": _STRING, "takes": _INT}
    columns |= dict.fromkeys(settings, _STRING) | {"prompt": _STRING, "first_frame": _STRING}
    notes = dict.fromkeys(name for shot in shot_list.shots for name in shot.notes)
    carried = [name for name in notes if name not in columns][:MAX_NOTES]
    columns |= dict.fromkeys(carried, _STRING)
    return table(
        (
            {
                **{name: shot.notes.get(name) for name in carried},
                "row": shot.row,
                "shot": shot.key,
                "sequence": shot.sequence,
                "takes": shot.takes,
                **{name: str(value) for name, value in shot.settings.items()},
                "prompt": shot.prompt,
                "first_frame": shown(shot.first_frame),
            }
            for shot in shot_list.shots
        ),
        columns,
    )


def problems_table(problems: Iterable[Problem]) -> dg.TableMetadataValue:
    """What is wrong with a sheet, and how to mend it."""
    names = ("severity", "row", "shot", "column", "value", "rule", "reason", "fix")
    return table(
        (
            {
                "severity": p.severity.value,
                "row": str(p.row or ""),
                "shot": p.shot,
                "column": p.column,
                "value": p.value,
                "rule": p.rule,
                "reason": p.reason,
                "fix": p.fix,
            }
            for p in problems
        ),
        dict.fromkeys(names, _STRING),
    )


def plan_table(plan: "Plan") -> dg.TableMetadataValue:
    """What a run would do, shot by shot."""
    columns = {
        "shot": _STRING,
        "state": _STRING,
        "takes_to_buy": _INT,
        "takes_stopped": _INT,
        "takes_shared": _INT,
        "estimate_usd": _FLOAT,
        "changes": _STRING,
        "reason": _STRING,
    }
    return table(
        (
            {
                "shot": line.shot,
                "state": line.state.value,
                "takes_to_buy": line.takes_to_buy,
                "takes_stopped": line.takes_stopped,
                "takes_shared": line.takes_shared,
                "estimate_usd": round(line.estimate_usd, 4),
                "changes": "; ".join(change.shown for change in line.changes),
                "reason": in_a_row(line.reason, line.advice),
            }
            for line in plan.lines
        ),
        columns,
    )


def caps_table(plan: "Plan") -> dg.TableMetadataValue:
    """How the caps of the budget stand before a run."""
    amounts = ("limit_usd", "spent_usd", "reserved_usd", "left_usd")
    return table(
        (cap.model_dump() | {"low": "yes" if cap.low else "no"} for cap in plan.caps),
        {"name": _STRING, **dict.fromkeys(amounts, _FLOAT), "low": _STRING},
    )


def takes_table(takes: Iterable[Take], began_at: Mapping[int, datetime]) -> dg.TableMetadataValue:
    """Takes as the ledger has them; `began_at` says since when each id was seen in progress."""
    columns = {
        "take": _STRING,
        "state": _STRING,
        "request_id": _STRING,
        "estimate_usd": _FLOAT,
        "cost_usd": _STRING,
        "waited_s": _STRING,
        "generated_s": _STRING,
        "service_s": _STRING,
    }
    return table(
        (
            {
                "take": take.name,
                "state": take.state.value,
                "request_id": take.request_id,
                "estimate_usd": take.estimate_usd,
                "cost_usd": "unknown yet" if take.cost_usd is None else f"{take.cost_usd:.4f}",
                "waited_s": _seconds(take.waited_s(began_at.get(take.id))),
                "generated_s": _seconds(take.generated_s(began_at.get(take.id))),
                "service_s": _seconds(take.service_time_s),
            }
            for take in takes
        ),
        columns,
    )


def _seconds(time_s: float | None) -> str | None:
    return None if time_s is None else f"{time_s:.1f}"


def findings_table(clips: Iterable[Clip], family: Family | None = None) -> dg.TableMetadataValue:
    """What every rule (of one family) says of every take."""
    names = ("take", "rule", "verdict", "measured", "limit", "sentence", "where")
    return table(
        (
            {
                "take": clip.take.name,
                "rule": finding.rule,
                "verdict": finding.verdict.value,
                "measured": finding.measured,
                "limit": finding.limit,
                "sentence": finding.sentence,
                "where": ", ".join(
                    f"{s.start_s:.2f} to {s.end_s:.2f} s" for s in finding.spans[:_PLACES_TOLD]
                ),
            }
            for clip in clips
            for finding in clip.findings
            if family is None or finding.family is family
        ),
        dict.fromkeys(names, _STRING),
    )


def family_metadata(family: Family, clips: Sequence[Clip]) -> Metadata:
    """The findings of one family of rules, and the frame of each take that is at fault."""
    facts: Metadata = {"findings": findings_table(clips, family)}
    for clip in clips:
        if frame := clip.evidence.get(family):
            name = "frame at fault" if len(clips) == 1 else f"{clip.take.name} frame at fault"
            facts[name] = picture(frame, f"{clip.take.name}: {family.value}")
    return facts


def picture(jpeg: bytes, alt: str, most_bytes: int = MAX_PICTURE_BYTES) -> dg.MarkdownMetadataValue:
    """A small picture inline; one that is too large for the event log is left out."""
    if len(jpeg) > most_bytes:
        return dg.MetadataValue.md(f"({alt}: too large to show here)")
    encoded = base64.b64encode(jpeg).decode()
    return dg.MetadataValue.md(f"![{alt}](data:image/jpeg;base64,{encoded})")


def request_metadata(
    request: GenerationRequest, estimate_usd: float | None, takes: int
) -> Metadata:
    """What will be asked of the service."""
    frame = request.first_frame
    facts: Metadata = {
        "prompt": dg.MetadataValue.text(request.prompt),
        "request": dg.MetadataValue.json(json.loads(json.dumps(request.canonical()))),
        "fingerprint": request.fingerprint,
        "takes": takes,
        "estimate_usd": "unknown" if estimate_usd is None else round(estimate_usd * takes, 4),
        "size": str(request.size),
        "duration_s": request.duration_s,
    }
    if frame is not None:
        facts["first_frame"] = dg.MetadataValue.path(frame.path)
        facts["first_frame_size"] = str(frame.size)
        facts |= _crop(request, frame)
    return facts


def _crop(request: GenerationRequest, frame: FirstFrame) -> Metadata:
    """What of the first frame will be filmed."""
    crop = request.crop
    if crop is None:
        return {}
    lost = crop.share_lost(frame.size)
    shown = _preview(frame, crop, f"what is filmed; {lost:.0%} is lost", longest_side=320)
    return {"what is filmed": shown, "first_frame_lost_percent": round(100 * lost, 1)}


def first_frame_picture(request: GenerationRequest) -> Metadata:
    """The picture that the take starts from, small; nothing if the request has none."""
    frame = request.first_frame
    if frame is None:
        return {}
    whole = Crop(0, 0, frame.size.width, frame.size.height)
    return {"first frame": _preview(frame, request.crop or whole, "first frame", longest_side=192)}


def _preview(
    frame: FirstFrame, crop: Crop, alt: str, *, longest_side: int
) -> dg.MarkdownMetadataValue:
    from seedance_assets.adapters.first_frame import crop_preview

    try:
        return picture(crop_preview(frame, crop, longest_side=longest_side), alt)
    except SeedanceError as exc:  # the picture was good a moment ago; its preview stops nobody
        return dg.MetadataValue.md(f"({exc})")


def world_metadata(scope: Scope) -> Metadata:
    """EMULATED or live, said plainly."""
    return {"world": scope.label, "service": scope.base}


def file_link(path: str) -> dg.MetadataValue:
    """A link to a file of ours, or the URL that it lies at."""
    return dg.MetadataValue.url(path if "://" in path else Path(path).absolute().as_uri())
