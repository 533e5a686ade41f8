"""Telling Dagster which partitions a run means to make, if it got its shots by name.

For a range Dagster does so itself before the run begins. Here each shot is announced when the line
first says something of it: four events a shot take some seconds a hundred, and no order waits for
them.
"""

from collections.abc import Iterable

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData

from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.show import Show


class PlannedEvents:
    """The shots of one run that Dagster has not been told of yet."""

    def __init__(
        self, context: dg.AssetExecutionContext, show: Show, shots: Iterable[str] = ()
    ) -> None:
        self._context = context
        self._step = show.named(OP)
        self._assets = sorted(context.selected_asset_keys)
        self._untold = dict.fromkeys(shots)

    def tell(self, shot: str) -> None:
        """Tell of a shot, once."""
        if shot not in self._untold:
            return
        del self._untold[shot]
        run = self._context.run
        for asset in self._assets:
            planned = dg.DagsterEvent.build_asset_materialization_planned_event(
                run.job_name, self._step, AssetMaterializationPlannedData(asset, partition=shot)
            )
            self._context.instance.report_dagster_event(planned, run.run_id)

    def tell_all(self) -> None:
        """Tell of every shot: the run fails, and all that it was to make with it."""
        for shot in list(self._untold):
            self.tell(shot)
