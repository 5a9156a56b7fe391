"""What a path does to packets before anything is emulated on it, and what is left to add. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from microdc.impairment import Impairment
from microdc.units import Delay, Rate


@dataclass(frozen=True, slots=True)
class Floor:
    """One direction of the bare path as it was measured.

    delay: ns one way. jitter: ns, standard deviation. rate: bit/s that it carried, None where that was not measured: more than
    this cannot be emulated. at: Unix time of the measurement.
    """

    delay: Delay
    jitter: Delay
    rate: Rate | None = None
    at: float = 0.0


NOISE = Delay(100_000)
"""Ns of delay or jitter that are as likely the probes' own doing as the path's: an idle machine wakes a program so late."""


def above(floor: Floor, asked: Impairment) -> Impairment:
    """What remains to be emulated: delays subtract, jitters, being independent, in quadrature. Nothing goes below zero.

    Jitter that is no more than noise takes nothing away.
    """
    owd = Delay(max(0, asked.owd - floor.delay))
    if not asked.jitter or floor.jitter <= NOISE:
        return replace(asked, owd=owd)
    left = math.sqrt(max(0, deviation(asked) ** 2 - floor.jitter**2))
    share = left / deviation(asked)
    return replace(asked, owd=owd, jitter=Delay(round(asked.jitter * share)))


def deviation(asked: Impairment) -> float:
    """The standard deviation of the delays asked, ns; of an own table, whose deviation is the author's, its jitter."""
    return asked.jitter / math.sqrt(3) if asked.distribution == "uniform" else float(asked.jitter)


def to_data(floor: Floor | None) -> dict[str, Any] | None:
    """As JSON holds it."""
    if floor is None:
        return None
    return {"delay": floor.delay, "jitter": floor.jitter, "rate": floor.rate, "at": floor.at}


def from_data(data: Mapping[str, Any] | None) -> Floor | None:
    return None if data is None else Floor(**data)
