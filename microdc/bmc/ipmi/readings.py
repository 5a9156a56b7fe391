"""What a sensor's answer means (Get Sensor Reading, 35.14)."""

from __future__ import annotations

from microdc.bmc.ipmi import sdr, words
from microdc.bmc.ipmi.factors import Factors
from microdc.bmc.ipmi.sdr import Sensor
from microdc.bmc.model import Health, Power, Reading, SensorKind, Thresholds

_UNAVAILABLE, _SCANNING = 0x20, 0x40  # bits of the second byte
_RECIPROCAL = 7  # where the value is 1/x, what is lower as a raw reading is higher as a value
_ASLEEP = frozenset[SensorKind]({"fan", "voltage", "current", "power"})
_LEVELS: tuple[tuple[int, str, Health], ...] = (
    (0b000100, "lower fatal", "critical"),
    (0b100000, "upper fatal", "critical"),
    (0b000010, "lower critical", "critical"),
    (0b010000, "upper critical", "critical"),
    (0b000001, "lower warning", "warning"),
    (0b001000, "upper warning", "warning"),
)
"""Bits of the third byte of a sensor with thresholds, the worst first."""
_LOWER = 0b000111
_PRESENCE = {(0x25, words.SPECIFIC): 0, (0x08, words.SPECIFIC): 0, (0x29, words.SPECIFIC): 2}
"""Types of sensors (table 42-3) that tell whether a part is there, and at which offset: entities, power supplies, batteries."""
_DEVICE_PRESENT = 8  # event/reading type (table 42-2): offset 0 absent, 1 present


def silent(sensor: Sensor, state: str) -> Reading:
    """A sensor that tells no value, and why in a word."""
    return Reading(sensor.name, _kind(sensor), unit=sensor.measure.unit, state=state, where=place(sensor))


def read(
    sensor: Sensor,
    told: bytes,
    settings: tuple[int | None, ...],
    power: Power = Power.UNKNOWN,
    by: Factors | None = None,
) -> Reading:
    """A sensor's reading from the answer's bytes.

    settings: its raw thresholds; by: its factors, where they depend on the reading. A discrete sensor's value is 1 or 0 where it tells of presence, else the mask
    of its states, which `state` has in words.
    """
    if len(told) < 2 or not told[1] & _SCANNING:
        return silent(sensor, "disabled" if len(told) >= 2 else "unavailable")
    if told[1] & _UNAVAILABLE:
        return silent(sensor, "unavailable")
    mask = int.from_bytes(told[2:4], "little") & 0x7FFF
    if sensor.reading != sdr.THRESHOLD:
        return _discrete(sensor, mask)
    value = sensor.value(told[0], by)
    if value is None:
        return silent(sensor, "no number")
    state, health = _level(sensor, mask)
    crossed = mask & 0x3F
    asleep = power is Power.OFF and value == 0 and _kind(sensor) in _ASLEEP
    if asleep and crossed and not crossed & ~_LOWER:  # a fan stands still because the server is off
        state, health = "server off", None
    return Reading(
        sensor.name, _kind(sensor), value, sensor.measure.unit, state, health,
        thresholds(sensor, settings, by), place(sensor),
    )  # fmt: skip


def thresholds(sensor: Sensor, settings: tuple[int | None, ...], by: Factors | None = None) -> Thresholds:
    """Raw thresholds, in the order of `Sensor.settings`, in the sensor's unit."""
    values = [None if raw is None else sensor.value(raw, by) for raw in settings]
    if sensor.linearization == _RECIPROCAL:
        values = values[3:] + values[:3]
    return Thresholds(*values[2::-1], *values[3:])


def raw_thresholds(told: bytes) -> tuple[int | None, ...]:
    """From the answer to Get Sensor Thresholds (35.9): a mask, then six bytes. Raises ValueError."""
    if len(told) < 7:
        raise ValueError("thresholds are cut off")
    return tuple(told[1 + at] if told[0] >> at & 1 else None for at in range(6))


def place(sensor: Sensor) -> str:
    """Where a sensor stands in the BMC's records."""
    return f"sensor 0x{sensor.number:02x} (record {sensor.record})"


def _kind(sensor: Sensor) -> SensorKind:
    if sensor.reading == _DEVICE_PRESENT or (sensor.kind, sensor.reading) in _PRESENCE:
        return "presence"
    if sensor.reading != sdr.THRESHOLD:
        return "other"
    return sensor.measure.kind


def _level(sensor: Sensor, mask: int) -> tuple[str, Health | None]:
    for bit, name, health in _LEVELS:
        if mask & bit:
            side, _, level = name.partition(" ")
            if sensor.linearization == _RECIPROCAL:
                side = "upper" if side == "lower" else "lower"
            return f"{side} {level}", health
    return "", "ok"


def _discrete(sensor: Sensor, mask: int) -> Reading:
    states = [words.state(sensor.kind, sensor.reading, at) for at in range(15) if mask >> at & 1]
    ranks: tuple[Health, ...] = ("critical", "warning", "ok")
    health = next((rank for rank in ranks if any(state.health == rank for state in states)), None)
    kind = _kind(sensor)
    value = float(mask if kind != "presence" else _present(sensor, mask))
    text = ", ".join(state.words for state in states)
    if kind == "presence" and not text:
        text = "Absent"
    return Reading(
        sensor.name, kind, value, state=text, health=health or ("ok" if not states else None), where=place(sensor)
    )  # fmt: skip


def _present(sensor: Sensor, mask: int) -> bool:
    if sensor.reading == _DEVICE_PRESENT:
        return bool(mask >> 1 & 1)
    return bool(mask >> _PRESENCE[sensor.kind, sensor.reading] & 1)
