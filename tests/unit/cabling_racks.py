"""Racks for the tests of cabling: what is declared, what is really plugged where, and what switches would then tell."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from microdc.survey.cabling.model import Cabled, End, Expected
from microdc.switch.model import Address, Identifier, Neighbour, Port, SwitchState, System

Speaks = Literal["lldpd", "card", "names", "nothing"]
"""How a server tells of itself over LLDP: as lldpd does; as the firmware of network cards does; by names only; not at all."""


@dataclass(frozen=True)
class Host:
    """A server. macs: by NIC. silent: it sends nothing. bond: the NIC that sends for all of them, with the address of the first."""

    name: str
    macs: Mapping[str, str]
    speaks: Speaks = "lldpd"
    silent: bool = False
    bond: str = ""


@dataclass(frozen=True)
class Rack:
    """ports: of each switch. deaf: switches without LLDP. cables: what is really plugged, end to end. strangers: ends of no device of ours."""

    ports: Mapping[str, tuple[str, ...]]
    hosts: Mapping[str, Host]
    cables: tuple[tuple[End, End], ...]
    deaf: frozenset[str] = frozenset()
    strangers: Mapping[End, Host] = field(default_factory=dict)

    def __repr__(self) -> str:
        told = ", ".join(
            f"{one.name} {one.speaks}{' silent' if one.silent else ''}{' bond on ' + one.bond if one.bond else ''}"
            for one in self.hosts.values()
        )
        return f"{', '.join(f'{a} - {b}' for a, b in self.cables)}; {told}"


def ident(kind: str, text: str) -> Identifier:
    return Identifier(kind, text)  # type: ignore[arg-type]


def mac_of_switch(rack: Rack, switch: str) -> str:
    return f"00:1c:73:00:{sorted(rack.ports).index(switch):02x}:00"


def told(rack: Rack) -> dict[str, SwitchState]:
    """What every switch tells, when each port was used and nobody changed anything for a while."""
    joined: dict[End, End] = {}
    for a, b in rack.cables:
        joined |= {a: b, b: a}
    return {switch: _state(rack, switch, joined) for switch in rack.ports}


def _state(rack: Rack, switch: str, joined: Mapping[End, End]) -> SwitchState:
    chassis = mac_of_switch(rack, switch)
    ports = tuple(
        Port(
            number,
            name,
            mac=f"{chassis[:-2]}{number:02x}",
            kind=6,
            admin="up",
            oper="up" if End(switch, name) in joined else "down",
        )
        for number, name in enumerate(rack.ports[switch], 1)
    )
    heard = [] if switch in rack.deaf else list(_neighbours(rack, switch, joined))
    return SwitchState(
        System(name=f"{switch}.example.net", chassis=ident("mac", chassis)),
        ports,
        tuple(heard),
        addresses=tuple(_addresses(rack, switch, joined)),
    )


def host_of(rack: Rack, end: End) -> Host | None:
    return rack.hosts.get(end.device) or rack.strangers.get(end)


def _neighbours(rack: Rack, switch: str, joined: Mapping[End, End]) -> Iterable[Neighbour]:
    for number, name in enumerate(rack.ports[switch], 1):
        end = joined.get(End(switch, name))
        if end is None or end.device in rack.deaf:
            continue
        if end.device in rack.ports:
            chassis = ident("mac", mac_of_switch(rack, end.device))
            yield Neighbour(name, chassis, ident("name", end.port), number, f"{end.device}.example.net")
            continue
        host = host_of(rack, end)
        if host and not host.silent and host.speaks != "nothing":
            yield _told_by(host, end.port, name, number)


def _told_by(host: Host, nic: str, port: str, number: int) -> Neighbour:
    mac = host.macs[nic]
    if host.speaks == "card":
        return Neighbour(port, ident("mac", mac), ident("mac", mac), number)
    if host.speaks == "names":
        return Neighbour(port, ident("local", host.name), ident("name", nic), number, host.name)
    first = next(iter(host.macs.values()))
    return Neighbour(port, ident("mac", first), ident("mac", mac), number, host.name, port_description=nic)


def _addresses(rack: Rack, switch: str, joined: Mapping[End, End]) -> Iterable[Address]:
    """Every port that speaks is behind the port that leads to it over a tree of the links between switches."""
    for start in rack.ports[switch]:
        end = joined.get(End(switch, start))
        if end is None:
            continue
        if end.device not in rack.ports:
            yield from _speaking(rack, end, start)
        elif _leads(rack, joined, switch, start):
            for further in _behind(rack, joined, switch, start):
                yield from _speaking(rack, further, start)


def _speaking(rack: Rack, end: End, port: str) -> Iterable[Address]:
    host = host_of(rack, end)
    if host and not host.silent and host.bond in {"", end.port}:
        mac = next(iter(host.macs.values())) if host.bond else host.macs[end.port]
        yield Address(mac, port, 1)


def _tree(rack: Rack, joined: Mapping[End, End]) -> frozenset[End]:
    """The switches' ports that forward: the others would close a loop."""
    kept: set[End] = set()
    done: set[str] = set()
    for root in sorted(rack.ports):
        if root in done:
            continue
        done.add(root)
        queue = deque([root])
        while queue:
            here = queue.popleft()
            for port in rack.ports[here]:
                end = joined.get(End(here, port))
                if end and end.device in rack.ports and end.device not in done:
                    done.add(end.device)
                    kept |= {End(here, port), end}
                    queue.append(end.device)
    return frozenset(kept)


