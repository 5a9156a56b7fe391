"""N destinations behind one interface, and two changes of them: what every way of applying is asked for.

Each destination is what microdc makes of one direction: an HTB class, a netem under it, a bfifo under that, and a filter by
the source network. Where the kernel has no netem, the bfifo hangs on the class in all of the ways alike, and what changes is
a rate instead of a delay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from microdc.documents.model import Where
from microdc.impairment import Impairment
from microdc.netlink.diff import Operation, diff
from microdc.netlink.model import QdiscTree
from microdc.netlink.tc import tc_line
from microdc.testbed.model import Emulator, Reach, Site, Testbed, Uplink
from microdc.testbed.shapers import ShapedPort, Shaper
from microdc.units import Delay, Rate, Size
from microdc.wan import planning
from microdc.wan.compile import Frame, compile_frame, compile_tree
from microdc.wan.model import Asked, Direction, Leaf

INTERFACE = "wan0"
HERE = "here"
MS = 1_000_000
MBIT = 1_000_000

Values = Mapping[str, Impairment]
"""By destination."""


@dataclass(frozen=True, slots=True)
class Workload:
    """base: what is laid first. one, every: the values of a change of one destination and of all."""

    count: int
    netem: bool

    @property
    def networks(self) -> dict[str, tuple[IPv4Network, ...]]:
        return {f"s{i}": (IPv4Network((10 << 24 | i << 8, 24)),) for i in range(self.count)}

    def values(self, step: int) -> dict[str, Impairment]:
        """All destinations. Steps differ in what a change changes."""
        return {name: self._value(i, step) for i, name in enumerate(self.networks)}

    def _value(self, number: int, step: int) -> Impairment:
        delay = Delay((5 + number % 40 + (step if self.netem else 0)) * MS)
        rate = Rate((50 + number % 10 + (0 if self.netem else step)) * MBIT)
        return Impairment(owd=delay, rate=rate, buffer=Size(500_000))

    def tree(self, values: Values) -> QdiscTree:
        frame = compile_frame(self.networks, 1500)
        return (compile_tree if self.netem else tree_without_netem)(frame, frame.leaves(values))

    def operations(self, before: Values | None, after: Values) -> list[Operation]:
        return diff(self.tree(after), self.tree(before) if before else QdiscTree())

    def testbed(self) -> Testbed:
        """A site at the interface, and the destinations as sites whose packets come in elsewhere."""
        sites = {HERE: Site(HERE, uplink=Uplink("wan1", INTERFACE), networks={"data": ()})}
        for name, networks in self.networks.items():
            sites[name] = Site(name, uplink=Uplink("wan1", f"to-{name}"), networks={"data": networks})
        where = Where(Path("benchmark"), 1)
        return Testbed(
            "benchmark", "", sites, {"wan1": Emulator("wan1", Reach("local"))}, (), lambda *_: where
        )


def tree_without_netem(frame: Frame, leaves: Mapping[str, Leaf], *more: Any) -> QdiscTree:
    """The bfifos hang on the classes."""
    tree = compile_tree(frame, leaves, *more)
    lines = {leaf.netem.handle for leaf in leaves.values()}
    qdiscs = {handle: qdisc for handle, qdisc in tree.qdiscs.items() if handle not in lines}
    for leaf in leaves.values():
        qdiscs[leaf.buffer.handle] = replace(leaf.buffer, parent=leaf.cls.handle)
    return replace(tree, qdiscs=qdiscs)


def do_without_netem() -> None:
    """From now on microdc plans without netem too."""
    planning.compile_tree = tree_without_netem  # type: ignore[attr-defined]


def shaper() -> Shaper:
    """Only the one interface, though the testbed has more."""
    return Shaper("wan1", Reach("local"), (ShapedPort(INTERFACE, HERE, "uplink"),))


def asked(values: Values) -> dict[Direction, Asked]:
    return {Direction(name, HERE): Asked(impairment, "benchmark") for name, impairment in values.items()}


def lines(operations: list[Operation]) -> list[str]:
    """The operations as lines of a batch for tc."""
    return [tc_line(operation, INTERFACE).removeprefix("tc ") for operation in operations]
