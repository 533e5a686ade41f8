"""From the line's events to Dagster's: few per shot, each with what a person wants to see."""

from collections.abc import Iterable, Iterator

import dagster as dg

from seedance_assets.core.quality import Family, Finding, Verdict
from seedance_assets.core.scope import Scope
from seedance_assets.defs.run_log import RunLog
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.defs.tables import (
    Metadata,
    family_metadata,
    file_link,
    findings_table,
    picture,
    request_metadata,
    takes_table,
    world_metadata,
)
from seedance_assets.production.events import (
    Clip,
    LineEvent,
    RequestReady,
    ShotFailed,
    Stage,
    StageDone,
)

REQUEST_CHECK = "request_valid"
INTACT_CHECK = "video_intact"

Report = dg.AssetMaterialization | dg.AssetCheckEvaluation
_DATA_VERSION = "dagster/data_version"


class Reporter:
    """Reports the shots of one run."""

    def __init__(
        self, context: dg.AssetExecutionContext, scope: Scope, show: Show = THE_SHOW
    ) -> None:
        self._show = show
        self._log = RunLog(context.log)
        self._assets = context.selected_asset_keys
        self._checks = context.selected_asset_check_keys
        self._world = world_metadata(scope)
        self._requests: dict[str, RequestReady] = {}

    def report(self, event: LineEvent) -> Iterator[Report]:
        """What Dagster should know of an event; most events are for the progress display only."""
        self._log.hear(event)
        match event:
            case RequestReady():
                self._requests[event.shot] = event
            case StageDone():
                yield from self._stage_done(event)
            case ShotFailed(stage=Stage.SHOT_REQUEST):
                yield from self._check(
                    event.shot, Stage.SHOT_REQUEST, REQUEST_CHECK, False, event.reason
                )

    def _stage_done(self, event: StageDone) -> Iterator[Report]:
        key = self._show.key(event.stage.asset)
        if key in self._assets and not event.held:
            yield dg.AssetMaterialization(
                key,
                partition=event.shot,
                metadata={**self._world, **self._metadata(event)},
                tags={_DATA_VERSION: _data_version(event)},
            )
        if event.stage is Stage.SHOT_REQUEST:
            yield from self._check(
                event.shot, event.stage, REQUEST_CHECK, True, f"{event.shot}: as the model asks."
            )
        elif event.stage is Stage.MEASUREMENTS:
            yield from self._verdicts(event)

    def _metadata(self, event: StageDone) -> Metadata:
        match event.stage:
            case Stage.SHOT_REQUEST:
                ready = self._requests[event.shot]
                return request_metadata(ready.request, ready.estimate_usd, ready.takes)
            case Stage.GENERATION:
                return _generation(event)
            case Stage.VIDEO:
                return _video(event)
            case Stage.MEASUREMENTS:
                return _measurements(event)

    def _verdicts(self, event: StageDone) -> Iterator[Report]:
        for family in Family:
            found = [(c, f) for c in event.clips for f in c.findings if f.family is family]
            wrong = [(c, f) for c, f in found if f.verdict is not Verdict.PASS]
            if not found:
                continue  # nothing to judge: no sound was asked for, or no picture given
            intact = family is Family.INTACT
            yield from self._check(
                event.shot,
                Stage.VIDEO if intact else event.stage,
                INTACT_CHECK if intact else family.value,
                not wrong,
                " ".join(_sentence(c, f) for c, f in wrong) or f"{event.shot}: {family.sentence}",
                _severity(f for _, f in wrong),
                family_metadata(family, event.clips),
            )

    def _check(
        self,
        shot: str,
        stage: Stage,
        name: str,
        passed: bool,
        sentence: str,
        severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
        metadata: Metadata | None = None,
    ) -> Iterator[Report]:
        key = self._show.key(stage.asset)
        if dg.AssetCheckKey(key, name) in self._checks:
            yield dg.AssetCheckEvaluation(
                asset_key=key,
                check_name=name,
                passed=passed,
                partition=shot,
                severity=severity,
                description=sentence,
                metadata={**self._world, **(metadata or {})},
            )


