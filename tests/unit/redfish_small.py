"""Small trees, written by hand: a service out of `{path: resource}`, with links made of paths."""

from __future__ import annotations

from typing import Any

from recorded_tree import RecordedTree

from microdc.bmc.model import Target
from microdc.bmc.redfish.driver import RedfishBmc

ROOT = "/redfish/v1"
SYSTEM = f"{ROOT}/Systems/1"
CHASSIS = f"{ROOT}/Chassis/1"
MANAGER = f"{ROOT}/Managers/1"
SENSORS = f"{CHASSIS}/Sensors"
SUBSYSTEM = f"{CHASSIS}/ThermalSubsystem"
SUPPLY = f"{CHASSIS}/PowerSubsystem"
ADAPTERS = f"{CHASSIS}/NetworkAdapters"
CARD = f"{ADAPTERS}/A"


def link(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def collection(path: str, *members: Any, **more: Any) -> dict[str, Any]:
    """Members that are texts are linked, others are in it."""
    return {
        "@odata.id": path,
        "Members": [link(one) if isinstance(one, str) else one for one in members],
        **more,
    }


def small(
    system: dict[str, Any] | None = None,
    chassis: dict[str, Any] | None = None,
    manager: dict[str, Any] | None = None,
    /,
    **more: Any,
) -> RecordedTree:
    """A service with one system in one chassis, managed by one manager. more: further resources by path."""
    links = {"Chassis": [link(CHASSIS)], "ManagedBy": [link(MANAGER)]}
    return RecordedTree(
        {
            ROOT: {name: link(f"{ROOT}/{name}") for name in ("Systems", "Chassis", "Managers")},
            f"{ROOT}/Systems": collection(f"{ROOT}/Systems", SYSTEM),
            f"{ROOT}/Chassis": collection(f"{ROOT}/Chassis", CHASSIS),
            f"{ROOT}/Managers": collection(f"{ROOT}/Managers", MANAGER),
            SYSTEM: {"@odata.id": SYSTEM, "Id": "1", "PowerState": "On", "Links": links, **(system or {})},
            CHASSIS: {"@odata.id": CHASSIS, "Id": "1", **(chassis or {})},
            MANAGER: {"@odata.id": MANAGER, "Id": "1", **(manager or {})},
            **more,
        }
    )


def bmc(service: RecordedTree, system: str = "") -> RedfishBmc:
    return RedfishBmc(Target("node", where="lab.yaml:7", redfish="https://10.0.0.1", system=system), service)


def newer() -> dict[str, Any]:
    """ThermalSubsystem, PowerSubsystem and EnvironmentMetrics, whose copies name their sensors."""
    fans, supplies = f"{SUBSYSTEM}/Fans", f"{SUPPLY}/PowerSupplies"
    return {
        SUBSYSTEM: {
            "@odata.id": SUBSYSTEM,
            "Fans": link(fans),
            "ThermalMetrics": link(f"{SUBSYSTEM}/ThermalMetrics"),
        },
        fans: collection(fans, f"{fans}/1", f"{fans}/2"),
        f"{fans}/1": {
            "@odata.id": f"{fans}/1",
            "Name": "Fan 1",
            "Status": {"State": "Enabled", "Health": "Warning"},
            "SpeedPercent": {"Reading": 45, "SpeedRPM": 8000, "DataSourceUri": f"{SENSORS}/Fan1"},
        },
        f"{fans}/2": {
            "@odata.id": f"{fans}/2",
            "Name": "Fan 2",
            "Status": {"State": "Absent", "Health": "Critical"},
        },
        f"{SUBSYSTEM}/ThermalMetrics": {
            "TemperatureReadingsCelsius": [
                {"DeviceName": "CPU", "Reading": 50, "DataSourceUri": f"{SENSORS}/CPU"},
                {"DeviceName": "VR", "Reading": 55},
            ],
            "TemperatureSummaryCelsius": {"Intake": {"Reading": 21, "DataSourceUri": f"{SENSORS}/Inlet"}},
        },
        SUPPLY: {"@odata.id": SUPPLY, "PowerSupplies": link(supplies)},
        supplies: collection(supplies, f"{supplies}/1"),
        f"{supplies}/1": {
            "@odata.id": f"{supplies}/1",
            "Name": "PSU 1",
            "Model": "865438-B21",
            "PowerCapacityWatts": 800,
            "Metrics": link(f"{supplies}/1/Metrics"),
        },
        f"{supplies}/1/Metrics": {"InputPowerWatts": {"Reading": 75}},
        f"{CHASSIS}/EnvironmentMetrics": {
            "PowerWatts": {"Reading": 150, "DataSourceUri": f"{SENSORS}/Total"},
            "TemperatureCelsius": {"Reading": 21, "DataSourceUri": f"{SENSORS}/Inlet"},
        },
    }


NEWER: dict[str, Any] = {
    "Name": "rack unit",
    "ThermalSubsystem": link(SUBSYSTEM),
    "PowerSubsystem": link(SUPPLY),
    "EnvironmentMetrics": link(f"{CHASSIS}/EnvironmentMetrics"),
}


def card(
    *ports: dict[str, Any], functions: tuple[dict[str, Any], ...] = (), called: str = "Ports"
) -> dict[str, Any]:
    """The resources of an adapter with ports and functions."""
    found: dict[str, Any] = {
        ADAPTERS: collection(ADAPTERS, CARD),
        CARD: {
            "@odata.id": CARD,
            "Id": "A",
            "Model": "X710",
            called: link(f"{CARD}/{called}"),
            "NetworkDeviceFunctions": link(f"{CARD}/NetworkDeviceFunctions"),
        },
    }
    for name, resources in ((called, ports), ("NetworkDeviceFunctions", functions)):
        paths = [f"{CARD}/{name}/{number}" for number in range(len(resources))]
        found[f"{CARD}/{name}"] = collection(f"{CARD}/{name}", *paths)
        found |= {
            path: {"@odata.id": path, "Id": path[-1], **one}
            for path, one in zip(paths, resources, strict=True)
        }
    return found


def function(mac: str, port: int, **more: Any) -> dict[str, Any]:
    return {
        "Ethernet": {"MACAddress": mac, "PermanentMACAddress": mac},
        "Links": {"PhysicalPortAssignment": link(f"{CARD}/Ports/{port}")},
        **more,
    }
