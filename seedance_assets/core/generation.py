"""What a provider tells of a generation, in our own words, whichever provider it is."""

from dataclasses import dataclass
from enum import StrEnum

from seedance_assets.core.errors import GenerationFailed


class GenerationState(StrEnum):
    """Where a generation is, as far as the service says."""

    IN_QUEUE = "in_queue"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    """Over; only the result tells how it ended."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """A word that we do not know. It says nothing about the money: treat it as in flight."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen, so that it is time to read the result."""
        return self in _OVER


_OVER = frozenset(
    {
        GenerationState.COMPLETED,
        GenerationState.SUCCEEDED,
        GenerationState.FAILED,
        GenerationState.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True)
class GenerationStatus:
    """What the service says while it works. `COMPLETED` may be a failure: the result decides."""

    state: GenerationState
    queue_position: int | None = None
    """Only while it is queued; 0 or more."""
    word: str = ""
    """The service's own word for the state."""


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """How a generation ended, which is what counts."""

    state: GenerationState
    video_url: str | None = None
    """Of the one video, if it succeeded. Addresses may end: ask again for a fresh one."""
    cost_usd: float | None = None
    """The true charge; may come later than the video, or never."""
    error_text: str | None = None
    """One sentence; always there if it failed, or succeeded without one clear video."""
    failure: type[GenerationFailed] = GenerationFailed
    """The kind of failure that the reason tells of, if it failed."""
    word: str = ""
    """The service's own word for the state; empty while there is no result yet."""
    refusal: str = ""
    """The words of a 4xx in place of a result, if it says more than "not ready"."""
    likely: "GenerationResult | None" = None
    """Under an unknown word: the result as the rest of the answer speaks for it."""
    cost_problem: str = ""
    """A charge that was told and cannot be, in a sentence; else empty."""


class CancelAnswer(StrEnum):
    """What the service hints at after a cancel; only a later status confirms it."""

    CANCELLED = "cancelled"
    REQUESTED = "cancellation_requested"
    NOT_CANCELLABLE = "not_cancellable"
    """It runs on, and may be charged."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model in the service's catalogue, as far as the price goes. No locked quote."""

    model_id: str
    display_name: str | None = None
    base_price_usd: float | None = None
    price_unit: str | None = None
    """Seen: `output`, `second`, `image`. Only a rate per second may be multiplied by seconds."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that was downloaded whole."""

    sha256: str
    size_bytes: int
