"""What the review page and its tables show: the whole production at one moment."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.measurement import Measurements, Span
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.shot import Problem
from seedance_assets.core.take import TakeState


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ReviewFinding(_Record):
    """What one rule says of a take."""

    rule: str
    verdict: Literal["pass", "warn", "fail"]
    measured: str
    limit: str
    sentence: str
    family: str = ""
    measured_value: float | None = None
    limit_value: float | None = None
    unit: str = ""
    spans: tuple[Span, ...] = Field(default=(), description="Where in the clip; worst first.")


class ReviewTake(_Record):
    """One take of a shot."""

    name: str = Field(description="`<shot>_t001`.")
    number: int
    state: TakeState
    fingerprint: str
    request_id: str | None
    current: bool = Field(description="Whether it is of the request that the sheet asks for now.")
    video: str | None = Field(description="Link to the clip, relative to the page or a URL.")
    missing: bool = Field(
        default=False, description="Whether it came home, and its file is not there any more."
    )
    poster: str | None = Field(description="Link to one JPEG of the clip.")
    strip: str | None = Field(description="Link to a JPEG with several frames side by side.")
    verdict: Literal["pass", "warn", "fail"] | None
    findings: tuple[ReviewFinding, ...] = ()
    measurements: Measurements | None = None
    estimate_usd: float | None
    cost_usd: float | None
    ordered_at: datetime | None
    service_time_s: float | None
    error: str | None = None
    inputs: dict[str, InputValue] = Field(
        default_factory=dict, description="As ordered; the first frame stands as its SHA-256."
    )
    frame_sha256: str | None = None
    run_id: str | None = Field(default=None, description="Of the run that wrote it down.")
    delivered_at: datetime | None = None
    video_sha256: str | None = None
    error_kind: str | None = Field(default=None, description="The kind of failure, by its name.")
    silent_by_fallback: bool = Field(
        default=False, description="Sound was asked for; it was refused, and this take stands in."
    )

    @property
    def counts_usd(self) -> float:
        """What it cost as far as is known, else as estimated; nothing if it was never made."""
        if self.state in {TakeState.WITHDRAWN, TakeState.CANCELLED}:
            return 0.0
        return self.cost_usd if self.cost_usd is not None else self.estimate_usd or 0.0


class ReviewShot(_Record):
    """A shot with its takes; or why there is none."""

    key: str
    sequence: str
    row: int
    prompt: str
    notes: dict[str, str]
    settings: dict[str, InputValue]
    first_frame: str | None = Field(description="Link to the input picture.")
    takes_wanted: int
    status: Literal["done", "failed", "blocked", "pending"]
    verdict: Literal["pass", "warn", "fail"] | None
    reason: str | None = Field(description="Why it failed or is blocked.")
    advice: str | None = Field(description="What a person should do.")
    takes: tuple[ReviewTake, ...] = ()


class Review(_Record):
    """The production as it stands."""

    format_version: Literal[1] = Field(default=1, alias="schema", serialization_alias="schema")
    title: str
    sheet: str
    model_id: str
    scope: str
    emulated: bool
    made_at: datetime
    shots: tuple[ReviewShot, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def takes(self) -> tuple[ReviewTake, ...]:
        """Every take on the page."""
        return tuple(take for shot in self.shots for take in shot.takes)

    @property
    def cost_usd(self) -> float:
        """What the takes on the page cost, as far as the service has said; else as estimated."""
        return sum(take.counts_usd for take in self.takes)
