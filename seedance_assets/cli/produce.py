"""`seedance produce`: the whole production in the terminal, with progress."""

import math
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedance_assets.adapters.ledger import ledger_is_there, open_ledger
from seedance_assets.cli.output import (
    failure_facts,
    keep_defects,
    show_failures,
    show_plan,
    show_problems,
    show_reading,
    show_world,
)
from seedance_assets.cli.progress import RunProgress, show_progress
from seedance_assets.cli.stopping import detached_takes, show_detached
from seedance_assets.cli.terminal import Terminal, printed_json
from seedance_assets.core.errors import InputError, SheetRefused, UsageError
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.scope import Scope
from seedance_assets.core.sentences import counted
from seedance_assets.core.shot import MAX_TAKES, ShotList
from seedance_assets.production.ordering.take_records import find_unrecorded
from seedance_assets.production.planning.plan import Plan
from seedance_assets.production.production_context import ProductionContext
from seedance_assets.wiring import (
    Environment,
    is_elsewhere,
    open_production,
    plan_production,
    read_production,
)

if TYPE_CHECKING:
    from seedance_assets.defs.assets.intake import Reading


def _amount(_context: click.Context, _option: click.Parameter, usd: float | None) -> float | None:
    """A sum; `FloatRange` lets `nan` and `inf` pass."""
    if usd is not None and not math.isfinite(usd):
        raise click.BadParameter(f"{usd} is not an amount of USD. Give a number, e.g. 5.")
    return usd


@click.command(epilog="Example:  seedance produce data/shots.csv --shots sq010_sh010,sq010_sh020")
@click.argument("sheet")
@click.option("--shots", "chosen", help="Only these shots: names separated by commas.")
@click.option(
    "--takes",
    type=click.IntRange(1, MAX_TAKES),
    metavar="N",
    help="Number of takes of each shot, instead of the sheet's.",
)
@click.option(
    "--retake",
    default="",
    metavar="REASON",
    help="Buy one more take of each shot; the reason is recorded in its history.",
)
@click.option(
    "--retry-failed", is_flag=True, help="Pay again for takes that failed at the service."
)
@click.option(
    "--max-cost",
    "max_cost_usd",
    type=click.FloatRange(0),
    metavar="USD",
    callback=_amount,
    help="Spend no more than this in this run.",
)
@click.option(
    "--accept-unknown-cost", is_flag=True, help="Buy even if the price of a take is unknown."
)
@click.option("--yes", is_flag=True, help="Spend without asking.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output at the end."
)
def produce(
    sheet: str,
    chosen: str | None,
    yes: bool,
    as_json: bool,
    **asked: Any,
) -> int:
    """Make the shots of SHEET: order, wait, download, measure, report.

    Takes that were paid for earlier are reused for free. Exits with 0 if every shot is done, with 1
    if some are not: the others are still finished. A clip that fails a quality rule counts as done,
    unless [quality] in production.toml sets `fails_run = true`.

    Ctrl-C cancels queued takes at the service, lists those that continue, and exits with 130.
    SIGTERM, or a closed terminal, cancels nothing. `seedance collect` downloads the rest and
    spends nothing.
    """
    console = Terminal(to_stderr=as_json)
    environment = _environment(sheet)
    reading = shot_list, settings = read_production(sheet)
    options = RunOptions(shots=_choose(chosen, shot_list), **asked)
    show_world(console, environment.scope)
    show_reading(console, shot_list)
    _show_home(console, environment)
    with open_production(environment, settings) as production:
        plan = plan_production(
            environment, production, shot_list, only=options.shots, options=options, to_buy=True
        )
        _refuse_if_behind(production, plan)
        options = replace(options, approved=production.plans.save(plan.record))
    show_problems(console, (*shot_list.problems, *plan.problems))
    show_plan(console, plan)
    _ask(plan, environment.scope, settings.budget.ask_above_usd, yes=yes)
    progress, page = _run_line(console, environment, sheet, reading, options)
    if isinstance(page, signal.Signals):
        return _stopped(console, environment, progress, page, as_json=as_json)
    refused = _refused_rows(shot_list, chosen)
    keep_defects(console, environment.home, progress.failures)
    _summary(console, progress, refused, environment.scope, page)
    if as_json:
        click.echo(printed_json(_facts(progress, refused, page, environment.scope)))
    if options.retake:
        _note_report(environment, options)
    return exit_code(progress, refused, quality_fails=settings.quality.fails_run)


