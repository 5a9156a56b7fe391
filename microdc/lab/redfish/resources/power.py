"""What feeds a server: PowerSubsystem with its supplies, EnvironmentMetrics, and the older Power."""

from __future__ import annotations

from typing import Any

from microdc.lab.redfish.facts import FAILED, NO_INPUT, PRESENT, Facts
from microdc.lab.redfish.resources.paths import CHASSIS
from microdc.lab.redfish.resources.sensors import SUPPLY_WATTS, excerpt, legacy, sensors
from microdc.lab.redfish.resources.shapes import ABSENT, ENABLED, links, resource, tree
from microdc.lab.redfish.world import Document

POWER = f"{CHASSIS}/Power"
SUBSYSTEM = f"{CHASSIS}/PowerSubsystem"
ENVIRONMENT = f"{CHASSIS}/EnvironmentMetrics"


def documents(facts: Facts) -> dict[str, Document]:
    """Power, EnvironmentMetrics, and all under PowerSubsystem."""
    found = sensors(facts)
    drawn = next(sensor for sensor in found if sensor.kind == "Power")
    supplies = [_supply(facts, number) for number in (1, 2)]
    return {
        POWER: {
            **resource(POWER, "Power.v1_7_1.Power", "Power"),
            "PowerControl": [
                {
                    "@odata.id": f"{POWER}#/PowerControl/0",
                    "MemberId": "0",
                    "Name": "System power",
                    "PowerConsumedWatts": drawn.reading,
                    "PowerCapacityWatts": SUPPLY_WATTS,
                    "Status": ENABLED,
                }
            ],
            "Voltages": [
                legacy(sensor, f"{POWER}#/Voltages", number, "ReadingVolts")
                for number, sensor in enumerate(one for one in found if one.kind == "Voltage")
            ],
            "PowerSupplies": [
                {
                    "@odata.id": f"{POWER}#/PowerSupplies/{number}",
                    "MemberId": str(number),
                    "Name": supply["Name"],
                    **supply["about"],
                }
                for number, supply in enumerate(supplies)
            ],
        },
        SUBSYSTEM: {
            **resource(SUBSYSTEM, "PowerSubsystem.v1_1_0.PowerSubsystem", "Power subsystem"),
            "CapacityWatts": SUPPLY_WATTS,
            "Status": ENABLED,
            **links(SUBSYSTEM, "PowerSupplies"),
        },
        **tree(
            f"{SUBSYSTEM}/PowerSupplies",
            "PowerSupply",
            [
                {
                    **resource(
                        f"{SUBSYSTEM}/PowerSupplies/{supply['Name']}",
                        "PowerSupply.v1_5_1.PowerSupply",
                        supply["Name"],
                    ),
                    **supply["about"],
                }
                for supply in supplies
            ],
        ),
        ENVIRONMENT: {
            **resource(ENVIRONMENT, "EnvironmentMetrics.v1_3_0.EnvironmentMetrics", "Environment"),
            "TemperatureCelsius": excerpt(found[0]),
            "PowerWatts": excerpt(drawn),
        },
    }


def _supply(facts: Facts, number: int) -> dict[str, Any]:
    """Its name, and the properties that the old and the new form share."""
    state = int(facts.readings[f"psu{number}"])
    name = f"PSU{number}"
    if not state & PRESENT:
        return {"Name": name, "about": {"Status": ABSENT}}
    return {
        "Name": name,
        "about": {
            "Manufacturer": "QEMU",
            "Model": "VPSU-500",
            "SerialNumber": f"{facts.told('serial')}-{name}",
            "FirmwareVersion": "1.0",
            "PowerSupplyType": "AC",
            "PowerCapacityWatts": SUPPLY_WATTS,
            "Status": {**ENABLED, "Health": "Critical"} if state & (FAILED | NO_INPUT) else ENABLED,
        },
    }
