"""The ledger: the durable record of takes, written before money is spent."""

from seedance_assets.adapters.ledger.engine import ledger_is_there, require_ledger
from seedance_assets.adapters.ledger.ledger import Ledger, open_ledger
from seedance_assets.adapters.ledger.owner import is_gone, lives, this_owner
from seedance_assets.adapters.ledger.records import Claim, Transition
from seedance_assets.adapters.ledger.reorder import Reorder
from seedance_assets.adapters.ledger.restore import LostTake
from seedance_assets.adapters.ledger.retakes import retake_note

__all__ = [
    "Claim",
    "Ledger",
    "LostTake",
    "Reorder",
    "Transition",
    "is_gone",
    "ledger_is_there",
    "lives",
    "open_ledger",
    "require_ledger",
    "retake_note",
    "this_owner",
]
