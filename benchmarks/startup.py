"""How long the code location takes to start, beside a bare `import dagster`, and `seedance --help`.

The three are measured in turn, so that whatever else the machine does meets all of them; the
least of each counts, in processor time where two are compared. Dagster starts a process for each
run and each code location: all of them pay this.

    python benchmarks/startup.py --rounds 10
"""

import argparse
import os
import subprocess
import sys
import time
from statistics import median

BARE = [sys.executable, "-c", "import dagster"]
OURS = [sys.executable, "-c", "import seedance_assets.definitions"]
HELP = [sys.executable, "-m", "seedance_assets", "--help"]
MOST_RATIO = 1.5
MOST_HELP_S = 0.4


def measure(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one process."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall_s, after = time.perf_counter() - start, os.times()
    cpu = after.children_user - before.children_user, after.children_system - before.children_system
    return wall_s, sum(cpu)


def main() -> int:
    """Print the table; ends with 1 if a bound is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    commands = {"import dagster": BARE, "the code location": OURS, "seedance --help": HELP}
    for command in commands.values():
        measure(command)  # byte code is written, files are read
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(measure(command))
    print(f"{'':20}{'wall s: least':>14}{'median':>8}{'CPU s: least':>14}{'median':>8}")
    for name, found in times.items():
        walls, cpus = zip(*found, strict=True)
        print(
            f"{name:20}{min(walls):14.2f}{median(walls):8.2f}{min(cpus):14.2f}{median(cpus):8.2f}"
        )
    cpu_s = {name: min(cpu for _, cpu in found) for name, found in times.items()}
    ratio = cpu_s["the code location"] / cpu_s["import dagster"]
    help_s = min(wall for wall, _ in times["seedance --help"])
    print(f"ratio of the least CPU times {ratio:.2f} (at most {MOST_RATIO})")
    print(f"help after {help_s:.2f} s (at most {MOST_HELP_S})")
    return int(ratio > MOST_RATIO or help_s > MOST_HELP_S)


if __name__ == "__main__":
    sys.exit(main())
