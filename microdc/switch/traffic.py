"""Two readings of one switch -> what went through its ports in between, and which links went away and came back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.switch.model import Interval, Port, Rates, SwitchState
from microdc.switch.snmp.rates import rates


@dataclass(frozen=True, slots=True)
class Traffic:
    """A port as the later reading tells it. rates: None where there are none; reset: its counters began anew; flapped: its link changed in between."""

    port: Port
    rates: Rates | None
    reset: bool = False
    flapped: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """What happened between two readings. seconds: of the switch's own clock; None where its agent began anew, or told no counters."""

    seconds: float | None
    ports: tuple[Traffic, ...]
    restarted: bool = False


def between(before: SwitchState, after: SwitchState) -> Between:
    """Port by port, in the order of the later reading; both were made with the views `ports` and `counters` or `health`."""
    old = {port.index: port for port in before.ports}
    interval = _interval(before, after)
    found = (
        Traffic(
            port,
            interval.rates.get(port.index),
            reset=port.index in interval.reset,
            flapped=not interval.restarted and _flapped(old.get(port.index), port),
        )
        for port in after.ports
    )
    return Between(interval.seconds, tuple(found), interval.restarted)


def _interval(before: SwitchState, after: SwitchState) -> Interval:
    if before.sample is None or after.sample is None:
        return Interval(None, {})
    speeds = {port.index: port.speed for port in after.ports if port.speed}
    return rates(before.sample, after.sample, speeds)


def _flapped(old: Port | None, new: Port) -> bool:
    """By the state, or by ifLastChange, which also tells of a link that is as it was. Of a port that is new nothing can be said."""
    if old is None:
        return False
    return old.oper != new.oper or (None not in (old.changed, new.changed) and old.changed != new.changed)
