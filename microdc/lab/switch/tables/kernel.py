"""A bridge as the kernel has it now, by iproute2's `ip` and `bridge`."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

BRIDGE = "br0"
_STATES = {"disabled": 1, "blocking": 2, "listening": 3, "learning": 4, "forwarding": 5}
"""dot1dStpPortState."""


@dataclass(frozen=True)
class Link:
    """An interface. state: dot1dStpPortState where it is in the bridge, else None."""

    name: str
    index: int
    mac: str
    state: int | None


@dataclass(frozen=True)
class Entry:
    """A row of the forwarding table. learned: heard on that port; else it is the port's own address."""

    mac: str
    interface: str
    learned: bool


def links() -> list[Link]:
    """All interfaces here, in the kernel's order."""
    states = {one["ifname"]: _STATES.get(one.get("state", ""), 6) for one in _told("bridge", "link", "show")}
    return [
        Link(one["ifname"], one["ifindex"], one.get("address", ""), states.get(one["ifname"]))
        for one in _told("ip", "link", "show")
    ]


def entries() -> list[Entry]:
    """What the bridge has learned, and its ports' own addresses; a row for each address."""
    found: dict[str, Entry] = {}
    for one in _told("bridge", "fdb", "show", "br", BRIDGE):
        if "self" in one.get("flags", ()) or one.get("ifname") == BRIDGE or int(one["mac"][:2], 16) & 1:
            continue
        entry = Entry(one["mac"], one["ifname"], one.get("state") != "permanent")
        found[entry.mac] = entry
    return list(found.values())


def _told(program: str, *words: str) -> list[dict[str, Any]]:
    done = subprocess.run([program, "-j", *words], stdout=subprocess.PIPE, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout or b"[]")
    return found
