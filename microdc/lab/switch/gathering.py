"""What the documents say of cables -> what is plugged into which port of a site's switches. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from microdc.errors import InputError
from microdc.lab.ports import mac_of
from microdc.lab.rack.naming import tap_of
from microdc.lab.switch.model import BMC, UPLINK, Cable
from microdc.lab.switch.naming import NATIVE
from microdc.lab.switch.sockets import short_hash
from microdc.testbed.model import Nic, Server, Site, Switch, Testbed

_Joined = tuple[tuple[str, str], tuple[str, str]]


@dataclass(slots=True)
class Drawn:
    """A switch while its cables are gathered, by port. vlans: of untagged frames, by port; known: all that it and the switches joined with it have."""

    switch: Switch
    cables: dict[str, Cable] = field(default_factory=dict)
    vlans: dict[str, int] = field(default_factory=dict)
    known: tuple[int, ...] = (NATIVE,)


def drawn_switches(testbed: Testbed, site: Site, lab: str) -> Iterator[Drawn]:
    """The switches of a site that something is plugged into. Raises InputError for a port with two cables."""
    drawn = {switch.name: Drawn(switch) for rack in site.racks.values() for switch in rack.switches.values()}
    servers = {server.name: server for rack in site.racks.values() for server in rack.servers.values()}
    for server in servers.values():
        for name, nic in _nics(server):
            if nic.switch in drawn:
                port = nic.port or f"{server.name}.{name}"
                _plug(testbed, drawn[nic.switch], port, _of_server(server, name, lab), nic.vlan)
    joined = []
    for a, b in _ends(site, drawn):
        if a[0] in drawn and b[0] in drawn:
            _plug(testbed, drawn[a[0]], a[1], Cable("switch", f"c{short_hash(*a)}", b))
            _plug(testbed, drawn[b[0]], b[1], Cable("switch", f"c{short_hash(*b)}", a))
            joined.append((a, b))
            continue
        (switch, port), far = (a, b) if a[0] in drawn else (b, a)
        if far[0] not in servers:
            _plug(testbed, drawn[switch], port, Cable("other", f"o{short_hash(switch, port)}", far))
            continue
        end = dict(_nics(servers[far[0]])).get(far[1])
        if end is None or not end.switch:
            vlan = end.vlan if end else None
            _plug(testbed, drawn[switch], port, _of_server(servers[far[0]], far[1], lab), vlan)
    groups = _groups(drawn, joined)
    for one in drawn.values():
        used = {vlan for name in groups[one.switch.name] for vlan in drawn[name].vlans.values()}
        one.known = tuple(sorted({NATIVE, *used}))
    for root in _roots(drawn, groups):
        port = next(name for name in (UPLINK, "uplink-to-site") if name not in drawn[root].cables)
        _plug(testbed, drawn[root], port, Cable("uplink", f"u{short_hash(root)}"))
    yield from (one for one in drawn.values() if one.cables)


def _nics(server: Server) -> Iterator[tuple[str, Nic]]:
    """Its network ports, its BMC's included, whose name in `cables` is `bmc`. What stands there counts only where the port names no switch itself."""
    yield from server.nics.items()
    if server.bmc and server.bmc.nic:
        yield BMC, server.bmc.nic


def _of_server(server: Server, nic: str, lab: str) -> Cable:
    """The cable of one of its NICs, or of its BMC's own port."""
    if nic in server.nics:
        return Cable("server", tap_of(server.name, list(server.nics).index(nic)), (server.name, nic))
    own = server.bmc.nic if server.bmc else None
    mac = own.mac if own and own.mac else mac_of(lab, server.name, BMC)
    return Cable("bmc", f"b{short_hash(server.name)}", (server.name, BMC), mac)


def _ends(site: Site, drawn: Mapping[str, Drawn]) -> Iterator[_Joined]:
    """Both ends of each data cable of `cables` of which one is at a switch."""
    for rack in site.racks.values():
        for cable in rack.cables:
            a, b = _end(cable.a), _end(cable.b)
            if cable.kind == "data" and (a[0] in drawn or b[0] in drawn):
                yield a, b


def _end(text: str) -> tuple[str, str]:
    device, _, port = text.partition(":")
    return device, port


def _plug(testbed: Testbed, drawn: Drawn, port: str, cable: Cable, vlan: int | None = None) -> None:
    if port in drawn.cables:
        switch = drawn.switch
        place = testbed.where("sites", switch.site, "racks", switch.rack, "switches", switch.name)
        raise InputError(f"port {port} of {switch.name} has two cables", where=str(place))
    drawn.cables[port] = cable
    drawn.vlans[port] = vlan or NATIVE


def _groups(drawn: Mapping[str, Drawn], joined: Sequence[_Joined]) -> Mapping[str, set[str]]:
    """Switch -> all that are joined with it, one and the same set for each of them. Cables that close a loop are marked so."""
    groups = {name: {name} for name in drawn}
    for a, b in joined:
        if groups[a[0]] is groups[b[0]]:
            for name, port in (a, b):
                drawn[name].cables[port] = replace(drawn[name].cables[port], forwards=False)
            continue
        groups[a[0]] |= groups[b[0]]
        for name in groups[a[0]]:
            groups[name] = groups[a[0]]
    return groups


def _roots(drawn: Mapping[str, Drawn], groups: Mapping[str, set[str]]) -> list[str]:
    """Of switches that are joined the first: by its uplink all of them reach the site."""
    first: dict[int, str] = {}
    for name, group in groups.items():
        if drawn[name].cables:
            first.setdefault(id(group), name)
    return list(first.values())
