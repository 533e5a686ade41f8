"""The decisions of a production: `production.toml`, as checked values."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from seedance_assets.core.budget import BudgetSettings
from seedance_assets.core.failures import FailureSettings
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.money import PriceSettings
from seedance_assets.core.notice import RunOutcome
from seedance_assets.core.quality.limits import QualitySettings


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


class Bucket(_Section):
    """An S3-compatible bucket for first frames. Who may write there, the environment says."""

    bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")
    prefix: str = Field(default="first-frames", pattern=r"^([\w.-]+(/[\w.-]+)*)?$")
    endpoint_url: str = Field(
        default="", pattern=r"^(https?://[^\s/?#@]+)?/?$", description="Empty: Amazon's own."
    )
    region: str = Field(default="us-east-1", pattern=r"^[\w-]+$")
    bucket_in_host: bool = Field(
        default=False, description="Whether the bucket's name stands in the host, not in the path."
    )
    link_life_s: int = Field(
        default=6 * 3600, ge=60, le=7 * 24 * 3600, description="SigV4 allows seven days at most."
    )


class PublicPlace(_Section):
    """A web address that shows the first frames to everybody."""

    base_url: str = Field(default="", pattern=r"^(https?://[^\s?#@]+)?$")
    layout: Literal["path", "sha256"] = Field(
        default="path",
        description="`path`: as the sheet names them; `sha256`: as SEEDANCE_HOME/frames does.",
    )
    check: bool = Field(
        default=True, description="Whether to look, before an order, if the same bytes are there."
    )


class FirstFrameSettings(_Section):
    """Where first frames may come from, and how a local one reaches the service."""

    delivery: Literal["data_uri", "s3", "public_url"] = "data_uri"
    deliver: Literal["link", "copy"] = Field(
        default="link", description="Whether the sheet's own links are sent, or our copies of them."
    )
    max_data_uri_bytes: int = Field(default=6 * 1024 * 1024, ge=1024, le=30_000_000)
    private_hosts: bool = Field(
        default=False, description="Whether links may lead into private networks, by http too."
    )
    outside: bool = Field(
        default=False,
        description="Whether paths may lead out of the sheet's folder; never for a sheet that is "
        "a link or standard input.",
    )
    follow_symlinks: bool = Field(
        default=False, description="Whether symbolic links may lead out of the sheet's folder."
    )
    s3: Bucket = Bucket()
    public_url: PublicPlace = PublicPlace()

    @model_validator(mode="after")
    def _names_a_place(self) -> "FirstFrameSettings":
        if self.delivery == "s3" and not self.s3.bucket:
            raise ValueError('delivery = "s3" needs bucket in [first_frames.s3]')
        if self.delivery == "public_url" and not self.public_url.base_url:
            raise ValueError('delivery = "public_url" needs base_url in [first_frames.public_url]')
        return self


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
    private_hosts: bool = Field(
        default=False,
        description="Whether the sheet's own link may lead into a private network, by http too.",
    )


_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


class NoticeSettings(_Section):
    """Who hears of a run that has ended, and how. Addresses with secrets: from the environment."""

    way: Literal["log", "slack", "mail"] = "log"
    tell: tuple[RunOutcome, ...] = tuple(RunOutcome)
    collecting: bool = Field(
        default=False, description="Also of runs that only collect what is paid for."
    )
    shots_told: int = Field(default=10, ge=0, le=100, description="Failed shots named in one.")
    ui: str = Field(default="", pattern=r"^(https?://[!-~]+)?$", max_length=500)
    mail_from: str = Field(default="", validate_default=True)
    mail_to: tuple[str, ...] = Field(default=(), max_length=50, validate_default=True)

    @field_validator("mail_from", "mail_to")
    @classmethod
    def _addresses(cls, given: str | tuple[str, ...], info: ValidationInfo) -> object:
        addresses = filter(None, [given]) if isinstance(given, str) else given
        for address in addresses:
            if not _MAIL_ADDRESS.fullmatch(address):
                raise PydanticCustomError("mail", "must be plain e-mail addresses")
        if info.data.get("way") == "mail" and not given:
            raise PydanticCustomError("mail", 'must be set, as `way` is "mail"')
        return given


class ProductionSettings(_Section):
    """Everything in `production.toml`; each value has a default that works."""

    title: str = "Untitled production"
    provider: str = Field(default="", description="Who sells the model; empty: the usual one.")
    model: str = "bytedance/seedance-v1.5-pro/image-to-video"
    defaults: dict[str, InputValue] = Field(default_factory=dict)
    price: PriceSettings = PriceSettings()
    budget: BudgetSettings = BudgetSettings()
    concurrency: Concurrency = Concurrency()
    patience: Patience = Patience()
    failures: FailureSettings = FailureSettings()
    first_frames: FirstFrameSettings = FirstFrameSettings()
    sheet: SheetSettings = SheetSettings()
    quality: QualitySettings = QualitySettings()
    notices: NoticeSettings = NoticeSettings()

    def with_budget(self, caps: Mapping[str, float]) -> "ProductionSettings":
        """The same with some caps laid over its own. Raises `pydantic.ValidationError`."""
        if not caps:
            return self
        budget = BudgetSettings.model_validate({**self.budget.model_dump(), **caps})
        return self.model_copy(update={"budget": budget})
