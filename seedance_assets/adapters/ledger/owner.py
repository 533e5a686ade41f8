"""Who holds an order that has no request id yet, and whether they still live.

An owner is `host/pid/mark`. On Linux the mark says when the process was born and in which world of
process ids (boot, and container): a number that was given to another process, or that belongs to
a container of the same name, is never taken for the owner, and neither is one that is dead and
only not buried yet. Elsewhere the mark is made up, and the process id alone must do.
"""

import os
import socket
import sys
import uuid
from pathlib import Path

_MADE_UP = uuid.uuid4().hex[:8]
_PROC = Path("/proc")
_DEAD = {"Z", "X"}


def this_owner() -> str:
    """This process, for the ledger."""
    born = _born(os.getpid())
    mark = f"{_world()}.{born}" if born else _MADE_UP
    return f"{socket.gethostname()}/{os.getpid()}/{mark}"


def is_gone(owner: str | None) -> bool:
    """Whether `owner` has certainly ended. Of another host nothing is certain: False."""
    if owner is None:
        return True
    host, _, rest = owner.partition("/")
    pid, _, mark = rest.partition("/")
    if owner == this_owner() or host != socket.gethostname() or not pid.isdigit():
        return False
    world, dot, born = mark.rpartition(".")
    if not dot:  # our own number but another birth: that process is no more
        return int(pid) == os.getpid() or not _runs(int(pid))
    return _is_ours(world) and (not _runs(int(pid)) or _born(int(pid)) not in {born, None})


def lives(owner: str | None) -> bool:
    """Whether `owner` certainly lives: it is this process, or one that we see with its birth."""
    host, _, rest = (owner or "").partition("/")
    pid, _, mark = rest.partition("/")
    world, dot, born = mark.rpartition(".")
    if not dot:
        return owner == this_owner()
    seen = host == socket.gethostname() and pid.isdigit() and _is_ours(world)
    return seen and _born(int(pid)) == born


def _is_ours(world: str) -> bool:
    return world != "" and world == _world()  # two that nobody can see are not the same one


def _world() -> str:
    """The boot of the kernel and the namespace of process ids, as far as they can be seen."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip().replace("-", "")
        space = (_PROC / "self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""
    return f"{boot[:12]}-{space}"


def _born(pid: int) -> str | None:
    """When a living process began, in ticks since the boot; `dead`; None if nobody can say."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    after_name = stat.rpartition(")")[2].split()  # from the third field of proc(5) on
    return "dead" if after_name[0] in _DEAD else after_name[19]


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there signal 0 is Ctrl-C, and nothing else tells it for certain
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there, and not ours to signal
        return True
    return True
