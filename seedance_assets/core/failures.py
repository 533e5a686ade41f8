"""What follows when a take has failed: nothing, another try, or a take without sound.

A machine orders anew only what a person allowed beforehand (`[failures]` of production.toml, the
row, `--retry-failed`). Nothing here asks a clock, a database or the service.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.error_codes import code_of
from seedance_assets.core.errors import (
    ERRORS,
    AudioModerated,
    Charge,
    GenerationFailed,
    SeedanceError,
)
from seedance_assets.core.take import Take


class FailureSettings(BaseModel):
    """`[failures]` of production.toml: what may be ordered anew without being asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio_fallback: Literal["none", "silent"] = Field(
        default="none",
        description="`silent`: a take whose sound was refused is ordered once more without sound.",
    )
    resubmit: int = Field(
        default=0,
        ge=0,
        le=20,
        description="How often an order that failed and cost nothing is sent again automatically.",
    )
    resubmit_wait_s: float = Field(default=5.0, ge=0, le=600, allow_inf_nan=False)


class Remedy(StrEnum):
    """What follows when a take has failed."""

    NONE = "none"
    SILENT = "silent"
    """The same request without sound stands in for it."""
    RESUBMIT = "resubmit"
    """It has cost nothing: it is ordered anew, within the production's bound."""
    RETRY = "retry"
    """A person pays for another try."""


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """What people allow for one shot in one run."""

    settings: FailureSettings
    audio_fallback: bool | None = None
    """The row's own word on the fallback; None: the production decides."""
    retry: bool = False
    """Whether this failure is one that a person has just asked to pay for again."""

    @property
    def silent(self) -> bool:
        """Whether a take without sound may be ordered in place of one whose sound was refused."""
        if self.audio_fallback is not None:
            return self.audio_fallback
        return self.settings.audio_fallback == "silent"


def remedy(take: Take, retry_options: RetryOptions, *, stand_in: bool) -> Remedy:
    """What follows for a failed take; `stand_in`: a silent take was ordered in its place already.

    That one stays even if the fallback is switched off later, until a person asks for another try.
    """
    silent = kind_of(take) is AudioModerated
    if silent and stand_in and (retry_options.silent or not retry_options.retry):
        return Remedy.SILENT
    if may_resubmit(kind_of(take), charge_of(take), take.resubmission, retry_options.settings):
        return Remedy.RESUBMIT
    if silent and retry_options.silent:
        return Remedy.SILENT
    return Remedy.RETRY if retry_options.retry else Remedy.NONE


def may_resubmit(
    kind: type[SeedanceError], charge: Charge, so_far: int, settings: FailureSettings
) -> bool:
    """Whether an order may be sent anew by itself: known to be free, fickle, within the bound."""
    return charge is Charge.NOTHING and kind.may_differ and so_far < settings.resubmit


def charge_of(take: Take) -> Charge:
    """What a failed take has cost, by the service's own word."""
    if take.cost_usd is None:
        return Charge.UNKNOWN
    return Charge.CHARGED if take.cost_usd else Charge.NOTHING


def kind_of(take: Take) -> type[SeedanceError]:
    """The kind of a take's failure, by the code in the ledger."""
    return error_class(take.error_kind)


def error_class(stored: str | None) -> type[SeedanceError]:
    """The class of an error's code; `GenerationFailed` for a code that is not known here."""
    return ERRORS.get(code_of(stored) or "", GenerationFailed)


_SAYS = {
    Charge.NOTHING: "the service charged nothing",
    Charge.CHARGED: "the service charged it",
    Charge.UNKNOWN: "the service does not say whether it was charged",
}


def failure_of(take: Take, *, earlier: bool) -> SeedanceError:
    """The error that a failed take stands for, with the sentence that a person needs."""
    kind, charge = kind_of(take), charge_of(take)
    when = "failed earlier" if earlier else "failed at the service"
    reason = take.error or "the service gave no reason"
    return kind(f"take {take.name} {when}: {reason} ({_SAYS[charge]})").with_charge(charge)
