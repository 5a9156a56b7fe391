"""From a measurement of the bare path to what is kept of it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microdc.measure.model import DelayStats, Failure, LossCount, Measurement, OneWay, PairResult, Throughput
from microdc.store.model import Measured

_ALL_CAME = 0.95
"""The share of a stream beyond which nothing tells the path from the programs' beginning and end."""


@dataclass(frozen=True, slots=True)
class PairCalibration:
    """What was found of a pair: a to b, then b to a; nothing where it failed. method: by what means, as it is kept."""

    a: str
    b: str
    directions: tuple[Measured, ...] = ()
    method: str = ""
    failure: Failure | None = None


def concluded(result: PairResult) -> PairCalibration:
    """A measurement of the bare path as what is kept of it."""
    a, b, found = result.a, result.b, result.measurement
    if found is None:
        return PairCalibration(a, b, failure=result.failure)
    if not isinstance(found.rtt, DelayStats):
        failure = Failure("no packet comes back over the bare underlay", hint="; ".join(found.notes))
        return PairCalibration(a, b, failure=failure)
    there, back = found.directions.values()
    method = f"{found.tool}, {found.rtt.count} round trips, {found.clock}"
    return PairCalibration(
        a,
        b,
        (
            _direction(a, b, there, found, found.rtt),
            _direction(b, a, back, found, found.rtt),
        ),
        method,
    )


def _direction(source: str, target: str, way: OneWay, found: Measurement, rtt: DelayStats) -> Measured:
    """Where the clocks of the ends are not one, half the round trip is each direction's."""
    delay = way.delay.median if isinstance(way.delay, DelayStats) else rtt.median // 2
    jitter = (
        way.variation.spread if isinstance(way.variation, DelayStats) else round(rtt.spread / math.sqrt(2))
    )
    half = _percent(found.round_trip_loss) / 2
    loss = _percent(way.loss) if isinstance(way.loss, LossCount) else half
    return Measured(source, target, max(0, delay), jitter, _limit(way), loss)


def _percent(count: LossCount) -> float:
    return round(100 * count.lost / count.sent, 6) if count.sent else 0.0


def _limit(way: OneWay) -> int | None:
    """The rate that the path carried, bit/s; None where all that was sent came through: the sender was the limit."""
    found = way.throughput
    if not isinstance(found, Throughput) or found.rate >= _ALL_CAME * found.sent:
        return None
    return found.rate
