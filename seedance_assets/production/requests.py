"""From a shot to its request: the first frame fetched, everything checked, nothing spent."""

from pathlib import Path

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.errors import ShotRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot


async def prepare_request(
    shot: Shot, *, model_id: str, sheet: Path, frames: FrameStore
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
