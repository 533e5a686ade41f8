"""The Dagster face. No `from __future__ import annotations` here: Dagster reads the annotations."""
