"""From the line's events to Dagster's: few per shot, each with what a person wants to see."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from seedance_assets.core.quality import Family, Finding, Verdict
from seedance_assets.core.scope import Scope
from seedance_assets.core.stage import Stage
from seedance_assets.defs.assets.metadata import ShotMetadata
from seedance_assets.defs.assets.stages import INTACT_CHECK, REQUEST_CHECK
from seedance_assets.defs.assets.tables import (
    Metadata,
    family_metadata,
    request_metadata,
    world_metadata,
)
from seedance_assets.defs.runs.run_log import RunLog
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.production.events import Clip, LineEvent, RequestReady, ShotFailed, StageDone

Report = dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.AssetObservation
_Judged = tuple[tuple[dg.AssetKey, str], AssetCheckEvaluationTargetMaterializationData | None]
DATA_VERSION = "dagster/data_version"


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
        self._instance = context.instance
        self._last_judged: _Judged | None = None
        self._shot_metadata = ShotMetadata(scope)
        self._requests: dict[str, RequestReady] = {}
        self._measures = show.key(Stage.MEASUREMENTS.asset) in self._assets
        self._videos: dict[str, StageDone] = {}
        """Videos that are reported in a moment, as soon as they are measured."""

    def report(self, event: LineEvent) -> Iterator[Report]:
        """What Dagster should know of an event; most events are for the progress display only."""
        self._log.on_event(event)
        self._shot_metadata.on_event(event)
        match event:
            case RequestReady():
                self._requests[event.shot] = event
            case StageDone(stage=Stage.VIDEO) if self._measures:
                self._videos[event.shot] = event
            case StageDone():
                yield from self._video_of(event)
                yield from self._stage_done(event)
            case ShotFailed():
                yield from self._video_of(event)
                if event.stage is Stage.SHOT_REQUEST:
                    yield from self._check(
                        event.shot, Stage.SHOT_REQUEST, REQUEST_CHECK, False, event.reason
                    )

    def report_former(self, event: LineEvent) -> Iterator[Report]:
        """What Dagster should know of a take of a row as it was: it is no version of the asset."""
        self._log.on_event(event)
        self._shot_metadata.on_event(event)
        if isinstance(event, StageDone) and event.stage is Stage.MEASUREMENTS:
            yield dg.AssetObservation(
                self._show.key(Stage.VIDEO.asset),
                partition=event.shot,
                description=f"{event.clips[0].take.name}, of the row as it was, was downloaded.",
                metadata={**self._shot_metadata.video(event), **self._world},
            )

    def _video_of(self, event: LineEvent) -> Iterator[Report]:
        """The shot's video that is stored: with poster and verdicts, if it is measured by now."""
        video = self._videos.pop(event.shot, None)
        if video is not None:
            clips = event.clips if isinstance(event, StageDone) else video.clips
            yield from self._stage_done(replace(video, clips=clips))

    def _stage_done(self, event: StageDone) -> Iterator[Report]:
        key = self._show.key(event.stage.asset)
        if key in self._assets and not event.held:
            yield dg.AssetMaterialization(
                key,
                partition=event.shot,
                metadata={**self._metadata(event), **self._world},
                tags={DATA_VERSION: _data_version(event)},
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
                return self._shot_metadata.generation(event)
            case Stage.VIDEO:
                return self._shot_metadata.video(event)
            case Stage.MEASUREMENTS:
                return self._shot_metadata.measurements(event)

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
                target_materialization_data=self._judged(key, shot),
            )

    def _judged(
        self, key: dg.AssetKey, shot: str
    ) -> AssetCheckEvaluationTargetMaterializationData | None:
        """What a check judges: a lamp that does not say so is taken for one of an older clip."""
        if self._last_judged is None or self._last_judged[0] != (key, shot):
            records = self._instance.fetch_materializations(
                dg.AssetRecordsFilter(asset_key=key, asset_partitions=[shot]), limit=1
            ).records
            judged = [
                AssetCheckEvaluationTargetMaterializationData(
                    storage_id=r.storage_id, run_id=r.run_id, timestamp=r.timestamp
                )
                for r in records
            ]
            self._last_judged = (key, shot), next(iter(judged), None)
        return self._last_judged[1]


def _severity(findings: Iterable[Finding]) -> dg.AssetCheckSeverity:
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    return dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN


def _data_version(event: StageDone) -> str:
    """The content: the request's fingerprint, then the files' hashes."""
    if event.stage <= Stage.GENERATION:
        ids = [clip.take.request_id or "" for clip in event.clips]
        return "-".join([event.request.fingerprint, *ids])[:250]
    return "-".join(clip.take.video_sha256 or "" for clip in event.clips)[:250]


def _sentence(clip: Clip, finding: Finding) -> str:
    measured = f"{finding.measured} (limit: {finding.limit})"
    return f"{clip.take.name}: {finding.rule}: {measured}. {finding.sentence}"
