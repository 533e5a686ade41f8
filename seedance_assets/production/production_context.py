"""What a production works with: its scope, its settings, its records and its stores."""

from dataclasses import dataclass

from seedance_assets.adapters.first_frame import DeliveredFrame, FrameDelivery, FrameStore
from seedance_assets.adapters.ledger import Ledger
from seedance_assets.adapters.media_library import MediaLibrary
from seedance_assets.adapters.order_journal import OrderJournal
from seedance_assets.adapters.plan_records import PlanRecords
from seedance_assets.adapters.probe import ProbePool
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.scope import Scope
from seedance_assets.core.settings import ProductionSettings


@dataclass(frozen=True, slots=True)
class ProductionContext:
    """Everything but the service: enough to read, plan, and look at what was made."""

    scope: Scope
    settings: ProductionSettings
    ledger: Ledger
    library: MediaLibrary
    frames: FrameStore
    probes: ProbePool
    delivery: FrameDelivery
    journal: OrderJournal
    plans: PlanRecords

    async def deliver_first_frame(self, request: GenerationRequest) -> DeliveredFrame | None:
        """Make the request's picture ready to go to the service; None if it has none.

        Raises `FrameRefused`, `FrameNotDelivered`, `SettingsRefused` or `StorageError`.
        """
        if request.first_frame is None:
            return None
        return await self.delivery.deliver(request.first_frame, request.schema)
