"""First frames: fetched once, checked against the model's rules, kept by content."""

from seedance_assets.adapters.first_frame.data_uri import as_data_uri
from seedance_assets.adapters.first_frame.sources import described
from seedance_assets.adapters.first_frame.store import FrameStore

__all__ = ["FrameStore", "as_data_uri", "described"]
