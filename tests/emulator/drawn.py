"""Clips drawn without a server, decoded for inspection."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from seedance_assets.emulator.drawing.clip import draw_clip
from seedance_assets.emulator.jobs.clip_plan import ClipPlan, final_plan
from seedance_assets.emulator.jobs.scenario import Fault
from tests.emulator.kit import draw_picture

Luma = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """A decoded clip."""

    size: tuple[int, int]
    rate: float
    luma: Luma  # frames × height × width
    colours: tuple[int, ...]
    pixels: str
    codec: str
    first: Image.Image
    metadata: dict[str, str]
    audio: Any
    sound: npt.NDArray[np.float32]


def decode_clip(file: Path) -> Clip:
    """Decode a clip."""
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        frames = list(container.decode(video))
        audio = container.streams.audio[0].codec_context if container.streams.audio else None
        container.seek(0)
        sound = [f.to_ndarray() for f in container.decode(audio=0)] if audio else [np.zeros((1, 0))]
        return Clip(
            size=(video.width, video.height),
            rate=float(video.average_rate or 0),
            luma=np.stack([f.to_ndarray()[: f.height].astype(np.float32) for f in frames]),
            colours=(context.color_primaries, context.color_trc, context.colorspace),
            pixels=str(context.pix_fmt),
            codec=video.codec.canonical_name,
            first=Image.fromarray(frames[0].to_ndarray(format="rgb24")),
            metadata=dict(container.metadata),
            audio=audio,
            sound=np.concatenate(sound, axis=1)[0],
        )


def draw(file: Path, picture: Image.Image | None = None, *faults: Fault, **changes: Any) -> Clip:
    """A clip drawn without a server, by default 1 s at 192×108, with these faults."""
    how: dict[str, Any] = {
        "width": 192,
        "height": 108,
        "box": (0, 0, 320, 180),
        "frames": 25,
        "frames_per_second": 24,
        "sound": "none",
        "camera_fixed": True,
        "seed": "seed",
    }
    plan = final_plan(ClipPlan(**how | changes), faults, changes.get("seed", "seed"))
    draw_clip(file, picture or draw_picture(320, 180), plan, lambda _: True)
    return decode_clip(file)


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, in grey levels."""
    resized = other.resize(one.size, Image.Resampling.LANCZOS)
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(resized, np.float32)).mean())


def border_shift(luma: Luma) -> float:
    """How much the outer part of the last frame differs from the first, in grey levels."""
    edge = luma.shape[1] // 14
    difference = np.abs(luma[-1] - luma[0])
    return float(max(difference[:edge].mean(), difference[-edge:].mean()))


def steps(luma: Luma) -> npt.NDArray[np.float32]:
    """The mean change from frame to frame, on frames as small as those of quality control."""
    _, height, width = luma.shape
    shape = (len(luma), height // 4, 4, width // 4, 4)
    small = luma[:, : height // 4 * 4, : width // 4 * 4].reshape(shape).mean((2, 4))
    return np.asarray(np.abs(np.diff(small, axis=0)).mean((1, 2)))
