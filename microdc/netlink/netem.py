"""netem's options as bytes, both ways. Source of the layout: linux/pkt_sched.h, net/sched/sch_netem.c.

pyroute2 0.9.7 cannot do this: its rate= never works (it also becomes TCA_RATE), times over 4 s and rates over
34 Gbit/s do not fit, loss models and slots are not decoded. Every attribute is sent every time, zeros
included, since the kernel keeps what a change does not mention; but for three. A change without a loss model takes the
former one away. A table cannot be taken away, so that one is sent wherever it is drawn from. A seed that is not sent is
the kernel's to choose.
"""

from __future__ import annotations

import struct
from dataclasses import astuple
from functools import lru_cache
from typing import Any

from microdc.netlink.attributes import attribute, attributes
from microdc.netlink.distributions import table_bytes
from microdc.netlink.model import Netem
from microdc.netlink.netem_values import HIDDEN, GeModel, Seed, Slot, StateModel

CORR, DELAY_DIST, REORDER, CORRUPT, LOSS, RATE, ECN, RATE64 = range(1, 9)
LATENCY64, JITTER64, SLOT, SLOT_DIST, PRNG_SEED = range(10, 15)
STATES, GILBERT = 1, 2
"""What is nested in LOSS: NETEM_LOSS_GI, NETEM_LOSS_GE."""

_QOPT = struct.Struct("=6I")  # latency, limit, loss, gap, duplicate, jitter; the times here are unused
_MODELS: dict[int, tuple[struct.Struct, type[GeModel | StateModel]]] = {
    STATES: (struct.Struct("=5I"), StateModel),
    GILBERT: (struct.Struct("=4I"), GeModel),
}
_SLOT = struct.Struct("=qqiiqq")
_FIXED = struct.Struct("=6I HHq HHq HH3I HH2I HH2I HHIiIi HHI HHqqiiqq")
"""Behind _QOPT the attributes that are sent every time, each with its header. Packed at once: there is one for each direction."""
_RATE = struct.Struct("=IiIi")
EVERYTHING = 2**32 - 1
"""A share of all, as the kernel counts shares."""
TICK = 64
"""Nanoseconds in one tick of the packet scheduler's clock, fixed in the kernel (PSCHED_SHIFT 6)."""


def pack(netem: Netem) -> bytes:
    """The payload of TCA_OPTIONS."""
    known = _PACKED.get(id(netem))
    if known is None or known[0] is not netem:
        if len(_PACKED) >= _MOST_PACKED:
            _PACKED.clear()
        known = _PACKED[id(netem)] = netem, _pack(netem)
    return known[1]


_PACKED: dict[int, tuple[Netem, bytes]] = {}
"""By identity: a plan names the same value many times (laid now, laid again later, of many directions), and to hash it is as dear as to pack it."""
_MOST_PACKED = 1 << 14


def _pack(netem: Netem) -> bytes:
    slot = netem.slot
    packed = _FIXED.pack(
        *(min(netem.latency // TICK, EVERYTHING), netem.limit, netem.loss, netem.gap, netem.duplicate),
        min(netem.jitter // TICK, EVERYTHING),
        *(12, LATENCY64, netem.latency, 12, JITTER64, netem.jitter),
        *(16, CORR, netem.delay_correlation, netem.loss_correlation, netem.duplicate_correlation),
        *(12, REORDER, netem.reorder, netem.reorder_correlation),
        *(12, CORRUPT, netem.corrupt, netem.corrupt_correlation),
        *(20, RATE, min(netem.rate, EVERYTHING), netem.packet_overhead, netem.cell_size, netem.cell_overhead),
        *(8, ECN, netem.ecn),
        *(44, SLOT, slot.min_delay, slot.max_delay, slot.max_packets, slot.max_bytes),
        *(slot.dist_delay, slot.dist_jitter),
    )
    if netem.rate > EVERYTHING:
        packed += attribute(RATE64, struct.pack("=Q", netem.rate))
    if netem.loss_model:
        packed += attribute(LOSS, _pack_model(netem.loss_model))
    if netem.table.known:
        packed += attribute(DELAY_DIST, table_bytes(netem.table))
    if netem.slot_table.known:
        packed += attribute(SLOT_DIST, table_bytes(netem.slot_table))
    if netem.seed.value is not None and netem.seed != HIDDEN:
        packed += attribute(PRNG_SEED, struct.pack("=Q", netem.seed.value))
    return packed


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


@lru_cache(
    maxsize=1 << 13
)  # many directions are the same, and most are what they were when they were last read
def unpack(data: bytes) -> Netem:
    """TCA_OPTIONS of a dump. Tables are not in it; the seed is where the kernel knows of seeds."""
    latency, limit, loss, gap, duplicate, jitter = _QOPT.unpack_from(data)
    values: dict[str, Any] = {"latency": latency * TICK, "jitter": jitter * TICK, "seed": HIDDEN}
    # in the order of their numbers, so that the 64-bit attributes overrule what they widen
    for kind, payload in sorted(attributes(data[_QOPT.size :])):
        if kind in _DECODERS:
            layout, names = _DECODERS[kind]
            values.update(zip(names, layout.unpack_from(payload), strict=True))
        elif kind == LOSS:
            values["loss_model"] = _unpack_model(payload)
        elif kind == SLOT:
            values["slot"] = Slot(*_SLOT.unpack_from(payload))
        elif kind == PRNG_SEED:
            values["seed"] = Seed(*struct.unpack_from("=Q", payload))
    return Netem(limit=limit, loss=loss, gap=gap, duplicate=duplicate, **values)


def _pack_model(model: GeModel | StateModel) -> bytes:
    kind = GILBERT if isinstance(model, GeModel) else STATES
    return attribute(kind, _MODELS[kind][0].pack(*astuple(model)))


def _unpack_model(data: bytes) -> GeModel | StateModel | None:
    """The model in TCA_NETEM_LOSS; None for one that is not known here."""
    for kind, payload in attributes(data):
        if kind in _MODELS:
            layout, model = _MODELS[kind]
            return model(*layout.unpack_from(payload))
    return None


def unverifiable(netem: Netem) -> tuple[str, ...]:
    """What of an asked netem no kernel shows, so that it cannot be told whether it still holds."""
    drawn = (
        (netem.jitter, netem.table, "distribution"),
        (netem.slot.dist_jitter, netem.slot_table, "slot distribution"),
    )
    return tuple(what for jitter, table, what in drawn if jitter and table.known)


def fraction(percent: float) -> int:
    """Percent 0..100 as the kernel's fraction of 2**32 - 1, rounded to nearest; never to 0 unless it is 0."""
    value = round(percent / 100 * EVERYTHING)
    return max(1, value) if percent > 0 else 0
