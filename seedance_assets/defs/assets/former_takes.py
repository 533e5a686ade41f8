"""Takes that the sheet asks for no more, of edited and retired rows: paid for, so they are fetched.

No partition shows them, as a shot's partition shows what its row asks for now. What came home
stands there as an observation of `video`, and in the report among the shot's takes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.shot import ShotList

if TYPE_CHECKING:
    from seedance_assets.core.take import Take
    from seedance_assets.production.production_context import ProductionContext


def waiting_takes(
    production: "ProductionContext", shot_list: ShotList
) -> tuple[Sequence["Take"], Sequence["Take"]]:
    """What is paid for and not stored: takes that the sheet asks for now, and the others.

    As far as can be told without first frames: a sensor asks.
    """
    from seedance_assets.production.planning.requests import is_asked_for

    shots = {shot.key: shot for shot in shot_list.shots}
    wanted: list[Take] = []
    former: list[Take] = []
    for take in production.ledger.takes(scope=production.scope.key):
        if take.state.to_collect:
            shot = shots.get(take.shot)
            asked = shot is not None and is_asked_for(take, shot, shot_list.model_id)
            (wanted if asked else former).append(take)
    return wanted, former


def former_takes(production: "ProductionContext", shot_list: ShotList) -> Sequence["Take"]:
    """The others, and those of rows whose first frame was exchanged. Fetches first frames."""
    wanted, former = waiting_takes(production, shot_list)
    return [*former, *(take for take in wanted if not _is_asked_for(take, production, shot_list))]


def _is_asked_for(take: "Take", production: "ProductionContext", shot_list: ShotList) -> bool:
    from seedance_assets.core.async_run import run_to_its_end
    from seedance_assets.production.planning.requests import prepare_request

    try:
        asked = run_to_its_end(
            prepare_request(
                shot_list.only([take.shot])[0],
                model_id=shot_list.model_id,
                sheet=shot_list.place,
                frames=production.frames,
            )
        )
    except SeedanceError:  # nobody can ask for it as the row is now
        return False
    silent = asked.silent()
    return take.fingerprint in {asked.fingerprint, silent.fingerprint if silent else None}
