"""Prices, caps and alarms of one run."""
