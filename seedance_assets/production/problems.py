"""Everything to mend, in the words of the sheet: what its rows say, and what their pictures are."""

from collections.abc import Iterator

from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.sheet_report import in_order
from seedance_assets.core.shot import Problem, RefusedRow, ShotList
from seedance_assets.production.looking import FramesOnce, look_at_each
from seedance_assets.production.plan import Plan, PlanState
from seedance_assets.production.studio import Studio

_SHOWN = 120  # characters of a picture's name that a problem repeats


async def all_problems(studio: Studio, shot_list: ShotList, plan: Plan) -> tuple[Problem, ...]:
    """The problems of a sheet, of the shots that cannot be asked for, and of all its pictures.

    The pictures of rows that have other errors are looked at, too: a person wants to mend a row
    once. Free; `plan` is the plan for the sheet.
    """
    found = await _of_refused_rows(studio, shot_list)
    return in_order([*shot_list.problems, *_of_requests(shot_list, plan), *found])


def _of_requests(shot_list: ShotList, plan: Plan) -> Iterator[Problem]:
    shots = {shot.key: shot for shot in shot_list.shots}
    for line in plan.lines:
        shot = shots.get(line.shot)
        if shot is None or line.state is not PlanState.BLOCKED:
            continue
        if line.reason.startswith("first frame "):
            picture = RefusedRow(row=shot.row, shot=shot.key, first_frame=shot.first_frame)
            yield _of_picture(shot_list, picture, line.reason, line.advice)
        else:
            yield Problem(
                row=shot.row,
                shot=shot.key,
                column=None,
                value="",
                rule="request",
                reason=line.reason,
                fix=line.advice,
            )


async def _of_refused_rows(studio: Studio, shot_list: ShotList) -> list[Problem]:
    schema = model_schema(shot_list.model_id)
    if "first_frame" not in schema.roles:
        return []
    frames = FramesOnce(studio.frames)

    async def look(row: RefusedRow) -> Problem | None:
        try:
            await frames.fetch(row.first_frame, beside=shot_list.place.parent, schema=schema)
        except FrameRefused as exc:
            return _of_picture(shot_list, row, str(exc), exc.advice)
        return None

    rows = [row for row in shot_list.refused if row.first_frame]
    at_once = studio.settings.concurrency.decoders * 2
    found = await look_at_each(rows, look, at_once=at_once)
    return [problem for problem in found if problem is not None]


def _of_picture(shot_list: ShotList, row: RefusedRow, reason: str, fix: str) -> Problem:
    name = row.first_frame
    return Problem(
        row=row.row,
        shot=row.shot or None,
        column=shot_list.columns.get("first_frame", "first_frame"),
        value=name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…",
        rule="first_frame",
        reason=reason,
        fix=fix,
    )
