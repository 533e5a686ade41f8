"""How plans, problems and failures look in the terminal."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from seedance_assets.adapters.home import Home
from seedance_assets.core.budget import usd
from seedance_assets.core.scope import Scope
from seedance_assets.core.sentences import in_a_row
from seedance_assets.core.shot import Problem, Severity, ShotList
from seedance_assets.production.events import ShotFailed
from seedance_assets.production.plan import Plan, PlanLine, PlanState

MAX_SHOWN = 200  # problems; a terminal scrolls the others away
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


def show_reading(console: Console, shot_list: ShotList) -> None:
    """One line: what the sheet was taken for."""
    console.print(f"Read {shot_list.read_as}", highlight=False, markup=False, soft_wrap=True)


def show_problems(console: Console, problems: Iterable[Problem]) -> None:
    """Everything that is wrong with the sheet, in the sheet's own words; warnings apart."""
    listed = list(problems)
    errors = [p for p in listed if p.severity is Severity.ERROR]
    warnings = [p for p in listed if p.severity is Severity.WARNING]
    _show_listed(console, "To mend", errors, "red")
    _show_listed(console, "Worth a look", warnings, "yellow")


def _show_listed(console: Console, title: str, problems: list[Problem], style: str) -> None:
    if not problems:
        return
    rows = len({p.row for p in problems if p.row is not None})
    heading = f"{title}: {len(problems)} in {rows} row{'' if rows == 1 else 's'}"
    table = Table(
        title=Text(heading, f"bold {style}"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        expand=True,
    )
    table.add_column("row", justify="right", no_wrap=True)
    table.add_column("shot", overflow="fold", ratio=3)
    table.add_column("column", overflow="fold", ratio=3)
    table.add_column("value", overflow="fold", ratio=4)
    table.add_column("what is wrong, and what to do", overflow="fold", ratio=12)
    before: int | None = -1
    for p in problems[:MAX_SHOWN]:
        new = p.row != before
        said = Text.assemble((_sentence(p.reason), style), "\n", (p.fix, "default"))
        where = (str(p.row or "all"), p.shot or "") if new else ("", "")
        cells = (*where, p.column or "", _short(p.value))
        table.add_row(*(Text(cell) for cell in cells), said)
        before = p.row
    console.print(table)
    if len(problems) > MAX_SHOWN:
        more = f"… and {len(problems) - MAX_SHOWN} more; --problems FILE has them all"
        console.print(more, style=style, highlight=False)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def show_plan(console: Console, plan: Plan) -> None:
    """What a run would do, shot by shot, and what it would cost."""
    table = Table(box=None, pad_edge=False)
    for name in ("shot", "plan", "takes", "USD", "why"):
        table.add_column(name, justify="right" if name in {"takes", "USD"} else "left")
    for line in plan.lines:
        changes = "; ".join(f"{c.field}: {_short(c.old)} → {_short(c.new)}" for c in line.changes)
        why = in_a_row(changes, line.reason, line.advice)
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
