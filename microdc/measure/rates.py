"""What of a stream should come through a rate. Pure."""

from __future__ import annotations

import math

from microdc.impairment import Framing, Impairment
from microdc.measure.expected import burst
from microdc.units import Rate

_SIGMAS = 4.5
_LEAST = 0.1


def unjudged_rate(asked: Impairment) -> str:
    """Why the throughput of a direction is not judged; empty where it is."""
    if asked.slots:
        return "throughput is not judged where packets leave in slots"
    return "throughput is not judged under a limit of packets" if asked.limit is not None else ""


def rate_of(rate: Rate, framing: Framing | None, packet: int) -> Rate:
    """The bit/s as the kernel counts bytes that packets of so many bytes get out of a line's rate, which counts its framing.

    As in netem: the overhead is added, and each cell that is begun is sent whole, with its header.
    """
    if framing is None:
        return rate
    framed = packet + framing.overhead
    if framing.cell:
        framed = math.ceil(framed / framing.cell) * (framing.cell + framing.cell_overhead)
    return Rate(int(rate * packet / max(1, framed)))


def surely_arriving(asked: Impairment, packets: float) -> float:
    """The share of a stream of so many packets that comes through at least: losses in runs may be many in a short time.

    Of independent losses it is the mean, which the margins of a stream leave room for. Corrupt packets may be lost or not.
    """
    lost = asked.mean_loss / 100
    worth = burst(asked)
    more = _SIGMAS * math.sqrt(worth * lost * (1 - lost) / max(1.0, packets)) if worth > 1 else 0.0
    arriving = max(min(_LEAST, 1 - lost), 1 - lost - more)
    return arriving * (1 - asked.corrupt.share / 100)
