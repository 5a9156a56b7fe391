"""Distributions as netem wants them: tables of equally probable values, scaled by 8192.

Made here rather than read from iproute2, whose .dist files lie in another directory on each distribution. The formulas
are those that iproute2's files are made by, so that `tc ... distribution NAME` means the same.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from functools import cache
from statistics import NormalDist

from microdc.errors import InputError
from microdc.netlink.netem_values import Table

SCALE = 8192
"""NETEM_DIST_SCALE of linux/pkt_sched.h: the value that stands for the jitter itself."""
NORMAL_ENTRIES = 1024
"""Entries of the normal table: quantiles out to 3.3 standard deviations, 2 KiB a leaf."""
ENTRIES = 4096
"""Entries of the other tables, as many as iproute2's have."""
LARGEST = 2**15 - 1
"""An entry is 16 bits: four times the jitter."""
SHAPE = 3
"""Of the Pareto distribution; its mean is 1.5."""


def _normal(share: float) -> float:
    return NormalDist().inv_cdf(share)


def _uniform(share: float) -> float:
    """Between -1 and 1, which is what netem draws from without a table."""
    return 2 * share - 1


def _pareto(share: float) -> float:
    value = math.pow(1 - share, -1 / SHAPE)
    return min((value - 1.5) * 4 / 3, LARGEST / SCALE)


def _paretonormal(share: float) -> float:
    return (_normal(share) + 3 * _pareto(share)) / 4


_QUANTILES: dict[str, tuple[int, Callable[[float], float]]] = {
    "normal": (NORMAL_ENTRIES, _normal),
    "uniform": (ENTRIES, _uniform),
    "pareto": (ENTRIES, _pareto),
    "paretonormal": (ENTRIES, _paretonormal),
}
NAMES = tuple(_QUANTILES)


@cache
def entries(name: str) -> tuple[int, ...]:
    """A distribution's table, in 1/8192 of the jitter. Raises InputError for a name that is none.

    normal: mean 0, standard deviation 1. uniform: from -1 to 1, so that jitter is half its width. pareto: mean -0.03,
    standard deviation 0.82 (its tail ends at 4), from -0.67. paretonormal: a quarter of normal and three of pareto; mean
    -0.02, standard deviation 0.83.
    """
    if name not in _QUANTILES:
        raise InputError(f"unknown delay distribution {name!r}", hint=f"known: {', '.join(NAMES)}")
    count, quantile = _QUANTILES[name]
    return tuple(round(SCALE * quantile((i + 0.5) / count)) for i in range(count))


def normal() -> tuple[int, ...]:
    """The standard normal distribution: mean 0, standard deviation 1, in 1/8192."""
    return entries("normal")


def table_bytes(table: Table) -> bytes:
    """The payload of TCA_NETEM_DELAY_DIST or TCA_NETEM_SLOT_DIST."""
    values = table.values or entries(table.name)
    return struct.pack(f"={len(values)}h", *values)
