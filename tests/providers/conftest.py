"""The providers under test: each with a service on this machine that can be told how to behave."""

import base64
import io
import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from seedance_assets.adapters.providers.fal import FalProvider
from seedance_assets.adapters.providers.runcomfy import RunComfyProvider
from seedance_assets.emulator import EmulatorSettings, Scenario, running_emulator
from seedance_assets.emulator.jobs.scenario import (
    FailJob,
    Fault,
    LoseAnswer,
    PassingFault,
    RefuseSubmit,
    Rule,
    Stuck,
)
from seedance_assets.production.ports import Provider, ServiceAddress
from tests.providers import fal_server
from tests.providers.fal_server import Kind, running_fal

RUNCOMFY_TOKEN = "tok-0123456789-secret"
CLIP = b"\0\0\0\x20ftypisom" + bytes(range(256)) * 100
_FAULTS: dict[Kind, tuple[Fault, ...]] = {
    "good": (),
    "broken": (FailJob(message=f"Too dark. Bearer {RUNCOMFY_TOKEN}"),),
    "moderated": (FailJob(message="The input text may contain sensitive information."),),
    "queued": (Stuck(where="in_queue"),),
    "running": (Stuck(where="in_progress"),),
    "lost": (LoseAnswer(),),
    "busy": (RefuseSubmit(answer="too_many", retry_after_s=7),),
    "busy later": (PassingFault(times=2, when="first", answer="too_many", retry_after_s=3),),
}


@dataclass(frozen=True)
class Running:
    """A service that runs."""

    root: str
    environ: dict[str, str]
    charges: Callable[[], int]
    """How many orders were taken for money."""


@dataclass(frozen=True)
class Case:
    """A provider, an order that it takes, and a service of it."""

    provider: Provider
    model_id: str
    order: dict[str, Any]
    token: str
    start: Callable[[Kind], AbstractContextManager[Running]]

    def address(self, running: Running, token: str | None = None) -> ServiceAddress:
        token_of = {self.provider.token_name: token or self.token}
        address = self.provider.address_in({**running.environ, **token_of})
        assert address is not None
        return address


def _first_frame() -> str:
    png = io.BytesIO()
    Image.new("RGB", (640, 360), "navy").save(png, "PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def _runcomfy(folder: Path, clip: Path) -> Case:
    @contextmanager
    def start(kind: Kind) -> Iterator[Running]:
        rules = (Rule(faults=_FAULTS[kind]),) if _FAULTS[kind] else ()
        settings = EmulatorSettings(
            state_dir=folder / "state",
            token=RUNCOMFY_TOKEN,
            queue_s=0,
            service_s=0,
            clip=clip,
            scenario=Scenario(rules=rules),
        )
        with running_emulator(settings) as emulator:

            def charges() -> int:
                url = f"{emulator.root}/_emulator/charges"
                with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own emulator
                    return len(json.load(answer)["requests"])

            environ = {"RUNCOMFY_MODEL_API_BASE": emulator.base_url}
            yield Running(emulator.root, environ, charges)

    order = {
        "prompt": "A lighthouse in the rain.",
        "first_frame_image_url": _first_frame(),
        "resolution": "480p",
        "ratio": "16:9",
        "duration": 4,
        "generate_audio": False,
        "camera_fixed": False,
    }
    model_id = "bytedance/seedance-v1.5-pro/image-to-video"
    return Case(RunComfyProvider(), model_id, order, RUNCOMFY_TOKEN, start)


def _fal(_folder: Path, clip: Path) -> Case:
    @contextmanager
    def start(kind: Kind) -> Iterator[Running]:
        with running_fal(clip, kind) as fal:
            yield Running(fal.root, {"FAL_QUEUE_URL": fal.root}, lambda: fal.charges)

    order = {
        "prompt": "A lighthouse in the rain.",
        "image_url": _first_frame(),
        "aspect_ratio": "16:9",
        "resolution": "480p",
        "duration": "4",
        "generate_audio": False,
    }
    return Case(FalProvider(), fal_server.MODEL, order, fal_server.KEY, start)


@pytest.fixture(params=[_runcomfy, _fal], ids=["runcomfy", "fal"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each provider in turn."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(CLIP)
    made: Case = request.param(tmp_path, clip)
    return made
