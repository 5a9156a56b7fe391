"""What lies over the WAN: directions, overlays, plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microdc.impairment import Impairment
from microdc.netlink.diff import Operation
from microdc.netlink.model import HtbClass, Qdisc, QdiscTree

BASE = "inventory"
"""The overlay at the bottom: what the inventory asks of each pair."""


@dataclass(frozen=True, slots=True, order=True)
class Direction:
    """From one site to another."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"

    @property
    def reverse(self) -> Direction:
        return Direction(self.target, self.source)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The three objects of one direction on its interface."""

    cls: HtbClass
    netem: Qdisc
    buffer: Qdisc


@dataclass(frozen=True, slots=True)
class Asked:
    """An impairment and where it comes from: the profile's name, or how it was composed."""

    impairment: Impairment
    origin: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """A change laid over what is below, with an owner and, where wanted, an end.

    id: BASE, or a short name that `wan undo` takes. seconds: until it ends by itself (None: it stays).
    made: Unix time (0: not laid yet).
    """

    id: str
    owner: str
    reason: str
    values: Mapping[Direction, Asked]
    seconds: float | None = None
    made: float = 0.0


@dataclass(frozen=True, slots=True)
class PortChange:
    """What a plan does to one interface of an emulator.

    site: the one behind it; mtu: its largest IP packet, bytes. desired: the whole tree after the change; empty where the interface is given back.
    leaves: the objects of each direction that leaves here; clean: the same for no impairment.
    """

    emulator: str
    interface: str
    index: int
    site: str
    mtu: int
    operations: Sequence[Operation]
    desired: QdiscTree
    leaves: Mapping[Direction, Leaf]
    clean: Mapping[Direction, Leaf]


@dataclass(frozen=True, slots=True)
class Plan:
    """The way from what is there to what should be: operations by interface, the overlay laid, those removed.

    generations: by emulator, the state that it was made for; a plan does not apply to another. overlays: all that will be
    laid, bottom first.
    """

    summary: str
    ports: Sequence[PortChange]
    generations: Mapping[str, int]
    overlays: Sequence[Overlay]
    put: Overlay | None = None
    drop: Sequence[str] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing would change: not in the kernel and not in what is laid."""
        return not (self.put or self.drop or any(port.operations for port in self.ports))

    @property
    def structural(self) -> bool:
        """Whether something is built or removed, rather than only changed in place without losing a packet."""
        return any(operation.structural for port in self.ports for operation in port.operations)
