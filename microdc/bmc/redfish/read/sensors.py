"""All sensors of a server: those that are resources, those of ThermalSubsystem and its like, those of Thermal and Power.

A BMC may tell of one sensor in all these forms. So a copy that names its sensor is left out where that is read itself, and the
older arrays count only for kinds of which the newer forms tell of fewer sensors. A BMC may as well have one of the forms only
(idrac_exporter#151: no Thermal and no Power).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from microdc.bmc.model import Power, Reading, SensorKind, Sensors
from microdc.bmc.redfish.read import readings
from microdc.bmc.redfish.read.boards import name
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.hardware import opened
from microdc.bmc.redfish.read.links import plain
from microdc.bmc.redfish.read.members import members
from microdc.bmc.redfish.read.place import Place
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.state import power
from microdc.bmc.redfish.read.status import absent

_METRICS: Final[tuple[tuple[str, SensorKind, str, str], ...]] = (
    ("TemperatureCelsius", "temperature", "Cel", "temperature"),
    ("HumidityPercent", "humidity", "%", "humidity"),
    ("PowerWatts", "power", "W", "power"),
    ("EnergykWh", "energy", "kWh", "energy"),
    ("InputVoltage", "voltage", "V", "input voltage"),
    ("InputCurrentAmps", "current", "A", "input current"),
    ("InputPowerWatts", "power", "W", "input power"),
    ("OutputPowerWatts", "power", "W", "output power"),
)
"""Property, kind, unit and name of the copies in EnvironmentMetrics and in the metrics of a power supply."""
_SUMMARY = ("Ambient", "Exhaust", "Intake", "Internal")


def sensors(reader: Reader, place: Place) -> Sensors:
    """Raises BmcError."""
    leading = reader.open(place.leading) if place.leading else None
    chassis = [one for one in opened(reader, place.chassis) if not absent(one)]
    state = power(leading) if leading else Power.UNKNOWN
    read = _Read()
    found = [one for doc in chassis for one in _of_chassis(reader, doc, read)]
    if state is Power.OFF:
        found = [readings.in_off_server(one) for one in found]
    return Sensors(tuple(found), state, reader.remarks.all())


class _Read:
    """Paths of sensors, and of resources that hold readings, that were read."""

    def __init__(self) -> None:
        self._paths: set[str] = set()

    def first(self, path: str | None) -> bool:
        """Whether it was not read yet, from now on it was. What has no path is always the first."""
        if path is None:
            return True
        key = plain(path)
        if key in self._paths:
            return False
        self._paths.add(key)
        return True


def _of_chassis(reader: Reader, chassis: Doc, read: _Read) -> Iterator[Reading]:
    new = [readings.newer(one) for one in members(reader, chassis.link("Sensors")) if read.first(one.at)]
    thermal, power_ = chassis.follow("ThermalSubsystem"), chassis.follow("PowerSubsystem")
    if thermal is not None and read.first(thermal.at):
        new += _of_fans(reader, thermal, read)
        new += _of_thermal_metrics(thermal, read)
    new += _of_environment(chassis, read)
    if power_ is not None and read.first(power_.at) and not any(one.kind == "power" for one in new):
        new += _of_supplies(reader, power_, read)
    yield from new
    count = Counter(one.kind for one in new)
    volts = count["voltage"] > 0 or chassis.has("Sensors")  # the subsystem itself tells of none
    for resource, forms, whole in (
        ("Thermal", readings.THERMAL, thermal is not None and count["temperature"] > 0 and count["fan"] > 0),
        ("Power", readings.POWER, power_ is not None and count["power"] > 0 and volts),
    ):
        if not whole:
            yield from _older(chassis, resource, forms, count, read)


def _older(
    chassis: Doc, resource: str, forms: tuple[readings.Form, ...], count: Counter[SensorKind], read: _Read
) -> Iterator[Reading]:
    link = chassis.link(resource)
    doc = chassis.follow(resource) if link is not None and read.first(link) else None
    if doc is None:
        return
    for form in forms:
        told = (readings.older(one, form, number) for number, one in enumerate(doc.parts(form.array)))
        old = [one for one in told if one is not None]
        if len(old) > count[form.kind]:
            yield from old


# -- copies of sensors in other resources


def _of_fans(reader: Reader, thermal: Doc, read: _Read) -> Iterator[Reading]:
    for fan in members(reader, thermal.link("Fans")):
        speed = fan.part("SpeedPercent")
        if read.first(speed.link("DataSourceUri")):
            yield readings.excerpt(speed, name=name(fan, "Name"), kind="fan", unit="%", status=fan)


def _of_thermal_metrics(thermal: Doc, read: _Read) -> Iterator[Reading]:
    metrics = thermal.follow("ThermalMetrics")
    if metrics is None:
        return
    for number, one in enumerate(metrics.parts("TemperatureReadingsCelsius")):
        if read.first(one.link("DataSourceUri")):
            called = one.text("DeviceName", "PhysicalContext") or f"Temperature {number}"
            yield readings.excerpt(one, name=called, kind="temperature", unit="Cel")
    summary = metrics.part("TemperatureSummaryCelsius")
    for place in _SUMMARY:
        one = summary.part(place)
        if one.body and read.first(one.link("DataSourceUri")):
            yield readings.excerpt(one, name=place, kind="temperature", unit="Cel")


def _of_supplies(reader: Reader, subsystem: Doc, read: _Read) -> Iterator[Reading]:
    for supply in members(reader, subsystem.link("PowerSupplies")):
        metrics = None if absent(supply) else supply.follow("Metrics")
        if metrics is not None:
            yield from _copies(metrics, name(supply, "Name"), read)


def _of_environment(chassis: Doc, read: _Read) -> Iterator[Reading]:
    metrics = chassis.follow("EnvironmentMetrics")
    if metrics is None:
        return
    yield from _copies(metrics, name(chassis, "Name"), read)
    for number, fan in enumerate(metrics.parts("FanSpeedsPercent")):
        if read.first(fan.link("DataSourceUri")):
            called = fan.text("DeviceName") or f"Fan {number}"
            yield readings.excerpt(fan, name=called, kind="fan", unit="%")


def _copies(metrics: Doc, of: str, read: _Read) -> Iterator[Reading]:
    for property_, kind, unit, called in _METRICS:
        one = metrics.part(property_)
        if one.body and read.first(one.link("DataSourceUri")):
            yield readings.excerpt(one, name=f"{of} {called}", kind=kind, unit=unit)
