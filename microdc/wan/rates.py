"""From what the kernel counted at two moments to what a direction of the WAN does in between. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microdc.impairment import CLEAN
from microdc.netlink.model import Counters
from microdc.testbed.model import Testbed
from microdc.testbed.shapers import ShapedPort, others
from microdc.wan.compile import compile_leaf, minors
from microdc.wan.model import Direction, Leaf
from microdc.wan.planning import direction_of

_WRAP = 2**32
"""The kernel gives packets, drops and overlimits in 32 bits; bytes in 64."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counters of one direction's three objects: its class, its delay line, its buffer."""

    cls: Counters
    netem: Counters
    buffer: Counters


@dataclass(frozen=True, slots=True)
class Rates:
    """What one direction did between two readings. Bits and packets are per second, on the wire as the kernel counts bytes.

    in_bits: what was dropped is counted at the mean size of what came through; None where nothing did. lost: packets/s that
    netem dropped, by chance or for want of room. overflowed: packets/s for which the buffer had no room. overlimits: how
    often a second the class had to wait for its rate. in_flight: packets, and bytes, in the delay line and behind it;
    queued: those in the buffer. restarted: it was built anew in between, and these are the figures since.
    """

    in_bits: float | None
    in_packets: float
    out_bits: float
    out_packets: float
    lost: float
    overflowed: float
    overlimits: float
    in_flight_packets: int
    in_flight_bytes: int
    queued_packets: int
    queued_bytes: int
    restarted: bool = False


def rates(before: Tally, after: Tally, seconds: float) -> Rates:
    """What happened in `seconds` between two readings. Raises ValueError where no time passed."""
    if seconds <= 0:
        raise ValueError("no time has passed between the readings")
    cls, netem = _grown(before.cls, after.cls), _grown(before.netem, after.netem)
    buffer = _grown(before.buffer, after.buffer)
    restarted = any(
        _is_new(old, new)
        for old, new in (
            (before.cls, after.cls),
            (before.netem, after.netem),
            (before.buffer, after.buffer),
        )
    )
    overflowed = min(buffer.drops, netem.drops)  # netem counts as its own what the buffer refuses
    came = max(0, cls.packets + netem.drops + netem.backlog_packets)
    size = cls.bytes / cls.packets if cls.packets else None
    came_bytes = None
    if size is not None or not netem.drops:
        came_bytes = max(0.0, cls.bytes + netem.backlog_bytes + netem.drops * (size or 0.0))
    return Rates(
        in_bits=None if came_bytes is None else 8 * came_bytes / seconds,
        in_packets=came / seconds,
        out_bits=8 * cls.bytes / seconds,
        out_packets=cls.packets / seconds,
        lost=(netem.drops - overflowed) / seconds,
        overflowed=overflowed / seconds,
        overlimits=cls.overlimits / seconds,
        in_flight_packets=after.netem.backlog_packets,
        in_flight_bytes=after.netem.backlog_bytes,
        queued_packets=after.buffer.backlog_packets,
        queued_bytes=after.buffer.backlog_bytes,
        restarted=restarted,
    )


def _is_new(before: Counters, after: Counters) -> bool:
    """Whether an object is another one than before: bytes, of which there are 64 bits, never go back."""
    return after.bytes < before.bytes


def _grown(before: Counters, after: Counters) -> Counters:
    """By how much each counter grew. The backlog, which is no counter, may have shrunk."""
    if _is_new(before, after):
        return after
    return Counters(
        after.bytes - before.bytes,
        (after.packets - before.packets) % _WRAP,
        (after.drops - before.drops) % _WRAP,
        (after.overlimits - before.overlimits) % _WRAP,
        after.backlog_bytes - before.backlog_bytes,
        after.backlog_packets - before.backlog_packets,
    )


def leaves(testbed: Testbed, port: ShapedPort) -> dict[Direction, Leaf]:
    """The objects of each direction that leaves at a port; their values are those of no impairment."""
    numbers = minors(site.name for site in others(testbed, port))
    mtu = testbed.sites[port.site].mtu
    return {direction_of(port, name): compile_leaf(minor, CLEAN, mtu) for name, minor in numbers.items()}


def tally(counters: Mapping[int, Counters], leaf: Leaf) -> Tally | None:
    """One direction's counters of its interface's, by handle; None where it has no class there."""
    if leaf.cls.handle not in counters:
        return None
    none = Counters()
    return Tally(
        counters[leaf.cls.handle],
        counters.get(leaf.netem.handle, none),
        counters.get(leaf.buffer.handle, none),
    )
