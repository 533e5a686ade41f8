"""What the review page and its tables show: the whole production at one moment."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.budget import may_be_charged
from seedance_assets.core.measurement import Measurements, Span
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.shot import Problem
from seedance_assets.core.take import TakeState, take_name

Status = Literal["done", "failed", "blocked", "pending", "retired"]
STATUSES: tuple[Status, ...] = ("done", "failed", "blocked", "pending", "retired")


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
        default=False, description="Whether it was downloaded and its file is missing now."
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
    error_kind: str | None = Field(default=None, description="The kind of failure, as a code.")
    silent_by_fallback: bool = Field(
        default=False, description="Sound was asked for; it was refused, and this take stands in."
    )

    @property
    def counts_usd(self) -> float:
        """What it counts in the ledger's budget: its charge, else its estimate if it has one."""
        if self.cost_usd is not None:
            return self.cost_usd
        ordered = self.request_id is not None
        return (self.estimate_usd or 0.0) if may_be_charged(self.state, ordered=ordered) else 0.0


class ReviewShot(_Record):
    """A shot with its takes; or why there is none."""

    key: str
    sequence: str
    row: int | None = Field(description="None for a shot that is in the sheet no more.")
    prompt: str
    notes: dict[str, str]
    settings: dict[str, InputValue]
    first_frame: str | None = Field(description="Link to the input picture.")
    takes_wanted: int
    status: Status
    verdict: Literal["pass", "warn", "fail"] | None
    reason: str | None = Field(description="Why it failed or is blocked.")
    advice: str | None = Field(description="What a person should do.")
    takes: tuple[ReviewTake, ...] = ()

    @property
    def own_takes(self) -> tuple[ReviewTake, ...]:
        """Those that were bought for it; it may show takes of another shot that asks the same."""
        return tuple(t for t in self.takes if t.name == take_name(self.key, t.number))


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
        """Every take on the page, once."""
        return tuple({take.name: take for shot in self.shots for take in shot.takes}.values())

    @property
    def in_sheet(self) -> tuple[ReviewShot, ...]:
        """The shots that have a row."""
        return tuple(shot for shot in self.shots if shot.status != "retired")

    @property
    def cost_usd(self) -> float:
        """What the takes on the page cost, as far as the service has said; else as estimated."""
        return sum(take.counts_usd for take in self.takes)
