"""A sensor that downloads paid takes: it launches runs that may not buy.

It reads the ledger, not Dagster's runs: a take may have been ordered by a run that was terminated,
by a process that was killed, or on another host.
"""

import hashlib
import json
import time
from collections.abc import Sequence

import dagster as dg
from pydantic import BaseModel

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.take import Take
from seedance_assets.defs.assets.former_takes import waiting_takes
from seedance_assets.defs.assets.production_config import config_of
from seedance_assets.defs.assets.stages import OP, build_specs
from seedance_assets.defs.resources import production_of
from seedance_assets.defs.sensors.cursor import remembered
from seedance_assets.defs.sensors.dead_runs import NAMING_S, OWNER_TAG, is_dead, mark_dead_runs
from seedance_assets.defs.show import THE_SHOW, Show

JOB = "production"
COLLECTS_TAG = "seedance/collects"
"""On a run that this sensor has launched: how many takes it is to fetch."""
LOOK_EVERY_S = 60
LONGEST_PAUSE_S = 6 * 3600.0
_WAITING = {dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.CANCELING}
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class _Memory(BaseModel):
    """The sensor's cursor: what it last asked for, how often in vain, and when it asks again."""

    takes: str = ""
    tries: int = 0
    again_at: float = 0.0


def build_collector(show: Show = THE_SHOW, look_every_s: int | None = None) -> dg.SensorDefinition:
    """The sensor `collect_paid_takes`."""

    @dg.sensor(
        name=show.named("collect_paid_takes"),
        description=("Downloads, stores and measures paid takes. Spends nothing."),
        job_name=show.named(JOB),
        minimum_interval_seconds=look_every_s or LOOK_EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={show.production},
    )
    def collect_paid_takes(
        context: dg.SensorEvaluationContext,
    ) -> dg.SensorResult | dg.SkipReason:
        """Downloads, stores and measures paid takes that are not stored yet. Spends nothing.

        Includes takes of edited and retired rows. Waits while a production run is in progress. If
        a run downloads nothing, the pause before the next one doubles.
        """
        return _look(context, show)

    return collect_paid_takes


def _look(context: dg.SensorEvaluationContext, show: Show) -> dg.SensorResult | dg.SkipReason:
    mark_dead_runs(context.instance)
    production = production_of(context, show)
    if not production.environment.home.has_shot_list():
        return dg.SkipReason("No sheet has been read yet.")
    try:
        with production.open(to_buy=False) as opened:
            wanted, former = waiting_takes(opened, production.shot_list())
    except SeedanceError as exc:
        return dg.SkipReason(f"The ledger cannot be read: {exc}. {exc.advice}")
    if not wanted and not former:
        return dg.SkipReason("There is nothing to download.")
    if run_id := run_at_work(context.instance, show):
        return dg.SkipReason(f"Run {run_id} is working on shots.")
    memory, now = remembered(_Memory, context.cursor), time.time()
    digest = _digest([*wanted, *former])
    if digest != memory.takes:
        memory = _Memory(takes=digest)
    elif now < memory.again_at:
        wait_s = memory.again_at - now
        return dg.SkipReason(f"The last run downloaded nothing; the next starts in {wait_s:.0f} s.")
    # in vain: perhaps a first frame is not what it was, and the row asks for another take
    request = _request(wanted, former, f"{digest}-{now:.3f}", show, in_vain=bool(memory.tries))
    pause_s = min(LOOK_EVERY_S * 2.0 ** (memory.tries + 1), LONGEST_PAUSE_S)
    after = memory.model_copy(update={"tries": memory.tries + 1, "again_at": now + pause_s})
    return dg.SensorResult(run_requests=[request], cursor=after.model_dump_json())


def run_at_work(instance: dg.DagsterInstance, show: Show) -> str | None:
    """A run over shots that still lives; one whose process was killed does not count."""
    for record in instance.get_run_records(dg.RunsFilter(statuses=_AT_WORK)):
        run = record.dagster_run
        if not concerns_shots(run, show):
            continue
        owner = run.tags.get(OWNER_TAG)
        young = time.time() - record.create_timestamp.timestamp() < NAMING_S
        if (not is_dead(instance, run)) if owner else (young or run.status in _WAITING):
            return run.run_id
    return None


def concerns_shots(run: dg.DagsterRun, show: Show) -> bool:
    """Whether a run makes shots of the show: as its job, from the UI, or in a backfill."""
    if run.job_name == show.named(JOB):
        return True
    keys = {spec.key for spec in build_specs(show)}
    return bool(run.asset_selection and run.asset_selection & keys)


def _digest(takes: Sequence[Take]) -> str:
    text = json.dumps([(take.id, take.state.value) for take in takes])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _request(
    wanted: Sequence[Take], former: Sequence[Take], run_key: str, show: Show, *, in_vain: bool
) -> dg.RunRequest:
    options = RunOptions(
        buy=False,
        shots=tuple(sorted({take.shot for take in wanted})),
        former_takes=bool(former or in_vain),
    )
    return dg.RunRequest(
        run_key=run_key,
        run_config={"ops": {show.named(OP): {"config": config_of(options)}}},
        tags={COLLECTS_TAG: str(len(wanted) + len(former))},
    )
