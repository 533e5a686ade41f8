"""What a worker may use of the machine: it decodes files that nobody has vouched for.

The limits are the kernel's, so they hold for native code too. What a system lacks is left out:
Windows has no `resource`, macOS does not bound address space, and a network of its own needs
Linux, Python 3.12 and a kernel that lets a process have one.
"""

import math
import os
from contextlib import suppress
from typing import Any

resource: Any = None
"""Python's module of that name; None on Windows, which has none."""
with suppress(ImportError):
    import resource

MEMORY_BYTES = 2 << 30
"""Of address space: measuring a clip of the largest size allowed takes 0.6 GB."""
_OPEN_FILES = 64
_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # CLONE_NEWNET and CLONE_NEWUSER of Linux
_CPU_OF_WALL = 2  # CPU seconds for each second that a clip may take; FFmpeg may use two threads


def confine() -> None:
    """Give up what measuring does not need; call it once all modules are imported.

    Bounds memory and open files, and takes away the writing of files, core dumps and the network.
    """
    if resource is not None:
        _lower("RLIMIT_AS", MEMORY_BYTES)
        _lower("RLIMIT_NOFILE", _OPEN_FILES)
        _lower("RLIMIT_FSIZE", 0)  # pipes and `/dev/null` do not count
        _lower("RLIMIT_CORE", 0)
    _leave_the_network()


def allow_cpu(wall_s: float) -> None:
    """End this process once its next clip has used far more CPU time than it may take in all.

    A parent ends a worker that hangs; this is for a worker whose parent has died.
    """
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(usage.ru_utime + usage.ru_stime + _CPU_OF_WALL * wall_s) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or most <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _lower(name: str, most: int) -> None:
    """Lower a limit for good; a limit that is lower already stays."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    with suppress(OSError, ValueError):  # macOS refuses some
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _leave_the_network() -> None:
    """Have a network of its own, without interfaces, where the system lets us."""
    unshare = getattr(os, "unshare", None)
    if unshare is None:
        return
    for spaces in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USERS):
        with suppress(OSError):  # it takes privileges, or user namespaces
            unshare(spaces)
            return
