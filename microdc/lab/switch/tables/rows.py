"""A bridge and the facts of its switch -> rows of SNMP. Pure.

BRIDGE-MIB is RFC 4188, Q-BRIDGE-MIB RFC 4363, ENTITY-MIB RFC 6933. There is one VLAN, number 1, untagged on all ports: the bridge filters none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from microdc.lab.switch.tables.kernel import Entry, Link

Oid = tuple[int, ...]
Row = tuple[Oid, str, str]
"""OID, type and value as pass_persist of snmpd.conf(5) writes them."""

_MIB2: Oid = (1, 3, 6, 1, 2, 1)
_IF_DESCR, _IF_NAME = (*_MIB2, 2, 2, 1, 2), (*_MIB2, 31, 1, 1, 1, 1)
_BASE, _STP, _TP = (*_MIB2, 17, 1), (*_MIB2, 17, 2), (*_MIB2, 17, 4)
_Q = (*_MIB2, 17, 7, 1)
_ENTITY, _ALIAS = (*_MIB2, 47, 1, 1, 1, 1), (*_MIB2, 47, 1, 3, 2, 1, 2)
AGEING = 3600
"""Seconds that a bridge of the lab remembers an address: a machine that waits in its firmware says nothing for longer than the usual 300."""
_VLAN, _VLAN_NAME = 1, "default"
_LEARNED, _SELF = 3, 4  # dot1dTpFdbStatus, dot1qTpFdbStatus
_CHASSIS, _PORT = 3, 10  # PhysicalClass
_FIRST_PORT = 100
"""Of entPhysicalIndex: the chassis is 1."""


def rows(facts: Mapping[str, Any], links: Sequence[Link], entries: Iterable[Entry]) -> list[Row]:
    """All of them in the order of their OIDs. facts: as facts.json has them."""
    ports = {port["interface"]: port for port in facts["ports"]}
    there = [(ports[link.name], link) for link in links if link.name in ports]
    members = [(port["number"], link) for port, link in there if link.state is not None]
    made = [
        *_names(links, ports),
        *_bridge(facts["mac"], members),
        *_spanning_tree(members),
        *_addresses({link.name: number for number, link in members}, entries),
        *_vlans([number for number, _ in members]),
        *_entities(facts, there),
    ]
    return sorted(made)


def _names(links: Iterable[Link], ports: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """Of ifDescr and ifName: of a port the declared one, which snmpd cannot know."""
    for link in links:
        name = str(ports.get(link.name, {}).get("name", link.name))
        for column in (_IF_DESCR, _IF_NAME):
            yield (*column, link.index), "octet", _hex(name.encode())


def _bridge(mac: str, members: Sequence[tuple[int, Link]]) -> Iterator[Row]:
    yield (*_BASE, 1, 0), "octet", _mac(mac)
    yield (*_BASE, 2, 0), "integer", str(len(members))
    yield (*_BASE, 3, 0), "integer", "2"  # transparent only
    for number, link in members:
        yield (*_BASE, 4, 1, 1, number), "integer", str(number)
        yield (*_BASE, 4, 1, 2, number), "integer", str(link.index)
        yield (*_BASE, 4, 1, 3, number), "objectid", ".0.0"
        yield (*_BASE, 4, 1, 4, number), "counter", "0"
        yield (*_BASE, 4, 1, 5, number), "counter", "0"


def _spanning_tree(members: Iterable[tuple[int, Link]]) -> Iterator[Row]:
    yield (*_STP, 1, 0), "integer", "1"  # none of the known protocols
    for number, link in members:
        yield (*_STP, 15, 1, 1, number), "integer", str(number)
        yield (*_STP, 15, 1, 3, number), "integer", str(link.state)


def _addresses(numbers: Mapping[str, int], entries: Iterable[Entry]) -> Iterator[Row]:
    yield (*_TP, 1, 0), "counter", "0"
    yield (*_TP, 2, 0), "integer", str(AGEING)
    count = 0
    for entry in entries:
        number = numbers.get(entry.interface)
        if number is None:
            continue
        count += entry.learned
        index = tuple(bytes.fromhex(entry.mac.replace(":", "")))
        status = str(_LEARNED if entry.learned else _SELF)
        yield (*_TP, 3, 1, 1, *index), "octet", _mac(entry.mac)
        yield (*_TP, 3, 1, 2, *index), "integer", str(number)
        yield (*_TP, 3, 1, 3, *index), "integer", status
        yield (*_Q, 2, 2, 1, 2, _VLAN, *index), "integer", str(number)
        yield (*_Q, 2, 2, 1, 3, _VLAN, *index), "integer", status
    yield (*_Q, 2, 1, 1, 2, _VLAN), "gauge", str(count)


def _vlans(numbers: Sequence[int]) -> Iterator[Row]:
    every, none = _hex(_bits(numbers)), _hex(_bits(()) or b"\0")
    for leaf, value in ((1, 1), (2, 4094), (3, 1), (4, 1), (5, 2)):
        yield (*_Q, 1, leaf, 0), "gauge" if leaf == 4 else "integer", str(value)
    current = (*_Q, 4, 2, 1)
    yield (*current, 3, 0, _VLAN), "gauge", str(_VLAN)
    yield (*current, 4, 0, _VLAN), "octet", every
    yield (*current, 5, 0, _VLAN), "octet", every
    yield (*current, 6, 0, _VLAN), "integer", "2"  # permanent
    yield (*current, 7, 0, _VLAN), "timeticks", "0"
    static = (*_Q, 4, 3, 1)
    yield (*static, 1, _VLAN), "string", _VLAN_NAME
    yield (*static, 2, _VLAN), "octet", every
    yield (*static, 3, _VLAN), "octet", none
    yield (*static, 4, _VLAN), "octet", every
    yield (*static, 5, _VLAN), "integer", "1"  # active
    for number in numbers:
        yield (*_Q, 4, 5, 1, 1, number), "gauge", str(_VLAN)
        yield (*_Q, 4, 5, 1, 2, number), "integer", "1"  # all frames
        yield (*_Q, 4, 5, 1, 3, number), "integer", "2"  # no filtering


def _entities(facts: Mapping[str, Any], there: Sequence[tuple[Mapping[str, Any], Link]]) -> Iterator[Row]:
    chassis = {
        2: f"{facts['manufacturer']} {facts['model']}", 7: facts["name"], 11: facts["serial"],
        12: facts["manufacturer"], 13: facts["model"],
    }  # fmt: skip
    yield from _entity(1, 0, (_CHASSIS, -1, 1), chassis)
    for port, link in there:
        number = int(port["number"])
        yield from _entity(_FIRST_PORT + number, 1, (_PORT, number, 2), {2: "port", 7: str(port["name"])})
        target = ".".join(map(str, (*_MIB2, 2, 2, 1, 1, link.index)))
        yield (*_ALIAS, _FIRST_PORT + number, 0), "objectid", f".{target}"


def _entity(index: int, inside: int, kind: tuple[int, int, int], texts: Mapping[int, str]) -> Iterator[Row]:
    """kind: entPhysicalClass, entPhysicalParentRelPos and entPhysicalIsFRU."""
    yield (*_ENTITY, 3, index), "objectid", ".0.0"
    yield (*_ENTITY, 4, index), "integer", str(inside)
    for column, value in zip((5, 6, 16), kind, strict=True):
        yield (*_ENTITY, column, index), "integer", str(value)
    for column in (2, *range(7, 16)):
        yield (*_ENTITY, column, index), "octet", _hex(texts.get(column, "").encode())


def _bits(numbers: Iterable[int]) -> bytes:
    """PortList of Q-BRIDGE-MIB: the first port is the highest bit of the first byte."""
    made = bytearray()
    for number in numbers:
        place = (number - 1) // 8
        made.extend(bytes(place + 1 - len(made)))
        made[place] |= 0x80 >> (number - 1) % 8
    return bytes(made)


def _mac(text: str) -> str:
    return text.replace(":", " ")


def _hex(data: bytes) -> str:
    return data.hex(" ")
