"""Requests of edited rows, materialized as soon as the sheet is planned: free, and told at once.

Dagster shows `generation` of such a shot as stale then, before anybody has paid for anything. A new
shot needs none of this: Dagster shows it as missing.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.shot import ShotList
from seedance_assets.core.stage import Stage
from seedance_assets.defs.assets.tables import request_metadata, world_metadata
from seedance_assets.defs.runs.reporting import DATA_VERSION
from seedance_assets.defs.show import Show

if TYPE_CHECKING:
    from seedance_assets.core.request import GenerationRequest
    from seedance_assets.core.shot import Shot
    from seedance_assets.production.planning.plan import Plan
    from seedance_assets.production.production_context import ProductionContext


def changed_requests(
    instance: dg.DagsterInstance,
    show: Show,
    production: "ProductionContext",
    shot_list: ShotList,
    plan: "Plan",
) -> Iterator[dg.AssetMaterialization]:
    """A materialization for each shot whose request is another one than Dagster shows."""
    key = show.key(Stage.SHOT_REQUEST.asset)
    shown = _fingerprints(instance, key)
    shots = {shot.key: shot for shot in shot_list.shots}
    for line in plan.lines:
        if line.shot not in shown or line.fingerprint in {None, shown[line.shot]}:
            continue
        shot = shots[line.shot]
        request = _request(production, shot_list, shot)
        if request is None:
            continue
        price = line.each_usd if plan.price_known else None
        yield dg.AssetMaterialization(
            key,
            partition=shot.key,
            description="The row was edited. Nothing was ordered.",
            metadata={
                **request_metadata(request, price, shot.takes),
                **world_metadata(production.scope),
            },
            tags={DATA_VERSION: request.fingerprint},
        )


def _fingerprints(instance: dg.DagsterInstance, key: dg.AssetKey) -> Mapping[str, str]:
    """The request that Dagster shows of each shot, by its data version; in one query."""
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        key, event_type=dg.DagsterEventType.ASSET_MATERIALIZATION, tag_keys=[DATA_VERSION]
    )
    return {shot: found[DATA_VERSION] for shot, found in tags.items() if DATA_VERSION in found}


def _request(
    production: "ProductionContext", shot_list: ShotList, shot: "Shot"
) -> "GenerationRequest | None":
    """None if it cannot be made any more; the plan told why."""
    from seedance_assets.core.async_run import run_to_its_end
    from seedance_assets.production.planning.requests import prepare_request

    try:
        return run_to_its_end(
            prepare_request(
                shot, model_id=shot_list.model_id, sheet=shot_list.place, frames=production.frames
            )
        )
    except SeedanceError:
        return None
