"""What stands for a wanted take that has failed, and what a run would buy in its place."""

from dataclasses import dataclass

from seedance_assets.core.failures import Remedy, RetryOptions, failure_of, kind_of, remedy
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.take import Take, TakeState


@dataclass(frozen=True, slots=True)
class ToBuy:
    """A take that a run would buy."""

    request: GenerationRequest
    fingerprint: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class StandsFor:
    """A wanted take that there is, and what follows if it has failed."""

    held: Take
    stands: Take
    """What stands for it now: itself, or the silent take that was ordered in its place."""
    follows: Remedy = Remedy.NONE
    buys: ToBuy | None = None

    @property
    def is_silent(self) -> bool:
        """Whether a silent take stands in."""
        return self.stands.id != self.held.id

    @property
    def failed(self) -> bool:
        """Whether there is no take that is good, or on its way."""
        return self.stands.state is TakeState.FAILED

    @property
    def reason(self) -> str:
        """Why there is none; or what stands in."""
        if self.failed:
            return str(failure_of(self.stands, earlier=True))
        return f"{self.stands.name} is silent by fallback: the sound was refused"

    @property
    def advice(self) -> str:
        """What comes next, or what a person should do."""
        return {
            Remedy.NONE: kind_of(self.stands).advice,
            Remedy.SILENT: "It will be ordered once more, without sound.",
            Remedy.RESUBMIT: "It cost nothing and will be ordered again.",
            Remedy.RETRY: "It will be tried once more.",
        }[self.follows]


def outcome_of(
    take: Take, request: GenerationRequest, silent_take: Take | None, retry: RetryOptions
) -> StandsFor:
    """What stands for a take of `request`; `silent_take` is of the same request without sound."""
    if take.state is not TakeState.FAILED:
        return StandsFor(take, take)
    silent = request.silent()
    stand_in = silent_take is not None and silent_take.fallback_of == take.fingerprint
    follows = remedy(take, retry, stand_in=stand_in)
    if follows is not Remedy.SILENT or silent is None:
        return StandsFor(take, take, follows, _purchase(request, take, follows))
    if silent_take is None:
        return StandsFor(take, take, follows, _purchase(silent, take, follows))
    if silent_take.state is not TakeState.FAILED:
        return StandsFor(take, silent_take)
    follows = remedy(silent_take, retry, stand_in=False)
    return StandsFor(take, silent_take, follows, _purchase(silent, take, follows))


def _purchase(request: GenerationRequest, take: Take, follows: Remedy) -> ToBuy | None:
    if follows is Remedy.NONE:
        return None
    return ToBuy(request, request.fingerprint, take.ordinal)
