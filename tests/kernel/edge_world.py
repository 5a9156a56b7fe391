"""Sites without an emulator: servers as namespaces on one wire, each of which shapes what it sends itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.impairment import Impairment
from microdc.lab import names
from microdc.lab.teardown import clear
from microdc.netlink.model import Counters
from microdc.testbed.load import load
from microdc.wan.model import Asked, Direction, Plan
from microdc.wan.operate import Wan, open_wan

LAB = "edges"
NIC = "eno1"
Change = tuple[str, str, Impairment]
"""A source site, a target site and what is asked of what goes from one to the other."""

_TESTBED = """\
testbed: edges
title: Three sites and no emulator
wan: {default: {profile: near}}
"""
_SITE = """\
site: %s
networks: {data: [10.%d.0.0/16, "fd00:%d::/32"]}
racks: {r1: {servers: {%s}}}
"""
_PROFILE = """\
profile: near
description: Nearby
source: "policy: for tests"
both: {rtt: 2ms}
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A host in a namespace of its own, with an address of each family. name: as the inventory calls it."""

    name: str
    namespace: str
    ipv4: str
    ipv6: str

    def ip(self, version: int) -> str:
        return self.ipv4 if version == 4 else self.ipv6

    def argv(self, *words: str) -> list[str]:
        return [*namespaces.inside(self.namespace), *words]

    def run(self, *words: str) -> str:
        """What a program prints that runs here; it has to succeed."""
        done = subprocess.run(self.argv(*words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def qdiscs(self) -> str:
        return self.run("tc", "qdisc", "show", "dev", NIC)

    @contextmanager
    def listening(self, *words: str, sign: str) -> Iterator[None]:
        """A program that runs here until the end; entered once it says that it listens."""
        program = subprocess.Popen(
            self.argv(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        with program, _ended(program):
            assert program.stdout is not None
            assert any(sign in line.lower() for line in program.stdout), words
            yield


@contextmanager
def _ended(program: subprocess.Popen[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        program.kill()


def _node(name: str, network: int, host: int) -> Node:
    return Node(name, names.namespace(LAB, name), f"10.{network}.0.{host}", f"fd00:{network}::{host}")


PAR1, PAR2, MAD1, BOS1 = (
    _node("par1", 1, 11),
    _node("par2", 1, 12),
    _node("mad1", 2, 11),
    _node("bos1", 3, 11),
)
OUTSIDE = _node("outside", 99, 11)
"""A host on the same wire that is of no site."""
SITES = {"paris": (PAR1, PAR2), "madrid": (MAD1,), "boston": (BOS1,)}
SERVERS = (PAR1, PAR2, MAD1, BOS1)


def plug_in(node: Node) -> None:
    """Gives a host its interface, joined to the wire. One range of addresses holds all sites, so that no route is needed."""
    wire, far = _node("wire", 0, 0), f"{node.name}0"
    ends = (
        "name",
        far,
        "netns",
        wire.namespace,
        "type",
        "veth",
        "peer",
        "name",
        NIC,
        "netns",
        node.namespace,
    )
    subprocess.run(["ip", "link", "add", *ends], check=True)
    wire.run("ip", "link", "set", far, "master", "br0", "up")
    node.run("ip", "link", "set", NIC, "up")
    node.run("ip", "addr", "add", f"{node.ipv4}/8", "dev", NIC)
    node.run("ip", "addr", "add", f"{node.ipv6}/16", "dev", NIC, "nodad")


@contextmanager
def wired() -> Iterator[None]:
    """The servers, the host outside, and the wire between them."""
    try:
        wire = _node("wire", 0, 0)
        namespaces.create(wire.namespace)
        wire.run("ip", "link", "add", "name", "br0", "type", "bridge", "mcast_snooping", "0")
        wire.run("ip", "link", "set", "br0", "up")
        for node in (*SERVERS, OUTSIDE):
            namespaces.create(node.namespace)
            plug_in(node)
        yield
    finally:
        for _ in clear(LAB):
            pass


def inventory(directory: Path, more: Mapping[str, Iterable[Node]] | None = None) -> Path:
    """Writes the inventory. more: further servers, by site."""
    for place in ("sites", "profiles"):
        (directory / place).mkdir(parents=True)
    (directory / "testbed.yaml").write_text(_TESTBED)
    (directory / "profiles" / "near.yaml").write_text(_PROFILE)
    for number, (site, servers) in enumerate(SITES.items(), 1):
        edges = ", ".join(
            f"{node.name}: {{edge: {{host: 'netns:{node.namespace}', interface: {NIC}}}}}"
            for node in (*servers, *(more or {}).get(site, ()))
        )
        (directory / "sites" / f"{site}.yaml").write_text(_SITE % (site, number, number, edges))
    return directory


@dataclass(frozen=True, slots=True)
class World:
    """A WAN that is open, and short words for what tests do with it."""

    wan: Wan

    def plan(self, *changes: Change, seconds: float | None = None) -> Plan:
        values = {Direction(source, target): Asked(value, "test") for source, target, value in changes}
        return self.wan.plan_overlay(values, "test", "test", seconds=seconds, replace=True)

    def lay(self, *changes: Change, seconds: float | None = None) -> Plan:
        made = self.plan(*changes, seconds=seconds)
        self.apply(made)
        return made

    def clear(self) -> None:
        self.wan.read()
        self.apply(self.wan.plan_removal([overlay.id for overlay in self.wan.overlays]))

    def apply(self, plan: Plan) -> None:
        for _ in self.wan.apply(plan):
            pass

    def counted(self, shaper: str, interface: str, kind: str = "netem") -> Counters:
        """What the busiest qdisc of a kind has counted at an interface."""
        self.wan.read()
        observed = self.wan.situations[shaper].observed[interface]
        found = [observed.counters[q.handle] for q in observed.tree.qdiscs.values() if q.kind == kind]
        return max(found, key=lambda counters: counters.packets)


@contextmanager
def opened(directory: Path) -> Iterator[World]:
    with open_wan(load(directory)) as wan:
        yield World(wan)


class Door:
    """Keeps the WAN open from test to test, since opening it takes a second, and opens it anew where a test killed an agent."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._opened = ExitStack()
        self.world = self._opened.enter_context(opened(directory))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def leave_clean(self) -> None:
        try:
            self.world.clear()
        except UnreachableError:
            self._opened.close()
            self.world = self._opened.enter_context(opened(self._directory))
            self.world.clear()


def rtts(source: Node, target: Node, version: int = 4, count: int = 20) -> tuple[float, float, float]:
    """Shortest, mean and longest round trip in ms. All of them have to come back."""
    shown = source.run("ping", f"-{version}", "-q", "-c", str(count), "-i", "0.01", target.ip(version))
    assert f"{count} received" in shown, shown
    shortest, mean, longest, _ = (float(v) for v in shown.rpartition("= ")[2].split()[0].split("/"))
    return shortest, mean, longest


def iperf3(sources: Iterable[Node], target: Node, *words: str) -> list[dict[str, Any]]:
    """iperf3's own reports: a stream from each source to one target at once, each to a port of its own."""
    with ExitStack() as running:
        clients = []
        for port, source in enumerate(sources, 5201):
            serve = ("iperf3", "-s", "-1", "-p", str(port), "-B", target.ipv4, "--forceflush")
            running.enter_context(target.listening(*serve, sign="listening"))
            call = source.argv("iperf3", "-J", "-c", target.ipv4, "-p", str(port), *words)
            client = running.enter_context(subprocess.Popen(call, stdout=subprocess.PIPE))
            running.enter_context(_ended(client))
            clients.append(client)
        return [json.loads(client.communicate()[0]) for client in clients]