def _environment(sheet: str) -> Environment:
    """The environment for a sheet; Dagster's part of this process then reads the same one."""
    environment = Environment.read(sheet=sheet)
    os.environ["SEEDANCE_HOME"] = str(environment.home.root)
    return environment


def _show_home(console: Terminal, environment: Environment) -> None:
    """Print the home if it is new or outside the current folder."""
    home = environment.home.root
    if not ledger_is_there(environment.ledger_url):
        words = f"A new ledger begins in {home}: nothing that was bought elsewhere is known here."
    elif home.parent != Path.cwd():
        words = f"Everything is kept in {home}."
    else:
        return
    console.paragraph(words)


def _note_report(environment: Environment, options: RunOptions) -> None:
    """Record that these retakes were reported: the same reason now orders another one."""
    sys.stdout.flush()
    ledger = open_ledger(environment.ledger_url)
    try:
        ledger.report_retakes(environment.scope.key, options.retake, options.shots)
    finally:
        ledger.close()


def exit_code(
    progress: RunProgress, refused: Sequence[object], *, quality_fails: bool = False
) -> int:
    """0 if every shot is done; 1 if some are not, including refused rows.

    `quality_fails`: whether a clip that fails a rule counts, too.
    """
    unfit = quality_fails and progress.unfit
    return 1 if progress.failures or refused or unfit else 0


def _refuse_if_behind(production: ProductionContext, plan: Plan) -> None:
    """Raise `LedgerBehind` once for all shots."""
    unrecorded = find_unrecorded(
        production.scope, production.ledger, production.library, production.journal
    )
    for line in plan.lines:
        if line.takes_stopped and (behind := unrecorded.error_for("")) is not None:
            raise behind


def _choose(chosen: str | None, shot_list: ShotList) -> tuple[str, ...]:
    listed = tuple(shot.key for shot in shot_list.shots)
    if chosen is None:
        if not listed:
            first = shot_list.errors[0] if shot_list.errors else "it has no rows"
            raise SheetRefused(
                f"{shot_list.name}: no row of the sheet can be used; first of all: {first}",
                advice="`seedance plan` lists every problem; nothing was paid for.",
            )
        return listed
    wanted = tuple(name.strip() for name in chosen.split(",") if name.strip())
    missing = [name for name in wanted if name not in listed]
    if missing or not wanted:
        raise UsageError(
            f"{shot_list.name} has no good shot named {', '.join(missing) or '(nothing)'}",
            advice=f"It has: {', '.join(listed)}",
        )
    return wanted


def _ask(plan: Plan, scope: Scope, above_usd: float, *, yes: bool) -> None:
    """Ask before spending; emulated runs and small sums need no confirmation."""
    small = plan.price_known and above_usd > 0 and plan.estimate_usd <= above_usd
    if yes or scope.emulated or not plan.takes_to_buy or small:
        return
    price = f"about {plan.estimate_usd:.2f} USD" if plan.price_known else "an unknown price"
    if not sys.stdin.isatty():
        raise UsageError(
            f"{counted(plan.takes_to_buy, 'take')} would be bought for {price}, and there is no "
            "terminal to ask on",
            advice="Add --yes to spend without being asked.",
        )
    click.confirm(
        f"Buy {counted(plan.takes_to_buy, 'take')} for {price}?",
        abort=True,
        err=True,
    )


