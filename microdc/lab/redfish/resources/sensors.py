"""What a server's sensors read: one list, shown as Sensors, and in the older forms Thermal and Power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import CHASSIS
from microdc.lab.redfish.resources.shapes import resource, tree
from microdc.lab.redfish.world import Document

SUPPLIES = ("PSU1", "PSU2")
SUPPLY_WATTS = 500.0
IDLE_WATTS, STANDBY_WATTS = 96.0, 8.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor. reading None: it has none now, since the server is off. unit: UCUM, as Redfish uses.

    caution, critical, fatal: upper thresholds. lower: the lower critical one.
    """

    id: str
    name: str
    kind: str
    unit: str
    reading: float | None
    context: str = "SystemBoard"
    caution: float | None = None
    critical: float | None = None
    fatal: float | None = None
    lower: float | None = None

    @property
    def health(self) -> str:
        """OK, Warning or Critical, from its thresholds."""
        if self.reading is None:
            return "OK"
        if self.critical is not None and self.reading >= self.critical:
            return "Critical"
        if self.lower is not None and self.reading <= self.lower:
            return "Critical"
        return "Warning" if self.caution is not None and self.reading >= self.caution else "OK"

    @property
    def status(self) -> Document:
        if self.reading is None:
            return {"State": "UnavailableOffline"}
        return {"State": "Enabled", "Health": self.health}


def sensors(facts: Facts) -> list[Sensor]:
    """All of a server. Standby power feeds the inlet's, the battery's and the supplies' sensors; the rest reads only while it is on."""

    def while_on(value: float) -> float | None:
        return value if facts.on else None

    fans = [
        Sensor(
            name.capitalize(), name.capitalize(), "Rotational", "{rev}/min", while_on(speed), "Fan", lower=500
        )
        for name, speed in facts.fans.items()
    ]
    return [
        # the inlet's thresholds are those that the IPMI side of the same BMC has
        Sensor("Inlet", "Inlet Temp", "Temperature", "Cel", facts.inlet, "Intake", 50, 55, 60),
        Sensor("CPU1", "CPU1 Temp", "Temperature", "Cel", while_on(facts.inlet + 20), "CPU", 85, 95, 100),
        *fans,
        Sensor("P12V", "P12V", "Voltage", "V", while_on(12.05), "PowerSupply", None, 13.2, None, 10.8),
        Sensor("P3V3", "P3V3", "Voltage", "V", while_on(3.31), "SystemBoard", None, 3.63, None, 2.97),
        Sensor("VBAT", "VBAT", "Voltage", "V", 3.02, "SystemBoard", None, None, None, 2.4),
        Sensor(
            "TotalPower",
            "Total Power",
            "Power",
            "W",
            IDLE_WATTS if facts.on else STANDBY_WATTS,
            "PowerSupply",
        ),
    ]


def health(facts: Facts) -> str:
    """The worst of all sensors."""
    found = {sensor.health for sensor in sensors(facts)}
    return next(word for word in ("Critical", "Warning", "OK") if word in found)


def documents(facts: Facts) -> dict[str, Document]:
    """The collection Sensors and its members."""
    path = f"{CHASSIS}/Sensors"
    return tree(path, "Sensor", [sensor_document(path, sensor) for sensor in sensors(facts)])


def sensor_document(path: str, sensor: Sensor) -> Document:
    thresholds = {
        "UpperCaution": sensor.caution,
        "UpperCritical": sensor.critical,
        "UpperFatal": sensor.fatal,
        "LowerCritical": sensor.lower,
    }
    return {
        **resource(f"{path}/{sensor.id}", "Sensor.v1_9_0.Sensor", sensor.name),
        "ReadingType": sensor.kind,
        "Reading": sensor.reading,
        "ReadingUnits": sensor.unit,
        "PhysicalContext": sensor.context,
        "Status": sensor.status,
        "Thresholds": {name: {"Reading": value} for name, value in thresholds.items() if value is not None},
    }


def excerpt(sensor: Sensor) -> Document:
    """A sensor within another resource."""
    return {"DataSourceUri": f"{CHASSIS}/Sensors/{sensor.id}", "Reading": sensor.reading}


def legacy(sensor: Sensor, path: str, number: int, name: str, **more: Any) -> Document:
    """A member of Thermal or Power. name: of the property that holds the reading."""
    thresholds = {
        "UpperThresholdNonCritical": sensor.caution,
        "UpperThresholdCritical": sensor.critical,
        "UpperThresholdFatal": sensor.fatal,
        "LowerThresholdCritical": sensor.lower,
    }
    return {
        "@odata.id": f"{path}/{number}",
        "MemberId": str(number),
        "Name": sensor.name,
        "PhysicalContext": sensor.context,
        name: sensor.reading,
        "Status": sensor.status,
        **{threshold: value for threshold, value in thresholds.items() if value is not None},
        **more,
    }
