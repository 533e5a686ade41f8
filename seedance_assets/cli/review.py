"""`seedance review`: build the review page and open it."""

import asyncio
import webbrowser
from datetime import UTC, datetime

import click

from seedance_assets.adapters.review import write_review
from seedance_assets.cli.terminal import Terminal
from seedance_assets.production.review import make_review
from seedance_assets.wiring import Environment, open_production, read_production, settings_for


@click.command(epilog="Example:  seedance review --no-open")
@click.argument("sheet", required=False)
@click.option("--open/--no-open", "show", default=True, help="Open the page in a browser.")
def review(sheet: str | None, show: bool) -> int:
    """Build the review page of SHEET (by default the last one produced) and open it. Free."""
    environment = Environment.read(sheet=sheet)
    if sheet is None:
        shot_list = environment.shot_list()
        settings = settings_for(shot_list.place, shot_list.source)
    else:
        shot_list, settings = read_production(sheet)
    folder = environment.home.review
    with open_production(environment, settings) as production:
        made = make_review(production, shot_list, page_folder=folder, made_at=datetime.now(UTC))
        page = write_review(asyncio.run(made), folder)
    Terminal().write(f"Report: {page}")
    if show:
        webbrowser.open(page.as_uri())
    return 0