def _run_line(
    console: Terminal,
    environment: Environment,
    sheet: str,
    reading: "Reading",
    options: RunOptions,
) -> tuple[RunProgress, Path | signal.Signals]:
    """Run the jobs on the production's own Dagster instance, in this process.

    With the scores comes the review page; or the signal that ended the run before it.
    """
    from seedance_assets.cli.dagster_runs import DagsterRuns

    progress = RunProgress(options.shots)
    label = "(emulated: nothing is paid)" if environment.scope.emulated else "spent"
    with DagsterRuns(environment) as runs:
        try:
            runs.intake(sheet if is_elsewhere(sheet) else str(Path(sheet).absolute()), reading)
            console.write()
            if waiting := runs.waiting():
                advice = "Ctrl-C ends the waiting."
                console.paragraph(f"{waiting} {advice}")
            with show_progress(progress, console, label) as on_event:
                runs.production(options, on_event)
            return progress, runs.review()
        except KeyboardInterrupt:
            return progress, runs.stopped_by()


def _stopped(
    console: Terminal,
    environment: Environment,
    progress: RunProgress,
    by: signal.Signals,
    *,
    as_json: bool,
) -> int:
    """Print what continues at the service; returns the exit code for the signal."""
    left = detached_takes(environment, progress.lines, [*progress.bought, *progress.found])
    show_detached(console, left, by)
    if as_json:
        facts = {
            "stopped_by": by.name,
            "succeeded": progress.done,
            "purchased": len(progress.bought),
            "emulated": environment.scope.emulated,
            **left.facts(),
        }
        click.echo(printed_json(facts))
    return 128 + by


def _refused_rows(shot_list: ShotList, chosen: str | None) -> list[dict[str, Any]]:
    """Rows with errors; they count as failed if all shots were requested."""
    if chosen is not None:
        return []
    good = {shot.row for shot in shot_list.shots}
    rows: dict[int | None, dict[str, Any]] = {}
    for problem in shot_list.errors:
        if problem.row in good:
            continue
        row = rows.setdefault(
            problem.row,
            {"shot": problem.shot or f"row {problem.row}", "reason": "", "what_to_do": ""},
        )
        row["reason"] = f"{row['reason']} {problem.column}: {problem.reason}.".strip()
        row["what_to_do"] = f"{row['what_to_do']} {problem.fix}".strip()
    return list(rows.values())


def _facts(
    progress: RunProgress, refused: list[dict[str, Any]], page: Path, scope: Scope
) -> dict[str, Any]:
    failures = [failure_facts(failure) for failure in progress.failures]
    return {
        "shots": len(progress.lines) + len(refused),
        "succeeded": progress.done,
        "failed": progress.failed + len(refused),
        "purchased": len(progress.bought),
        "reused": len(progress.found),
        "cost_usd": round(progress.cost_usd, 4),
        "emulated": scope.emulated,
        "review": str(page),
        "notices": progress.notices,
        "failed_quality": progress.unfit,
        "failures": failures + [row | {"kind": InputError.code} for row in refused],
    }


def _summary(
    console: Terminal,
    progress: RunProgress,
    refused: list[dict[str, Any]],
    scope: Scope,
    page: Path,
) -> None:
    console.write()
    show_failures(console, progress.failures)
    for notice in progress.notices:
        console.paragraph(f"! {notice}", "yellow", hanging=2)
    for row in refused:
        said = f"✗ {row['shot']}: {row['reason']} {row['what_to_do']}"
        console.paragraph(said, "red", hanging=2)
    for shot, rules in progress.unfit.items():
        text = f"✗ {shot}: done, but its clip fails {', '.join(rules)}; see the report."
        console.paragraph(text, "yellow", hanging=2)
    paid = "emulated: nothing was paid" if scope.emulated else "spent"
    console.paragraph(
        f"{progress.done} of {counted(len(progress.lines) + len(refused), 'shot')} done · "
        f"{len(progress.bought)} purchased, {len(progress.found)} reused · "
        f"{progress.cost_usd:.2f} USD ({paid})"
    )
    console.write(f"Report: {page}")
