"""Who a server says it is."""

from __future__ import annotations

from microdc.bmc.model import Identity
from microdc.bmc.redfish.read import plain
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.reader import Reader


def identity(system: Doc | None, chassis: Doc | None) -> Identity:
    """Of the system; what it leaves out, as one that is off may do, of the chassis that it is in."""
    docs = [doc for doc in (system, chassis) if doc is not None]

    def told(*names: str) -> str | None:
        return next((found for doc in docs if (found := doc.text(*names)) is not None), None)

    return Identity(
        manufacturer=told("Manufacturer"),
        model=told("Model"),
        serial=told("SerialNumber"),
        sku=told("SKU"),
        uuid=plain.uuid(system.text("UUID")) if system else None,
        asset_tag=told("AssetTag"),
        host_name=system.text("HostName") if system else None,
    )


def named_chassis(reader: Reader, system: Doc) -> Doc | None:
    """The chassis that the system itself names, fetched only where the system leaves out who it is."""
    if system.text("Manufacturer") and system.text("Model") and system.text("SerialNumber"):
        return None
    links = system.part("Links").links("Chassis")
    return reader.open(links[0]) if links else None
