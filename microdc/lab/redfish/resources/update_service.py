"""UpdateService: which firmware is in the server."""

from __future__ import annotations

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources import bios, managers
from microdc.lab.redfish.resources.paths import MANAGER, ROOT, SYSTEM
from microdc.lab.redfish.resources.shapes import ENABLED, link, links, resource, tree
from microdc.lab.redfish.world import Document

SERVICE = f"{ROOT}/UpdateService"
INVENTORY = f"{SERVICE}/FirmwareInventory"


def documents(facts: Facts) -> dict[str, Document]:
    """UpdateService and its inventory."""
    found = [
        ("BIOS", facts.told("bios_version", bios.VERSION), SYSTEM),
        ("BMC", facts.told("bmc_version", managers.VERSION), MANAGER),
        *(
            (
                f"NIC-{nic['name']}",
                str(nic.get("firmware_version", "1.0")),
                f"{SYSTEM}/EthernetInterfaces/{nic['name']}",
            )
            for nic in facts.nics
        ),
    ]
    return {
        SERVICE: {
            **resource(SERVICE, "UpdateService.v1_11_3.UpdateService", "Update Service"),
            "ServiceEnabled": True,
            "Status": ENABLED,
            **links(SERVICE, "FirmwareInventory"),
        },
        **tree(INVENTORY, "SoftwareInventory", [firmware(*one) for one in found]),
    }


def firmware(name: str, version: str, of: str) -> Document:
    return {
        **resource(f"{INVENTORY}/{name}", "SoftwareInventory.v1_9_0.SoftwareInventory", name),
        "Version": version,
        "Updateable": False,
        "RelatedItem": [link(of)],
        "Status": ENABLED,
    }
