"""The expectations for the clips of `seedance qc`: from a TOML file, a shot, or a sheet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seedance_assets.adapters.clip_files import shot_in_sidecar
from seedance_assets.adapters.expectation_toml import read_expectation
from seedance_assets.adapters.probe import InputPicture, check_picture
from seedance_assets.adapters.production_toml import read_settings
from seedance_assets.core.checked_clip import shot_in_name
from seedance_assets.core.errors import InputMissing, SeedanceError
from seedance_assets.core.quality import Expectation, QualityLimits, expectation
from seedance_assets.core.quality.limits import Preset, QualitySettings
from seedance_assets.core.request import sha256_hex
from seedance_assets.core.shot import sheet_name
from seedance_assets.production.delivery.measuring import input_picture
from seedance_assets.wiring import (
    Environment,
    is_elsewhere,
    open_frames,
    prepare_requests,
    read_production,
    request_of_shot,
)

_SHEETS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
_MAX_PICTURE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """The expectations for a clip."""

    limits: QualityLimits
    expectation: Expectation = field(default_factory=Expectation)
    opening: InputPicture | None = None
    shot: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Orders:
    """The expectations for all clips or by clip; `source` describes their origin."""

    usual: Order
    source: str = "compared with no request"
    of_clip: Mapping[Path, Order] = field(default_factory=dict)

    def of(self, clip: Path) -> Order:
        """The expectations for this clip."""
        return self.of_clip.get(clip, self.usual)


@dataclass(frozen=True, slots=True)
class _Limits:
    """Limits by shot: from a given settings file, else from the production; then a preset."""

    settings: Path | None
    preset: Preset | None

    def of(
        self, production: QualitySettings | None, shot: str = "", scene: str = ""
    ) -> QualityLimits:
        named = production is None or self.settings
        quality = read_settings(self.settings).quality if named else production
        assert quality is not None  # noqa: S101  # one of the two
        if self.preset is not None:
            quality = quality.model_copy(update={"preset": self.preset})
        return quality.limits_for(shot, scene)


def read_orders(
    clips: Iterable[Path],
    expect: str | None,
    sheet: str | None,
    settings: Path | None,
    preset: Preset | None,
) -> Orders:
    """Read the expectations. Raises `SeedanceError` for input that cannot be read."""
    limits = _Limits(settings, preset)
    if expect is None:
        return Orders(Order(limits.of(None))) if sheet is None else _by_sheet(clips, sheet, limits)
    if expect.endswith(".toml"):
        return _by_file(Path(expect), limits)
    if expect.lower().endswith(_SHEETS) or is_elsewhere(expect):
        return _by_sheet(clips, expect, limits)
    return _by_shot(expect, sheet, limits)


def _by_file(path: Path, limits: _Limits) -> Orders:
    read = read_expectation(path)
    opening = _picture(read.first_frame) if read.first_frame else None
    order = Order(limits.of(None), read.expectation, opening)
    return Orders(order, f"compared with {path.name}")


def _by_shot(key: str, sheet: str | None, limits: _Limits) -> Orders:
    environment = Environment.read(sheet=sheet)
    request, shot, production = request_of_shot(environment, key, environment.sheet_to_read(sheet))
    order = Order(
        limits.of(production.quality, shot.key, shot.sequence),
        expectation(request, shot.cuts),
        input_picture(request),
        shot.key,
    )
    return Orders(order, f"compared with shot {shot.key}")


def _by_sheet(clips: Iterable[Path], sheet: str, limits: _Limits) -> Orders:
    """Compare each clip with the shot in its record or in its name."""
    shot_list, production = read_production(sheet)
    shots = {shot.key: shot for shot in shot_list.shots}
    named = {clip: _shot_of(clip, list(shots)) for clip in clips}
    wanted = [shots[key] for key in dict.fromkeys(named.values()) if key]
    requests = prepare_requests(
        open_frames(Environment.read(sheet=sheet), production), shot_list, wanted
    )
    usual = Order(
        limits.of(production.quality), note=f"No usable row of {shot_list.name} has its name."
    )

    def order_of(key: str) -> Order:
        request, shot = requests[key], shots[key]
        its_limits = limits.of(production.quality, key, shot.sequence)
        if isinstance(request, SeedanceError):
            return Order(its_limits, shot=key, note=f"Judged without its request: {request}.")
        return Order(its_limits, expectation(request, shot.cuts), input_picture(request), key)

    orders = {key: order_of(key) for key in requests}
    return Orders(
        usual,
        f"compared with the shots of {sheet_name(sheet)}",
        {clip: orders[key] for clip, key in named.items() if key},
    )


def _shot_of(clip: Path, shots: list[str]) -> str:
    recorded = shot_in_sidecar(clip)
    return recorded if recorded in shots else shot_in_name(clip, shots)


def _picture(path: Path) -> InputPicture:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_PICTURE_BYTES)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise InputMissing(
            f"first frame {str(path)!r} cannot be read: {reason}", advice="Check the path."
        ) from exc
    check_picture(path)
    return InputPicture(path, sha256_hex(content))
