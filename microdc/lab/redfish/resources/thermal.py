"""What cools a server: ThermalSubsystem, and the older Thermal."""

from __future__ import annotations

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import CHASSIS
from microdc.lab.redfish.resources.sensors import Sensor, excerpt, health, legacy, sensors
from microdc.lab.redfish.resources.shapes import links, resource, tree
from microdc.lab.redfish.world import Document

THERMAL = f"{CHASSIS}/Thermal"
SUBSYSTEM = f"{CHASSIS}/ThermalSubsystem"


def documents(facts: Facts) -> dict[str, Document]:
    """Thermal, and all under ThermalSubsystem."""
    temperatures = [sensor for sensor in sensors(facts) if sensor.kind == "Temperature"]
    fans = [sensor for sensor in sensors(facts) if sensor.kind == "Rotational"]
    return {
        THERMAL: {
            **resource(THERMAL, "Thermal.v1_7_1.Thermal", "Thermal"),
            "Temperatures": [
                legacy(sensor, f"{THERMAL}#/Temperatures", number, "ReadingCelsius", SensorNumber=number + 1)
                for number, sensor in enumerate(temperatures)
            ],
            "Fans": [
                legacy(sensor, f"{THERMAL}#/Fans", number, "Reading", ReadingUnits="RPM")
                for number, sensor in enumerate(fans)
            ],
        },
        SUBSYSTEM: {
            **resource(SUBSYSTEM, "ThermalSubsystem.v1_2_0.ThermalSubsystem", "Thermal subsystem"),
            "Status": {"State": "Enabled", "Health": health(facts)},
            **links(SUBSYSTEM, "Fans", "ThermalMetrics"),
        },
        f"{SUBSYSTEM}/ThermalMetrics": {
            **resource(
                f"{SUBSYSTEM}/ThermalMetrics", "ThermalMetrics.v1_2_0.ThermalMetrics", "Thermal metrics"
            ),
            "TemperatureSummaryCelsius": {"Intake": excerpt(temperatures[0])},
            "TemperatureReadingsCelsius": [
                {**excerpt(sensor), "DeviceName": sensor.name, "PhysicalContext": sensor.context}
                for sensor in temperatures
            ],
        },
        **tree(f"{SUBSYSTEM}/Fans", "Fan", [fan(sensor) for sensor in fans]),
    }


def fan(sensor: Sensor) -> Document:
    return {
        **resource(f"{SUBSYSTEM}/Fans/{sensor.id}", "Fan.v1_4_0.Fan", sensor.name),
        "HotPluggable": False,
        "SpeedPercent": {
            "DataSourceUri": f"{CHASSIS}/Sensors/{sensor.id}",
            "SpeedRPM": sensor.reading,
        },
        "PhysicalContext": "Chassis",
        "Status": sensor.status,
    }
