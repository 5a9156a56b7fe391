"""LLDP-MIB (IEEE 802.1AB): what is heard on the ports. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from microdc.switch.model import Identifier, Neighbour
from microdc.switch.snmp import identifiers, texts
from microdc.switch.snmp.objects import Index, Object, columns
from microdc.switch.snmp.ports import Ports
from microdc.switch.snmp.told import Told

_LOCAL_ENTRY = (1, 0, 8802, 1, 1, 2, 1, 3, 7, 1)
_REMOTE_ENTRY = (1, 0, 8802, 1, 1, 2, 1, 4, 1, 1)
LOCAL_KIND, LOCAL_ID, LOCAL_DESCRIPTION = columns(
    _LOCAL_ENTRY, lldpLocPortIdSubtype=2, lldpLocPortId=3, lldpLocPortDesc=4
)
CHASSIS_KIND, CHASSIS, PORT_KIND, PORT, PORT_DESCRIPTION, SYSTEM, SYSTEM_DESCRIPTION = columns(
    _REMOTE_ENTRY,
    lldpRemChassisIdSubtype=4,
    lldpRemChassisId=5,
    lldpRemPortIdSubtype=6,
    lldpRemPortId=7,
    lldpRemPortDesc=8,
    lldpRemSysName=9,
    lldpRemSysDesc=10,
)
MANAGEMENT = Object("lldpRemManAddrIfSubtype", (1, 0, 8802, 1, 1, 2, 1, 4, 2, 1, 3))
"""Any column that can be read serves: the address is in the index."""
OBJECTS = (
    LOCAL_KIND,
    LOCAL_ID,
    LOCAL_DESCRIPTION,
    CHASSIS_KIND,
    CHASSIS,
    PORT_KIND,
    PORT,
    PORT_DESCRIPTION,
    SYSTEM,
    SYSTEM_DESCRIPTION,
    MANAGEMENT,
)
_KEY = 3
"""A row's index: a time mark, the local port's number, a number of the neighbour."""
_IPV4, _IPV6, _MAC = 1, 2, 6
"""Address families (IANA)."""
_OCTETS = {_IPV4: 4, _IPV6: 16, _MAC: 6}


def neighbours(told: Told, ports: Ports) -> tuple[Neighbour, ...]:
    """Every neighbour, in the order of local ports. One without a chassis id or a port id is no neighbour, and one whose local port is not told is remarked."""
    managed = _management(told)
    found = []
    for index in told.indexes(CHASSIS, PORT):
        if len(index) != _KEY:  # RouterOS 6.44 gives the neighbour's number alone
            told.remark("lldpRemEntry", index, "it does not say on which port the neighbour is heard")
            continue
        neighbour = _neighbour(told, index, ports, managed)
        if neighbour is not None:
            found.append((index[1:], neighbour))
    return tuple(neighbour for _, neighbour in sorted(found, key=lambda pair: pair[0]))


def _neighbour(
    told: Told, index: Index, ports: Ports, managed: Mapping[Index, tuple[str, ...]]
) -> Neighbour | None:
    chassis, port = told.octets(CHASSIS, index), told.octets(PORT, index)
    if not chassis or not port:
        told.remark("lldpRemEntry", index, "a neighbour without chassis id or port id")
        return None
    name, local = _local(told, index[1], ports)
    return Neighbour(
        port=name,
        chassis=identifiers.chassis(told.number(CHASSIS_KIND, index), chassis),
        remote_port=identifiers.port(told.number(PORT_KIND, index), port),
        index=local,
        system=told.text(SYSTEM, index),
        system_description=told.text(SYSTEM_DESCRIPTION, index),
        port_description=told.text(PORT_DESCRIPTION, index),
        management=managed.get(index, ()),
    )


def _local(told: Told, number: int, ports: Ports) -> tuple[str, int | None]:
    """A local port's name and ifIndex, by LLDP's own number of it, which means what the vendor likes.

    The id and the description that the device gives the port tell best: name, alias or MAC address, or the ifIndex in digits (Juniper). A device that
    tells neither numbers its ports as its bridge does, as the standard wants it, or by ifIndex.
    """
    said = told.octets(LOCAL_ID, (number,))
    ident = identifiers.port(told.number(LOCAL_KIND, (number,)), said) if said else None
    description = told.text(LOCAL_DESCRIPTION, (number,))
    for text in (ident.text if ident else None, _as_mac(ident), description):
        index = ports.known.get(text) if text else None
        if index is not None:
            return ports.name(index), index
    if ident is not None and ident.text.isascii() and ident.text.isdigit() and int(ident.text) in ports.names:
        return ports.name(int(ident.text)), int(ident.text)
    index = ports.of_bridge(number)
    if index is None and number in ports.names:
        index = number
    if index is not None:
        return ports.name(index), index
    return (ident.text if ident else "") or description or str(number), None


def _as_mac(ident: Identifier | None) -> str | None:
    """Of an id whose kind is not told."""
    return texts.mac(bytes.fromhex(ident.told)) if ident else None


def _management(told: Told) -> dict[Index, tuple[str, ...]]:
    """Management addresses by the neighbour's index, IP before MAC; 0.0.0.0 and its like are none."""
    found: dict[Index, dict[str, bool]] = {}
    for index in told.indexes(MANAGEMENT):
        key, rest = index[:_KEY], index[_KEY:]
        address = _address(rest)
        if address is None:
            told.remark(MANAGEMENT.name, index, "its index is no address")
        elif address:
            found.setdefault(key, {})[address] = rest[0] == _MAC
    return {key: tuple(sorted(addresses, key=lambda one: addresses[one])) for key, addresses in found.items()}


def _address(index: Index) -> str | None:
    """A family, a length, which some leave out, and octets; "" for an address that stands for none; None for what is no address."""
    if not index or (length := _OCTETS.get(index[0])) is None or len(index) < length + 1:
        return None
    octets = index[-length:]
    if len(index) - length not in {1, 2} or max(octets) > 255:
        return None
    said = bytes(octets)
    if index[0] == _MAC:
        return said.hex(":")
    address = ipaddress.ip_address(said)
    return "" if address.is_unspecified else str(address)
