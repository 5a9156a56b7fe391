"""The sensors of a server -> what is wrong with it, figures and facts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from microdc.bmc.model import Health, Power, Reading, Sensors, Thresholds
from microdc.health.model import Reason

_INLETS: Final = tuple(re.compile(word, re.IGNORECASE) for word in ("inlet", "intake", "ambient", "front"))
"""What the air that comes in is called, the clearest first."""
_PARTS: Final = re.compile(
    r"psu?\d|supply|cpu|proc|dimm|mem|gpu|fan|pcie|drive|disk|output|\bp(in|out)\b", re.IGNORECASE
)
"""A sensor of power that is called so tells of a part of the server, or of what feeds it."""
_OUTWARD: Final = re.compile(r"output|pout", re.IGNORECASE)
_UNITS: Final = {"Cel": "°C", "RPM": "rpm"}
_WORST: Final[dict[Health | None, int]] = {None: 0, "ok": 1, "warning": 2, "critical": 3}
_POWERS: Final = {Power.ON: 1.0, Power.OFF: 0.0}
_REMARKS: Final = 3
"""Of what could not be read so many are told."""


def reasons(sensors: Sensors) -> tuple[Reason, ...]:
    """What is not as it should be. A server that is off is no worse for it; a sensor that is critical is that of a server which still runs."""
    found = [*_power(sensors.power), *(one for reading in sensors.readings for one in _reading(reading))]
    if sensors.power is Power.ON:
        found += [
            Reason("degraded", "the fan stands still", fan.name)
            for fan in _still(sensors.readings)
            if fan.health is None
        ]
        if sensors.readings and all(one.value is None for one in sensors.readings):
            found.append(Reason("degraded", "none of its sensors tells a value"))
    found += [Reason("info", f"cannot be read: {one.what}", one.where) for one in sensors.remarks[:_REMARKS]]
    return tuple(found)


def _power(power: Power) -> Iterator[Reason]:
    if power is Power.UNKNOWN:
        yield Reason("info", "its BMC does not tell whether it is on")
    elif power is not Power.ON:
        yield Reason("info", f"it is {power}")


def _reading(one: Reading) -> Iterator[Reason]:
    if one.health in {"warning", "critical"}:
        told = (
            [f"{_number(one.value)} {_UNITS.get(one.unit, one.unit)}".strip()]
            if one.value is not None
            else []
        )
        crossed = _crossed(one)
        if not crossed and one.state and one.state.lower() not in {"enabled", "ok"}:
            crossed = one.state
        yield Reason(
            "degraded", ", ".join([*told, f"{one.health}{f': {crossed}' if crossed else ''}"]), one.name
        )


def _crossed(one: Reading) -> str:
    """Which threshold a value is beyond, such as `above 42`; the gravest, "" where none is known."""
    value, limits = one.value, one.thresholds
    if value is None:
        return ""
    for high in (limits.upper_fatal, limits.upper_critical, limits.upper_warning):
        if high is not None and value >= high:
            return f"above {_number(high)}"
    for low in (limits.lower_fatal, limits.lower_critical, limits.lower_warning):
        if low is not None and value <= low:
            return f"below {_number(low)}"
    return ""


def _still(readings: Iterable[Reading]) -> list[Reading]:
    """Fans that do not turn, or of which the BMC says that they fail."""
    fans = [one for one in readings if one.kind == "fan"]
    return [
        one
        for one in fans
        if one.health == "critical" or (one.value == 0 and one.unit == "RPM" and one.health is None)
    ]


def figures(sensors: Sensors, driver: str = "") -> dict[str, float]:
    """By the names of `microdc.health.figures`; what is not told is left out. driver: of a server behind outlets only, all that these give is its draw."""
    readings = sensors.readings
    temperatures = _values(one for one in readings if one.kind == "temperature" and one.unit in {"Cel", ""})
    turning = _values(one for one in readings if one.kind == "fan" and one.unit == "RPM")
    on, fans = sensors.power is not Power.OFF, any(one.kind == "fan" for one in readings)
    told: dict[str, float | None] = {
        "power_state": _POWERS.get(sensors.power),
        "draw_watts": _draw(readings, driver),
        "inlet_celsius": _inlet(readings),
        "hottest_celsius": max(temperatures, default=None),
        "fan_rpm_least": min(turning, default=None) if on else None,
        "fans_failed": float(len(_still(readings))) if on and fans else None,
        "sensors_critical": float(sum(one.health == "critical" for one in readings)) if readings else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _values(readings: Iterable[Reading]) -> list[float]:
    return [one.value for one in readings if one.value is not None]


def _inlet(readings: Sequence[Reading]) -> float | None:
    for word in _INLETS:
        found = _values(one for one in readings if one.kind == "temperature" and word.search(one.name))
        if found:
            return found[0]
    return None


def _draw(readings: Sequence[Reading], driver: str) -> float | None:
    """Watts of the whole server: what a sensor of the whole says, else what goes into its supplies, or out of its outlets, together."""
    powers = [one for one in readings if one.kind == "power" and one.unit == "W" and one.value is not None]
    whole = [] if driver == "pdu" else _values(one for one in powers if not _PARTS.search(one.name))
    if whole:
        return max(whole)
    feeding = powers if driver == "pdu" else [one for one in powers if _feeds(one.name)]
    return sum(_values(feeding)) if feeding else None


def _feeds(name: str) -> bool:
    supply = re.search(r"psu?\d|supply|input|\bpin\b", name, re.IGNORECASE)
    return supply is not None and not _OUTWARD.search(name)


def health(sensors: Sensors) -> str | None:
    """The worst that a sensor says; None where none says anything."""
    return max((one.health for one in sensors.readings), key=lambda one: _WORST[one], default=None)


def readings_data(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """The sensors as screens show them; those that have limits with them."""
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "value": None if one.value is None else round(one.value, 3),
            "unit": one.unit,
            "health": one.health,
            **_limits(one.thresholds),
        }
        for one in readings
    ]


def _limits(found: Thresholds) -> dict[str, list[float | None]]:
    """Lower critical, lower warning, upper warning, upper critical, in the sensor's unit; null for one that there is not. Nothing where there is none.

    Critical is what its BMC calls so, else what it calls fatal.
    """
    low = found.lower_critical if found.lower_critical is not None else found.lower_fatal
    high = found.upper_critical if found.upper_critical is not None else found.upper_fatal
    limits = [low, found.lower_warning, found.upper_warning, high]
    return {} if all(one is None for one in limits) else {"limits": limits}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
