"""`python -m two_shows`: make every shot of both shows on the emulator, and say where they are."""

import os
import sys
from pathlib import Path

import dagster as dg

from two_shows.definitions import defs

TOKENS = ("RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY")
SHOWS = ("harbour", "heath")


def main() -> int:
    """Run the three jobs of each show; 1 if one of them failed."""
    if any(os.environ.get(name) for name in TOKENS):
        sys.stderr.write("This example runs on the emulator: unset RUNCOMFY_TOKEN first.\n")
        return 64
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(Path("storage/dagster").resolve())))
    home.mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.get() as instance:
        jobs = (f"{show}_{part}" for show in SHOWS for part in ("intake", "production", "review"))
        results = [make(job, instance) for job in jobs]
    for show in SHOWS:
        sys.stdout.write(f"{show}: {Path('storage', show, 'review', 'index.html').resolve()}\n")
    return 0 if all(results) else 1


def make(job: str, instance: dg.DagsterInstance) -> bool:
    """Run one job to its end."""
    run = defs().resolve_job_def(job)
    return run.execute_in_process(instance=instance, raise_on_error=False).success


if __name__ == "__main__":
    sys.exit(main())
