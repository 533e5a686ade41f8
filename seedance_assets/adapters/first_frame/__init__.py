"""First frames: fetched once, checked against the model's rules, stored by content, delivered."""

from seedance_assets.adapters.first_frame.data_uri import as_data_uri
from seedance_assets.adapters.first_frame.delivery import DeliveredFrame, FrameDelivery
from seedance_assets.adapters.first_frame.expiry import link_expiry
from seedance_assets.adapters.first_frame.header import Header
from seedance_assets.adapters.first_frame.preview import crop_preview
from seedance_assets.adapters.first_frame.sources import Reach, described, shown
from seedance_assets.adapters.first_frame.store import FrameStore
from seedance_assets.adapters.first_frame.ways import delivery_of

__all__ = [
    "DeliveredFrame",
    "FrameDelivery",
    "FrameStore",
    "Header",
    "Reach",
    "as_data_uri",
    "crop_preview",
    "delivery_of",
    "described",
    "link_expiry",
    "shown",
]
