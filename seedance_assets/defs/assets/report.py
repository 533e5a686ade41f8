"""The review page as an asset: refreshed when shots have changed and none is in progress."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from seedance_assets.core.review import STATUSES, Review
from seedance_assets.core.sentences import in_a_row
from seedance_assets.defs.assets.columns import asset_table
from seedance_assets.defs.assets.tables import file_link, picture, table, world_metadata
from seedance_assets.defs.resources import production_of
from seedance_assets.defs.runs.boundary import error_boundary
from seedance_assets.defs.show import FREE, THE_SHOW, Show

if TYPE_CHECKING:
    from seedance_assets.adapters.media_library import MediaLibrary

_MAX_SHEET_BYTES = 60_000  # one picture each time the report is refreshed
# One refresh for a burst of shots: only when something upstream is new and nothing is running.
AFTER_A_BURST = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("after a burst of shots")


def build_report(show: Show = THE_SHOW) -> dg.AssetsDefinition:
    """The asset at the end."""

    @dg.asset(
        key=show.key("qc_report"),
        group_name=show.named("review"),
        kinds={"html", "csv", "json"},
        owners=list(show.owners),
        tags=FREE,
        deps=[
            show.key("shot_list"),
            dg.AssetDep(show.key("measurements"), partition_mapping=dg.AllPartitionMapping()),
        ],
        automation_condition=AFTER_A_BURST,
        code_version="1",
        required_resource_keys={show.production},
    )
    def qc_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The review page: contact sheet, playable clips, facts, failures and their reasons.

        Opens from disk, without a network. CSV and JSON versions are beside it.
        """
        return _write(context, show)

    return qc_report


def _write(context: dg.AssetExecutionContext, show: Show) -> dg.MaterializeResult:
    from seedance_assets.adapters.review import write_review
    from seedance_assets.production.review import make_review

    production = production_of(context, show)
    folder = production.environment.home.review
    with error_boundary(context), production.open(to_buy=False) as opened:
        review = asyncio.run(
            make_review(
                opened, production.shot_list(), page_folder=folder, made_at=datetime.now(UTC)
            )
        )
        page = write_review(review, folder)
        sheet = _contact_sheet(review, opened.library)
        world = world_metadata(opened.scope)
    count = {status: sum(shot.status == status for shot in review.shots) for status in STATUSES}
    context.log.info("%s: %s", page, count)
    return dg.MaterializeResult(
        metadata={
            "contact sheet": sheet,
            **world,
            "page": file_link(str(page)),
            "csv": file_link(str(page.with_name("report.csv"))),
            "json": file_link(str(page.with_name("report.json"))),
            "summary": file_link(str(page.with_name("summary.html"))),
            **{f"shots_{status}": number for status, number in count.items()},
            "cost_usd": round(review.cost_usd, 4),
            **asset_table("shots", _shots(review), rows=len(review.shots)),
        }
    )


def _contact_sheet(review: Review, library: "MediaLibrary") -> dg.MarkdownMetadataValue:
    """The current take of each shot, framed in the colour of its verdict."""
    from seedance_assets.adapters.review.contact_sheet import (
        Tile,
        build_contact_sheet,
        chosen_tiles,
    )

    chosen = chosen_tiles([Tile(shot.key, shot.verdict, None) for shot in review.shots])
    shown = {shot.key: [t for t in shot.takes if t.current and t.poster] for shot in review.shots}

    def poster(shot: str) -> bytes | None:
        names = [take.name for take in shown[shot]]
        if not names:
            return None
        owner = names[-1].rpartition("_t")[0]  # of a shared take, the shot that paid for it
        return library.read_bytes(owner, f"{names[-1]}_poster.jpg")

    tiles = [replace(tile, poster=poster(tile.shot)) for tile in chosen]
    said = f"{len(tiles)} of {len(review.shots)} shots"
    sheet = build_contact_sheet(tiles, most_bytes=_MAX_SHEET_BYTES)
    return picture(sheet, said, _MAX_SHEET_BYTES)


def _shots(review: Review) -> dg.TableMetadataValue:
    rows = (
        {
            "shot": shot.key,
            "status": shot.status,
            "verdict": shot.verdict,
            "takes": len(shot.takes),
            "reason": in_a_row(shot.reason or "", shot.advice or ""),
        }
        for shot in review.shots
    )
    words = dict.fromkeys(("shot", "status", "verdict"), "string")
    return table(rows, {**words, "takes": "int", "reason": "string"})
