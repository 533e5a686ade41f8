"""What a take will roughly cost. The true charge comes back from the service as `cost`.

RunComfy's own price is not known here. The estimate follows ByteDance's published rule: tokens =
width · height · frames / 1024, with a price per million tokens that doubles with sound.
"""

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.request import GenerationRequest


class PriceTable(BaseModel):
    """USD per million tokens, with and without sound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd_per_million_tokens_with_audio: float = Field(default=2.4, ge=0, allow_inf_nan=False)
    usd_per_million_tokens_silent: float = Field(default=1.2, ge=0, allow_inf_nan=False)

    def estimate_usd(self, request: GenerationRequest) -> float:
        """What one take of `request` is likely to cost, in USD, to a hundredth of a cent."""
        tokens = request.size.width * request.size.height * request.frames / 1024
        rate = (
            self.usd_per_million_tokens_with_audio
            if request.audio
            else self.usd_per_million_tokens_silent
        )
        return round(tokens * rate / 1e6, 4)
