"""The VLANs of a switch -> rows of Q-BRIDGE-MIB (RFC 4363). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from microdc.lab.switch.naming import LAST, NATIVE, strand_of, vlan_of
from microdc.lab.switch.tables.cells import MIB2, Row, bits, hexed, octets, status
from microdc.lab.switch.tables.kernel import Entry, Link

_Q = (*MIB2, 17, 7, 1)


def rows(
    links: Sequence[Link], members: Sequence[tuple[int, Link]], seen: Sequence[tuple[int, Entry]]
) -> Iterator[Row]:
    """members: the ports that are in a VLAN, seen: the rows of their tables, each with the port's number."""
    found = _vlans(links, members)
    yield from _filtering(seen, [vlan.number for vlan in found])
    yield from _tables(found)
    yield from _ports({number: link.vlan or NATIVE for number, link in members})


def _filtering(seen: Sequence[tuple[int, Entry]], vlans: Iterable[int]) -> Iterator[Row]:
    """Each VLAN has a table of its own, with its number."""
    for number, entry in seen:
        index = (entry.vlan, *octets(entry.mac))
        yield (*_Q, 2, 2, 1, 2, *index), "integer", str(number)
        yield (*_Q, 2, 2, 1, 3, *index), "integer", status(entry)
    for vlan in vlans:
        count = sum(entry.learned for _, entry in seen if entry.vlan == vlan)
        yield (*_Q, 2, 1, 1, 2, vlan), "gauge", str(count)


@dataclass(frozen=True)
class _Vlan:
    """untagged, tagged: numbers of ports."""

    number: int
    untagged: frozenset[int]
    tagged: frozenset[int]

    @property
    def name(self) -> str:
        return "default" if self.number == NATIVE else f"VLAN{self.number:04}"


def _vlans(links: Sequence[Link], members: Sequence[tuple[int, Link]]) -> list[_Vlan]:
    """Those that have a bridge. A strand beside a port that is in the VLAN itself is off."""
    untagged = {(link.vlan, number) for number, link in members}
    strands = {of_strand for link in links if link.vlan and (of_strand := strand_of(link.name))}
    numbers = {number for number, _ in members}
    return [
        _Vlan(
            vlan,
            frozenset(number for of, number in untagged if of == vlan),
            frozenset(number for of, number in strands - untagged if of == vlan and number in numbers),
        )
        for vlan in sorted(filter(None, (vlan_of(link.name) for link in links)))
    ]


def _tables(vlans: Sequence[_Vlan]) -> Iterator[Row]:
    for leaf, value in ((1, 1), (2, LAST), (3, LAST), (4, len(vlans)), (5, 2)):
        yield (*_Q, 1, leaf, 0), "gauge" if leaf in {3, 4} else "integer", str(value)
    current, static = (*_Q, 4, 2, 1), (*_Q, 4, 3, 1)
    for vlan in vlans:
        egress, untagged = (
            hexed(bits(sorted(ports)) or b"\0") for ports in (vlan.untagged | vlan.tagged, vlan.untagged)
        )
        yield (*current, 3, 0, vlan.number), "gauge", str(vlan.number)
        yield (*current, 4, 0, vlan.number), "octet", egress
        yield (*current, 5, 0, vlan.number), "octet", untagged
        yield (*current, 6, 0, vlan.number), "integer", "2"  # permanent
        yield (*current, 7, 0, vlan.number), "timeticks", "0"
        yield (*static, 1, vlan.number), "string", vlan.name
        yield (*static, 2, vlan.number), "octet", egress
        yield (*static, 3, vlan.number), "octet", hexed(b"\0")
        yield (*static, 4, vlan.number), "octet", untagged
        yield (*static, 5, vlan.number), "integer", "1"  # active


def _ports(vlans: Mapping[int, int]) -> Iterator[Row]:
    """By port, the VLAN of untagged frames."""
    for number, vlan in vlans.items():
        yield (*_Q, 4, 5, 1, 1, number), "gauge", str(vlan)
        yield (*_Q, 4, 5, 1, 2, number), "integer", "1"  # all frames
        yield (*_Q, 4, 5, 1, 3, number), "integer", "2"  # no filtering
