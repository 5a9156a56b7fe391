"""What a switch told -> what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from microdc.switch.model import Component, Port, Sensor, SwitchState
from microdc.switch.traffic import Between, Traffic

Severity: TypeAlias = Literal["critical", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "info")

_ERRORS: Final = 1e-5
"""Of packets. A link of 1000BASE-T may have one wrong bit of 10^10 (IEEE 802.3, 40.1.1): 1.2 frames of 1500 octets of a million."""
_MANY_ERRORS: Final = 1e-2
"""From here on TCP is all but stopped."""
_DISCARDS: Final = 1e-3
"""Of packets: a queue that is full now and then drops fewer."""
_RECENT: Final = 600.0
"""Seconds since a link changed that make it worth telling, ..."""
_SETTLED: Final = 1800.0
"""... and since the agent began, before which all links are new."""
_FEEDS: Final = {"power", "current"}
"""Sensors in a power supply that tell whether it feeds anything."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be. where: port, sensor or part, by its name; "" for the switch as a whole."""

    severity: Severity
    where: str
    what: str


def judge(
    state: SwitchState, cabled: Mapping[int, str] | None = None, lately: Between | None = None
) -> tuple[Finding, ...]:
    """All that is wrong, the gravest first.

    cabled: by ifIndex, the far end of the cable that the inventory declares at a port. lately: what happened between two readings; without it
    nothing is said of errors and discards. A threshold that a device has for a sensor is not told by ENTITY-SENSOR-MIB: a value is never
    called too high.
    """
    found = [
        *(finding for port in state.ports for finding in _link(port, (cabled or {}).get(port.index))),
        *_changes(state, lately),
        *(finding for one in (lately.ports if lately else ()) for finding in _faults(one)),
        *(finding for sensor in state.sensors for finding in _sensor(sensor)),
        *_supplies(state),
    ]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _link(port: Port, far: str | None) -> Iterator[Finding]:
    """A port that a cable is declared at has a link. No more than a warning, as `cabling` has it: a server that is off has none, too."""
    if far is None or port.oper in {"up", "dormant", None}:
        return
    how = "turned off" if port.admin == "down" else port.oper
    yield Finding("warning", port.name, f"it is {how}, and the cable to {far} is declared there")


def _changes(state: SwitchState, lately: Between | None) -> Iterator[Finding]:
    if lately is not None and lately.restarted:
        yield Finding("warning", "", "its agent began anew between two readings")
    flapping = {one.port.index for one in lately.ports if one.flapped} if lately else set()
    uptime = state.system.uptime
    for port in state.ports:
        if port.index in flapping:
            yield Finding("warning", port.name, f"its link changed just now; it is {port.oper}")
        elif port.changed and uptime and uptime > _SETTLED and 0 <= uptime - port.changed < _RECENT:
            ago = uptime - port.changed
            yield Finding("info", port.name, f"its link changed {ago:.0f} s ago; it is {port.oper}")


def _faults(one: Traffic) -> Iterator[Finding]:
    """Errors and discards as shares of packets; those of a port that tells no packets as numbers."""
    rates = one.rates
    if rates is None:
        return
    for way, packets, errors, discards in (
        ("in", rates.in_packets, rates.in_errors, rates.in_discards),
        ("out", rates.out_packets, rates.out_errors, rates.out_discards),
    ):
        share = _share(errors, packets)
        if errors and share >= _ERRORS:
            severity: Severity = "critical" if share >= _MANY_ERRORS else "warning"
            yield Finding(
                severity, one.port.name, f"{errors:.3g} errors/s {way}: {_told(share)} of what it counts"
            )
        share = _share(discards, packets)
        if discards and share >= _DISCARDS:
            yield Finding(
                "warning", one.port.name, f"{discards:.3g} discards/s {way}: {_told(share)} of what it counts"
            )


def _share(wrong: float | None, right: float | None) -> float:
    """Of packets that were counted wrong among all: those are not counted among the right ones (RFC 2863, ifInErrors)."""
    return (wrong or 0) / ((wrong or 0) + (right or 0)) if wrong else 0.0


def _told(share: float) -> str:
    return f"{100 * share:.3g} %"


def _sensor(sensor: Sensor) -> Iterator[Finding]:
    """A fan or a thermometer that does not work; others are silent where nothing is plugged in, such as those of transceivers."""
    if sensor.ok is False and sensor.kind in {"fan", "temperature"}:
        yield Finding("warning", sensor.name, f"the {sensor.kind} sensor does not work, or tells nothing")
    elif sensor.kind == "fan" and sensor.value == 0:
        yield Finding("critical", sensor.name, "the fan stands still")


def _supplies(state: SwitchState) -> Iterator[Finding]:
    """A power supply whose sensors of power and current all tell nothing or 0. One without such sensors cannot be judged."""
    parts = {part.index: part for part in state.components}
    feeding: dict[int, list[bool]] = {}
    named = {part.name or part.description: part for part in state.components if part.kind == "sensor"}
    for sensor in state.sensors:
        part = named.get(sensor.name)
        supply = None if part is None or sensor.kind not in _FEEDS else _supply(part, parts)
        if supply is not None:
            feeding.setdefault(supply.index, []).append(bool(sensor.ok is not False and sensor.value))
    for index, fed in feeding.items():
        if not any(fed):
            part = parts[index]
            name = part.name or part.description or f"power supply {index}"
            yield Finding("critical", name, "the power supply feeds nothing")


def _supply(part: Component, parts: Mapping[int, Component]) -> Component | None:
    """The power supply that a part is in."""
    seen: set[int] = set()
    inside: Component | None = part
    while inside is not None and inside.index not in seen:
        if inside.kind == "power supply":
            return inside
        seen.add(inside.index)
        inside = parts.get(inside.inside or 0)
    return None
