"""From an impairment to the netem qdisc that makes it.

netem is a delay line and holds every packet on its way, so its limit counts packets of the smallest size; what the
bottleneck may queue is the business of the bfifo behind it, which counts bytes. With netem's limit alone, a limit fit for
small packets would be seconds of queue in large ones. That is the price of `framing`: there netem's own rate is the
bottleneck, what waits for it waits in netem, and the buffer becomes a number of full packets.

Whatever a leaf's netem was before, it is changed in place to this. So nothing may hang on what the kernel keeps from
before: tables are sent wherever something is drawn, the uniform one too, and slots are always asked as a distribution,
since a kernel that has a slot table once never again looks at a shortest and a longest distance.
"""

from __future__ import annotations

import math
from functools import lru_cache

from microdc.impairment import Distribution, Framing, Impairment, Slots
from microdc.losses import FourState, GilbertElliott, LossModel
from microdc.netlink.model import Netem
from microdc.netlink.netem import EVERYTHING, fraction
from microdc.netlink.netem_values import UNKNOWN_TABLE, GeModel, Seed, Slot, StateModel, Table
from microdc.units import Delay

SMALLEST_PACKET = 64
"""Bytes: netem's limit is sized for a line full of packets of this size."""
FASTEST_PACKETS = 10_000_000
"""Packets/s on a line without a rate: more than software forwards."""
JITTER_REACH = 4
"""Multiples of the jitter that the queue makes room for; no table reaches farther, the normal one 3.3."""
SPARE_PACKETS = 1000
LARGEST_LIMIT = 2**31 - 1
IN_ORDER_RATE = 10**12
"""Bytes/s of netem itself: far above any line, it only makes netem send in order of arrival."""
NO_SLOTS = Slots(Delay(0))


@lru_cache(
    maxsize=1 << 12
)  # whatever is asked of many directions alike, nothing for one, is one object for all of them
def compile_netem(impairment: Impairment, packet: int) -> Netem:
    """What netem is asked. packet: bytes of a full packet with its Ethernet header."""
    framing = impairment.framing or Framing()
    own_rate = impairment.rate if impairment.framing is not None else None
    in_order = IN_ORDER_RATE if impairment.keep_order else 0
    return Netem(
        latency=impairment.owd,
        jitter=impairment.jitter,
        limit=impairment.limit if impairment.limit is not None else _limit(impairment, packet),
        loss=0 if impairment.loss_model else fraction(impairment.loss),
        rate=in_order if own_rate is None else own_rate // 8,
        gap=impairment.gap if impairment.reorder else 0,
        duplicate=fraction(impairment.duplicate.share),
        delay_correlation=fraction(impairment.jitter_correlation),
        loss_correlation=fraction(impairment.loss_correlation),
        duplicate_correlation=fraction(impairment.duplicate.correlation),
        reorder=fraction(impairment.reorder.share),
        reorder_correlation=fraction(impairment.reorder.correlation),
        corrupt=fraction(impairment.corrupt.share),
        corrupt_correlation=fraction(impairment.corrupt.correlation),
        packet_overhead=framing.overhead,
        cell_size=framing.cell,
        cell_overhead=framing.cell_overhead,
        ecn=int(impairment.ecn),
        slot=_slot(impairment.slots),
        loss_model=_model(impairment.loss_model),
        table=_table(impairment.distribution) if impairment.jitter else UNKNOWN_TABLE,
        slot_table=_slot_table(impairment.slots),
        seed=Seed(impairment.seed),
    )


def _limit(impairment: Impairment, packet: int) -> int:
    """Packets that are on their way at most: as many as the line can carry, so that none is lost for want of room."""
    slots = impairment.slots or NO_SLOTS
    wait = impairment.owd + JITTER_REACH * impairment.jitter + slots.delay + JITTER_REACH * slots.jitter
    seconds = wait / 10**9
    if impairment.rate is None:
        packets = seconds * FASTEST_PACKETS
    elif impairment.framing is None:
        packets = (impairment.rate / 8 * seconds + (impairment.buffer or 0)) / SMALLEST_PACKET
    else:
        seconds = (impairment.owd + slots.delay) / 10**9
        return min(
            max(1, round((impairment.rate / 8 * seconds + (impairment.buffer or 0)) / packet)), LARGEST_LIMIT
        )
    return min(math.ceil(packets) + SPARE_PACKETS, LARGEST_LIMIT)


def _table(distribution: Distribution) -> Table:
    return Table(distribution) if isinstance(distribution, str) else Table("", distribution)


def _slot(slots: Slots | None) -> Slot:
    if slots is None:
        return Slot()
    if slots.jitter:
        return Slot(0, 0, slots.packets, slots.bytes, slots.delay, slots.jitter)
    # a table, if one was there before, gives dist_delay here, and none gives the same from the other two
    return Slot(slots.delay, slots.delay, slots.packets, slots.bytes, slots.delay, 0)


def _slot_table(slots: Slots | None) -> Table:
    return _table(slots.distribution) if slots is not None and slots.jitter else UNKNOWN_TABLE


def _model(model: LossModel | None) -> GeModel | StateModel | None:
    match model:
        case GilbertElliott(p, r, bad_loss, good_loss):
            return GeModel(fraction(p), fraction(r), EVERYTHING - fraction(bad_loss), fraction(good_loss))
        case FourState(p13, p31, p32, p23, p14):
            out1, out3 = _ways_out(p13, p14), _ways_out(p31, p32)
            return StateModel(out1[0], out3[0], out3[1], out1[1], fraction(p23))
        case None:
            return None


def _ways_out(one: float, other: float) -> tuple[int, int]:
    """Two chances to leave a state. The kernel adds them up in 32 bits: together they must not be more than everything."""
    first = fraction(one)
    return first, min(fraction(other), EVERYTHING - first)
