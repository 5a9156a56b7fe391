"""The bridges of a switch as the kernel has them now, by iproute2's `ip` and `bridge`."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from microdc.lab.switch.naming import vlan_of

_STATES = {"disabled": 1, "blocking": 2, "listening": 3, "learning": 4, "forwarding": 5}
"""dot1dStpPortState."""


@dataclass(frozen=True)
class Link:
    """An interface. state: dot1dStpPortState where it is in a VLAN's bridge, else None; vlan: that VLAN."""

    name: str
    index: int
    mac: str
    state: int | None
    vlan: int | None = None


@dataclass(frozen=True)
class Entry:
    """A row of a VLAN's forwarding table. learned: heard on that port; else it is the port's own address."""

    mac: str
    interface: str
    learned: bool
    vlan: int


def links() -> list[Link]:
    """All interfaces here, in the kernel's order."""
    joined = {
        one["ifname"]: (_STATES.get(one.get("state", ""), 6), vlan)
        for one in _told("bridge", "link", "show")
        if (vlan := vlan_of(one.get("master", "")))
    }
    return [
        Link(one["ifname"], one["ifindex"], one.get("address", ""), *joined.get(one["ifname"], (None, None)))
        for one in _told("ip", "link", "show")
    ]


def entries() -> list[Entry]:
    """What the bridges have learned, and their ports' own addresses; a row for each VLAN and address."""
    found: dict[tuple[int, str], Entry] = {}
    for one in _told("bridge", "fdb", "show"):
        vlan = vlan_of(one.get("master", ""))
        if vlan is None or one["ifname"] == one["master"] or int(one["mac"][:2], 16) & 1:
            continue
        entry = Entry(one["mac"], one["ifname"], one.get("state") != "permanent", vlan)
        found[vlan, entry.mac] = entry
    return list(found.values())


def _told(program: str, *words: str) -> list[dict[str, Any]]:
    done = subprocess.run([program, "-j", *words], stdout=subprocess.PIPE, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout or b"[]")
    return found
