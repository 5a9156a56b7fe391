"""Collecting a fleet: everything that 100 BMCs tell of their hardware and sensors, by microdc, DMTF's library and httpx.

All ask the same BMCs in one run, turn by turn, for the same resources: those that microdc asks for, as the BMC writes them down. Each
turn is a process of its own. Told are medians, and their ratio to the faster of the two ways of httpx. The BMCs
are the lab's Redfish service over TLS in a process of its own, on the same machine: it takes more of the processor than any client, so the
client's own processor time for one request tells more than the time of the wall does. Then what a second collection costs
over connections that stay open, and whether the memory grows.

    python benchmarks/bench_bmc_fleet.py [--bmcs 100] [--rounds 5] [--recorded TREE] [--json FILE]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from typing import Any

if find_spec("httpx") is None:
    print("skipped: httpx is not here to be measured beside: pip install 'microdc[bench]'")
    sys.exit()

from apart import apart
from bmc_traffic import traffic
from bmc_ways import WAYS, Work, collect
from bmcs import Fleet, fleet, rss
from report import machine, milliseconds, table, write

from microdc.bmc.fleet import AT_ONCE, Task, each
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.driver import RedfishBmc

Turn = dict[str, float]


def turn(way: Callable[[Work], int], work: Work) -> Turn:
    """Seconds of the wall and of this process, and requests."""
    wall, own = time.perf_counter(), time.process_time()
    requests = way(work)
    return {
        "wall": time.perf_counter() - wall,
        "own": time.process_time() - own,
        "requests": float(requests),
    }


def contest(running: Fleet, work: Work, rounds: int, wanted: list[str]) -> dict[str, Turn]:
    """Medians by way. Each round begins with another way."""
    chosen = [name for name in WAYS if any(part in name for part in wanted)]
    found: dict[str, list[Turn]] = {name: [] for name in chosen}
    for number in range(rounds):
        first = number % len(chosen)
        for name in chosen[first:] + chosen[:first]:
            before = running.cpu()
            told = apart(turn, WAYS[name], work)
            found[name].append({**told, "servers": running.cpu() - before})
    return {
        name: {what: statistics.median(one[what] for one in turns) for what in turns[0]}
        for name, turns in found.items()
    }


def tell_contest(found: dict[str, Turn]) -> None:
    beside = [one for name, one in found.items() if name.startswith("httpx")] or list(found.values())
    fastest, sparest = (min(one[what] for one in beside) for what in ("wall", "own"))
    head = ["", "requests", "wall s", "ratio", "client CPU s", "ratio", "ms a request", "servers' CPU s"]
    rows = [
        [
            name,
            f"{one['requests']:.0f}",
            f"{one['wall']:.2f}",
            f"{one['wall'] / fastest:.2f}",
            f"{one['own']:.2f}",
            f"{one['own'] / sparest:.2f}",
            milliseconds(one["own"] / one["requests"]),
            f"{one['servers']:.2f}",
        ]
        for name, one in found.items()
    ]
    print(f"\n{table(head, rows)}", flush=True)


def refreshed(work: Work, times: int) -> list[Turn]:
    """The same clients again and again: requests, seconds and memory of each time, the first with its login."""
    told = []
    with ExitStack() as stack:
        clients = {target.name: Client(target) for target in work.targets}
        bmcs = {target.name: RedfishBmc(target, clients[target.name]) for target in work.targets}
        stack.callback(lambda: _done(work, lambda task: bmcs[task.target.name].close()))
        for _ in range(times + 1):
            before = sum(client.requests for client in clients.values())
            spent = turn(lambda _: _done(work, partial(_refresh, bmcs)), work)
            gc.collect()
            spent["requests"] = float(sum(client.requests for client in clients.values()) - before)
            told.append({**spent, "rss": rss(os.getpid())})
    return told


def _refresh(bmcs: dict[str, RedfishBmc], task: Task[object]) -> None:
    bmc = bmcs[task.target.name]
    bmc.__enter__()  # nothing where it is open
    collect(bmc)


def _done(work: Work, act: Callable[[Task[object]], None]) -> int:
    for outcome in each(work.targets, act, at_once=work.at_once):
        if outcome.error is not None:
            raise outcome.error
    return 0


def tell_refreshes(told: list[Turn]) -> None:
    head = ["collection", "requests", "wall s", "client CPU s", "ms a request", "RSS MB"]
    shown = sorted({0, 1, 2, 5, 10, len(told) - 1} & set(range(len(told))))
    rows = [
        [
            str(number + 1),
            f"{told[number]['requests']:.0f}",
            f"{told[number]['wall']:.2f}",
            f"{told[number]['own']:.2f}",
            milliseconds(told[number]["own"] / told[number]["requests"]),
            f"{told[number]['rss']:.1f}",
        ]
        for number in shown
    ]
    print(f"\n{table(head, rows)}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bmcs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="BMCs that are spoken to at a time")
    parser.add_argument("--ways", default="", help="parts of their names, with commas")
    parser.add_argument("--refreshes", type=int, default=20)
    parser.add_argument(
        "--recorded", default="", help="a recorded tree, which all show; else machines in memory"
    )
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ.pop(variable, None)
        os.environ.pop(variable.upper(), None)
    facts = machine("redfish", "httpx", "urllib3")
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    report: dict[str, Any] = {"machine": facts}
    asked = apart(traffic, given.recorded)
    head = ["one BMC", "requests", "unchanged (304)", "kB received"]
    rows = [
        [name, str(len(one.lines)), str(one.unchanged), f"{one.received / 1000:.1f}"]
        for name, one in asked.items()
    ]
    print(f"\n{table(head, rows)}", flush=True)
    report["traffic"] = {row[0]: row[1:] for row in rows}
    with fleet(given.bmcs, recorded=given.recorded) as running:
        work = Work(running.targets, running.cafile, asked["first"].paths, given.at_once)
        report["ways"] = contest(running, work, given.rounds, given.ways.split(","))
        tell_contest(report["ways"])
        if given.refreshes:
            report["refreshes"] = apart(refreshed, work, given.refreshes)
            tell_refreshes(report["refreshes"])
        print(f"\nthe servers' process: {running.rss():.0f} MB; load now {os.getloadavg()[0]:.1f}")
    write(given.json, json.dumps(report))


if __name__ == "__main__":
    main()
