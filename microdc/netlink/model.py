"""Qdiscs, classes and filters of one interface as values, in the kernel's own units.

Everything is an integer that the kernel takes and gives back unchanged, so that asked and observed compare
with `==`. Handles are 32 bits: major << 16 | minor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from microdc.netlink.intake_values import TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.netem_values import (
    ANY_SEED,
    NO_SLOT,
    UNKNOWN_TABLE,
    GeModel,
    Seed,
    Slot,
    StateModel,
    Table,
)

TC_H_ROOT = 0xFFFFFFFF
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
OUR_MAJOR = 0x7DC0
"""Major number of every root qdisc that we make. What does not bear it is not ours to touch."""
ROOT_HANDLE = OUR_MAJOR << 16
U32_TERMINAL = 1


def handle_text(handle: int) -> str:
    """A handle as tc writes it."""
    if handle == TC_H_ROOT:
        return "root"
    major, minor = handle >> 16, handle & 0xFFFF
    return f"{major:x}:{minor:x}" if minor else f"{major:x}:"


@dataclass(frozen=True, slots=True)
class Htb:
    """The root qdisc. default: minor of the class of unclassified packets; 0 sends them on unshaped."""

    default: int = 0
    rate2quantum: int = 10


@dataclass(frozen=True, slots=True)
class Netem:
    """A netem qdisc.

    latency, jitter: ns. limit: packets. loss, duplicate, reorder, corrupt and the correlations: probability as
    a fraction of 2**32 - 1. rate: bytes/s. packet_overhead, cell_size, cell_overhead: bytes. loss_model: instead of the
    independent loss. table, slot_table: of the jitter's and of the slots' distribution.
    """

    latency: int = 0
    jitter: int = 0
    limit: int = 1000
    loss: int = 0
    rate: int = 0
    gap: int = 0
    duplicate: int = 0
    delay_correlation: int = 0
    loss_correlation: int = 0
    duplicate_correlation: int = 0
    reorder: int = 0
    reorder_correlation: int = 0
    corrupt: int = 0
    corrupt_correlation: int = 0
    packet_overhead: int = 0
    cell_size: int = 0
    cell_overhead: int = 0
    ecn: int = 0
    slot: Slot = NO_SLOT
    loss_model: GeModel | StateModel | None = None
    table: Table = UNKNOWN_TABLE
    slot_table: Table = UNKNOWN_TABLE
    seed: Seed = ANY_SEED


@dataclass(frozen=True, slots=True)
class Fifo:
    """A queue with tail drop. limit: bytes for bfifo, packets for pfifo."""

    limit: int
    kind: str = "bfifo"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A qdisc of a kind that is not ours: its name and raw options."""

    kind: str
    options: bytes = b""


QdiscOptions = Htb | Netem | Fifo | Foreign


@dataclass(frozen=True, slots=True)
class Qdisc:
    handle: int
    parent: int
    options: QdiscOptions

    @property
    def kind(self) -> str:
        match self.options:
            case Htb():
                return "htb"
            case Netem():
                return "netem"
            case Fifo(kind=kind) | Foreign(kind=kind):
                return kind


@dataclass(frozen=True, slots=True)
class HtbClass:
    """An HTB class. rate, ceil: bytes/s. burst, cburst: ticks of 64 ns at that rate. quantum: bytes."""

    handle: int
    parent: int
    rate: int
    ceil: int
    burst: int
    cburst: int
    quantum: int
    prio: int = 0


@dataclass(frozen=True, slots=True)
class HashTable:
    """A u32 hash table. ident: 1..0x7ff; 0 only to delete: all rules of the protocol. divisor: number of buckets."""

    ident: int
    protocol: int
    prio: int
    divisor: int = 256

    @property
    def handle(self) -> int:
        return self.ident << 20


@dataclass(frozen=True, slots=True)
class Match:
    """32 bits of the packet at `offset` bytes behind the network header, under `mask`, equal `value`."""

    value: int
    mask: int
    offset: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A u32 rule in a bucket: its matches lead to a class (target) or to another table (link).

    table: 0 for the root table of its protocol. With a link, the bucket there is the byte of the packet under
    hash_mask in the 32 bits at hash_offset. kernel_handle: what the kernel calls it, once observed.
    """

    protocol: int
    prio: int
    table: int
    bucket: int
    node: int
    matches: tuple[Match, ...]
    target: int = 0
    link: int = 0
    hash_offset: int = 0
    hash_mask: int = 0
    kernel_handle: int = field(default=0, compare=False)

    @property
    def handle(self) -> int:
        return self.table << 20 | self.bucket << 12 | self.node

    @property
    def key(self) -> tuple[int, int]:
        """What identifies a rule on an interface: its classifier (prio and protocol) and its handle there."""
        return self.prio << 16 | self.protocol, self.handle


@dataclass(frozen=True, slots=True)
class QdiscTree:
    """All that hangs on one interface's egress, by handle. Empty: the interface as the kernel made it.

    roots: by classifier (prio << 16 | protocol), the handle that the kernel gave its root table, once observed.
    intake: what there is for packets that come in; None for nothing.
    """

    qdiscs: Mapping[int, Qdisc] = field(default_factory=dict)
    classes: Mapping[int, HtbClass] = field(default_factory=dict)
    tables: Mapping[int, HashTable] = field(default_factory=dict)
    rules: Mapping[tuple[int, int], Rule] = field(default_factory=dict)
    roots: Mapping[int, int] = field(default_factory=dict, compare=False)
    intake: Intake | None = None

    @property
    def root(self) -> Qdisc | None:
        return next((q for q in self.qdiscs.values() if q.parent == TC_H_ROOT), None)

    @property
    def empty(self) -> bool:
        return not self.qdiscs


@dataclass(frozen=True, slots=True)
class Led:
    """An object that hangs on the ifb of an interface rather than on the interface itself."""

    item: Qdisc | HtbClass | HashTable | Rule


@dataclass(frozen=True, slots=True)
class Intake:
    """What there is for packets that come in at an interface. ifb: None where it has none of ours; tree: on its ifb.

    ingress: the qdisc of the interface on which filters for them hang, whoever's it is. redirect: our filter there.
    strangers: how many other classifiers hang there.
    """

    tree: QdiscTree
    ifb: Ifb | None = None
    ingress: Qdisc | None = None
    redirect: Redirect | None = None
    strangers: int = field(default=0, compare=False)

    @property
    def foreign(self) -> Qdisc | None:
        """The ingress qdisc, if it is somebody else's. Ours has our filter; or has lost it, has no other, and our ifb is there."""
        ours = self.redirect is not None or (self.ifb is not None and not self.strangers)
        return None if self.ingress and self.ingress.kind == "ingress" and ours else self.ingress


Object = Qdisc | HtbClass | HashTable | Rule | Ifb | Led | Redirect


def comes_in(item: Object) -> bool:
    """Whether an object is part of an intake: for the packets that come in at an interface."""
    return isinstance(item, Ifb | Led | Redirect) or (isinstance(item, Qdisc) and item.parent == TC_H_INGRESS)


@dataclass(frozen=True, slots=True)
class Counters:
    """What the kernel counted at one qdisc or class since it was made."""

    bytes: int = 0
    packets: int = 0
    drops: int = 0
    overlimits: int = 0
    backlog_bytes: int = 0
    backlog_packets: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """One interface as the kernel shows it."""

    tree: QdiscTree
    counters: Mapping[int, Counters] = field(default_factory=dict)
