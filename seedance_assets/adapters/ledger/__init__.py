"""The ledger: the durable record of takes, written before money is spent."""

from seedance_assets.adapters.ledger.ledger import Claim, Ledger, open_ledger

__all__ = ["Claim", "Ledger", "open_ledger"]
