"""Shared by the emulator's tests: a tiny model, pictures, a manual clock, and a client."""

import base64
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from seedance_assets.core.model_schema import ModelSchema, parse_model_schema

SEEDANCE = "bytedance/seedance-v1.5-pro/image-to-video"
TINY = "house/tiny/picture-to-clip"
_RULES = [
    ("width_pixels<", 600, "No wider than 600."),
    ("height_pixels<", 600, "No higher than 600."),
    ("width_pixels>", 30, "Not below 30."),
    ("height_pixels>", 30, "Not below 30."),
    ("width/height<", 2.5, "Not that wide."),
    ("file_size_mb<", 0.5, "Not that heavy."),
]
# No input has a name of the service's model, so the emulator must go by the roles.
TINY_JSON: dict[str, Any] = {
    "schema": 1,
    "model_id": TINY,
    "display_name": "Tiny",
    "description": "Clips for tests.",
    "categories": ["picture-to-clip"],
    "kind": "model",
    "roles": {
        "prompt": "words",
        "first_frame": "still",
        "resolution": "size",
        "ratio": "shape",
        "duration_s": "seconds",
        "audio": "sound",
        "camera_fixed": "locked",
    },
    "input_schema": {
        "type": "object",
        "title": "Input",
        "required": ["words", "still"],
        "properties": {
            "words": {"title": "", "description": "", "type": "string", "default": "Sample."},
            "still": {
                "title": "",
                "description": "",
                "type": "string",
                "validations": [
                    dict(
                        zip(
                            ("validation_rule", "validation_value", "validation_error"),
                            r,
                            strict=True,
                        )
                    )
                    for r in _RULES
                ],
            },
            "size": {
                "title": "",
                "description": "",
                "type": "string",
                "enum": ["s"],
                "default": "s",
            },
            "shape": {
                "title": "",
                "description": "",
                "type": "string",
                "enum": ["16:9", "1:1", "9:16", "own"],
                "default": "own",
            },
            "seconds": {
                "title": "",
                "description": "",
                "type": "integer",
                "enum": [1, 2],
                "default": 1,
            },
            "sound": {"title": "", "description": "", "type": "boolean", "default": False},
            "locked": {"title": "", "description": "", "type": "boolean", "default": True},
        },
    },
    "output_schema": {},
    "video": {
        "frames_per_second": 24,
        "adaptive_ratio": "own",
        "sizes": {"s": {"16:9": [128, 72], "1:1": [96, 96], "9:16": [72, 128]}},
    },
}
MODELS: dict[str, ModelSchema] = {TINY: parse_model_schema(json.dumps(TINY_JSON), source="tiny")}


class Clock:
    """A clock that stands still until the test advances it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def draw_picture(width: int = 160, height: int = 90) -> Image.Image:
    """A picture with edges: soft blocks of colour, the same every time."""
    blocks = np.random.default_rng(5).integers(20, 235, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)


def picture_bytes(picture: Image.Image, form: str = "PNG", **how: Any) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """A file as a `data:` URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


STILL = data_uri(picture_bytes(draw_picture()))


def until(happens: Callable[[], bool], deadline_s: float = 60.0) -> None:
    """Wait until a condition holds; fail after the deadline."""
    end = time.monotonic() + deadline_s
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@dataclass
class Caller:
    """A minimal client of one emulator."""

    http: httpx.Client
    root: str
    clock: Clock
    state_dir: Path

    def submit(self, model_id: str = TINY, **inputs: Any) -> httpx.Response:
        body = {"words": "A boat.", "still": STILL} | inputs
        return self.http.post(f"{self.root}/v1/models/{model_id}", json=body)

    def post(self, content: bytes, model_id: str = TINY) -> httpx.Response:
        return self.http.post(f"{self.root}/v1/models/{model_id}", content=content)

    def order(self, **inputs: Any) -> str:
        """Submit an order and return its request id."""
        answer = self.submit(**inputs)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["request_id"])

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(f"{self.root}{path}", params=params)

    def status(self, request_id: str) -> dict[str, Any]:
        answer = self.get(f"/v1/requests/{request_id}/status")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def result(self, request_id: str, **params: Any) -> dict[str, Any]:
        answer = self.get(f"/v1/requests/{request_id}/result", **params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def cancel(self, request_id: str) -> httpx.Response:
        return self.http.post(f"{self.root}/v1/requests/{request_id}/cancel")

    def charges(self) -> dict[str, Any]:
        body: dict[str, Any] = self.http.get(f"{self.root}/_emulator/charges").json()
        return body

    def finish(self, request_id: str) -> dict[str, Any]:
        """Advance the clock past the job's times, wait for its clip, and return its result."""
        self.clock.advance(60)
        until(lambda: self.status(request_id)["status"].lower() in {"completed", "succeeded"})
        return self.result(request_id)

    def video(self, **inputs: Any) -> bytes:
        """Order a clip and download it."""
        url = self.finish(self.order(**inputs))["output"]["video"]
        answer = httpx.get(url, timeout=60)
        assert answer.status_code == 200
        return answer.content

    def download_to(self, file: Path, **inputs: Any) -> Path:
        file.write_bytes(self.video(**inputs))
        return file
