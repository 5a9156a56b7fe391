"""From a measurement of a path on which only a known delay is emulated, to what is kept of it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microdc.measure.model import DelayStats, Failure, LossCount, Measurement, OneWay, PairResult, Throughput
from microdc.store.model import Measured
from microdc.units import Delay, Rate

_ALL_CAME = 0.95
"""The share of a stream beyond which nothing tells the path from the programs' beginning and end."""
_FILLED = 0.8
"""The share of an emulated line's rate from which on the line may have been the limit: headers and losses take the rest."""


@dataclass(frozen=True, slots=True)
class PairCalibration:
    """What was found of a pair: a to b, then b to a; nothing where it failed. method: by what means, as it is kept."""

    a: str
    b: str
    directions: tuple[Measured, ...] = ()
    method: str = ""
    failure: Failure | None = None


def concluded(
    result: PairResult, forth: Delay, back: Delay, lines: tuple[Rate | None, Rate | None] = (None, None)
) -> PairCalibration:
    """A measurement as what is kept of it.

    forth, back: what was emulated meanwhile, ns each way, and is taken off. lines: bit/s that an emulated line held each way to, None
    for none: where it was the limit, nothing is known of the path's own.
    """
    a, b, found = result.a, result.b, result.measurement
    if found is None:
        return PairCalibration(a, b, failure=result.failure)
    if not isinstance(found.rtt, DelayStats):
        failure = Failure("no packet comes back over the underlay", hint="; ".join(found.notes))
        return PairCalibration(a, b, failure=failure)
    half = (found.rtt.median - forth - back) // 2
    there, home = found.directions.values()
    measured = (
        _direction((a, b), there, found, half, forth, line=lines[0]),
        _direction((b, a), home, found, half, back, line=lines[1]),
    )
    return PairCalibration(a, b, measured, f"{found.tool}, {found.rtt.count} round trips, {found.clock}")


def _direction(
    ends: tuple[str, str], way: OneWay, found: Measurement, half: int, emulated: Delay, *, line: Rate | None
) -> Measured:
    """Where the clocks of the ends are not one, half the round trip is each direction's."""
    delay = way.delay.median - emulated if isinstance(way.delay, DelayStats) else half
    if isinstance(way.variation, DelayStats):
        jitter = way.variation.spread
    else:
        jitter = round(found.rtt.spread / math.sqrt(2)) if isinstance(found.rtt, DelayStats) else 0
    lost = _percent(way.loss) if isinstance(way.loss, LossCount) else _percent(found.round_trip_loss) / 2
    return Measured(*ends, max(0, delay), jitter, _limit(way, line), lost)


def _percent(count: LossCount) -> float:
    return round(100 * count.lost / count.sent, 6) if count.sent else 0.0


def _limit(way: OneWay, line: Rate | None) -> int | None:
    """The rate that the path carried, bit/s; None where the sender, or the line that is emulated, was the limit."""
    found = way.throughput
    if not isinstance(found, Throughput) or found.rate >= _ALL_CAME * found.sent:
        return None
    return None if line is not None and found.rate >= _FILLED * line else found.rate
