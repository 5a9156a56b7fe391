"""The ways of applying that are compared. Each lays everything, changes one destination, and changes all.

What a way needs beforehand it makes in `prepare`, whose time does not count: the others than microdc are given their
commands ready made.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from pyroute2.iproute import linux
from workload import INTERFACE, Workload, lines

from microdc.netlink.diff import Operation
from microdc.netlink.model import Fifo, HashTable, Htb, HtbClass, Netem, Qdisc, Rule
from microdc.netlink.netem import TICK

IPRoute: Any = linux.IPRoute  # pyroute2 has no types
ACTS = ("lay", "one", "all")


class CannotError(Exception):
    """A way that does not work here, and why."""


class Way:
    """One way. `act` is what is timed; step n brings the values of step n."""

    name: str
    limit: int | None = None
    """Destinations at most: what takes minutes is not waited for."""
    changes = 4
    """How often each change is made in a round, each time to other values."""

    def __init__(self, work: Workload) -> None:
        self.work = work
        self.first = next(iter(work.networks))

    def prepare(self, act: str, step: int) -> None:
        """step: for `lay` that of the values laid, else that of the change, from the step before."""
        raise NotImplementedError

    def act(self) -> None:
        raise NotImplementedError

    def check(self) -> None:
        """Raises CannotError unless every destination has its leaf."""
        shown = subprocess.run(
            ["tc", "qdisc", "show", "dev", INTERFACE], check=True, capture_output=True, text=True
        )
        kinds = ("netem",) if self.work.netem else ("bfifo", "pfifo")
        found = sum(line.split()[1] in kinds for line in shown.stdout.splitlines())
        if found != self.work.count:
            raise CannotError(f"laid {found} of {self.work.count}")

    def clear(self) -> None:
        """Nothing is laid any more."""
        subprocess.run(["tc", "qdisc", "del", "dev", INTERFACE, "root"], check=True)

    def close(self) -> None:
        """Ends what the way keeps open."""

    def operations(self, act: str, step: int) -> list[Operation]:
        if act == "lay":
            return self.work.operations(None, self.work.values(step))
        before, after = self.work.values(step - 1), self.work.values(step)
        if act == "one":
            after = {**before, self.first: after[self.first]}
        return self.work.operations(before, after)


class Tc(Way):
    """One process for each line."""

    name = "tc, a process each"
    limit = 1000
    changes = 1

    def prepare(self, act: str, step: int) -> None:
        self.commands = [["tc", *line.split()] for line in lines(self.operations(act, step))]

    def act(self) -> None:
        for command in self.commands:
            subprocess.run(command, check=True)


class TcBatch(Way):
    """One process for all lines."""

    name = "tc -batch"

    def prepare(self, act: str, step: int) -> None:
        self.text = "\n".join(lines(self.operations(act, step))).encode() + b"\n"

    def act(self) -> None:
        subprocess.run(["tc", "-batch", "-"], input=self.text, check=True)


class Pyroute2(Way):
    """pyroute2's own calls, one message and its answer at a time.

    It knows neither hash tables nor bfifo: its filters are one list, its leaves pfifos.
    """

    name = "pyroute2, one by one"

    limit = 1000

    def __init__(self, work: Workload) -> None:
        super().__init__(work)
        self.route = IPRoute()
        self.index = self.route.link_lookup(ifname=INTERFACE)[0]
        self.targets = {str(nets[0]): nets[0] for nets in work.networks.values()}

    def prepare(self, act: str, step: int) -> None:
        found = [_call(operation) for operation in self.operations(act, step)]
        self.calls = [call for call in found if call]

    def act(self) -> None:
        for verb, kind, options in self.calls:
            self.route.tc(verb, kind, self.index, **options)

    def close(self) -> None:
        self.route.close()


def _call(operation: Operation) -> tuple[str, str, dict[str, Any]] | None:
    item, verb = operation.item, operation.verb
    match item:
        case Qdisc(options=Htb()):
            return verb, "htb", {"handle": item.handle, "default": 0}
        case Qdisc(options=Netem() as netem):
            options = {"handle": item.handle, "parent": item.parent, "limit": netem.limit}
            return verb, "netem", {**options, "delay": netem.latency // 1000}
        case Qdisc(options=Fifo(limit=limit)):
            return verb, "pfifo", {"handle": item.handle, "parent": item.parent, "limit": limit // 1500}
        case HtbClass():
            size = item.burst * TICK * item.rate // 10**9
            options = {"parent": item.parent, "handle": item.handle, "rate": item.rate, "ceil": item.ceil}
            return f"{verb}-class", "htb", {**options, "burst": size, "cburst": size, "quantum": item.quantum}
        case Rule() if not item.link:
            keys = [f"0x{m.value:08x}/0x{m.mask:08x}+{m.offset}" for m in item.matches]
            options = {"parent": 0x7DC00000, "prio": item.prio, "protocol": item.protocol}
            return f"{verb}-filter", "u32", {**options, "target": item.target, "keys": keys}
        case HashTable() | Rule():
            return None
    raise AssertionError(item)


class Tcconfig(Way):
    """tcset, once per destination."""

    name = "tcconfig (tcset)"
    limit = 100
    changes = 1
    program: Sequence[str] = ("tcset",)

    def prepare(self, act: str, step: int) -> None:
        values, networks = self.work.values(step), self.work.networks
        how = [INTERFACE, "--add" if act == "lay" else "--change"]
        self.commands = []
        for name in [self.first] if act == "one" else networks:
            milliseconds, mbit = values[name].owd // 10**6, (values[name].rate or 0) // 10**6
            what = [
                "--network",
                str(networks[name][0]),
                "--delay",
                f"{milliseconds}ms",
                "--rate",
                f"{mbit}Mbps",
            ]
            self.commands.append([*self.program, *how, *what])

    def act(self) -> None:
        for command in self.commands:
            try:
                done = subprocess.run(command, check=False, capture_output=True, text=True)
            except FileNotFoundError:
                raise CannotError(f"{command[0]} is not installed") from None
            self.said = next(
                (line.strip() for line in reversed(done.stderr.splitlines()) if line.strip()), ""
            )
            if done.returncode:
                raise CannotError(self.said or f"{command[0]} failed")

    def check(self) -> None:
        try:
            super().check()
        except CannotError as problem:  # it logs what fails, and goes on
            raise CannotError(f"{problem}; {self.said}") from None

    def clear(self) -> None:
        subprocess.run(["tc", "qdisc", "del", "dev", INTERFACE, "root"], check=False, capture_output=True)
