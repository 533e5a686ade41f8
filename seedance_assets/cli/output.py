"""Print plans, problems and failures in the terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.panel import Panel

from seedance_assets.adapters.home import Home
from seedance_assets.cli.terminal import Cell, Terminal, print_rows
from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.budget import usd
from seedance_assets.core.scope import Scope
from seedance_assets.core.sentences import counted, in_a_row
from seedance_assets.core.shot import Problem, Severity, ShotList
from seedance_assets.production.events import ShotFailed
from seedance_assets.production.failure_groups import grouped
from seedance_assets.production.planning.plan import Plan, PlanLine

MAX_SHOWN = 200  # problems; more would scroll away
_PLAN_STYLES = {
    ShotStatus.NEW: "green",
    ShotStatus.CHANGED: "yellow",
    ShotStatus.MORE_TAKES: "yellow",
    ShotStatus.UP_TO_DATE: "dim",
    ShotStatus.IN_FLIGHT: "cyan",
    ShotStatus.PARKED: "cyan",
    ShotStatus.UNKNOWN: "bold red",
    ShotStatus.FAILED: "red",
    ShotStatus.BLOCKED: "red",
    ShotStatus.RETIRED: "dim",
}


def show_world(console: Terminal, scope: Scope) -> None:
    """Print EMULATED, or the service that is paid."""
    if scope.emulated:
        text = (
            "Clips are drawn on this machine, not made by the model; nothing is paid.\n"
            "Set RUNCOMFY_TOKEN to go live."
        )
        console.print(Panel(text, title="EMULATED", border_style="magenta", expand=False))
    else:
        console.write(f"live: {scope.base}", "bold")


def show_reading(console: Terminal, shot_list: ShotList) -> None:
    """Print in one line how the sheet was read."""
    console.write(f"Read {shot_list.read_as}")


def show_problems(console: Terminal, problems: Iterable[Problem]) -> None:
    """Print all problems of the sheet, with its own names; warnings separately."""
    listed = list(problems)
    errors = [p for p in listed if p.severity is Severity.ERROR]
    warnings = [p for p in listed if p.severity is Severity.WARNING]
    _show_listed(console, "To correct", errors, "red")
    _show_listed(console, "Worth a look", warnings, "yellow")


def _show_listed(console: Terminal, title: str, problems: list[Problem], style: str) -> None:
    if not problems:
        return
    rows = len({p.row for p in problems if p.row is not None})
    console.write(f"\n{title}: {len(problems)} in {counted(rows, 'row')}", f"bold {style}")
    before: int | None = -1
    for p in problems[:MAX_SHOWN]:
        if p.row != before:
            console.write(
                f"\n{'Whole sheet' if p.row is None else f'Row {p.row}'}{_named(p)}", "bold"
            )
        console.paragraph(f"{_where(p)}{_sentence(p.reason)}", style, indent=4)
        console.paragraph(p.fix, indent=4)
        before = p.row
    if len(problems) > MAX_SHOWN:
        more = f"… and {len(problems) - MAX_SHOWN} more; --problems FILE has them all"
        console.write(more, style)


def _named(problem: Problem) -> str:
    return f", shot {problem.shot}" if problem.shot else ""


def _where(problem: Problem) -> str:
    """The column and its value, as far as known."""
    value = f" `{_short(problem.value)}`" if problem.value else ""
    return f"{problem.column}{value}: " if problem.column else ""


def _sentence(text: str) -> str:
    ended = text if text.endswith((".", "!", "?", "…")) else f"{text}."
    return f"{ended[:1].upper()}{ended[1:]}"


def show_plan(console: Terminal, plan: Plan) -> None:
    """Print what a run would do, shot by shot, and its cost."""
    console.write()
    print_rows(
        console,
        ("shot", "plan", "takes", "USD", "why"),
        (_plan_row(line) for line in plan.lines),
        right=frozenset({2, 3}),
    )
    kind = "emulated: nothing is paid" if plan.emulated else "estimate"
    price = f"about {plan.estimate_usd:.2f} USD" if plan.price_known else "at an unknown price"
    counts = (f"{plan.count(state)} {state}" for state in ShotStatus if plan.count(state))
    console.write()
    console.paragraph(", ".join(counts))
    console.paragraph(
        f"{counted(plan.takes_to_buy, 'take')} to buy, {price} ({kind}); {_time(plan)}"
    )
    _show_money(console, plan)


def _plan_row(line: PlanLine) -> tuple[list[Cell], str]:
    changes = "; ".join(change.shown for change in line.changes)
    cells: list[Cell] = [
        (line.shot, ""),
        (line.state.value, _PLAN_STYLES[line.state]),
        (_takes(line), ""),
        (f"{line.estimate_usd:.3f}" if line.estimate_usd else "", ""),
    ]
    return cells, in_a_row(changes, line.reason, line.advice)


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


def _show_money(console: Terminal, plan: Plan) -> None:
    """Print spent and remaining money, if relevant."""
    if plan.spent_usd or plan.reserved_usd:
        console.write(f"{usd(plan.spent_usd)} spent so far, {usd(plan.reserved_usd)} reserved")
    for cap in plan.caps:
        console.paragraph(f"{cap.name}: {cap.says}", "yellow" if cap.low else "")
    if plan.takes_stopped:
        what = "the budget" if plan.price_known else "an unknown price"
        console.write(f"{counted(plan.takes_stopped, 'take')} stopped by {what}", "bold yellow")


def show_failures(console: Terminal, failures: Sequence[ShotFailed]) -> None:
    """Print why shots failed and what to do, grouped by reason."""
    for group in grouped(failures):
        console.paragraph(f"✗ {group.sentence}", "red", hanging=2)
        if group.advice:
            console.paragraph(group.advice, "dim", indent=2)


def keep_defects(console: Terminal, home: Home, failures: Iterable[ShotFailed]) -> None:
    """Write bugs to their log and print its path once."""
    kept = {
        home.keep_defect(datetime.now(UTC), failure.shot, failure.traceback)
        for failure in failures
        if failure.traceback
    }
    for path in kept:
        console.write(f"! Log of bugs in this program: {path}", "yellow")


def failure_facts(failure: ShotFailed) -> dict[str, str]:
    """A failed shot as JSON."""
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
