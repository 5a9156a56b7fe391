"""A testbed -> everything that a lab of it consists of: namespaces, links, addresses. Pure.

Every site is a bridge with ports; into one port goes the emulator's NIC for that site, into the others those of
the site's hosts. The gateway is the first address of each data network and sits on the emulator's NIC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Interface,
    IPv4Network,
    ip_interface,
)
from itertools import chain
from typing import Literal

from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.ports import IpAddress, Link, Port, bridge_port, mac_of
from microdc.lab.rack.plan import MachinePlan, machines
from microdc.lab.rack.stations import StationPlan, stations
from microdc.lab.switch.model import SwitchPlan
from microdc.lab.switch.plan import plugged, switches
from microdc.testbed.model import Network, Site, Testbed

Kind = Literal["namespace", "guest"]
UPLINK = "uplink"
HOST_NIC = "eth0"
MANAGEMENT_NIC = "mgmt0"

FIRST_HOST = 11
"""Hosts are numbered from .11 of a data network on; in one too small for that, from .2 on."""

_MANAGEMENT_NETWORKS = tuple(
    IPv4Network(text)
    for text in ("169.254.77.0/24", "10.255.255.0/24", "192.168.255.0/24", "172.31.255.0/24")
)
"""For the way to the guests: the first that no site uses. Link-local first, which no router forwards."""


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A host of a site: a namespace with one NIC. gateways: one per family at most."""

    name: str
    namespace: str
    link: Link
    gateways: tuple[IpAddress, ...]

    @property
    def addresses(self) -> tuple[IpAddress, ...]:
        return tuple(interface.ip for interface in self.link.nic.addresses)


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site: a namespace with the bridge that joins its hosts and the uplink."""

    name: str
    namespace: str
    mtu: int
    hosts: tuple[HostPlan, ...]


@dataclass(frozen=True, slots=True)
class EmulatorPlan:
    """The router between the sites. namespace: "" for a guest, which has `management` instead."""

    name: str
    namespace: str
    uplinks: tuple[Link, ...]
    management: Link | None = None


@dataclass(frozen=True, slots=True)
class Management:
    """The private network over which guests are reached, and the caller's address in it. BMCs answer in its namespace."""

    namespace: str
    address: IPv4Interface


@dataclass(frozen=True, slots=True)
class LabPlan:
    """All of a lab. management: where there are guests or BMCs. machines, switches, stations: those of the rack, where one was asked for."""

    lab: str
    kind: Kind
    sites: tuple[SitePlan, ...]
    emulators: tuple[EmulatorPlan, ...]
    management: Management | None
    machines: tuple[MachinePlan, ...] = ()
    switches: tuple[SwitchPlan, ...] = ()
    stations: tuple[StationPlan, ...] = ()

    @property
    def hosts(self) -> Iterator[HostPlan]:
        return chain.from_iterable(site.hosts for site in self.sites)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Every namespace of the lab; those with a bridge come last."""
        ends = [host.namespace for host in self.hosts]
        ends += [emulator.namespace for emulator in self.emulators if emulator.namespace]
        ends += [switch.namespace for switch in self.switches]
        return (*ends, *(site.namespace for site in self.sites), *self._management_namespace())

    @property
    def links(self) -> Iterator[Link]:
        """What is plugged into the sites' bridges: hosts and uplinks."""
        uplinks = chain.from_iterable(emulator.uplinks for emulator in self.emulators)
        return chain((host.link for host in self.hosts), uplinks)

    def _management_namespace(self) -> tuple[str, ...]:
        return (self.management.namespace,) if self.management else ()


def plan(testbed: Testbed, lab: str, kind: Kind, *, hosts: int = 2, rack: bool = False) -> LabPlan:
    """What a lab of the testbed consists of, with `hosts` hosts at each site; rack: with a machine for each server.

    Raises InputError where the testbed cannot be built: a data network that is too small, two sites behind one
    interface, or names that would give two parts the same namespace.
    """
    names.check(lab)
    if not 1 <= hosts <= 200:
        raise InputError(f"{hosts} hosts per site cannot be: 1 to 200")
    sites = tuple(_site(testbed, site, lab, hosts) for site in testbed.sites.values())
    guests = kind == "guest" and bool(testbed.emulators)
    management = _management(testbed, lab) if guests or rack else None
    emulators = tuple(
        _emulator(testbed, name, lab, management if guests else None, number)
        for number, name in enumerate(testbed.emulators, start=1)
    )
    own = management.address.network if management and rack else None
    wired = switches(testbed, lab, own) if own else ()
    planned = machines(testbed, lab, own, plugged(wired)) if own else ()
    taken = [address for site in sites for host in site.hosts for address in host.addresses]
    services = stations(testbed, lab, taken) if rack else ()
    made = LabPlan(lab, kind, sites, emulators, management, planned, wired, services)
    _refuse_twins(testbed, made)
    _refuse_shared(testbed, made)
    return made


