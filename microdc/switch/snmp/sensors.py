"""ENTITY-SENSOR-MIB (RFC 3433), and Cisco's older one, which has the same columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from microdc.switch.model import Sensor
from microdc.switch.snmp import entity
from microdc.switch.snmp.objects import Index, Object, columns
from microdc.switch.snmp.told import Told

OBJECTS: Final = columns(
    (1, 3, 6, 1, 2, 1, 99, 1, 1, 1),
    entPhySensorType=1,
    entPhySensorScale=2,
    entPhySensorPrecision=3,
    entPhySensorValue=4,
    entPhySensorOperStatus=5,
)
CISCO: Final = columns(
    (1, 3, 6, 1, 4, 1, 9, 9, 91, 1, 1, 1, 1),
    entSensorType=1,
    entSensorScale=2,
    entSensorPrecision=3,
    entSensorValue=4,
    entSensorStatus=5,
)
_KINDS: Final = {
    1: ("other", ""),
    3: ("voltage", "V"),
    4: ("voltage", "V"),
    5: ("current", "A"),
    6: ("power", "W"),
    7: ("frequency", "Hz"),
    8: ("temperature", "Cel"),
    9: ("humidity", "%"),
    10: ("fan", "RPM"),
    11: ("air flow", "m3/min"),
    12: ("state", ""),
    14: ("optical power", "dBm"),  # Cisco's only
}
_UNITS, _STEP = 9, 3
"""EntitySensorDataScale: 9 is 10 to the power of 0, and each step is three more or fewer."""
_SCALES = range(1, 18)
_MOST = 1_000_000_000
"""EntitySensorValue: beyond it stands for more, or less, than can be told."""
_DIGITS = range(-8, 10)
_OK = 1


def sensors(told: Told, of: Sequence[Object] = OBJECTS) -> tuple[Sensor, ...]:
    """Every sensor, by the index of its part; named as ENTITY-MIB names that, and by its number where it does not."""
    return tuple(_sensor(told, of, index) for index in told.indexes(of[0], of[3]))


def _sensor(told: Told, of: Sequence[Object], index: Index) -> Sensor:
    kind, unit = _KINDS.get(told.number(of[0], index) or 0, ("unknown", ""))
    status = told.number(of[4], index)
    name = told.text(entity.NAME, index) or told.text(entity.DESCRIPTION, index)
    return Sensor(
        name=name or "sensor " + ".".join(map(str, index)),
        kind=kind,
        value=_value(told, of, index) if status in {None, _OK} else None,
        unit=unit,
        ok=None if status is None else status == _OK,
    )


def _value(told: Told, of: Sequence[Object], index: Index) -> float | None:
    """In the unit itself. A scale or precision that was not told is 1; one that the MIB does not know makes no value."""
    said = told.number(of[3], index, least=-(2**31))
    if said is None or abs(said) >= _MOST:
        return None
    scale = told.number(of[1], index)
    digits = told.number(of[2], index, least=_DIGITS[0])
    scale = _UNITS if scale is None else scale
    digits = digits or 0
    if scale not in _SCALES or digits not in _DIGITS:
        told.remark(of[3].name, index, "its scale or precision is none that the MIB knows")
        return None
    power = (scale - _UNITS) * _STEP - max(digits, 0)
    return said * 10.0**power if power >= 0 else said / 10.0**-power
