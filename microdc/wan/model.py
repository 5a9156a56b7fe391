"""What lies over the WAN: directions, overlays, plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microdc.impairment import Impairment
from microdc.netlink.diff import Operation
from microdc.netlink.model import HtbClass, Qdisc, QdiscTree
from microdc.testbed.shapers import ShapedPort
from microdc.units import Rate, Size
from microdc.wan.floor import Floor, above

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
class AccessLine:
    """What all pairs of a site share: the line to its PoP. up: bit/s, with its buffer in bytes; down: bit/s. None: no limit."""

    up: Rate | None = None
    buffer: Size | None = None
    down: Rate | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An impairment and where it comes from: the profile's name, or how it was composed.

    floor: what the bare path does of itself, as it was measured; None where it was not. shared: whether both sites' access lines
    are parts of it, so that it takes its share of them; else it holds end to end, whatever they carry.
    """

    impairment: Impairment
    origin: str
    floor: Floor | None = None
    shared: bool = False

    @property
    def emulated(self) -> Impairment:
        """What has to be added to the bare path, so that the whole is what is asked."""
        return above(self.floor, self.impairment) if self.floor else self.impairment


@dataclass(frozen=True, slots=True)
class Overlay:
    """A change laid over what is below, with an owner and, where wanted, an end.

    id: BASE, or a short name that `wan undo` takes. seconds: until it ends by itself (None: it stays).
    made: Unix time (0: not laid yet). change: names the act that laid it, as the journal does. missing: the shapers
    that should have a part of it and have none. cuts: the links of a backbone that are down while it is laid. lines: by site, the access lines that are shared; only BASE has them.
    """

    id: str
    owner: str
    reason: str
    values: Mapping[Direction, Asked]
    seconds: float | None = None
    made: float = 0.0
    change: str = ""
    missing: Sequence[str] = ()
    cuts: Sequence[str] = ()
    lines: Mapping[str, AccessLine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortChange:
    """What a plan does to one interface of an emulator, or of a server that shapes what it sends.

    port: the site behind it, and which directions leave here. mtu: its largest IP packet, bytes. desired: the whole tree after
    the change; empty where the interface is given back. leaves: the objects of each direction; clean: the same for no impairment.
    held: whether the agent holds it already. line: the rate (bit/s) that its shared directions have together; None without a limit.
    """

    emulator: str
    port: ShapedPort
    index: int
    mtu: int
    operations: Sequence[Operation]
    desired: QdiscTree
    leaves: Mapping[Direction, Leaf]
    clean: Mapping[Direction, Leaf]
    held: bool = False
    line: Rate | None = None

    @property
    def interface(self) -> str:
        return self.port.interface

    @property
    def site(self) -> str:
        return self.port.site


@dataclass(frozen=True, slots=True)
class Plan:
    """The way from what is there to what should be: operations by interface, the overlay laid, those removed.

    generations: by emulator, the state that it was made for; a plan does not apply to another. overlays: all that will be
    laid, bottom first. directions: those on which an overlay comes or goes. change: names it, here and on the shapers. serial: the
    highest number that an overlay was ever called by. strays: by emulator, interfaces that are held and no longer in the inventory.
    """

    summary: str
    ports: Sequence[PortChange]
    generations: Mapping[str, int]
    overlays: Sequence[Overlay]
    put: Overlay | None = None
    drop: Sequence[str] = ()
    directions: frozenset[Direction] = frozenset()
    change: str = ""
    serial: int = 0
    strays: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing would change: not in the kernel and not in what is laid."""
        return not (self.put or self.drop or self.strays or any(port.operations for port in self.ports))

    @property
    def structural(self) -> bool:
        """Whether something is built or removed, rather than only changed in place without losing a packet."""
        return any(operation.structural for port in self.ports for operation in port.operations)

    @property
    def sites(self) -> frozenset[str]:
        """The sites whose traffic it changes."""
        ends = {name for d in self.directions for name in (d.source, d.target)}
        return frozenset(ends | {port.site for port in self.ports if port.operations})
