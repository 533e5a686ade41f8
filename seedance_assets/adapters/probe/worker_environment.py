"""The environment of a worker: what Python and the system need, without our secrets."""

import os
from collections.abc import Mapping
from pathlib import Path

C_LIBRARY = {
    "OPENBLAS_NUM_THREADS": "1",  # workers already run in parallel
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),  # keep freed memory: fetching it again
    "MALLOC_TRIM_THRESHOLD_": str(
        1 << 27
    ),  # from the kernel, page by page, takes 3 % of a clip's time
}
"""Settings for the native code in a worker; the last two are glibc's."""
PACKAGE_ROOT = Path(__file__).parents[3]
_KEPT = frozenset(
    {
        "HOME",  # packages of `pip install --user` are below it
        "LANG",  # the encoding of file names
        "LC_ALL",
        "LC_CTYPE",
        "DYLD_FALLBACK_LIBRARY_PATH",  # where native libraries are
        "DYLD_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHOME",
        "PYTHONNOUSERSITE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONUSERBASE",
        "PYTHONUTF8",
        "SYSTEMROOT",  # Windows: no socket and no random number without it
        "APPDATA",  # Windows: as HOME
    }
)
_SEARCH_PATHS = ("PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


def worker_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a worker.

    Relative and empty entries of search paths are removed: they would mean the current folder.
    """
    kept = {name: value for name, value in environ.items() if name.upper() in _KEPT}
    paths = [str(PACKAGE_ROOT), environ.get("PYTHONPATH", "")]
    kept |= C_LIBRARY | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    return kept | {name: _absolute(kept[name]) for name in _SEARCH_PATHS if name in kept}


def _absolute(search_path: str) -> str:
    return os.pathsep.join(p for p in search_path.split(os.pathsep) if Path(p).is_absolute())
