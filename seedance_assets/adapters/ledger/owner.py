"""Who holds an order that has no request id yet, and whether they still live."""

import os
import socket
import uuid

_BORN = uuid.uuid4().hex[:8]


def this_owner() -> str:
    """This process, for the ledger: host, process id, and a mark that outlives neither."""
    return f"{socket.gethostname()}/{os.getpid()}/{_BORN}"


def is_gone(owner: str | None) -> bool:
    """Whether `owner` has certainly ended. Of another host nothing is certain: False."""
    if owner is None:
        return True
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    if owner == this_owner() or host != socket.gethostname() or not pid.isdigit():
        return False
    # our own number but another birth: that process is no more
    return int(pid) == os.getpid() or not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there, and not ours to signal
        return True
    return True
