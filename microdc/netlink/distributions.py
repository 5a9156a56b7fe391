"""Delay distributions as netem wants them: tables of inverse cumulative values, scaled by 8192.

Made here rather than read from iproute2, whose .dist files lie in another directory on each distribution.
"""

from __future__ import annotations

import struct
from functools import cache
from statistics import NormalDist

from microdc.errors import InputError

SCALE = 8192
"""NETEM_DIST_SCALE of linux/pkt_sched.h: the value that stands for one standard deviation."""
NORMAL_ENTRIES = 1024
"""Entries of the normal table: quantiles out to 3.3 standard deviations, 2 KiB a leaf."""


@cache
def normal() -> tuple[int, ...]:
    """The standard normal distribution: mean 0, standard deviation 1, in 1/8192."""
    inverse = NormalDist().inv_cdf
    return tuple(round(SCALE * inverse((i + 0.5) / NORMAL_ENTRIES)) for i in range(NORMAL_ENTRIES))


@cache
def table_bytes(name: str) -> bytes:
    """The payload of TCA_NETEM_DELAY_DIST."""
    if name != "normal":
        raise InputError(f"unknown delay distribution {name!r}", hint="known: normal")
    values = normal()
    return struct.pack(f"={len(values)}h", *values)
