"""How long it takes to work out what every pair of N sites has over a backbone of many PoPs: `microdc wan matrix`, without the table.

Beside it, in the same rounds: the topology read from its documents, which each such command does first and to which the ratios are;
and the same values as impairments with their ways (`asked`), as `microdc apply` needs them. Each round is a process of its own, so
that nothing is known from the one before. Told are medians of CPU time. Wanted: at most 0.5 s for 200 sites. Needs nothing.

    python benchmarks/bench_matrix.py [--sites 50,100,200] [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import mesh
from apart import rounds_apart
from report import machine, milliseconds, table

from microdc.wan.asked import asked
from microdc.wan.matrix import matrix


def seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def parts(count: int) -> dict[str, float]:
    """CPU seconds of each part, in a process that has done none of it before."""
    known = mesh.library()
    read = seconds(lambda: known.atlas[mesh.TOPOLOGY])
    testbed = mesh.testbed(count, known)
    told = {"topology read": read, "matrix": seconds(lambda: list(matrix(testbed, known)))}
    fresh = mesh.library()
    assert fresh.atlas[mesh.TOPOLOGY]  # read before, so that what is measured is the same part of the way
    return {**told, "asked": seconds(lambda: asked(testbed, fresh))}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", default="50,100,200", help=f"how many, with commas; at most {mesh.MOST}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="a file to write the results into")
    given = parser.parse_args()
    facts = machine()
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    head, rows, report = ["sites", "pairs"], [], {}
    for count in map(int, given.sites.split(",")):
        found = rounds_apart(parts, count, given.rounds)
        base = found["topology read"]
        head = ["sites", "pairs", *(word for name in found for word in (f"{name} ms", "ratio"))]
        cells = [(milliseconds(value), f"{value / base:.2f}") for value in found.values()]
        rows.append([str(count), str(count * (count - 1) // 2), *(word for cell in cells for word in cell)])
        report[count] = found
    print(table(head, rows))
    if given.json:
        Path(given.json).write_text(json.dumps({"machine": facts, "sites": report}) + "\n", "utf-8")


if __name__ == "__main__":
    main()
