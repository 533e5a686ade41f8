"""Choose the delivery of first frames from the settings."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from seedance_assets.adapters.first_frame.bucket import FrameBucket
from seedance_assets.adapters.first_frame.delivery import (
    DeliveredFrame,
    FrameDelivery,
    InPublic,
    InsideTheRequest,
    ThroughBucket,
    Way,
)
from seedance_assets.adapters.first_frame.download import Downloader
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame
from seedance_assets.core.scope import is_loopback
from seedance_assets.core.settings import FirstFrameSettings

_FETCH_S = 60.0


class _Unreachable:
    """An address that the real service cannot reach; raises when a frame is delivered."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def deliver(self, frame: FirstFrame, schema: ModelSchema) -> DeliveredFrame:  # noqa: ARG002
        """See `Way.consign`."""
        raise SettingsRefused(
            f"first_frames: the service cannot fetch pictures from {self._address}",
            advice="Set a public https address in production.toml.",
        )


def delivery_of(
    settings: FirstFrameSettings, *, emulated: bool, needed_s: float, environ: Mapping[str, str]
) -> FrameDelivery:
    """The delivery from the settings. An `emulated` service can reach loopback."""
    return FrameDelivery(
        _way(settings, emulated, environ), needed_s, copies=settings.deliver == "copy"
    )


def _way(settings: FirstFrameSettings, emulated: bool, environ: Mapping[str, str]) -> Way:
    inside = InsideTheRequest(settings.max_data_uri_bytes)
    if settings.delivery == "data_uri":
        return inside
    named = {"s3": settings.s3.endpoint_url, "public_url": settings.public_url.base_url}
    address = named[settings.delivery]
    if address and not emulated and not _is_reachable(address):
        return _Unreachable(address)
    if settings.delivery == "s3":
        return ThroughBucket(FrameBucket(settings.s3, environ))
    downloader = Downloader(allow_private=emulated, timeout_s=_FETCH_S)
    return InPublic(settings.public_url, downloader, inside)


def _is_reachable(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and not is_loopback(parts.hostname)
