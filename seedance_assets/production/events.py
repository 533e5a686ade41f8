"""What the line says while it works. Small, frozen, and the same for Dagster and the terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from seedance_assets.core.errors import Charge
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.next_step import NextStep
from seedance_assets.core.quality import Family, Finding
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.stage import Stage
from seedance_assets.core.take import Take


@dataclass(frozen=True, slots=True)
class Clip:
    """A take with what later stages have added to it."""

    take: Take
    bought: bool
    """Whether this run paid for it."""
    silent_fallback: bool = False
    """Whether sound was asked for, and this is the take without it that stands in."""
    measurements: Measurements | None = None
    findings: tuple[Finding, ...] = ()
    strip: bytes = b""
    """A small JPEG with several frames side by side."""
    evidence: Mapping[Family, bytes] = field(default_factory=dict)
    """For each family of rules at fault a small JPEG of the frame at its worst place."""


@dataclass(frozen=True, slots=True)
class LineEvent:
    """Something happened to a shot."""

    shot: str


@dataclass(frozen=True, slots=True)
class RequestReady(LineEvent):
    """The request is complete and checked, its first frame included."""

    request: GenerationRequest
    takes: int
    estimate_usd: float | None
    """Of one take; None if nobody says what it costs."""


@dataclass(frozen=True, slots=True)
class FrameNotice(LineEvent):
    """How a first frame goes to the service, if it does not go as it is."""

    sentence: str


@dataclass(frozen=True, slots=True)
class MoneyNotice(LineEvent):
    """Something about money that a person should know, and that stops nobody."""

    sentence: str


@dataclass(frozen=True, slots=True)
class FileKept(LineEvent):
    """Another file lay where a clip belongs: it was renamed, not replaced."""

    name: str
    path: str

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        return (
            f"shot {self.shot}: {self.name}.mp4 was not the clip that the service delivered; it "
            f"is kept as {self.path}, and the clip was fetched again for free"
        )


@dataclass(frozen=True, slots=True)
class TakeFailed(LineEvent):
    """The service took the order and delivered no video; another take may follow."""

    take: Take


@dataclass(frozen=True, slots=True)
class OrderFollows(LineEvent):
    """A take has failed, or was refused, and by a rule of the production another is ordered."""

    sentence: str


@dataclass(frozen=True, slots=True)
class SilentByFallback(LineEvent):
    """A take without sound stands in for one whose sound was refused."""

    take: Take

    @property
    def sentence(self) -> str:
        """What a person should know of it."""
        return (
            f"shot {self.shot}: {self.take.name} is silent by fallback, as the service's "
            "moderation refused its sound"
        )


@dataclass(frozen=True, slots=True)
class TakeOrdered(LineEvent):
    """A take was paid for: the service has taken the order."""

    take: Take


@dataclass(frozen=True, slots=True)
class TakeFound(LineEvent):
    """The take was there already; nothing was paid."""

    take: Take


@dataclass(frozen=True, slots=True)
class TakeQueued(LineEvent):
    """The generation waits at the service."""

    take: Take
    position: int | None


@dataclass(frozen=True, slots=True)
class TakeRunning(LineEvent):
    """The generation is in progress."""

    take: Take
    slow: bool
    """Whether it takes longer than the production's soft limit."""
    began_at: datetime
    """When this run first saw it in progress, UTC."""


@dataclass(frozen=True, slots=True)
class TakePassed(LineEvent):
    """One take has passed a stage; the shot's other takes may still be there."""

    stage: Stage
    clip: Clip


@dataclass(frozen=True, slots=True)
class StageDone(LineEvent):
    """All takes of the shot have passed a stage."""

    stage: Stage
    request: GenerationRequest
    clips: tuple[Clip, ...]
    held: bool = False
    """Whether a blocking rule says fail: the shot was judged, and does not count as measured."""


@dataclass(frozen=True, slots=True)
class ShotDone(LineEvent):
    """The shot has everything that was asked for."""

    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class ShotFailed(LineEvent):
    """The shot cannot go on in this run: why, and what a person should do."""

    stage: Stage
    kind: str
    reason: str
    advice: str
    retryable: bool
    bought: tuple[Take, ...] = ()
    """What this run paid for all the same."""
    label: str = ""
    """The kind, as people call it."""
    charge: Charge = Charge.NOTHING
    """What has been paid for the take that failed."""
    traceback: str = ""
    """Of a defect of ours, for the log; else empty."""
    next_step: NextStep | None = None
    """The advice as data, if its words depend on the place where it is read."""
    shot_is_good: bool = False
    """Whether the shot has what the sheet asks for; what failed is a take beyond that."""
