"""IEEE8023-LAG-MIB, and IF-MIB's ifStackTable where that is missing: which ports are aggregated, and into what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microdc.switch.model import Port
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.told import Told

ATTACHED = Object("dot3adAggPortAttachedAggID", (1, 2, 840, 10006, 300, 43, 1, 2, 1, 1, 13))
STACKED = Object("ifStackStatus", (1, 3, 6, 1, 2, 1, 31, 1, 2, 1, 3))
OBJECTS = (ATTACHED, STACKED)
_LAG = 161
_ETHERNET = {6, 62, 69, 117}
_ACTIVE = 1
_PAIR = 2


def lags(told: Told, listed: Mapping[int, Port]) -> dict[int, str]:
    """The aggregation's name by ifIndex of a port that belongs to it."""
    found = dict(_stacked(told, listed))
    for index in told.column(ATTACHED):
        number = told.number(ATTACHED, index)
        # a port that is in none is told to be in 0, or to be attached to itself
        if len(index) == 1 and number and number != index[0] and number in listed:
            found[index[0]] = listed[number].name
    return found


def _stacked(told: Told, listed: Mapping[int, Port]) -> Iterator[tuple[int, str]]:
    """By the stack of interfaces: an aggregation is above its ports, or, as Aruba has it, below."""
    for index in told.column(STACKED):
        if len(index) != _PAIR or told.number(STACKED, index) != _ACTIVE:
            continue
        for lag, port in (index, index[::-1]):
            if _kind(listed, lag) == _LAG and _kind(listed, port) in _ETHERNET:
                yield port, listed[lag].name


def _kind(listed: Mapping[int, Port], index: int) -> int | None:
    port = listed.get(index)
    return port.kind if port else None