def _site(testbed: Testbed, site: Site, lab: str, count: int) -> SitePlan:
    namespace = names.namespace(lab, site.name)
    first = [_first_host(testbed, site, network, count) for network in site.data_networks]
    gateways = _one_per_family(map(_gateway, site.data_networks)) if site.uplink else ()
    hosts = []
    for index in range(count):
        name = f"h{index + 1}"
        inside = names.namespace(lab, f"{site.name}-{name}")
        numbered = zip(site.data_networks, first, strict=True)
        addresses = tuple(ip_interface(f"{net[start + index]}/{net.prefixlen}") for net, start in numbered)
        nic = Port(inside, HOST_NIC, mac_of(inside, HOST_NIC), site.mtu, addresses=addresses)
        hosts.append(HostPlan(name, inside, Link(bridge_port(namespace, name, site.mtu), nic), gateways))
    return SitePlan(site.name, namespace, site.mtu, tuple(hosts))


def _emulator(
    testbed: Testbed, name: str, lab: str, management: Management | None, number: int
) -> EmulatorPlan:
    namespace = "" if management else names.namespace(lab, name)
    uplinks = []
    for site in testbed.sites.values():
        if site.uplink is None or site.uplink.emulator != name:
            continue
        addresses = tuple(ip_interface(f"{_gateway(net)}/{net.prefixlen}") for net in site.data_networks)
        interface = site.uplink.interface
        mac = mac_of(lab, name, interface)
        port = bridge_port(names.namespace(lab, site.name), UPLINK, site.mtu)
        uplinks.append(Link(port, Port(namespace, interface, mac, site.mtu, addresses=addresses)))
    return EmulatorPlan(name, namespace, tuple(uplinks), _way_in(lab, name, management, number))


def _way_in(lab: str, name: str, management: Management | None, number: int) -> Link | None:
    if management is None:
        return None
    network = management.address.network
    address = IPv4Interface(f"{network[10 + number]}/{network.prefixlen}")
    nic = Port("", MANAGEMENT_NIC, mac_of(lab, name, MANAGEMENT_NIC), 1500, addresses=(address,))
    return Link(bridge_port(management.namespace, f"guest{number}", 1500), nic)


def _management(testbed: Testbed, lab: str) -> Management:
    used = [net for site in testbed.sites.values() for nets in site.networks.values() for net in nets]
    for network in _MANAGEMENT_NETWORKS:
        if not any(isinstance(other, IPv4Network) and other.overlaps(network) for other in used):
            return Management(
                names.namespace(lab, "mgmt"), IPv4Interface(f"{network[1]}/{network.prefixlen}")
            )
    choices = ", ".join(map(str, _MANAGEMENT_NETWORKS))
    raise InputError("no network is left for the way to the emulator", hint=f"leave one of {choices} free")


def _gateway(network: Network) -> IpAddress:
    return network[1]


def _first_host(testbed: Testbed, site: Site, network: Network, count: int) -> int:
    last = network.num_addresses - (2 if network.version == 4 else 1)  # IPv4 ends with the broadcast address
    for start in (FIRST_HOST, 2):
        if start + count - 1 <= last:
            return start
    what = f"the data network {network} of {site.name} is too small for a gateway and {count} hosts"
    place = str(testbed.where("sites", site.name, "networks", "data"))
    raise InputError(what, where=place, hint="fewer hosts, or a larger network")


def _one_per_family(addresses: Iterable[IpAddress]) -> tuple[IpAddress, ...]:
    first: dict[int, IpAddress] = {}
    for address in addresses:
        first.setdefault(address.version, address)
    return tuple(first.values())


def _refuse_twins(testbed: Testbed, made: LabPlan) -> None:
    taken: set[str] = set()
    for namespace in made.namespaces:
        if namespace in taken:
            what = f"two parts of the testbed would be the namespace {namespace}"
            raise InputError(
                what, where=testbed.name, hint="rename the site, emulator or switch that is named like it"
            )
        taken.add(namespace)
    for emulator in made.emulators:
        interfaces = [link.nic.name for link in emulator.uplinks] + [MANAGEMENT_NIC] * bool(
            emulator.management
        )
        twin = next((name for name in interfaces if interfaces.count(name) > 1), None)
        if twin:
            what = f"interface {twin} of the emulator {emulator.name} is asked for twice"
            raise InputError(
                what, where=str(testbed.where("emulators", emulator.name)), hint="one interface per site"
            )


def _refuse_shared(testbed: Testbed, made: LabPlan) -> None:
    """A switch and a BMC at one address would both answer there."""
    bmcs = {machine.bmc.address: machine.name for machine in made.machines}
    for switch in made.switches:
        if switch.address in bmcs:
            what = (
                f"the switch {switch.name} and the BMC of {bmcs[switch.address]} are both at {switch.address}"
            )
            place = testbed.where("sites", switch.site, "racks", switch.rack, "switches", switch.name)
            raise InputError(what, where=str(place), hint="give each its own address")
