"""netem's options as bytes, both ways. Source of the layout: linux/pkt_sched.h, net/sched/sch_netem.c.

pyroute2 0.9.7 cannot do this: its rate= never works (it also becomes TCA_RATE), times over 4 s and rates over
34 Gbit/s do not fit, loss models and slots are not decoded. Every attribute is sent every time, zeros
included, since the kernel keeps what a change does not mention.
"""

from __future__ import annotations

import struct
from typing import Any

from microdc.netlink.attributes import attribute, attributes, u32
from microdc.netlink.distributions import table_bytes
from microdc.netlink.model import Netem, Slot

CORR, DELAY_DIST, REORDER, CORRUPT, LOSS, RATE, ECN, RATE64 = range(1, 9)
LATENCY64, JITTER64, SLOT = 10, 11, 12

_QOPT = struct.Struct("=6I")  # latency, limit, loss, gap, duplicate, jitter; the times here are unused
_SLOT = struct.Struct("=qqiiqq")
_RATE = struct.Struct("=IiIi")
_U32_MAX = 2**32 - 1
TICK = 64
"""Nanoseconds in one tick of the packet scheduler's clock, fixed in the kernel (PSCHED_SHIFT 6)."""


def pack(netem: Netem) -> bytes:
    """The payload of TCA_OPTIONS."""
    parts = [
        _QOPT.pack(
            min(netem.latency // TICK, _U32_MAX),
            netem.limit,
            netem.loss,
            netem.gap,
            netem.duplicate,
            min(netem.jitter // TICK, _U32_MAX),
        ),
        attribute(LATENCY64, struct.pack("=q", netem.latency)),
        attribute(JITTER64, struct.pack("=q", netem.jitter)),
        attribute(
            CORR,
            struct.pack("=3I", netem.delay_correlation, netem.loss_correlation, netem.duplicate_correlation),
        ),
        attribute(REORDER, struct.pack("=2I", netem.reorder, netem.reorder_correlation)),
        attribute(CORRUPT, struct.pack("=2I", netem.corrupt, netem.corrupt_correlation)),
        attribute(
            RATE,
            _RATE.pack(
                min(netem.rate, _U32_MAX), netem.packet_overhead, netem.cell_size, netem.cell_overhead
            ),
        ),
        u32(ECN, netem.ecn),
        attribute(SLOT, _pack_slot(netem.slot)),
    ]
    if netem.rate > _U32_MAX:
        parts.append(attribute(RATE64, struct.pack("=Q", netem.rate)))
    if netem.loss_model:
        parts.append(attribute(LOSS, netem.loss_model))
    if netem.table:
        parts.append(attribute(DELAY_DIST, table_bytes(netem.table)))
    return b"".join(parts)


_DECODERS: dict[int, tuple[struct.Struct, tuple[str, ...]]] = {
    CORR: (struct.Struct("=3I"), ("delay_correlation", "loss_correlation", "duplicate_correlation")),
    REORDER: (struct.Struct("=2I"), ("reorder", "reorder_correlation")),
    CORRUPT: (struct.Struct("=2I"), ("corrupt", "corrupt_correlation")),
    RATE: (_RATE, ("rate", "packet_overhead", "cell_size", "cell_overhead")),
    ECN: (struct.Struct("=I"), ("ecn",)),
    RATE64: (struct.Struct("=Q"), ("rate",)),
    LATENCY64: (struct.Struct("=q"), ("latency",)),
    JITTER64: (struct.Struct("=q"), ("jitter",)),
}


def unpack(data: bytes) -> Netem:
    """TCA_OPTIONS of a dump. Delay tables are not in it."""
    latency, limit, loss, gap, duplicate, jitter = _QOPT.unpack_from(data)
    values: dict[str, Any] = {"latency": latency * TICK, "jitter": jitter * TICK}
    # in the order of their numbers, so that the 64-bit attributes overrule what they widen
    for kind, payload in sorted(attributes(data[_QOPT.size :])):
        if kind in _DECODERS:
            layout, names = _DECODERS[kind]
            values.update(zip(names, layout.unpack_from(payload), strict=True))
        elif kind == LOSS:
            values["loss_model"] = payload
        elif kind == SLOT:
            values["slot"] = Slot(*_SLOT.unpack_from(payload))
    return Netem(limit=limit, loss=loss, gap=gap, duplicate=duplicate, **values)


def _pack_slot(slot: Slot) -> bytes:
    return _SLOT.pack(
        slot.min_delay, slot.max_delay, slot.max_packets, slot.max_bytes, slot.dist_delay, slot.dist_jitter
    )


def fraction(percent: float) -> int:
    """Percent 0..100 as the kernel's fraction of 2**32 - 1, rounded to nearest; never to 0 unless it is 0."""
    value = round(percent / 100 * _U32_MAX)
    return max(1, value) if percent > 0 else 0