def _leads(rack: Rack, joined: Mapping[End, End], switch: str, port: str) -> bool:
    return End(switch, port) in _tree(rack, joined)


def _behind(rack: Rack, joined: Mapping[End, End], switch: str, port: str) -> Iterable[End]:
    tree = _tree(rack, joined)
    first = joined[End(switch, port)]
    seen, queue = {switch, first.device}, deque([first.device])
    while queue:
        here = queue.popleft()
        for name in rack.ports[here]:
            end = joined.get(End(here, name))
            if end is None:
                continue
            if end.device not in rack.ports:
                yield end
            elif End(here, name) in tree and end.device not in seen:
                seen.add(end.device)
                queue.append(end.device)


def declared(rack: Rack, *, macs: bool = True) -> Expected:
    """The inventory that describes the rack as it is plugged."""
    cables = []
    for a, b in rack.cables:
        if a not in rack.strangers and b not in rack.strangers:
            cables.append(Cabled(a, b) if b.device in rack.ports else Cabled(b, a))
    return Expected(
        tuple(cables),
        {**dict.fromkeys(rack.hosts, "server"), **dict.fromkeys(rack.ports, "switch")},
        {host.name: tuple(host.macs) for host in rack.hosts.values()},
        {End(host.name, nic): mac for host in rack.hosts.values() for nic, mac in host.macs.items()}
        if macs
        else {},
    )


def replug(rack: Rack, places: Mapping[End, End]) -> Rack:
    """The rack with the cables of some ends (of servers, or a switch's end of a link) put elsewhere."""
    cables = []
    for a, b in rack.cables:
        if b in places:
            a, b = b, a  # noqa: PLW2901
        cables.append((a, places.get(a, b)))
    return replace(rack, cables=tuple(cables))


def unplug(rack: Rack, end: End) -> Rack:
    return replace(rack, cables=tuple(pair for pair in rack.cables if end not in pair))


def free_ports(rack: Rack) -> list[End]:
    used = {end for pair in rack.cables for end in pair}
    return [
        End(switch, port)
        for switch, ports in rack.ports.items()
        for port in ports
        if End(switch, port) not in used
    ]


def with_stranger(rack: Rack, port: End, host: Host) -> Rack:
    end = End(host.name, next(iter(host.macs)))
    return replace(rack, cables=(*rack.cables, (end, port)), strangers={**rack.strangers, end: host})


def small(**hosts: Host) -> Rack:
    """Two switches with a link, and servers with two NICs each, the first in sw1, the second in sw2."""
    ports = {name: tuple(f"Ethernet{number}" for number in range(1, 13)) for name in ("sw1", "sw2")}
    cables = [(End("sw1", "Ethernet12"), End("sw2", "Ethernet12"))]
    for number, host in enumerate(hosts.values(), 1):
        for switch, nic in zip(("sw1", "sw2"), host.macs, strict=False):
            cables.append((End(host.name, nic), End(switch, f"Ethernet{number}")))
    return Rack(ports, dict(hosts), tuple(cables))


def host(name: str, number: int, *, nics: int = 2, speaks: Speaks = "lldpd", silent: bool = False) -> Host:
    macs = {f"eno{nic}": f"3c:ec:ef:00:{number:02x}:{nic:02x}" for nic in range(1, nics + 1)}
    return Host(name, macs, speaks, silent)


def by_cable(verdicts: Iterable[object]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = defaultdict(list)
    for one in verdicts:
        found[str(getattr(one, "cable", None) or getattr(one, "port", ""))].append(one)
    return found
