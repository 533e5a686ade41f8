"""One partition per shot, in step with the sheet."""

from collections.abc import Iterable

import dagster as dg

from seedance_assets.defs.show import THE_SHOW, Show

_CHUNK = 500  # SQLite bounds the variables of one statement


def register_shots(
    instance: dg.DagsterInstance, keys: Iterable[str], show: Show = THE_SHOW
) -> list[str]:
    """Add the partitions that are missing, in the sheet's order; returns the new ones."""
    name = show.named("shots")
    known = set(instance.get_dynamic_partitions(name))
    new = [key for key in dict.fromkeys(keys) if key not in known]
    for start in range(0, len(new), _CHUNK):
        instance.add_dynamic_partitions(name, new[start : start + _CHUNK])
    return new


def retire_shots(
    instance: dg.DagsterInstance, keys: Iterable[str], show: Show = THE_SHOW
) -> list[str]:
    """Take out the partitions of shots that are not among `keys`; returns them.

    What was made of them stays: takes, videos, and their events, which are shown again as soon as
    the shot comes back.
    """
    name = show.named("shots")
    kept = set(keys)
    gone = [key for key in instance.get_dynamic_partitions(name) if key not in kept]
    for key in gone:
        instance.delete_dynamic_partition(name, key)
    return gone
