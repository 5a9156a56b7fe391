"""From impairments to the qdisc tree of an emulator's interface.

Behind each interface lies one site. What leaves the interface has come from another site and is sent, by its source
address, into that pair's class:

    HTB root ── HTB class (rate) ── netem (delay, jitter, loss) ── bfifo (the bottleneck's buffer, in bytes)

netem is a delay line and holds every packet on its way, so its limit counts packets of the smallest size; what the
bottleneck may queue is the bfifo's business, which counts bytes. With netem's limit alone, a limit fit for small
packets would be seconds of queue in large ones.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping

from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.netlink.classify import classify
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    Htb,
    HtbClass,
    Netem,
    Qdisc,
    QdiscTree,
)
from microdc.netlink.netem import TICK, fraction
from microdc.testbed.model import Network
from microdc.units import MAX_RATE
from microdc.wan.model import Leaf

FIRST_MINOR, LAST_MINOR = 0x10, 0x6FFF
"""Class numbers; the netem qdisc of class N has major N, its bfifo major N + 0x8000."""
ETHERNET_HEADER = 14
SMALLEST_PACKET = 64
"""Bytes: netem's limit is sized for a line full of packets of this size."""
FASTEST_PACKETS = 10_000_000
"""Packets/s on a line without a rate: more than software forwards."""
JITTER_REACH = 4
"""Standard deviations that the queue makes room for; the normal table reaches 3.3."""
SPARE_PACKETS = 1000
BURST_SECONDS = 0.002
"""HTB's bucket: what passes at once after a timer came late. At least one packet."""
MAX_QUANTUM = 200_000
"""Above this the kernel warns."""
UNLIMITED_BUFFER = 2**30
IN_ORDER_RATE = 10**12
"""Bytes/s of netem itself: far above any line, it only makes netem send in order of arrival."""


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


def compile_leaf(minor: int, impairment: Impairment, mtu: int) -> Leaf:
    """One direction. mtu: bytes, the largest IP packet on the interface."""
    packet = mtu + ETHERNET_HEADER
    rate = (MAX_RATE if impairment.rate is None else impairment.rate) // 8
    burst = max(packet, round(rate * BURST_SECONDS))
    ticks = math.ceil(burst * 10**9 / rate / TICK)
    handle = ROOT_HANDLE | minor
    buffer = UNLIMITED_BUFFER if impairment.buffer is None else max(impairment.buffer, packet)
    return Leaf(
        HtbClass(handle, ROOT_HANDLE, rate, rate, ticks, ticks, min(max(packet, burst), MAX_QUANTUM)),
        Qdisc(minor << 16, handle, _netem(impairment)),
        Qdisc((minor | 0x8000) << 16, minor << 16 | 1, Fifo(buffer)),
    )


def _netem(impairment: Impairment) -> Netem:
    seconds = (impairment.owd + JITTER_REACH * impairment.jitter) / 10**9
    if impairment.rate is None:
        packets = seconds * FASTEST_PACKETS
    else:
        packets = (impairment.rate / 8 * seconds + (impairment.buffer or 0)) / SMALLEST_PACKET
    return Netem(
        latency=impairment.owd,
        jitter=impairment.jitter,
        limit=min(math.ceil(packets) + SPARE_PACKETS, 2**31 - 1),
        loss=fraction(impairment.loss),
        rate=IN_ORDER_RATE,
        table="normal" if impairment.jitter else "",
    )


def compile_port(
    sources: Mapping[str, Iterable[Network]], values: Mapping[str, Impairment], mtu: int
) -> tuple[QdiscTree, dict[str, Leaf]]:
    """The tree of one interface, and its leaves by source site.

    sources: the networks of each site whose packets may leave here. values: what happens to them. Raises
    InputError where the kernel's classifier cannot hold the networks.
    """
    numbers = minors(sources)
    leaves = {name: compile_leaf(numbers[name], values[name], mtu) for name in sources}
    tables, rules = classify(
        ((network, leaves[name].cls.handle) for name, networks in sources.items() for network in networks),
        "src",
    )
    qdiscs = {ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())}
    for leaf in leaves.values():
        qdiscs[leaf.netem.handle] = leaf.netem
        qdiscs[leaf.buffer.handle] = leaf.buffer
    return (
        QdiscTree(
            qdiscs,
            {leaf.cls.handle: leaf.cls for leaf in leaves.values()},
            {table.ident: table for table in tables},
            {rule.key: rule for rule in rules},
        ),
        leaves,
    )
