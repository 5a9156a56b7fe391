"""Faults of whatever stands in the rack of a lab: its servers and its switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.rack import faults as of_servers
from microdc.lab.rack.start import Files
from microdc.lab.switch import faults as of_switches

Kind = Literal["server", "switch"]


def kind_of(lab: str, device: str) -> Kind:
    """What the device is. Raises InputError for one that the lab does not have."""
    servers = sorted(path.parent.name for path in Files.of(lab).root.glob("*/machine.json"))
    switches = sorted(path.parent.name for path in (names.lab_dir(lab) / "switches").glob("*/facts.json"))
    if device in switches:
        return "switch"
    if device in servers:
        return "server"
    there = [*servers, *switches]
    hint = nearest(device, there) or ", ".join(there) or f"microdc lab up --rack --name {lab}"
    raise InputError(f"the lab {lab} has no server or switch {device!r}", hint=hint)


def known(kind: Kind) -> list[str]:
    """Every fault that can be planted in such a device."""
    return of_switches.known() if kind == "switch" else of_servers.known()


def planted(lab: str, device: str) -> dict[str, Any]:
    """The faults of a device now, each with its measure."""
    if kind_of(lab, device) == "switch":
        return of_switches.planted(lab, device)
    return of_servers.planted(lab, device)


def plant(lab: str, device: str, faults: Mapping[str, Any]) -> None:
    """Plants faults beside those that are there; a value of None takes one away. Raises InputError, and plants none, for an unknown one."""
    if kind_of(lab, device) == "switch":
        of_switches.plant(lab, device, faults)
    else:
        of_servers.plant(lab, device, faults)
