"""To a request, from a shot or from its take: frame fetched, all checked, nothing spent."""

from pathlib import Path
from typing import Protocol

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.errors import SheetRefused, ShotRefused
from seedance_assets.core.model_schema import ModelSchema, model_schema
from seedance_assets.core.picture import Size
from seedance_assets.core.request import FirstFrame, GenerationRequest
from seedance_assets.core.shot import Shot, ShotList
from seedance_assets.core.take import Take

_SHA256 = "sha256:"


class Frames(Protocol):
    """Where first frames come from."""

    async def fetch(self, source: str, *, beside: Path, schema: ModelSchema) -> FirstFrame:
        """The first frame that the sheet calls `source`. Raises `FrameRefused`."""


async def prepare_request(
    shot: Shot, *, model_id: str, sheet: Path, frames: Frames
) -> GenerationRequest:
    """The exact request of a shot.

    Raises `FrameRefused` for its picture and `ShotRefused` for any other input.
    """
    schema = model_schema(model_id)
    frame = None
    if "first_frame" in schema.roles:
        frame = await frames.fetch(shot.first_frame, beside=sheet.parent, schema=schema)
    inputs = dict(shot.settings)
    if "prompt" in schema.roles:
        inputs[schema.roles["prompt"]] = shot.prompt
    given = dict(inputs)
    if frame is not None:
        given[schema.roles["first_frame"]] = shot.first_frame
    problems = [f"{name} {why}" for name, why in schema.problems_with(given)]
    if problems:
        raise ShotRefused(f"row {shot.row}, shot {shot.key}: " + "; ".join(problems))
    return GenerationRequest(model_id, schema.with_defaults(inputs), frame)


def refusal_of(shot_list: ShotList, row: int | None) -> SheetRefused:
    """Why a row of the sheet is no shot: all of its errors."""
    problems = [problem for problem in shot_list.errors if problem.row == row]
    reason = " ".join(f"{problem.column or 'row'}: {problem.reason}." for problem in problems)
    advice = " ".join(dict.fromkeys(problem.fix for problem in problems))
    return SheetRefused(reason, advice=advice)


def request_of(take: Take, frames: FrameStore) -> GenerationRequest:
    """The request that a take was ordered with, from the ledger; its fingerprint is the take's.

    If the first frame is kept no more, the picture's size is not known and 16:9 stands for it.
    Raises `SettingsRefused` for a model that nobody describes any more.
    """
    schema = model_schema(take.model_id)
    inputs = dict(take.request)
    named = str(inputs.pop(schema.roles.get("first_frame", ""), ""))
    frame = None
    if named.startswith(_SHA256):
        sha256 = named.removeprefix(_SHA256)
        frame = frames.kept(sha256, schema) or FirstFrame(
            sha256, Path(sha256), "image/png", Size(16, 9), 0, "a first frame that is kept no more"
        )
    return GenerationRequest(take.model_id, inputs, frame)


def is_asked_for(take: Take, shot: Shot, model_id: str) -> bool:
    """Whether a take is of what its row asks for now, as far as can be told without the picture."""
    schema = model_schema(model_id)
    wanted = {**shot.settings, schema.roles.get("prompt", ""): shot.prompt}
    there = {**take.request, schema.roles.get("first_frame", ""): None}
    asked = {**schema.with_defaults(wanted), schema.roles.get("first_frame", ""): None}
    if take.fallback_of is not None:  # ordered silent in place of what the row asks for
        there[schema.roles.get("audio", "")] = asked.get(schema.roles.get("audio", ""))
    asked.pop("", None)
    there.pop("", None)
    return take.model_id == model_id and there == asked