def _severity(findings: Iterable[Finding]) -> dg.AssetCheckSeverity:
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    return dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN


def _data_version(event: StageDone) -> str:
    """The content: the request's fingerprint, then the files' hashes."""
    if event.stage <= Stage.GENERATION:
        ids = [clip.take.request_id or "" for clip in event.clips]
        return "-".join([event.request.fingerprint, *ids])[:250]
    return "-".join(clip.take.video_sha256 or "" for clip in event.clips)[:250]


def _generation(event: StageDone) -> Metadata:
    takes = [clip.take for clip in event.clips]
    bought = [clip.take for clip in event.clips if clip.bought]
    times_s = [t.service_time_s for t in takes if t.service_time_s is not None]
    facts: Metadata = {
        "takes": takes_table(takes),
        "bought_in_this_run": len(bought),
        "paid_in_this_run_usd": round(sum(_price(t.cost_usd, t.estimate_usd) for t in bought), 4),
        "request_id": ", ".join(t.request_id or "" for t in takes),
        "fingerprint": event.request.fingerprint,
        "prompt": event.request.prompt,
        "cost_usd": round(sum(_price(t.cost_usd, t.estimate_usd) for t in takes), 4),
    }
    silent = [clip.take.name for clip in event.clips if clip.silent_fallback]
    if silent:
        facts["silent_by_fallback"] = ", ".join(silent)
    if times_s:
        facts["service_time_s"] = round(sum(times_s) / len(times_s), 2)
    return facts


def _price(cost: float | None, estimate: float | None) -> float:
    return cost if cost is not None else estimate or 0.0


def _video(event: StageDone) -> Metadata:
    facts: Metadata = {}
    for clip in event.clips:
        prefix = "" if len(event.clips) == 1 else f"{clip.take.name} "
        facts[f"{prefix}file"] = file_link(clip.take.video_path or "")
        facts[f"{prefix}sha256"] = clip.take.video_sha256 or ""
    return facts


def _measurements(event: StageDone) -> Metadata:
    facts: Metadata = {}
    for clip in event.clips:
        m = clip.measurements
        if m is None:
            continue
        prefix = "" if len(event.clips) == 1 else f"{clip.take.name} "
        facts[f"{prefix}poster strip"] = picture(
            clip.strip, f"{clip.take.name}, {_world(m.container.comment)}"
        )
        facts[f"{prefix}file"] = file_link(clip.take.video_path or "")
        facts[f"{prefix}size"] = f"{m.video.width_px}×{m.video.height_px}"
        facts[f"{prefix}duration_s"] = round(m.video.duration_s, 3)
        facts[f"{prefix}frames"] = m.video.frames_decoded
        facts[f"{prefix}size_bytes"] = m.container.size_bytes
        facts[f"{prefix}sound"] = (
            f"{m.audio.codec}, {m.audio.sample_rate_hz} Hz, {m.audio.channels} ch"
            if m.audio
            else "none"
        )
        facts |= {f"{prefix}{name}": value for name, value in _plotted(clip).items()}
    return facts | {"findings": findings_table(event.clips)}


def _plotted(clip: Clip) -> dict[str, float]:
    """Each rule's figure with its unit: Dagster's UI plots them over time."""
    return {
        f"{f.rule} [{f.unit}]" if f.unit else f.rule: f.measured_value
        for f in clip.findings
        if f.measured_value is not None
    }


def _world(comment: str) -> str:
    return "EMULATED" if comment.startswith("EMULATED") else "clip"


def _sentence(clip: Clip, finding: Finding) -> str:
    measured = f"{finding.measured} (limit: {finding.limit})"
    return f"{clip.take.name}: {finding.rule}: {measured}. {finding.sentence}"
