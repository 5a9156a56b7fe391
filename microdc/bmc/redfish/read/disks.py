"""Disks: behind storage controllers, else in the chassis, else as simple storage tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from microdc.bmc.model import Disk
from microdc.bmc.redfish.read.boards import name
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import plain
from microdc.bmc.redfish.read.members import members
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import absent, health

Media = Literal["hdd", "ssd", "smr"]
_MEDIA: dict[str, Media] = {"hdd": "hdd", "ssd": "ssd", "smr": "smr"}


def disks(reader: Reader, system: Doc | None, chassis: Sequence[Doc]) -> tuple[Disk, ...]:
    """Disks that are there; simple storage, which tells of no serial numbers, only where nothing else tells of any."""
    found = {plain(one.at): _disk(one) for one in _drives(reader, system, chassis) if not _empty(one)}
    if found or system is None:
        return tuple(found.values())
    simple = members(reader, system.link("SimpleStorage"))
    return tuple(_disk(one) for storage in simple for one in storage.parts("Devices") if not _empty(one))


def _drives(reader: Reader, system: Doc | None, chassis: Sequence[Doc]) -> Iterator[Doc]:
    if system is not None:
        for storage in members(reader, system.link("Storage")):
            for link in storage.links("Drives"):
                if (drive := reader.open(link)) is not None:
                    yield drive
    for doc in chassis:
        yield from members(reader, doc.link("Drives"))
        for link in doc.part("Links").links("Drives"):
            if (drive := reader.open(link)) is not None:
                yield drive


def _disk(one: Doc) -> Disk:
    return Disk(
        name=name(one, "Name"),
        model=one.text("Model"),
        serial=one.text("SerialNumber"),
        size=one.some("CapacityBytes"),
        media=_MEDIA.get(one.word("MediaType").lower()),
        protocol=one.text("Protocol"),
        health=health(one),
    )


def _empty(one: Doc) -> bool:
    return absent(one) or (
        one.text("Model", "SerialNumber", "Manufacturer") is None and one.some("CapacityBytes") is None
    )
