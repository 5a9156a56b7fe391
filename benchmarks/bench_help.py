"""How long `microdc --help` takes, also as a multiple of an empty Python in the same run. Wanted: at most 0.2 s."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15


def seconds(argv: list[str]) -> float:
    """Median wall time of RUNS runs, after one that warms the caches."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    empty = seconds([sys.executable, "-c", "pass"])
    print(f"{'command':<20} {'median':>8} {'ratio':>6}")
    print(f"{'python -c pass':<20} {empty:>7.3f}s {1:>6.1f}")
    script = str(Path(sys.executable).with_name("microdc"))
    for arguments in (["--help"], ["--version"], ["config", "show"]):
        took = seconds([script, *arguments])
        print(f"{'microdc ' + ' '.join(arguments):<20} {took:>7.3f}s {took / empty:>6.1f}")


if __name__ == "__main__":
    main()
