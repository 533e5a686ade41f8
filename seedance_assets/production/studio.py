"""What a production works with: its world, its settings, its records and its shelves."""

from dataclasses import dataclass

from seedance_assets.adapters.first_frame import FrameStore, as_data_uri
from seedance_assets.adapters.ledger import Ledger
from seedance_assets.adapters.media_library import MediaLibrary
from seedance_assets.adapters.probe import ProbePool
from seedance_assets.core.request import GenerationRequest, sha256_hex
from seedance_assets.core.scope import Scope
from seedance_assets.core.settings import ProductionSettings


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything but the service: enough to read, plan, and look at what was made."""

    scope: Scope
    settings: ProductionSettings
    ledger: Ledger
    library: MediaLibrary
    frames: FrameStore
    probes: ProbePool

    def first_frame_url(self, request: GenerationRequest) -> str | None:
        """How the request's picture reaches the service: a link as it is, a file as a data URI.

        A link to a picture that had to be rewritten (turned upright, converted) does not do: the
        service would see the original. Raises `FrameRefused` if a file cannot be made small enough.
        """
        frame = request.first_frame
        if frame is None:
            return None
        as_given = sha256_hex(frame.path.read_bytes()) == frame.sha256
        if frame.source.startswith("https://") and as_given:
            return frame.source
        return as_data_uri(frame, self.settings.first_frames.max_data_uri_bytes)
