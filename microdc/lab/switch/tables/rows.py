"""The bridges of a switch and its facts -> rows of SNMP. Pure.

BRIDGE-MIB is RFC 4188, Q-BRIDGE-MIB RFC 4363, ENTITY-MIB RFC 6933. A port is untagged in the VLAN whose bridge it is in, and carries those tagged for
which it has a strand beside it (see naming); what is heard on a strand was heard on its port.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from microdc.lab.switch.naming import strand_of
from microdc.lab.switch.tables import vlans
from microdc.lab.switch.tables.cells import MIB2, Row, hexed, octets, spaced, status
from microdc.lab.switch.tables.kernel import Entry, Link

_IF_DESCR, _IF_NAME = (*MIB2, 2, 2, 1, 2), (*MIB2, 31, 1, 1, 1, 1)
_BASE, _STP, _TP = (*MIB2, 17, 1), (*MIB2, 17, 2), (*MIB2, 17, 4)
_ENTITY, _ALIAS = (*MIB2, 47, 1, 1, 1, 1), (*MIB2, 47, 1, 3, 2, 1, 2)
AGEING = 3600
"""Seconds that a bridge of the lab remembers an address: a machine that waits in its firmware says nothing for longer than the usual 300."""
_CHASSIS, _PORT = 3, 10  # PhysicalClass
_FIRST_PORT = 100
"""Of entPhysicalIndex: the chassis is 1."""


def rows(facts: Mapping[str, Any], links: Sequence[Link], entries: Iterable[Entry]) -> list[Row]:
    """All of them in the order of their OIDs. facts: as facts.json has them."""
    ports = {port["interface"]: port for port in facts["ports"]}
    there = [(ports[link.name], link) for link in links if link.name in ports]
    members = [(port["number"], link) for port, link in there if link.state is not None]
    seen = _seen({link.name: number for number, link in members}, entries)
    made = [
        *_names(links, ports),
        *_bridge(facts["mac"], members),
        *_spanning_tree(members),
        *_addresses(seen),
        *vlans.rows(links, members, seen),
        *_entities(facts, there),
    ]
    return sorted(made)


def _names(links: Iterable[Link], ports: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """Of ifDescr and ifName: of a port the declared one, which snmpd cannot know."""
    for link in links:
        if strand_of(link.name):
            continue
        name = str(ports.get(link.name, {}).get("name", link.name))
        for column in (_IF_DESCR, _IF_NAME):
            yield (*column, link.index), "octet", hexed(name.encode())


def _bridge(mac: str, members: Sequence[tuple[int, Link]]) -> Iterator[Row]:
    yield (*_BASE, 1, 0), "octet", spaced(mac)
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


def _seen(numbers: Mapping[str, int], entries: Iterable[Entry]) -> list[tuple[int, Entry]]:
    """Entries with the number of the port at which each was heard."""
    found = []
    for entry in entries:
        of_strand = strand_of(entry.interface)
        number = of_strand[1] if of_strand else numbers.get(entry.interface)
        if number is not None and (entry.learned or not of_strand):  # a strand's own address is nobody's
            found.append((number, entry))
    return found


def _addresses(seen: Sequence[tuple[int, Entry]]) -> Iterator[Row]:
    """Without VLANs: of an address that is in several, that of the lowest."""
    yield (*_TP, 1, 0), "counter", "0"
    yield (*_TP, 2, 0), "integer", str(AGEING)
    lowest: dict[str, tuple[int, Entry]] = {}
    for number, entry in sorted(seen, key=lambda one: -one[1].vlan):
        lowest[entry.mac] = number, entry
    for number, entry in lowest.values():
        index = octets(entry.mac)
        yield (*_TP, 3, 1, 1, *index), "octet", spaced(entry.mac)
        yield (*_TP, 3, 1, 2, *index), "integer", str(number)
        yield (*_TP, 3, 1, 3, *index), "integer", status(entry)


def _entities(facts: Mapping[str, Any], there: Sequence[tuple[Mapping[str, Any], Link]]) -> Iterator[Row]:
    chassis = {
        2: f"{facts['manufacturer']} {facts['model']}", 7: facts["name"], 11: facts["serial"],
        12: facts["manufacturer"], 13: facts["model"],
    }  # fmt: skip
    yield from _entity(1, 0, (_CHASSIS, -1, 1), chassis)
    for port, link in there:
        number = int(port["number"])
        yield from _entity(_FIRST_PORT + number, 1, (_PORT, number, 2), {2: "port", 7: str(port["name"])})
        target = ".".join(map(str, (*MIB2, 2, 2, 1, 1, link.index)))
        yield (*_ALIAS, _FIRST_PORT + number, 0), "objectid", f".{target}"


def _entity(index: int, inside: int, kind: tuple[int, int, int], texts: Mapping[int, str]) -> Iterator[Row]:
    """kind: entPhysicalClass, entPhysicalParentRelPos and entPhysicalIsFRU."""
    yield (*_ENTITY, 3, index), "objectid", ".0.0"
    yield (*_ENTITY, 4, index), "integer", str(inside)
    for column, value in zip((5, 6, 16), kind, strict=True):
        yield (*_ENTITY, column, index), "integer", str(value)
    for column in (2, *range(7, 16)):
        yield (*_ENTITY, column, index), "octet", hexed(texts.get(column, "").encode())
