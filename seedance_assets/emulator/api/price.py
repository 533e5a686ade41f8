"""The price of a job: tokens from pixels and frames, times a rate (sections 5.7 and 9)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a million tokens."""

    with_audio: float
    silent: float

    def usd(self, *, width: int, height: int, frames: int, audio: bool) -> float:
        """The price of a clip; tokens are W·H·frames/1024, as live runs were billed."""
        tokens = width * height * frames / 1024
        return round(tokens * (self.with_audio if audio else self.silent) / 1e6, 6)
