"""What we ask the model for, and its fingerprint: the same for the same request."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from seedance_assets.core.model_schema import InputValue, ModelSchema, model_schema
from seedance_assets.core.picture import Crop, Size, expected_crop, expected_size


def sha256_hex(content: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """A picture that was read, checked and kept.

    The file holds the bytes as given; or, of a picture that had to be turned upright or converted,
    its RGB form. The hash is of the bytes as given either way.
    """

    sha256: str
    path: Path
    media_type: str
    size: Size
    size_bytes: int
    source: str
    """As the sheet names it."""
    public: bool = True
    """Whether its link, if it has one, leads to where the service can follow."""


@dataclass(frozen=True)
class GenerationRequest:
    """One request: a model, every input with defaults filled in, and the first frame by content."""

    model_id: str
    inputs: Mapping[str, InputValue]
    """By the service's names, without the first frame."""
    first_frame: FirstFrame | None

    @property
    def schema(self) -> ModelSchema:
        """The model's schema."""
        return model_schema(self.model_id)

    def canonical(self) -> dict[str, Any]:
        """What the fingerprint is taken of: the frame stands as its SHA-256, not as a URL."""
        inputs: dict[str, Any] = dict(self.inputs)
        if self.first_frame is not None:
            inputs[self.schema.roles["first_frame"]] = f"sha256:{self.first_frame.sha256}"
        return {"model": self.model_id, "inputs": inputs}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal. Notes, order, file names are not in it."""
        text = json.dumps(
            self.canonical(), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return sha256_hex(text.encode())

    def body(self, first_frame_url: str | None) -> dict[str, InputValue]:
        """The flat JSON object that the service is sent: every input, always."""
        body = dict(self.inputs)
        if first_frame_url is not None:
            body[self.schema.roles["first_frame"]] = first_frame_url
        order = list(self.schema.input_schema.properties)
        return {name: body[name] for name in sorted(body, key=order.index)}

    def _input(self, role: str) -> InputValue | None:
        name = self.schema.roles.get(role)  # type: ignore[call-overload]  # roles are Literal keys
        return None if name is None else self.inputs.get(name)

    @property
    def prompt(self) -> str:
        """The text of the request."""
        return str(self._input("prompt") or "")

    @property
    def duration_s(self) -> int:
        """Seconds of video asked for."""
        return int(self._input("duration_s") or 0)

    @property
    def audio(self) -> bool:
        """Whether sound was asked for."""
        return bool(self._input("audio"))

    def silent(self) -> "GenerationRequest | None":
        """The same request without sound; None if it asks for none, or the model has no choice."""
        name = self.schema.roles.get("audio")
        if name is None or not self.audio:
            return None
        return replace(self, inputs={**self.inputs, name: False})

    @property
    def frames(self) -> int:
        """Frames that we expect: one more than rate × seconds (121 for 5 s), as billed and seen."""
        return self.schema.video.frames_per_second * self.duration_s + 1

    @property
    def camera_fixed(self) -> bool:
        """Whether the camera was told to hold still."""
        return bool(self._input("camera_fixed"))

    @property
    def size(self) -> Size:
        """The size of the video that we expect, in pixels."""
        picture = self.first_frame.size if self.first_frame else Size(16, 9)
        return expected_size(self.schema.video, self.resolution, self.ratio, picture)

    @property
    def crop(self) -> Crop | None:
        """The part of the first frame that we expect to be filmed."""
        if self.first_frame is None:
            return None
        return expected_crop(self.schema.video, self.resolution, self.ratio, self.first_frame.size)

    @property
    def resolution(self) -> str:
        """The resolution asked for, e.g. `720p`."""
        return str(self._input("resolution"))

    @property
    def ratio(self) -> str:
        """The ratio asked for, e.g. `16:9` or `adaptive`."""
        return str(self._input("ratio"))
