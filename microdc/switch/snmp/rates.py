"""Two samples of counters -> rates by the device's own clock. Pure.

A counter that fell has either wrapped or begun anew, and only the first makes a rate: taken for a wrap, a reset shows as a spike that never was
(toni-moreno/snmpcollector#357). So a fall is a wrap only where the port could have carried as much; in doubt one value is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from microdc.switch.model import Counters, Interval, Rates, Sample
from microdc.switch.snmp.system import HUNDREDTHS

_Of: TypeAlias = Literal[
    "in_octets",
    "out_octets",
    "in_packets",
    "out_packets",
    "in_errors",
    "out_errors",
    "in_discards",
    "out_discards",
]
_OCTETS: Final[tuple[_Of, ...]] = ("in_octets", "out_octets")
_PACKETS: Final[tuple[_Of, ...]] = ("in_packets", "out_packets")
_FAULTS: Final[tuple[_Of, ...]] = ("in_errors", "out_errors", "in_discards", "out_discards")
_CLOCK: Final = 2**32
"""sysUpTime's ticks: it wraps after 497.1 days."""
_NARROW: Final = 2**32
_LONGEST: Final = 24 * 3600 * HUNDREDTHS
"""Ticks. A clock that fell has wrapped if that makes an interval up to here, else the agent began anew."""
_LEAST_FRAME: Final = 84 * 8
"""Bits of the smallest frame with preamble and gap: no port carries more packets than its speed by this."""
_ROOM: Final = 1.05
"""A counter and the clock are not read at one instant."""
_RESET: Final = -1


def rates(before: Sample, after: Sample, speeds: Mapping[int, int] | None = None) -> Interval:
    """What each port that is in both samples counted in a second. speeds: bit/s by ifIndex; a port without one has no rate where its counter fell."""
    ticks = (after.ticks - before.ticks) % _CLOCK
    if after.ticks < before.ticks and ticks > _LONGEST:
        return Interval(None, {}, restarted=True)
    if not ticks:
        return Interval(0.0, {})
    seconds = ticks / HUNDREDTHS
    known = speeds or {}
    found: dict[int, Rates] = {}
    reset = set()
    for index in before.counters.keys() & after.counters.keys():
        old, new = before.counters[index], after.counters[index]
        values = None if _renewed(old, new) else _port(old, new, seconds, known.get(index))
        if values is None:
            reset.add(index)
            found[index] = Rates(index)
        else:
            found[index] = Rates(index, **values)
    return Interval(seconds, dict(sorted(found.items())), reset=frozenset(reset))


def _renewed(old: Counters, new: Counters) -> bool:
    """Whether the agent says so itself."""
    told = old.discontinuity, new.discontinuity
    return old.wide != new.wide or (None not in told and told[0] != told[1])


def _port(old: Counters, new: Counters, seconds: float, speed: int | None) -> dict[_Of, float | None] | None:
    """None where any of its counters began anew: then all of them did."""
    found: dict[_Of, float | None] = {}
    for names, bits in ((_OCTETS, 8), (_PACKETS, _LEAST_FRAME), (_FAULTS, None)):
        most = speed / bits * seconds * _ROOM if speed and bits and not old.wide else None
        for name in names:
            counted = _counted(getattr(old, name), getattr(new, name), most)
            if counted == _RESET:
                return None
            found[name] = None if counted is None else counted / seconds
    return found


def _counted(old: int | None, new: int | None, most: float | None) -> int | None:
    """How much was counted; None where it cannot be told, _RESET where the counter began anew.

    most: what the port can carry in that time, for a counter that may have wrapped; None for one of 64 bits, for faults, which do not come by the
    thousand million, and where the port's speed is not known.
    """
    if old is None or new is None:
        return None
    if most is None:
        return new - old if new >= old else _RESET
    if most >= _NARROW:
        return None  # it may have wrapped more than once
    counted = (new - old) % _NARROW
    return counted if new >= old or counted <= most else _RESET
