"""Advice in the words of Dagster's UI: whoever reads it there has no terminal at hand."""

from dataclasses import replace

from seedance_assets.core.errors import AnswerLost, TakeUnknown
from seedance_assets.defs.jobs.resolve_unknown_take import JOB
from seedance_assets.defs.show import Show
from seedance_assets.production.events import LineEvent, ShotFailed

_IN_DOUBT = {AnswerLost.code, TakeUnknown.code}
_FIELDS = {
    "--retry-failed": "`retry_failed: true` in the Launchpad (`--retry-failed` in the terminal)",
    "--accept-unknown-cost (accept_unknown_cost in a run's configuration)": (
        "`accept_unknown_cost: true` in the Launchpad (`--accept-unknown-cost` in the terminal)"
    ),
}


def in_ui_terms(event: LineEvent, show: Show) -> LineEvent:
    """The event; advice names the Launchpad's fields, and the job for takes in doubt."""
    if not isinstance(event, ShotFailed):
        return event
    advice = event.advice
    for option, field in _FIELDS.items():
        advice = advice.replace(option, field)
    if event.kind in _IN_DOUBT:
        advice = f"{advice} In Dagster's UI, the job `{show.named(JOB)}` does either."
    return replace(event, advice=advice)
