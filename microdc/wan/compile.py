"""From impairments to the qdisc tree of an emulator's interface.

Behind each interface of an emulator lies one site. What leaves the interface has come from another site and is sent, by
its source address, into that pair's class. At an edge server it is the destination address:

    HTB root ── HTB class (the access line) ── HTB class (rate) ── netem (delay, jitter, loss) ── bfifo (the buffer, in bytes)

The access line is the parent of all classes, without a limit where nothing is shared: so a line that comes or goes changes a
value and rebuilds nothing. A direction that shares it has next to no rate of its own and borrows from it up to its rate: those that
borrow take turns of equal size, and together never have more than the line. A direction that does not share has all of its rate as its
own, which HTB grants whatever the line carries; the line is charged with it.

What netem is asked is in `delayline`. A rate with `framing` is netem's own, since HTB counts no cells.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from microdc.errors import InputError
from microdc.impairment import CLEAN, Impairment
from microdc.netlink.classify import Side as Match
from microdc.netlink.classify import classify
from microdc.netlink.intake import intake_of
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    HashTable,
    Htb,
    HtbClass,
    Intake,
    Qdisc,
    QdiscTree,
    Rule,
)
from microdc.netlink.netem import TICK
from microdc.testbed.model import Network
from microdc.units import MAX_RATE, Rate
from microdc.wan.delayline import compile_netem
from microdc.wan.model import AccessLine, Leaf

FIRST_MINOR, LAST_MINOR = 0x10, 0x6FFF
"""Class numbers; the netem qdisc of class N has major N, its bfifo major N + 0x8000."""
ETHERNET_HEADER = 14
BURST_SECONDS = 0.002
"""HTB's bucket: what passes at once after a timer came late. At least one packet."""
LINE_BURST_SECONDS = 0.01
"""The same of a shared line and of those that share it. Larger: a packet meets two or three of them in a row, at the same rate, and where
timers come late (an emulated processor) small buckets in a row lose what one would not."""
MAX_QUANTUM = 200_000
"""Above this the kernel warns."""
ACCESS_HANDLE = ROOT_HANDLE | 1
ACCESS_QUANTUM = 1514
"""Without effect, since the class has others below it; so the kernel takes no other than the first."""
FORGETFUL_SECONDS = 60
"""HTB forgets what a class overdrew beyond so much time. A rate of less than a packet in it would not be kept."""
UNLIMITED_BUFFER = 2**30


def minors(names: Iterable[str]) -> dict[str, int]:
    """A class number for each site name: the same one from run to run, and rarely moved by other names' coming."""
    taken: set[int] = set()
    found = {}
    span = LAST_MINOR - FIRST_MINOR + 1
    for name in sorted(names):
        minor = FIRST_MINOR + zlib.crc32(name.encode()) % span
        while minor in taken:
            minor = FIRST_MINOR + (minor - FIRST_MINOR + 1) % span
        taken.add(minor)
        found[name] = minor
        if len(taken) >= span:
            raise InputError(f"more than {span} sites reach one interface")
    return found


@lru_cache(maxsize=1 << 16)  # a plan compiles the same more than once: what was, what will be, no impairment
def compile_leaf(minor: int, impairment: Impairment, mtu: int, line: Rate | None = None) -> Leaf:
    """One direction. mtu: bytes, the largest IP packet on the interface. line: bit/s, of the access line that it shares; None: none."""
    packet = mtu + ETHERNET_HEADER
    shaped = impairment.rate is not None and impairment.framing is None
    ceil = (impairment.rate if shaped and impairment.rate is not None else MAX_RATE) // 8
    rate, quantum = ceil, min(max(packet, round(ceil * BURST_SECONDS)), MAX_QUANTUM)
    bucket = BURST_SECONDS if line is None else LINE_BURST_SECONDS
    if line is not None:
        rate, quantum = min(_own_rate(line, packet), ceil), packet
    handle = ROOT_HANDLE | minor
    bounded = impairment.buffer is not None and (shaped or line is not None)
    buffer = max(impairment.buffer or 0, packet) if bounded else UNLIMITED_BUFFER
    return Leaf(
        HtbClass(
            handle, ACCESS_HANDLE, rate, ceil, _ticks(rate, packet), _ticks(ceil, packet, bucket), quantum
        ),
        Qdisc(minor << 16, handle, compile_netem(impairment, packet)),
        Qdisc((minor | 0x8000) << 16, minor << 16 | 1, Fifo(buffer)),
    )


