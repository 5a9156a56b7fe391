"""What the BMCs of the demo's servers tell. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from microdc.health.demo.building import Machine
from microdc.health.demo.waves import load, ripple
from microdc.health.model import Reason

WARM, HOT = 35.0, 42.0
"""°C of the inlet from which on it is a warning, and critical."""
_CPU_WARM, _CPU_HOT = 90.0, 100.0
_SLOW, _STILL = 1500.0, 600.0
"""Revolutions per minute below which a fan is a warning, and critical."""
_BOOTS = {
    target: {"target": target, "lasting": "disabled" if target == "none" else "once", "mode": "uefi"}
    for target in ("none", "pxe", "http", "disk", "bios", "cd")
}
"""What is told of a boot override, by its target."""
_STANDBY = 9.0
"""Watts of a server that is off: its BMC."""

Told = tuple[tuple[Reason, ...], dict[str, float], dict[str, Any]]
"""Reasons, figures and facts of an observation."""


class Mood(NamedTuple):
    """What is done to a server now. power: its state in the BMC's words. heat: degrees above the usual; fan: 0..1, how far its second has gone."""

    power: str = "on"
    heat: float = 0.0
    fan: float = 0.0
    crashed: bool = False
    boot: str = "none"


USUAL = Mood()


def observe(machine: Machine, t: float, mood: Mood = USUAL) -> Told:
    """A server `t` seconds after the beginning."""
    on = mood.power != "off"
    rows = readings(machine, t, mood)
    ill = [row for row in rows if row["health"] != "ok"]
    critical = float(len([row for row in ill if row["health"] == "critical"])) if ill else 0.0
    inlet = rows[0]["value"]
    figures: dict[str, float] = {
        "power_state": 1.0 if on else 0.0,
        "draw_watts": rows[-1]["value"],
        "inlet_celsius": inlet,
        "hottest_celsius": rows[1]["value"] if on else inlet,
        "sensors_critical": critical,
    }
    if on:
        least = min(rows[4]["value"], rows[6]["value"])
        figures["fan_rpm_least"] = least
        figures["fans_failed"] = 1.0 if least < _STILL else 0.0
    facts = {
        "power": mood.power,
        "driver": machine.driver,
        "bmc": machine.bmc,
        "health": "critical" if critical else "warning" if ill else "ok",
        "sensors": rows,
        "boot": _BOOTS[mood.boot],
    }
    if on and not ill and mood.power == "on":
        return (), figures, facts
    return (*_power(mood), *map(_reason, ill)), figures, facts


def readings(machine: Machine, t: float, mood: Mood) -> list[dict[str, Any]]:
    """Its sensors; the inlet first, the hottest next, the draw last. A server that is off has few."""
    phases = machine.phases
    inlet = round(22.5 + 3 * phases[0] + 0.8 * ripple(t, phases[1], 41.0) + mood.heat, 1)
    air = "critical" if inlet >= HOT else "warning" if inlet >= WARM else "ok"
    first = {"name": "Inlet Temp", "kind": "temperature", "value": inlet, "unit": "Cel", "health": air}
    if mood.power == "off":
        draw = {"name": "System Power", "kind": "power", "value": _STANDBY, "unit": "W", "health": "ok"}
        return [first, draw]
    busy = load(t, phases)
    warm = round(inlet + 19 + 31 * busy, 1)
    other = round(warm - 1.5 - 3 * phases[2], 1)
    speed = 3600 + 5200 * (0.0 if warm < 45 else min(1.0, (warm - 45) / 40))
    if mood.fan:
        speed += 2600  # the others make up for it
    fan = round(speed / 60) * 60.0
    failing = round(speed * (1.0 - mood.fan) / 60) * 60.0 if mood.fan else fan
    watts = float(round(machine.idle + (machine.most - machine.idle) * busy))
    volts = 12.06 if busy < 0.5 else 12.03
    second = "ok" if failing >= _SLOW else _below(failing)
    # Written out: this is most of what the demo costs.
    return [
        first,
        {"name": "CPU1 Temp", "kind": "temperature", "value": warm, "unit": "Cel", "health": _cpu(warm)},
        {"name": "CPU2 Temp", "kind": "temperature", "value": other, "unit": "Cel", "health": _cpu(other)},
        {"name": "Fan1", "kind": "fan", "value": fan, "unit": "RPM", "health": "ok"},
        {"name": "Fan2", "kind": "fan", "value": failing, "unit": "RPM", "health": second},
        {"name": "Fan3", "kind": "fan", "value": fan + 60, "unit": "RPM", "health": "ok"},
        {"name": "Fan4", "kind": "fan", "value": fan - 60, "unit": "RPM", "health": "ok"},
        {"name": "P12V", "kind": "voltage", "value": volts, "unit": "V", "health": "ok"},
        {"name": "System Power", "kind": "power", "value": watts, "unit": "W", "health": "ok"},
    ]


def _cpu(celsius: float) -> str:
    return "ok" if celsius < _CPU_WARM else "warning" if celsius < _CPU_HOT else "critical"


def _below(rpm: float) -> str:
    return "critical" if rpm < _STILL else "warning" if rpm < _SLOW else "ok"


def limits(name: str) -> tuple[float | None, float | None, float | None, float | None]:
    """Of a sensor: lower critical, lower warning, upper warning, upper critical."""
    if name.startswith("Fan"):
        return _STILL, _SLOW, None, None
    if name.startswith("CPU"):
        return None, None, _CPU_WARM, _CPU_HOT
    return (None, None, WARM, HOT) if name == "Inlet Temp" else (None, None, None, None)


def _power(mood: Mood) -> tuple[Reason, ...]:
    if mood.power == "on":
        return ()
    if mood.crashed:
        return (Reason("degraded", "it went off by itself: its board logged a power fault", "System Power"),)
    return (Reason("info", f"it is {mood.power}"),)


def _reason(row: dict[str, Any]) -> Reason:
    bad = row["health"] == "critical"
    low, slow, warm, hot = limits(row["name"])
    crossed = f"above {hot if bad else warm:g}" if low is None else f"below {low if bad else slow:g}"
    unit = {"Cel": "°C", "RPM": "rpm"}.get(row["unit"], row["unit"])
    return Reason("degraded", f"{row['value']:g} {unit}, {row['health']}: {crossed}", row["name"])
