"""The settings of an emulator, and its address while it runs."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seedance_assets.core.model_schema import ModelSchema, known_models
from seedance_assets.emulator.jobs.scenario import Scenario


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """An emulator's settings; only `state_dir` has no default.

    `queue_s` and `service_s` are the minimum seconds that a job is queued and in progress;
    `slots` jobs are in progress at once. `token` None accepts any well-formed Bearer token. `clip`
    is a file to serve as every output instead of drawing one. `models` None serves every file of
    `seedance_assets/models/` that names no other provider. `clock` returns seconds since 1970.
    """

    state_dir: Path
    token: str | None = field(default=None, repr=False)
    queue_s: float = 1.0
    service_s: float = 4.0
    slots: int = 3
    draw_threads: int = 2
    clip: Path | None = None
    failed_jobs_charged: bool = False
    usd_per_million_tokens_with_audio: float = 2.4
    usd_per_million_tokens_silent: float = 1.2
    balance_usd: float = 1000.0
    scenario: Scenario = field(default_factory=Scenario)
    models: Mapping[str, ModelSchema] | None = None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        for name in ("queue_s", "service_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of seconds, 0 or more")
        for name in ("slots", "draw_threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")
        if self.clip is not None and not self.clip.is_file():
            raise ValueError(f"clip: {self.clip} is not a file")

    @property
    def schemas(self) -> Mapping[str, ModelSchema]:
        """The models that are served, by id."""
        if self.models is not None:
            return self.models
        return {name: model for name, model in known_models().items() if not model.provider}


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """Where an emulator is; `base_url` is what RUNCOMFY_MODEL_API_BASE holds."""

    root: str

    @property
    def base_url(self) -> str:
        """The root of the Model API, `/v1` included."""
        return f"{self.root}/v1"
