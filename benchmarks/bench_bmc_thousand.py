"""A thousand BMCs polled by one process: the power state and all sensors of each, again and again, over connections that stay open.

The BMCs are the lab's Redfish service over TLS in a few processes on the same machine, which take more of the processor than the
poller: how many requests a second come of it says what these emulators bear. What the poller itself needs is its processor time
for one request, and its memory.

    python benchmarks/bench_bmc_thousand.py [--bmcs 1000] [--processes 4] [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from apart import apart
from bmcs import Fleet, fleet, rss
from report import machine, milliseconds, table, write

from microdc.bmc.fleet import AT_ONCE, Task, each
from microdc.bmc.model import Power
from microdc.bmc.redfish.client import Client
from microdc.bmc.redfish.driver import RedfishBmc

Told = dict[str, float]


def polled(running: Fleet, at_once: int, rounds: int) -> list[Told]:
    """Before anything, the logins, then each round: seconds, requests, memory."""
    clients = {target.name: Client(target) for target in running.targets}
    bmcs = {target.name: RedfishBmc(target, clients[target.name]) for target in running.targets}

    def opened(task: Task[object]) -> None:
        bmcs[task.target.name].__enter__()

    def poll(task: Task[object]) -> None:
        bmc = bmcs[task.target.name]
        if bmc.power() is not Power.ON or not bmc.sensors().readings:
            raise AssertionError(f"{task.target.name} is off, or has no sensors")

    def closed(task: Task[object]) -> None:
        bmcs[task.target.name].close()

    def spent(act: Callable[[Task[object]], None]) -> Told:
        before, servers = sum(client.requests for client in clients.values()), running.cpu()
        wall, own = time.perf_counter(), time.process_time()
        _all(running, act, at_once)
        told = {
            "wall": time.perf_counter() - wall,
            "own": time.process_time() - own,
            "requests": float(sum(client.requests for client in clients.values()) - before),
            "servers": running.cpu() - servers,
        }
        gc.collect()
        return {**told, "rss": rss(os.getpid()), "servers' rss": running.rss()}

    with ExitStack() as stack:
        stack.callback(lambda: _all(running, closed, at_once))
        return [spent(opened), *(spent(poll) for _ in range(rounds))]


def _all(running: Fleet, act: Callable[[Task[object]], None], at_once: int) -> None:
    for outcome in each(running.targets, act, at_once=at_once):
        if outcome.error is not None:
            raise outcome.error


def tell(found: list[Told]) -> None:
    head = ["", "requests", "wall s", "a second", "client CPU s", "ms a request", "servers' CPU s", "RSS MB"]
    rows = [
        [
            f"poll {number}" if number else "logins",
            f"{one['requests']:.0f}",
            f"{one['wall']:.1f}",
            f"{one['requests'] / one['wall']:.0f}",
            f"{one['own']:.1f}",
            milliseconds(one["own"] / one["requests"]),
            f"{one['servers']:.1f}",
            f"{one['rss']:.1f}",
        ]
        for number, one in enumerate(found)
    ]
    print(f"\n{table(head, rows)}", flush=True)


def enough_files(count: int) -> None:
    """Each BMC is a connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200
    if most != resource.RLIM_INFINITY and most < wanted:
        raise SystemExit(f"skipped: {wanted} open files are needed, and {most} allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bmcs", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=4, help="that serve them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="BMCs that are spoken to at a time")
    parser.add_argument("--json", help="a file to write the results into; - for the last line")
    given = parser.parse_args()
    enough_files(given.bmcs)
    facts = machine("redfish", "urllib3")
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    with fleet(given.bmcs, given.processes) as running:
        empty = apart(idle_rss)
        found: list[Told] = apart(polled, running, given.at_once, given.rounds)
        tell(found)
        each_bmc = (found[-1]["rss"] - empty) / given.bmcs * 1000
        servers = found[-1]["servers' rss"]
        print(
            f"\na process that has only imported: {empty:.1f} MB, so {each_bmc:.0f} kB for each BMC; "
            f"{given.processes} servers: {servers:.0f} MB; load now {os.getloadavg()[0]:.1f}"
        )
    report: dict[str, Any] = {"machine": facts, "empty": empty, "rounds": found}
    write(given.json, json.dumps(report))


def idle_rss() -> float:
    """MB of a process that has done nothing yet."""
    return rss(os.getpid())


if __name__ == "__main__":
    main()
