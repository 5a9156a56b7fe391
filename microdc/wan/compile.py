"""From impairments to the qdisc tree of an emulator's interface.

Behind each interface of an emulator lies one site. What leaves the interface has come from another site and is sent, by
its source address, into that pair's class. At an edge server it is the destination address:

    HTB root ── HTB class (rate) ── netem (delay, jitter, loss) ── bfifo (the bottleneck's buffer, in bytes)

What netem is asked is in `delayline`. A rate with `framing` is netem's own, since HTB counts no cells.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from microdc.errors import InputError
from microdc.impairment import CLEAN, Impairment
from microdc.netlink.classify import Side as Match
from microdc.netlink.classify import classify
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    HashTable,
    Htb,
    HtbClass,
    Qdisc,
    QdiscTree,
    Rule,
)
from microdc.netlink.netem import TICK
from microdc.testbed.model import Network
from microdc.units import MAX_RATE
from microdc.wan.delayline import compile_netem
from microdc.wan.model import Leaf

FIRST_MINOR, LAST_MINOR = 0x10, 0x6FFF
"""Class numbers; the netem qdisc of class N has major N, its bfifo major N + 0x8000."""
ETHERNET_HEADER = 14
BURST_SECONDS = 0.002
"""HTB's bucket: what passes at once after a timer came late. At least one packet."""
MAX_QUANTUM = 200_000
"""Above this the kernel warns."""
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


@lru_cache(maxsize=1 << 14)  # a plan compiles the same more than once: what was, what will be, no impairment
def compile_leaf(minor: int, impairment: Impairment, mtu: int) -> Leaf:
    """One direction. mtu: bytes, the largest IP packet on the interface."""
    packet = mtu + ETHERNET_HEADER
    shaped = impairment.rate is not None and impairment.framing is None
    rate = (impairment.rate if shaped and impairment.rate is not None else MAX_RATE) // 8
    burst = max(packet, round(rate * BURST_SECONDS))
    ticks = math.ceil(burst * 10**9 / rate / TICK)
    handle = ROOT_HANDLE | minor
    buffer = max(impairment.buffer, packet) if shaped and impairment.buffer is not None else UNLIMITED_BUFFER
    return Leaf(
        HtbClass(handle, ROOT_HANDLE, rate, rate, ticks, ticks, min(max(packet, burst), MAX_QUANTUM)),
        Qdisc(minor << 16, handle, compile_netem(impairment, packet)),
        Qdisc((minor | 0x8000) << 16, minor << 16 | 1, Fifo(buffer)),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What of an interface's tree does not depend on the values: the classes' numbers by site, and the filters."""

    mtu: int
    numbers: Mapping[str, int]
    tables: Mapping[int, HashTable]
    rules: Mapping[tuple[int, int], Rule]

    def leaves(self, values: Mapping[str, Impairment]) -> dict[str, Leaf]:
        """By the site at the other end. values: what happens to its packets; nothing where it has none."""
        return {
            name: compile_leaf(minor, values.get(name, CLEAN), self.mtu)
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


def compile_tree(frame: Frame, leaves: Mapping[str, Leaf]) -> QdiscTree:
    """The whole of an interface."""
    qdiscs = {ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())}
    for leaf in leaves.values():
        qdiscs[leaf.netem.handle] = leaf.netem
        qdiscs[leaf.buffer.handle] = leaf.buffer
    return QdiscTree(
        qdiscs, {leaf.cls.handle: leaf.cls for leaf in leaves.values()}, frame.tables, frame.rules
    )


def compile_port(
    others: Mapping[str, Iterable[Network]], values: Mapping[str, Impairment], mtu: int, match: Match = "src"
) -> tuple[QdiscTree, dict[str, Leaf]]:
    """The tree of one interface, and its leaves by the site at the other end; see `compile_frame`."""
    frame = compile_frame(others, mtu, match)
    leaves = frame.leaves(values)
    return compile_tree(frame, leaves), leaves
