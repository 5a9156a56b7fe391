"""Chassis and port ids of LLDP (IEEE 802.1AB-2016, 8.5.2 and 8.5.3): a subtype and octets -> an Identifier. Pure."""

from __future__ import annotations

import contextlib
import ipaddress

from microdc.switch.model import Identifier, IdKind
from microdc.switch.snmp import texts

_CHASSIS: dict[int | None, IdKind] = {
    1: "component",
    2: "alias",
    3: "port",
    4: "mac",
    5: "address",
    6: "name",
    7: "local",
}
_PORT: dict[int | None, IdKind] = {
    1: "alias",
    2: "component",
    3: "mac",
    4: "address",
    5: "name",
    6: "agent circuit",
    7: "local",
}
_FAMILIES = {1: 4, 2: 16}
"""Octets of an address by its family, as IANA numbers them; the family is the first octet."""
_MAC = 6


def chassis(subtype: int | None, said: bytes) -> Identifier:
    """A chassis id. A subtype that is unknown, or was not told, makes an id of an unknown kind."""
    return _identifier(_CHASSIS.get(subtype, "unknown"), said)


def port(subtype: int | None, said: bytes) -> Identifier:
    """A port id."""
    return _identifier(_PORT.get(subtype, "unknown"), said)


def _identifier(kind: IdKind, said: bytes) -> Identifier:
    return Identifier(kind, _text(kind, said), said.hex())


def _text(kind: IdKind, said: bytes) -> str:
    if kind == "mac":
        written = texts.mac(said)
    elif kind == "address":
        written = network_address(said)
    else:
        written = None
    if written is not None:
        return written
    if texts.plain(said):
        return texts.readable(said)
    # 6 octets that are no text are a MAC address, whatever they are called
    return said.hex(":" if len(said) == _MAC else " ")


def network_address(said: bytes) -> str | None:
    """An address that begins with its family's number, as the standard has it, or without, as some send it, or one that is written."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(said.decode("ascii")))
    if said and _FAMILIES.get(said[0]) == len(said) - 1:
        return texts.address(said[1:])
    return texts.address(said)
