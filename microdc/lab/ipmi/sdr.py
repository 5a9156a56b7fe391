"""Sensor data records as bytes (IPMI 2.0, section 43). Pure."""

from __future__ import annotations

from microdc.lab.ipmi.sensors import Sensor

BMC = 0x20
_VERSION = 0x51
_FULL, _COMPACT = 0x01, 0x02
_THRESHOLD, _SENSOR_SPECIFIC = 0x01, 0x6F  # event/reading types
_READY = 0x7F  # scanning, events and thresholds are set up when the BMC starts
_AUTO_REARM, _THRESHOLDS_SETTABLE = 0x40, 0x08
_NO_READING = 0xC0  # units 1: what it returns is no analogue value


def record(sensor: Sensor) -> bytes:
    """A full record for a sensor that reads a value, a compact one for a sensor of states."""
    kind, rest = (_FULL, _full(sensor)) if sensor.analogue else (_COMPACT, _compact(sensor))
    body = _common(sensor) + rest + _name(sensor.name)
    return bytes([sensor.number, 0, _VERSION, kind, len(body)]) + body


def reading_type(sensor: Sensor) -> int:
    return _THRESHOLD if sensor.analogue else _SENSOR_SPECIFIC


def _common(sensor: Sensor) -> bytes:
    """Both kinds up to the masks of events and readings."""
    capabilities = _AUTO_REARM | (_THRESHOLDS_SETTABLE if sensor.analogue else 0)
    head = bytes([BMC, 0, sensor.number, sensor.entity, 1, _READY, capabilities, sensor.kind])
    last = bytes([sensor.thresholds] * 2) if sensor.analogue else _word(sensor.events)
    return head + bytes([reading_type(sensor)]) + _word(sensor.events) * 2 + last


def _full(sensor: Sensor) -> bytes:
    units = bytes([0, sensor.unit, 0])
    factors = bytes([0, sensor.step & 0xFF, sensor.step >> 8 << 6, 0, 0, 0, (sensor.exponent & 0xF) << 4])
    usual = sensor.usual // sensor.divisor
    characteristics = bytes(
        [1, usual, 0, 0, 0xFF, 0]
    )  # the nominal reading is told; then the range of the raw byte
    thresholds = [*_three(sensor.upper), *_three(sensor.lower)]
    return units + factors + characteristics + bytes(thresholds) + bytes(5)  # no hysteresis, reserved, OEM


def _compact(_: Sensor) -> bytes:
    return bytes([_NO_READING, 0, 0, 1, 0]) + bytes(6)  # one sensor, no hysteresis, reserved, OEM


def _three(values: tuple[int, ...]) -> list[int]:
    """The most severe first, as records have them."""
    return list(reversed([*values, *[0] * (3 - len(values))]))


def _word(value: int) -> bytes:
    return value.to_bytes(2, "little")


def _name(name: str) -> bytes:
    return bytes([0xC0 | len(name)]) + name.encode("ascii")  # 8-bit ASCII, at most 16 bytes
