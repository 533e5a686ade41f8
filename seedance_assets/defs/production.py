"""The line as Dagster assets: one partition per shot, one multi-asset, one run for many shots.

Each shot is reported the moment it passes a station, as `AssetMaterialization(partition=…)` and
`AssetCheckEvaluation(partition=…)`. (An `Output` of a ranged run would claim every partition of the
range.) A failure at the end leaves the finished shots materialised and marks just the others.

A run gets its shots in one of two ways: as partitions, chosen in the UI or by a backfill; or by
name in the configuration, which reaches scattered shots in one run. In the second way Dagster does
not know beforehand which partitions are meant, so the run announces them itself.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData
from pydantic import Field

from seedance_assets.core.quality import RULES, Family
from seedance_assets.core.shot import LONGEST_REASON, MAX_TAKES, ShotList
from seedance_assets.defs.backfills import (
    FAILURES_TOLD,
    Companions,
    reasons,
    shots_per_process,
    shots_per_run,
)
from seedance_assets.defs.boundary import error_boundary
from seedance_assets.defs.dead_runs import POOL, owner_tags
from seedance_assets.defs.partitions import register_shots
from seedance_assets.defs.pool import await_turn
from seedance_assets.defs.reporting import INTACT_CHECK, REQUEST_CHECK, Reporter
from seedance_assets.defs.resources import StudioResource, studio_of
from seedance_assets.defs.settling import with_way_out
from seedance_assets.defs.show import FREE, THE_SHOW, Show
from seedance_assets.defs.tables import plan_table
from seedance_assets.defs.tally import Tally
from seedance_assets.production.events import LineEvent, ShotFailed, Stage

if TYPE_CHECKING:
    from seedance_assets.production.orders import Instructions

GROUP = "production"
OP = "production_line"  # a job may not bear an op's name
Watch = Callable[[LineEvent], None]


class ProductionConfig(dg.Config):
    """What this run may do."""

    shots: list[str] = Field(
        default_factory=list,
        description="Shots by name, for a run without partitions. Empty: all of the list.",
    )
    buy: bool = Field(
        default=True,
        description="Whether this run may spend money. If not, it collects what is paid for.",
    )
    retry_failed: bool = Field(
        default=False,
        description="Pay again for takes that failed at the service. Costs money.",
    )
    max_cost_usd: float | None = Field(
        default=None,
        ge=0,
        description="The most that this run may spend, in USD, beside the production's caps.",
    )
    accept_unknown_cost: bool = Field(
        default=False,
        description="Buy even if nobody can say what a take costs. Costs money.",
    )
    takes: int | None = Field(
        default=None,
        ge=1,
        le=MAX_TAKES,
        description="How many takes of each shot, instead of the sheet's number.",
    )
    retake: str = Field(
        default="",
        max_length=LONGEST_REASON,
        description=(
            "A reason, such as `the gull is missing`: one take more of each shot than there is, of "
            "the same request. It stands in the take's history. Costs money."
        ),
    )
    dry_run: bool = Field(
        default=False,
        description="Only say what the run would do and cost. Nothing is bought, fetched or made.",
    )
    retries: int = Field(
        default=1,
        ge=0,
        le=10,
        description="How often the step tries again what failed for a passing reason. Free.",
    )
    retry_wait_s: int = Field(default=10, ge=0, description="Seconds before it does.")


def build_specs(show: Show = THE_SHOW) -> list[dg.AssetSpec]:
    """The four stations."""
    return [
        dg.AssetSpec(
            show.key("shot_request"),
            deps=[show.key("shot_list")],
            skippable=True,
            group_name=show.named(GROUP),
            owners=list(show.owners),
            tags=FREE,
            kinds={"json"},
            description=(
                "The exact input that the service will be sent, its first frame fetched, verified "
                "and hashed. Free."
            ),
        ),
        dg.AssetSpec(
            show.key("generation"),
            deps=[show.key("shot_request")],
            skippable=True,
            group_name=show.named(GROUP),
            owners=list(show.owners),
            kinds={"video", "api"},
            tags={"costs": "money"},
            description=(
                "**The only asset that costs money.** Each take is ordered once, written down "
                "before it is sent, and found again by its content whatever died meanwhile."
            ),
        ),
        dg.AssetSpec(
            show.key("video"),
            deps=[show.key("generation")],
            skippable=True,
            group_name=show.named(GROUP),
            owners=list(show.owners),
            tags=FREE,
            kinds={"mp4"},
            description="The clip on our own storage, whole and hashed. Free to repeat.",
        ),
        dg.AssetSpec(
            show.key("measurements"),
            deps=[show.key("video")],
            skippable=True,
            group_name=show.named(GROUP),
            owners=list(show.owners),
            tags=FREE,
            kinds={"json"},
            description="Raw quality figures of the clip, and what each rule says of them. Free.",
        ),
    ]


def build_checks(show: Show = THE_SHOW) -> list[dg.AssetCheckSpec]:
    """What is checked of each shot."""
    return [
        dg.AssetCheckSpec(
            REQUEST_CHECK,
            asset=show.key("shot_request"),
            description="The request keeps the model's rules.",
        ),
        dg.AssetCheckSpec(
            INTACT_CHECK,
            asset=show.key("video"),
            description="Every frame of the clip can be decoded.",
        ),
        *(
            dg.AssetCheckSpec(
                family.value,
                asset=show.key("measurements"),
                description=family.sentence,
                metadata={rule.name: rule.sentence for rule in RULES if rule.family is family},
            )
            for family in Family
            if family is not Family.INTACT
        ),
    ]


def build_production(
    watch: Watch, *, interrupt_cancels: Callable[[], bool], show: Show = THE_SHOW
) -> dg.AssetsDefinition:
    """The four partitioned assets.

    `watch` hears every event of the line, in the line's own thread. `interrupt_cancels` is asked
    when a signal has come: whether the service is to cancel what is queued, as Terminate in the UI
    means it.
    """

    @dg.multi_asset(
        name=show.named(OP),
        specs=build_specs(show),
        check_specs=build_checks(show),
        partitions_def=show.partitions,
        can_subset=True,
        required_resource_keys={show.studio},
        backfill_policy=dg.BackfillPolicy.multi_run(shots_per_run()),
        pool=POOL,
    )
    def production(
        context: dg.AssetExecutionContext, config: ProductionConfig
    ) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.AssetObservation]:
        from seedance_assets.production.filming import Filming

        studio = studio_of(context, show)
        with error_boundary():
            context.instance.add_run_tags(context.run.run_id, owner_tags())
            if config.dry_run:
                yield _rehearsed(context, config, studio, show)
                return
            await_turn(context)
            shot_list = studio.shot_list()
            keys, done = _choose(context, config, shot_list, show)
            companions = Companions(context, show, last_try=_is_last_try(context, config))
            tally = Tally(context, len(keys))
            keys += companions.join(shots_per_process() - len(keys))
            companions.decided(done)
            failures: list[ShotFailed] = []
            with studio.open() as opened, studio.serve() as address:
                reporter = Reporter(context, opened.scope, show)
                while keys := [key for key in keys if key not in done]:
                    filming = Filming(
                        opened,
                        address,
                        _instructions(context, config),
                        shot_list,
                        shot_list.only(keys),
                        watch,
                        cancels=lambda: interrupt_cancels() or _terminated(context),
                    )
                    try:
                        for said in chain(_absent(keys, shot_list), filming.events()):
                            event = with_way_out(said, show)
                            if not companions.concern(event.shot):
                                tally.hear(event)
                                if isinstance(event, ShotFailed):
                                    failures.append(event)
                            yield from reporter.report(event)
                            companions.heard(event)
                    finally:
                        # A signal that lands while Dagster writes an event raises nothing here:
                        # then this generator is closed. So why we end is asked, not caught.
                        filming.stop(cancel_queued=filming.cancels())
                        tally.write(failed=len(failures))
                    done |= set(keys)
                    keys = companions.join(shots_per_process() - len(done))
        if failures or companions.wants_another_try:
            raise _ending(context, config, failures, again=companions.wants_another_try)

    return production


def _rehearsed(
    context: dg.AssetExecutionContext,
    config: ProductionConfig,
    studio: StudioResource,
    show: Show,
) -> dg.AssetObservation:
    """What the run would do, as the plan says it."""
    from seedance_assets.wiring import plan_production

    by_name = not (context.has_partition_key or context.has_partition_key_range)
    keys = (config.shots or None) if by_name else list(context.partition_keys)
    with studio.open() as opened:
        plan = plan_production(
            studio.environment,
            opened,
            studio.shot_list(),
            only=keys,
            instructions=_instructions(context, config),
        )
    said = f"{plan.takes_to_buy} takes would be bought, for about {plan.estimate_usd:.2f} USD"
    context.log.info("dry run: %s", said)
    return dg.AssetObservation(
        show.key("generation"),
        description=f"Dry run: {said}. Nothing was done.",
        metadata={
            "takes_to_buy": plan.takes_to_buy,
            "takes_stopped": plan.takes_stopped,
            "estimate_usd": round(plan.estimate_usd, 4) if plan.price_known else "unknown",
            "plan": plan_table(plan),
        },
    )


def _choose(
    context: dg.AssetExecutionContext, config: ProductionConfig, shot_list: ShotList, show: Show
) -> tuple[list[str], set[str]]:
    """The shots of this run; and those that it has made before this try."""
    if context.has_partition_key or context.has_partition_key_range:
        keys = list(context.partition_keys)
    else:
        keys = config.shots or [shot.key for shot in shot_list.shots]
        if context.op_execution_context.retry_number == 0:
            _announce(context, keys, show)
    done = _done_in_this_run(context) if context.op_execution_context.retry_number else set()
    return list(keys), done


def _is_last_try(context: dg.AssetExecutionContext, config: ProductionConfig) -> bool:
    return context.op_execution_context.retry_number >= config.retries


def _announce(context: dg.AssetExecutionContext, keys: Sequence[str], show: Show) -> None:
    """Tell Dagster which partitions this run means to make, as it does itself for a range."""
    register_shots(context.instance, keys, show)
    for key in keys:
        for asset in sorted(context.selected_asset_keys):
            planned = dg.DagsterEvent.build_asset_materialization_planned_event(
                context.run.job_name,
                show.named(OP),
                AssetMaterializationPlannedData(asset, partition=key),
            )
            context.instance.report_dagster_event(planned, context.run.run_id)


def _done_in_this_run(context: dg.AssetExecutionContext) -> set[str]:
    records = context.instance.get_records_for_run(
        context.run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records
    last = max(context.selected_asset_keys, key=_stage)
    made = (record.event_log_entry.asset_materialization for record in records)
    return {m.partition for m in made if m is not None and m.asset_key == last and m.partition}


def _stage(key: dg.AssetKey) -> Stage:
    return Stage[key.path[-1].upper()]


def _absent(keys: Sequence[str], shot_list: ShotList) -> Iterator[ShotFailed]:
    """A failure for each shot that was asked for and is not in the list."""
    listed = {shot.key for shot in shot_list.shots}
    for key in keys:
        if key in listed:
            continue
        reasons_of_it = [str(problem) for problem in shot_list.errors if problem.shot == key]
        yield ShotFailed(
            key,
            Stage.SHOT_REQUEST,
            kind="ShotRefused",
            reason=" ".join(reasons_of_it) or f"shot {key} is not in {shot_list.name}",
            advice="Correct the sheet and materialise `shot_list` again; nothing was paid for.",
            retryable=False,
        )


def _instructions(context: dg.AssetExecutionContext, config: ProductionConfig) -> "Instructions":
    from seedance_assets.production.orders import Instructions

    stages = {_stage(key) for key in context.selected_asset_keys}
    until = max(stages)
    return Instructions(
        buy=config.buy and Stage.GENERATION in stages,
        retry_failed=config.retry_failed and context.op_execution_context.retry_number == 0,
        # what was paid for is fetched at once, whatever was selected: results expire
        until=Stage.VIDEO if until is Stage.GENERATION else until,
        run_id=context.run.run_id,
        max_cost_usd=config.max_cost_usd,
        takes=config.takes,
        retake=config.retake.strip(),
        same_runs=frozenset(filter(None, (context.run.root_run_id, context.run.parent_run_id))),
        accept_unknown_cost=config.accept_unknown_cost,
        asked_at=_asked_at(context),
    )


def _asked_at(context: dg.AssetExecutionContext) -> datetime:
    """When the run was launched: a retry of its step is asked for no later than that."""
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


def _ending(
    context: dg.AssetExecutionContext,
    config: ProductionConfig,
    failures: Sequence[ShotFailed],
    *,
    again: bool,
) -> Exception:
    """How a run with failed shots ends: once more for passing reasons, else with every reason."""
    again = again or any(f.retryable for f in failures)
    if again and not _is_last_try(context, config):
        return dg.RetryRequested(config.retries, seconds_to_wait=config.retry_wait_s)
    return dg.Failure(
        description=reasons(failures),
        metadata={f.shot: f"{f.reason}. {f.advice}" for f in failures[:FAILURES_TOLD]},
        allow_retries=False,
    )
