"""The box: Chassis with what cools, feeds and connects it."""

from __future__ import annotations

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources import power, sensors, thermal
from microdc.lab.redfish.resources.paths import CHASSIS, CHASSIS_ALL, MANAGER, SYSTEM
from microdc.lab.redfish.resources.shapes import ENABLED, action, collection, link, links, resource, tree
from microdc.lab.redfish.world import Document

RESET_TYPES = ("On", "ForceOff", "PowerCycle")
ADAPTER = f"{CHASSIS}/NetworkAdapters/1"


def documents(facts: Facts) -> dict[str, Document]:
    """All resources under Chassis."""
    return {
        CHASSIS_ALL: collection(CHASSIS_ALL, "Chassis", [CHASSIS]),
        CHASSIS: chassis(facts),
        **sensors.documents(facts),
        **thermal.documents(facts),
        **power.documents(facts),
        **tree(f"{CHASSIS}/NetworkAdapters", "NetworkAdapter", [adapter(facts)]),
        **tree(f"{ADAPTER}/Ports", "Port", [port(facts, nic["name"], nic["mac"]) for nic in facts.nics]),
    }


def chassis(facts: Facts) -> Document:
    return {
        **resource(CHASSIS, "Chassis.v1_23_0.Chassis", f"{facts.told('name', 'Server')} chassis"),
        "ChassisType": "RackMount",
        "Manufacturer": facts.told("manufacturer"),
        "Model": facts.told("model"),
        "SKU": facts.told("sku"),
        "SerialNumber": facts.told("serial"),
        "AssetTag": facts.told("asset_tag"),
        "PowerState": facts.power,
        "IndicatorLED": facts.led,
        "LocationIndicatorActive": facts.led != "Off",
        "Status": {"State": "Enabled", "Health": sensors.health(facts)},
        **links(
            CHASSIS,
            "Thermal",
            "Power",
            "ThermalSubsystem",
            "PowerSubsystem",
            "EnvironmentMetrics",
            "Sensors",
            "NetworkAdapters",
        ),
        "Links": {
            "ComputerSystems": [link(SYSTEM)],
            "ManagedBy": [link(MANAGER)],
            "ManagersInChassis": [link(MANAGER)],
        },
        "Actions": action(CHASSIS, "Chassis.Reset", ResetType=list(RESET_TYPES)),
    }


def adapter(facts: Facts) -> Document:
    return {
        **resource(ADAPTER, "NetworkAdapter.v1_10_0.NetworkAdapter", "Network adapter"),
        "Manufacturer": "QEMU",
        "Model": "virtio-net",
        "SerialNumber": f"{facts.told('serial')}-NIC",
        "Status": ENABLED,
        **links(ADAPTER, "Ports"),
    }


def port(facts: Facts, name: str, mac: str) -> Document:
    return {
        **resource(f"{ADAPTER}/Ports/{name}", "Port.v1_9_0.Port", name),
        "PortId": name,
        "PortProtocol": "Ethernet",
        "PortType": "BidirectionalPort",
        "CurrentSpeedGbps": 10 if facts.on else 0,
        "LinkStatus": "LinkUp" if facts.on else "LinkDown",
        "LinkState": "Enabled",
        "Ethernet": {"AssociatedMACAddresses": [mac]},
        "Status": ENABLED,
    }
