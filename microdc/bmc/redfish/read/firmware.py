"""Firmware and versions: of the BIOS, of the BMC, and what the update service lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from microdc.bmc.model import Firmware
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import name_of, plain
from microdc.bmc.redfish.read.members import members
from microdc.bmc.redfish.read.place import Place
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.status import absent

Kind = Literal["bios", "bmc", "other"]

_NAMES_NOTHING = re.compile(r"(software|firmware)( inventory)?", re.IGNORECASE)
_NOT_RUNNING = ("Previous-", "Available-")
"""How an iDRAC begins the ids of images that it could go back to, or could install."""
_WORDS: dict[Kind, re.Pattern[str]] = {
    "bios": re.compile(r"\b(bios|system rom|systemromactive)\b", re.IGNORECASE),
    "bmc": re.compile(r"\b(bmc|ilo|idrac|xcc|cimc|systembmc|baseboard management)\b", re.IGNORECASE),
}


def firmware(
    reader: Reader, place: Place, system: Doc | None, managers: Sequence[Doc]
) -> tuple[Firmware, ...]:
    """All firmware. The BIOS and the BMC come first, by what the system and its manager say; the inventory's entry of the same
    version is the same one and gives its name. Where they say nothing, the inventory's entry that is called so stands for them.
    """
    listed = list(_listed(reader, place))
    told = {
        "bios": system.text("BiosVersion") if system else None,
        "bmc": next((found for one in managers if (found := one.text("FirmwareVersion"))), None),
    }
    first = [_main("bios", "BIOS", told["bios"], listed), _main("bmc", "BMC", told["bmc"], listed)]
    taken = {id(one) for _, one in first}
    return (
        *(found for found, _ in first if found is not None),
        *(Firmware(title, version) for one in listed if id(one) not in taken for title, version, _ in (one,)),
    )


Item = tuple[str, str, str]
"""Name, version, and every word that tells what it is."""


def _main(
    kind: Kind, called: str, version: str | None, listed: Sequence[Item]
) -> tuple[Firmware | None, Item | None]:
    """The firmware of a kind, and the item of the inventory that it is."""
    for one in listed:
        if _WORDS[kind].search(one[2]) and version in {one[1], None}:
            return Firmware(one[0], one[1], kind), one
    return (None, None) if version is None else (Firmware(called, version, kind), None)


def _listed(reader: Reader, place: Place) -> Iterator[Item]:
    service = place.services.get("UpdateService")
    doc = reader.open(service) if service else None
    if doc is None:
        return
    collection = doc.link("FirmwareInventory") or doc.link("SoftwareInventory")
    for one in members(reader, collection):
        if absent(one) or _of_another(one, place) or name_of(one.path).startswith(_NOT_RUNNING):
            continue
        version = one.text("Version")
        if version is None:
            one.remark("Version", "tells no version")
            continue
        title = _title(one)
        related = " ".join("bmc" if "/Managers/" in link else "" for link in one.links("RelatedItem"))
        yield title, version, " ".join((title, one.text("Id") or "", one.text("Description") or "", related))


def _title(one: Doc) -> str:
    """What it is called; its id where all items are called the same, "Software Inventory"."""
    called = one.text("Name")
    if called is None or _NAMES_NOTHING.fullmatch(called):
        return one.text("Id") or name_of(one.path)
    return called


def _of_another(one: Doc, place: Place) -> bool:
    """Whether it is that of another system of the same BMC, by its related items or, on an HPE Cray EX, by its id: Node1.BIOS."""
    foreign = {plain(other) for other in place.others}
    related = {plain(link) for link in one.links("RelatedItem")}
    if related:
        return bool(related & foreign) and plain(place.system or "") not in related
    return any(name_of(one.path).startswith(f"{name_of(other)}.") for other in place.others)
