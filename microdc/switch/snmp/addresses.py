"""Q-BRIDGE-MIB (RFC 4363) and BRIDGE-MIB (RFC 4188): the forwarding table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from microdc.switch.model import Address
from microdc.switch.snmp.objects import Index, Object, columns
from microdc.switch.snmp.ports import Ports
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vlans import LAST

PORT, STATUS = columns((1, 3, 6, 1, 2, 1, 17, 7, 1, 2, 2, 1), dot1qTpFdbPort=2, dot1qTpFdbStatus=3)
PLAIN_PORT, PLAIN_STATUS = columns((1, 3, 6, 1, 2, 1, 17, 4, 3, 1), dot1dTpFdbPort=2, dot1dTpFdbStatus=3)
OBJECTS = (PORT, STATUS)
PLAIN = (PLAIN_PORT, PLAIN_STATUS)
"""The table without VLANs, for an agent that has no other."""
_MAC = 6
_OCTET = 255
_INVALID = 2
_PROOF = 3
"""Different numbers, of which fewer could be out of step by chance."""
_SEEN = {None, 3}
"""Learned; the others are the switch's own or were configured."""


def addresses(told: Told, ports: Ports, filters: Mapping[int, int]) -> tuple[Address, ...]:
    """Behind which port each MAC address was seen, by VLAN and address. filters: the VLAN of a forwarding table's number.

    Rows of port 0 are left out: they say that the address is known, and not where.
    """
    found = []
    ports = _in_step(told, ports)
    for index in told.column(PORT):
        number, mac = _split(told, PORT, index, numbered=True)
        port = _port(told, OBJECTS, index, ports) if mac else None
        if mac and port:
            vlan = filters.get(number, number if 0 < number <= LAST and not filters else None)
            found.append(Address(mac, port, vlan, told.number(STATUS, index) in _SEEN))
    return tuple(found) or plain(told, ports, None)


def plain(told: Told, ports: Ports, vlan: int | None) -> tuple[Address, ...]:
    """The table of one VLAN, or of a bridge that knows none."""
    found = []
    for index in told.column(PLAIN_PORT):
        _, mac = _split(told, PLAIN_PORT, index, numbered=False)
        port = _port(told, PLAIN, index, ports) if mac else None
        if mac and port:
            found.append(Address(mac, port, vlan, told.number(PLAIN_STATUS, index) in _SEEN))
    return tuple(found)


def _split(told: Told, of: Object, index: Index, *, numbered: bool) -> tuple[int, str | None]:
    """A forwarding table's number and a MAC address. Some write the address's length before it, which the MIB does not want."""
    octets = index[-_MAC:]
    before = index[:-_MAC]
    lengths = {1: False, 2: True} if numbered else {0: False, 1: True}
    long = lengths.get(len(before))
    if len(octets) != _MAC or max(octets) > _OCTET or long is None or (long and before[-1] != _MAC):
        told.remark(of.name, index, "its index holds no MAC address")
        return 0, None
    return (before[0] if numbered else 0), bytes(octets).hex(":")


def _in_step(told: Told, ports: Ports) -> Ports:
    """The ports as this table numbers them. Dell's OS 9 counts here from one more than in dot1dBasePortIfIndex: then none of its numbers is known there,

    and each is when it is one less.
    """
    numbers = {number for number in told.column(PORT).values() if isinstance(number, int)} - {0}
    known = ports.bridged.keys()
    if len(numbers) < _PROOF or numbers & known or not all(number - 1 in known for number in numbers):
        return ports
    return replace(ports, bridged={number + 1: index for number, index in ports.bridged.items()})


def _port(told: Told, of: tuple[Object, ...], index: Index, ports: Ports) -> str | None:
    """The port of a row that is valid and has one."""
    number, status = told.number(of[0], index), told.number(of[1], index)
    if not number or status == _INVALID:
        return None
    port = ports.of_bridge(number)
    if port is None:
        told.remark(of[0].name, index, "a port that the bridge does not number")
        return None
    return ports.name(port)
