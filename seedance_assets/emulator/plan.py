"""What a clip shall be, written down when its job is accepted."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

from seedance_assets.core.model_schema import VideoFormat
from seedance_assets.emulator.framing import frame_picture
from seedance_assets.emulator.order import Order
from seedance_assets.emulator.scenario import Fault, OddClip, first_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """Size and length in pixels and frames; `box` is the part of the picture that fills the frame.

    `sound` is an audible ambience, a track of silence, or no audio stream at all. `seed` varies
    movement and sound from take to take.
    """

    width: int
    height: int
    box: tuple[float, float, float, float]
    frames: int
    frames_per_second: int
    sound: Literal["ambience", "silence", "none"]
    camera_fixed: bool
    seed: str

    @property
    def seconds(self) -> float:
        """How long the clip is."""
        return self.frames / self.frames_per_second

    def to_json(self) -> str:
        """The plan as the state keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ClipPlan":
        """The plan in a text of ours."""
        read = json.loads(text)
        return cls(**read | {"box": tuple(read["box"])})


def plan_clip(order: Order, video: VideoFormat, picture_size: tuple[int, int]) -> ClipPlan:
    """The clip that an order asks for, still without a seed."""
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
    """The plan with its job's seed and, if a fault says so, of an odd clip."""
    odd = first_of(faults, OddClip) or OddClip()
    silent = odd.silent_track and plan.sound == "none"
    return replace(
        plan,
        seed=seed,
        frames=plan.frames - (odd.frames == "24d"),
        sound="silence" if silent else plan.sound,
    )
