"""Everything to mend, in the words of the sheet: what its rows say, and what their pictures are."""

from collections.abc import Iterator

from seedance_assets.core.assessment import ShotStatus
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.sheet_report import in_order
from seedance_assets.core.shot import Problem, RefusedRow, ShotList
from seedance_assets.production.planning.frame_problems import FrameProblems
from seedance_assets.production.planning.plan import Plan
from seedance_assets.production.planning.snapshot import FrameCache, map_bounded
from seedance_assets.production.production_context import ProductionContext


async def all_problems(
    production: ProductionContext, shot_list: ShotList, plan: Plan
) -> tuple[Problem, ...]:
    """The problems of a sheet, of the shots that cannot be asked for, and of all its pictures.

    The pictures of rows that have other errors are looked at, too: a person wants to mend a row
    once. Free; `plan` is the plan for the sheet.
    """
    of_pictures = [*plan.problems, *await _of_refused_rows(production, shot_list)]
    told = {problem.row for problem in of_pictures if problem.rule == "first_frame"}
    return in_order([*shot_list.problems, *of_pictures, *_of_requests(shot_list, plan, told)])


def _of_requests(shot_list: ShotList, plan: Plan, told: set[int | None]) -> Iterator[Problem]:
    """What keeps a shot from being asked for, if it is not its picture."""
    shots = {shot.row: shot for shot in shot_list.shots}
    for line in plan.lines:
        shot = None if line.row is None else shots.get(line.row)
        if shot is not None and line.state is ShotStatus.BLOCKED and shot.row not in told:
            yield Problem(
                row=shot.row,
                shot=shot.key,
                column=None,
                value="",
                rule="request",
                reason=line.reason,
                fix=line.advice,
            )


async def _of_refused_rows(production: ProductionContext, shot_list: ShotList) -> list[Problem]:
    schema = model_schema(shot_list.model_id)
    if "first_frame" not in schema.roles:
        return []
    frames, finder = FrameCache(production.frames), FrameProblems(shot_list)

    async def look(row: RefusedRow) -> Problem | None:
        try:
            await frames.fetch(row.first_frame, beside=shot_list.place.parent, schema=schema)
        except FrameRefused as exc:
            return finder.refusal(finder.of_refused(row), exc)
        return None

    rows = [row for row in shot_list.refused if row.first_frame]
    at_once = production.settings.concurrency.decoders * 2
    found = await map_bounded(rows, look, at_once=at_once)
    return [problem for problem in found if problem is not None]
