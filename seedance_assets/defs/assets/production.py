"""The line as Dagster assets: one partition per shot, one multi-asset, one run for many shots.

Each shot is reported the moment it passes a stage, as `AssetMaterialization(partition=…)` and
`AssetCheckEvaluation(partition=…)`. (An `Output` of a ranged run would claim every partition of the
range.) A failure at the end leaves the finished shots materialised and marks just the others.

A run gets its shots in one of two ways: as partitions, chosen in the UI or by a backfill; or by
name in the configuration, which reaches scattered shots in one run. In the second way Dagster does
not know beforehand which partitions are meant, so the run announces them itself.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from seedance_assets.core.errors import SeedanceError, UsageError
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.sentences import counted
from seedance_assets.core.shot import ShotList
from seedance_assets.core.stage import Stage
from seedance_assets.defs.assets.former_takes import former_takes
from seedance_assets.defs.assets.partitions import register_shots, shots_of_run
from seedance_assets.defs.assets.production_config import ProductionConfig
from seedance_assets.defs.assets.stages import OP, build_checks, build_specs, stage_of
from seedance_assets.defs.assets.tables import plan_table
from seedance_assets.defs.resources import production_of
from seedance_assets.defs.runs.boundary import error_boundary
from seedance_assets.defs.runs.event_log_cache import cached_event_log
from seedance_assets.defs.runs.planned_events import PlannedEvents
from seedance_assets.defs.runs.pool import await_turn
from seedance_assets.defs.runs.reporting import Report, Reporter
from seedance_assets.defs.runs.run_lineage import runs_of_the_same_request
from seedance_assets.defs.runs.run_locks import holding_lock
from seedance_assets.defs.runs.run_of_shots import RunOfShots
from seedance_assets.defs.runs.signals import Signals, uninterrupted
from seedance_assets.defs.sensors.backfills import shots_per_run
from seedance_assets.defs.sensors.dead_runs import POOL, owner_tags
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.production.events import LineEvent

if TYPE_CHECKING:
    from seedance_assets.production.production_context import ProductionContext

Watch = Callable[[LineEvent], None]


def build_production(
    watch: Watch,
    *,
    interrupt_cancels: Callable[[], bool],
    listening: Signals | None = None,
    show: Show = THE_SHOW,
) -> dg.AssetsDefinition:
    """The four partitioned assets.

    `watch` hears every event of the line, in the line's own thread. `interrupt_cancels` is asked
    when a signal has come: whether the service is to cancel what is queued, as Terminate in the UI
    means it. `listening` are signals that were listened for before the run began.
    """

    @dg.multi_asset(
        name=show.named(OP),
        specs=build_specs(show),
        check_specs=build_checks(show),
        partitions_def=show.partitions,
        can_subset=True,
        required_resource_keys={show.production},
        backfill_policy=dg.BackfillPolicy.multi_run(shots_per_run()),
        pool=POOL,
    )
    def production(
        context: dg.AssetExecutionContext, config: ProductionConfig
    ) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.AssetObservation]:
        context.log.addFilter(_is_no_false_alarm)
        with error_boundary(context):
            options = _options(context, config)
            signals = listening or Signals()
            with holding_lock(context.instance, context.run.run_id):
                with uninterrupted():
                    context.instance.add_run_tags(context.run.run_id, owner_tags())
                if options.dry_run:
                    yield _simulated(context, options, show)
                    return
                yield from signals.between(
                    _made(
                        context,
                        options,
                        show,
                        watch,
                        signals,
                        lambda: interrupt_cancels() or _terminated(context),
                        reports=listening is None,
                    )
                )

    return production


def _is_no_false_alarm(record: logging.LogRecord) -> bool:
    """Dagster misses outputs, which this op has none of: its checks are reported shot by shot."""
    return "did not yield or return expected outputs" not in record.getMessage()


def _made(
    context: dg.AssetExecutionContext,
    options: RunOptions,
    show: Show,
    watch: Watch,
    signals: Signals,
    cancels: Callable[[], bool],
    *,
    reports: bool,
) -> Generator[Report, None, None]:
    """The run's shots, made in its turn. Raises how the run ends, if not all of them are.

    `reports`: the run's end is its report; else whoever started it reports what it has made.
    """
    from seedance_assets.production.line_thread import LineThread

    await_turn(context, signals)
    production = production_of(context, show)
    shot_list = production.shot_list()
    asked, announcement = _asked(context, options, shot_list, show)
    if options.approved:
        shot_list = production.approved_shot_list(asked)
    with (
        cached_event_log(context.instance, context.run.run_id),
        production.open(to_buy=options.buy) as opened,
        production.serve() as address,
    ):

        def line_thread_of(keys: Sequence[str], attempt: int) -> LineThread:
            if attempt:
                opened.frames.forget_passing_failures()
            return LineThread(
                opened,
                address,
                replace(
                    options,
                    retry_failed=options.retry_failed and attempt == 0,
                    same_runs=_same_runs(context, options),
                ),
                shot_list,
                shot_list.only(keys),
                watch,
                cancels=cancels,
            )

        made = RunOfShots(
            context,
            show,
            reporter=Reporter(context, opened.scope, show),
            announcement=announcement,
            signals=signals,
            retries=options.retries,
            retry_wait_s=options.retry_wait_s,
        )
        former = former_takes(opened, shot_list) if options.former_takes else ()
        with _backed_up(context, opened, production.environment.home.backups):
            yield from made.reports(asked, shot_list, line_thread_of, former)
        if reports and options.retake:
            opened.ledger.report_retakes(opened.scope.key, options.retake, asked)
    signals.stop_if_requested()
    if made.failed:
        raise made.ending()


@contextmanager
def _backed_up(
    context: dg.AssetExecutionContext, production: "ProductionContext", folder: Path
) -> Iterator[None]:
    """Copy the ledger before the run and after it; a copy that fails is only a warning."""
    for moment in ("before", "after"):
        try:
            production.ledger.back_up(folder)
        except SeedanceError as exc:
            context.log.warning("No backup of the ledger %s the run: %s", moment, exc)
        if moment == "before":
            yield


def _simulated(
    context: dg.AssetExecutionContext,
    options: RunOptions,
    show: Show,
) -> dg.AssetObservation:
    """What the run would do, as the plan says it."""
    from seedance_assets.wiring import plan_production

    production = production_of(context, show)
    shot_list = production.shot_list()
    keys = _of_partitions(context) if _by_partition(context) else _named(options, shot_list)
    whole = {*keys} == {shot.key for shot in shot_list.shots}
    only = None if whole else keys  # the whole plan tells of bad and retired rows, too
    with production.open() as opened:
        plan = plan_production(
            production.environment, opened, shot_list, only=only, options=options
        )
        digest = opened.plans.save(plan.record)
    said = "Nothing would be bought: this run only downloads what is paid for."
    if options.buy:
        cost = f"for about {plan.estimate_usd:.2f} USD" if plan.price_known else "at any price"
        said = f"{counted(plan.takes_to_buy, 'take')} would be bought, {cost}."
    if absent := shot_list.absent(keys):
        said += f" These would fail, as {shot_list.name} has no such shots: {', '.join(absent)}."
    context.log.info("dry run: %s", said)
    return dg.AssetObservation(
        show.key("generation"),
        description=f"Dry run: {said} Nothing was done.",
        metadata={
            "plan_digest": digest,
            "takes_to_buy": plan.takes_to_buy,
            "takes_stopped": plan.takes_stopped,
            "estimate_usd": round(plan.estimate_usd, 4) if plan.price_known else "unknown",
            "plan": plan_table(plan),
        },
    )


def _asked(
    context: dg.AssetExecutionContext, options: RunOptions, shot_list: ShotList, show: Show
) -> tuple[Sequence[str], PlannedEvents]:
    """The shots of this run; and those among them that Dagster does not know of yet."""
    if _by_partition(context):
        return _of_partitions(context), PlannedEvents(context, show)
    keys = _named(options, shot_list)
    listed = [shot.key for shot in shot_list.only(keys)]  # a slip of the pen is no partition
    register_shots(context.instance, listed, show)
    return keys, PlannedEvents(context, show, listed)


def _named(options: RunOptions, shot_list: ShotList) -> list[str]:
    """The shots of a run without partitions."""
    if options.shots or options.former_takes:
        return [*options.shots]
    return [shot.key for shot in shot_list.shots]


def _of_partitions(context: dg.AssetExecutionContext) -> list[str]:
    """Raises `UsageError` if nobody knows any more which shots were meant."""
    if keys := shots_of_run(context.instance, context.run):
        return keys
    raise UsageError(
        "the range of this run holds no shot any more: the partitions that it names have changed",
        advice="Select the shots again and materialize them.",
    )


def _by_partition(context: dg.AssetExecutionContext) -> bool:
    return bool(context.has_partition_key or context.has_partition_key_range)


def _options(context: dg.AssetExecutionContext, config: ProductionConfig) -> RunOptions:
    """What the Launchpad says, for this run and its selected assets. Raises `UsageError`."""
    options = config.options()
    stages = {stage_of(key) for key in context.selected_asset_keys}
    until = max(stages)
    return replace(
        options,
        buy=options.buy and Stage.GENERATION in stages,
        # what was paid for is fetched at once, whatever was selected: results expire
        until=Stage.VIDEO if until is Stage.GENERATION else until,
        run_id=context.run.run_id,
        asked_at=_asked_at(context),
        same_runs=_same_runs(context, options),
    )


def _same_runs(context: dg.AssetExecutionContext, options: RunOptions) -> frozenset[str]:
    if not options.retake:
        return frozenset()
    return runs_of_the_same_request(context.instance, context.run)


def _asked_at(context: dg.AssetExecutionContext) -> datetime:
    """When the run was launched: a second try of its shots is asked for no later than that."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return record.create_timestamp.astimezone(UTC) if record else datetime.now(UTC)


def _terminated(context: dg.AssetExecutionContext) -> bool:
    """Whether a person pressed Terminate, which Dagster writes down; a bare signal leaves no trace.

    The run's status does not do: it may be CANCELED by now, after either.
    """
    pressed = context.instance.get_records_for_run(
        context.run.run_id, of_type=dg.DagsterEventType.PIPELINE_CANCELING, limit=1
    )
    return bool(pressed.records)
