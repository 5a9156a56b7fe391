"""How long it takes to lay N destinations on an interface, to change one and to change all, by several ways in one run.

All of them work on the same interface in a namespace of their own, turn by turn in each round, so that what else the machine
does meets all alike. Told is the median of the rounds, and its ratio to `tc -batch`; of several numbers of destinations also how
the time for each of them grows. Needs root. With --guest all of it runs
in the guest of the kernel's tests, whose time counts instructions: there is netem there, and the load of this machine does
not show.

    python benchmarks/bench_apply.py [--destinations 10,100] [--rounds 5] [--ways tc,microdc] [--guest] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import own_ways
import ways
import workload
from report import machine, milliseconds, table, write

from microdc.host import namespaces
from microdc.host.abilities import try_kernel

REFERENCE = ways.TcBatch.name
Times = dict[tuple[str, str], list[float]]
"""Seconds, by way and act."""


@contextmanager
def interface() -> Iterator[tuple[str, str]]:
    """An interface in a namespace that this thread is in meanwhile, and a directory for an agent."""
    name = f"microdc-bench-{os.getpid()}"
    directory = tempfile.mkdtemp(prefix="microdc-bench-", dir="/run")  # where an agent keeps its state
    try:
        namespaces.create(name)
        with namespaces.enter(name):
            link = ["ip", "link", "add", "name", workload.INTERFACE, "type", "veth", "peer", "name", "peer"]
            subprocess.run(link, check=True)
            for end in (workload.INTERFACE, "peer"):
                subprocess.run(["ip", "link", "set", "dev", end, "up"], check=True)
            yield name, directory
    finally:
        namespaces.delete(name)
        shutil.rmtree(directory)


def turn(way: ways.Way, times: Times) -> None:
    """Lays, changes one, changes all, and clears."""
    step = 0
    try:
        for act, count in (("lay", 1), ("one", way.changes), ("all", way.changes)):
            for _ in range(count):
                step += 1
                way.prepare(act, step)
                start = time.perf_counter()
                way.act()
                took = time.perf_counter() - start
                way.check()
                times.setdefault((way.name, act), []).append(took)
    finally:
        way.clear()


def measured(work: workload.Workload, rounds: int, wanted: list[str]) -> tuple[Times, dict[str, str]]:
    """Times, and the ways that cannot, with the reason."""
    times: Times = {}
    cannot: dict[str, str] = {}
    with interface() as (namespace, directory):
        makers: list[Any] = [ways.TcBatch, own_ways.MicrodcSends, ways.Tc, ways.Pyroute2, ways.Tcconfig]
        made = [make(work) for make in makers if work.count <= (make.limit or work.count)]
        own: list[Any] = [own_ways.MicrodcSent, own_ways.Microdc, own_ways.MicrodcAnew]
        made += [make(work, namespace, directory) for make in own]
        chosen = [w for w in made if w.name == REFERENCE or any(part in w.name for part in wanted or [""])]
        for _ in range(rounds):
            for way in chosen:
                if way.name not in cannot:
                    try:
                        turn(way, times)
                    except ways.CannotError as problem:
                        cannot[way.name] = str(problem)
        for way in made:
            way.close()
    return times, cannot


def results(times: Times) -> dict[str, dict[str, dict[str, float]]]:
    """By way and act: median in seconds, its ratio to the reference, and how far the rounds lie apart."""
    middle = {key: statistics.median(found) for key, found in times.items()}
    told: dict[str, dict[str, dict[str, float]]] = {}
    for (name, act), seconds in middle.items():
        spread = {"least": min(times[name, act]), "most": max(times[name, act])}
        told.setdefault(name, {})[act] = {
            "seconds": seconds,
            "ratio": seconds / middle[REFERENCE, act],
            **spread,
            "times": len(times[name, act]),
        }
    return told


def tell(count: int, found: dict[str, dict[str, dict[str, float]]], cannot: dict[str, str]) -> None:
    head = ["", "lay ms", "ratio", "one ms", "ratio", "all ms", "ratio"]
    rows = [
        [name]
        + [w for act in ways.ACTS for w in (milliseconds(by[act]["seconds"]), f"{by[act]['ratio']:.2f}")]
        for name, by in found.items()
        if len(by) == len(ways.ACTS)
    ]
    print(f"\n{count} destinations\n{table(head, rows)}", flush=True)
    for name, reason in cannot.items():
        print(f"{name}: cannot: {reason}")


def tell_growth(report: dict[int, Any]) -> None:
    """How the time for one destination grows with their number, where all are laid or changed: 1.00 is linear."""
    for (few, before), (many, after) in pairwise(sorted(report.items())):
        head = [f"a destination, {many} to {few}", "lay", "all"]
        rows = [
            [
                name,
                *(
                    f"{after['ways'][name][act]['seconds'] / many * few / by[act]['seconds']:.2f}"
                    for act in ("lay", "all")
                ),
            ]
            for name, by in before["ways"].items()
            if name in after["ways"]
        ]
        print(f"\n{table(head, rows)}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--destinations", default="10,100,1000", help="how many, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", default="", help=f"parts of their names, with commas; {REFERENCE} always")
    parser.add_argument("--tcset", default="tcset", help="the command line of tcconfig's tcset")
    parser.add_argument("--tcconfig-most", type=int, default=100, help="destinations at most for tcconfig")
    parser.add_argument("--guest", action="store_true", help="in a guest, with netem")
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if os.geteuid() != 0:
        print("skipped: it needs root, for a namespace and its qdiscs")
        return
    if given.guest:
        from guest import run_in_guest  # noqa: PLC0415 - the guest has no QEMU of its own

        words = [f"--{name}={getattr(given, name)}" for name in ("destinations", "rounds", "ways")]
        words += [f"--tcconfig-most={given.tcconfig_most}", "--tcset=python3 -m tcconfig.tcset", "--json=-"]
        told = run_in_guest(Path(__file__), words)
        write(given.json, told.strip().splitlines()[-1])
        return
    netem = bool(try_kernel("sch_netem").works)
    if not netem:
        workload.do_without_netem()
    ways.Tcconfig.limit, ways.Tcconfig.program = given.tcconfig_most, given.tcset.split()
    facts = machine("pyroute2", "tcconfig")
    leaf = "netem + bfifo" if netem else "bfifo (this kernel has no netem)"
    print("; ".join(f"{name} {value}" for name, value in {**facts, "leaf": leaf}.items()), flush=True)
    report: dict[str, Any] = {"machine": facts, "leaf": leaf, "reference": REFERENCE, "destinations": {}}
    for count in map(int, given.destinations.split(",")):
        times, cannot = measured(workload.Workload(count, netem), given.rounds, given.ways.split(","))
        found = results(times)
        tell(count, found, cannot)
        report["destinations"][count] = {"ways": found, "cannot": cannot}
    tell_growth(report["destinations"])
    write(given.json, json.dumps(report))


if __name__ == "__main__":
    main()
