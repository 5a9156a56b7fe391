"""How long a single change on an emulator over SSH takes, and what of it: connect, relay, read, commit, confirm.

The emulator is the guest of a lab, which is brought up for it and taken down again; its agent runs. Beside it, in the same
rounds, the same line for tc over SSH (paramiko, `tc -batch -`), with nothing read, kept, read back or confirmed. Told are
medians. Needs root, and what `microdc doctor` lists for a lab.

    python benchmarks/bench_remote.py [--rounds 15] [--inventory DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from report import machine, milliseconds, table

from microdc.agent.client import Agent
from microdc.host.address import address_of
from microdc.host.operate import connect
from microdc.impairment import Impairment
from microdc.lab import operate as labs
from microdc.lab.inventory import directory_of
from microdc.netlink.tc import tc_line
from microdc.testbed.load import load
from microdc.testbed.model import Reach, Testbed
from microdc.units import Delay
from microdc.wan import operate
from microdc.wan.model import Asked, Direction, Plan
from microdc.wan.operate import Wan, open_wan

T = TypeVar("T")
EXAMPLE = Path(__file__).parents[1] / "inventory"


class Clock:
    """The times of a change's parts, in the order in which they come."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    def timed(self, name: str, act: Callable[..., T]) -> Callable[..., T]:
        def act_timed(*args: Any, **more: Any) -> T:
            start = time.perf_counter()
            try:
                return act(*args, **more)
            finally:
                told = name or str(args[1])  # a question's name is its verb
                again = " again" if told in self.parts else ""
                self.parts[told + again] = time.perf_counter() - start

        return act_timed


@contextmanager
def own_lab() -> Iterator[Path]:
    """A lab of the example whose emulator is a guest, with its state in a directory of its own; its inventory."""
    name = f"b{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="microdc-bench-") as state:
        os.environ["XDG_STATE_HOME"] = state
        try:
            for step in labs.up(name, EXAMPLE, emulator="guest"):
                if step.state == "done":
                    print(f"{step.what}: {step.detail}", file=sys.stderr)
            yield directory_of(name)
        finally:
            for _ in labs.down(name):
                pass


def change(wan: Wan, direction: Direction, milliseconds: int) -> Plan:
    asked = Asked(Impairment(owd=Delay(milliseconds * 10**6)), "benchmark")
    plan = wan.plan_overlay({direction: asked}, "benchmark", "benchmark", replace=True)
    for _ in wan.apply(plan):
        pass
    return plan


def by_microdc(testbed: Testbed, direction: Direction, step: int) -> dict[str, float]:
    """Seconds of each part."""
    clock = Clock()
    timed: list[tuple[Any, str, str]] = [
        (operate, "connect", "connect"),
        (operate, "open_agent", "relay"),
        (Agent, "_ask", ""),
    ]
    kept = [getattr(place, name) for place, name, _ in timed]
    for (place, name, told), act in zip(timed, kept, strict=True):
        setattr(place, name, clock.timed(told, act))
    start = time.perf_counter()
    try:
        with open_wan(testbed) as wan:
            change(wan, direction, 20 + step)
    finally:
        took = time.perf_counter() - start
        for (place, name, _), act in zip(timed, kept, strict=True):
            setattr(place, name, act)
    parts = clock.parts
    return {**parts, "the rest here": took - sum(parts.values()), "all": took}


def by_tc(reach: Reach, lines: bytes) -> dict[str, float]:
    start = time.perf_counter()
    with connect(address_of(reach)) as host:
        connected = time.perf_counter()
        done = host.run(["tc", "-batch", "-"], stdin=lines)
        over = time.perf_counter()
    if not done.ok:
        raise RuntimeError(done.stderr.decode())
    return {"connect": connected - start, "tc -batch": over - connected, "all": over - start}


def measured(inventory: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    testbed = load(inventory)
    emulator = next(iter(testbed.emulators.values()))
    joined = [site.name for site in testbed.sites.values() if site.uplink]
    direction = Direction(joined[0], joined[1])
    found: dict[str, list[dict[str, float]]] = {"microdc": [], "ssh tc -batch": []}
    with open_wan(testbed) as wan:
        change(wan, direction, 20)
    try:
        with open_wan(testbed) as wan:
            plan = change(wan, direction, 21)
        lines = "".join(
            tc_line(operation, port.interface).removeprefix("tc ") + "\n"
            for port in plan.ports
            for operation in port.operations
        )
        for step in range(2, rounds + 2):
            found["microdc"].append(by_microdc(testbed, direction, step))
            found["ssh tc -batch"].append(by_tc(emulator.reach, lines.encode()))
    finally:
        with open_wan(testbed) as wan:
            mine = [overlay.id for overlay in wan.overlays if overlay.owner == "benchmark"]
            for _ in wan.apply(wan.plan_removal(mine)):
                pass
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--inventory", type=Path, help="of a lab that is up, instead of one brought up for it"
    )
    parser.add_argument("--json", type=Path, help="a file to write the results into")
    given = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: it needs root, for a lab")
        return
    if given.inventory:
        found = measured(given.inventory, given.rounds)
    else:
        with own_lab() as inventory:
            found = measured(inventory, given.rounds)
    facts = machine("paramiko")
    print("; ".join(f"{name} {value}" for name, value in facts.items()))
    middle = {
        way: {part: statistics.median(turn[part] for turn in turns) for part in turns[0]}
        for way, turns in found.items()
    }
    whole = middle["ssh tc -batch"]["all"]
    for way, parts in middle.items():
        rows = [[name, milliseconds(seconds), f"{seconds / whole:.2f}"] for name, seconds in parts.items()]
        print(f"\n{table([way, 'ms', 'ratio'], rows)}")
    if given.json:
        report = {"machine": facts, "reference": "ssh tc -batch", "median": middle, "rounds": found}
        given.json.write_text(json.dumps(report) + "\n", "utf-8")


if __name__ == "__main__":
    main()
