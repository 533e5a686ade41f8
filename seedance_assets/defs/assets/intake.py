"""The first two assets: the sheet as read, and the plan with its cost. Free."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.sheet_report import report_on
from seedance_assets.core.shot import ShotList
from seedance_assets.defs.assets.changed_requests import changed_requests
from seedance_assets.defs.assets.columns import asset_table
from seedance_assets.defs.assets.partitions import register_shots, retire_shots
from seedance_assets.defs.assets.tables import (
    caps_table,
    file_link,
    plan_table,
    problems_table,
    shots_table,
    world_metadata,
)
from seedance_assets.defs.resources import ProductionResource, production_of
from seedance_assets.defs.runs.boundary import error_boundary
from seedance_assets.defs.sensors.backfills import targets_of_open_backfills
from seedance_assets.defs.show import FREE, THE_SHOW, Show
from seedance_assets.wiring import is_elsewhere, plan_production

Reading = tuple[ShotList, ProductionSettings]
SHEET_CHECK = "every_row_is_good"
SHEET_PAGE = "sheet.html"
# `watch_sheet` reads and plans once a day even if nothing changed: who misses that has a plan of
# old prices and budgets, and a sensor or daemon that stands still.
READ_DAILY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(days=2), warn_window=timedelta(hours=30)
)


class ShotListConfig(dg.Config):
    """Which sheet to read."""

    sheet: str = Field(
        default="",
        description="Path of the sheet. Empty: SEEDANCE_SHEET, the last sheet read, or the sample.",
    )


def build_intake(
    show: Show = THE_SHOW, reading: Reading | None = None
) -> list[dg.AssetsDefinition]:
    """The two assets before production; `reading`: of a sheet that has been read already."""

    @dg.asset(
        key=show.key("shot_list"),
        group_name=show.named("intake"),
        kinds={"csv"},
        owners=list(show.owners),
        tags=FREE,
        code_version="1",
        freshness_policy=READ_DAILY,
        required_resource_keys={show.production},
        check_specs=[
            dg.AssetCheckSpec(
                SHEET_CHECK,
                asset=show.key("shot_list"),
                description="No row of the sheet has an error.",
            )
        ],
    )
    def shot_list(context: dg.AssetExecutionContext, config: ShotListConfig) -> Iterator[Any]:
        """The shot sheet, read and validated, with all problems of all rows.

        Rows with errors are skipped. Registers a partition for each shot.
        """
        yield from _read_sheet(context, config, show, reading)

    @dg.asset(
        key=show.key("production_plan"),
        group_name=show.named("intake"),
        kinds={"table"},
        owners=list(show.owners),
        tags=FREE,
        deps=[shot_list],
        code_version="1",
        freshness_policy=READ_DAILY,
        required_resource_keys={show.production},
    )
    def production_plan(context: dg.AssetExecutionContext) -> Iterator[Any]:
        """What a run would do and cost for each shot, and what the budget allows. Free.

        Materializes `shot_request` of changed shots, so that `generation` becomes stale.
        """
        yield from _plan(context, show)

    return [shot_list, production_plan]


def _read_sheet(
    context: dg.AssetExecutionContext,
    config: ShotListConfig,
    show: Show,
    reading: Reading | None,
) -> Iterator[Any]:
    production = production_of(context, show)
    with error_boundary(context), production.environment.home.reading_sheet():
        listed, settings = reading or production.read_sheet(config.sheet)
        framed = production.with_frame_problems(listed, settings)
        page = _write_page(production, framed, settings)
        if not listed.shots:
            first = str(listed.errors[0]).rstrip(".") if listed.errors else "it has no rows"
            raise SheetRefused(
                f"{listed.name}: no row of the sheet can be used; first of all: {first}",
                advice="Correct the sheet and materialize `shot_list` again.",
            )
        show_of_it = {"show": production.environment.show}
        production.environment.home.save_shot_list(listed.model_copy(update=show_of_it))
        new = register_shots(context.instance, (shot.key for shot in listed.shots), show)
        named = {shot.key for shot in listed.shots} | {p.shot for p in listed.problems if p.shot}
        busy = targets_of_open_backfills(context.instance, show)
        retired = retire_shots(context.instance, named | busy, show)
    context.log.info(
        "%d good shots, %d of them new; %d retired", len(listed.shots), len(new), len(retired)
    )
    problems = problems_table(framed.problems)
    yield dg.MaterializeResult(
        data_version=dg.DataVersion(listed.sha256),
        metadata={
            "title": settings.title,
            "sheet": dg.MetadataValue.path(shown_source(listed)),
            "read_as": listed.read_as,
            "shots": len(listed.shots),
            "errors": len(framed.errors),
            "warnings": len(framed.warnings),
            "new": len(new),
            "retired": ", ".join(retired) or "none",
            "problems": problems,
            "problems_page": file_link(str(page)),
            **asset_table("shot_table", shots_table(listed), rows=len(listed.shots)),
            "detected": dg.MetadataValue.json(listed.detected),
            "columns": dg.MetadataValue.json(listed.columns),
        },
        check_results=[
            dg.AssetCheckResult(
                passed=not framed.errors,
                check_name=SHEET_CHECK,
                severity=dg.AssetCheckSeverity.ERROR,
                description=f"{len(framed.errors)} errors, {len(framed.warnings)} warnings",
                metadata={"problems": problems},
            )
        ],
    )


def _write_page(
    production: ProductionResource, listed: ShotList, settings: ProductionSettings
) -> Path:
    """Everything that the sheet needs, as a page to send to whoever keeps it."""
    from seedance_assets.adapters.sheet_page import build_sheet_page

    report = report_on(listed, listed.problems, title=settings.title, made_at=datetime.now(UTC))
    page = production.environment.home.review / SHEET_PAGE
    write_whole(page, build_sheet_page(report).encode())
    return page


def shown_source(listed: ShotList) -> str:
    """The sheet's path; of a link only what is no secret, as metadata is kept for good."""
    return listed.name if is_elsewhere(listed.source) else listed.source


def _plan(context: dg.AssetExecutionContext, show: Show) -> Iterator[Any]:
    from seedance_assets.core.assessment import ShotStatus

    production = production_of(context, show)
    with error_boundary(context), production.open() as opened:
        shot_list = production.shot_list()
        plan = plan_production(production.environment, opened, shot_list)
        digest = opened.plans.save(plan.record)
        world = world_metadata(opened.scope)
        changed = list(changed_requests(context.instance, show, opened, shot_list, plan))
    yield from changed
    context.log.info("%d takes to buy, about %.2f USD", plan.takes_to_buy, plan.estimate_usd)
    counts = (f"{plan.count(state)} {state}" for state in ShotStatus if plan.count(state))
    yield dg.MaterializeResult(
        metadata={
            **world,
            "changed_requests": len(changed),
            "plan_digest": digest,
            "takes_to_buy": plan.takes_to_buy,
            "takes_stopped": plan.takes_stopped,
            "takes_shared": plan.takes_shared,
            "estimate_usd": round(plan.estimate_usd, 4) if plan.price_known else "unknown",
            "price": plan.price,
            "spent_usd": plan.spent_usd,
            "reserved_usd": plan.reserved_usd,
            "budget": caps_table(plan),
            "expected_s": (
                plan.expected_from if plan.expected_s is None else round(plan.expected_s, 1)
            ),
            "expected_from": plan.expected_from,
            "shots": ", ".join(counts) or "none",
            **asset_table("plan", plan_table(plan), rows=len(plan.lines)),
            "first_frames": problems_table(plan.problems),
        }
    )
