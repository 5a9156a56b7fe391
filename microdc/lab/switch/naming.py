"""What the VLANs of a switch are called in its namespace. Pure, and of the standard library only: the SNMP tables need it too.

There are no tags in a lab, since many kernels have neither VLAN devices nor bridges that filter. So each VLAN is a bridge whose name ends in its
number, and a cable between two switches is several strands: the cable itself, which carries untagged frames, and one more for each further VLAN.
"""

from __future__ import annotations

import re

NATIVE = 1
"""The VLAN of a port of which nothing is said, and of the way to the site."""
LAST = 4094
HIDDEN = "+"
"""What the names of strands begin with, and those of ports never."""
_BRIDGE = re.compile(r"br([1-9]\d{0,3})")
_STRAND = re.compile(r"\+(\d+)-(\d+)")


def bridge_of(vlan: int) -> str:
    """The bridge that is this VLAN."""
    return f"br{vlan}"


def vlan_of(bridge: str) -> int | None:
    """The VLAN that a bridge is; None for another name."""
    found = _BRIDGE.fullmatch(bridge)
    return int(found[1]) if found and int(found[1]) <= LAST else None


def strand(vlan: int, number: int) -> str:
    """The interface that carries a VLAN beside the port of this number."""
    return f"{HIDDEN}{vlan}-{number}"


def strand_of(interface: str) -> tuple[int, int] | None:
    """VLAN and port number of a strand; None for any other interface."""
    found = _STRAND.fullmatch(interface)
    return (int(found[1]), int(found[2])) if found else None


def loose_strand(loose: str, vlan: int) -> str:
    """What a strand is called while its cable lies about. loose: what the cable is called then, ten characters long."""
    return f"{loose}.{vlan}"
