"""RunComfy's Model API: the client of the service that makes the videos and takes the money."""

from seedance_assets.adapters.runcomfy.address import ServiceAddress
from seedance_assets.adapters.runcomfy.answers import (
    CancelAnswer,
    CatalogueEntry,
    GenerationResult,
    GenerationStatus,
    is_request_id,
)
from seedance_assets.adapters.runcomfy.part_file import Download
from seedance_assets.adapters.runcomfy.service import RunComfy, open_service
from seedance_assets.adapters.runcomfy.states import GenerationState
from seedance_assets.adapters.runcomfy.timing import FOR_A_PERSON, Timing

__all__ = [
    "FOR_A_PERSON",
    "CancelAnswer",
    "CatalogueEntry",
    "Download",
    "GenerationResult",
    "GenerationState",
    "GenerationStatus",
    "RunComfy",
    "ServiceAddress",
    "Timing",
    "is_request_id",
    "open_service",
]
