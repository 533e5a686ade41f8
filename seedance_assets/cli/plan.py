"""`seedance plan`: what would happen, and what it would cost."""

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from seedance_assets.cli.presenting import show_plan, show_problems, show_world
from seedance_assets.production.plan import PlanState
from seedance_assets.production.previews import write_previews
from seedance_assets.wiring import Environment, open_studio, plan_production, read_production


@click.command(epilog="Example:  seedance plan data/shots.csv --json")
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the plan as one JSON object.")
@click.option(
    "--previews",
    type=click.Path(path_type=Path, file_okay=False),
    help="Show in this folder what the model will film of each first frame.",
)
def plan(sheet: Path, as_json: bool, previews: Path | None) -> int:
    """Say what SHEET would do and cost, and what the budget allows. Free: nothing is bought.

    The service is asked for its price only if `[price] source` in production.toml says so.

    Ends with 1 if a row of the sheet, or a first frame, needs mending.
    """
    environment = Environment.read()
    shot_list, settings = read_production(sheet)
    with open_studio(environment, settings) as studio:
        made = plan_production(environment, studio, shot_list)
        page = previews and asyncio.run(write_previews(studio, shot_list, previews))
    if as_json:
        problems = [p.model_dump(mode="json") for p in (*shot_list.problems, *made.problems)]
        facts = made.model_dump(mode="json") | {
            "takes_to_buy": made.takes_to_buy,
            "takes_stopped": made.takes_stopped,
            "takes_shared": made.takes_shared,
            "shots": {state: made.count(state) for state in PlanState},
            "estimate_usd": round(made.estimate_usd, 4),
            "problems": problems,
            "previews": str(page) if page else None,
        }
        click.echo(_json(facts))
    else:
        console = Console(file=sys.stdout)
        show_world(console, environment.scope)
        show_problems(console, (*shot_list.problems, *made.problems))
        show_plan(console, made)
        if page:
            console.print(f"what is filmed of each first frame: {page}", soft_wrap=True)
    blocked = any(line.state.value == "blocked" for line in made.lines)
    return 1 if blocked or shot_list.errors else 0


def _json(facts: object) -> str:
    import json

    return json.dumps(facts, ensure_ascii=False)
