"""What a lab is plugged together of: interfaces, and the links between them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

Interface = IPv4Interface | IPv6Interface
IpAddress = IPv4Address | IPv6Address

BRIDGE = "br0"


@dataclass(frozen=True, slots=True)
class Port:
    """One end of a link. namespace: "" for one inside a guest; master: its bridge, or ""; mtu: bytes."""

    namespace: str
    name: str
    mac: str
    mtu: int
    master: str = ""
    addresses: tuple[Interface, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A cable from a bridge's port to a NIC of a host or an emulator."""

    port: Port
    nic: Port


def bridge_port(namespace: str, name: str, mtu: int) -> Port:
    """A port of a namespace's bridge."""
    return Port(namespace, name, mac_of(namespace, name), mtu, master=BRIDGE)


def mac_of(*parts: str) -> str:
    """A locally administered MAC address that is the same at every run and differs by name."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))
