"""How first frames reach the service: by their own link, or as configured in the settings.

In every case the request's fingerprint uses the picture's content. A signed link is made when the
order is sent and goes only to the service.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import quote

from seedance_assets.adapters.first_frame.bucket import FrameBucket
from seedance_assets.adapters.first_frame.data_uri import as_data_uri
from seedance_assets.adapters.first_frame.download import Downloader, as_fetched
from seedance_assets.adapters.first_frame.expiry import link_expiry
from seedance_assets.adapters.first_frame.sources import byte_limit, described, link_or_inline
from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import FrameNotDelivered, FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame, sha256_hex
from seedance_assets.core.settings import PublicPlace


@dataclass(frozen=True, slots=True)
class DeliveredFrame:
    """A first frame that is ready to send; `link` creates its link."""

    link: Callable[[], str] = field(repr=False)
    """Makes the link for the service when the order is sent."""
    note: str = ""
    """What the user should know; empty if the picture is sent unchanged."""


class Way(Protocol):
    """A way to deliver stored frames to the service."""

    async def deliver(self, frame: FirstFrame, schema: ModelSchema) -> DeliveredFrame:
        """Make a frame ready to go.

        Raises `FrameRefused`, `FrameNotDelivered`, `SettingsRefused` or `StorageError`.
        """


@dataclass(frozen=True, slots=True)
class InsideTheRequest:
    """As a data URI, made smaller if necessary."""

    max_bytes: int

    async def deliver(self, frame: FirstFrame, schema: ModelSchema) -> DeliveredFrame:
        """See `Way.consign`."""
        inlined = await asyncio.to_thread(as_data_uri, frame, self.max_bytes, schema)
        return DeliveredFrame(lambda: inlined.uri, inlined.note)


@dataclass(frozen=True, slots=True)
class ThroughBucket:
    """By a signed link to an object in a bucket."""

    bucket: FrameBucket

    async def deliver(self, frame: FirstFrame, schema: ModelSchema) -> DeliveredFrame:  # noqa: ARG002
        """See `Way.consign`."""
        key = await asyncio.to_thread(self.bucket.upload, frame)
        return DeliveredFrame(lambda: self.bucket.link(key))


@dataclass(frozen=True, slots=True)
class InPublic:
    """By a public address where the production publishes its pictures."""

    place: PublicPlace
    downloader: Downloader
    otherwise: Way
    """For pictures that are not at the address in the form to be sent."""
    seen: dict[str, str] = field(default_factory=dict)
    """Pictures already checked there: address → hash."""

    async def deliver(self, frame: FirstFrame, schema: ModelSchema) -> DeliveredFrame:
        """See `Way.consign`."""
        sent = await asyncio.to_thread(_kept_sha256, frame)
        name = self._name(frame, sent)
        if name is None:
            other = await self.otherwise.deliver(frame, schema)
            note = f"first frame {described(frame.source)} goes inside the request: the public "
            return DeliveredFrame(other.link, other.note or f"{note}address does not have it")
        address = f"{self.place.base_url.rstrip('/')}/{quote(name)}"
        if self.place.check and self.seen.get(address) != sent:
            advice = "Upload the first frames to the public address, then run again."
            await check_link(address, frame, schema, self.downloader, advice)
            self.seen[address] = sent
        return DeliveredFrame(lambda: address)

    def _name(self, frame: FirstFrame, sent: str) -> str | None:
        """The file's name below the address; None if it cannot be there."""
        if self.place.layout == "sha256":
            return frame.path.name
        if link_or_inline(frame.source) or sent != frame.sha256:
            return None  # not a file, or one that the service would read differently
        path = PurePosixPath(frame.source.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise FrameNotDelivered(
                f"first frame {described(frame.source)} is not below the sheet's folder, so "
                "the public address has no name for it",
                advice='Move it there, or set layout = "sha256" in [first_frames.public_url].',
            )
        return str(path)


@dataclass(frozen=True, slots=True)
class FrameDelivery:
    """A production's delivery: by the sheet's own link where possible, else by `way`."""

    way: Way
    needed_s: float
    """How long a link must stay valid, so that the service can fetch it."""
    copies: bool = False
    """Whether to never send the sheet's links: their hosts could send the service anything."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def deliver(self, frame: FirstFrame, schema: ModelSchema) -> DeliveredFrame:
        """Make a frame ready to send. See `Way.deliver` for the errors.

        A link cannot be used if the picture had to be rewritten (the service would see the
        original), if the service cannot reach it, or if it expires too soon.
        """
        if self.copies or not frame.public or not frame.source[:8].lower().startswith("https://"):
            return await self.way.deliver(frame, schema)
        if await asyncio.to_thread(_kept_sha256, frame) != frame.sha256:
            return await self.way.deliver(frame, schema)
        link, ends = as_fetched(frame.source), link_expiry(frame.source)
        if ends is None or ends >= self.now() + timedelta(seconds=self.needed_s):
            return DeliveredFrame(lambda: link)
        other = await self.way.deliver(frame, schema)
        note = f"the link of first frame {described(frame.source)} expires at {ends:%H:%M UTC}, so"
        return DeliveredFrame(other.link, other.note or f"{note} the stored copy is sent")


async def check_link(
    link: str, frame: FirstFrame, schema: ModelSchema, downloader: Downloader, advice: str
) -> None:
    """Follow a link like the service: it must return exactly the bytes of the stored frame.

    Raises `FrameNotDelivered`, which repeats no secret part of the link.
    """
    what = f"first frame {described(frame.source)} at {described(link)}"
    try:
        fetched = await downloader.fetch(link, byte_limit(schema), described(link))
    except FrameRefused as exc:
        raise FrameNotDelivered(f"{what}: {exc}", advice=advice) from exc
    if sha256_hex(fetched.content or b"") != await asyncio.to_thread(_kept_sha256, frame):
        raise FrameNotDelivered(f"{what} is not the same picture as ours", advice=advice)


def _kept_sha256(frame: FirstFrame) -> str:
    with storage_errors(f"cannot read {frame.path}"):
        return sha256_hex(frame.path.read_bytes())
