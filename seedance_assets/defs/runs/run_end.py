"""How a run has ended, read from what Dagster wrote down: few events, however many its shots."""

import dagster as dg

from seedance_assets.core.notice import RunOutcome, one_line
from seedance_assets.defs.runs.run_counts import counts_of
from seedance_assets.production.run_notice import RunEnd

OUTCOMES = {
    dg.DagsterRunStatus.SUCCESS: RunOutcome.SUCCESS,
    dg.DagsterRunStatus.FAILURE: RunOutcome.FAILURE,
    dg.DagsterRunStatus.CANCELED: RunOutcome.CANCELLED,
}


def run_end(instance: dg.DagsterInstance, run: dg.DagsterRun, page: str = "") -> RunEnd:
    """How a run has ended: the counts are its tags, the reasons stand in its one failure."""
    counts = counts_of(run)
    failed = counts.get("failed", 0)
    outcome = OUTCOMES[run.status]
    failure = own_failure(instance, run) if outcome is RunOutcome.FAILURE else None
    reasons = failure.metadata if failure is not None and failed else {}
    return RunEnd(
        run_id=run.run_id,
        outcome=outcome,
        asked=counts.get("asked"),
        done=counts.get("done"),
        failed=failed,
        reasons=tuple((shot, str(said.value)) for shot, said in reasons.items()),
        why="" if failed or outcome is not RunOutcome.FAILURE else _why(failure),
        page=page,
    )


def own_failure(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.Failure | None:
    """The failure that our own code raised at the end of a run."""
    records = instance.get_records_for_run(
        run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1
    ).records
    event = records[0].event_log_entry.dagster_event if records else None
    told = event.step_failure_data.user_failure_data if event else None
    return dg.Failure(told.description, told.metadata) if told else None


def _why(failure: dg.Failure | None) -> str:
    """Never the text of a foreign error: nobody knows what that may hold."""
    if failure is not None and failure.description:
        return one_line(failure.description)
    return "The run broke off; its page in Dagster says why."
