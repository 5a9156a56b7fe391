"""One reading of a sensor, in each of the forms that Redfish has had for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from microdc.bmc.model import Health, Reading, SensorKind, Thresholds
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import name_of
from microdc.bmc.redfish.read.status import health, silent, state

_KINDS: dict[str, tuple[SensorKind, str]] = {
    "temperature": ("temperature", "Cel"),
    "humidity": ("humidity", "%"),
    "power": ("power", "W"),
    "energyjoules": ("energy", "J"),
    "energywh": ("energy", "W.h"),
    "energykwh": ("energy", "kWh"),
    "voltage": ("voltage", "V"),
    "current": ("current", "A"),
    "rotational": ("fan", "RPM"),
}
"""What a sensor measures by its ReadingType, and in which unit where it tells none."""
_UNITS = {
    "celsius": "Cel",
    "rpm": "RPM",
    "{rev}/min": "RPM",
    "percent": "%",
    "volts": "V",
    "amps": "A",
    "watts": "W",
}
_KIND_OF_UNIT: dict[str, SensorKind] = {
    "Cel": "temperature",
    "RPM": "fan",
    "V": "voltage",
    "A": "current",
    "W": "power",
    "kWh": "energy",
    "J": "energy",
}
_OLD_THRESHOLDS = (
    "LowerThresholdFatal",
    "LowerThresholdCritical",
    "LowerThresholdNonCritical",
    "UpperThresholdNonCritical",
    "UpperThresholdCritical",
    "UpperThresholdFatal",
)
_NEW_THRESHOLDS = (
    "LowerFatal",
    "LowerCritical",
    "LowerCaution",
    "UpperCaution",
    "UpperCritical",
    "UpperFatal",
)
NONE: Final = Thresholds()


@dataclass(frozen=True, slots=True)
class Form:
    """An array of the older Thermal and Power. array: its name; value: the properties that may hold a reading; label: of the nameless."""

    array: str
    value: tuple[str, ...]
    kind: SensorKind
    unit: str
    label: str


THERMAL: Final = (
    Form("Temperatures", ("ReadingCelsius",), "temperature", "Cel", "Temperature"),
    Form("Fans", ("Reading", "CurrentReading"), "fan", "", "Fan"),
)
POWER: Final = (
    Form("Voltages", ("ReadingVolts",), "voltage", "V", "Voltage"),
    Form("PowerControl", ("PowerConsumedWatts",), "power", "W", "Power control"),
)


def older(one: Doc, form: Form, number: int) -> Reading | None:
    """An element of one of the arrays; None for one with neither name nor value, as an HPE Cray EX lists for what is not fitted."""
    called = one.text("Name", "FanName")
    value = one.number(*form.value)
    if called is None and value is None:
        return None
    unit = form.unit or _unit(one.word("ReadingUnits") or one.word("Units"))
    return judged(
        one,
        name=called or f"{form.label} {one.text('MemberId') or number}",
        kind=form.kind,
        value=value,
        unit=unit,
        thresholds=_thresholds([one.number(name) for name in _OLD_THRESHOLDS]),
    )


def newer(one: Doc) -> Reading:
    """A Sensor."""
    unit = _unit(one.word("ReadingUnits"))
    kind, usual = _KINDS.get(one.word("ReadingType").lower(), (_KIND_OF_UNIT.get(unit, "other"), ""))
    if kind == "other" and unit == "%" and one.word("PhysicalContext").lower() == "fan":
        kind = "fan"
    limits = one.part("Thresholds")
    return judged(
        one,
        name=one.text("Name", "Id") or name_of(one.path),
        kind=kind,
        value=one.number("Reading"),
        unit=unit or usual,
        thresholds=_thresholds([limits.part(name).number("Reading") for name in _NEW_THRESHOLDS]),
    )


def excerpt(one: Doc, *, name: str, kind: SensorKind, unit: str, status: Doc | None = None) -> Reading:
    """A copy of a sensor's reading in another resource. status: who tells how it is."""
    speed = one.number("SpeedRPM") if kind == "fan" else None
    value, unit = (one.number("Reading"), unit) if speed is None else (speed, "RPM")
    return judged(status or one, name=name, kind=kind, value=value, unit=unit, thresholds=NONE)


def judged(
    one: Doc, *, name: str, kind: SensorKind, value: float | None, unit: str, thresholds: Thresholds
) -> Reading:
    """With its health: what the BMC says, else what its thresholds say; none for a sensor that has no value now.

    A powered-off server tells of nulls that are Critical (check_redfish#110).
    """
    if silent(one):
        value = None
    told: Health | None = None
    if value is not None:
        told = health(one) or by_thresholds(value, thresholds)
    return Reading(
        name=name,
        kind=kind,
        value=value,
        unit=unit,
        state=state(one),
        health=told,
        thresholds=thresholds,
        where=one.at,
    )


def by_thresholds(value: float, limits: Thresholds) -> Health | None:
    """How a value is, by the limits it has; None where it has none."""
    if limits == NONE:
        return None
    high = [one for one in (limits.upper_critical, limits.upper_fatal) if one is not None]
    low = [one for one in (limits.lower_critical, limits.lower_fatal) if one is not None]
    if any(value >= one for one in high) or any(value <= one for one in low):
        return "critical"
    warm = limits.upper_warning is not None and value >= limits.upper_warning
    cool = limits.lower_warning is not None and value <= limits.lower_warning
    return "warning" if warm or cool else "ok"


def in_off_server(reading: Reading) -> Reading:
    """As it is to be taken while the server is off: a zero then is no temperature and no voltage, and no alarm of a fan."""
    if reading.value != 0:
        return reading
    if reading.kind in {"temperature", "voltage"}:
        return replace(reading, value=None, health=None)
    return replace(reading, health=None)


def _thresholds(told: list[float | None]) -> Thresholds:
    """In the order of `Thresholds`. An upper limit of 0 is none; where all six are 0 (Supermicro X10), there is none at all."""
    if not any(told):
        return NONE if told.count(0) > 1 else Thresholds(*told)
    lower, upper = told[:3], [one or None for one in told[3:]]
    return Thresholds(*lower, *upper)


def _unit(word: str) -> str:
    return _UNITS.get(word.lower(), word)
