"""Power supplies: of PowerSubsystem, else of the older Power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microdc.bmc.model import PowerSupply
from microdc.bmc.redfish.read.boards import name
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import plain
from microdc.bmc.redfish.read.members import members
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import absent, health


def power_supplies(reader: Reader, chassis: Sequence[Doc]) -> tuple[PowerSupply, ...]:
    """Power supplies that are there, each once, also where two chassis share one Power resource."""
    found: dict[tuple[str, str], PowerSupply] = {}
    for doc in chassis:
        for one in _listed(reader, doc):
            if not absent(one) and not _blank(one):
                found.setdefault((plain(one.path), one.at), _supply(one))
    return tuple(found.values())


def _listed(reader: Reader, chassis: Doc) -> Iterator[Doc]:
    """As resources of their own where there are any. gofish and sushy read only the older form, newer BMCs have only the newer."""
    subsystem = chassis.follow("PowerSubsystem")
    newer = list(members(reader, subsystem.link("PowerSupplies"))) if subsystem else []
    if newer:
        yield from newer
        return
    power = chassis.follow("Power")
    if power is not None:
        yield from power.parts("PowerSupplies")


def _supply(one: Doc) -> PowerSupply:
    return PowerSupply(
        name=name(one, "Name"),
        model=one.text("Model", "PartNumber"),
        serial=one.text("SerialNumber"),
        firmware=one.text("FirmwareVersion"),
        capacity=one.number("PowerCapacityWatts") or None,
        health=health(one),
    )


def _blank(one: Doc) -> bool:
    """A bay of which nothing is known but that it is listed, as a Gigabyte H262 lists those of its chassis: `"Name": "nil"`."""
    told = one.text("Model", "SerialNumber", "PartNumber", "FirmwareVersion", "Manufacturer", "Name")
    return told is None and not one.number("PowerCapacityWatts")
