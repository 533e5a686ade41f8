"""`seedance plan`: the problems of a sheet, what would be bought, and what it would cost."""

from pathlib import Path
from typing import Any

import click

from seedance_assets.cli.output import show_plan, show_problems, show_reading, show_world
from seedance_assets.cli.sheet_reports import check_reports, write_refusal, write_reports
from seedance_assets.cli.terminal import Terminal, printed_json
from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.async_run import run_to_its_end
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.shot import Problem, Severity, ShotList
from seedance_assets.production.planning.plan import Plan
from seedance_assets.production.planning.previews import write_previews
from seedance_assets.production.planning.problems import all_problems
from seedance_assets.wiring import (
    Environment,
    open_for_a_look,
    plan_production,
    settings_for,
    take_in,
)


@click.command(epilog="Example:  seedance plan shots.xlsx --problems problems.html")
@click.argument("sheet")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as one JSON object.")
@click.option(
    "--problems",
    "reports",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="Write all problems to FILE: a page (.html), .json, or SHEET itself with a status, "
    "problem and fix for each row (.csv, .tsv, .xlsx). May be given more than once.",
)
@click.option(
    "--previews",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write pictures to this folder that show how the model crops each first frame.",
)
def plan(sheet: str, as_json: bool, reports: tuple[Path, ...], previews: Path | None) -> int:
    """Show what SHEET would buy and cost, and all of its problems. Free.

    SHEET is a path (.csv, .tsv, .xlsx), an https link (also to a Google sheet), or - for standard
    input. Nothing is bought, only the files that you name are written, and no token is needed.
    The service's price is read only if `[price] source` in production.toml requires it.

    Exits with 1 if a row of the sheet or a first frame needs correction.
    """
    check_reports(reports, sheet)
    environment = Environment.read(sheet=sheet)
    settings = settings_for(sheet)
    try:
        taken = take_in(sheet, settings)
    except SheetRefused as exc:
        write_refusal(reports, sheet, settings, exc)
        raise
    with open_for_a_look(environment, settings) as (looking, production):
        made = plan_production(looking, production, taken.shot_list)
        problems = run_to_its_end(all_problems(production, taken.shot_list, made))
        page = previews and run_to_its_end(write_previews(production, taken.shot_list, previews))
    write_reports(reports, taken, problems)
    if as_json:
        facts = _facts(made, taken.shot_list, problems)
        click.echo(printed_json(facts | {"previews": str(page) if page else None}))
    else:
        console = Terminal()
        show_world(console, environment.scope)
        show_reading(console, taken.shot_list)
        show_problems(console, problems)
        show_plan(console, made)
        if page:
            console.write(f"Crops of the first frames: {page}")
        _show_reports(console, sheet, reports, problems)
    errors = any(problem.severity is Severity.ERROR for problem in problems)
    return 1 if errors else 0


def _facts(made: Plan, shot_list: ShotList, problems: tuple[Problem, ...]) -> dict[str, Any]:
    return made.model_dump(mode="json") | {
        "takes_to_buy": made.takes_to_buy,
        "takes_stopped": made.takes_stopped,
        "takes_shared": made.takes_shared,
        "shots": {state: made.count(state) for state in ShotStatus},
        "estimate_usd": round(made.estimate_usd, 4),
        "sheet": shot_list.name,
        "read_as": shot_list.read_as,
        "detected": shot_list.detected,
        "columns": shot_list.columns,
        "problems": [p.model_dump(mode="json") for p in problems],
    }


def _show_reports(
    console: Terminal, sheet: str, reports: tuple[Path, ...], problems: tuple[Problem, ...]
) -> None:
    for file in reports:
        console.write(f"Problems: {file.absolute()}")
    if problems and not reports:
        console.write(f"As a page to send: seedance plan {sheet} --problems problems.html", "dim")
