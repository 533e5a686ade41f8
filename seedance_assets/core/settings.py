"""The decisions of a production: `production.toml`, as checked values."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.budget import BudgetSettings
from seedance_assets.core.failures import FailureSettings
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.money import PriceSettings


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Concurrency(_Section):
    """How much happens at once."""

    in_flight: int = Field(default=8, ge=1, le=1000, description="Takes at the service at once.")
    downloads: int = Field(default=4, ge=1, le=64)
    decoders: int = Field(default=2, ge=1, le=64)
    submits_per_second: float = Field(default=4.0, gt=0, le=1000, allow_inf_nan=False)


class Patience(_Section):
    """How long a take may run: then it is called slow, then it is parked (it lives on)."""

    soft_timeout_s: float = Field(default=900.0, gt=0, allow_inf_nan=False)
    hard_timeout_s: float = Field(default=1800.0, gt=0, allow_inf_nan=False)


class FirstFrameDelivery(_Section):
    """How a local picture reaches the service."""

    delivery: str = Field(default="data_uri", pattern="^data_uri$")
    max_data_uri_bytes: int = Field(default=6 * 1024 * 1024, ge=1024)


class SheetSettings(_Section):
    """How the sheet is to be understood, where its own words do not say it."""

    columns: dict[str, str] = Field(
        default_factory=dict, description="Our own word for a column → its header in the sheet."
    )
    shot_name: str = Field(
        default="{sequence}_{shot}",
        pattern=r"^([\w.-]|\{(episode|sequence|shot)\})*\{shot\}([\w.-])*$",
        description="How shots are called; a part whose cell is empty is left out.",
    )
    worksheet: str = Field(default="", description="Of a workbook; empty: the first with shots.")
    allow_private_links: bool = Field(
        default=False, description="Whether a sheet's link may lead into a private network."
    )


class QualityLimits(_Section):
    """Where the quality rules draw their lines."""

    length_tolerance_s: float = Field(default=0.15, ge=0, allow_inf_nan=False)
    audio_skew_s: float = Field(default=0.25, ge=0, allow_inf_nan=False)


class ProductionSettings(_Section):
    """Everything in `production.toml`; each value has a default that works."""

    title: str = "Untitled production"
    model: str = "bytedance/seedance-v1.5-pro/image-to-video"
    defaults: dict[str, InputValue] = Field(default_factory=dict)
    price: PriceSettings = PriceSettings()
    budget: BudgetSettings = BudgetSettings()
    concurrency: Concurrency = Concurrency()
    patience: Patience = Patience()
    failures: FailureSettings = FailureSettings()
    first_frames: FirstFrameDelivery = FirstFrameDelivery()
    sheet: SheetSettings = SheetSettings()
    quality: QualityLimits = QualityLimits()

    def with_budget(self, caps: Mapping[str, float]) -> "ProductionSettings":
        """The same with some caps laid over its own. Raises `pydantic.ValidationError`."""
        if not caps:
            return self
        budget = BudgetSettings.model_validate({**self.budget.model_dump(), **caps})
        return self.model_copy(update={"budget": budget})
