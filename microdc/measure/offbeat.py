"""Timing packets that do not meet each other on their way. Pure.

Packets sent every 10 ms over a line of 10 ms come into the emulator just when earlier ones leave it. Where one processor does
both, each waits for the other: with 10 + 10 ms the round trip through a software-emulated guest was 0.8 ms longer than with
delays that are no multiples of the interval. That is the measuring's doing, not the line's.
"""

from __future__ import annotations

from collections.abc import Sequence

_STEP = 1_000_000
"""ns: fping counts its intervals in ms."""


def off_beat(interval: int, delays: Sequence[int]) -> int:
    """An interval of `interval` to one and a half times that, ns, at which no packet meets another: the least that keeps a
    quarter of `interval` between them, or else the one that keeps most.

    delays: ns one way of each stretch of the round trip, in the order in which packets meet them.
    """
    at, moments = 0, [0]
    for delay in filter(None, delays):
        at += delay
        moments.append(at)

    def distance(candidate: int) -> int:
        """The least time between two packets that come or go, whichever they are."""
        places = sorted(moment % candidate for moment in moments)
        after = [*places[1:], places[0] + candidate]
        return min(later - earlier for earlier, later in zip(places, after, strict=True))

    candidates = range(interval, interval + interval // 2 + 1, _STEP)
    return max(candidates, key=lambda candidate: (min(distance(candidate), interval // 4), -candidate))
