"""The data cables that an inventory declares, and by what its devices are known. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from microdc.survey.cabling.model import BMC, Cabled, DeclaredVlan, DeviceKind, End, Expected
from microdc.testbed.model import Bmc, Cable, Nic, Server, Site, Testbed
from microdc.testbed.servers import servers


def expected(testbed: Testbed) -> Expected:
    """All of a testbed. A cable that `nics` and `cables` both tell is one."""
    kinds: dict[str, DeviceKind] = dict.fromkeys(testbed.emulators, "emulator")
    nics: dict[str, tuple[str, ...]] = {}
    macs: dict[End, str] = {}
    addresses: dict[str, End] = {}
    vlans: dict[End, DeclaredVlan] = {}
    for site in testbed.sites.values():
        for rack in site.racks.values():
            kinds |= dict.fromkeys(rack.servers, "server")
            kinds |= dict.fromkeys(rack.switches, "switch")
            kinds |= dict.fromkeys(rack.pdus, "pdu")
            managed = [(device.management, device.name) for device in rack.switches.values()]
            managed += [(device.management, device.name) for device in rack.pdus.values()]
            addresses |= {address: End(name) for address, name in managed if address}
            for server in rack.servers.values():
                ports = dict(_ports(server))
                nics[server.name] = tuple(ports)
                macs |= {End(server.name, name): nic.mac for name, nic in ports.items() if nic.mac}
                vlans |= dict(_vlans(testbed, server))
                if server.bmc and not server.bmc.system and (host := _host(server.bmc)):
                    addresses[host] = End(server.name, BMC)
    cables: dict[frozenset[End], Cabled] = {}
    for cable in (cable for site in testbed.sites.values() for cable in _cables(testbed, site, kinds)):
        cables.setdefault(frozenset(cable.ends), cable)
    return Expected(tuple(cables.values()), kinds, nics, macs, addresses, vlans)


def declares_vlans(testbed: Testbed) -> bool:
    """Whether the VLANs of switches' ports have to be known to hold its cables against it."""
    return any(True for server in servers(testbed) for _ in _vlans(testbed, server))


def _vlans(testbed: Testbed, server: Server) -> Iterator[tuple[End, DeclaredVlan]]:
    base = ("sites", server.site, "racks", server.rack, "servers", server.name)
    for name, nic in _ports(server):
        if nic.vlan is not None:
            place = testbed.where(*base, *_keys(server, name), "vlan")
            yield End(server.name, name), DeclaredVlan(nic.vlan, str(place))


def _ports(server: Server) -> Iterator[tuple[str, Nic]]:
    yield from server.nics.items()
    if server.bmc and server.bmc.nic:
        yield BMC, server.bmc.nic


def _keys(server: Server, nic: str) -> tuple[str, str]:
    """Where a server's entry says something of one of its ports."""
    return ("bmc", "nic") if nic == BMC and BMC not in server.nics else ("nics", nic)


def _host(bmc: Bmc) -> str:
    """Its address as LLDP would tell it; a name stays a name, which no management address is."""
    return (urlsplit(bmc.redfish).hostname or "") if bmc.redfish else bmc.ipmi


def _cables(testbed: Testbed, site: Site, kinds: dict[str, DeviceKind]) -> Iterator[Cabled]:
    for rack in site.racks.values():
        base = ("sites", site.name, "racks", rack.name)
        for server in rack.servers.values():
            for name, nic in _ports(server):
                if nic.switch:
                    path = ("servers", server.name, *_keys(server, name))
                    where = str(testbed.where(*base, *path, "switch"))
                    yield Cabled(End(server.name, name), End(nic.switch, nic.port), nic.label, where)
        for index, cable in enumerate(rack.cables):
            if cable.kind == "data":
                yield _cabled(cable, str(testbed.where(*base, "cables", index)), kinds)


def _cabled(cable: Cable, where: str, kinds: dict[str, DeviceKind]) -> Cabled:
    a, b = (End(*text.split(":", 1)) for text in (cable.a, cable.b))
    if kinds.get(a.device) == "switch" and kinds.get(b.device) != "switch":
        a, b = b, a
    return Cabled(a, b, cable.label, where)
