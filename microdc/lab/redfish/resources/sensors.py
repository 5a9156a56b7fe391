"""What a server's sensors read: one list, shown as Sensors, and in the older forms Thermal and Power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import CHASSIS
from microdc.lab.redfish.resources.shapes import resource, tree
from microdc.lab.redfish.world import Document

SUPPLY_WATTS = 500.0
IDLE_WATTS, STANDBY_WATTS = 96.0, 8.0
_UPPER, _LOWER = ("UpperCaution", "UpperCritical", "UpperFatal"), ("LowerCaution", "LowerCritical")
_LEGACY_UPPER = ("UpperThresholdNonCritical", "UpperThresholdCritical", "UpperThresholdFatal")
_LEGACY_LOWER = ("LowerThresholdNonCritical", "LowerThresholdCritical")


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor. reading None: it has none now, since the server is off. unit: UCUM, as Redfish uses.

    upper, lower: thresholds, the least severe first: caution, critical, fatal.
    """

    id: str
    name: str
    kind: str
    unit: str
    reading: float | None
    context: str = "SystemBoard"
    upper: tuple[float, ...] = ()
    lower: tuple[float, ...] = ()

    @property
    def health(self) -> str:
        """OK, Warning or Critical, from its thresholds."""
        if self.reading is None:
            return "OK"
        reached = [
            sum(self.reading >= one for one in self.upper),
            sum(self.reading <= one for one in self.lower),
        ]
        return ("OK", "Warning", "Critical", "Critical")[max(reached)]

    @property
    def status(self) -> Document:
        if self.reading is None:
            return {"State": "UnavailableOffline"}
        return {"State": "Enabled", "Health": self.health}

    def thresholds(self, upper: tuple[str, ...], lower: tuple[str, ...]) -> dict[str, float]:
        """Its thresholds under the names given, the least severe first."""
        told = [*zip(upper, self.upper, strict=False), *zip(lower, self.lower, strict=False)]
        return dict(told)


def sensors(facts: Facts) -> list[Sensor]:
    """All of a server. Standby power feeds the inlet's, the battery's and the supplies' sensors; the rest reads only while it is on.

    Names and thresholds of the inlet, the first fan and 12 V are those of the IPMI side of the same BMC.
    """

    def while_on(value: float) -> float | None:
        return value if facts.on else None

    inlet, volts = facts.readings["inlet"] / 1000, facts.readings["voltage1"] / 1000
    fans = [
        Sensor(
            f"Fan{number}",
            f"Fan {number}",
            "Rotational",
            "{rev}/min",
            while_on(speed),
            "Fan",
            (),
            (1500, 1000),
        )
        for number, speed in enumerate((facts.readings["fan1"], facts.readings["fan2"]), 1)
    ]
    drawn = IDLE_WATTS if facts.on else STANDBY_WATTS
    return [
        Sensor("Inlet", "Inlet Temp", "Temperature", "Cel", inlet, "Intake", (50, 55, 60)),
        Sensor("CPU1", "CPU1 Temp", "Temperature", "Cel", while_on(inlet + 20), "CPU", (85, 95, 100)),
        *fans,
        Sensor("P12V", "12V", "Voltage", "V", while_on(volts), "PowerSupply", (12.6, 13.2), (11.4, 10.8)),
        Sensor("P3V3", "3.3V", "Voltage", "V", while_on(3.31), "SystemBoard", (3.47, 3.63), (3.14, 2.97)),
        Sensor("VBAT", "Battery", "Voltage", "V", 3.02, "SystemBoard", (), (2.7, 2.4)),
        Sensor("TotalPower", "Total Power", "Power", "W", drawn, "PowerSupply"),
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
    return {
        **resource(f"{path}/{sensor.id}", "Sensor.v1_7_0.Sensor", sensor.name),
        "ReadingType": sensor.kind,
        "Reading": sensor.reading,
        "ReadingUnits": sensor.unit,
        "PhysicalContext": sensor.context,
        "Status": sensor.status,
        "Thresholds": {name: {"Reading": value} for name, value in sensor.thresholds(_UPPER, _LOWER).items()},
    }


def excerpt(sensor: Sensor) -> Document:
    """A sensor within another resource."""
    return {"DataSourceUri": f"{CHASSIS}/Sensors/{sensor.id}", "Reading": sensor.reading}


def legacy(sensor: Sensor, path: str, number: int, name: str, **more: Any) -> Document:
    """A member of Thermal or Power. name: of the property that holds the reading."""
    return {
        "@odata.id": f"{path}/{number}",
        "MemberId": str(number),
        "Name": sensor.name,
        "PhysicalContext": sensor.context,
        name: sensor.reading,
        "Status": sensor.status,
        **sensor.thresholds(_LEGACY_UPPER, _LEGACY_LOWER),
        **more,
    }