def _own_rate(line: Rate, packet: int) -> int:
    """Bytes/s that a direction has of a line whatever the others do: so little that as many as there can be have no more than the line.

    It must not depend on how many there are, since a site that joins would change all others'.
    """
    return max(line // 8 // (LAST_MINOR - FIRST_MINOR + 1), math.ceil(packet / FORGETFUL_SECONDS))


def _ticks(rate: int, packet: int, seconds: float = BURST_SECONDS) -> int:
    """A bucket in the kernel's time: what passes at once. rate: bytes/s."""
    return math.ceil(max(packet, round(rate * seconds)) * 10**9 / rate / TICK)


def compile_access(line: Rate | None, mtu: int) -> HtbClass:
    """What the directions of a port share. line: bit/s; None: no limit."""
    rate = (MAX_RATE if line is None else line) // 8
    ticks = _ticks(rate, mtu + ETHERNET_HEADER, BURST_SECONDS if line is None else LINE_BURST_SECONDS)
    return HtbClass(ACCESS_HANDLE, ROOT_HANDLE, rate, rate, ticks, ticks, ACCESS_QUANTUM)


def compile_intake(line: AccessLine, mtu: int) -> Intake | None:
    """What a site sends through its line: one queue for all of it, ARP and the like too. None where the line has no rate up."""
    if line.up is None:
        return None
    access = compile_access(line.up, mtu)
    limit = max(line.buffer or 0, mtu + ETHERNET_HEADER)
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb(default=ACCESS_HANDLE & 0xFFFF))
    queue = Qdisc((ACCESS_HANDLE & 0xFFFF | 0x8000) << 16, ACCESS_HANDLE, Fifo(limit))
    return intake_of(QdiscTree({root.handle: root, queue.handle: queue}, {access.handle: access}))


@dataclass(frozen=True, slots=True)
class Frame:
    """What of an interface's tree does not depend on the values: the classes' numbers by site, and the filters."""

    mtu: int
    numbers: Mapping[str, int]
    tables: Mapping[int, HashTable]
    rules: Mapping[tuple[int, int], Rule]

    def leaves(
        self, values: Mapping[str, Impairment], line: Rate | None = None, sharing: Collection[str] = ()
    ) -> dict[str, Leaf]:
        """By the site at the other end. values: what happens to its packets; nothing where it has none.

        line: bit/s of the access line that those named in `sharing` share.
        """
        return {
            name: compile_leaf(minor, values.get(name, CLEAN), self.mtu, line if name in sharing else None)
            for name, minor in self.numbers.items()
        }


def compile_frame(others: Mapping[str, Iterable[Network]], mtu: int, match: Match = "src") -> Frame:
    """others: the networks of each site at the other end, from which packets come ("src"), or to which they go ("dst").

    Raises InputError where the kernel's classifier cannot hold the networks.
    """
    numbers = minors(others)
    tables, rules = classify(
        ((network, ROOT_HANDLE | numbers[name]) for name, networks in others.items() for network in networks),
        match,
    )
    return Frame(mtu, numbers, {table.ident: table for table in tables}, {rule.key: rule for rule in rules})


def compile_tree(
    frame: Frame, leaves: Mapping[str, Leaf], line: Rate | None = None, intake: Intake | None = None
) -> QdiscTree:
    """The whole of an interface. line: bit/s of the access line; None: no limit. intake: for what comes in."""
    access = compile_access(line, frame.mtu)
    qdiscs = {ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())}
    for leaf in leaves.values():
        qdiscs[leaf.netem.handle] = leaf.netem
        qdiscs[leaf.buffer.handle] = leaf.buffer
    classes = {access.handle: access, **{leaf.cls.handle: leaf.cls for leaf in leaves.values()}}
    return QdiscTree(qdiscs, classes, frame.tables, frame.rules, intake=intake)


def compile_port(
    others: Mapping[str, Iterable[Network]], values: Mapping[str, Impairment], mtu: int, match: Match = "src"
) -> tuple[QdiscTree, dict[str, Leaf]]:
    """The tree of one interface, and its leaves by the site at the other end; see `compile_frame`."""
    frame = compile_frame(others, mtu, match)
    leaves = frame.leaves(values)
    return compile_tree(frame, leaves), leaves
