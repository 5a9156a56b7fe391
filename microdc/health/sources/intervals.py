"""How often each kind of device is asked."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Pace:
    """interval: seconds from poll to poll; timeout: seconds after which a poll is given up."""

    interval: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """Of each kind; trips: of measured round trips between sites, store: of what the store says of maintenance.

    A BMC is a slow computer: the first poll of one by IPMI reads the descriptions of all its sensors, which takes longer than its time-out and
    is taken up by the second. Pairs are only worked out, but the ways between many sites take a while, once.
    """

    servers: Pace = Pace(10.0, 30.0)
    switches: Pace = Pace(10.0, 30.0)
    shapers: Pace = Pace(5.0, 15.0)
    pairs: Pace = Pace(5.0, 30.0)
    nodes: Pace = Pace(2.0, 10.0)
    trips: Pace = Pace(60.0, 30.0)
    store: Pace = Pace(5.0, 10.0)

    def scaled(self, factor: float) -> Self:
        """The same with all intervals longer or shorter; time-outs stay what they are."""
        changed = {}
        for one in fields(self):
            pace: Pace = getattr(self, one.name)
            changed[one.name] = replace(pace, interval=pace.interval * factor)
        return replace(self, **changed)
