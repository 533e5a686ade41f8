"""Advice in the words of Dagster's UI: whoever reads it there has no terminal at hand."""

from dataclasses import replace

from seedance_assets.core.next_step import Action, NextStep, in_terminal
from seedance_assets.defs.jobs.resolve_unknown_take import JOB
from seedance_assets.defs.show import Show
from seedance_assets.production.events import LineEvent, ShotFailed


def in_ui_terms(event: LineEvent, show: Show) -> LineEvent:
    """The event; advice names the Launchpad's fields, and the job for unknown takes."""
    if isinstance(event, ShotFailed) and event.next_step is not None:
        return replace(event, advice=_in_ui(event.next_step, show))
    return event


def _in_ui(step: NextStep, show: Show) -> str:
    match step.action:
        case Action.RETRY_FAILED | Action.ACCEPT_UNKNOWN_COST:
            return step.with_option(f"`{step.action}: true` in the Launchpad")
        case Action.RESOLVE_UNKNOWN:
            job = show.named(JOB)
            return f"{in_terminal(step)} In Dagster's UI, the job `{job}` does either."
        case Action.ADOPT:
            return f"{in_terminal(step)} In Dagster's UI, the job `{show.named(JOB)}` does it."
