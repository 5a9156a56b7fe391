"""What a sensor measures, and in which unit."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.bmc.model import SensorKind


@dataclass(frozen=True, slots=True)
class Measure:
    """A kind of sensor and its unit. What is told in another unit is scale · value + offset in this one."""

    kind: SensorKind
    unit: str
    scale: float = 1.0
    offset: float = 0.0

    def of(self, value: float | None) -> float | None:
        """A value in this unit."""
        if value is None or (self.scale == 1.0 and self.offset == 0.0):
            return value
        return round(self.scale * value + self.offset, 6)


NOTHING = Measure("other", "")
"""That of a sensor that has no number."""

_BY_UNIT: dict[int, Measure] = {
    1: Measure("temperature", "Cel"),
    2: Measure("temperature", "Cel", 5 / 9, -160 / 9),  # °F
    3: Measure("temperature", "Cel", 1.0, -273.15),  # K
    4: Measure("voltage", "V"),
    5: Measure("current", "A"),
    6: Measure("power", "W"),
    7: Measure("energy", "kWh", 1 / 3.6e6),  # J
    9: Measure("power", "V.A"),
    14: Measure("other", "kPa"),
    18: Measure("fan", "RPM"),
    19: Measure("other", "Hz"),
    20: Measure("other", "us"),
    21: Measure("other", "ms"),
    22: Measure("other", "s"),
    23: Measure("other", "min"),
    24: Measure("other", "h"),
    25: Measure("other", "d"),
}
"""Table 43-15. Units that no known sensor of a server uses have no symbol here."""

_BY_TYPE: dict[int, SensorKind] = {1: "temperature", 2: "voltage", 3: "current", 4: "fan", 0x0A: "fan"}
"""Table 42-3."""
_WATT, _HOUR = 6, 24


def measure(sensor_type: int, units: int, base: int, modifier: int) -> Measure:
    """By the three bytes of units of a sensor record (table 43-1, bytes 21 to 23)."""
    combined = units >> 1 & 3
    if units & 1:
        return Measure(_BY_TYPE.get(sensor_type, "other"), "%")
    if combined == 2 and (base, modifier) == (_WATT, _HOUR):
        return Measure("energy", "kWh", 1e-3)
    if combined or units >> 3 & 7:  # one unit by another, or per time
        return Measure(_BY_TYPE.get(sensor_type, "other"), "")
    return _BY_UNIT.get(base) or Measure(_BY_TYPE.get(sensor_type, "other"), "")
