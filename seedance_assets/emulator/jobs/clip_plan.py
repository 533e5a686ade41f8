"""The plan of a clip, stored when its job is accepted."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

from seedance_assets.core.model_schema import VideoFormat
from seedance_assets.emulator.api.order import Order
from seedance_assets.emulator.drawing.framing import frame_picture
from seedance_assets.emulator.jobs.scenario import Defect, Fault, OddClip, first_of

Sound = Literal["ambience", "clipped", "silence", "none"]
_DEFECT_SOUND: dict[str, Sound] = {
    "silent_audio": "silence",
    "clipped_audio": "clipped",
    "missing_audio": "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """Size and length in pixels and frames; `box` is the part of the picture that fills the frame.

    `sound` is audible ambience, ambience clipped at full scale, a silent track, or no audio
    stream. `seed` varies movement and sound from take to take. `defects` lists the picture
    defects; defects of size, length and sound are already in the other fields.
    """

    width: int
    height: int
    box: tuple[float, float, float, float]
    frames: int
    frames_per_second: int
    sound: Sound
    camera_fixed: bool
    seed: str
    defects: tuple[Defect, ...] = ()

    @property
    def seconds(self) -> float:
        """The length of the clip in seconds."""
        return self.frames / self.frames_per_second

    def to_json(self) -> str:
        """The plan as it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ClipPlan":
        """The plan from a text that `to_json` wrote."""
        read = json.loads(text)
        defects = tuple(Defect(**defect) for defect in read.get("defects", ()))
        return cls(**read | {"box": tuple(read["box"]), "defects": defects})

    def defect(self, what: str) -> Defect | None:
        """The first defect of a kind."""
        return next((defect for defect in self.defects if defect.what == what), None)


def plan_clip(order: Order, video: VideoFormat, picture_size: tuple[int, int]) -> ClipPlan:
    """The plan of an order's clip, without a seed."""
    framing = frame_picture(video, order.resolution, order.ratio, picture_size)
    return ClipPlan(
        width=framing.width,
        height=framing.height,
        box=framing.box,
        frames=order.frames(video.frames_per_second),
        frames_per_second=video.frames_per_second,
        sound="ambience" if order.audio else "none",
        camera_fixed=order.camera_fixed,
        seed="",
    )


def final_plan(plan: ClipPlan, faults: tuple[Fault, ...], seed: str) -> ClipPlan:
    """The plan with its job's seed and the faults that change the clip."""
    odd = first_of(faults, OddClip) or OddClip()
    silent = odd.silent_track and plan.sound == "none"
    plan = replace(
        plan,
        seed=seed,
        frames=plan.frames - (odd.frames == "24d"),
        sound="silence" if silent else plan.sound,
        defects=tuple(fault for fault in faults if isinstance(fault, Defect)),
    )
    for defect in plan.defects:
        plan = _with_defect(plan, defect)
    return plan


def _with_defect(plan: ClipPlan, defect: Defect) -> ClipPlan:
    """The plan with a defect of size, length or sound applied."""
    if defect.what == "wrong_size":  # three quarters: still even numbers and the same ratio
        return replace(plan, width=plan.width // 8 * 6, height=plan.height // 8 * 6)
    if defect.what == "wrong_length":
        left = plan.frames - round(defect.for_s * plan.frames_per_second)
        return replace(plan, frames=max(left, 1))
    if defect.what in _DEFECT_SOUND and plan.sound != "none":
        return replace(plan, sound=_DEFECT_SOUND[defect.what])
    return plan
