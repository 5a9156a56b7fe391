"""The server's disks: Storage with its Drives and Volumes' controller, and SimpleStorage for older clients."""

from __future__ import annotations

from typing import Any

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import SYSTEM
from microdc.lab.redfish.resources.shapes import ENABLED, collection, link, links, resource, tree
from microdc.lab.redfish.world import Document

STORAGE = f"{SYSTEM}/Storage/1"


def documents(facts: Facts) -> dict[str, Document]:
    """All resources under Storage and SimpleStorage."""
    drives = [drive(facts, disk) for disk in facts.disks]
    controller = {
        **resource(
            f"{STORAGE}/Controllers/1", "StorageController.v1_7_0.StorageController", "virtio controller"
        ),
        "Manufacturer": "QEMU",
        "SupportedDeviceProtocols": ["PCIe"],
        "Status": ENABLED,
    }
    return {
        f"{SYSTEM}/Storage": collection(f"{SYSTEM}/Storage", "Storage", [STORAGE]),
        STORAGE: {
            **resource(STORAGE, "Storage.v1_15_0.Storage", "Local storage"),
            "Status": ENABLED,
            "Drives": [link(one["@odata.id"]) for one in drives],
            "Drives@odata.count": len(drives),
            **links(STORAGE, "Controllers"),
        },
        **{one["@odata.id"]: one for one in drives},
        **tree(f"{STORAGE}/Controllers", "StorageController", [controller]),
        **tree(f"{SYSTEM}/SimpleStorage", "SimpleStorage", [simple(facts)]),
    }


def drive(facts: Facts, disk: dict[str, Any]) -> Document:
    return {
        **resource(f"{STORAGE}/Drives/{disk['name']}", "Drive.v1_17_0.Drive", disk["name"]),
        "Manufacturer": "QEMU",
        "Model": str(disk.get("model", "virtual disk")),
        "SerialNumber": str(disk.get("serial", f"{facts.told('serial')}-{disk['name']}")),
        "CapacityBytes": disk["bytes"],
        "BlockSizeBytes": 512,
        "MediaType": "SSD",
        "Protocol": "PCIe",
        "FailurePredicted": False,
        "Status": ENABLED,
    }


def simple(facts: Facts) -> Document:
    return {
        **resource(f"{SYSTEM}/SimpleStorage/1", "SimpleStorage.v1_2_0.SimpleStorage", "Local storage"),
        "Status": ENABLED,
        "Devices": [
            {
                "Name": disk["name"],
                "Manufacturer": "QEMU",
                "Model": str(disk.get("model", "virtual disk")),
                "CapacityBytes": disk["bytes"],
                "Status": ENABLED,
            }
            for disk in facts.disks
        ],
        "Devices@odata.count": len(facts.disks),
    }
