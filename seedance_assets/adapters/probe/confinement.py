"""Sandbox a worker: it decodes untrusted files.

The kernel enforces the limits, so they also bind native code. Limits that a system lacks are
skipped: Windows has no `resource`, macOS does not limit address space, and a network namespace
needs Linux, Python 3.12 and a kernel that permits it.
"""

import math
import os
from contextlib import suppress
from typing import Any

resource: Any = None
"""Python's `resource` module; None on Windows, which has none."""
with suppress(ImportError):
    import resource

MEMORY_BYTES = 2 << 30
"""Of address space: measuring a clip of the largest allowed size takes 0.6 GB."""
_OPEN_FILES = 64
_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # CLONE_NEWNET and CLONE_NEWUSER of Linux
_CPU_OF_WALL = 2  # CPU seconds per second of wall time; FFmpeg may use two threads


def confine() -> None:
    """Drop rights that measuring does not need; call it after all modules are imported.

    Limits memory and open files; forbids writing files, core dumps and the network.
    """
    if resource is not None:
        _lower("RLIMIT_AS", MEMORY_BYTES)
        _lower("RLIMIT_NOFILE", _OPEN_FILES)
        _lower("RLIMIT_FSIZE", 0)  # pipes and `/dev/null` do not count
        _lower("RLIMIT_CORE", 0)
    _leave_the_network()


def allow_cpu(wall_s: float) -> None:
    """End this process if its next clip uses far more CPU time than allowed.

    The parent ends a worker that hangs; this is for a worker whose parent has died.
    """
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(usage.ru_utime + usage.ru_stime + _CPU_OF_WALL * wall_s) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or most <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _lower(name: str, most: int) -> None:
    """Lower a limit permanently; keep one that is already lower."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    with suppress(OSError, ValueError):  # macOS refuses some
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _leave_the_network() -> None:
    """Move to an empty network namespace, where the system permits it."""
    unshare = getattr(os, "unshare", None)
    if unshare is None:
        return
    for spaces in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USERS):
        with suppress(OSError):  # it needs privileges or user namespaces
            unshare(spaces)
            return
