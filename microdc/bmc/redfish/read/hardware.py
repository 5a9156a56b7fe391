"""All that a server consists of, collected."""

from __future__ import annotations

from dataclasses import replace

from microdc.bmc.model import BootMode, Hardware, Power
from microdc.bmc.redfish.read.boards import memory, modules, processors
from microdc.bmc.redfish.read.disks import disks
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.firmware import firmware
from microdc.bmc.redfish.read.identity import identity, named_chassis
from microdc.bmc.redfish.read.nics import nics
from microdc.bmc.redfish.read.place import Place
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.state import OVERRIDE, mode_of, power
from microdc.bmc.redfish.read.status import whole_health
from microdc.bmc.redfish.read.supplies import power_supplies

_BIOS_MODES: dict[str, BootMode] = {
    "uefi": BootMode.UEFI,
    "legacybios": BootMode.BIOS,
    "legacy": BootMode.BIOS,
    "bios": BootMode.BIOS,
}


def hardware(reader: Reader, place: Place) -> Hardware:
    """Of an enclosure that has no system: who it is, its power supplies and its firmware. Raises BmcError."""
    system = reader.open(place.system) if place.system else None
    chassis = opened(reader, place.chassis)
    managers = opened(reader, place.managers)
    leading = reader.open(place.leading) if place.leading else None
    found = Hardware(
        identity=identity(system, named_chassis(reader, system) if system else leading),
        power=power(leading) if leading else Power.UNKNOWN,
        health=whole_health(leading) if leading else None,
        boot_mode=_boot_mode(system) if system else None,
        processors=processors(reader, system) if system else (),
        processor_count=system.part("ProcessorSummary").some("Count") if system else None,
        memory=memory(system) if system else None,
        modules=modules(reader, system) if system else (),
        nics=nics(reader, system, chassis),
        disks=disks(reader, system, chassis),
        power_supplies=power_supplies(reader, chassis),
        firmware=firmware(reader, place, system, managers),
    )
    return replace(found, remarks=reader.remarks.all())


def opened(reader: Reader, paths: tuple[str, ...]) -> list[Doc]:
    """The resources at these paths, without those that cannot be read."""
    return [doc for path in paths if (doc := reader.open(path)) is not None]


def _boot_mode(system: Doc) -> BootMode | None:
    """As the boot override has it, which BMCs keep when it is disabled; else as the BIOS settings have it."""
    told = mode_of(system.part("Boot").word(f"{OVERRIDE}Mode"))
    if told is not None:
        return told
    bios = system.follow("Bios")
    word = bios.part("Attributes").body.get("BootMode") if bios else None
    return _BIOS_MODES.get(word.lower()) if isinstance(word, str) else None
