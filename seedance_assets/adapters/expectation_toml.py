"""What a clip shall be, in a small TOML file: for `seedance qc` without a shot sheet."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.adapters.production_toml import read_toml
from seedance_assets.core.cuts import Cuts
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.picture import Size
from seedance_assets.core.quality import Expectation


class ExpectationFile(BaseModel):
    """Every line may be left out: then nobody has asked for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width_px: int | None = Field(default=None, gt=0, le=100_000)
    height_px: int | None = Field(default=None, gt=0, le=100_000)
    frames_per_second: float | None = Field(default=None, gt=0, le=1000, allow_inf_nan=False)
    duration_s: float | None = Field(default=None, gt=0, le=36_000, allow_inf_nan=False)
    audio: bool | None = None
    camera_fixed: bool = False
    cuts: Cuts | None = Field(default=None, description="A number, or `any`.")
    first_frame: Path | None = Field(default=None, description="A picture, beside this file.")

    @property
    def expectation(self) -> Expectation:
        """The same in the words of the rules; a length needs a frame rate."""
        sized = self.width_px is not None and self.height_px is not None
        rate, length_s = self.frames_per_second, self.duration_s
        return Expectation(
            size=Size(self.width_px or 0, self.height_px or 0) if sized else None,
            frames_per_second=rate,
            frames=round(rate * length_s) + 1 if rate and length_s else None,
            audio=self.audio,
            camera_fixed=self.camera_fixed,
            cuts=self.cuts,
        )


def read_expectation(path: Path) -> ExpectationFile:
    """The file at `path`; its picture's path made whole.

    Raises as `read_toml` does, and `SettingsRefused` for half an expectation: no rule looks at it.
    """
    read = read_toml(path, ExpectationFile)
    if lacking := _lacking(read):
        raise SettingsRefused(f"{path}: {lacking} is missing", advice="Add it, or leave both out.")
    if read.first_frame is None:
        return read
    return read.model_copy(update={"first_frame": path.parent / read.first_frame})


def _lacking(read: ExpectationFile) -> str:
    """The other half of what was asked for: a size has two sides, a length is frames of a rate."""
    if read.duration_s is not None and read.frames_per_second is None:
        return "duration_s is there, but frames_per_second"
    if read.width_px is not None and read.height_px is None:
        return "width_px is there, but height_px"
    if read.height_px is not None and read.width_px is None:
        return "height_px is there, but width_px"
    return ""
