"""How plans, problems and failures look in the terminal."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from seedance_assets.adapters.home import Home
from seedance_assets.core.budget import usd
from seedance_assets.core.scope import Scope
from seedance_assets.core.shot import Problem, Severity
from seedance_assets.production.events import ShotFailed
from seedance_assets.production.plan import Plan, PlanLine, PlanState

_PLAN_STYLES = {
    PlanState.NEW: "green",
    PlanState.CHANGED: "yellow",
    PlanState.MORE_TAKES: "yellow",
    PlanState.UP_TO_DATE: "dim",
    PlanState.IN_FLIGHT: "cyan",
    PlanState.PARKED: "cyan",
    PlanState.UNKNOWN: "bold red",
    PlanState.FAILED: "red",
    PlanState.BLOCKED: "red",
    PlanState.RETIRED: "dim",
}


def show_world(console: Console, scope: Scope) -> None:
    """EMULATED, or which service is paid."""
    if scope.emulated:
        text = (
            "Clips are drawn on this machine, not made by the model; nothing is paid.\n"
            "Set RUNCOMFY_TOKEN to go live."
        )
        console.print(Panel(text, title="EMULATED", border_style="magenta", expand=False))
    else:
        console.print(f"live: {scope.base}", style="bold", highlight=False)


def show_problems(console: Console, problems: Iterable[Problem]) -> None:
    """Everything that is wrong with the sheet, in the sheet's own words."""
    listed = list(problems)
    if not listed:
        return
    table = Table(title="What the sheet needs", title_justify="left", show_lines=False)
    for name in ("row", "shot", "column", "value", "problem", "what to do"):
        table.add_column(name, overflow="fold")
    for p in listed:
        style = "red" if p.severity is Severity.ERROR else "yellow"
        where = (str(p.row or ""), p.shot or "", p.column or "")
        cells = (*where, _short(p.value), p.reason, p.fix)
        table.add_row(*(Text(cell) for cell in cells), style=style)
    console.print(table)


def show_plan(console: Console, plan: Plan) -> None:
    """What a run would do, shot by shot, and what it would cost."""
    table = Table(box=None, pad_edge=False)
    for name in ("shot", "plan", "takes", "USD", "why"):
        table.add_column(name, justify="right" if name in {"takes", "USD"} else "left")
    for line in plan.lines:
        changes = "; ".join(f"{c.field}: {_short(c.old)} → {_short(c.new)}" for c in line.changes)
        why = " ".join(filter(None, (changes, line.reason, line.advice)))
        table.add_row(
            Text(line.shot),
            Text(line.state.value, _PLAN_STYLES[line.state]),
            _takes(line),
            f"{line.estimate_usd:.3f}" if line.estimate_usd else "",
            Text(why, overflow="fold"),
        )
    console.print(table)
    kind = "emulated: nothing is paid" if plan.emulated else "estimate"
    price = f"about {plan.estimate_usd:.2f} USD" if plan.price_known else "at an unknown price"
    counts = (f"{plan.count(state)} {state}" for state in PlanState if plan.count(state))
    console.print(f"\n{', '.join(counts)}", highlight=False)
    console.print(
        f"{plan.takes_to_buy} takes to buy, {price} ({kind}); {_time(plan)}",
        highlight=False,
    )
    _show_money(console, plan)


def _takes(line: PlanLine) -> str:
    stopped = f"({line.takes_stopped} stopped)" if line.takes_stopped else ""
    shared = f"({line.takes_shared} shared)" if line.takes_shared else ""
    return " ".join(filter(None, (str(line.takes_to_buy or ""), stopped, shared)))


def _time(plan: Plan) -> str:
    if plan.expected_s is None:
        return f"time: {plan.expected_from}"
    if not plan.expected_s:
        return plan.expected_from
    return f"about {_minutes(plan.expected_s)}, {plan.expected_from}"


def _show_money(console: Console, plan: Plan) -> None:
    """What is gone and what is left, where there is anything to say."""
    if plan.spent_usd or plan.reserved_usd:
        console.print(
            f"{usd(plan.spent_usd)} spent so far, {usd(plan.reserved_usd)} reserved",
            highlight=False,
        )
    for cap in plan.caps:
        style = "yellow" if cap.low else None
        console.print(f"{cap.name}: {cap.says}", style=style, highlight=False, soft_wrap=True)
    if plan.takes_stopped:
        what = "the budget" if plan.price_known else "an unknown price"
        console.print(f"{plan.takes_stopped} takes are stopped by {what}", style="bold yellow")


def show_failures(console: Console, failures: Iterable[ShotFailed]) -> None:
    """Each failed shot, why, and what to do."""
    for failure in failures:
        console.print(Text.assemble((f"✗ {failure.shot}: ", "bold red"), failure.reason))
        if failure.advice:
            console.print(Text(f"  {failure.advice}", "dim"))


def keep_defects(console: Console, home: Home, failures: Iterable[ShotFailed]) -> None:
    """Our own defects go to their log, whose place is told once."""
    kept = {
        home.keep_defect(datetime.now(UTC), failure.shot, failure.traceback)
        for failure in failures
        if failure.traceback
    }
    for path in kept:
        text = f"! The log of our own defects: {path}"
        console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)


def failure_facts(failure: ShotFailed) -> dict[str, str]:
    """A failed shot as scripts read it."""
    return {
        "shot": failure.shot,
        "reason": failure.reason,
        "what_to_do": failure.advice,
        "kind": failure.kind,
        "label": failure.label,
        "charge": failure.charge.value,
    }


def _short(text: str, width: int = 36) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _minutes(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes > 1 else f"{seconds:.0f} s"
