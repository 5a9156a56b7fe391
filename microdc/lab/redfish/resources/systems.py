"""The server: ComputerSystem with its processors, memory modules, network interfaces and boot options."""

from __future__ import annotations

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.power import RESET_TYPES
from microdc.lab.redfish.resources import bios, storage
from microdc.lab.redfish.resources.paths import CHASSIS, MANAGER, SYSTEM, SYSTEMS
from microdc.lab.redfish.resources.shapes import (
    ABSENT,
    ENABLED,
    action,
    collection,
    link,
    links,
    resource,
    tree,
)
from microdc.lab.redfish.world import Document

SCHEMA = "ComputerSystem.v1_20_1.ComputerSystem"
MODULES = 2
"""Memory slots of a server that does not say how many it has."""


def documents(facts: Facts) -> dict[str, Document]:
    """All resources under Systems."""
    return {
        SYSTEMS: collection(SYSTEMS, "ComputerSystem", [SYSTEM]),
        SYSTEM: system(facts),
        **tree(f"{SYSTEM}/Processors", "Processor", [processor(facts)]),
        **tree(f"{SYSTEM}/Memory", "Memory", memory(facts)),
        **tree(
            f"{SYSTEM}/EthernetInterfaces",
            "EthernetInterface",
            [ethernet(facts, nic["name"], nic["mac"]) for nic in facts.nics],
        ),
        **tree(f"{SYSTEM}/BootOptions", "BootOption", boot_options(facts)),
        f"{SYSTEM}/LogServices": collection(
            f"{SYSTEM}/LogServices", "LogService", [f"{MANAGER}/LogServices/Sel"]
        ),
        **storage.documents(facts),
        **bios.documents(facts),
    }


def system(facts: Facts) -> Document:
    return {
        **resource(SYSTEM, SCHEMA, facts.told("name", "System")),
        "SystemType": "Physical",
        "Manufacturer": facts.told("manufacturer"),
        "Model": facts.told("model"),
        "SKU": facts.told("sku"),
        "SerialNumber": facts.told("serial"),
        "UUID": facts.told("uuid"),
        "HostName": facts.told("host_name"),
        "AssetTag": facts.told("asset_tag"),
        "BiosVersion": facts.told("bios_version", bios.VERSION),
        "PowerState": facts.power,
        "Status": ENABLED if facts.on else {"State": "Disabled", "Health": "OK"},
        "IndicatorLED": facts.led,
        "LocationIndicatorActive": facts.led != "Off",
        "Boot": {
            **facts.boot,
            "BootOrder": [option["Id"] for option in boot_options(facts)],
            "BootOptions": link(f"{SYSTEM}/BootOptions"),
        },
        "ProcessorSummary": {
            "Count": 1,
            "CoreCount": facts.about["cpus"],
            "LogicalProcessorCount": facts.about["cpus"],
            "Model": processor(facts)["Model"],
            "Status": ENABLED,
        },
        "MemorySummary": {"TotalSystemMemoryGiB": round(facts.memory / 1024, 3), "Status": ENABLED},
        "SerialConsole": {
            "MaxConcurrentSessions": 1,
            "SSH": {"ServiceEnabled": False},
            "IPMI": {"ServiceEnabled": False},
        },
        **links(
            SYSTEM,
            "Processors",
            "Memory",
            "EthernetInterfaces",
            "Storage",
            "SimpleStorage",
            "Bios",
            "LogServices",
        ),
        "Links": {"Chassis": [link(CHASSIS)], "ManagedBy": [link(MANAGER)]},
        "Actions": action(SYSTEM, "ComputerSystem.Reset", ResetType=list(RESET_TYPES)),
    }


def processor(facts: Facts) -> Document:
    """The one socket; a virtual machine's processors are its cores."""
    return {
        **resource(f"{SYSTEM}/Processors/CPU1", "Processor.v1_18_0.Processor", "CPU1"),
        "Socket": "CPU 1",
        "ProcessorType": "CPU",
        "ProcessorArchitecture": "x86",
        "InstructionSet": "x86-64",
        "Manufacturer": facts.told("cpu_manufacturer", "QEMU"),
        "Model": facts.told("cpu_model", "QEMU Virtual CPU"),
        "MaxSpeedMHz": 2000,
        "TotalCores": facts.about["cpus"],
        "TotalThreads": facts.about["cpus"],
        "Status": ENABLED,
    }


def memory(facts: Facts) -> list[Document]:
    """The modules: what was declared lies in equal ones, and of those as many are missing as the memory there now falls short."""
    slots = int(facts.about.get("memory_modules", MODULES))
    size = int(facts.about["memory_mib"]) // slots
    present = -(-facts.memory // size)
    return [
        _module(facts, f"DIMM{number}", min(size, facts.memory - (number - 1) * size))
        if number <= present
        else {
            **resource(f"{SYSTEM}/Memory/DIMM{number}", "Memory.v1_17_1.Memory", f"DIMM{number}"),
            "Status": ABSENT,
        }
        for number in range(1, slots + 1)
    ]


def _module(facts: Facts, name: str, size: int) -> Document:
    return {
        **resource(f"{SYSTEM}/Memory/{name}", "Memory.v1_17_1.Memory", name),
        "MemoryType": "DRAM",
        "MemoryDeviceType": "DDR4",
        "BaseModuleType": "RDIMM",
        "CapacityMiB": size,
        "OperatingSpeedMhz": 3200,
        "Manufacturer": "QEMU",
        "PartNumber": f"VM-{size}",
        "SerialNumber": f"{facts.told('serial')}-{name}",
        "DeviceLocator": name,
        "ErrorCorrection": "NoECC",
        "Status": ENABLED,
    }


def ethernet(facts: Facts, name: str, mac: str) -> Document:
    return {
        **resource(
            f"{SYSTEM}/EthernetInterfaces/{name}", "EthernetInterface.v1_10_0.EthernetInterface", name
        ),
        "MACAddress": mac,
        "PermanentMACAddress": mac,
        "SpeedMbps": 10_000,
        "FullDuplex": True,
        "LinkStatus": "LinkUp" if facts.on else "NoLink",
        "InterfaceEnabled": True,
        "Status": ENABLED,
    }


def boot_options(facts: Facts) -> list[Document]:
    """In the persistent order: disks first, then the network."""
    devices = [("Hdd", disk["name"]) for disk in facts.disks] + [("Pxe", nic["name"]) for nic in facts.nics]
    return [
        {
            **resource(f"{SYSTEM}/BootOptions/Boot{number:04}", "BootOption.v1_0_0.BootOption", name),
            "BootOptionReference": f"Boot{number:04}",
            "DisplayName": name,
            "Alias": alias,
            "BootOptionEnabled": True,
        }
        for number, (alias, name) in enumerate(devices, 1)
    ]
